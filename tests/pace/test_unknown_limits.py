"""A limit that is unknown, or that changes while a run is under way: it is found, kept, and followed."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from random import Random

import pytest

from hailuo.run.pace import Limiter
from hailuo.run.seen_limit import SeenLimit
from hailuo.testing import VirtualClock

pytestmark = pytest.mark.slow

WAITING = 800
"""Jobs that wait for a turn, or render."""


@dataclass
class Vendor:
    """Takes so many submits in any minute; `limits` are those that hold from a second on, in order."""

    clock: VirtualClock
    limits: tuple[tuple[float, int], ...]
    taken: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    _last_minute: deque[float] = field(default_factory=deque)

    def takes(self) -> bool:
        now = self.clock.monotonic()
        while self._last_minute and self._last_minute[0] <= now - 60:
            self._last_minute.popleft()
        limit = [limit for since, limit in self.limits if since <= now][-1]
        has_room = len(self._last_minute) < limit
        (self.taken if has_room else self.refused).append(now)
        if has_room:
            self._last_minute.append(now)
        return has_room

    def per_minute(self, since: float, until: float) -> float:
        return 60 * sum(since < at <= until for at in self.taken) / (until - since)


def a_night(
    most: int, limits: tuple[tuple[float, int], ...], seconds: float, *, retry_after: float | None = None
) -> Vendor:
    """As many jobs as the vendor takes, each submitted again after a refusal; a submit is half a second under way."""
    clock, chance = VirtualClock(), Random(5)  # noqa: S311 (jitter)
    gate = Limiter(submits_per_minute=most, in_flight=1000, clock=clock, random=chance)
    vendor = Vendor(clock, limits)

    async def job() -> None:
        is_taken = False
        while not is_taken:
            await gate.turn()
            await clock.sleep(chance.uniform(0.25, 0.75))
            is_taken = vendor.takes()
            if is_taken:
                gate.accepted()
                await clock.sleep(90)
            else:
                gate.slow_down(retry_after)
            gate.leave()

    async def night() -> None:
        jobs = set[asyncio.Task[None]]()
        while clock.monotonic() < seconds:
            jobs = {task for task in jobs if not task.done()}
            jobs |= {asyncio.create_task(job()) for _ in range(WAITING - len(jobs))}
            await clock.sleep(5)
        for task in jobs:
            task.cancel()

    clock.run(night())
    return vendor


@pytest.mark.parametrize(
    ("most", "limit", "after"), [(5, 3, 120), (60, 20, 120), (300, 150, 120), (300, 30, 300)]
)
def test_an_unknown_limit_is_found(most: int, limit: int, after: float) -> None:
    """After two minutes the run is within a tenth of it, and at most 3 of 100 submits are refused; five for a tenth of it."""
    vendor = a_night(most, ((0, limit),), 1800 if limit < 100 else 600)

    later = [at for at in vendor.refused if at > after]
    taken = sum(at > after for at in vendor.taken)
    assert vendor.per_minute(after, vendor.taken[-1]) >= 0.9 * limit
    assert len(later) <= 0.03 * (taken + len(later))


def test_a_limit_that_is_halved_and_doubled_in_mid_run_is_followed() -> None:
    """Each time within a tenth in two minutes; at most 3 of 100 submits are refused."""
    vendor = a_night(300, ((0, 300), (200, 150), (560, 300)), 860)

    assert vendor.per_minute(320, 560) >= 0.9 * 150
    assert vendor.per_minute(680, 860) >= 0.9 * 300
    assert len(vendor.refused) <= 0.03 * (len(vendor.taken) + len(vendor.refused))


def test_what_you_set_is_the_most_of_any_minute() -> None:
    """A vendor that takes more than you allow is asked for no more, also after it took less for a while."""
    vendor = a_night(60, ((0, 20), (300, 600)), 900)

    starts = vendor.taken
    assert all(b - a >= 59 for a, b in zip(starts, starts[61:], strict=False))


def test_retry_after_is_waited_for_whatever_is_known() -> None:
    """The vendor's wait is the least, also where the limit is sure."""
    vendor = a_night(60, ((0, 20),), 600, retry_after=50)

    assert all(
        min((at for at in vendor.taken if at > refused), default=refused + 50) - refused >= 49.5
        for refused in vendor.refused
    )


@pytest.mark.parametrize(
    ("counts", "is_sure"),
    [
        ((20,), False),
        ((20, 20), True),
        ((20, 22), True),
        ((20, 30), False),
        ((2, 2), False),
        ((20, 3, 20), False),
    ],
)
def test_two_refusals_at_the_same_number_are_a_limit(counts: tuple[int, ...], is_sure: bool) -> None:
    """One may be another customer's of the same key."""
    seen = SeenLimit()
    for minute, count in enumerate(counts, start=1):
        seen = seen.refused(count, now=60.0 * minute)

    assert seen.is_sure is is_sure


def test_a_second_refusal_within_the_minute_counts_the_same_submits() -> None:
    """It shows nothing new: two runs that share a limit of few submits would hold each other down."""
    seen = SeenLimit().refused(20, now=60.0).refused(20, now=80.0)

    assert not seen.is_sure
