"""The only access to time, and the only way to wait.

Everything that waits takes a `Clock`, so that a night passes in a test within a second
(see `hailuo.testing.VirtualClock`).
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic seconds for waits."""

    def now(self) -> datetime:
        """The wall time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait. Zero or less only yields to other tasks."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        import asyncio  # noqa: PLC0415 (slow to load, and commands that only read files do without)

        await asyncio.sleep(max(0.0, seconds))


class Stopwatch:
    """The time since it was started, a suspend of the machine included.

    Monotonic time stops while a machine sleeps, and wall time may be set back: the longer of the two counts.
    """

    def __init__(self, clock: Clock, *, started_seconds_ago: float = 0.0) -> None:
        self._clock = clock
        self._monotonic = clock.monotonic() - started_seconds_ago
        self._wall = clock.now() - timedelta(seconds=started_seconds_ago)

    @property
    def seconds(self) -> float:
        wall = (self._clock.now() - self._wall).total_seconds()
        return max(self._clock.monotonic() - self._monotonic, wall)


class RehearsalClock:
    """A clock that runs `speed` times as fast as the machine's, from the time it was made on."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._system = SystemClock()
        self._started_at = self._system.now()
        self._started = self._system.monotonic()

    def now(self) -> datetime:
        return self._started_at + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (self._system.monotonic() - self._started) * self._speed

    async def sleep(self, seconds: float) -> None:
        await self._system.sleep(seconds / self._speed)
