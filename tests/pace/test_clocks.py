"""The machine's time, a rehearsal's, and the one of tests, on which a night passes within a second."""

import asyncio
import threading
from asyncio import run
from datetime import UTC, datetime, timedelta

import pytest

from hailuo.clock import Clock, RehearsalClock, SystemClock
from hailuo.testing import VirtualClock

EIGHT_HOURS = 8 * 3600.0


@pytest.mark.parametrize(
    "clock", [SystemClock(), RehearsalClock(1000), VirtualClock()], ids=lambda c: type(c).__name__
)
def test_every_clock_is_aware_and_never_goes_back(clock: Clock) -> None:
    """In UTC."""
    times = [clock.monotonic() for _ in range(100)]

    assert clock.now().utcoffset() == timedelta(0)
    assert times == sorted(times)


@pytest.mark.parametrize("seconds", [0.0, -5.0])
@pytest.mark.parametrize("clock", [SystemClock(), RehearsalClock(1000)], ids=lambda c: type(c).__name__)
def test_no_wait_gives_way_to_others(clock: Clock, seconds: float) -> None:
    """Zero or less is no error, and not nothing."""
    seen: list[str] = []

    async def other() -> None:
        seen.append("other")

    async def story() -> None:
        task = asyncio.create_task(other())
        await clock.sleep(seconds)
        seen.append("slept")
        await task

    run(story())

    assert seen == ["other", "slept"]


def test_a_rehearsal_is_quicker_than_life() -> None:
    """Its waits take less, and its clocks show as much as was waited."""
    clock, real = RehearsalClock(100_000), SystemClock()
    now, began, began_really = clock.now(), clock.monotonic(), real.monotonic()

    run(clock.sleep(600))

    assert clock.monotonic() - began >= 600
    assert clock.now() - now >= timedelta(seconds=600)
    assert real.monotonic() - began_really < 60


def test_a_night_takes_no_time() -> None:
    """Time jumps to the next waiter when nobody has anything left to do."""
    clock = VirtualClock()

    async def night() -> None:
        for _ in range(1000):
            await clock.sleep(EIGHT_HOURS / 1000)

    clock.run(night())

    assert clock.seconds == pytest.approx(EIGHT_HOURS)
    assert clock.now() == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def test_a_week_is_one_jump_too() -> None:
    """An event loop never waits for more than a day at once."""
    clock = VirtualClock()

    clock.run(clock.sleep(7 * 86_400))

    assert clock.seconds == pytest.approx(7 * 86_400)


def test_wakers_come_in_the_order_of_their_times() -> None:
    """Whatever order they fell asleep in, each at its own time."""
    clock = VirtualClock()
    woken: list[tuple[float, float]] = []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.monotonic()))

    async def story() -> None:
        await asyncio.gather(*map(sleeper, (30, 5, 7200, 0.5, 31)))

    clock.run(story())

    assert [seconds for seconds, _ in woken] == [0.5, 5, 30, 31, 7200]
    assert [at for _, at in woken] == pytest.approx([0.5, 5, 30, 31, 7200])


def test_time_stands_still_while_somebody_works() -> None:
    """A computation takes no virtual time."""
    clock = VirtualClock()

    async def story() -> float:
        sleeper = asyncio.create_task(clock.sleep(10))
        for _ in range(1000):
            await clock.sleep(0)
        now = clock.monotonic()
        await sleeper
        return now

    assert clock.run(story()) == 0
    assert clock.seconds == 10


def test_work_in_threads_is_waited_for() -> None:
    """A file is written before the next hour begins: otherwise every deadline would pass meanwhile."""
    clock = VirtualClock()
    may_end = threading.Event()

    async def story() -> float:
        sleeper = asyncio.create_task(clock.sleep(3600))
        work = asyncio.create_task(asyncio.to_thread(may_end.wait, 10))
        await clock.sleep(0)
        asyncio.get_running_loop().call_soon(may_end.set)
        await work
        ended_at = clock.monotonic()
        await sleeper
        return ended_at

    assert clock.run(story()) == 0
    assert clock.seconds == 3600


def test_time_goes_on_from_run_to_run() -> None:
    """As after a crash; and may pass in between."""
    clock = VirtualClock()

    clock.run(clock.sleep(100))
    clock.advance(50)
    clock.run(clock.sleep(100))

    assert clock.monotonic() == 250
    assert clock.now() - datetime(2026, 11, 22, 22, 0, tzinfo=UTC) == timedelta(seconds=250)


def test_time_outs_are_virtual_too() -> None:
    """asyncio's own timers are on the same clock."""
    clock = VirtualClock()

    async def story() -> None:
        async with asyncio.timeout(360):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        clock.run(story())
    assert clock.seconds == pytest.approx(360)
