"""The checks of an edition on demand, and what they amount to: verdicts, near duplicates, disputes with their money."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from hailuo.campaign.job import Job
from hailuo.clock import Clock
from hailuo.ledger.facts import JobRecord
from hailuo.ledger.money import items_of, sums_of
from hailuo.media import (
    Inspection,
    NearDuplicate,
    Ruling,
    differences,
    disputes,
    near_duplicates,
    order_of,
    read_inspections,
)
from hailuo.media.verdict import verdict
from hailuo.plan.file import StoredEdition
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

    @property
    def differences(self) -> tuple[str, ...]:
        """What was ordered and what came, for each dispute about a measure."""
        return differences(self.inspection, order_of(self.job), self.disputed) if self.inspection else ()


async def check_edition(
    store: Store, clock: Clock, edition: Edition, *, again: bool = False
) -> Sequence[CheckedClip]:
    """Check every stored clip that has not been checked (`again`: every one), and judge all of them.

    In the order of the plan, then what has left the file. Nothing is bought, and no clip is changed.
    Raises: AdmissionError when nothing ever ran, StoreUnavailableError.
    """
    known = await StoredEdition.read(store, clock, edition, worker="check")
    ledger, jobs = known.ledger, known.jobs
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
