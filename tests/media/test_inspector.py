"""Checks beside a run: every stored clip is looked at in a process of its own, and nothing that happens there reaches the run."""

import asyncio
import hashlib
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hailuo.campaign.job import Job
from hailuo.clock import SystemClock
from hailuo.errors import StoreUnavailableError
from hailuo.ledger.ledger import Ledger
from hailuo.media import QA_VERSION, Inspection, Preview, keep_inspection, read_inspections
from hailuo.run.events import Event, EventKind
from hailuo.run.inspector import Inspector, inspecting
from hailuo.store import FolderStore, Store
from hailuo.store.layout import Edition
from tests.support.factories import SUBMITTED, bought, make_done, make_job, tell
from tests.support.films import landscape, panned, write_film

pytestmark = pytest.mark.slow
EDITION = Edition("shoe", "main")
FIRST, SECOND = make_job(take=1), make_job(take=2)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of a clip."""
    return write_film(tmp_path_factory.mktemp("stored") / "clip.mp4", panned(landscape(5), 48)).read_bytes()


class _Away(FolderStore):
    """A folder that loses its clips for a while."""

    async def read(self, key: str) -> bytes:
        if key.endswith(".mp4"):
            raise StoreUnavailableError("away")
        return await super().read(key)


async def _stored(store: Store, ledger: Ledger, job: Job, content: bytes) -> None:
    await store.put(job.clip_key, content, content_type="video/mp4")
    await bought(ledger, job)
    done = replace(make_done(job), sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
    await tell(ledger, job, SUBMITTED, done)


@asynccontextmanager
async def _opened(store: Store, scratch: Path, *clips: tuple[Job, bytes]) -> AsyncIterator[Inspector]:
    """An inspector of clips that are stored."""
    ledger = Ledger(store, SystemClock(), EDITION, worker="ann")
    await ledger.load()
    for job, content in clips:
        if ledger.record(job.creative_id).done is None:
            await _stored(store, ledger, job, content)
    async with inspecting(store, ledger, [job for job, _ in clips], scratch=scratch) as inspector:
        yield inspector


async def _found(store: Store) -> dict[str, Inspection]:
    return dict(await read_inspections(store, EDITION))


def test_a_clip_is_looked_at_as_soon_as_it_is_stored(tmp_path: Path, clip: bytes) -> None:
    """Inspection and previews lie beside it, the clip is as it was, and the observer has heard of it first."""
    store, heard = FolderStore(tmp_path / "store"), list[Event]()
    event = Event(kind=EventKind.STORED, creative_id=FIRST.creative_id)

    async def main() -> dict[str, Inspection]:
        async with _opened(store, tmp_path, (FIRST, clip), (SECOND, clip)) as inspector:
            inspector.hearing(heard.append)(event)
            assert await inspector.catch_up(patience_seconds=60) == frozenset()
        return await _found(store)

    found = asyncio.run(main())

    assert heard == [event]
    assert {cid: one.frames for cid, one in found.items()} == {FIRST.creative_id: 48, SECOND.creative_id: 48}
    for preview in Preview:
        assert asyncio.run(store.read(EDITION.preview(FIRST.creative_id, preview)))
    assert asyncio.run(store.read(FIRST.clip_key)) == clip


def test_a_killed_process_costs_nothing(tmp_path: Path, clip: bytes) -> None:
    """The clip is given to another one."""
    store = FolderStore(tmp_path / "store")

    async def main() -> dict[str, Inspection]:
        async with _opened(store, tmp_path, (FIRST, clip)) as inspector:
            waiting = asyncio.create_task(inspector.catch_up())
            while not multiprocessing.active_children():
                await SystemClock().sleep(0.01)
            for child in multiprocessing.active_children():
                child.kill()
            await waiting
        return await _found(store)

    assert asyncio.run(main())[FIRST.creative_id].unchecked is None


def test_no_process_outlives_the_session(tmp_path: Path, clip: bytes) -> None:
    """Also one that is in the middle of a clip."""
    store = FolderStore(tmp_path / "store")

    async def main() -> None:
        async with _opened(store, tmp_path, (FIRST, clip), (SECOND, clip)) as inspector:
            left = await inspector.catch_up(patience_seconds=0.01)
            assert left == {FIRST.creative_id, SECOND.creative_id}

    asyncio.run(main())
    for child in multiprocessing.active_children():
        child.join(10)

    assert not multiprocessing.active_children()
    assert asyncio.run(_found(store)) == {}


def test_a_store_that_does_not_answer_puts_the_check_off(tmp_path: Path, clip: bytes) -> None:
    """Nothing is written, nothing is raised; the next one makes it up."""
    store = FolderStore(tmp_path / "store")

    async def main(used: Store) -> dict[str, Inspection]:
        async with _opened(used, tmp_path, (FIRST, clip)) as inspector:
            await inspector.catch_up()
        return await _found(store)

    assert asyncio.run(main(_Away(tmp_path / "store"))) == {}
    assert asyncio.run(main(store))[FIRST.creative_id].frames == 48


def test_other_bytes_than_were_stored_are_not_judged(tmp_path: Path, clip: bytes) -> None:
    """Somebody has written over the clip: that is no dispute with the vendor."""
    store = FolderStore(tmp_path / "store")

    async def main() -> dict[str, Inspection]:
        async with _opened(store, tmp_path, (FIRST, clip)) as inspector:
            await store.put(FIRST.clip_key, b"another clip", content_type="video/mp4")
            await inspector.catch_up()
        return await _found(store)

    found = asyncio.run(main())[FIRST.creative_id]
    assert found.unchecked == "the bytes in the store are not those that were stored"
    assert found.unplayable is None


def test_a_preview_that_is_lost_is_made_again(tmp_path: Path, clip: bytes) -> None:
    """Each of them, lost alone."""
    store = FolderStore(tmp_path / "store")

    async def main() -> None:
        async with _opened(store, tmp_path, (FIRST, clip)) as inspector:
            await inspector.catch_up()
        for lost in Preview:
            key = EDITION.preview(FIRST.creative_id, lost)
            await asyncio.to_thread(Path(store.uri, key).unlink)
            async with _opened(store, tmp_path, (FIRST, clip)) as inspector:
                await inspector.catch_up(patience_seconds=60)
            assert await store.read(key)

    asyncio.run(main())


def test_what_was_looked_at_is_not_looked_at_again(tmp_path: Path, clip: bytes) -> None:
    """Unless somebody asks for it, or it could not be checked the last time."""
    store = FolderStore(tmp_path / "store")
    kept = Inspection(sha256=hashlib.sha256(clip).hexdigest(), bytes=1, frames=7)

    async def main(before: Inspection, *, again: bool = False) -> Inspection:
        for preview in Preview:
            key = EDITION.preview(FIRST.creative_id, preview)
            await store.put(key, b"a preview", content_type="image/webp")
        await keep_inspection(store, before, FIRST.creative_id, EDITION)
        async with _opened(store, tmp_path, (FIRST, clip)) as inspector:
            await inspector.catch_up(again=again)
        return (await _found(store))[FIRST.creative_id]

    assert asyncio.run(main(kept)) == kept
    assert asyncio.run(main(replace(kept, unchecked="the process died"))).frames == 48
    assert asyncio.run(main(kept, again=True)).frames == 48


def test_an_inspection_of_an_older_version_is_read_and_made_again_by_a_check(
    tmp_path: Path, clip: bytes
) -> None:
    """A run reads it with what is new unknown, and does not look again; `hailuo check` does."""
    store = FolderStore(tmp_path / "store")

    async def main(patience_seconds: float | None) -> Inspection:
        async with _opened(store, tmp_path, (FIRST, clip)) as inspector:
            await inspector.catch_up(patience_seconds=patience_seconds)
        return (await _found(store))[FIRST.creative_id]

    old = replace(asyncio.run(main(60)), qa_version="qa/1.0", video_tag=None)
    asyncio.run(keep_inspection(store, old, FIRST.creative_id, EDITION))
    assert asyncio.run(main(60)) == old
    again = asyncio.run(main(None))
    assert (again.frames, again.qa_version, again.video_tag) == (48, QA_VERSION, "avc1")


def test_inspections_of_another_version_are_none(tmp_path: Path) -> None:
    """They were measured otherwise; a file that nobody can read is none either."""
    store = FolderStore(tmp_path)
    old = Inspection(sha256="ab" * 32, bytes=1, qa_version="qa/0.9")

    async def main() -> dict[str, Inspection]:
        await keep_inspection(store, old, FIRST.creative_id, EDITION)
        await store.put(EDITION.inspection("0123456789"), b"{}", content_type="application/json")
        return await _found(store)

    assert asyncio.run(main()) == {}


def test_a_clip_that_is_still_on_this_machine_is_not_read_from_the_store(tmp_path: Path, clip: bytes) -> None:
    """The collector hands its download on; this store cannot even be asked for clips. What was handed on is deleted."""
    store, file = _Away(tmp_path / "store"), tmp_path / "download.mp4"
    file.write_bytes(clip)
    event = Event(kind=EventKind.STORED, creative_id=FIRST.creative_id, file=file)

    async def main() -> dict[str, Inspection]:
        async with _opened(store, tmp_path, (FIRST, clip)) as inspector:
            inspector.hearing(lambda _: None)(event)
            assert await inspector.catch_up(patience_seconds=60) == frozenset()
        return await _found(store)

    assert asyncio.run(main())[FIRST.creative_id].frames == 48
    assert list(tmp_path.glob("*.mp4")) == []
