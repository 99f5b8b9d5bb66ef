"""Runs the checks of stored clips in worker processes, without blocking the run.

A check only reads the clip and writes beside it. Whatever happens to it (a worker killed, a store that does not
answer) costs the inspection of that clip and nothing else; `hailuo check` makes it up.
"""

import asyncio
import contextlib
import multiprocessing
import os
import tempfile
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from hailuo.campaign.job import Job
from hailuo.errors import HailuoError, MissingKeyError
from hailuo.ledger.facts import Done
from hailuo.ledger.ledger import Ledger
from hailuo.logs import quiet_logger
from hailuo.media import (
    PREVIEW_TYPES,
    QA_VERSION,
    Inspection,
    Preview,
    keep_inspection,
    read_inspections,
)
from hailuo.run.events import Event, EventKind, Observer
from hailuo.store import Store

CHECKS_SECONDS_AT_MOST: Final = 600.0
"""How long a finished run waits for checks under way before it publishes without them."""

_WORKERS_AT_MOST: Final = 2
_CLIP_SECONDS: Final = 120.0  # a hundred times what a clip takes; a decoder that hangs is ended
_TRIES: Final = 2
_FILES_AT_MOST: Final = 16  # clips on this disk that wait for a process; the others are read from the store
_log = quiet_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clip:
    """A stored clip to be looked at."""

    job: Job
    done: Done


class Inspector:
    """Checks the stored clips of one edition, two at a time; made by `inspecting`.

    Processes are started for the first clip, and a clip is read only when a process is free for it.
    """

    def __init__(self, store: Store, ledger: Ledger, jobs: Iterable[Job], *, scratch: Path) -> None:
        self._store = store
        self._ledger = ledger
        self._jobs = {job.creative_id: job for job in jobs}
        self._scratch = scratch
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._checked: set[str] = set()
        self._workers = [Worker() for _ in range(min(_WORKERS_AT_MOST, os.cpu_count() or 1))]
        self._free: asyncio.Queue[Worker] = asyncio.Queue()
        for worker in self._workers:
            self._free.put_nowait(worker)

    def hearing(self, observe: Observer) -> Observer:
        """The observer, wrapped so that every stored clip is checked."""

        def hear(event: Event) -> None:
            observe(event)
            if event.kind is EventKind.STORED and event.creative_id:
                self._begin(event.creative_id, event.file)

        return hear

    @property
    def under_way(self) -> int:
        """How many clips are being checked, or wait for a process."""
        return len(self._under_way)

    async def catch_up(
        self, *, patience_seconds: float | None = None, again: bool = False
    ) -> Collection[str]:
        """Check every stored clip that has no inspection, for so long at most; returns those left without.

        Without `patience_seconds` it waits for all, and looks anew at what could not be checked or was checked by an
        older version; with `again` at every clip. What is under way when the patience ends goes on until the session ends.
        Raises: StoreUnavailableError.
        """
        for creative_id in await self._due(thorough=patience_seconds is None, again=again):
            self._begin(creative_id)
        waiting = set(self._under_way.values())
        if waiting:
            await asyncio.wait(waiting, timeout=patience_seconds)
        return frozenset(self._under_way)

    async def _due(self, *, thorough: bool, again: bool) -> list[str]:
        stored = [cid for cid, record in self._ledger.records.items() if record.done]
        if again:
            return stored
        missing = [cid for cid in stored if cid not in self._checked]
        if not missing and not thorough:
            return []
        any_job = next(iter(self._jobs.values()), None)
        if any_job is None:
            return missing
        edition = any_job.this_edition
        known = await read_inspections(self._store, edition)
        previews = {entry.key for entry in await self._store.listing(edition.previews)}

        def is_settled(creative_id: str) -> bool:
            found, clip = known.get(creative_id), self._ledger.record(creative_id).clip
            if found is None or (clip and found.sha256 not in {None, clip.sha256}):
                return False
            if thorough and not _is_current(found):
                return False
            if found.unplayable or found.unchecked:
                return True
            return all(edition.preview(creative_id, preview) in previews for preview in Preview)

        return [creative_id for creative_id in missing if not is_settled(creative_id)]

    def _begin(self, creative_id: str, file: Path | None = None) -> None:
        """Check the clip, from its file on this machine where there is one."""
        clip = self._clip(creative_id)
        if clip is None or creative_id in self._under_way:
            return
        kept = None
        if file and len(self._under_way) < _FILES_AT_MOST:
            with contextlib.suppress(OSError):  # then the clip is read from the store
                kept = file.rename(self._scratch / f"{creative_id}.mp4")
        task = asyncio.get_running_loop().create_task(self._check(clip, kept), name=f"check {creative_id}")
        self._under_way[creative_id] = task
        task.add_done_callback(lambda ended: self._ended(creative_id, ended))

    def _ended(self, creative_id: str, task: asyncio.Task[None]) -> None:
        self._under_way.pop(creative_id, None)
        if not task.cancelled() and (error := task.exception()):
            _log.error("hailuo.check.failed", extra={"creative_id": creative_id}, exc_info=error)

    def _clip(self, creative_id: str) -> _Clip | None:
        record = self._ledger.record(creative_id)
        job = self._jobs.get(creative_id) or record.job  # a job that has left the file is known to the ledger
        return _Clip(job=job, done=record.done) if job and record.done else None

    async def _check(self, clip: _Clip, kept: Path | None) -> None:
        worker = await self._free.get()
        try:
            with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
                if kept:
                    await asyncio.to_thread(kept.rename, Path(folder, "clip.mp4"))
                else:
                    content = await self._store.read(clip.done.key)
                    await asyncio.to_thread(Path(folder, "clip.mp4").write_bytes, content)
                found = await self._looked_at(clip, worker, Path(folder))
                await self._keep(clip.job, found, Path(folder))
        except (
            HailuoError,
            OSError,
        ) as error:  # the clip stays without an inspection: another run makes it up
            _log.warning(
                "hailuo.check.put_off", extra={"creative_id": clip.job.creative_id, "reason": str(error)}
            )
        else:
            self._checked.add(clip.job.creative_id)
        finally:
            self._free.put_nowait(worker)

    async def _looked_at(self, clip: _Clip, worker: "Worker", folder: Path) -> Inspection:
        found = await worker.inspect(folder / "clip.mp4", await self._first_frame(clip.job), folder)
        if found.sha256 not in {None, clip.done.sha256}:
            return _unchecked(clip, "the bytes in the store are not those that were stored")
        return found if found.sha256 else _unchecked(clip, found.unchecked or "it could not be read")

    async def _first_frame(self, job: Job) -> bytes | None:
        """None also where it is a URL: nothing is fetched for a check."""
        if job.frame_key is None:
            return None
        with contextlib.suppress(MissingKeyError):
            return await self._store.read(job.frame_key)
        return None

    async def _keep(self, job: Job, found: Inspection, folder: Path) -> None:
        """Previews first: where there is an inspection, there are its previews."""
        for preview in Preview if not (found.unplayable or found.unchecked) else ():
            content = await asyncio.to_thread((folder / preview).read_bytes)
            key = job.this_edition.preview(job.creative_id, preview)
            await self._store.put(key, content, content_type=PREVIEW_TYPES[preview])
        await keep_inspection(self._store, found, job.creative_id, job.this_edition)

    async def close(self) -> None:
        """End what is under way, and the processes with it."""
        for task in self._under_way.values():
            task.cancel()
        for worker in self._workers:
            worker.end()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)


