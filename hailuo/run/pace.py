"""Pace: how many submits a minute and how many tasks in flight, shared by all jobs; and when to poll a task."""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from hailuo.clock import Clock
from hailuo.run.seen_limit import SeenLimit

_FIRST_PAUSE_SECONDS = 15.0  # 15 to 60 s on "1002": docs/reference/vendor.md#errors
_LONGEST_PAUSE_SECONDS = 60.0
_LONGEST_RETRY_AFTER_SECONDS = 3600.0
_JITTER = 0.5
_CATCHING_UP = 2.0  # times the pace, while the last minute holds fewer than the limit that was seen
_SPARE = (
    0.005  # 0.3 s in a minute: a vendor that counts the last 60 s refuses a submit that comes a moment early
)
_WINDOW_SECONDS = (1 + _SPARE) * 60
_ON_THE_WAY_SECONDS = 1.0  # a submit may take so much longer to the vendor than one of a minute ago
_FLOOR_SECONDS = 8.0  # the vendor refreshes every 15 s: docs/reference/vendor.md#freshness
_FIRST_MISS_SECONDS, _LONGEST_MISS_SECONDS = 2.0, 30.0
_SHORTEST_WAIT_SECONDS = 1e-6  # less, and a loop's timer fires before the clock has moved


class LimitName(StrEnum):
    """What a submit or a poll may have to wait for."""

    FIRST_JOBS = "first_jobs"  # of its model, to show that it works
    PRICES = "prices"  # the first clip of its cell, to show what it is charged
    IN_FLIGHT = "in_flight"
    SUBMITS = "submits_per_minute"
    SLOWED = "slowed_by_vendor"  # the same two, after the vendor asked for less
    POLLS = "polls_per_minute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A wait for a limit, in the clock's monotonic seconds.

    `of` is the creative id of the job that waited alone, or the family whose own limit it was; None: the account's.
    """

    limit: LimitName
    since: float
    until: float
    of: str | None = None


HoldObserver = Callable[[Hold], None]


def no_hold_observer(hold: Hold) -> None:
    """No-op observer of waits."""
    del hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Aimd:
    """A limit that grows by addition and shrinks by multiplication, within its floor and ceiling."""

    value: float
    floor: float
    ceiling: float
    step: float

    def grown(self, step: float | None = None) -> "Aimd":
        return replace(self, value=min(self.ceiling, self.value + (self.step if step is None else step)))

    def cut(self) -> "Aimd":
        return self.cut_to(self.value / 2)

    def cut_to(self, value: float) -> "Aimd":
        return replace(self, value=max(self.floor, value))


class Limiter:
    """One gate for every submit of a run.

    In any window of `w` seconds at most `submits_per_minute * w / 60 + 1` submits start. A refusal for
    rate slows everybody once: the pause is the vendor's Retry-After or our own back-off, whichever is
    longer, lengthened by up to half at random and never shortened. Where two refusals show the vendor's limit, the last
    minute holds no more submits than that, until it has held for a while. `held` hears of each wait, as one of `of`.
    """

    def __init__(
        self,
        *,
        submits_per_minute: float,
        in_flight: int,
        clock: Clock,
        random: Random,
        held: HoldObserver = no_hold_observer,
        of: str | None = None,
    ) -> None:
        self._rate = Aimd(
            value=submits_per_minute,
            floor=min(0.5, submits_per_minute),
            ceiling=submits_per_minute,
            step=submits_per_minute / 20,
        )
        self._window = Aimd(value=in_flight, floor=1, ceiling=in_flight, step=max(0.25, in_flight / 120))
        self._seen = SeenLimit()
        self._starts = deque[float]()
        self._taken = deque[float]()
        self._clock = clock
        self._random = random
        self._held = held
        self._of = of
        self._queue = asyncio.Lock()
        self._room = asyncio.Event()
        self._pacing: asyncio.Future[None] | None = None
        self._turns = 0
        self._in_flight = 0
        self._next_start = clock.monotonic()
        self._paused_until = clock.monotonic()
        self._refusals = 0
        self._refused_since: float | None = None

    @property
    def submits_per_minute(self) -> float:
        """The pace at this moment."""
        return self._rate.value

    @property
    def most_submits_per_minute(self) -> float:
        """The pace that it never exceeds."""
        return self._rate.ceiling

    @property
    def most_in_flight(self) -> int:
        """The tasks in flight that it never exceeds."""
        return int(self._window.ceiling)

    @property
    def in_flight(self) -> int:
        return self._in_flight

    @property
    def refused_for_seconds(self) -> float:
        """How long the vendor has answered nothing but "slow down"."""
        return 0.0 if self._refused_since is None else self._clock.monotonic() - self._refused_since

    async def turn(self) -> int:
        """Wait for room in flight and for the pace; first come, first served. Ends with `leave`.

        Gives the number of the turn, for `give_back`.
        """
        async with self._queue:
            await self._wait_for_room()
            await self._wait_for_pace()
            self._next_start = self._after_start(self._clock.monotonic())
            self._in_flight += 1
            self._turns += 1
            return self._turns

    def _after_start(self, now: float) -> float:
        """When the next submit may start, after one that starts now."""
        self._starts.append(now)
        _keep_from(self._starts, now - _WINDOW_SECONDS - _ON_THE_WAY_SECONDS)
        if not self._seen.is_sure:
            return now + _WINDOW_SECONDS / self._rate.value
        at = now + _WINDOW_SECONDS / min(self._rate.ceiling, _CATCHING_UP * self._rate.value)
        quota = math.ceil(self._rate.value)
        is_full = quota <= len(self._starts)
        return max(at, self._starts[-quota] + _WINDOW_SECONDS + _ON_THE_WAY_SECONDS) if is_full else at

    def give_back(self, turn: int) -> None:
        """This turn started no submit: the next one takes its place at once, unless another has begun since."""
        if turn == self._turns:
            if self._starts:
                self._starts.pop()
            self._next_start = max(self._paused_until, self._clock.monotonic())
            if self._pacing:
                self._pacing.cancel()  # whoever waits looks again

    def occupy(self) -> None:
        """Count a task that is in flight already: found in the ledger, not submitted now."""
        self._in_flight += 1

    def leave(self) -> None:
        """Give the room back."""
        self._in_flight -= 1
        self._room.set()

    def accepted(self) -> None:
        """The vendor took a submit: recover a step."""
        self._refusals = 0
        self._refused_since = None
        now = self._clock.monotonic()
        self._taken.append(now)
        _keep_from(self._taken, now - 60)
        self._seen = self._seen.accepted()
        if not self._seen.is_sure:
            self._rate = self._rate.grown()
        elif self._seen.may_be_higher(now):
            self._rate = self._rate.grown(1.0)
        self._window = self._window.grown()
        self._room.set()

    def slow_down(self, retry_after_seconds: float | None, *, seconds_at_most: float = math.inf) -> None:
        """The vendor asked for less: pause everybody, `seconds_at_most` long, and go on below the limit that it showed.

        Where it showed none, at half the pace and with half the tasks in flight.
        """
        now = self._clock.monotonic()
        if self._refused_since is None:
            self._refused_since = now
        if self._starts:
            self._starts.pop()  # the vendor counts what it takes
        if now >= self._paused_until:  # answers to one burst are one refusal
            _keep_from(self._taken, now - 60)
            self._seen = self._seen.refused(len(self._taken), now=now)
            self._rate = self._rate.cut_to(self._seen.pace_below(self._rate.value))
            if not self._seen.is_sure:
                self._window = self._window.cut()
            self._refusals += 1
        pause = self._pause_seconds(retry_after_seconds)
        if (
            self._seen.is_likely
        ):  # until the first of them leaves the vendor's last minute, nothing else is taken
            pause = max(pause, self._taken[0] + _WINDOW_SECONDS - now)
        until = now + min(seconds_at_most, pause)
        self._paused_until = max(self._paused_until, until)
        self._next_start = max(self._next_start, self._paused_until)

    def _pause_seconds(self, retry_after_seconds: float | None) -> float:
        own = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** (min(self._refusals, 8) - 1))
        asked = min(retry_after_seconds or 0.0, _LONGEST_RETRY_AFTER_SECONDS)
        return max(own, asked) * (1 + _JITTER * self._random.random())

    async def _wait_for_pace(self) -> None:
        while (wait := self._next_start - (since := self._clock.monotonic())) > 0:
            is_slowed = self._rate.value < self._rate.ceiling or self._paused_until >= self._next_start
            self._pacing = asyncio.ensure_future(self._clock.sleep(max(wait, _SHORTEST_WAIT_SECONDS)))
            try:
                await asyncio.wait({self._pacing})
            finally:
                self._pacing.cancel()
            self._was_held(LimitName.SLOWED if is_slowed else LimitName.SUBMITS, since)

    async def _wait_for_room(self) -> None:
        while self._in_flight >= int(self._window.value):
            since, is_slowed = self._clock.monotonic(), int(self._window.value) < int(self._window.ceiling)
            self._room.clear()
            await self._room.wait()
            self._was_held(LimitName.SLOWED if is_slowed else LimitName.IN_FLIGHT, since)

    def _was_held(self, limit: LimitName, since: float) -> None:
        self._held(Hold(limit=limit, since=since, until=self._clock.monotonic(), of=self._of))


def _keep_from(times: deque[float], since: float) -> None:
    while times and times[0] <= since:
        times.popleft()


class PollBudget:
    """The most polls a minute: a thousand tasks that may be asked after at one moment are asked one after the other."""

    def __init__(self, per_minute: float, *, clock: Clock) -> None:
        self._seconds = 60 / per_minute
        self._clock = clock
        self._next = clock.monotonic()

    def wait_seconds(self) -> float:
        """How long the next poll waits for its turn."""
        now = self._clock.monotonic()
        at = max(now, self._next)
        self._next = at + self._seconds
        return at - now


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSchedule:
    """First poll, pace, and the age at which a job is overdue; seconds, with up to `jitter` more or less.

    Where the pace `is_learned`, these hold only until it is, and for a vendor of which it cannot be learned. After `slow_after_seconds` the pace drops to `slow_every_seconds` (docs/reference/vendor.md#limits-and-times).
    """

    first_seconds: float = 20.0
    every_seconds: float = 10.0
    slow_after_seconds: float = 300.0
    slow_every_seconds: float = 17.0
    deadline_seconds: float = 1800.0
    jitter: float = 0.2
    polls_per_minute: float = 2400.0
    is_learned: bool = False

    def wait_seconds(self, *, age_seconds: float, polled: bool, random: Random) -> float:
        """How long to wait before the next poll of a task submitted `age_seconds` ago.

        A task found in the ledger that is already older than the first poll is spread over one pace.
        """
        if not polled:
            rest = self.first_seconds - age_seconds
            return (
                rest * (1 + self.jitter * random.random())
                if rest > 0
                else self.every_seconds * random.random()
            )
        pace = self.every_seconds if age_seconds < self.slow_after_seconds else self._slow_pace
        lowest = min(_FLOOR_SECONDS, self.every_seconds)
        return max(lowest, pace * (1 + self.jitter * (2 * random.random() - 1)))

    def wait_after_miss_seconds(
        self,
        *,
        misses: int,
        asked_seconds: float | None,
        random: Random,
        left_seconds: float = math.inf,
    ) -> float:
        """How long to wait after the `misses`-th poll in a row that got no answer; Retry-After is the floor.

        At most `left_seconds`, but never so short that no time passes on a clock: rounding can leave 1e-13 s.
        """
        own = min(_LONGEST_MISS_SECONDS, _FIRST_MISS_SECONDS * 2.0 ** min(misses - 1, 10))
        wait = max(own, asked_seconds or 0.0) * (1 + self.jitter * random.random())
        return max(_SHORTEST_WAIT_SECONDS, min(wait, left_seconds))

    def is_overdue(self, age_seconds: float) -> bool:
        return age_seconds >= self.deadline_seconds

    @property
    def _slow_pace(self) -> float:
        return max(self.every_seconds, self.slow_every_seconds)
