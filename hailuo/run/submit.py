"""Submit one attempt of a job: record the intent, POST once, record the outcome."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from hailuo.campaign.job import Job
from hailuo.clock import Stopwatch
from hailuo.errors import FrameError, StoreUnavailableError
from hailuo.ledger.claims import Claim, claim_task, tasks_before_claims
from hailuo.ledger.facts import Doubt, JobRecord, Outcome, Refused, Submitted, Unsent
from hailuo.plan.plan import PricedJob
from hailuo.run.events import Ending, Event, EventKind
from hailuo.run.lanes import Lanes, Turn
from hailuo.run.pictures import RegisteredPictures, Unregistered
from hailuo.run.tools import StopSignal, Tools, retry_until_recorded
from hailuo.run.watching import Announcer
from hailuo.text import duration
from hailuo.vendor import Accepted, Cause, Fault, Meaning, build_request, request_sha256

_INTENT_FRESH_SECONDS: Final = 30.0
"""So old may an intent be when its POST is sent. A worker that was asleep for longer does not send."""

_MOST_LATE_INTENTS: Final = 3
"""So many times a job is tried again after an intent that was too old to send."""

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 15.0, 60.0  # docs/reference/vendor.md#errors: 15 to 60 s

FRAME_VALID_FOR: Final = timedelta(hours=48)
"""The vendor fetches the first frame itself, after its queue: docs/reference/vendor.md#first-frames asks for 24 h or more."""


@dataclass(frozen=True, slots=True)
class Again:
    """Nothing was bought: look again after so many seconds."""

    seconds: float


