"""A night without Prefect: collect what is paid, then render every marked campaign, one after the other."""

from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hailuo.errors import ExitCode, HailuoError, Problem, StoreUnavailableError
from hailuo.ledger.leftovers import Leftover, find_leftovers
from hailuo.night.endings import exit_code_of, reasons_of
from hailuo.night.night import CampaignResult, DueCampaign, Night, NightReport
from hailuo.night.outcome import NightBudget, outcome_between
from hailuo.plan.plan import Plan
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.publish.share import GalleryLink
from hailuo.run.environment import RunEnvironment
from hailuo.run.events import RunReport
from hailuo.run.first_look import Patience
from hailuo.run.leftovers import PaidClips
from hailuo.run.session import Session, open_session
from hailuo.store.open import open_store

_LINKS_VALID_FOR: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class NightRun:
    """One night, rendered in this process. What goes wrong with one campaign stops no other."""

    night: Night
    env: RunEnvironment

    async def preview(self, budget: NightBudget) -> NightReport:
        """What the night would buy, or why it would be refused. Nothing is bought or written."""
        results = []
        for due in self.night.due:
            results.append(await self._preview(due, budget))
            budget = budget.less(results[-1].committed_usd)
        return NightReport(night=self.night, results=tuple(results), is_dry_run=True)

    async def render(self, budget: NightBudget) -> NightReport:
        """Collect what is paid in every edition of the store, then render the campaigns; an interrupted one is the last."""
        collected, interrupted = await self._collect()
        results: list[CampaignResult] = []
        for due in self.night.due:
            if interrupted:
                break
            results.append(await self._render(due, budget))
            budget = budget.less(results[-1].committed_usd)
            interrupted = results[-1].exit_code is ExitCode.INTERRUPTED
        return NightReport(
            night=self.night,
            results=tuple(results),
            collected=collected,
            leftovers=await self._leftovers(),
            is_interrupted=interrupted,
        )

    @property
    def _first_looks(self) -> Patience:
        return Patience(settings=self.env.settings, clock=self.env.clock, observe=self.env.observe)

    async def _collect(self) -> tuple[tuple[str, ...], bool]:
        """What was collected, in words, and whether it was interrupted."""
        paid = PaidClips(self.env.settings, self.env.clock, observe=self.env.observe, watch=self.env.watch)
        try:
            collected = await self._first_looks.until_answered(paid.collect)
        except HailuoError as error:
            return (f"paid clips could not be looked for: {error}",), False
        return tuple(collected.lines()), collected.interrupted is not None

    async def _preview(self, due: DueCampaign, budget: NightBudget) -> CampaignResult:
        try:
            plan, refusals = await self._plan(due)
        except Exception as error:  # noqa: BLE001 (one campaign's fault, whatever it is, stops no other)
            return _failed(due, error)
        problems = [*budget.problems(plan), *refusals]
        outcome = outcome_between(plan, plan)
        if problems:
            reasons = tuple(map(str, problems))
            return CampaignResult(
                due=due, exit_code=ExitCode.REFUSED, reasons=reasons, outcome=outcome.as_refused
            )
        return CampaignResult(
            due=due, exit_code=ExitCode.COMPLETE, outcome=outcome, committed_usd=plan.money.planned
        )

    async def _render(self, due: DueCampaign, budget: NightBudget) -> CampaignResult:
        ended: RunReport | Exception
        gallery: GalleryLink | None = None
        try:
            before, _ = await self._first_looks.until_answered(lambda: self._plan(due))
            if problems := budget.problems(before):
                refused = outcome_between(before, before).as_refused
                reasons = tuple(map(str, problems))
                return CampaignResult(due=due, exit_code=ExitCode.REFUSED, reasons=reasons, outcome=refused)
        except Exception as error:  # noqa: BLE001 (as above)
            return _failed(due, error)
        try:
            ended, gallery = await self._run(due, budget, before)
        except Exception as error:  # noqa: BLE001 (as above)
            ended = error
        exit_code = exit_code_of(ended)
        try:
            outcome = outcome_between(before, (await self._plan(due))[0])
        except Exception as error:  # noqa: BLE001 (as above)
            reasons = (*reasons_of(ended), *reasons_of(error))
            committed = before.money.planned  # perhaps
            return CampaignResult(due=due, exit_code=exit_code, reasons=reasons, committed_usd=committed)
        return CampaignResult(
            due=due,
            exit_code=exit_code,
            reasons=reasons_of(ended),
            outcome=outcome.as_refused if exit_code is ExitCode.REFUSED else outcome,
            gallery=gallery,
            committed_usd=outcome.spent_usd + outcome.reserved_usd,
        )

    async def _run(
        self, due: DueCampaign, budget: NightBudget, before: Plan
    ) -> tuple[RunReport, GalleryLink | None]:
        """Admit the plan, drive it, and publish. Raises: RefusedError, StoreUnavailableError before anything is bought."""
        settings = self.env.settings
        request = CampaignRequest(path=due.path, at=self.night.at, budget_usd=budget.budget_of(before))
        async with AsyncExitStack() as stack:

            async def look() -> tuple[Session, Plan]:
                """Admit the plan in a session of its own, which stays open."""
                async with AsyncExitStack() as this_look:
                    opened = open_session(prepare(request, settings), settings, clock=self.env.clock)
                    session = await this_look.enter_async_context(opened)
                    plan = await session.plan()
                    await session.admit(plan)
                    stack.push_async_exit(this_look.pop_all())
                    return session, plan

            session, plan = await self._first_looks.until_answered(look)
            runner = session.runner(plan, observe=self.env.observe)
            async with self.env.watch(runner):
                report = await runner.run()
            with suppress(StoreUnavailableError):  # `hailuo manifest` makes it from what is stored
                made = await session.publish()
                return report, await session.gallery_link(made, valid_for=_LINKS_VALID_FOR)
            return report, None

    async def _plan(self, due: DueCampaign) -> tuple[Plan, list[Problem]]:
        """The plan as of now, and why it would be refused."""
        settings = self.env.settings
        prepared = prepare(CampaignRequest(path=due.path, at=self.night.at), settings)
        async with open_session(prepared, settings, clock=self.env.clock) as session:
            plan = await session.plan(histories=True)
            return plan, await session.refusals(plan, ask_vendor=False)

    async def _leftovers(self) -> tuple[Leftover, ...]:
        """The editions that still have paid or unknown clips; none if the store does not answer."""
        with suppress(StoreUnavailableError):
            return await find_leftovers(open_store(self.env.settings), self.env.clock)
        return ()


def _failed(due: DueCampaign, error: Exception) -> CampaignResult:
    return CampaignResult(due=due, exit_code=exit_code_of(error), reasons=reasons_of(error))
