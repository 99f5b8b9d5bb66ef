"""Collects what was paid before, in every edition. Nothing is bought here, and no budget is asked."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Final

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.files import load_catalog
from hailuo.campaign.model import Campaign
from hailuo.campaign.pricing import Basis, Quote
from hailuo.clock import Clock
from hailuo.errors import CatalogError, HailuoError, Place, RefusedError
from hailuo.ledger.facts import JobState
from hailuo.ledger.ledger import Ledger
from hailuo.ledger.leftovers import Leftover, find_leftovers
from hailuo.plan.plan import Plan, PlannedJob
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign, named_campaign, prepare
from hailuo.run.events import Observer, RunReport, no_observer
from hailuo.run.inspector import CHECKS_SECONDS_AT_MOST, inspecting
from hailuo.run.runner import Runner
from hailuo.run.spending import SpendingGrant
from hailuo.run.tools import Connections, Tools, scratch_folder, tools_of
from hailuo.run.watching import quietly, watched_by
from hailuo.settings import Settings
from hailuo.store.layout import Edition
from hailuo.store.open import open_store
from hailuo.vendor.open import open_client

_COLLECTING: Final = "collect"
NOT_LOOKED_FOR: Final = "paid clips could not be looked for: "

Watch = Callable[[Runner], AbstractAsyncContextManager[object]]
"""Shows a runner's progress, or lets signals interrupt it, while the context is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What was collected: the report of each edition that had paid clips, and why others could not be tried.

    `unsettled` has a line for each edition with submits that may be paid and have no clear answer.
    """

    reports: Mapping[Edition, RunReport] = field(default_factory=dict)
    unsettled: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()

    @property
    def interrupted(self) -> str | None:
        """Why collecting ended early, if it did."""
        return next((report.interrupted for report in self.reports.values() if report.interrupted), None)

    @property
    def stored(self) -> int:
        """The clips that are stored now and were not before."""
        return sum(len(report.in_state(JobState.STORED)) for report in self.reports.values())

    @property
    def is_complete(self) -> bool:
        """Whether every paid clip that was found is stored, and no submit is unknown."""
        reports = self.reports.values()
        return (
            not self.troubles
            and not self.unsettled
            and all(len(r.in_state(JobState.STORED)) == len(r.endings) for r in reports)
        )

    def lines(self) -> Iterator[str]:
        """For people: a line for each edition, and one for each trouble."""
        for edition, report in self.reports.items():
            stored = len(report.in_state(JobState.STORED))
            yield f"collected {stored} of {len(report.endings)} clips that were paid before, of {edition}"
            for ending in report.endings:
                if ending.state is not JobState.STORED:
                    yield f"{ending.creative_id} of {edition} was not collected: {ending.reason}"
        yield from self.unsettled
        yield from self.troubles

    def __add__(self, other: "Collected") -> "Collected":
        reports = {**self.reports, **other.reports}
        return Collected(
            reports=reports,
            unsettled=self.unsettled + other.unsettled,
            troubles=self.troubles + other.troubles,
        )


class PaidClips:
    """Collects paid clips. `connections` are used in place of those that the settings name, and stay open."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        observe: Observer = no_observer,
        watch: Watch = nullcontext,
        connections: Connections | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._observe = observe
        self._watch = watch
        self._connections = connections

    @asynccontextmanager
    async def first(self, campaign: str | None, own: Edition | None) -> AsyncIterator[Collected]:
        """Collect the campaign's other editions (of all campaigns if None), then run the block. A refused block has its own edition collected too.

        `own` is the edition that the block renders; None if its file has mistakes: then every edition is collected
        first. The refusal gets what was collected as its notes, without what it says itself. What goes wrong while
        collecting stops nothing.
        """
        before = await self._tried(campaign, skip=own)
        try:
            yield before
        except RefusedError as refused:
            after = await self._tried(campaign, only=own) if own else Collected()
            for line in dict.fromkeys((before + after).lines()):
                if line.removeprefix(NOT_LOOKED_FOR) not in str(refused):
                    refused.add_note(line)
            raise

    @asynccontextmanager
    async def before(self, request: CampaignRequest) -> AsyncIterator[tuple[PreparedCampaign, Collected]]:
        """The same around a block that renders a campaign file. Gives the campaign, prepared, and what was collected.

        Raises: CampaignError, CatalogError, SettingsError, each with what was collected as its notes.
        """
        own, refusal = None, None
        try:
            prepared = prepare(request, self._settings)
            own = prepared.require_campaign().this_edition
        except RefusedError as error:
            if request.text is None and not request.path.is_file():
                raise
            refusal = error
        async with self.first(named_campaign(request), own) as collected:
            if refusal:
                raise refusal
            yield prepared, collected

    async def _tried(
        self, campaign: str | None, *, skip: Edition | None = None, only: Edition | None = None
    ) -> Collected:
        try:
            return await self.collect(campaign, skip=skip, only=only)
        except HailuoError as error:
            return Collected(troubles=(f"{NOT_LOOKED_FOR}{error}",))

    async def collect(
        self, campaign: str | None = None, *, skip: Edition | None = None, only: Edition | None = None
    ) -> Collected:
        """Collect what is paid in all editions of the campaign (of all campaigns if None), but `skip`.

        With `only`, in that edition alone. Raises: StoreUnavailableError, SettingsError.
        """
        collected = Collected()
        async with self._open() as connections:
            scope = only.campaign if only else campaign
            found = await find_leftovers(
                connections.store, self._clock, campaign=scope, skip=skip, named=only
            )
            for leftover in found:
                if only in {None, leftover.edition} and not collected.interrupted:
                    collected += await self._collect(leftover, connections)
        return collected

    async def _collect(self, leftover: Leftover, connections: Connections) -> Collected:
        known = Collected(
            unsettled=(replace(leftover, to_collect=(), trouble=None).in_words(),)
            if leftover.unsettled
            else (),
            troubles=(f"{leftover.edition}: {leftover.trouble}",) if leftover.trouble else (),
        )
        if not leftover.to_collect:
            return known
        if self._settings.api_key is None:
            reason = f"{len(leftover.to_collect)} paid clips of {leftover.edition} wait: IMAROUTER_API_KEY is not set"
            return known + Collected(troubles=(reason,))
        try:
            report = await self._run(leftover.edition, connections)
        except HailuoError as error:
            return known + Collected(troubles=(f"{leftover.edition}: {error}",))
        return known + Collected(reports={leftover.edition: report})

    async def _run(self, edition: Edition, connections: Connections) -> RunReport:
        """Drive the paid jobs of one edition, check the clips, and publish its comparison again."""
        store, clock = connections.store, self._clock
        ledger = Ledger(store, clock, edition, worker=_COLLECTING)
        await ledger.load_unfinished()
        with scratch_folder() as scratch:
            tools = tools_of(
                self._settings, ledger, connections, clock=clock, catalog=self._catalog(), scratch=scratch
            )
            plan = _plan_of(edition, tools)
            jobs = [planned.job for planned in plan.to_collect]
            checks_on = self._settings.checks == "on"
            async with inspecting(store, ledger, jobs, scratch=scratch) as inspector:
                observe = inspector.hearing(self._observe) if checks_on else self._observe
                spending = SpendingGrant(tools, self._settings, run=_COLLECTING)
                runner = Runner(plan, tools, observe=observe, shared=True, spending=spending)
                async with watched_by(self._watch(runner)):
                    report = await runner.run()
                if checks_on and not report.interrupted:
                    await quietly(inspector.catch_up(patience_seconds=CHECKS_SECONDS_AT_MOST))
        if report.in_state(JobState.STORED):
            from hailuo.publish.publish import publish  # noqa: PLC0415 (it loads pandas: only to make pages)

            await quietly(publish(store, clock, edition))
        return report

    def _catalog(self) -> Catalog:
        """Yours, as a run has it; the built-in one where yours is damaged: what is paid is collected all the same."""
        try:
            return load_catalog(self._settings.catalog)
        except CatalogError:
            return load_catalog()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Connections]:
        if self._connections:
            yield self._connections
            return
        async with open_client(self._settings) as client:
            yield Connections(store=open_store(self._settings), client=client)


def _plan_of(edition: Edition, tools: Tools) -> Plan:
    """A plan that only collects: no job of it may be bought."""
    campaign = Campaign(
        name=edition.campaign, edition=edition.name, grids=(), failed_retries=0, place=Place(str(edition))
    )
    paid = (
        PlannedJob(
            job=record.job,
            record=record,
            state=JobState.SUBMITTED,
            quote=Quote(price_usd=record.require_paid_task().price_usd, basis=Basis.LIST),
            chosen=False,
        )
        for creative_id, record in tools.ledger.records.items()
        if record.job and tools.ledger.state(creative_id, failed_retries=0) is JobState.SUBMITTED
    )
    return Plan(campaign=campaign, jobs=(), orphaned_jobs=tuple(paid))
