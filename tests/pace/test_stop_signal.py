"""A switch that ends waits."""

import asyncio
from asyncio import run

import pytest

from hailuo.run.tools import StoppedError, StopSignal
from hailuo.testing import VirtualClock


def test_work_that_ends_first_gives_its_result() -> None:
    """An unthrown switch is not felt."""
    clock = VirtualClock()

    async def work() -> str:
        await clock.sleep(60)
        return "clip"

    assert clock.run(StopSignal().run_until_stopped(work())) == "clip"


def test_what_work_raises_comes_through() -> None:
    """The switch hides no error."""

    async def work() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        run(StopSignal().run_until_stopped(work()))


def test_a_thrown_switch_ends_the_wait_at_once() -> None:
    """And whatever was waited for is cancelled, with time to clean up."""
    clock, halt, cleaned = VirtualClock(), StopSignal(), []

    async def work() -> None:
        try:
            await clock.sleep(8 * 3600)
        finally:
            cleaned.append(True)

    async def story() -> None:
        waiting = asyncio.create_task(halt.run_until_stopped(work()))
        await clock.sleep(5)
        halt.set("balance empty")
        await waiting

    with pytest.raises(StoppedError, match="balance empty"):
        clock.run(story())
    assert clock.seconds == 5
    assert cleaned == [True]


def test_nothing_starts_after_the_switch() -> None:
    """Not even its first step."""
    halt, started = StopSignal(), []
    halt.set("interrupted")

    async def work() -> None:
        started.append(True)

    with pytest.raises(StoppedError, match="interrupted"):
        run(halt.run_until_stopped(work()))
    assert started == []


def test_the_first_reason_stays() -> None:
    """What stopped the run is what is reported."""
    halt = StopSignal()

    halt.set("balance empty")
    halt.set("interrupted")

    assert halt.reason == "balance empty"


def test_everybody_under_the_switch_stops() -> None:
    """A hundred jobs as well as one."""
    clock, halt = VirtualClock(), StopSignal()

    async def story() -> list[object]:
        waits = [asyncio.create_task(halt.run_until_stopped(clock.sleep(3600))) for _ in range(100)]
        await clock.sleep(1)
        halt.set("interrupted")
        return list(await asyncio.gather(*waits, return_exceptions=True))

    assert {type(result) for result in clock.run(story())} == {StoppedError}
    assert clock.seconds == 1


def test_a_cancelled_wait_cancels_its_work() -> None:
    """Nothing is left running in the background."""
    clock, halt, ended = VirtualClock(), StopSignal(), []

    async def work() -> None:
        try:
            await clock.sleep(3600)
        except asyncio.CancelledError:
            ended.append(clock.seconds)
            raise

    async def story() -> None:
        waiting = asyncio.create_task(halt.run_until_stopped(work()))
        await clock.sleep(2)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await clock.sleep(0)

    clock.run(story())

    assert ended == [2]
