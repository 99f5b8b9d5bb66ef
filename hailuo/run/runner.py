"""The runner: every job of a plan, driven at once, each through the one dispatch `_advance`."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from hailuo.campaign.job import Job
from hailuo.errors import FrameError, StoreUnavailableError
from hailuo.ledger.facts import JobState
from hailuo.ledger.money import items_of, sums_of
from hailuo.logs import quiet_logger
from hailuo.plan.plan import Plan, PricedJob, has_failed_free
from hailuo.run.charges import ChargeWatch
from hailuo.run.collect import Collector
from hailuo.run.events import Ending, Event, EventKind, Observer, Progress, RunReport, no_observer, why
from hailuo.run.lanes import Lanes, Turn
from hailuo.run.order import in_order
from hailuo.run.pace import LimitName
from hailuo.run.pictures import RegisteredPictures
from hailuo.run.spending import SpendingGrant
from hailuo.run.stopping import StopPolicy
from hailuo.run.submit import Again, Orders
from hailuo.run.tools import StoppedError, StopSignal, Tools
from hailuo.run.watching import Announcer

_GRACE_SECONDS: Final = 20.0
"""How long an interrupted run waits for answers to submits under way; Prefect kills after about 30."""

_CANARY_PATIENCE: Final = 0.25
"""The share of the deadline after which a canary that only renders slowly lets the others go."""

_MOVING: Final = frozenset({JobState.NEW, JobState.SUBMITTED})
"""States at the start from which a job's ending counts for or against this run."""

_AT_WORK: Final = frozenset({JobState.NEW, JobState.SUBMITTED})
"""States in which a job of this run has something to do or to wait for."""

_T = TypeVar("_T")
_Placed = Ending | Again | None
_log = quiet_logger(__name__)


