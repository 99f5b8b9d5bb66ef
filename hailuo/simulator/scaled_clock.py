"""Simulated time: a clock that runs `speed` times as fast."""

from datetime import datetime

from hailuo.clock import Clock


class ScaledClock:
    """The simulator's clock. Its seconds are simulated ones; its dates are those of the real clock."""

    def __init__(self, clock: Clock, *, speed: float) -> None:
        self._clock = clock
        self._started = clock.monotonic()
        self.speed = speed

    def seconds(self) -> float:
        """Simulated seconds since the start."""
        return (self._clock.monotonic() - self._started) * self.speed

    def now(self) -> datetime:
        """The clock's wall time, aware, in UTC."""
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        """Wait for this many simulated seconds."""
        await self._clock.sleep(seconds / self.speed)

    async def outwait_clients(self, seconds: float) -> None:
        """Wait for this many real seconds: the timeouts of clients are not scaled."""
        await self._clock.sleep(seconds)
