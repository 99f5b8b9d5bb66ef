"""Leftovers: what was bought in any edition and is not in the store yet. One listing finds the editions."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hailuo.clock import Clock
from hailuo.errors import HailuoError, StoreUnavailableError
from hailuo.ledger.facts import JobState
from hailuo.ledger.ledger import Ledger
from hailuo.store import Store
from hailuo.store.layout import Edition

_FACT: Final = re.compile(
    r"(?P<campaign>[^/]+)/(?P<edition>[^/]+)/ledger/v1/(?P<job>[^/]+)/(?:(?P<attempt>a\d+)/)?(?P<name>[^/]+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """An edition with bought clips that are not stored, by creative id.

    `to_collect` are paid and at the vendor. `unsettled` may be paid: their submits have no clear answer.
    `trouble` says why the edition could not be read.
    """

    edition: Edition
    to_collect: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    trouble: str | None = None

    def in_words(self) -> str:
        """One line, with what to do."""
        if self.trouble:
            return f"{self.edition}: its ledger cannot be read: {self.trouble}"
        parts = []
        if self.to_collect:
            parts.append(f"{len(self.to_collect)} paid, not collected: run hailuo collect {self.edition}")
        if self.unsettled:
            parts.append(f"{len(self.unsettled)} unknown: run hailuo reconcile {self.edition}")
        return f"{self.edition}: {'; '.join(parts)}"


async def find_leftovers(
    store: Store, clock: Clock, *, campaign: str | None = None, skip: Edition | None = None
) -> tuple[Leftover, ...]:
    """The editions of a campaign (of all campaigns if None) with leftovers, but `skip`; sorted by name.

    An edition whose ledger cannot be read is named with its trouble. Raises: StoreUnavailableError.
    """
    entries = await store.listing(f"{campaign}/" if campaign else "")
    found = [
        await _leftover(store, clock, edition)
        for edition in _editions_with_open_jobs(entry.key for entry in entries)
        if edition != skip
    ]
    return tuple(one for one in found if one.to_collect or one.unsettled or one.trouble)


async def _leftover(store: Store, clock: Clock, edition: Edition) -> Leftover:
    ledger = Ledger(store, clock, edition, worker="collect")
    try:
        await ledger.load_unfinished()
    except StoreUnavailableError:
        raise
    except HailuoError as error:
        return Leftover(edition=edition, trouble=str(error))
    states = {cid: ledger.state(cid, failed_retries=0) for cid in sorted(ledger.records)}
    unknown = {JobState.UNKNOWN, JobState.IN_DOUBT}
    return Leftover(
        edition=edition,
        to_collect=tuple(cid for cid, state in states.items() if state is JobState.SUBMITTED),
        unsettled=tuple(cid for cid, state in states.items() if state in unknown),
    )


def _editions_with_open_jobs(keys: Iterable[str]) -> list[Edition]:
    """By the names of the facts alone: no `done`, and the last attempt did not end at the vendor."""
    jobs: defaultdict[tuple[Edition, str], set[tuple[str, str]]] = defaultdict(set)
    for fact in filter(None, map(_FACT.fullmatch, keys)):
        edition = Edition(fact["campaign"], fact["edition"])
        jobs[edition, fact["job"]].add((fact["attempt"] or "", fact["name"]))
    return sorted({edition for (edition, _), facts in jobs.items() if _is_open(facts)})


def _is_open(facts: set[tuple[str, str]]) -> bool:
    last = max(attempt for attempt, _ in facts)
    is_late = any(name.startswith("orphan-") for _, name in facts)
    return ("", "done") not in facts and (is_late or (last, "end") not in facts)
