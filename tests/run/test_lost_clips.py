"""What the store holds is what the ledger says: clips by several workers, clips that are lost, ledgers that are."""

import asyncio
import hashlib
import itertools
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import httpx
import pytest

from hailuo.errors import ExitCode
from hailuo.ledger.facts import ClipFault, JobState
from hailuo.run.runner import Runner
from hailuo.simulator import SimulatorTransport
from hailuo.testing import MemoryStore
from tests.support.worlds import World, granted

FREE_BOX = b"\0\0\0\x10free"
JOBS = 6


class ChangingCdn(httpx.AsyncBaseTransport):
    """Adds a box of its own to every clip at each download: the film is the same, the bytes never are."""

    def __init__(self, world: World) -> None:
        self._vendor = SimulatorTransport(world.simulator.app)
        self._downloads = itertools.count()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._vendor.handle_async_request(request)
        if answer.headers.get("content-type") != "video/mp4":
            return answer
        content = await answer.aread() + FREE_BOX + next(self._downloads).to_bytes(8)
        return httpx.Response(answer.status_code, content=content, headers={"content-type": "video/mp4"})


def changing(make_world: Callable[..., World]) -> World:
    world = make_world(jobs=JOBS)
    cdn = ChangingCdn(world)
    world.wire = lambda: cdn
    return world


async def one_run(world: World, name: str) -> None:
    """Plan, and drive everything; with polls at moments of its own."""
    ledger, chance = world.ledger(name), Random(name)  # noqa: S311 (jitter)
    plan = await world.plan(ledger)
    with tempfile.TemporaryDirectory() as scratch:
        async with world.client() as client:
            tools = replace(world.tools(ledger, client, Path(scratch)), random=chance)
            await Runner(plan, tools, spending=await granted(plan, tools)).run()


def run(world: World, *names: str) -> None:
    async def together() -> None:
        await asyncio.gather(*(one_run(world, name) for name in names))

    world.clock.run(together())


def unsound(world: World) -> list[str]:
    """The jobs whose `done` fact names other bytes than those under its key, or none."""

    async def look() -> list[str]:
        ledger = world.ledger("looker")
        await ledger.load()
        wrong = []
        for creative_id, record in ledger.records.items():
            content = await world.store.read(record.done.key) if record.done else b""
            if record.done is None or hashlib.sha256(content).hexdigest() != record.done.sha256:
                wrong.append(creative_id)
        return wrong

    return world.clock.run(look())


def states(world: World) -> dict[str, tuple[JobState, ClipFault | None]]:
    """By creative id, compared with the clips."""

    async def look() -> dict[str, tuple[JobState, ClipFault | None]]:
        ledger = world.ledger("looker")
        await world.plan(ledger)
        return {cid: (ledger.state(cid, failed_retries=0), r.clip_fault) for cid, r in ledger.records.items()}

    return world.clock.run(look())


def everything_is_stored(world: World) -> bool:
    return set(states(world).values()) == {(JobState.STORED, None)} and not unsound(world)


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("killed", [False, True])
def test_every_hash_is_of_the_stored_bytes(make_world, workers: int, killed: bool) -> None:
    """Whoever downloads, and whatever the CDN sends each of them: the first clip stored is the clip."""
    world = changing(make_world)

    async def soon(runner: Runner) -> None:
        await world.clock.sleep(80)
        runner.interrupt("killed")

    if killed:
        world.run(during=soon)
    run(world, *(f"worker-{number}" for number in range(workers)))

    assert everything_is_stored(world)
    assert len(world.simulator.invoice().lines) == JOBS


LOSSES = {
    "missing": (None, ClipFault.MISSING),
    "empty": (b"", ClipFault.CHANGED),
    "cut": (b"\0\0\0\x18ftypmp42", ClipFault.CHANGED),
}


@pytest.mark.parametrize(("content", "fault"), LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("same_bytes", [True, False])
@pytest.mark.parametrize("workers", [1, 4])
def test_a_lost_clip_is_collected_again(
    make_world, content: bytes | None, fault: ClipFault, same_bytes: bool, workers: int
) -> None:
    """Free, under the hash of what is stored then, by whoever comes first."""
    world = make_world(jobs=JOBS) if same_bytes else changing(make_world)
    run(world, "first")
    lost = world.jobs[0]
    lose(world, lost.clip_key, content)

    before = states(world)
    run(world, *(f"again-{number}" for number in range(workers)))

    assert before[lost.creative_id] == (JobState.SUBMITTED, fault)
    assert [state for state, _ in before.values()].count(JobState.STORED) == JOBS - 1
    assert everything_is_stored(world)
    assert len(world.simulator.invoice().lines) == JOBS


def lose(world: World, key: str, content: bytes | None) -> None:
    """Delete an object, or write other bytes over it."""
    if content is None:
        assert isinstance(world.store, MemoryStore)
        del world.store._objects[key]
    else:
        world.clock.run(world.store.put(key, content, content_type="video/mp4"))


def test_a_clip_that_the_vendor_has_no_more_is_told_every_time(make_world) -> None:
    """It is not bought again, and the other clips are not in its way."""
    world = make_world(jobs=JOBS)
    run(world, "first")
    lose(world, world.jobs[0].clip_key, None)
    world.wire = lambda: httpx.MockTransport(
        lambda request: httpx.Response(
            404, json={"error": {"code": "task_not_exist", "message": "task_not_exist"}}
        )
    )

    report = world.run()

    (ending,) = [e for e in report.endings if e.state is not JobState.STORED]
    assert "its clip is missing from the store, and was not collected again" in (ending.reason or "")
    assert (report.exit_code, report.stopped) == (ExitCode.INCOMPLETE, None)


def test_garbage_under_the_key_of_a_clip_is_not_taken_for_the_clip(make_world) -> None:
    """It was there first, and is no film: the clip gets another key, and the fact names it."""
    world = make_world(jobs=1)

    async def put_garbage(_: Runner) -> None:
        await world.store.put(world.jobs[0].clip_key, b"garbage", content_type="video/mp4")

    assert world.run(during=put_garbage).exit_code is ExitCode.COMPLETE
    assert everything_is_stored(world)


def test_reading_the_facts_again_forgets_no_lost_clip(make_world) -> None:
    """Only another `done` fact, or the clip itself, shows that it is there."""
    world = make_world(jobs=1)
    run(world, "first")
    lost = world.jobs[0]
    lose(world, lost.clip_key, None)
    ledger = world.ledger("looker")

    async def look() -> None:
        await world.plan(ledger)
        await ledger.refresh(lost.creative_id)

    world.clock.run(look())

    assert ledger.record(lost.creative_id).clip_fault is ClipFault.MISSING
