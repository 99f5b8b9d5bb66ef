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
from hailuo.flows.machinery.forms import offer_anew
from hailuo.flows.machinery.launch import deployment_problems, launch
from hailuo.flows.machinery.parameters import (
    Budget,
    CampaignForm,
    ChosenCampaign,
    DueAt,
    EditionName,
    Limit,
    Machines,
    NewStore,
    Only,
    OnlyModels,
    label,
    only_values,
)
from hailuo.flows.machinery.questions import OpenQuestion, ask, open_question, settle
from hailuo.flows.machinery.states import refusal_is_a_state
from hailuo.flows.ui.approval import show_approval, wait_for_answer
from hailuo.flows.ui.artifacts import show_plan
from hailuo.plan.plan import Plan
from hailuo.run.environment import RunEnvironment
from hailuo.run.first_look import Patience
from hailuo.run.watching import quietly

WaitHours = Annotated[int, Field(ge=1, le=720), label("Hours to wait for an answer")]


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
    campaign: ChosenCampaign,
    models: OnlyModels = (),
    budget_usd: Budget = None,
    limit: Limit = None,
    edition: EditionName = "",
    only: Only = (),
    wait_hours: WaitHours = 168,
    machines: Machines = 1,
    new_store: NewStore = False,
    due_at: DueAt = None,
) -> State[None]:
    """Show what a campaign would cost, wait for an answer, and start exactly that plan. This flow buys nothing itself.

    Args:
        campaign: Pick a file of the campaigns folder. Or choose "other file, or pasted text", and type a file's name or paste a campaign in YAML.
        models: Buy only the clips of these models. Leave it empty for all models of the campaign.
        budget_usd: The most that the run may cost. Leave it at None for the file's budget.
        limit: The first clips of the plan. The others stay to be bought. Leave it at None to buy all of them.
        edition: A name for a new edition, in place of the file's. A new edition buys all of its clips anew.
        only: Buy only the clips with these values, each as AXIS=VALUE, such as duration=6.
        wait_hours: How long to wait for an answer. Without one the run fails and nothing is bought.
        machines: How many workers render at once. Use more than 1 for thousands of clips.
        new_store: Switch it on for the very first run, with an empty store, and off after that. Without it a new store is refused: its name may have a slip, and every cap would begin at $0.
        due_at: The date and time that fill {date} in the edition's name. Leave it at None for now.
    """
    form = CampaignForm(
        campaign=campaign,
        edition=edition,
        budget_usd=budget_usd,
        only=only_values(only, models),
        limit=limit,
        new_store=new_store,
        due_at=due_at or await due_in_zone(None),
    )
    with forward_library_logs():
        env = await flow_environment()
        await quietly(offer_anew(env.settings))
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
