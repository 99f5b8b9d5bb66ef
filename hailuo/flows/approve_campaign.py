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
    name_this_run,
    patience,
    run_name,
    store_answers,
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
from hailuo.flows.machinery.questions import OpenQuestion, ask, open_question, settle
from hailuo.flows.machinery.states import refusal_is_a_state
from hailuo.flows.ui.approval import show_approval, wait_for_answer
from hailuo.flows.ui.artifacts import show_plan
from hailuo.plan.plan import Plan
from hailuo.run.environment import RunEnvironment
from hailuo.run.first_look import Patience

WaitHours = Annotated[int, Field(ge=1, le=720)]


@flow(
    name="approve-campaign",
    retries=0,
    persist_result=False,
    validate_parameters=True,
    on_failure=[emit_stopped],
    on_crashed=[emit_stopped],
    on_cancellation=[emit_stopped],
)
@refusal_is_a_state
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
    wait_hours: WaitHours = 168,
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
        wait_hours: How long to wait for an answer. Without one the run fails and nothing is bought.
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
        first_looks = patience(env)
        await store_answers(env, first_looks)
        asked = await open_question() or await _ask(form, env, first_looks)
        answer = await wait_for_answer(asked.text, number=asked.number, wait_hours=wait_hours)
        if answer is None:
            return Failed(
                name="Expired", message="it was started again without an answer; nothing was bought"
            )
        if answer.approve == "no":
            await settle(asked)
            return Completed(name="Declined", message=f"declined by {answer.name_and_note}")
        request = asked.form.request(env.settings)
        now = await first_looks.until_answered(lambda: _plan(request, env))  # much may have changed since
        if now.digest != asked.digest:
            await settle(asked)
            return Failed(name="Changed", message=_changed_text(asked, now, answer.name_and_note))
        started = await launch(now, asked.form, machines=machines)
        await settle(asked)
        run, at = started.flow_run, env.clock.now()
        await show_approval(now, answer, run, is_joined=started.is_joined, at=at)
    verb = "joins the run that was already started for this plan" if started.is_joined else "started"
    return Completed(name="Approved", message=f"approved by {answer.name_and_note}; {verb}: {run.name}")


async def _ask(form: CampaignForm, env: RunEnvironment, first_looks: Patience) -> OpenQuestion:
    """Make the plan, show it, and keep the question. Raises: CampaignError, AdmissionError if the plan could not run."""
    prepared = prepare(form.request(env.settings), env.settings)
    edition = prepared.require_campaign().this_edition
    await name_this_run(run_name(edition), edition=edition)

    async def look() -> Plan:
        async with open_session(prepared, env.settings, clock=env.clock) as session:
            plan = await session.plan()
            if not form.new_store:
                await session.require_known_store(plan, word="new_store")
            problems = [*await session.refusals(plan), *await deployment_problems()]
            if problems:
                raise AdmissionError(problems)
            return plan

    plan = await first_looks.until_answered(look)
    await show_plan(plan)
    return await ask(plan, form)


async def _plan(request: CampaignRequest, env: RunEnvironment) -> Plan:
    async with open_session(prepare(request, env.settings), env.settings, clock=env.clock) as session:
        return await session.plan()


def _changed_text(asked: OpenQuestion, now: Plan, by: str) -> str:
    after = f"{now.digest[:12]}, {len(now.to_buy)} clips for {usd(now.money.planned)}"
    return (
        f"nothing was started: the plan has changed since it was approved ({by}). It was {asked.in_words}, and is now "
        f"{after}. The campaign, the clips of its edition or a price changed. Press Retry and look at the new plan"
    )
