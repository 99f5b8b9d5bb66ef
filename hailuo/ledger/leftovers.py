"""Leftovers: what was bought in any edition and is not in the store yet. One listing finds the editions."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from hailuo.clock import Clock
from hailuo.ledger.facts import JobState
from hailuo.ledger.ledger import Ledger
from hailuo.store import Entry, Store
from hailuo.store.layout import ClipKey, Edition, RecordKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """An edition with bought clips that are not stored, by creative id.

    `to_collect` are paid and at the vendor; `lost` are those of them whose clip was stored once. `unsettled` may be paid: their submits have no clear answer.
    `models` are the models of both, as far as they are recorded.
    `trouble` says which of its facts cannot be read: their jobs are in neither list.
    """

    edition: Edition
    to_collect: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()
    models: frozenset[str] = frozenset()
    trouble: str | None = None

    @property
    def may_be_refunded(self) -> bool:
        """Whether the vendor may still charge or refund something here: a task is open, or may be."""
        return bool(self.unsettled or self.trouble or set(self.to_collect) - set(self.lost))

    def in_words(self) -> str:
        """One line, with what to do."""
        parts = []
        if self.to_collect:
            parts.append(f"{len(self.to_collect)} paid, not collected: run hailuo collect {self.edition}")
        if self.unsettled:
            parts.append(f"{len(self.unsettled)} unknown: run hailuo reconcile {self.edition}")
        if self.trouble:
            parts.append(self.trouble)
        return f"{self.edition}: {'; '.join(parts)}"


async def bought_editions(store: Store, campaign: str | None = None) -> tuple[Edition, ...]:
    """The editions of a campaign (of all campaigns if None) that bought something, sorted. Raises: StoreUnavailableError."""
    entries = await store.listing(f"{campaign}/" if campaign else "")
    return tuple(sorted({edition for entry in entries if (edition := Edition.that_bought(entry.key))}))


async def find_leftovers(
    store: Store,
    clock: Clock,
    *,
    campaign: str | None = None,
    skip: Edition | None = None,
    named: Edition | None = None,
) -> tuple[Leftover, ...]:
    """The editions of a campaign (of all campaigns if None) with leftovers, but `skip`; sorted by name.

    A clip that is stored by its ledger and missing from the store is a leftover too, and so is one that is changed: by
    `hailuo verify`, by its size, or empty. Sizes are compared in the `named` edition, and where anything else is open.
    Raises: StoreUnavailableError.
    """
    entries = await store.listing(f"{campaign}/" if campaign else "")
    found = [
        await _leftover(store, clock, edition)
        for edition in sorted({*_editions_with_open_jobs(entries), *([named] if named else [])})
        if edition != skip
    ]
    return tuple(one for one in found if one.to_collect or one.unsettled or one.trouble)


async def _leftover(store: Store, clock: Clock, edition: Edition) -> Leftover:
    ledger = Ledger(store, clock, edition, worker="collect")
    await ledger.load_unfinished()
    damage = [str(problem) for record in ledger.records.values() for problem in record.damage]
    whole = {cid for cid, record in ledger.records.items() if not record.damage}
    states = {cid: ledger.state(cid, failed_retries=0) for cid in sorted(whole)}
    unknown = {JobState.UNKNOWN, JobState.IN_DOUBT}
    to_collect = tuple(cid for cid, state in states.items() if state is JobState.SUBMITTED)
    unsettled = tuple(cid for cid, state in states.items() if state in unknown)
    jobs = (ledger.record(cid).job for cid in (*to_collect, *unsettled))
    return Leftover(
        edition=edition,
        to_collect=to_collect,
        lost=tuple(cid for cid in to_collect if ledger.record(cid).done),
        unsettled=unsettled,
        models=frozenset(job.variant.model for job in jobs if job),
        trouble="; ".join(damage) or None,
    )


def _editions_with_open_jobs(entries: Iterable[Entry]) -> list[Edition]:
    """By the listing alone: no clip or an empty one, clips found to be changed, or no `done` and the last attempt did not
    end at the vendor.
    """
    jobs: defaultdict[tuple[Edition, str], set[tuple[str, str]]] = defaultdict(set)
    clips: set[tuple[Edition, str]] = set()
    keys: set[str] = set()
    for entry in entries:
        keys.add(entry.key)
        if (clip := ClipKey.of(entry.key)) and entry.bytes:
            clips.add((clip.edition, clip.creative_id))
        elif record := RecordKey.of(entry.key):
            jobs[record.edition, record.creative_id].add((record.attempt, record.name))
    is_open = {job[0] for job, facts in jobs.items() if _is_open(facts, has_clip=job in clips)}
    return sorted(is_open | {edition for edition, _ in jobs if edition.changed_clips in keys})


def _is_open(facts: set[tuple[str, str]], *, has_clip: bool) -> bool:
    if ("", "done") in facts:
        return not has_clip
    last = max(attempt for attempt, _ in facts)
    is_late = any(name.startswith("orphan-") for _, name in facts)
    return is_late or (last, "end") not in facts
