"""The night as a Prefect flow: every campaign of the folder that is marked for it, one after the other."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from flows.machinery.names import scheduled_start
from flows.machinery.night_turn import Turn
from flows.machinery.parameters import DueAt, Machines
from flows.machinery.place import flow_environment
from flows.machinery.telling import tell_not_begun
from flows.ui.night_page import show_night
from hailuo.errors import ExitCode
from hailuo.night.night import night_of
from hailuo.night.night_report import NightReport, Part
from hailuo.night.outcome import Allowance

NightBudget = Annotated[float, Field(gt=0, le=1_000_000)]


def night_name() -> str:
    """What the flow run is called: the night it belongs to, to the minute."""
    due_at = flow_run.get_parameters().get("due_at") or scheduled_start()
    return f"night {str(due_at)[:16].replace('T', ' ')}"  # a text where the run was asked for by the API


@flow(
    name="nightly",
    flow_run_name=night_name,
    retries=0,
    persist_result=False,
    validate_parameters=True,
)
async def nightly(
    only_campaigns: list[str] = [],  # noqa: B006 (Prefect reads the default into the run form)
    budget_usd_for_the_night: NightBudget | None = None,
    machines: Machines = 1,
    dry_run: bool = False,
    due_at: DueAt | None = None,
) -> State[NightReport]:
    """Render every campaign that is marked for the night, whatever becomes of the others.

    One after the other, in the order of their file names: they share the vendor's limits, so at once none would
    be done sooner. A night that overlaps another joins in: each clip is bought by one of them.

    Args:
        only_campaigns: Names of marked files, such as lifestyle-reveal.yaml. Left empty: all that are marked.
        budget_usd_for_the_night: US dollars for which all campaigns together may buy. One whose plan costs more than
            is left is not run; later ones that fit are.
        machines: On how many workers to render each campaign. More than 1 is for thousands of clips.
        dry_run: Make and price the plans; buy nothing.
        due_at: The night that it belongs to, which gives {date} in an edition its date. Left empty: now.
    """
    env = await flow_environment()
    night = night_of(env.settings, _due_at(due_at)).only(only_campaigns)
    allowance = Allowance(left_usd=_dollars(budget_usd_for_the_night))
    for broken in () if dry_run else night.unsound:
        tell_not_begun(broken.name, None, [str(problem) for problem in broken.problems])
    parts: list[Part] = []
    for due in night.due:
        turn = Turn(due, night.at, env, machines=machines)
        part = await (turn.look(allowance) if dry_run else turn.take(allowance))
        allowance = allowance.less(part.committed_usd)
        parts.append(part)
    report = NightReport(night=night, parts=tuple(parts), is_dry_run=dry_run)
    await show_night(report)
    return _flow_state(report)


def _due_at(due_at: datetime | None) -> datetime:
    """When the night was due: one `at` for all of its campaigns, however late their turns come."""
    return due_at or scheduled_start()


def _dollars(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(amount))


def _flow_state(report: NightReport) -> State[NightReport]:
    match report.exit_code:
        case ExitCode.COMPLETE:
            return Completed(message=report.headline, data=report)
        case ExitCode.INCOMPLETE:
            return Completed(name="Incomplete", message=report.headline, data=report)
        case _:
            return Failed(name="Stopped", message=report.headline, data=report)