class Orders:
    """The only place that submits. `stop_buying` is set when the run as a whole was refused; of `lanes`, the one of a
    family that was.

    `may_buy` says whether the run's grant still holds. `pictures` registers first frames where a family wants that; None:
    they are sent as they are. `lost` are the creative ids of the jobs that another worker was
    quicker to take.
    """

    def __init__(  # noqa: PLR0913 (an input each)
        self,
        tools: Tools,
        *,
        stop_buying: StopSignal,
        interrupt: StopSignal,
        announce: Announcer,
        may_buy: Callable[[], bool],
        lanes: Lanes,
        pictures: RegisteredPictures | None,
    ) -> None:
        self._tools = tools
        self._pictures = pictures
        self._may_buy = may_buy
        self._lanes = lanes
        self._stop_buying = stop_buying
        self._interrupt = interrupt
        self._announce = announce
        self._met: Counter[tuple[str, str]] = Counter()
        self.lost: set[str] = set()
        self._holders: dict[str, str] | None = None
        self._reading_holders = asyncio.Lock()

    async def _request(self, job: Job) -> dict[str, object] | Unregistered:
        """The body that the vendor gets, or why its picture cannot be ordered with. Raises: FrameError, StoreUnavailableError."""
        url = await self._frame_url(job)
        if url and self._pictures and self._pictures.wants(job):
            registered = await self._pictures.reference(job, url)
            if isinstance(registered, Unregistered):
                return registered
            url = registered
        return self._body(job, url)

    def _body(self, job: Job, first_frame_url: str | None) -> dict[str, object]:
        model = self._tools.catalog.models[job.variant.model]
        taken = replace(job.variant, parameters=job.settings)
        return build_request(taken, self._tools.catalog.family_of(model), first_frame_url=first_frame_url)

    async def place(self, priced: PricedJob, *, turn: Turn) -> Ending | Again | None:
        """One attempt, from intent to recorded outcome; never cancelled half-way. `turn` is that of the job's lane.

        None: look at the ledger for what to do next. Again: the same, after a wait. An Ending: this
        run gives the job up.
        """
        job = priced.job
        request = await self._request(job)
        if isinstance(request, Unregistered):
            self._lanes.of(job).give_back(turn)
            return await self._not_registered(priced, request)
        if not self._may_buy():
            self._stop("this run's spending grant expired; run again to continue")
            return None
        await self._read_holders()
        ledger, asleep = self._tools.ledger, await self._sleep_watch()
        right = {"request_sha256": request_sha256(request), "base_url": self._tools.client.base_url}
        if not await ledger.intend(job, price_usd=priced.price_usd, **right):
            self._lanes.of(job).give_back(turn)
            self.lost.add(job.creative_id)
            return None
        self.lost.discard(job.creative_id)
        is_late = await asleep() > _INTENT_FRESH_SECONDS
        is_stopped = self._interrupt.reason or self._stop_buying.reason or self._lanes.of(job).stop.reason
        if is_late or is_stopped or not self._may_buy():
            stopped = Unsent(at=self._tools.clock.now(), message="stopped before the POST")
            await self._record(job, stopped, about=f"job {job.creative_id} was not sent")
            return self._after_late_intent(job) if is_late else None
        answer = await self._tools.client.submit(request)
        if isinstance(answer, Accepted):
            await self._accepted(job, answer)
            return None
        return await self._faulted(job, answer)

    async def _not_registered(self, priced: PricedJob, found: Unregistered) -> Ending | Again | None:
        """Nothing was ordered: the vendor has not registered the first frame. A picture refused for good ends its job alone."""
        job, fault = priced.job, found.fault
        frame = job.variant.first_frame
        if found.for_good:
            body = self._body(job, await self._frame_url(job))
            right = {"request_sha256": request_sha256(body), "base_url": self._tools.client.base_url}
            if not await self._tools.ledger.intend(job, price_usd=priced.price_usd, **right):
                self.lost.add(job.creative_id)
                return None
            said = (
                f"the vendor does not register the first frame {frame.label if frame else ''}: {found.reason}"
            )
            refused = Refused(
                at=self._tools.clock.now(),
                cause=Cause.PEOPLE,
                code=found.code or "picture_refused",
                message=f"{said}; use another picture, without a real person",
                repeatable=False,
            )
            await self._record(job, refused, about=f"job {job.creative_id} was not ordered")
            return None
        if fault and fault.meaning is Meaning.REFUSED_RUN:
            remedy = f"{fault.remedy} Or write `people: none` where no picture shows a real person"
            self._lanes.stop(job, f"first frames cannot be registered: {fault}; {remedy}")
            return None
        if fault:
            return self._wait(job, fault)
        state = self._tools.ledger.state(job.creative_id, failed_retries=0)
        reason = f"not ordered: its first frame is not registered: {found.reason}"
        return Ending(creative_id=job.creative_id, state=state, cause="picture", reason=reason)

    async def _sleep_watch(self) -> Callable[[], Awaitable[float]]:
        """Starts to watch for sleep. What it gives says how many seconds have passed, by whichever clock saw most.

        A paused virtual machine stops both of its clocks: then only the store's time shows it, where it can be had.
        """
        watch, began = Stopwatch(self._tools.clock), await self._store_time()

        async def seconds() -> float:
            ended = await self._store_time()
            return max(watch.seconds, (ended - began).total_seconds() if began and ended else 0.0)

        return seconds

    async def _store_time(self) -> datetime | None:
        with contextlib.suppress(StoreUnavailableError):
            return await self._tools.store.now()
        return None

    async def _accepted(self, job: Job, answer: Accepted) -> None:
        """Record the task: as the outcome, else in a doubt that names it, else in an alarm. Raises: HailuoError."""
        self._lanes.of(job).accepted()
        is_recorded = False
        try:
            doubtful = await self._submitted(job, answer)
            if doubtful:
                await self._hold_accepted(job, answer, *doubtful)
            is_recorded = True
        finally:  # also when it is cancelled
            if not is_recorded:
                text = f"the vendor accepted it as task {answer.task_id}, and the store has no record of that"
                self._announce.alarm(
                    job.creative_id, f"{text}: note the task id, then adopt it with hailuo reconcile"
                )

    async def _submitted(self, job: Job, answer: Accepted) -> tuple[str, str] | None:
        """Claim the task and record the outcome. Where that cannot be: a code for the doubt, and the reason."""
        try:
            holder = await self._other_holder(job, answer)
            if holder:
                return "task_of_another", f"which is already that of {holder}"
            outcome = Submitted(
                at=self._tools.clock.now(),
                task_id=answer.task_id,
                request_id=answer.request_id,
                base_url=self._tools.client.base_url,
            )
            await self._record(job, outcome, about=_accepted_as(job, answer))
        except Exception as error:  # noqa: BLE001 (the task is paid: whatever fails, its id is kept)
            return "task_not_recorded", f"and that could not be recorded: {error}"
        self._announce(Event(kind=EventKind.SUBMITTED, creative_id=job.creative_id, text=answer.task_id))
        return None

    async def _read_holders(self) -> dict[str, str]:
        """Which attempt has which task: of this edition, and of the whole store where no claim says so. Read once."""
        async with self._reading_holders:
            if self._holders is None:
                earlier = await tasks_before_claims(self._tools.store)
                self._holders = {**earlier, **dict(_holders(self._tools.ledger.records.values()))}
        return self._holders

    async def _other_holder(self, job: Job, answer: Accepted) -> str | None:
        """Another attempt that has this task, in this edition or by a claim in the whole store; or a claim that cannot be read."""
        ledger, base_url = self._tools.ledger, self._tools.client.base_url
        own = ledger.attempt_key(job.creative_id)
        holder = (await self._read_holders()).setdefault(answer.task_id, own)
        if holder != own:
            return holder
        wanted = Claim(task_id=answer.task_id, base_url=base_url, attempt=own)
        return await retry_until_recorded(
            self._tools.clock, lambda: claim_task(self._tools.store, wanted), about=_accepted_as(job, answer)
        )

    async def _hold_accepted(self, job: Job, answer: Accepted, code: str, reason: str) -> None:
        """What this submit bought is unknown: one task cannot be two clips, and a task that is not recorded is no clip."""
        text = f"the vendor answered this submit with task {answer.task_id}, {reason}"
        doubt = Doubt(
            at=self._tools.clock.now(),
            http_status=None,
            code=code,
            message=text,
            request_id=answer.request_id,
        )
        await self._record_doubt(job, doubt, about=f"job {job.creative_id}: {text}")
        self._announce.alarm(job.creative_id, text)

    async def _faulted(self, job: Job, fault: Fault) -> Ending | Again | None:
        match fault.meaning:
            case Meaning.UNCLEAR:
                await self._hold(job, fault)
                return None
            case Meaning.REFUSED_JOB:
                await self._record_refusal(job, fault, repeatable=False)
                return None
            case Meaning.REFUSED_RUN:
                await self._record_refusal(job, fault, repeatable=True)
                reason = f"the vendor refused the run: {fault}; {fault.remedy}"
                if fault.is_of_model:
                    self._lanes.stop(job, reason)
                else:
                    self._stop(reason)
                return None
            case Meaning.REFUSED_WAIT:
                await self._record_refusal(job, fault, repeatable=True)
                return self._wait(job, fault)
            case Meaning.NOT_SENT:
                unsent = Unsent(at=self._tools.clock.now(), message=str(fault))
                await self._record(job, unsent, about=str(fault))
                return self._wait(job, fault)

    async def _hold(self, job: Job, fault: Fault) -> None:
        """The vendor may have taken it: record what was seen, and never send it again."""
        doubt = Doubt(
            at=self._tools.clock.now(),
            http_status=fault.http_status,
            code=fault.code,
            message=fault.message,
            request_id=fault.request_id,
        )
        about = f"job {job.creative_id}: the submit ended without a verdict ({fault!s})"
        await self._record_doubt(job, doubt, about=about)

    async def _record_doubt(self, job: Job, doubt: Doubt, *, about: str) -> None:
        ledger = self._tools.ledger
        await retry_until_recorded(
            self._tools.clock, lambda: ledger.doubt(job.creative_id, doubt), about=about
        )

    def _after_late_intent(self, job: Job) -> Ending | Again:
        """Wait before the next intent: the store is slow, or this machine slept. After a few, leave the job to the next run."""
        self._met[job.creative_id, "late_intent"] += 1
        meetings = self._met[job.creative_id, "late_intent"]
        reason = f"not sent: its record took longer than {_INTENT_FRESH_SECONDS:.0f} s"
        self._announce(Event(kind=EventKind.SLOWED, creative_id=job.creative_id, text=reason))
        if meetings > _MOST_LATE_INTENTS:
            state = self._tools.ledger.state(job.creative_id, failed_retries=0)
            text = f"{reason}, {meetings} times; nothing was charged: run again when the store is faster"
            return Ending(creative_id=job.creative_id, state=state, cause="store", reason=text)
        return Again(seconds=self._pause_seconds(meetings))

    def _pause_seconds(self, meetings: int, *, at_least: float = 0.0) -> float:
        seconds = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2.0 ** (meetings - 1))
        longest = self._tools.schedule.deadline_seconds
        return min(longest, max(seconds, at_least) * (1 + self._tools.random.random() / 2))

    def _wait(self, job: Job, fault: Fault) -> Ending | Again:
        """Ask again later, unless this job met the answer too often. A rate limit slows everybody."""
        self._met[job.creative_id, fault.name] += 1
        meetings = self._met[job.creative_id, fault.name]
        longest, asked = self._tools.schedule.deadline_seconds, fault.retry_after_seconds or 0.0
        self._announce(Event(kind=EventKind.SLOWED, creative_id=job.creative_id, text=str(fault)))
        if fault.most_repeats is not None and meetings > fault.most_repeats:
            state = self._tools.ledger.state(job.creative_id, failed_retries=0)
            reason = f"given up for this run, nothing was charged: {fault}; {fault.remedy}"
            return Ending(creative_id=job.creative_id, state=state, cause=fault.cause, reason=reason)
        if fault.cause is Cause.RATE_LIMIT:
            self._slow_down(job, fault)
            return Again(seconds=0.0)
        if asked > longest:
            state = self._tools.ledger.state(job.creative_id, failed_retries=0)
            reason = f"given up for this run, nothing was charged: the vendor asks to wait {duration(asked)}: {fault}"
            return Ending(creative_id=job.creative_id, state=state, cause=fault.cause, reason=reason)
        return Again(seconds=self._pause_seconds(meetings, at_least=asked))

    def _slow_down(self, job: Job, fault: Fault) -> None:
        lane, longest = self._lanes.of(job), self._tools.schedule.deadline_seconds
        lane.slow_down(fault.retry_after_seconds, seconds_at_most=longest)
        if (fault.retry_after_seconds or 0.0) > longest:
            asked = duration(fault.retry_after_seconds or 0.0)
            reason = f"the vendor asks to wait {asked} before the next submit: {fault}; run again then"
            self._lanes.stop(job, reason)
        elif lane.refused_for_seconds > longest:
            minutes = int(lane.refused_for_seconds / 60)
            reason = f"the vendor rejected every submit for {minutes} minutes: {fault}; {fault.remedy}"
            self._lanes.stop(job, reason)

    async def _record_refusal(self, job: Job, fault: Fault, *, repeatable: bool) -> None:
        outcome = Refused(
            at=self._tools.clock.now(),
            cause=fault.cause,
            code=fault.code or fault.name,
            message=str(fault),
            request_id=fault.request_id,
            repeatable=repeatable,
        )
        await self._record(job, outcome, about=f"job {job.creative_id} was refused: {fault!s}")

    async def _record(self, job: Job, outcome: Outcome, *, about: str) -> None:
        ledger = self._tools.ledger
        await retry_until_recorded(
            self._tools.clock, lambda: ledger.close(job.creative_id, outcome), about=about
        )

    def _stop(self, reason: str) -> None:
        self._stop_buying.set(reason)
        self._announce(Event(kind=EventKind.STOPPED, text=reason))

    async def _frame_url(self, job: Job) -> str | None:
        frame = job.variant.first_frame
        if frame is None or frame.url:
            return frame.url if frame else None
        links = await self._tools.store.links(valid_for=FRAME_VALID_FOR)
        if links is None or job.frame_key is None:
            raise FrameError(
                f"job {job.creative_id}: {self._tools.store.uri} cannot offer {frame.label} to the vendor"
            )
        return links.url(job.frame_key)


def _accepted_as(job: Job, answer: Accepted) -> str:
    return f"job {job.creative_id} was accepted as task {answer.task_id}"


def _holders(records: Iterable[JobRecord]) -> Iterator[tuple[str, str]]:
    """Every task that the ledger knows, and the job that has it."""
    for record in records:
        tasks = [record.done.task_id] if record.done else []
        for attempt in record.attempts:
            tasks += [attempt.task_id] if attempt.task_id else []
            tasks += [orphan.task_id for orphan in attempt.orphans]
        yield from ((task_id, f"job {record.creative_id}") for task_id in tasks)
