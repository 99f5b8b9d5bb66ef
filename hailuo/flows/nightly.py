"""The night: render every campaign of the folder that has the mark `nightly:`, one after the other."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import deployment
from prefect.states import Cancelled

from hailuo import CampaignRequest, open_session, prepare
from hailuo.errors import ExitCode, Problem, StoreUnavailableError
from hailuo.flows.machinery.apart import CampaignRun, can_run_apart, run_apart
from hailuo.flows.machinery.catch_up import missed_nights, newer_night
from hailuo.flows.machinery.events import (
    emit_night_begun,
    emit_night_ended,
    emit_not_started,
    emit_planned,
)
from hailuo.flows.machinery.flow_run import (
    LINKS_VALID_FOR,
    due_in_zone,
    flow_environment,
    forward_library_logs,
    name_this_run,
    patience,
    store_answers,
)
from hailuo.flows.machinery.forms import offer_anew
from hailuo.flows.machinery.parameters import (
    CampaignForm,
    DueAt,
    Machines,
    NewStore,
    OnlyCampaigns,
    Preview,
    WholeNight,
)
from hailuo.flows.machinery.states import Ended, ended, refusal_is_a_state, state_of
from hailuo.flows.machinery.task_runs import end_abandoned_task_runs, end_task_runs
from hailuo.flows.render_campaign import render_campaign
from hailuo.flows.ui.night_page import show_night
from hailuo.ledger.leftovers import Leftover, find_leftovers
from hailuo.logs import quiet_logger
from hailuo.night.endings import exit_code_of, reasons_of
from hailuo.night.night import CampaignResult, DueCampaign, Night, NightReport, night_of
from hailuo.night.outcome import NightBudget, outcome_between
from hailuo.plan.plan import Plan
from hailuo.plan.problems import admission_problems
from hailuo.publish.share import GalleryLink, link_to_gallery
from hailuo.run.environment import RunEnvironment
from hailuo.run.first_look import Patience
from hailuo.run.leftovers import PaidClips
from hailuo.run.watching import quietly
from hailuo.store.open import open_store

_log = quiet_logger("hailuo.night")


@flow(
    name="nightly",
    retries=0,
    persist_result=False,
    validate_parameters=True,
    on_crashed=[end_task_runs],
    on_cancellation=[end_task_runs],
)
@refusal_is_a_state
async def nightly(
    only_campaigns: OnlyCampaigns = (),
    dry_run: Preview = False,
    budget_usd_for_the_night: WholeNight = None,
    machines: Machines = 1,
    new_store: NewStore = False,
    due_at: DueAt = None,
) -> State[NightReport]:
    """Render every campaign that is marked for the night. A campaign that fails does not stop the others.

    What was paid before and is not stored is collected first, in every edition of the store.
    They run one after the other, by file name, each as a flow run of its own that you can cancel and retry. They share
    the vendor's limits, so at once none would end sooner.
    A night that overlaps another one joins it: each clip is bought once.

    Args:
        only_campaigns: Files that are marked `nightly:`. Leave it empty for all marked files.
        dry_run: Switch it on to see plans and prices first. Nothing is bought.
        budget_usd_for_the_night: The most that all campaigns together may cost. A campaign whose plan costs more than is left does not run; later ones that fit still do.
        machines: How many workers render each campaign at once. Use more than 1 for thousands of clips.
        new_store: Switch it on for the very first run, with an empty store, and off after that. Without it a new store is refused: its name may have a slip, and every cap would begin at $0.
        due_at: The date and time of the night, to render one that was missed. They fill {date} in an edition's name. Leave it at None for now.
    """
    with forward_library_logs():
        await quietly(emit_planned())
        env = await flow_environment()
        await quietly(offer_anew(env.settings))
        await quietly(end_abandoned_task_runs(env.clock))
        at = await due_in_zone(due_at)  # all campaigns get the same time, however late they start
        await quietly(name_this_run(f"night {at:%Y-%m-%d %H:%M}"))
        if newer := await patience(env).until_answered(lambda: newer_night(env.clock)):
            message = f"{newer.name} was due later and waits: it runs instead. To render this night, run it with due_at {at.isoformat()}"
            return Cancelled(name=Ended.SUPERSEDED.value, message=message)
        night = night_of(env.settings, at).only(only_campaigns)
        _log.info("tonight: %s", ", ".join(due.name for due in night.due) or "no campaign")
        for skipped in night.skipped:
            _log.info("not tonight: %s, %s", skipped.name, skipped.reason)
        for invalid in night.invalid:
            _log.warning("cannot be rendered: %s, %s", invalid.name, invalid.problems[0])
        report = await _night(
            night,
            env,
            NightBudget(left_usd=budget_usd_for_the_night),
            machines=machines,
            dry_run=dry_run,
            new_store=new_store,
        )
        _log.info("%s", report.headline)
        await quietly(show_night(report))
        if not dry_run:
            emit_night_ended(report)
    return ended(report.exit_code, report.headline, report)


async def _night(
    night: Night, env: RunEnvironment, budget: NightBudget, *, machines: int, dry_run: bool, new_store: bool
) -> NightReport:
    """Collect what is paid, then render the campaigns one after the other; or price them."""
    waits: list[str] = []
    first_looks = patience(env, waits)
    collected: tuple[str, ...] = ()
    if not dry_run:
        emit_night_begun()
        for invalid in night.invalid:
            emit_not_started(invalid.name, None, [str(problem) for problem in invalid.problems])
        collected = await _collect_first(env, first_looks)
    results: list[CampaignResult] = []
    for due in night.due:
        tonight = _Campaign(due, night.at, env, machines, new_store, first_looks)
        result = await (tonight.preview(budget) if dry_run else tonight.render(budget))
        _log.info("%s: %s", due.name, "; ".join([result.word, *result.reasons]))
        budget = budget.less(result.committed_usd)
        results.append(result)
    return NightReport(
        night=night,
        results=tuple(results),
        is_dry_run=dry_run,
        collected=collected,
        waits=tuple(waits),
        missed=await missed_nights(env.clock),
        leftovers=await _left_over(env),
    )


@task(
    name="collect", task_run_name="collect paid clips", retries=0, cache_policy=NO_CACHE, persist_result=False
)
async def collect_paid(env: RunEnvironment, first_looks: Patience) -> tuple[str, ...]:
    """Collect what was paid in every edition of the store; what was done, in words."""
    await store_answers(env, first_looks)
    paid = PaidClips(env.settings, env.clock, observe=env.observe, watch=env.watch)
    return tuple((await paid.collect()).lines())


@task(name="price", task_run_name="price {name}", retries=0, cache_policy=NO_CACHE, persist_result=False)
async def price(name: str, path: Path, at: datetime, env: RunEnvironment, first_looks: Patience) -> Plan:
    """What a campaign of the night would buy, and what it would cost."""
    del name  # in the name of the task run
    return await _plan_of(path, at, env, first_looks)


@task(name="outcome", task_run_name="outcome {name}", retries=0, cache_policy=NO_CACHE, persist_result=False)
async def look_after(
    name: str, path: Path, at: datetime, env: RunEnvironment, first_looks: Patience
) -> tuple[Plan, GalleryLink | None]:
    """The campaign's plan after its run, and the link to its gallery."""
    del name  # in the name of the task run
    after = await _plan_of(path, at, env, first_looks)
    edition, store = after.campaign.this_edition, open_store(env.settings)
    return after, await link_to_gallery(store, env.clock, edition, valid_for=LINKS_VALID_FOR)