class Runner:
    """Drives one plan that has been admitted, and buys while its `spending` allows it. Not reusable.

    With `shared`, other runs may be collecting the same tasks: each of them has a tick to store a clip first.
    """

    def __init__(
        self,
        plan: Plan,
        tools: Tools,
        *,
        observe: Observer = no_observer,
        spending: SpendingGrant,
        shared: bool = False,
    ) -> None:
        self._plan = plan
        self._tools = tools
        self._planned = {planned.job.creative_id: planned for planned in plan.driven}
        self._may_buy = {p.job.creative_id: priced for p in plan.jobs if p.chosen and (priced := p.priced)}
        self._standby = {standby.after: standby.planned for standby in plan.standby}
        substitutes = [standby.planned.job for standby in plan.standby]
        self._announce = Announcer(observe)
        self._shared = shared
        self._stop_buying = StopSignal()
        self._interrupt = StopSignal()
        self._lanes = Lanes(
            [*(planned.job for planned in plan.driven), *substitutes],
            tools,
            buying=[*(priced.job for priced in self._may_buy.values()), *substitutes],
            announce=self._announce,
            stop_run=self._stop,
        )
        self._policy = StopPolicy(
            tools.clock,
            patience_seconds=lambda job: tools.schedule_of(job).deadline_seconds * _CANARY_PATIENCE,
            state=self._state,
            lanes=self._lanes,
            stop=self._stop,
            alone=lambda: self._charges.measures,
            exposure_usd=tools.exposure_usd,
            price_usd=lambda job: self._may_buy[job.creative_id].price_usd,
        )
        self._in_flight: set[str] = set()
        self._under_way: set[asyncio.Task[_Placed]] = set()
        self._endings: dict[str, Ending] = {}
        signals = {"interrupt": self._interrupt, "stop_buying": self._stop_buying}
        pictures = RegisteredPictures(tools, announce=self._announce, interrupt=self._interrupt)
        self._orders = Orders(
            tools,
            announce=self._announce,
            may_buy=spending.may_buy,
            lanes=self._lanes,
            pictures=pictures if plan.campaign.registers_people else None,
            **signals,
        )
        self._charges = ChargeWatch(plan, tools, announce=self._announce, stop=self._stop, spending=spending)
        self._collector = Collector(
            tools,
            announce=self._announce,
            charges=self._charges,
            at_work=self._policy.at_work,
            **signals,
        )
        for planned in plan.to_collect:
            self._enter(planned.job)
        for planned in plan.in_state(JobState.STORED):
            self._policy.proven(planned.job.variant.model)

    async def run(self) -> RunReport:
        """Drive every job as far as it goes in this run."""
        await asyncio.gather(*(self.drive(planned.job.creative_id) for planned in in_order(self._plan)))
        return await self.finish()

    async def drive(self, creative_id: str) -> Ending:
        """One job, as far as it goes in this run, and then its substitute where it has one and failed free.

        The ending is that of the job itself. Never raises but when cancelled.
        """
        job = self._planned[creative_id].job
        self._endings.pop(creative_id, None)
        ending = await self._guarded(job)
        self._leave(job)
        planned = self._planned[creative_id]
        moved = (
            planned.state in _MOVING and not planned.record.clip_fault
        )  # a lost clip says nothing of this run
        self._policy.job_ended(job, ending, moved=moved)
        self._endings[creative_id] = ending
        self._announce(Event(kind=EventKind.ENDED, creative_id=creative_id, text=ending.reason or ""))
        substitute = self._substitute(creative_id)
        if substitute:
            await self.drive(substitute)
        return ending

    def _substitute(self, creative_id: str) -> str | None:
        """What replaces the job from now on: it is one of the run's jobs then. None where nothing does, or does already."""
        state, record = self._state_of(creative_id), self._tools.ledger.record(creative_id)
        planned = self._standby.get(creative_id) if has_failed_free(state, record) else None
        priced = planned.priced if planned else None
        if planned is None or priced is None or planned.job.creative_id in self._planned:
            return None
        substitute = planned.job.creative_id
        self._planned[substitute], self._may_buy[substitute] = planned, priced
        text = f"{planned.job.variant.model} replaces it, as {substitute}"
        self._announce(Event(kind=EventKind.REPLACED, creative_id=creative_id, text=text))
        return substitute

    async def drive_rest(self, creative_ids: Sequence[str]) -> None:
        """Those of the jobs that were not driven to an ending yet, and of the substitutes that were begun."""
        standby = (planned.job.creative_id for planned in self._standby.values())
        everyone = [*creative_ids, *(cid for cid in standby if cid in self._planned)]
        await asyncio.gather(*(self.drive(cid) for cid in everyone if cid not in self._endings))

    async def finish(self) -> RunReport:
        """Wait for submits under way, look once more at what other workers had in hand, and report."""
        await self._settle()
        if not self._interrupt.reason:
            doubtful = [e.creative_id for e in self._endings.values() if e.cause == "in_doubt"]
            await asyncio.gather(*(self._look_again(creative_id) for creative_id in doubtful))
            await self._charges.finish()
        return self.report()

    async def _look_again(self, creative_id: str) -> None:
        try:
            await self._tools.ledger.refresh(creative_id)
        except StoreUnavailableError:
            return  # the result so far is kept
        await self.drive(creative_id)

    def report(self) -> RunReport:
        """The result of every job, as far as this run knows."""
        endings = (self._endings.get(cid) or self._ending(p.job) for cid, p in self._planned.items())
        return RunReport(
            endings=tuple(replace(ending, state=self._state_of(ending.creative_id)) for ending in endings),
            stopped=self._stop_buying.reason or self._lanes.stopped,
            interrupted=self._interrupt.reason,
        )

    def interrupt(self, reason: str) -> None:
        """Stop submitting and waiting; what is in flight is in the ledger, and the next run collects it."""
        self._stop_buying.set(reason)
        self._interrupt.set(reason)

    def progress(self) -> Progress:
        """Progress at this moment."""
        planned = self._planned.values()
        states = [self._state(p.job) for p in planned]
        stored, ended = states.count(JobState.STORED), len(self._endings)
        money = sums_of(item for cid in self._planned for item in items_of(self._tools.ledger.record(cid)))
        return Progress(
            jobs=len(states),
            stored=stored,
            in_flight=len(self._in_flight),
            queued=sum(1 for cid in self._planned if cid not in self._endings and cid not in self._in_flight),
            ended=ended,
            spent_usd=money.spent_usd,
            reserved_usd=money.reserved_usd,
        )

    async def _guarded(self, job: Job) -> Ending:
        try:
            return await self._advance(job)
        except StoppedError as error:
            return self._ending(job, cause="stopped", reason=f"stopped: {error}")
        except asyncio.CancelledError:
            self.interrupt("cancelled")
            await self._settle()
            raise
        except StoreUnavailableError as error:
            return self._ending(job, cause="store", reason=str(error))
        except Exception as error:  # noqa: BLE001 (the job boundary: one defect must not take the others down)
            _log.exception("hailuo.job.defect", extra={"creative_id": job.creative_id})
            return self._ending(job, cause="defect", reason=f"{type(error).__name__}: {error}")

    async def _advance(self, job: Job) -> Ending:
        """Every state a job can be in, and the step that leads out of it."""
        while True:
            match self._state(job):
                case JobState.NEW:
                    priced = self._may_buy.get(job.creative_id)
                    ending = await self._buy(priced) if priced else self._left_out(job)
                case JobState.SUBMITTED:
                    ending = await self._collect(job)
                case JobState.IN_DOUBT:
                    ending = await self._watch(job)
                case JobState.STORED | JobState.REFUSED | JobState.FAILED | JobState.UNKNOWN:
                    ending = self._ending(job)
            if ending:
                return ending

    def _left_out(self, job: Job) -> Ending:
        """It was driven to be collected; to buy it again is not in the plan that was priced and admitted."""
        reason = "its last attempt ended without a clip, and this run's plan has no new attempt for it; run again to buy it"
        return self._ending(job, cause="not_planned", reason=reason)

    async def _watch(self, job: Job) -> Ending | None:
        """Another worker's submit: look at it every tick for as long as this run has other work to do."""
        self._policy.taken_by_another(job)
        while self._others_at_work():
            await self._interrupt.run_until_stopped(
                self._tools.clock.sleep(self._tools.schedule.every_seconds)
            )
            with contextlib.suppress(
                StoreUnavailableError
            ):  # a look that was missed; the next tick has another
                await self._tools.ledger.refresh(job.creative_id)
            if self._state(job) is not JobState.IN_DOUBT:
                return None
        return self._ending(job)

    def _others_at_work(self) -> bool:
        return any(cid not in self._endings and self._state_of(cid) in _AT_WORK for cid in self._planned)

    async def _buy(self, priced: PricedJob) -> Ending | None:
        job = priced.job
        turn = await self._while_buying(job, lambda: self._take_turn(job))
        if stopped := self._stop_buying.reason or self._lanes.of(job).stop.reason:
            raise StoppedError(stopped)
        order = asyncio.create_task(self._place(self._charges.priced(priced), turn))
        self._under_way.add(order)
        order.add_done_callback(self._under_way.discard)
        result = await self._interrupt.run_until_stopped(
            _shielded(order)
        )  # the order itself goes on, see _settle
        if isinstance(result, Again):
            await self._while_buying(job, lambda: self._tools.clock.sleep(result.seconds))
            return None
        return result

    async def _while_buying(self, job: Job, wait: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """The result of a wait. Raises: StoppedError when buying ends, of the whole run or of the job's family."""

        async def of_family() -> _T:
            return await self._lanes.of(job).stop.run_until_stopped(wait())

        return await self._stop_buying.run_until_stopped(of_family())

    async def _take_turn(self, job: Job) -> Turn:
        """Wait for the canary of the model, the price of the cell, room in flight and the pace; the turn of its lane."""
        holding, creative_id = self._tools.holding, job.creative_id
        await holding(LimitName.FIRST_JOBS, creative_id, self._policy.turn(job))
        await holding(LimitName.PRICES, creative_id, self._charges.probes.turn(job))
        try:
            turn = await self._lanes.of(job).turn()
        except asyncio.CancelledError:
            self._charges.probes.leave(job.creative_id)
            raise
        self._in_flight.add(job.creative_id)
        self._charges.balances.disturbed(job.creative_id)
        return turn

    async def _place(self, priced: PricedJob, turn: Turn) -> _Placed:
        job = priced.job
        try:
            await self._charges.submitting(job, alone=self._in_flight == {job.creative_id})
            placed = await self._orders.place(priced, turn=turn)
            await self._charges.submitted(priced, is_quiet=lambda: len(self._under_way) == 1)
        except FrameError as error:
            return self._ending(job, cause="first_frame", reason=str(error))
        else:
            return placed
        finally:
            if self._state(job) is not JobState.SUBMITTED:
                self._leave(job)

    async def _collect(self, job: Job) -> Ending | None:
        self._enter(job)
        task = self._tools.ledger.record(job.creative_id).require_paid_task()
        shared = self._shared or job.creative_id in self._orders.lost
        sent_now = self._planned[job.creative_id].state is JobState.NEW and not shared
        ending = await self._collector.collect(job, task, shared=shared, sent_now=sent_now)
        self._leave(job)
        record = self._tools.ledger.record(job.creative_id)
        self._policy.attempt_failed(job, record.attempts[-1])
        if ending and record.clip_fault:
            return replace(
                ending, reason=f"{record.clip_fault.words}, and was not collected again: {ending.reason}"
            )
        return ending

    def _enter(self, job: Job) -> None:
        if job.creative_id not in self._in_flight:
            self._in_flight.add(job.creative_id)
            self._charges.balances.disturbed(job.creative_id)
            self._charges.probes.enter(job.creative_id)
            self._lanes.of(job).occupy()

    def _leave(self, job: Job) -> None:
        if job.creative_id in self._in_flight:
            self._in_flight.discard(job.creative_id)
            self._charges.probes.leave(job.creative_id)
            self._lanes.of(job).leave()

    def _stop(self, reason: str) -> None:
        self._stop_buying.set(reason)
        self._announce(Event(kind=EventKind.STOPPED, text=reason))

    async def _settle(self) -> None:
        """Let submits under way record their answers; after the grace they are cut off, and stay unknown."""
        if not self._under_way:
            return
        _, late = await asyncio.wait(set(self._under_way), timeout=_GRACE_SECONDS)
        for order in late:
            order.cancel()

    def _state(self, job: Job) -> JobState:
        return self._state_of(job.creative_id)

    def _state_of(self, creative_id: str) -> JobState:
        return self._tools.ledger.state(creative_id, failed_retries=self._plan.campaign.failed_retries)

    def _ending(self, job: Job, *, cause: str | None = None, reason: str | None = None) -> Ending:
        """The job's state by the ledger, with its cause and reason."""
        state = self._state(job)
        if reason is None:
            cause, reason = why(state, self._tools.ledger.record(job.creative_id))
        return Ending(creative_id=job.creative_id, state=state, cause=cause, reason=reason)


async def _shielded(order: asyncio.Task[_Placed]) -> _Placed:
    return await asyncio.shield(order)
