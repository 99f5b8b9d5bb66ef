"""The admitted plan in the store, so that manifest and gallery need no campaign file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import TypeAdapter

from hailuo.campaign.job import Job
from hailuo.campaign.model import SyntheticPerformer
from hailuo.campaign.pricing import Basis
from hailuo.errors import MissingKeyError
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
    synthetic_performer: SyntheticPerformer = SyntheticPerformer.UNKNOWN
    lines: tuple[PlanLine, ...]


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
    """The newest plan admitted, or None when the edition never ran."""
    try:
        content = await store.read(edition.plan)
    except MissingKeyError:
        return None
    return _ADAPTER.validate_json(content)
