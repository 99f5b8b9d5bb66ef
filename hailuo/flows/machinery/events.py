"""Prefect events for automations: a campaign is complete, has unknown submits, has stopped, or has a new ad report."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.events import emit_event
from prefect.flows import Flow

from hailuo.errors import ExitCode
from hailuo.ledger.facts import JobState
from hailuo.logs import quiet_logger
from hailuo.plan.plan import Plan
from hailuo.report.findings import ReportFindings
from hailuo.run.events import RunReport
from hailuo.store.layout import Edition

_log = quiet_logger("hailuo.run")


class CampaignEvent(StrEnum):
    """The names of the events. The resource is `hailuo.campaign.NAME`."""

    COMPLETED = "hailuo.campaign.completed"  # every clip of the plan is stored
    UNSETTLED = "hailuo.campaign.unknown"  # submits that may have been paid for wait for `reconcile`
    STOPPED = "hailuo.campaign.stopped"  # refused, stopped, cancelled or crashed before its end
    REPORTED = "hailuo.report.written"  # a new ad report was written


def emit_completed_or_unknown(plan: Plan, report: RunReport) -> None:
    """Emit that a run is complete, or has unknown submits. `emit_stopped` reports a run that stopped."""
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
        _emit(CampaignEvent.UNSETTLED, plan.campaign.name, payload)


def emit_unknown(edition: Edition, creative_ids: Sequence[str]) -> None:
    """Emit that these jobs of an edition may have been paid for and wait for a decision."""
    _emit(CampaignEvent.UNSETTLED, edition.campaign, {"edition": edition.name, "unknown": list(creative_ids)})


def emit_not_started(campaign: str, edition: str | None, reasons: Sequence[str]) -> None:
    """Emit that a campaign of the night failed before its own flow run was created."""
    payload = {"edition": edition, "state": "Not begun", "reason": "; ".join(reasons)}
    _emit(CampaignEvent.STOPPED, campaign, payload)


def emit_report_written(found: ReportFindings, *, folder: str) -> None:
    """Emit that an ad report was written, with its verdicts and its folder in the store."""
    verdicts = {
        platform.platform.value: {
            "outcome": platform.verdict.outcome.value,
            "headline": platform.verdict.headline,
            "creative_id": platform.verdict.creative_id,
        }
        for platform in found.platforms
    }
    payload = {"edition": found.edition, "folder": folder, "verdicts": verdicts}
    _emit(CampaignEvent.REPORTED, found.campaign, payload)


async def emit_stopped(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """A hook for failure, crash and cancellation: emit which campaign stopped, and why."""
    del flow
    async with get_client() as client:
        name = (await client.read_flow_run(UUID(str(flow_run.id)))).name
    campaign, _, edition = name.partition(" · ")
    payload = {"edition": edition or None, "state": state.name, "reason": state.message}
    _emit(CampaignEvent.STOPPED, campaign, payload)


def _emit(event: CampaignEvent, campaign: str, payload: Mapping[str, object]) -> None:
    resource = {"prefect.resource.id": f"hailuo.campaign.{campaign}", "prefect.resource.name": campaign}
    try:
        emit_event(event=event.value, resource=resource, payload=dict(payload))
    except Exception as error:  # noqa: BLE001 (an event tells of a run; it must not end one)
        _log.warning("the event %s was not emitted: %s: %s", event.value, type(error).__name__, error)
