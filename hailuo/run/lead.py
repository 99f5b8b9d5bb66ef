"""The lead of a run on several machines: deals the jobs out, watches the shards, and takes over from the dead."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from hailuo.campaign.job import Job
from hailuo.campaign.pricing import PriceKey, price_key_of
from hailuo.errors import AdmissionError, Place, Problem
from hailuo.ledger.facts import JobState
from hailuo.logs import quiet_logger
from hailuo.plan.plan import Plan, PlannedJob, has_failed_free
from hailuo.run.charges import priced_cells, reports_amounts
from hailuo.run.events import Ending, Progress, RunReport, why
from hailuo.run.shards import ShardNote, ShardNotes, Share, deal
from hailuo.run.spending import SpendingGrant
from hailuo.run.tools import Tools
from hailuo.settings import Settings

_log = quiet_logger(__name__)

_DRIVEN: Final = frozenset({JobState.NEW, JobState.SUBMITTED, JobState.IN_DOUBT})
"""States in which a run has something to do for a job."""


class ShardState(StrEnum):
    """The state of a shard, by its notes in the store."""

    UNSEEN = "unseen"  # it has written no note yet
    AT_WORK = "at_work"
    SILENT = "silent"  # its notes have stopped
    ENDED = "ended"  # its account is in


class Lead:
    """Deals one admitted plan out to shards. The grant stays open until every shard has given its account."""

    def __init__(
        self, plan: Plan, tools: Tools, settings: Settings, spending: SpendingGrant, *, machines: int
    ) -> None:
        self._plan = plan
        self._tools = tools
        self._settings = settings
        self._spending = spending
        self._machines = machines
        self._shares: dict[int, Share] = {}
        self._last: dict[int, ShardNote] = {}
        self._ended: set[int] = set()
        campaign = plan.campaign
        self._notes = ShardNotes(tools.store, tools.clock, edition=campaign.this_edition, run=spending.run)

    @property
    def canaries(self) -> Plan:
        """To be driven before the others: the first job of each model that has no stored clip yet.

        And of each cell without a known price, where the vendor may name no amounts.
        """
        proven, priced = proven_models(self._plan), priced_cells(self._plan)
        measures = reports_amounts(self._plan) is not True
        first: dict[str | PriceKey, PlannedJob] = {}
        for planned in self._plan.to_buy:
            model, cell = planned.job.variant.model, price_key_of(planned.job.variant)
            if model not in proven:
                first.setdefault(model, planned)
            if measures and cell not in priced:
                first.setdefault(cell, planned)
        return _only(self._plan, {planned.job.creative_id for planned in first.values()})

    def deal(self) -> Sequence[Share]:
        """Every job that is unfinished now, dealt out."""
        shares = deal(
            self._unfinished([p.job.creative_id for p in self._plan.driven]),
            run=self._spending.run,
            machines=self._machines,
            settings=self._settings,
        )
        for share in shares:
            self._lend(share)
        return shares

    async def replace(self, number: int) -> Share | None:
        """What a dead shard left, for another in its place; None when it left nothing.

        The dead one gives no account, so the grant stays open: it may be alive after all, and buying.
        """
        left = await self._left_by(number)
        if not left:
            return None
        share = replace(self._shares[number], number=max(self._shares) + 1, creative_ids=left)
        self._lend(share)
        return share

    async def take_over(self, number: int) -> Plan:
        """What a dead shard left, to be driven here; the grant stays open as with `replace`."""
        return _only(self._plan, set(await self._left_by(number)))

    async def _left_by(self, number: int) -> tuple[str, ...]:
        dead = self._shares[number]
        for creative_id in dead.creative_ids:
            for one in (creative_id, *self._substitutes_of(creative_id)):
                await self._tools.ledger.refresh(one)
        self._last.pop(number, None)  # what it stored is in the ledger
        return self._unfinished(dead.creative_ids)

    def recall(self, number: int) -> Plan:
        """The part of a shard that never began, to be driven here."""
        self._settle(number, {})
        return _only(self._plan, set(self._shares[number].creative_ids))

    async def shard_state(self, number: int) -> ShardState:
        """The state of a shard, by its notes in the store. Raises: StoreUnavailableError."""
        note = await self._notes.read(number)
        if note is None:
            return ShardState.UNSEEN
        if isinstance(note, Problem):
            _log.warning("hailuo.shard.not_readable", extra={"key": note.place.file, "why": str(note)})
        else:
            self._last[number] = note
            if note.report:
                self._settle(number, note.spent)
                return ShardState.ENDED
        return ShardState.SILENT if number in await self._notes.silent() else ShardState.AT_WORK

    def progress(self) -> Progress:
        """Progress by the shards' notes; jobs of a shard without a note are queued."""
        done = sum(1 for p in self._plan.driven if self._state(p.job.creative_id) is JobState.STORED)
        dealt = {cid for share in self._shares.values() for cid in share.creative_ids}
        elsewhere = sum(1 for cid in dealt if self._state(cid) is not JobState.STORED)
        notes = [note.progress for note in self._last.values()]
        stored, in_flight = sum(n.stored for n in notes), sum(n.in_flight for n in notes)
        return Progress(
            jobs=len(self._plan.driven),
            stored=done + stored,
            in_flight=in_flight,
            queued=max(0, elsewhere - stored - in_flight),
            ended=done + sum(n.ended for n in notes),
            spent_usd=self._plan.money.spent + sum((n.spent_usd for n in notes), Decimal(0)),
            reserved_usd=sum((n.reserved_usd for n in notes), Decimal(0)),
        )

    async def report(self) -> RunReport:
        """The result of every job, by the ledger and the clips listed, once no shard is at work.

        Raises: StoreUnavailableError.
        """
        self._spending.note_spent()  # of a finished job the ledger reads no attempts again
        await self._tools.ledger.load({p.job.creative_id for p in self._plan.everything})
        await self._tools.ledger.check_clips()
        reports = [note.report for note in self._last.values() if note.report]
        self._last.clear()  # from now on the ledger has everything
        reported = {ending.creative_id: ending for report in reports for ending in report.endings}
        driven = [p.job.creative_id for p in self._plan.driven]
        standby = [one.planned.job.creative_id for one in self._plan.standby]
        replaced = [cid for cid in standby if cid in reported or self._tools.ledger.record(cid).attempts]
        return RunReport(
            endings=tuple(self._ending(creative_id, reported) for creative_id in (*driven, *replaced)),
            stopped=next((report.stopped for report in reports if report.stopped), None),
            interrupted=next((report.interrupted for report in reports if report.interrupted), None),
        )

    def _ending(self, creative_id: str, reported: Mapping[str, Ending]) -> Ending:
        state = self._state(creative_id)
        ending = reported.get(creative_id)
        if ending and (ending.state is state or ending.reason):
            return replace(ending, state=state)
        cause, reason = why(state, self._tools.ledger.record(creative_id))
        overdue = state is JobState.SUBMITTED
        return Ending(creative_id=creative_id, state=state, overdue=overdue, cause=cause, reason=reason)

    def _lend(self, share: Share) -> None:
        self._shares[share.number] = share
        self._spending.hold()

    def _settle(self, number: int, spent: Mapping[str, Decimal]) -> None:
        if number not in self._ended:
            self._ended.add(number)
            self._spending.release(spent)

    def _unfinished(self, creative_ids: Sequence[str]) -> tuple[str, ...]:
        """Those with something to do, or whose substitute has."""
        return tuple(cid for cid in creative_ids if self._state(self._last_in_slot(cid)) in _DRIVEN)

    def _last_in_slot(self, creative_id: str) -> str:
        """The job itself, or the substitute to which it has come by now."""
        for substitute in self._substitutes_of(creative_id):
            if not has_failed_free(self._state(creative_id), self._tools.ledger.record(creative_id)):
                break
            creative_id = substitute
        return creative_id

    def _substitutes_of(self, creative_id: str) -> list[str]:
        jobs = (one.planned.job for one in self._plan.standby)
        return [job.creative_id for job in jobs if job.fallback_for == creative_id]

    def _state(self, creative_id: str) -> JobState:
        return self._tools.ledger.state(creative_id, failed_retries=self._plan.campaign.failed_retries)


