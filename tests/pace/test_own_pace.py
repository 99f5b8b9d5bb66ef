"""A run whose setting equals the vendor's limit does not meet it."""

from random import Random

import pytest

from hailuo.run.pace import Limiter
from hailuo.testing import VirtualClock


def arrivals(*, began: float, submits_per_minute: int, late: float) -> list[float]:
    """When 200 submits reach the vendor; every seventh takes so many seconds longer on its way."""
    clock, times = VirtualClock(), list[float]()
    clock.advance(began)
    limiter = Limiter(
        submits_per_minute=submits_per_minute,
        in_flight=1000,
        clock=clock,
        random=Random(0),  # noqa: S311 (jitter)
    )

    async def story() -> None:
        for number in range(200):
            await limiter.turn()
            times.append(clock.seconds + (late if number % 7 == 0 else 0.0))
            limiter.accepted()
            limiter.leave()

    clock.run(story())
    return sorted(times)


@pytest.mark.parametrize("late", [0.0, 0.2])
@pytest.mark.parametrize("submits_per_minute", [5, 20, 50])
@pytest.mark.parametrize("began", [0.0, 0.1, 3.3, 6.4])
def test_no_sixty_seconds_see_more_than_the_limit(began: float, submits_per_minute: int, late: float) -> None:
    """However the fractions of seconds round, and where a submit is a little longer on its way than others."""
    times = arrivals(began=began, submits_per_minute=submits_per_minute, late=late)

    after = times[submits_per_minute:]
    assert all(at - 60 >= first for at, first in zip(after, times, strict=False))
