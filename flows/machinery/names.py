"""How runs and task runs are called, and when a run was due."""

from datetime import datetime
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.runtime import flow_run

from hailuo.campaign.job import Job
from hailuo.campaign.model import Campaign
from hailuo.campaign.pricing import usd
from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan
from hailuo.run.events import RunReport
from hailuo.store.layout import Edition


def first_name() -> str:
    """What a flow run is called until its file is read."""
    return str(flow_run.get_parameters().get("campaign") or "pasted campaign")


def run_name(edition: Edition) -> str:
    """What every flow run about an edition is called; events and lists go by it."""
    return f"{edition.campaign} · {edition.name}"


async def name_this_run(campaign: Campaign) -> None:
    """Call the flow run by its campaign and edition: both are known only once the file is read."""
    this_run = flow_run.get_id()
    if this_run is None:
        return
    async with get_client() as client:
        await client.update_flow_run(UUID(this_run), name=run_name(campaign.this_edition))


def scheduled_start() -> datetime:
    """When the run was due: a late start or a restart after midnight is still the same night."""
    return flow_run.get_scheduled_start_time()


def job_label(job: Job) -> str:
    """A job in a few words, for a list of task runs."""
    variant = job.variant
    prompt = job.levels.get("prompt", "")
    return f"{prompt} · {variant.model} · {variant.duration} s · {variant.size} · take {job.take}"


def outcome_text(plan: Plan, report: RunReport) -> str:
    """How the run ended, in one line."""
    stored = len(report.in_state(JobState.STORED))
    bought = (
        f"{len(plan.to_buy)} were to buy for {usd(plan.money.planned)}"
        if plan.to_buy
        else "nothing was to buy"
    )
    why = report.interrupted or report.stopped
    return f"{stored} of {len(report.endings)} clips stored; {bought}" + (f"; {why}" if why else "")
