"""A limit of the vendor that the settings do not name is found, and followed when it changes."""

from bisect import bisect_right
from random import Random

import pytest

from hailuo.run.pace import Limiter
from hailuo.testing import VirtualClock

HOUR = 3600.0


def submits(
    limits: list[tuple[float, int]], *, ceiling: float = 120.0, seconds: float = HOUR
) -> tuple[list[float], list[float]]:
    """When submits were accepted and refused, by a vendor that takes so many in any minute since each second."""
    clock = VirtualClock()
    accepted: list[float] = []
    refused: list[float] = []
    limiter = Limiter(submits_per_minute=ceiling, in_flight=10_000, clock=clock, random=Random(0))  # noqa: S311 (jitter)

    async def story() -> None:
        while clock.seconds < seconds:
            await limiter.turn()
            now = clock.seconds
            limit = [limit for since, limit in limits if since <= now][-1]
            if len(accepted) - bisect_right(accepted, now - 60) < limit:
                accepted.append(now)
                limiter.accepted()
            else:
                refused.append(now)
                limiter.slow_down(None)
            limiter.leave()

    clock.run(story())
    return accepted, refused


def in_minutes(times: list[float], since: float, until: float) -> float:
    return 60 * sum(since <= at < until for at in times) / (until - since)


@pytest.mark.parametrize("limit", [20, 30, 60, 100])
def test_an_unknown_limit_is_found(limit: int) -> None:
    """Nine tenths of it after two minutes, and three refusals in a hundred at most."""
    accepted, refused = submits([(0, limit)])

    assert in_minutes(accepted, 240, HOUR) >= 0.9 * limit
    assert len(refused) <= 0.03 * (len(accepted) + len(refused))


@pytest.mark.parametrize("limit", [40, 60])
def test_a_limit_that_is_halved_and_doubled_is_followed(limit: int) -> None:
    """Within a tenth after two minutes, both ways; three refusals in a hundred at most."""
    accepted, refused = submits([(0, limit), (1200, limit // 2), (2400, limit)])

    assert in_minutes(accepted, 1320, 2400) >= 0.9 * limit / 2
    assert in_minutes(accepted, 2520, HOUR) >= 0.9 * limit
    assert len(refused) <= 0.03 * (len(accepted) + len(refused))
