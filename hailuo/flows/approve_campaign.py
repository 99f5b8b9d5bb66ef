"""Approval before a campaign: show the priced plan, wait for a person's yes, and start exactly that plan."""

from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from hailuo import CampaignRequest, open_session, prepare
from hailuo.campaign.pricing import usd
from hailuo.errors import AdmissionError
from hailuo.flows.machinery.events import emit_stopped
from hailuo.flows.machinery.flow_run import (
    due_in_zone,
    flow_environment,
    forward_library_logs,
    initial_run_name,
    rename_this_run,
)
from hailuo.flows.machinery.launch import deployment_problems, launch
from hailuo.flows.machinery.parameters import (
    Budget,
    CampaignForm,
    CampaignName,
    CampaignText,
    DueAt,
    EditionName,
    Limit,
    Machines,
    Only,
)
from hailuo.flows.ui.approval import show_approval, wait_for_answer
from hailuo.flows.ui.artifacts import show_plan
from hailuo.plan.plan import Plan
from hailuo.run.environment import RunEnvironment

WaitHours = Annotated[int, Field(ge=1, le=168)]


@flow(
    name="approve-campaign",
    flow_run_name=initial_run_name,
    retries=0,
    persist_result=False,
    validate_parameters=True,
    on_failure=[emit_stopped],
    on_crashed=[emit_stopped],
    on_cancellation=[emit_stopped],
)
async def approve_campaign(  # noqa: PLR0913, PLR0917 (the fields of the run form)
    campaign: CampaignName = "",
    campaign_text: CampaignText = "",
    edition: EditionName = "",
    budget_usd: Budget | None = None,
    only: Only = (),
    limit: Limit | None = None,
    machines: Machines = 1,
    due_at: DueAt | None = None,
    new_store: bool = False,
    wait_hours: WaitHours = 24,
) -> State[None]:
    """Show what a campaign would cost, wait for an answer, and start exactly that plan. This flow buys nothing itself.

    Args:
        campaign: A file of the campaigns folder. Leave it empty if you paste a campaign below.
        campaign_text: A whole campaign in YAML, in place of a file. Its first frames are read from the campaigns folder.
        edition: A name for this edition, in place of the file's. A new edition buys all of its clips anew.
        budget_usd: The budget in US dollars, in place of the file's.
        only: Render only the clips with these values, each as AXIS=VALUE, such as model=MiniMax-Hailuo-02.
        limit: Buy at most the first clips of the plan now, this many. The others stay to be bought.
        machines: How many workers render at once. Use more than 1 for thousands of clips.
        due_at: The night that the run belongs to; it fills {date} in an edition's name. The default is now.
        new_store: Begin a new, empty store. Without it a new store is refused: its name may have a slip, and every cap would begin at $0.
        wait_hours: How long to wait for an answer. Without one the run expires and nothing is bought.
    """
    form = CampaignForm(
        campaign=campaign,
        campaign_text=campaign_text,
        edition=edition,
        budget_usd=budget_usd,
        only=tuple(only),
        limit=limit,
        new_store=new_store,
        due_at=due_at or await due_in_zone(None),
    )
    with forward_library_logs():
        env = await flow_environment()
        request = form.request(env.settings)
        plan = await _plan_to_approve(request, env, new_store=new_store)
        answer = await wait_for_answer(plan, env.clock, wait_hours=wait_hours)
        if answer is None:
            return Failed(name="Expired", message=f"no answer within {wait_hours} h; nothing was bought")
        if answer.approve == "no":
            return Completed(name="Declined", message=f"declined by {answer.name_and_note}")
        async with open_session(prepare(request, env.settings), env.settings, clock=env.clock) as session:
            now = await session.plan()  # the file and the ledger may have changed during the pause
        if now.digest != plan.digest:
            return Failed(name="Changed", message=_changed_text(plan, now, answer.name_and_note))
        started = await launch(plan, form, machines=machines)
        run, at = started.flow_run, env.clock.now()
        await show_approval(plan, answer, run, is_joined=started.is_joined, at=at)
    verb = "joins the run that was already started for this plan" if started.is_joined else "started"
    return Completed(name="Approved", message=f"approved by {answer.name_and_note}; {verb}: {run.name}")


async def _plan_to_approve(request: CampaignRequest, env: RunEnvironment, *, new_store: bool) -> Plan:
    """Make the plan and show it. Raises: CampaignError, AdmissionError if the plan could not run."""
    prepared = prepare(request, env.settings)
    await rename_this_run(prepared.require_campaign().this_edition)
    async with open_session(prepared, env.settings, clock=env.clock) as session:
        plan = await session.plan()
        await show_plan(plan)
        if not new_store:
            await session.require_known_store(plan, word="new_store")
        problems = [*await session.refusals(plan), *await deployment_problems()]
    if problems:
        raise AdmissionError(problems)
    return plan


def _changed_text(approved: Plan, now: Plan, by: str) -> str:
    before, after = (
        f"{plan.digest[:12]}, {len(plan.to_buy)} clips for {usd(plan.money.planned)}"
        for plan in (approved, now)
    )
    return (
        f"nothing was started: the plan has changed since it was approved ({by}). It was {before}, and is now {after}. "
        "The campaign, the clips of its edition or a price changed. Start approve-campaign again and look at the new plan"
    )
