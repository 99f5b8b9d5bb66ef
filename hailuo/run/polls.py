"""Poll a task until the vendor's verdict, or until this run gives up waiting. Nothing here costs anything."""

from dataclasses import dataclass, replace
from typing import Final

from hailuo.campaign.job import Job
from hailuo.ledger.facts import JobState, Submitted
from hailuo.run.events import Ending, Event, EventKind
from hailuo.run.tools import StopSignal, Tools
from hailuo.run.watching import Announcer
from hailuo.text import duration
from hailuo.vendor import Cause, Fault, TaskPhase, TaskStatus

_ENDED_PATIENCE_SECONDS: Final = 60.0  # docs/reference/vendor.md#fetching-the-clip
_FORGOTTEN_POLLS: Final = 4  # docs/reference/vendor.md#errors: two or three over 30 s would do
_FORGOTTEN_SECONDS: Final = 60.0
_MISSES_WHEN_LATE: Final = 3
"""So many polls in a row may be lost before a late task is left to the next run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """What the polls of one task have seen so far; `ended_since` is when the vendor first said that it has ended.

    The task was `first_age_seconds` old when the watch `began`, in the clock's monotonic seconds.
    """

    first_age_seconds: float
    began: float
    last: TaskStatus | Fault | None = None
    misses: int = 0
    elsewhere: int = 0
    forgotten: int = 0
    ended_since: float | None = None
    failed: TaskStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastResort:
    """Where a clip may be that the vendor does not name; if it is not there, the job ends like this for now.

    `is_reported` says whether the status is the vendor's: only then does it say anything of a charge.
    """

    status: TaskStatus
    is_reported: bool
    otherwise: Ending


class TaskPolls:
    """The polls of a run. Waits end when `interrupt` is set; a key that is refused sets `stop_buying`."""

    def __init__(
        self, tools: Tools, *, interrupt: StopSignal, stop_buying: StopSignal, announce: Announcer
    ) -> None:
        self._tools = tools
        self._interrupt = interrupt
        self._stop_buying = stop_buying
        self._announce = announce

    async def verdict(
        self, job: Job, outcome: Submitted, age_seconds: float
    ) -> TaskStatus | LastResort | Ending:
        """Poll until the task has completed with a URL, or failed, or this run gives up waiting."""
        watch = _Watch(first_age_seconds=age_seconds, began=self._tools.clock.monotonic())
        while True:
            late = self._tools.schedule.is_overdue(self._age_seconds(watch))
            if watch.last and late and _is_answered(watch):
                return self._last_resort(outcome, watch.last, self._late(job, outcome, watch))
            await self._pause(self._wait_seconds(job, watch))
            answer = await self._interrupt.run_until_stopped(self._tools.client.status(outcome.task_id))
            before, watch = watch, self._seen(job, watch, answer)
            if isinstance(answer, TaskStatus) and _is_verdict(answer, before):
                return _both(before.failed, answer)
            ending = self._giving_up(job, outcome, watch, answer)
            if ending:
                return ending
            since = watch.ended_since
            if since is not None and self._tools.clock.monotonic() - since > _ENDED_PATIENCE_SECONDS:
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
        schedule, random, age = self._tools.schedule, self._tools.random, self._age_seconds(watch)
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
