"""Collect what was bought: poll until the vendor's verdict, download, verify, store, record.

Everything here is free and may be repeated. Nothing here ends a job but a verdict, and nothing leads
back to a submit but a failure that the vendor says twice, and of which it shows the refund.
"""

import asyncio
import contextlib
import hashlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hailuo.campaign.job import Job
from hailuo.errors import DamagedClipError, MissingKeyError, StoreUnavailableError
from hailuo.ledger.facts import Done, End, JobState, PaidTask, Submitted
from hailuo.logs import quiet_logger
from hailuo.run.charges import ChargeWatch
from hailuo.run.events import Ending, Event, EventKind
from hailuo.run.tools import StopSignal, Tools, retry_until_recorded
from hailuo.run.watching import Announcer
from hailuo.text import duration
from hailuo.vendor import Cause, Downloaded, DownloadFault, Fault, TaskPhase, TaskStatus, is_whole_clip

_ENDED_PATIENCE_SECONDS: Final = 60.0  # docs/vendor.md#fetching-the-clip
_FORGOTTEN_POLLS: Final = 4  # docs/vendor.md#errors: two or three over 30 s would do
_FORGOTTEN_SECONDS: Final = 60.0
_MISSES_WHEN_LATE: Final = 3
"""So many polls in a row may be lost before a late task is left to the next run."""

_DOWNLOAD_TRIES: Final = 5
_LAST_RESORT_TRIES: Final = 2
_CLIP_TYPE: Final = "video/mp4"

