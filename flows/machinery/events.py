"""Events for automations: a campaign is completed, holds unknowns, was stopped, or has a new ad report."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.events import emit_event
from prefect.flows import Flow

from hailuo.errors import ExitCode
from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan
from hailuo.report.findings import ReportFindings
from hailuo.run.events import RunReport
from hailuo.store.layout import Edition


class CampaignEvent(StrEnum):
    """What an automation can wait for. The resource is `hailuo.campaign.NAME`."""

    COMPLETED = "hailuo.campaign.completed"  # every clip of the plan is stored
    UNKNOWN = "hailuo.campaign.unknown"  # submits that may have been paid wait for `reconcile`
    STOPPED = "hailuo.campaign.stopped"  # refused, stopped, cancelled or crashed before its end
    REPORTED = "hailuo.report.written"  # results were judged, and say something new


def tell_report(plan: Plan, report: RunReport) -> None:
    """Emit what the report says: completed, or that money is in doubt. A stop is told by the flow's hooks."""
    unknown = report.in_state(JobState.UNKNOWN, JobState.IN_DOUBT)
    payload = {
        "edition": plan.campaign.edition,
        "jobs": len(report.endings),
        "stored": len(report.in_state(JobState.STORED)),
        "unknown": [ending.creative_id for ending in unknown],
        "planned_usd": str(plan.money.planned),
    }
    if report.exit_code is ExitCode.COMPLETE:
        _emit(CampaignEvent.COMPLETED, plan.campaign.name, payload)
    if unknown:
        _emit(CampaignEvent.UNKNOWN, plan.campaign.name, payload)


def tell_unknown(edition: Edition, creative_ids: Sequence[str]) -> None:
    """Emit that these jobs of an edition may have been paid, and wait for a decision."""
    _emit(CampaignEvent.UNKNOWN, edition.campaign, {"edition": edition.name, "unknown": list(creative_ids)})


def tell_not_begun(campaign: str, edition: str | None, reasons: Sequence[str]) -> None:
    """Emit that a campaign of a night never got a flow run of its own, whose hooks would have told it."""
    payload = {"edition": edition, "state": "Not begun", "reason": "; ".join(reasons)}
    _emit(CampaignEvent.STOPPED, campaign, payload)


def tell_written(found: ReportFindings, *, folder: str) -> None:
    """Emit that an ad report was written: its verdicts, and where it lies."""
    payload = {
        "edition": found.edition,
        "folder": folder,
        "verdicts": {
            platform.platform.value: {
                "outcome": platform.verdict.outcome.value,
                "headline": platform.verdict.headline,
                "creative_id": platform.verdict.creative_id,
            }
            for platform in found.platforms
        },
    }
    _emit(CampaignEvent.REPORTED, found.campaign, payload)


async def tell_stopped(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """A hook for failure, crash and cancellation: says which campaign stopped, and why."""
    del flow
    async with get_client() as client:
        name = (await client.read_flow_run(UUID(str(flow_run.id)))).name
    campaign, _, edition = name.partition(" · ")
    payload = {"edition": edition or None, "state": state.name, "reason": state.message}
    _emit(CampaignEvent.STOPPED, campaign, payload)


def _emit(event: CampaignEvent, campaign: str, payload: dict[str, Any]) -> None:
    resource = {"prefect.resource.id": f"hailuo.campaign.{campaign}", "prefect.resource.name": campaign}
    emit_event(event=event.value, resource=resource, payload=payload)
