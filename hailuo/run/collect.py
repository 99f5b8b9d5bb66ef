"""Collect what was bought: poll until the vendor's verdict, download, verify, store, record.

Everything here is free and may be repeated. Nothing here ends a job but a verdict, and nothing leads
back to a submit but a failure that the vendor says twice, and of which it shows the refund.
"""

import asyncio
import contextlib
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hailuo.campaign.job import Job
from hailuo.errors import DamagedClipError, MissingKeyError, StoreFullError, StoreUnavailableError
from hailuo.ledger.facts import Done, End, PaidTask
from hailuo.logs import quiet_logger
from hailuo.run.charges import ChargeWatch
from hailuo.run.events import Ending, Event, EventKind
from hailuo.run.polls import LastResort, TaskPolls, overdue
from hailuo.run.tools import StopSignal, Tools, retry_until_recorded
from hailuo.run.watching import Announcer
from hailuo.vendor import Downloaded, DownloadFault, TaskPhase, TaskStatus, is_whole_clip

_TRIES_WHEN_FULL: Final = 3
_DOWNLOAD_TRIES: Final = 5
_LAST_RESORT_TRIES: Final = 2
_CLIP_TYPE: Final = "video/mp4"

_log = quiet_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A clip in the store: its key, and the SHA-256 and length of the bytes under it."""

    key: str
    sha256: str
    bytes: int


class Collector:
    """Brings submitted jobs home. Waits end when `interrupt` is set; `at_work` hears of jobs that the vendor renders."""

    def __init__(
        self,
        tools: Tools,
        *,
        interrupt: StopSignal,
        stop_buying: StopSignal,
        announce: Announcer,
        charges: ChargeWatch,
        at_work: Callable[[Job], None],
    ) -> None:
        self._tools = tools
        self._interrupt = interrupt
        self._polls = TaskPolls(
            tools, interrupt=interrupt, stop_buying=stop_buying, announce=announce, at_work=at_work
        )
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
            return overdue(job, "base_url", reason)
        age_seconds = 0.0 if sent_now else self._polls.age_seconds_by_clocks(job, outcome)
        verdict = await self._polls.verdict(job, outcome, age_seconds)
        if isinstance(verdict, Ending):
            return verdict
        if isinstance(verdict, LastResort):
            status = verdict.status
            if verdict.is_reported:
                status = await self._with_charge(job, task, status)
            return await self._bring_home(job, task, status, otherwise=verdict.otherwise)
        if verdict.phase is TaskPhase.FAILED:
            return await self._failed(job, task, verdict)
        verdict = await self._with_charge(job, task, verdict)
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

    async def _with_charge(self, job: Job, task: PaidTask, status: TaskStatus) -> TaskStatus:
        since = self._polls.ended_since(task.submitted)
        return await self._interrupt.run_until_stopped(
            self._charges.completed(job, task, status, ended_since=since)
        )

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
            return overdue(job, "vendor_failure", "the vendor now says that its task has failed")
        await self._record_end(job, await self._charges.failed(job, task, status))
        return None

    async def _record_end(self, job: Job, status: TaskStatus) -> None:
        # A refund is shown, never assumed (docs/reference/vendor.md#failed-tasks): without one, what was
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
        return overdue(job, "download", f"rendered, but not downloaded in {_DOWNLOAD_TRIES} tries: {reason}")

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
                tries_when_full=_TRIES_WHEN_FULL,  # the vendor keeps the clip: the next run collects it
            )
            twin = self._with_the_same_bytes(job, kept.sha256 if kept else got.sha256)
            if twin:
                text = f"its clip is byte for byte that of {twin}: one of the two may be of another task; look at both"
                self._announce.alarm(job.creative_id, text)
            if kept and status.phase is TaskPhase.FAILED:  # charged for all the same
                status = await self._with_charge(job, task, status)
            if kept:
                await self._record_done(job, task, status, kept)
        except (StoreUnavailableError, DamagedClipError) as error:
            cause = "store_full" if isinstance(error, StoreFullError) else "store"
            return overdue(job, cause, f"rendered, but not stored: {error}")
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
            amount_by=None if status.amount_usd is None else status.amount_by,
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
