"""Every edition of a store at a glance: its jobs by state, and its money, from plan and ledger alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hailuo.clock import Clock
from hailuo.errors import LedgerError
from hailuo.ledger.facts import JobState
from hailuo.ledger.money import Sums, money_of, sums_of_jobs
from hailuo.plan.file import StoredEdition
from hailuo.store import Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionOverview:
    """One edition: numbers of its jobs by state, its money, when its newest plan was admitted (None if that is lost).

    `trouble` says what of its records cannot be read: then the numbers are only of the others.
    """

    edition: Edition
    states: Mapping[JobState, int] = field(default_factory=dict)
    sums: Sums
    admitted_at: datetime | None = None
    has_gallery: bool = False
    trouble: str | None = None

    @property
    def jobs(self) -> int:
        """All jobs of the newest plan, and those that were bought before they left the file."""
        return sum(self.states.values())


async def read_overview(
    store: Store, clock: Clock, *, campaign: str | None = None
) -> tuple[EditionOverview, ...]:
    """The editions of a campaign (of all if None) with a plan or a record, sorted. Raises: StoreUnavailableError."""
    keys = {entry.key for entry in await store.listing(f"{campaign}/" if campaign else "")}
    editions = {edition for key in keys if (edition := Edition.that_ran(key))}
    return tuple([await _overview(store, clock, edition, keys) for edition in sorted(editions)])


async def _overview(store: Store, clock: Clock, edition: Edition, keys: set[str]) -> EditionOverview:
    try:
        stored = await StoredEdition.read(store, clock, edition, worker="overview")
    except LedgerError as error:
        return EditionOverview(edition=edition, sums=sums_of_jobs([]), trouble=str(error))
    ledger, plan = stored.ledger, stored.plan
    retries = plan.failed_retries if plan else 0
    bills = [money_of(job, ledger.record(cid)) for cid, job in stored.jobs.items()]
    return EditionOverview(
        edition=edition,
        states=Counter(ledger.state(cid, failed_retries=retries) for cid in stored.jobs),
        sums=sums_of_jobs(bills),
        admitted_at=plan.admitted_at if plan else None,
        has_gallery=edition.gallery in keys,
        trouble="; ".join(map(str, (*ledger.findings, *ledger.clip_findings))) or None,
    )
