"""The gate before a campaign: its priced plan is shown, a person says yes, and exactly that plan is started."""

from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from flows.machinery.events import tell_stopped
from flows.machinery.flow_run import first_name, flow_environment, library_heard, name_this_run
from flows.machinery.launch import Launch, deployment_problems, launch
from flows.machinery.parameters import (
    Budget,
    CampaignName,
    CampaignText,
    DueAt,
    EditionName,
    Machines,
    Only,
    choice_of,
)
from flows.ui.approval import answer_to, show_approval
from flows.ui.artifacts import show_plan
from hailuo.campaign.pricing import usd
from hailuo.errors import AdmissionError
from hailuo.plan.plan import Plan
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.environment import RunEnvironment
from hailuo.run.session import open_session

WaitHours = Annotated[int, Field(ge=1, le=168)]


@flow(
    name="approve-campaign",
    flow_run_name=first_name,
    retries=0,
    persist_result=False,
    validate_parameters=True,
    on_failure=[tell_stopped],
    on_crashed=[tell_stopped],
    on_cancellation=[tell_stopped],
)
async def approve_campaign(  # noqa: PLR0913, PLR0917 (the fields of the run form)
    campaign: CampaignName = "",
    campaign_text: CampaignText = "",
    edition: EditionName = "",
    budget_usd: Budget | None = None,
    only: Only = [],  # noqa: B006 (Prefect reads the default into the run form; nobody changes it)
    machines: Machines = 1,
    due_at: DueAt | None = None,
    wait_hours: WaitHours = 24,
) -> State[None]:
    """Show what a campaign would cost, wait for a person's yes, and start exactly that. It buys nothing itself.

    Args:
        campaign: A file of the campaigns folder. Leave it empty to paste a campaign below.
        campaign_text: A whole campaign in YAML, in place of a file. Its frames are looked for in the campaigns folder.
        edition: Another edition than the file's: a fresh shoot, bought anew. Left empty: the file's.
        budget_usd: The budget in US dollars, in place of the file's.
        only: Only jobs with these values, each as AXIS=VALUE, such as model=MiniMax-Hailuo-02.
        machines: On how many workers to render at once. More than 1 is for thousands of clips.
        due_at: The night that it belongs to, which gives {date} in an edition its date. Left empty: now.
        wait_hours: How long to wait for the answer. Without one it has expired then, and nothing is bought.
    """
    wish: dict[str, Any] = {
        "campaign": campaign,
        "campaign_text": campaign_text,
        "edition": edition,
        "budget_usd": budget_usd,
        "only": only,
    }
    with library_heard():
        env = await flow_environment()
        choice = choice_of(env.settings, **wish, due_at=due_at)
        plan = await _plan_to_approve(choice, env)
        answer = await answer_to(plan, env.clock, wait_hours=wait_hours)
        if answer is None:
            return Failed(name="Expired", message=f"nobody answered in {wait_hours} h; nothing was bought")
        if answer.approve == "no":
            return Completed(name="Declined", message=f"declined by {answer.words}")
        now = await _plan_now(choice, env)
        if now.digest != plan.digest:
            return Failed(name="Changed", message=_changed_text(plan, now, answer.words))
        form = {**wish, "machines": machines, "due_at": choice.at}
        started = await launch(plan, form)
        await show_approval(plan, answer, started.flow_run, is_joined=started.is_joined, at=env.clock.now())
    return Completed(name="Approved", message=_approved_text(started, answer.words))


async def _plan_to_approve(choice: CampaignRequest, env: RunEnvironment) -> Plan:
    """The plan, on show. Raises: CampaignError, AdmissionError: what cannot run is not put before anybody."""
    prepared = prepare(choice, env.settings)
    await name_this_run(prepared.require_campaign())
    async with open_session(prepared, env.settings, clock=env.clock) as session:
        plan = await session.plan()
        await show_plan(plan)
        problems = [*await session.refusals(plan), *await deployment_problems()]
    if problems:
        raise AdmissionError(problems)
    return plan


async def _plan_now(choice: CampaignRequest, env: RunEnvironment) -> Plan:
    """The plan as it is after the pause: the file may be another by now, and so may the ledger."""
    prepared = prepare(choice, env.settings)
    async with open_session(prepared, env.settings, clock=env.clock) as session:
        return await session.plan()


def _changed_text(approved: Plan, now: Plan, by: str) -> str:
    return (
        f"nothing was started: the plan is no longer the one that was approved ({by}). It was {_bill(approved)}, "
        f"and is {_bill(now)}: the campaign, its edition's clips or a price have changed since. Start "
        "approve-campaign again, and look at the new plan"
    )


def _bill(plan: Plan) -> str:
    return f"{plan.digest[:12]}, {len(plan.to_buy)} clips for {usd(plan.money.planned)}"


def _approved_text(launch: Launch, by: str) -> str:
    what = "joins the run that was started for this plan before" if launch.is_joined else "started"
    return f"approved by {by}; {what}: {launch.flow_run.name}"