_log = quiet_logger(__name__)


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
class _LastResort:
    """Where a clip may be that the vendor does not name; if it is not there, the job ends like this for now."""

    status: TaskStatus
    otherwise: Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A clip in the store: its key, and the SHA-256 and length of the bytes under it."""

    key: str
    sha256: str
    bytes: int


class Collector:
    """Brings submitted jobs home. Waits end when `interrupt` is set."""

    def __init__(
        self,
        tools: Tools,
        *,
        interrupt: StopSignal,
        stop_buying: StopSignal,
        announce: Announcer,
        charges: ChargeWatch,
    ) -> None:
        self._tools = tools
        self._interrupt = interrupt
        self._stop_buying = stop_buying
        self._announce = announce
        self._holders: dict[str, str] | None = None
        self._charges = charges

    async def collect(
        self, job: Job, task: PaidTask, *, shared: bool = False, sent_now: bool = False
    ) -> Ending | None:
        """None: the vendor's verdict is recorded, look at the ledger. An Ending: not in this run.

        A `shared` task is of another worker that was alive in this run: that one has a tick to store the clip. One that
        was `sent_now`, by this run, has no age yet, whatever the clocks say.
        """
        outcome = task.submitted
        if outcome.base_url != self._tools.client.base_url:
            reason = (
                f"was bought at {outcome.base_url}; set IMAROUTER_BASE_URL to it, then run again to collect"
            )
            return _overdue(job, "base_url", reason)
        age_seconds = 0.0 if sent_now else self._age_seconds_by_clocks(job, outcome)
        verdict = await self._verdict(job, outcome, age_seconds)
        if isinstance(verdict, Ending):
            return verdict
        if isinstance(verdict, _LastResort):
            status = await self._interrupt.run_until_stopped(
                self._charges.completed(job, task, verdict.status)
            )
            return await self._bring_home(job, task, status, otherwise=verdict.otherwise)
        if verdict.phase is TaskPhase.FAILED:
            return await self._failed(job, task, verdict)
        if not self._tools.ledger.record(job.creative_id).done:  # else its charge is on record
            verdict = await self._interrupt.run_until_stopped(self._charges.completed(job, task, verdict))
        if shared and await self._is_home(job):
            return None
        return await self._bring_home(job, task, verdict)

    async def _is_home(self, job: Job) -> bool:
        """Whether the other worker has done it, a tick later: a look costs less than a download."""
        if self._tools.ledger.record(
            job.creative_id
        ).done:  # by the ledger it has been done: its clip is lost
            return False
        await self._pause(self._tools.schedule.every_seconds)
        with contextlib.suppress(StoreUnavailableError):
            return (await self._tools.ledger.refresh(job.creative_id)).done is not None
        return False

    async def _verdict(
        self, job: Job, outcome: Submitted, age_seconds: float
    ) -> TaskStatus | _LastResort | Ending:
        """Poll until the task has completed with a URL, or failed, or this run gives up waiting."""
        watch = _Watch(first_age_seconds=age_seconds, began=self._tools.clock.monotonic())
        while True:
            overdue = self._tools.schedule.is_overdue(self._age_seconds(watch))
            if watch.last and overdue and _is_answered(watch):
                return self._last_resort(outcome, watch.last, self._overdue(job, outcome, watch))
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
                return self._last_resort(outcome, answer, self._overdue(job, outcome, watch))

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
            self._alarm(job, text)
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
            return _overdue(job, answer.cause, reason)
        if watch.forgotten >= _FORGOTTEN_POLLS and self._age_seconds(watch) >= _FORGOTTEN_SECONDS:
            return _overdue(
                job, "task_not_exist", f"the vendor does not know task {outcome.task_id}; ask its support"
            )
        return None

    def _overdue(self, job: Job, outcome: Submitted, watch: _Watch) -> Ending:
        """Why this run waits no longer, in the vendor's own words."""
        answer = watch.last
        if isinstance(answer, Fault):
            elsewhere = f", {watch.elsewhere} polls in all about another task" if watch.elsewhere else ""
            times = f"the last {watch.misses} polls" if watch.misses > 1 else "the last poll"
            reason = (
                f"{times} of task {outcome.task_id} gave no status ({answer}{elsewhere}), and its clip may be ready; "
                f"the next run asks again. {answer.remedy}"
            )
            return _overdue(job, "polls_missed", reason)
        if answer and answer.phase is TaskPhase.COMPLETED and answer.known_word:
            reason = "completed, but the vendor gives no URL; the next run asks again"
            return _overdue(job, "completed_without_url", reason)
        if answer and not answer.known_word:
            reason = (
                f"the vendor says {_in_words(answer)}, and this status is not known; the next run asks again. "
                "If it means an end, set HAILUO_STATUS_WORDS"
            )
            return _overdue(job, "unknown_status", reason)
        said = f" (it says {_in_words(answer)})" if answer and (answer.word or answer.error_message) else ""
        return _overdue(job, "overdue", f"the vendor is not finished yet{said}; the next run collects it")

    def _last_resort(
        self, outcome: Submitted, answer: TaskStatus | Fault, otherwise: Ending
    ) -> _LastResort | Ending:
        """A download is free and verified: try what the answer shows, else the API's own address of the clip."""
        at_api = self._tools.client.content_url(outcome.task_id)
        if isinstance(answer, Fault):
            return _LastResort(
                status=TaskStatus(phase=TaskPhase.COMPLETED, clip_urls=(at_api,)), otherwise=otherwise
            )
        if not answer.has_ended or (answer.error_message and not answer.clip_urls):
            return otherwise
        return _LastResort(
            status=replace(answer, clip_urls=answer.clip_urls or (at_api,)), otherwise=otherwise
        )

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

    def _alarm(self, job: Job, text: str) -> None:
        _log.info("hailuo.alarm", extra={"creative_id": job.creative_id, "text": text})
        self._announce(Event(kind=EventKind.ALARM, creative_id=job.creative_id, text=text))

    def _age_seconds_by_clocks(self, job: Job, outcome: Submitted) -> float:
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

    async def _failed(self, job: Job, task: PaidTask, status: TaskStatus) -> Ending | None:
        """A failed task may have its clip all the same: what is paid for is taken, where it is a whole film."""
        for tries in range(_DOWNLOAD_TRIES if status.clip_urls else 0):
            if tries:
                await self._pause(self._miss_seconds(tries))
            got = await self._fetch(job, task, status, tries)
            if not isinstance(got, DownloadFault):
                return got
        if self._tools.ledger.record(job.creative_id).done:
            return _overdue(job, "vendor_failure", "the vendor now says that its task has failed")
        await self._record_end(job, await self._charges.failed(job, task, status))
        return None

    async def _record_end(self, job: Job, status: TaskStatus) -> None:
        # A refund is shown, never assumed (docs/vendor.md#failed-tasks): without one, what was
        # paid counts as spent, and nothing more is bought for this job.
        end = End(
            at=self._tools.clock.now(),
            code=status.error_code,
            message=status.error_message,
            moderated=status.moderated,
            refunded=status.refunded,
        )
        ledger = self._tools.ledger
        await retry_until_recorded(
            self._tools.clock, lambda: ledger.end(job.creative_id, end), about=f"job {job.creative_id} failed"
        )

    async def _bring_home(
        self, job: Job, task: PaidTask, status: TaskStatus, *, otherwise: Ending | None = None
    ) -> Ending | None:
        """Download, verify and store. `otherwise` is how the job ends where the clip was only looked for."""
        reason = "no try was made"
        for tries in range(_DOWNLOAD_TRIES if otherwise is None else _LAST_RESORT_TRIES):
            if tries:
                await self._pause(self._miss_seconds(tries))
            got = await self._fetch(job, task, status, tries)
            if not isinstance(got, DownloadFault):
                return got
            reason = got.reason
            status = await self._fresh(job, task, status, got)
        if otherwise:
            return replace(
                otherwise, reason=f"{otherwise.reason} (no clip at the vendor's address: {reason})"
            )
        return _overdue(job, "download", f"rendered, but not downloaded in {_DOWNLOAD_TRIES} tries: {reason}")

    async def _fetch(
        self, job: Job, task: PaidTask, status: TaskStatus, tries: int
    ) -> Ending | DownloadFault | None:
        """One try at the next of the URLs. None: the clip is stored; an Ending: it could not be stored."""
        url = status.clip_urls[tries % len(status.clip_urls)]
        try:
            with tempfile.TemporaryDirectory(dir=self._tools.scratch, ignore_cleanup_errors=True) as folder:
                path = Path(folder, "clip.mp4")
                got = await self._interrupt.run_until_stopped(self._tools.client.download(url, path))
                return (
                    got
                    if isinstance(got, DownloadFault)
                    else await self._keep(job, task, status, (path, got))
                )
        except OSError as error:  # the folder is gone, full or read-only: the clip waits at the vendor
            return DownloadFault(expired=False, reason=f"{self._tools.scratch}: {error.strerror or error}")

    def _miss_seconds(self, misses: int) -> float:
        schedule = self._tools.schedule
        return schedule.wait_after_miss_seconds(misses=misses, asked_seconds=None, random=self._tools.random)

    async def _fresh(self, job: Job, task: PaidTask, status: TaskStatus, fault: DownloadFault) -> TaskStatus:
        """After an expired URL the vendor may issue a new one; if not, or if it has no clip, the API itself may have it."""
        _log.info(
            "hailuo.clip.not_downloaded", extra={"creative_id": job.creative_id, "reason": fault.reason}
        )
        task_id = task.submitted.task_id
        at_api = self._tools.client.content_url(task_id)
        with_api = replace(status, clip_urls=tuple(dict.fromkeys((*status.clip_urls, at_api))))
        if not fault.expired:
            return with_api if fault.damaged else status
        answer = await self._interrupt.run_until_stopped(self._tools.client.status(task_id))
        if isinstance(answer, TaskStatus) and set(answer.clip_urls) - set(status.clip_urls):
            return replace(status, clip_urls=answer.clip_urls)  # what it was charged is settled
        return with_api

    async def _keep(
        self, job: Job, task: PaidTask, status: TaskStatus, clip: tuple[Path, Downloaded]
    ) -> Ending | None:
        """Store the verified bytes, then say so. A store that fails leads to another download, never to a submit."""
        path, got = clip
        try:
            kept = await retry_until_recorded(
                self._tools.clock,
                lambda: self._store_clip(job, task, path, got),
                about=f"clip of job {job.creative_id}",
            )
            twin = self._with_the_same_bytes(job, kept.sha256 if kept else got.sha256)
            if twin:
                text = f"its clip is byte for byte that of {twin}: one of the two may be of another task; look at both"
                self._alarm(job, text)
            if kept:
                await self._record_done(job, task, status, kept)
        except (StoreUnavailableError, DamagedClipError) as error:
            return _overdue(job, "store", f"rendered, but not stored: {error}")
        text = kept.key if kept else job.clip_key
        # The file is only of use to a check where it has the bytes that were stored.
        file = None if kept and kept.sha256 != got.sha256 else path
        self._announce(Event(kind=EventKind.STORED, creative_id=job.creative_id, text=text, file=file))
        return None

    def _with_the_same_bytes(self, job: Job, sha256: str) -> str | None:
        """Another job of this edition with this clip, stored before or in this run."""
        if self._holders is None:
            records = self._tools.ledger.records.values()
            self._holders = {record.done.sha256: record.creative_id for record in records if record.done}
        holder = self._holders.setdefault(sha256, job.creative_id)
        return None if holder == job.creative_id else holder

    async def _store_clip(self, job: Job, task: PaidTask, path: Path, got: Downloaded) -> _Kept | None:
        """Where the store has the clip now, and which bytes; None where the ledger says so already.

        No object is ever replaced by other bytes. The vendor may send other bytes at each download, and several workers
        may collect one clip at once: the first one stored is the clip, and all of them record its hash.
        Raises: StoreUnavailableError, DamagedClipError.
        """
        store, done = self._tools.store, self._tools.ledger.record(job.creative_id).done
        if done and got.sha256 == done.sha256:
            await store.put_file(done.key, path, sha256=got.sha256, content_type=_CLIP_TYPE)
            self._tools.ledger.clip_is_back(job.creative_id)
            return None
        kept = _Kept(key=job.clip_key, sha256=got.sha256, bytes=got.bytes)
        if done is None:
            if await store.create_file(kept.key, path, sha256=kept.sha256, content_type=_CLIP_TYPE):
                return kept
            # What an earlier attempt left there is not this one's.
            first = await self._first_clip(job) if task.attempt == 1 else None
            if first:
                return first
        kept = replace(kept, key=job.this_edition.clip_of_bytes(job.creative_id, got.sha256))
        await store.put_file(kept.key, path, sha256=kept.sha256, content_type=_CLIP_TYPE)
        return kept

    async def _first_clip(self, job: Job) -> _Kept | None:
        """The clip that another worker stored first; None if what is there is no whole clip."""
        with (
            contextlib.suppress(MissingKeyError),
            tempfile.TemporaryDirectory(dir=self._tools.scratch) as folder,
        ):
            content, path = await self._tools.store.read(job.clip_key), Path(folder, "first.mp4")
            await asyncio.to_thread(path.write_bytes, content)
            if is_whole_clip(path):
                sha256 = hashlib.sha256(content).hexdigest()
                return _Kept(key=job.clip_key, sha256=sha256, bytes=len(content))
        return None

    async def _record_done(self, job: Job, task: PaidTask, status: TaskStatus, kept: _Kept) -> None:
        now = self._tools.clock.now()
        done = Done(
            attempt=task.attempt,
            task_id=task.submitted.task_id,
            key=kept.key,
            sha256=kept.sha256,
            bytes=kept.bytes,
            price_usd=task.price_usd,
            amount_usd=status.amount_usd,
            amount_text=status.amount_text,
            submitted_at=task.submitted.at,
            completed_at=status.completed_at,
            stored_at=now,
            request_id=task.request_id or "",
        )
        before = self._tools.ledger.record(job.creative_id).done
        if before:  # collected again: what it cost is on record
            done = replace(before, key=kept.key, sha256=kept.sha256, bytes=kept.bytes, stored_at=now)
        ledger = self._tools.ledger
        await retry_until_recorded(
            self._tools.clock, lambda: ledger.finish(job.creative_id, done), about=f"clip {kept.key}"
        )


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


def _overdue(job: Job, cause: str, reason: str) -> Ending:
    return Ending(
        creative_id=job.creative_id, state=JobState.SUBMITTED, overdue=True, cause=cause, reason=reason
    )
