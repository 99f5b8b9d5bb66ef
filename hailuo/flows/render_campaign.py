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
from hailuo.flows.machinery.clips import render
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
from hailuo.flows.machinery.machines import render_on_machines
from hailuo.flows.machinery.parameters import (
    Budget,
    CampaignForm,
    CampaignName,
    CampaignText,
    Digest,
    DueAt,
    EditionName,
    Limit,
    Machines,
    Only,
)
from hailuo.flows.machinery.states import Ended, ended, refusal_is_a_state
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
    on_crashed=[emit_stopped],
    on_cancellation=[emit_stopped],
)
@refusal_is_a_state
async def render_campaign(  # noqa: PLR0913, PLR0917 (the fields of the run form)
    campaign: CampaignName = "",
    campaign_text: CampaignText = "",
    edition: EditionName = "",
    budget_usd: Budget | None = None,
    only: Only = (),
    limit: Limit | None = None,
    machines: Machines = 1,
    plan_digest: Digest = "",
    due_at: DueAt | None = None,
    new_store: bool = False,
    preview: bool = False,
) -> State[RunReport]:
    """Render the missing clips of a campaign, store them, and compare all of its clips on one page.

    Args:
        campaign: A file of the campaigns folder. Leave it empty if you paste a campaign below.
        campaign_text: A whole campaign in YAML, in place of a file. Its first frames are read from the campaigns folder.
        edition: A name for this edition, in place of the file's. A new edition buys all of its clips anew.
        budget_usd: The budget in US dollars, in place of the file's.
        only: Render only the clips with these values, each as AXIS=VALUE, such as model=MiniMax-Hailuo-02.
        limit: Buy at most the first clips of the plan now, this many. The others stay to be bought.
        machines: How many workers render at once. Use more than 1 for thousands of clips.
        plan_digest: The digest of an approved plan. If the plan has changed since, nothing is bought.
        due_at: The night that the run belongs to; it fills {date} in an edition's name. The default is now.
        new_store: Begin a new, empty store. Without it a new store is refused: its name may have a slip, and every cap would begin at $0.
        preview: Show the plan and its price, and buy nothing.
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
            made = await session.publish()
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
    state: State[RunReport] = await render_campaign(  # type: ignore[assignment]  # Prefect unwraps the returned State
        str(request.path),
        edition=request.edition or "",
        budget_usd=request.budget_usd,
        only=[f"{axis}={label}" for axis, labels in request.only.items() for label in sorted(labels)],
        limit=request.limit,
        plan_digest=plan_digest,
        new_store=True,  # asked for, or agreed to, where the plan was
        return_state=True,
    )
    report = await state.aresult(raise_on_failure=state.name not in {Ended.INCOMPLETE, Ended.STOPPED})
    assert isinstance(report, RunReport)  # noqa: S101 (the flow put it there)
    return report


if __name__ == "__main__":
    asyncio.run(render_campaign(sys.argv[1]))
