"""The admitted plan in the store, so that manifest and gallery need no campaign file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from hailuo.campaign.job import Job
from hailuo.campaign.model import SyntheticPerformer
from hailuo.campaign.pricing import Basis
from hailuo.clock import Clock
from hailuo.errors import AdmissionError, MissingKeyError, Place, Problem
from hailuo.lazy import DEFERRED
from hailuo.ledger.ledger import Ledger
from hailuo.plan.plan import Plan
from hailuo.store import Store
from hailuo.store.layout import Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """One job of the plan, in the order of the file, with the price of one attempt."""

    job: Job
    price_usd: Decimal | None
    price_basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """The newest plan admitted for an edition. The next run overwrites it."""

    schema: Literal["hailuo.plan/1.0"] = "hailuo.plan/1.0"
    digest: str
    admitted_at: datetime
    budget_usd: Decimal | None
    failed_retries: int
    control: Mapping[str, str] = field(default_factory=dict)
    synthetic_performer: SyntheticPerformer = SyntheticPerformer.UNDECLARED
    lines: tuple[PlanLine, ...]
    __pydantic_config__ = DEFERRED


_ADAPTER = TypeAdapter(PlanFile)


async def write_plan(store: Store, plan: Plan, *, at: datetime) -> None:
    """Write the plan with every job of the file. Jobs that were removed from the file are only in the ledger."""
    lines = (
        PlanLine(job=p.job.as_recorded(), price_usd=p.quote.price_usd, price_basis=p.quote.basis)
        for p in plan.jobs
    )
    content = PlanFile(
        digest=plan.digest,
        admitted_at=at,
        budget_usd=plan.budget_usd,
        failed_retries=plan.campaign.failed_retries,
        control=plan.campaign.control,
        synthetic_performer=plan.campaign.synthetic_performer,
        lines=tuple(lines),
    )
    await store.put(
        plan.campaign.this_edition.plan, _ADAPTER.dump_json(content), content_type="application/json"
    )


async def read_plan(store: Store, edition: Edition) -> PlanFile | None:
    """The newest plan admitted; None when the edition never ran, or it is damaged: the next run writes it again."""
    try:
        return _ADAPTER.validate_json(await store.read(edition.plan))
    except (MissingKeyError, ValidationError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEdition:
    """An edition as the store holds it. `plan` is None where the ledger has jobs and the plan was deleted, or is damaged.

    `jobs` has every job by its creative id: those of the plan in its order, then those bought before they left the file.
    """

    plan: PlanFile | None
    ledger: Ledger
    jobs: Mapping[str, Job]

    @classmethod
    async def read(cls, store: Store, clock: Clock, edition: Edition, *, worker: str) -> "StoredEdition":
        """Read plan and ledger. Raises: AdmissionError when the edition never ran, StoreUnavailableError, LedgerError."""
        plan = await read_plan(store, edition)
        planned = {line.job.creative_id: line.job for line in plan.lines} if plan else {}
        ledger = Ledger(store, clock, edition, worker=worker)
        await ledger.load(planned)
        await ledger.check_clips()
        if plan is None and not ledger.records and not ledger.unrecorded_clips:
            reason = f"{store.uri} holds no run of {edition.campaign}, edition {edition.name}"
            remedy = "run it first, name another --edition, or set HAILUO_STORE"
            raise AdmissionError([Problem(Place(edition.campaign), reason, remedy)])
        bought = {cid: record.job for cid, record in ledger.records.items() if record.job}
        return cls(
            plan=plan,
            ledger=ledger,
            jobs={**planned, **{c: j for c, j in bought.items() if c not in planned}},
        )
