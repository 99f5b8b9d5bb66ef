"""One campaign's turn in a night: priced, rendered as a flow run of its own, and its books made.

Each step is a task run or a flow run whose failure ends this turn and nothing else.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import deployment

from flows.machinery.telling import tell_not_begun
from flows.render_campaign import LINKS_VALID_FOR, render_campaign
from hailuo.errors import ExitCode, Problem, RefusedError
from hailuo.ledger.facts import JobState
from hailuo.night.night import Due
from hailuo.night.night_report import Part
from hailuo.night.outcome import Allowance, Books, books_of
from hailuo.plan.plan import Plan, admission_problems
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.publish.share import GalleryLink, link_to_gallery
from hailuo.run.environment import RunEnvironment
from hailuo.run.events import RunReport
from hailuo.run.session import open_session
from hailuo.store.open import open_store

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
