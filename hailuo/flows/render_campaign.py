"""The main flow: read a campaign, plan it, render the missing clips and publish the comparison.

Without a Prefect server: `python -m hailuo.flows.render_campaign FILE`.
"""

import asyncio
import sys
from contextlib import AsyncExitStack

from prefect import flow, get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from hailuo import CampaignRequest, open_session, prepare
from hailuo.campaign.pricing import usd
from hailuo.errors import AdmissionError, Place, Problem, SettingsError
from hailuo.flows.machinery.clips import publish, render
from hailuo.flows.machinery.events import emit_ended, emit_stopped
from hailuo.flows.machinery.flow_run import (
    LINKS_VALID_FOR,
    due_in_zone,
    flow_environment,
    forward_library_logs,
    name_this_run,
    paid_first,
    patience,
    run_name,
)
from hailuo.flows.machinery.forms import offer_anew
from hailuo.flows.machinery.machines import render_on_machines
from hailuo.flows.machinery.parameters import (
    Budget,
    CampaignForm,
    ChosenCampaign,
    Digest,
    DueAt,
    EditionName,
    Limit,
    Machines,
    NewStore,
    Only,
    OnlyModels,
    Preview,
    only_values,
)
from hailuo.flows.machinery.states import Ended, ended, refusal_is_a_state, state_of
from hailuo.flows.machinery.task_runs import end_abandoned_task_runs, end_task_runs
from hailuo.flows.ui.artifacts import show_comparison, show_plan, show_unknowns
from hailuo.night.endings import summary_of
from hailuo.plan.plan import Plan
from hailuo.run.environment import RunEnvironment
from hailuo.run.events import RunReport
from hailuo.run.session import Session
from hailuo.run.watching import quietly


@flow(
    name="render-campaign",
    retries=0,
    persist_result=False,
    validate_parameters=True,
    on_failure=[emit_stopped],
    on_crashed=[emit_stopped, end_task_runs],
    on_cancellation=[emit_stopped, end_task_runs],
)
@refusal_is_a_state
async def render_campaign(  # noqa: PLR0913, PLR0917 (the fields of the run form)
    campaign: ChosenCampaign,
    preview: Preview = False,
    models: OnlyModels = (),
    budget_usd: Budget = None,
    limit: Limit = None,
    edition: EditionName = "",
    only: Only = (),
    machines: Machines = 1,
    new_store: NewStore = False,
    due_at: DueAt = None,
    plan_digest: Digest = "",
) -> State[RunReport]:
    """Render the missing clips of a campaign, store them, and compare all of its clips on one page.

    Args:
        campaign: Pick a file of the campaigns folder. Or choose "other file, or pasted text", and type a file's name or paste a campaign in YAML.
        preview: Switch it on to see the plan and its price first. Nothing is bought.
        models: Buy only the clips of these models. Leave it empty for all models of the campaign.
        budget_usd: The most that this run may cost. Leave it at None for the file's budget.
        limit: The first clips of the plan. The others stay to be bought. Leave it at None to buy all of them.
        edition: A name for a new edition, in place of the file's. A new edition buys all of its clips anew.
        only: Buy only the clips with these values, each as AXIS=VALUE, such as duration=6.
        machines: How many workers render at once. Use more than 1 for thousands of clips.
        new_store: Switch it on for the very first run, with an empty store, and off after that. Without it a new store is refused: its name may have a slip, and every cap would begin at $0.
        due_at: The date and time that fill {date} in the edition's name. Leave it at None for now.
        plan_digest: Filled in by approve-campaign. If the plan has changed since the approval, nothing is bought.
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
        await quietly(end_abandoned_task_runs(env.clock))
        if preview:
            return await _preview(form, env)
        waits: list[str] = []
        first_looks = patience(env, waits)
        async with AsyncExitStack() as stack:
            async with paid_first(form.request(env.settings), env, first_looks) as prepared:
                this_edition = prepared.require_campaign().this_edition
                await quietly(name_this_run(run_name(this_edition), edition=this_edition))

                async def look() -> tuple[Session, Plan]:
                    """Admit the plan in a session of its own, which stays open."""
                    async with AsyncExitStack() as this_look:
                        opened = open_session(prepared, env.settings, clock=env.clock)
                        session = await this_look.enter_async_context(opened)
                        plan = await session.plan()
                        await quietly(show_plan(plan, waits=waits))
                        if not new_store:
                            await session.require_known_store(plan, word="new_store")
                        await session.admit(plan, agreed_digest=plan_digest or None, shared=machines > 1)
                        stack.push_async_exit(this_look.pop_all())
                        return session, plan

                session, plan = await first_looks.until_answered(look)
            if machines > 1 and flow_run.get_id():
                report = await render_on_machines(session, plan, env, machines=machines, form=form)
            else:
                report = await render(session, plan, env)
            made = await publish(session, plan.campaign.name)
            gallery = await session.gallery_link(made, valid_for=LINKS_VALID_FOR)
    await quietly(show_comparison(plan, made, gallery))
    await quietly(show_unknowns(plan, report))
    emit_ended(plan, report)
    return ended(report.exit_code, summary_of(plan, report), report)


async def _preview(form: CampaignForm, env: RunEnvironment) -> State[RunReport]:
    """Show the plan; the state says what it would cost. Raises: AdmissionError if it would be refused."""
    prepared = prepare(form.request(env.settings), env.settings)
    edition = prepared.require_campaign().this_edition
    await quietly(name_this_run(f"preview of {run_name(edition)}", edition=edition))
    async with open_session(prepared, env.settings, clock=env.clock) as session:
        plan = await session.plan()
        await show_plan(plan)
        if problems := await session.refusals(plan, ask_vendor=False):
            raise AdmissionError(problems)
    money = plan.money
    text = f"{len(plan.to_buy)} clips to buy for {usd(money.planned)}; the edition would then have cost {usd(money.total)}"
    return Completed(name="Previewed", message=f"{text}; nothing was bought")


def drive(request: CampaignRequest, plan_digest: str) -> RunReport:
    """Run the flow for `hailuo run` when a Prefect server is set.

    Raises: SettingsError for a server that does not answer; whatever the flow raised.
    """
    return asyncio.run(_drive(request, plan_digest))


async def _drive(request: CampaignRequest, plan_digest: str) -> RunReport:
    async with get_client() as client:
        if fault := await client.api_healthcheck():
            reason = f"Prefect's server at {client.api_url} does not answer: {fault}"
            remedy = "start it, or unset the variable to run without Prefect; nothing was bought"
            raise SettingsError([Problem(Place("PREFECT_API_URL"), reason, remedy)])
    called = render_campaign(
        str(request.path),
        edition=request.edition or "",
        budget_usd=request.budget_usd,
        only=[f"{axis}={label}" for axis, labels in request.only.items() for label in sorted(labels)],
        limit=request.limit,
        plan_digest=plan_digest,
        new_store=True,  # asked for, or agreed to, where the plan was
        return_state=True,
    )
    state = await state_of(called)
    report = await state.aresult(raise_on_failure=state.name not in {Ended.INCOMPLETE, Ended.STOPPED})
    assert isinstance(report, RunReport)  # noqa: S101 (the flow put it there)
    return report


if __name__ == "__main__":
    asyncio.run(render_campaign(sys.argv[1]))
