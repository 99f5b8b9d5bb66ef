"""Poll a task until the vendor's verdict, or until this run gives up waiting. Nothing here costs anything.

When to ask is learned (docs/explanation/pacing.md): just after the vendor's refresh, at those refreshes at which the clip may
have ended. The vendor says when it last changed a task; in which of its seconds that was tells when it will again.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from hailuo.campaign.job import Job
from hailuo.ledger.facts import JobState, Submitted
from hailuo.run.events import Ending, Event, EventKind
from hailuo.run.pace import LimitName, PollBudget
from hailuo.run.render_times import Render, RenderTimes
from hailuo.run.ticks import TICK_SECONDS, Ticks
from hailuo.run.tools import StopSignal, Tools
from hailuo.run.watching import Announcer
from hailuo.text import duration
from hailuo.vendor import Cause, Fault, TaskPhase, TaskStatus

ENDED_PATIENCE_SECONDS: Final = 60.0  # docs/reference/vendor.md#fetching-the-clip
"""How long a task that has ended is asked for what its answer lacks: the URL of its clip, its amount, or both."""

_FORGOTTEN_POLLS: Final = 4  # docs/reference/vendor.md#errors: two or three over 30 s would do
_FORGOTTEN_SECONDS: Final = 60.0
_MISSES_WHEN_LATE: Final = 3
"""So many polls in a row may be lost before a late task is left to the next run."""
_EXPLORING_SECONDS: Final = 5.0
_EXPLORED_CHANGES: Final = 20
"""So many changes are looked for closely; a vendor whose refresh is not learned from them is polled at a fixed pace."""
_NARROWING_POLLS: Final = 6
"""So many polls of each refresh may come before it is surely over, to learn when it is."""
_LONGEST_GAP_SECONDS: Final = 120.0
_LATE_SHARE: Final = 0.03
"""So many clips may be seen a refresh late, for the polls that it saves."""
_LIKELY_AT_FIRST, _LIKELY_STEP = 0.02, 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """What the polls of one task have seen so far; `ended_since` is when the vendor first said that it has ended.

    The task was `first_age_seconds` old when the watch `began`, in the clock's monotonic seconds. The newest answer is to
    the poll `sent` then. `entered` is at which age each progress was first shown, by the vendor's own clock.
    """

    first_age_seconds: float
    began: float
    sent: float = 0.0
    entered: Mapping[int, float] = field(default_factory=dict)
    last: TaskStatus | Fault | None = None
    misses: int = 0
    elsewhere: int = 0
    forgotten: int = 0
    ended_since: float | None = None
    failed: TaskStatus | None = None


class _Turns:
    """So many turns for each refresh."""

    def __init__(self, turns: int) -> None:
        self._turns = turns
        self._taken: tuple[int, int] = (0, 0)

    def turn(self, refresh: float) -> bool:
        number, taken = self._taken
        taken = taken if number == round(refresh / TICK_SECONDS) else 0
        self._taken = (round(refresh / TICK_SECONDS), taken + 1)
        return taken < self._turns


@dataclass(frozen=True, slots=True, kw_only=True)
class LastResort:
    """Where a clip may be that the vendor does not name; if it is not there, the job ends like this for now.

    `is_reported` says whether the status is the vendor's: only then does it say anything of a charge.
    """

    status: TaskStatus
    is_reported: bool
    otherwise: Ending


class TaskPolls:
    """The polls of a run. Waits end when `interrupt` is set; a key that is refused sets `stop_buying`.

    `at_work` hears of each answer that shows a job being rendered.
    """

    def __init__(
        self,
        tools: Tools,
        *,
        interrupt: StopSignal,
        stop_buying: StopSignal,
        announce: Announcer,
        at_work: Callable[[Job], None],
    ) -> None:
        self._tools = tools
        self._interrupt = interrupt
        self._stop_buying = stop_buying
        self._announce = announce
        self._at_work = at_work
        self._ticks = Ticks()
        self._times = RenderTimes()
        self._budget = PollBudget(tools.schedule.polls_per_minute, clock=tools.clock)
        self._narrowing = _Turns(_NARROWING_POLLS)
        self._likely = _LIKELY_AT_FIRST
        self._changes = 0
        self._ended_since: dict[str, float] = {}

    def ended_since(self, outcome: Submitted) -> float:
        """When this run first knew that the task has ended, in the clock's monotonic seconds; now, if it did not."""
        return self._ended_since.get(outcome.task_id, self._tools.clock.monotonic())

    async def verdict(
        self, job: Job, outcome: Submitted, age_seconds: float
    ) -> TaskStatus | LastResort | Ending:
        """Poll until the task has completed with a URL, or failed, or this run gives up waiting."""
        watch = _Watch(first_age_seconds=age_seconds, began=self._tools.clock.monotonic())
        while True:
            late = self._tools.schedule_of(job).is_overdue(self._age_seconds(watch))
            if watch.last and late and _is_answered(watch):
                return self._last_resort(outcome, watch.last, self._late(job, outcome, watch))
            await self._pause(self._wait_seconds(job, watch))
            await self._tools.holding(
                LimitName.POLLS, job.creative_id, self._pause(self._budget.wait_seconds())
            )
            sent = self._tools.clock.monotonic()
            answer = await self._interrupt.run_until_stopped(self._tools.client.status(outcome.task_id))
            before, watch = watch, self._learned(self._seen(job, watch, answer), watch, answer, sent)
            if watch.ended_since is not None:
                self._ended_since.setdefault(outcome.task_id, watch.ended_since)
            if isinstance(answer, TaskStatus) and _is_verdict(answer, before):
                self._ended(job, watch, answer)
                return _both(before.failed, answer)
            if isinstance(answer, TaskStatus) and answer.phase is TaskPhase.RENDERING and answer.known_word:
                self._at_work(job)
            ending = self._giving_up(job, outcome, watch, answer)
            if ending:
                return ending
            since = watch.ended_since
            if since is not None and self._tools.clock.monotonic() - since > ENDED_PATIENCE_SECONDS:
                return self._last_resort(outcome, answer, self._late(job, outcome, watch))

    def _seen(self, job: Job, watch: _Watch, answer: TaskStatus | Fault) -> _Watch:
        if isinstance(answer, TaskStatus):
            fresh = replace(watch, last=answer, misses=0, forgotten=0, failed=None, ended_since=None)
            if answer.phase is TaskPhase.FAILED:
                return replace(fresh, failed=answer)
            since = (watch.ended_since or self._tools.clock.monotonic()) if answer.has_ended else None
            return replace(fresh, ended_since=since)
        elsewhere = answer.name == "answer_about_another_task"
        if elsewhere and not watch.elsewhere:
            text = f"the vendor answered a poll about another task; that poll counts as missed: {answer}"
            self._announce.alarm(job.creative_id, text)
        return replace(
            watch,
            last=answer,
            misses=watch.misses + 1,
            elsewhere=watch.elsewhere + elsewhere,
            forgotten=watch.forgotten + (answer.name == "task_not_exist"),
        )

    def _learned(self, watch: _Watch, before: _Watch, answer: TaskStatus | Fault, sent: float) -> _Watch:
        """What the answer says of the vendor's refresh, and of how far the clip is."""
        if isinstance(answer, Fault):
            return watch
        if isinstance(before.last, TaskStatus) and _stage(answer) != _stage(before.last):
            self._changes += 1
            self._ticks.changed(before.sent, self._tools.clock.monotonic())
        since = _vendor_seconds(answer)
        if answer.has_ended or since is None or answer.progress is None or answer.progress in watch.entered:
            return replace(watch, sent=sent)
        return replace(watch, sent=sent, entered={**watch.entered, answer.progress: since})

    def _ended(self, job: Job, watch: _Watch, answer: TaskStatus) -> None:
        """Remember how long it took, and ask a little earlier or later from now on: so that few are seen a refresh late."""
        age, by_vendor = self._age_seconds(watch), _vendor_seconds(answer)
        if answer.phase is not TaskPhase.COMPLETED:
            return
        is_timed = by_vendor is not None and 0 < by_vendor <= age + TICK_SECONDS
        seconds = by_vendor if is_timed and by_vendor else age
        self._times.ended(job, Render(seconds=seconds, entered=watch.entered))
        if is_timed and self._ticks.is_narrow:
            is_late = age - seconds > 0.8 * TICK_SECONDS
            step = _LIKELY_STEP * (_LATE_SHARE - is_late)
            self._likely = min(0.1, max(0.001, self._likely * math.exp(step)))

    def _giving_up(
        self, job: Job, outcome: Submitted, watch: _Watch, answer: TaskStatus | Fault
    ) -> Ending | None:
        if isinstance(answer, Fault) and answer.cause is Cause.KEY:
            reason = f"the vendor refused to answer: {answer.message}"
            self._stop_buying.set(reason)
            return overdue(job, answer.cause, reason)
        if watch.forgotten >= _FORGOTTEN_POLLS and self._age_seconds(watch) >= _FORGOTTEN_SECONDS:
            return overdue(
                job, "task_not_exist", f"the vendor does not know task {outcome.task_id}; ask its support"
            )
        return None

    def _late(self, job: Job, outcome: Submitted, watch: _Watch) -> Ending:
        """Why this run waits no longer, in the vendor's own words."""
        answer = watch.last
        if isinstance(answer, Fault):
            elsewhere = f", {watch.elsewhere} polls in all about another task" if watch.elsewhere else ""
            times = f"the last {watch.misses} polls" if watch.misses > 1 else "the last poll"
            reason = (
                f"{times} of task {outcome.task_id} gave no status ({answer}{elsewhere}), and its clip may be ready; "
                f"the next run asks again. {answer.remedy}"
            )
            return overdue(job, "polls_missed", reason)
        if answer and answer.phase is TaskPhase.COMPLETED and answer.known_word:
            reason = "completed, but the vendor gives no URL; the next run asks again"
            return overdue(job, "completed_without_url", reason)
        if answer and not answer.known_word:
            reason = (
                f"the vendor says {_in_words(answer)}, and this status is not known; the next run asks again. "
                "If it means an end, set HAILUO_STATUS_WORDS"
            )
            return overdue(job, "unknown_status", reason)
        said = f" (it says {_in_words(answer)})" if answer and (answer.word or answer.error_message) else ""
        return overdue(job, "overdue", f"the vendor is not finished yet{said}; the next run collects it")

    def _last_resort(
        self, outcome: Submitted, answer: TaskStatus | Fault, otherwise: Ending
    ) -> LastResort | Ending:
        """A download is free and verified: try what the answer shows, else the API's own address of the clip."""
        at_api = self._tools.client.content_url(outcome.task_id)
        if isinstance(answer, Fault):
            looked_for = TaskStatus(phase=TaskPhase.COMPLETED, clip_urls=(at_api,))
            return LastResort(status=looked_for, is_reported=False, otherwise=otherwise)
        if not answer.has_ended or (answer.error_message and not answer.clip_urls):
            return otherwise
        found = replace(answer, clip_urls=answer.clip_urls or (at_api,))
        return LastResort(status=found, is_reported=True, otherwise=otherwise)

    def _wait_seconds(self, job: Job, watch: _Watch) -> float:
        schedule, random, age = self._tools.schedule_of(job), self._tools.random, self._age_seconds(watch)
        if not isinstance(watch.last, Fault) and schedule.is_learned:
            return self._ask_at(job, watch) - self._tools.clock.monotonic()
        if not isinstance(watch.last, Fault):
            return schedule.wait_seconds(age_seconds=age, polled=watch.last is not None, random=random)
        asked, left = watch.last.retry_after_seconds, schedule.deadline_seconds - age
        if left <= 0:  # a few more tries: the network of a machine that wakes comes back later than its clock
            return schedule.wait_after_miss_seconds(misses=watch.misses, asked_seconds=None, random=random)
        if asked and asked > left:
            text = f"the vendor asks for {duration(asked)} without a poll; this run waits {duration(left)} more at most"
            self._announce(Event(kind=EventKind.SLOWED, creative_id=job.creative_id, text=text))
        return schedule.wait_after_miss_seconds(
            misses=watch.misses, asked_seconds=asked, random=random, left_seconds=left
        )

    def _ask_at(self, job: Job, watch: _Watch) -> float:
        """When to ask next, in monotonic seconds: after the first refresh that is likely enough to show the clip.

        Without a refresh that is known, at the schedule's pace.
        """
        schedule, random, age, now = (
            self._tools.schedule_of(job),
            self._tools.random,
            self._age_seconds(watch),
            self._tools.clock.monotonic(),
        )
        last = watch.last if isinstance(watch.last, TaskStatus) else None
        if (
            not self._ticks.is_known
            and self._changes < _EXPLORED_CHANGES
            and age < schedule.slow_after_seconds
        ):
            return now + _EXPLORING_SECONDS * (1 - schedule.jitter * random.random())
        if self._ticks.is_known:
            at, step = self._ticks.next_end(now), TICK_SECONDS
            if not self._ticks.is_narrow and self._narrowing.turn(at):
                between = self._ticks.within(at, random.random())
                return max(between if between > now + 1 else at, now + 1)
        else:
            step = schedule.wait_seconds(age_seconds=age, polled=True, random=random)
            at = now + step
        if last and last.has_ended:
            return at
        progress = last.progress if last else None
        entered = watch.entered.get(progress) if progress is not None else None
        outlook = self._times.outlook(job, age=age, progress=progress or 0, entered=entered)
        while at - now < _LONGEST_GAP_SECONDS and outlook.chance(age + at - now) < self._likely:
            at += step
        return at

    def age_seconds_by_clocks(self, job: Job, outcome: Submitted) -> float:
        """How long the vendor has had the task: by the clock of the worker that sent it or by the store's.

        Whichever says less, since either may have been wrong.
        """
        by_worker = (self._tools.clock.now() - outcome.at).total_seconds()
        return max(0.0, min(by_worker, self._tools.ledger.age_seconds(job.creative_id)))

    def _age_seconds(self, watch: _Watch) -> float:
        """The task's age, without the time that this machine slept: no jump of a clock makes a clip overdue."""
        return watch.first_age_seconds + self._tools.clock.monotonic() - watch.began

    async def _pause(self, seconds: float) -> None:
        await self._interrupt.run_until_stopped(self._tools.clock.sleep(seconds))