async def _plan_of(path: Path, at: datetime, env: RunEnvironment, first_looks: Patience) -> Plan:
    prepared = prepare(CampaignRequest(path=path, at=at), env.settings)

    async def look() -> Plan:
        async with open_session(prepared, env.settings, clock=env.clock) as session:
            return await session.plan(histories=True)

    return await first_looks.until_answered(look)


async def _collect_first(env: RunEnvironment, first_looks: Patience) -> tuple[str, ...]:
    """What was collected, in words. Nothing that goes wrong here stops the night."""
    collected = await state_of(collect_paid(env, first_looks, return_state=True))
    lines: tuple[str, ...] | Exception = await collected.aresult(raise_on_failure=False)
    return (f"paid clips could not be looked for: {lines}",) if isinstance(lines, Exception) else lines


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
    first_looks: Patience

    async def preview(self, budget: NightBudget) -> CampaignResult:
        """What the campaign would buy, or why it would be refused; nothing is bought."""
        plan = await self._priced()
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
        before = await self._priced()
        if not isinstance(before, Plan):
            return self._not_started(self._failed(before))
        if problems := budget.problems(before):
            return self._not_started(self._refused(before, problems))
        run = await self._run(budget.budget_of(before))
        looked = look_after(
            self.due.name, self.due.path, self.at, self.env, self.first_looks, return_state=True
        )
        after: tuple[Plan, GalleryLink | None] | Exception
        after = await (await state_of(looked)).aresult(raise_on_failure=False)
        if isinstance(after, Exception):
            outcome, gallery, lost = None, None, reasons_of(after)
        else:
            outcome, gallery, lost = outcome_between(before, after[0]), after[1], ()
        return CampaignResult(
            due=self.due,
            exit_code=run.exit_code,
            state=run.word,
            reasons=(*run.reasons, *lost),
            outcome=outcome.as_refused if outcome and run.exit_code is ExitCode.REFUSED else outcome,
            gallery=gallery,
            committed_usd=outcome.spent_usd + outcome.reserved_usd if outcome else before.money.planned,
        )

    async def _run(self, budget_usd: Decimal | None) -> CampaignRun:
        """A flow run of its own; in this process where `render-campaign` is not deployed."""
        form = CampaignForm(
            # Only a name is valid in a deployment; elsewhere a name could also be a file of the working folder.
            campaign=self.due.name if deployment.id else str(self.due.path),
            budget_usd=budget_usd,
            new_store=self.new_store,
            due_at=self.at,
        )
        if await self.first_looks.until_answered(can_run_apart):
            edition = self.due.campaign.this_edition
            return await run_apart(form, edition, self.env, self.first_looks, machines=self.machines)
        called = render_campaign(
            form.campaign,
            budget_usd=budget_usd,
            machines=self.machines,
            due_at=self.at,
            new_store=self.new_store,
            return_state=True,
        )
        return CampaignRun(state=await state_of(called))

    async def _priced(self) -> Plan | Exception:
        called = price(self.due.name, self.due.path, self.at, self.env, self.first_looks, return_state=True)
        plan: Plan | Exception = await (await state_of(called)).aresult(raise_on_failure=False)
        return plan

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
