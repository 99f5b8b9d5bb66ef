"""The checks of an edition on demand, and what they amount to: verdicts, near duplicates, disputes with their money."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from hailuo.campaign.job import Job
from hailuo.clock import Clock
from hailuo.errors import AdmissionError, Place, Problem
from hailuo.ledger.facts import JobRecord
from hailuo.ledger.ledger import Ledger
from hailuo.ledger.money import items_of, sums_of
from hailuo.media import (
    Inspection,
    NearDuplicate,
    Ruling,
    disputes,
    near_duplicates,
    order_of,
    read_inspections,
    verdict,
)
from hailuo.plan.file import read_plan
from hailuo.run.inspector import inspecting
from hailuo.store import Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedClip:
    """One stored clip: what was ordered, what came, what that amounts to, and what it cost in US dollars."""

    job: Job
    inspection: Inspection | None
    ruling: Ruling
    near: NearDuplicate | None
    charged_usd: Decimal

    @property
    def disputed(self) -> tuple[str, ...]:
        """The codes that say: not what was ordered."""
        return disputes(self.ruling.codes)


async def check_edition(
    store: Store, clock: Clock, edition: Edition, *, again: bool = False
) -> Sequence[CheckedClip]:
    """Look at every stored clip that nobody has looked at yet (`again`: at all), and judge all of them.

    In the order of the plan, then what has left the file. Nothing is bought, and no clip is changed.
    Raises: AdmissionError when nothing ever ran, StoreUnavailableError.
    """
    plan = await read_plan(store, edition)
    if plan is None:
        reason = f"{store.uri} holds no run of {edition.campaign}, edition {edition.name}"
        raise AdmissionError(
            [Problem(Place(edition.campaign), reason, "run it first, or name another --edition")]
        )
    planned = {line.job.creative_id: line.job for line in plan.lines}
    ledger = Ledger(store, clock, edition, worker="check")
    await ledger.load(planned)
    orphaned_jobs = {
        cid: record.job for cid, record in ledger.records.items() if cid not in planned and record.job
    }
    jobs = {**planned, **orphaned_jobs}
    with tempfile.TemporaryDirectory(prefix="hailuo-check-") as scratch:
        async with inspecting(store, ledger, jobs.values(), scratch=Path(scratch)) as inspector:
            await inspector.catch_up(again=again)
    found = await read_inspections(store, edition)
    near = near_duplicates(found)
    stored = ((job, ledger.record(cid)) for cid, job in jobs.items() if ledger.record(cid).done)
    return [
        _checked(job, record, found.get(job.creative_id), near.get(job.creative_id)) for job, record in stored
    ]


def _checked(
    job: Job, record: JobRecord, found: Inspection | None, near: NearDuplicate | None
) -> CheckedClip:
    return CheckedClip(
        job=job,
        inspection=found,
        ruling=verdict(found, order_of(job), near_duplicate=near is not None),
        near=near,
        charged_usd=sums_of(items_of(record)).charged_usd,
    )