def _stage(status: TaskStatus) -> tuple[object, ...]:
    """What of a status only a refresh changes."""
    return status.phase, status.word, status.progress, status.changed_at


def _vendor_seconds(status: TaskStatus) -> float | None:
    """The age of the task when the vendor last changed it, by the vendor's own clock."""
    if status.created_at is None or status.changed_at is None:
        return None
    return (status.changed_at - status.created_at).total_seconds()


def _is_verdict(status: TaskStatus, before: _Watch) -> bool:
    """Completed with a URL; or failed, and said so a tick before too: one answer alone may be wrong."""
    match status.phase:
        case TaskPhase.COMPLETED:
            return bool(status.clip_urls)
        case TaskPhase.FAILED:
            return before.failed is not None
        case TaskPhase.PENDING | TaskPhase.RENDERING:
            return False


def _both(first: TaskStatus | None, second: TaskStatus) -> TaskStatus:
    """A failed task by both of its answers: neither of them need name the clip, or the refund."""
    if first is None or second.phase is not TaskPhase.FAILED:
        return second
    refunds = {first.refunded, second.refunded} - {None}
    return replace(
        second,
        clip_urls=tuple(dict.fromkeys((*second.clip_urls, *first.clip_urls))),
        refunded=refunds.pop() if len(refunds) == 1 else None,
    )


def _in_words(status: TaskStatus) -> str:
    """`"reticulating", 100 %, error x`"""
    progress = "" if status.progress is None else f", {status.progress} %"
    error = " ".join(part for part in (status.error_code, status.error_message) if part)
    return f'"{status.word}"{progress}{f", error {error}" if error else ""}'


def _is_answered(watch: _Watch) -> bool:
    """Whether the last poll settled that the task is not finished: not a lost one, and no failure to be confirmed."""
    if isinstance(watch.last, Fault):
        return watch.misses >= _MISSES_WHEN_LATE
    return watch.failed is None


def overdue(job: Job, cause: str, reason: str) -> Ending:
    return Ending(
        creative_id=job.creative_id, state=JobState.SUBMITTED, overdue=True, cause=cause, reason=reason
    )