@contextlib.asynccontextmanager
async def inspecting(
    store: Store, ledger: Ledger, jobs: Iterable[Job], *, scratch: Path
) -> AsyncIterator[Inspector]:
    """An inspector of these jobs' clips while the block runs."""
    inspector = Inspector(store, ledger, jobs, scratch=scratch)
    try:
        yield inspector
    finally:
        await inspector.close()


class Worker:
    """One process, started when needed and anew when it died: what kills it costs one clip, not its neighbour's.

    A pipe and a process of our own: a pool's process cannot be ended while it is still starting.
    """

    def __init__(self) -> None:
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    async def inspect(self, clip: Path, first_frame: bytes | None, folder: Path) -> Inspection:
        """Look at one clip; what cannot be done in two tries is said in `unchecked`."""
        reason = ""
        for _ in range(_TRIES):
            try:
                async with asyncio.timeout(_CLIP_SECONDS):
                    return await asyncio.to_thread(_ask, self._ready(), (clip, first_frame, folder))
            except TimeoutError:
                reason = f"it took longer than {_CLIP_SECONDS:.0f} s"
            except (EOFError, OSError):  # the other end of the pipe is closed
                reason = "the process that looked at it died"
            self.end()
        return Inspection(sha256=None, bytes=None, unchecked=reason)

    def _ready(self) -> Connection:
        from hailuo.media.worker import serve  # noqa: PLC0415 (loads a decoder)

        if self._pipe is None:
            spawn = multiprocessing.get_context(
                "spawn"
            )  # a fork would copy the event loop, its sockets and locks
            self._pipe, theirs = spawn.Pipe()
            self._process = spawn.Process(target=serve, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()  # or its end would not be ours to notice
        return self._pipe

    def end(self) -> None:
        """End the process, whatever it does; its pipe closes for whoever waits."""
        process, self._process, self._pipe = self._process, None, None
        if process is not None:
            process.kill()
            process.join()


def _ask(pipe: Connection, clip: tuple[Path, bytes | None, Path]) -> Inspection:
    pipe.send(clip)
    found: Inspection = pipe.recv()
    return found


def _is_current(found: Inspection) -> bool:
    return not found.unchecked and found.qa_version == QA_VERSION


def _unchecked(clip: _Clip, reason: str) -> Inspection:
    bare = Inspection(sha256=clip.done.sha256, bytes=clip.done.bytes)
    return replace(bare, unchecked=reason)
