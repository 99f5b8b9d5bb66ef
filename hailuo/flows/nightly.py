"""The night: render every campaign of the folder that has the mark `nightly:`, one after the other."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import deployment, flow_run
from prefect.states import Completed, Failed

from hailuo import CampaignRequest, open_session, prepare
from hailuo.errors import ExitCode, Problem, StoreUnavailableError
from hailuo.flows.machinery.events import emit_not_started
from hailuo.flows.machinery.flow_run import (
    LINKS_VALID_FOR,
    due_in_zone,
    flow_environment,
    in_task_run,
    scheduled_start,
)
from hailuo.flows.machinery.parameters import Budget, DueAt, Machines
from hailuo.flows.render_campaign import render_campaign
from hailuo.flows.ui.night_page import show_night
from hailuo.ledger.leftovers import Leftover, find_leftovers
from hailuo.night.endings import exit_code_of, reasons_of
from hailuo.night.night import CampaignResult, DueCampaign, NightReport, night_of
from hailuo.night.outcome import CampaignOutcome, NightBudget, outcome_between
from hailuo.plan.plan import Plan, admission_problems
from hailuo.publish.share import GalleryLink, link_to_gallery
from hailuo.run.environment import RunEnvironment
from hailuo.run.events import RunReport
from hailuo.run.leftovers import PaidClips
from hailuo.run.watching import quietly
from hailuo.store.open import open_store


def night_run_name() -> str:
    """The name of the flow run: the night that it belongs to, to the minute."""
    due_at = flow_run.get_parameters().get("due_at") or scheduled_start()
    return f"night {str(due_at)[:16].replace('T', ' ')}"  # a text if the run was started by the API


@flow(
    name="nightly",
    flow_run_name=night_run_name,
    retries=0,
    persist_result=False,
    validate_parameters=True,
)
async def nightly(
    only_campaigns: Sequence[str] = (),
    budget_usd_for_the_night: Budget | None = None,
    machines: Machines = 1,
    dry_run: bool = False,
    due_at: DueAt | None = None,
    new_store: bool = False,
) -> State[NightReport]:
    """Render every campaign that is marked for the night. A campaign that fails does not stop the others.

    What was paid before and is not stored is collected first, in every edition of the store.
    They run one after the other, by file name: they share the vendor's limits, so at once none would end sooner.
    A night that overlaps another one joins it: each clip is bought once.

    Args:
        only_campaigns: Names of marked files, such as lifestyle-reveal.yaml. The default is all marked files.
        budget_usd_for_the_night: What all campaigns together may cost, in US dollars. A campaign whose plan costs more
            than is left does not run; later ones that fit still do.
        machines: How many workers render each campaign at once. Use more than 1 for thousands of clips.
        dry_run: Make and price the plans, and buy nothing.
        due_at: The night that the run belongs to; it fills {date} in an edition's name. The default is now.
        new_store: Begin a new, empty store. Without it a new store is refused: its name may have a slip, and every cap would begin at $0.
    """
    env = await flow_environment()
    # All campaigns get the same time, however late they start.
    night = night_of(env.settings, await due_in_zone(due_at)).only(only_campaigns)
    budget = NightBudget(left_usd=budget_usd_for_the_night)
    if not dry_run:
        for invalid in night.invalid:
            emit_not_started(invalid.name, None, [str(problem) for problem in invalid.problems])
    collected = () if dry_run else await _collect_first(env)
    results: list[CampaignResult] = []
    for due in night.due:
        tonight = _Campaign(due, night.at, env, machines, new_store)
        result = await (tonight.preview(budget) if dry_run else tonight.render(budget))
        budget = budget.less(result.committed_usd)
        results.append(result)
    report = NightReport(
        night=night,
        results=tuple(results),
        is_dry_run=dry_run,
        collected=collected,
        leftovers=await _left_over(env),
    )
    await quietly(show_night(report))
    match report.exit_code:
        case ExitCode.COMPLETE:
            return Completed(message=report.headline, data=report)
        case ExitCode.INCOMPLETE:
            return Completed(name="Incomplete", message=report.headline, data=report)
        case _:
            return Failed(name="Stopped", message=report.headline, data=report)


async def _collect_first(env: RunEnvironment) -> tuple[str, ...]:
    """Collect what was paid in every edition of the store, in words. Nothing that goes wrong here stops the night."""

    async def collect() -> list[str]:
        paid = PaidClips(env.settings, env.clock, observe=env.observe, watch=env.watch)
        return list((await paid.collect()).lines())

    lines = await (await in_task_run("collect", "paid clips", collect)).aresult(raise_on_failure=False)
    return (f"paid clips could not be looked for: {lines}",) if isinstance(lines, Exception) else tuple(lines)


async def _left_over(env: RunEnvironment) -> tuple[Leftover, ...]:
    """The editions that still have paid or unknown clips; none if the store does not answer."""
    with suppress(StoreUnavailableError):
        return await find_leftovers(open_store(env.settings), env.clock)
    return ()


@dataclass(frozen=True, slots=True)
class _Campaign:
    """One campaign of the night that was due at `at`: priced, rendered as its own flow run, then summed up.

    Each step is a task run or a flow run, so that a failure ends this campaign and no other.
    """

    due: DueCampaign
    at: datetime
    env: RunEnvironment
    machines: int
    new_store: bool

    async def preview(self, budget: NightBudget) -> CampaignResult:
        """What the campaign would buy, or why it would be refused; nothing is bought."""
        priced = await in_task_run("price", self.due.name, self._plan)
        plan = await priced.aresult(raise_on_failure=False)
        if not isinstance(plan, Plan):
            return self._failed(plan)
        problems = [*budget.problems(plan), *admission_problems(plan, balance_usd=None)]
        if problems:
            return self._refused(plan, problems)
        return CampaignResult(
            due=self.due,
            exit_code=ExitCode.COMPLETE,
            outcome=outcome_between(plan, plan),
            committed_usd=plan.money.planned,
        )

    async def render(self, budget: NightBudget) -> CampaignResult:
        """Render the campaign, unless its plan costs more than is left of the night's budget."""
        priced = await in_task_run("price", self.due.name, self._plan)
        before = await priced.aresult(raise_on_failure=False)
        if not isinstance(before, Plan):
            return self._not_started(self._failed(before))
        if problems := budget.problems(before):
            return self._not_started(self._refused(before, problems))
        # Only a name is valid in a deployment; elsewhere a name could also be a file of the working folder.
        state: State[RunReport] = await render_campaign(  # type: ignore[assignment]  # Prefect unwraps the returned State
            self.due.name if deployment.id else str(self.due.path),
            budget_usd=budget.budget_of(before),
            machines=self.machines,
            due_at=self.at,
            new_store=self.new_store,
            return_state=True,
        )
        ended = await state.aresult(raise_on_failure=False)

        async def sum_up() -> tuple[CampaignOutcome, GalleryLink | None]:
            edition, store = self.due.campaign.this_edition, open_store(self.env.settings)
            gallery = await link_to_gallery(store, self.env.clock, edition, valid_for=LINKS_VALID_FOR)
            return outcome_between(before, await self._plan()), gallery

        summing = await in_task_run("outcome", self.due.name, sum_up)
        summed = await summing.aresult(raise_on_failure=False)
        outcome, gallery = (None, None) if isinstance(summed, Exception) else summed
        exit_code = exit_code_of(ended)
        return CampaignResult(
            due=self.due,
            exit_code=exit_code,
            reasons=(*reasons_of(ended), *(reasons_of(summed) if isinstance(summed, Exception) else ())),
            outcome=outcome.as_refused if outcome and exit_code is ExitCode.REFUSED else outcome,
            gallery=gallery,
            committed_usd=outcome.spent_usd + outcome.reserved_usd if outcome else before.money.planned,
        )

    async def _plan(self) -> Plan:
        settings = self.env.settings
        prepared = prepare(CampaignRequest(path=self.due.path, at=self.at), settings)
        async with open_session(prepared, settings, clock=self.env.clock) as session:
            return await session.plan(histories=True)

    def _not_started(self, result: CampaignResult) -> CampaignResult:
        """Emit the event that the campaign's flow run would have emitted, and return the result."""
        campaign = self.due.campaign
        emit_not_started(campaign.name, campaign.edition, result.reasons)
        return result

    def _failed(self, error: Exception) -> CampaignResult:
        return CampaignResult(due=self.due, exit_code=exit_code_of(error), reasons=reasons_of(error))

    def _refused(self, plan: Plan, problems: Sequence[Problem]) -> CampaignResult:
        return CampaignResult(
            due=self.due,
            exit_code=ExitCode.REFUSED,
            reasons=tuple(map(str, problems)),
            outcome=outcome_between(plan, plan).as_refused,
        )
