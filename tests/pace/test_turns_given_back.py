"""A turn that started no submit is given back: the next one takes its place."""

import asyncio
from random import Random

import pytest

from hailuo.run.pace import Limiter
from hailuo.testing import VirtualClock


def make_limiter(clock: VirtualClock) -> Limiter:
    random = Random(0)  # noqa: S311 (jitter)
    return Limiter(submits_per_minute=5, in_flight=100, clock=clock, random=random)


def test_the_next_in_the_queue_goes_at_once() -> None:
    """Somebody who already waits for the pace is woken."""
    clock = VirtualClock()
    starts: list[float] = []

    async def main() -> None:
        limiter = make_limiter(clock)
        turn = await limiter.turn()
        waiting = asyncio.ensure_future(limiter.turn())
        await clock.sleep(1)
        limiter.give_back(turn)
        await waiting
        starts.append(clock.seconds)
        await limiter.turn()
        starts.append(clock.seconds)

    clock.run(main())

    assert starts == pytest.approx([1, 13], rel=0.01)


def test_a_turn_is_not_given_back_once_another_has_gone() -> None:
    """Late news may not make two submits start closer together than the pace allows."""
    clock = VirtualClock()

    async def main() -> None:
        limiter = make_limiter(clock)
        late = await limiter.turn()
        await limiter.turn()
        limiter.give_back(late)
        await limiter.turn()

    clock.run(main())

    assert clock.seconds == pytest.approx(24, rel=0.01)


def test_a_turn_given_back_ends_no_pause() -> None:
    """What the vendor asked for stands."""
    clock = VirtualClock()

    async def main() -> None:
        limiter = make_limiter(clock)
        turn = await limiter.turn()
        limiter.slow_down(60)
        limiter.give_back(turn)
        await limiter.turn()

    clock.run(main())

    assert clock.seconds >= 60