def proven_models(plan: Plan) -> frozenset[str]:
    """The models of which this edition has a stored clip."""
    return frozenset(p.job.variant.model for p in plan.in_state(JobState.STORED))


def part_of(whole: Plan, share: Share, *, prices: Mapping[str, Decimal], settings: Settings) -> Plan:
    """A shard's part of the plan as this worker sees it, at the prices granted.

    Raises: AdmissionError where this worker sees another file or another store than its lead, or an ended run.
    """
    known = {p.job.creative_id for p in whole.everything}
    missing = [cid for cid in share.creative_ids if cid not in known]
    problems = []
    if not prices:
        reason = f"holds no open grant of run {share.run}"
        remedy = "the run has ended, or this worker uses a different store; set the same HAILUO_STORE on every worker"
        problems.append(Problem(Place("HAILUO_STORE"), f"{settings.store} {reason}", remedy))
    if missing:
        reason = (
            f"does not contain {len(missing)} of the {len(share.creative_ids)} jobs assigned to this shard"
        )
        remedy = "give every worker the same campaign files and catalog"
        problems.append(Problem(whole.campaign.place, reason, remedy))
    if settings.api_key is None:
        problems.append(Problem(Place("IMAROUTER_API_KEY"), "is not set", "set it on every worker"))
    if problems:
        raise AdmissionError(problems)
    part = _only(whole, set(share.creative_ids))
    standby = (replace(one, planned=_granted(one.planned, prices)) for one in part.standby)
    return replace(
        part,
        jobs=tuple(_granted(planned, prices) for planned in part.jobs),
        standby=tuple(one for one in standby if one.planned.chosen),
    )


def _granted(planned: PlannedJob, prices: Mapping[str, Decimal]) -> PlannedJob:
    """The job at its granted price; one without a grant is not bought."""
    price = prices.get(planned.job.creative_id)
    if planned.state is not JobState.NEW or not planned.chosen:
        return planned
    if price is None:
        return replace(planned, chosen=False)
    return replace(planned, quote=replace(planned.quote, price_usd=price))


def _only(plan: Plan, creative_ids: set[str]) -> Plan:
    """The plan of these jobs and their substitutes alone; stored clips stay, for they prove their models."""

    def is_one(job: Job) -> bool:
        return job.creative_id in creative_ids or job.fallback_for in creative_ids

    jobs = (
        planned if is_one(planned.job) else replace(planned, chosen=False)
        for planned in plan.everything
        if is_one(planned.job) or planned.state is JobState.STORED
    )
    standby = tuple(one for one in plan.standby if is_one(one.planned.job))
    return replace(plan, jobs=tuple(jobs), orphaned_jobs=(), standby=standby)
