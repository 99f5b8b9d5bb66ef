"""The night as a Prefect flow: every campaign of the folder that is marked for it, one after the other."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import deployment, flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from flows.machinery.events import tell_not_begun
from flows.machinery.flow_run import LINKS_VALID_FOR, flow_environment, scheduled_start
from flows.machinery.parameters import DueAt, Machines
from flows.render_campaign import render_campaign
from flows.ui.night_page import show_night
from hailuo.errors import ExitCode, Problem, RefusedError
from hailuo.ledger.facts import JobState
from hailuo.night.night import Due, NightReport, Part, night_of
from hailuo.night.outcome import Allowance, Books, books_of
from hailuo.plan.plan import Plan, admission_problems
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.publish.share import GalleryLink, link_to_gallery
from hailuo.run.environment import RunEnvironment
from hailuo.run.events import RunReport
from hailuo.run.session import open_session
from hailuo.store.open import open_store

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


_MOST_REASONS: Final = 5


class Turn:
    """The turn of one campaign in the night that was due at `at`."""

    def __init__(self, due: Due, at: datetime, env: RunEnvironment, *, machines: int = 1) -> None:
        self._due = due
        self._at = at
        self._env = env
        self._machines = machines

    async def look(self, allowance: Allowance) -> Part:
        """What the campaign would buy, and why it would be refused; nothing is bought."""
        plan = await self._priced()
        if not isinstance(plan, Plan):
            return self._failed(plan)
        problems = [*allowance.problems(plan), *admission_problems(plan, balance_usd=None)]
        return self._refused(plan, problems) if problems else self._planned(plan)

    async def take(self, allowance: Allowance) -> Part:
        """Render the campaign, unless its plan costs more than the night may still buy for."""
        before = await self._priced()
        if not isinstance(before, Plan):
            return self._not_begun(self._failed(before))
        if problems := allowance.problems(before):
            return self._not_begun(self._refused(before, problems))
        outcome = await self._rendered(before, allowance)
        made = await self._looked_up(before)
        books, gallery = made if isinstance(made, tuple) else (None, None)
        ending = _ending(outcome)
        return Part(
            due=self._due,
            ending=ending,
            reasons=(*_reasons(outcome), *(() if books else _reasons(made))),
            books=books.of_refused if books and ending is ExitCode.REFUSED else books,
            gallery=gallery,
            committed_usd=books.spent_usd + books.held_usd if books else before.money.planned,
        )

    async def _priced(self) -> object:
        """The plan before anything is bought, or what prevented it."""

        @task(
            name="price", task_run_name="price {name}", retries=0, cache_policy=NO_CACHE, persist_result=False
        )
        async def price(name: str) -> Plan:
            del name
            return await self._plan()

        state = await price(self._due.name, return_state=True)  # type: ignore[misc]  # Prefect types an async return_state as if it were sync
        return await _outcome(state)

    async def _rendered(self, plan: Plan, allowance: Allowance) -> object:
        """The report of the campaign's own flow run, or what ended it. The night's rest is a cap of its edition."""
        budget = allowance.budget_of(plan)
        # A deployment takes names alone; elsewhere a name could also be that of a file in the working folder.
        state = await render_campaign(
            self._due.name if deployment.id else str(self._due.path),
            budget_usd=None if budget is None else float(budget),
            machines=self._machines,
            due_at=self._at,
            return_state=True,
        )
        return await _outcome(state)

    async def _looked_up(self, before: Plan) -> object:
        """Books and gallery, or what prevented them."""

        @task(
            name="books", task_run_name="books {name}", retries=0, cache_policy=NO_CACHE, persist_result=False
        )
        async def books(name: str) -> tuple[Books, GalleryLink | None]:
            del name
            made = books_of(before, await self._plan())
            return made, await self._gallery()

        state = await books(self._due.name, return_state=True)  # type: ignore[misc]  # Prefect types an async return_state as if it were sync
        return await _outcome(state)

    async def _plan(self) -> Plan:
        choice = CampaignRequest(path=self._due.path, at=self._at)
        prepared = prepare(choice, self._env.settings)
        async with open_session(prepared, self._env.settings, clock=self._env.clock) as session:
            return await session.plan(histories=True)

    async def _gallery(self) -> GalleryLink | None:
        edition, store = self._due.campaign.this_edition, open_store(self._env.settings)
        return await link_to_gallery(store, self._env.clock, edition, valid_for=LINKS_VALID_FOR)

    def _not_begun(self, part: Part) -> Part:
        """The part, of which an automation hears too: no flow run of the campaign could tell it."""
        campaign = self._due.campaign
        tell_not_begun(campaign.name, campaign.edition, part.reasons)
        return part

    def _failed(self, outcome: object) -> Part:
        return Part(due=self._due, ending=_ending(outcome), reasons=_reasons(outcome))

    def _refused(self, plan: Plan, problems: Sequence[Problem]) -> Part:
        return Part(
            due=self._due,
            ending=ExitCode.REFUSED,
            reasons=tuple(map(str, problems)),
            books=books_of(plan, plan).of_refused,
        )

    def _planned(self, plan: Plan) -> Part:
        return Part(
            due=self._due,
            ending=ExitCode.COMPLETE,
            books=books_of(plan, plan),
            committed_usd=plan.money.planned,
        )


async def _outcome(state: State[Any]) -> object:
    """What the run returned, or the exception that ended it."""
    return await state.aresult(raise_on_failure=False)


def _ending(outcome: object) -> ExitCode:
    match outcome:
        case RunReport():
            return outcome.exit_code
        case RefusedError():
            return ExitCode.REFUSED
        case _:
            return ExitCode.STOPPED


def _reasons(outcome: object) -> tuple[str, ...]:
    match outcome:
        case RunReport():
            return _report_reasons(outcome)
        case RefusedError():
            return tuple(map(str, outcome.problems))
        case _:
            return (f"{type(outcome).__name__}: {outcome}",)


def _report_reasons(report: RunReport) -> tuple[str, ...]:
    """Why the run stopped, then the commonest reasons of clips that are not stored."""
    halt = report.interrupted or report.stopped
    missing = Counter(e.reason or e.state.value for e in report.endings if e.state is not JobState.STORED)
    told = [f"{number} x {reason}" for reason, number in missing.most_common(_MOST_REASONS)]
    return ((halt,) if halt else ()) + tuple(told)
