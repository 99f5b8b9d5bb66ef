"""The main job as a Prefect flow: load, plan, admit, render, publish.

Embedded, with no server started by hand: `python -m flows.render_campaign FILE`.
"""

import asyncio
import sys
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.machinery.clips import render
from flows.machinery.events import tell_report, tell_stopped
from flows.machinery.flow_run import (
    LINKS_VALID_FOR,
    first_name,
    flow_environment,
    library_heard,
    name_this_run,
    outcome_text,
)
from flows.machinery.machines import render_on_machines
from flows.machinery.parameters import (
    Budget,
    CampaignName,
    CampaignText,
    Digest,
    DueAt,
    EditionName,
    Machines,
    Only,
    choice_of,
)
from flows.ui.artifacts import show_comparison, show_plan, show_unknowns
from hailuo.errors import ExitCode
from hailuo.plan.plan import Plan
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.events import RunReport
from hailuo.run.session import open_session


@flow(
    name="render-campaign",
    flow_run_name=first_name,
    retries=0,
    persist_result=False,
    validate_parameters=True,
    on_failure=[tell_stopped],
    on_crashed=[tell_stopped],
    on_cancellation=[tell_stopped],
)
async def render_campaign(  # noqa: PLR0913, PLR0917 (the fields of the run form)
    campaign: CampaignName = "",
    campaign_text: CampaignText = "",
    edition: EditionName = "",
    budget_usd: Budget | None = None,
    only: Only = [],  # noqa: B006 (Prefect reads the default into the run form; nobody changes it)
    machines: Machines = 1,
    plan_digest: Digest = "",
    due_at: DueAt | None = None,
) -> State[RunReport]:
    """Render every clip of a campaign once, store it, and lay all of them side by side.

    Args:
        campaign: A file of the campaigns folder. Leave it empty to paste a campaign below.
        campaign_text: A whole campaign in YAML, in place of a file. Its frames are looked for in the campaigns folder.
        edition: Another edition than the file's: a fresh shoot, bought anew. Left empty: the file's.
        budget_usd: The budget in US dollars, in place of the file's.
        only: Only jobs with these values, each as AXIS=VALUE, such as model=MiniMax-Hailuo-02.
        machines: On how many workers to render at once. More than 1 is for thousands of clips.
        plan_digest: The digest of an approved plan; if another plan would run by now, nothing is bought.
        due_at: The night that it belongs to, which gives {date} in an edition its date. Left empty: now.
    """
    wish: dict[str, Any] = {
        "campaign": campaign,
        "campaign_text": campaign_text,
        "edition": edition,
        "only": only,
    }
    with library_heard():
        env = await flow_environment()
        choice = choice_of(env.settings, **wish, budget_usd=budget_usd, due_at=due_at)
        prepared = prepare(choice, env.settings)
        await name_this_run(prepared.require_campaign())
        async with open_session(prepared, env.settings, clock=env.clock) as session:
            plan = await session.plan()
            await show_plan(plan)
            await session.admit(plan, agreed_digest=plan_digest or None)
            if machines > 1 and flow_run.get_id():
                form = {**wish, "due_at": choice.at}
                report = await render_on_machines(session, plan, env, machines=machines, form=form)
            else:
                report = await render(session, plan, env)
            made = await session.publish()
            gallery = await session.gallery_link(made, valid_for=LINKS_VALID_FOR)
    await show_comparison(plan, made, gallery)
    await show_unknowns(plan, report)
    tell_report(plan, report)
    return _flow_state(plan, report)


def _flow_state(plan: Plan, report: RunReport) -> State[RunReport]:
    text = outcome_text(plan, report)
    match report.exit_code:
        case ExitCode.COMPLETE:
            return Completed(message=text, data=report)
        case ExitCode.INCOMPLETE:
            return Completed(name="Incomplete", message=text, data=report)
        case _:
            return Failed(name="Stopped", message=text, data=report)


def drive(choice: CampaignRequest, plan_digest: str) -> RunReport:
    """What `hailuo run` calls when a Prefect server is set. Raises what the flow raised."""
    return asyncio.run(_drive(choice, plan_digest))


async def _drive(choice: CampaignRequest, plan_digest: str) -> RunReport:
    state: State[RunReport] = await render_campaign(  # type: ignore[assignment]  # Prefect unwraps the returned State
        str(choice.path),
        edition=choice.edition or "",
        budget_usd=None if choice.budget_usd is None else float(choice.budget_usd),
        only=[f"{axis}={label}" for axis, labels in choice.only.items() for label in sorted(labels)],
        plan_digest=plan_digest,
        return_state=True,
    )
    report = await state.aresult(raise_on_failure=state.name != "Stopped")
    assert isinstance(report, RunReport)  # noqa: S101 (the flow's own _flow_state put it there)
    return report


if __name__ == "__main__":
    asyncio.run(render_campaign(sys.argv[1]))
