"""Prefect events for automations: a campaign is complete, has unknown submits, has stopped, or has a new ad report."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.events import emit_event
from prefect.flows import Flow
from prefect.runtime import flow_run as runtime_run

from hailuo.errors import ExitCode
from hailuo.flows.machinery.flow_run import CAMPAIGN_LABEL, EDITION_LABEL
from hailuo.flows.machinery.states import Ended
from hailuo.ledger.facts import JobState
from hailuo.logs import quiet_logger
from hailuo.night.night import NightReport
from hailuo.plan.plan import Plan
from hailuo.report.findings import ReportFindings
from hailuo.run.events import RunReport
from hailuo.store.layout import Edition

_log = quiet_logger("hailuo.run")


class CampaignEvent(StrEnum):
    """The names of the events. The resource is `hailuo.campaign.NAME`, a night, or a flow run."""

    COMPLETED = "hailuo.campaign.completed"  # every clip of the plan is stored
    INCOMPLETE = "hailuo.campaign.incomplete"  # some clips are failed, refused, unknown or still rendering
    UNSETTLED = "hailuo.campaign.unknown"  # submits that may have been paid for wait for `reconcile`
    STOPPED = "hailuo.campaign.stopped"  # refused, stopped, cancelled or crashed before its end
    REPORTED = "hailuo.report.written"  # a new ad report was written
    NIGHT_BEGUN = "hailuo.night.begun"
    NIGHT_ENDED = "hailuo.night.ended"  # with its summary
    PLANNED = "hailuo.run.planned"  # a schedule planned this flow run


def emit_ended(plan: Plan, report: RunReport) -> None:
    """Emit that a run is complete or incomplete, and whether submits are unknown. `emit_stopped` reports a stop."""
    unknown = report.in_state(JobState.UNKNOWN, JobState.IN_DOUBT)
    payload = {
        "edition": plan.campaign.edition,
        "jobs": len(report.endings),
        "stored": len(report.in_state(JobState.STORED)),
        "unknown": [ending.creative_id for ending in unknown],
        "planned_usd": str(plan.money.planned),
    }
    if unknown:
        _emit(CampaignEvent.UNSETTLED, plan.campaign.name, payload)
    if report.exit_code is ExitCode.COMPLETE:
        _emit(CampaignEvent.COMPLETED, plan.campaign.name, payload)
    if report.exit_code is ExitCode.INCOMPLETE:
        _emit(CampaignEvent.INCOMPLETE, plan.campaign.name, payload)


def emit_unknown(edition: Edition, creative_ids: Sequence[str]) -> None:
    """Emit that these jobs of an edition may have been paid for and wait for a decision."""
    _emit(CampaignEvent.UNSETTLED, edition.campaign, {"edition": edition.name, "unknown": list(creative_ids)})


def emit_not_started(campaign: str, edition: str | None, reasons: Sequence[str]) -> None:
    """Emit that a campaign of the night failed before its own flow run was created."""
    payload = {"edition": edition, "state": "Not begun", "reason": "; ".join(reasons)}
    _emit(CampaignEvent.STOPPED, campaign, payload)


def emit_night_begun() -> None:
    """Emit that this night's flow run has begun: an automation expects its end."""
    _emit_night(CampaignEvent.NIGHT_BEGUN, {})


def emit_night_ended(report: NightReport) -> None:
    """Emit the summary of a night: a line for each campaign, its gallery, and what wants a decision."""
    total = report.total
    lines = [
        f"{one.due.name}: {one.word}" + (f", {one.gallery.address}" if one.gallery else "")
        for one in report.results
    ]
    decisions = [f"{one.due.name}: {reason}" for one in report.results for reason in one.reasons]
    decisions += [f"{one.name}: {problem}" for one in report.night.invalid for problem in one.problems]
    decisions += [one.in_words() for one in report.leftovers]
    payload = {
        "headline": report.headline,
        "campaigns": lines,
        "decisions": decisions,
        "spent_usd": str(total.spent_usd),
        "reserved_usd": str(total.reserved_usd),
        "unknown_usd": str(total.unknown_usd),
        "complete": report.exit_code is ExitCode.COMPLETE,
    }
    _emit_night(CampaignEvent.NIGHT_ENDED, payload)


async def emit_planned() -> None:
    """Emit that a schedule planned this flow run, as the event of its first state: Prefect's scheduler emits none.

    The server holds the event of a state until that of the state before has arrived, if the two are less than five
    minutes apart: for 15 minutes, or until it restarts. For a run that is due at once after a change of its schedule,
    each event waits for the one before, back to the first. So all its messages would come late, or never.
    """
    this = UUID(runtime_run.get_id() or "")
    async with get_client() as client:
        run = await client.read_flow_run(this)
        states = await client.read_flow_run_states(this)
    if run.auto_scheduled:
        first = min(states, key=lambda state: state.timestamp)
        _emit(CampaignEvent.PLANNED, run.name, {}, resource=f"prefect.flow-run.{this}", state=first)


def _emit_night(event: CampaignEvent, payload: Mapping[str, object]) -> None:
    this = {
        "prefect.resource.id": f"prefect.flow-run.{runtime_run.get_id()}",
        "prefect.resource.role": "flow-run",
    }
    _emit(event, "night", payload, resource=f"hailuo.night.{runtime_run.get_id()}", related=[this])


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
    if state.name == Ended.INCOMPLETE:  # `emit_ended` reported it
        return
    async with get_client() as client:
        run = await client.read_flow_run(UUID(str(flow_run.id)))
    chosen = run.parameters.get("campaign") or run.name
    payload = {"edition": run.labels.get(EDITION_LABEL), "state": state.name, "reason": state.message}
    _emit(CampaignEvent.STOPPED, str(run.labels.get(CAMPAIGN_LABEL, chosen)), payload)


def _emit(
    event: CampaignEvent,
    name: str,
    payload: Mapping[str, object],
    *,
    resource: str = "",
    related: Sequence[dict[str, str]] = (),
    state: State[Any] | None = None,
) -> None:
    """Emit an event; as the event of this state, by its id and time, if there is one."""
    about = {"prefect.resource.id": resource or f"hailuo.campaign.{name}", "prefect.resource.name": name}
    try:
        emit_event(
            event=event.value,
            resource=about,
            occurred=state.timestamp if state else None,
            related=list(related),
            payload=dict(payload),
            id=state.id if state else None,
        )
    except Exception as error:  # noqa: BLE001 (an event tells of a run; it must not end one)
        _log.warning("the event %s was not emitted: %s: %s", event.value, type(error).__name__, error)
