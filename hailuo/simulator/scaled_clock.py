"""Simulated time: the clock's, `speed` times as fast, from the moment the vendor was set up."""

from datetime import datetime

from hailuo.clock import Clock


class ScaledClock:
    """What the vendor lives by. Its seconds are simulated ones; dates are the clock's own."""

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
        """Wait for so many simulated seconds."""
        await self._clock.sleep(seconds / self.speed)

    async def outwait_clients(self, seconds: float) -> None:
        """Wait for so many of the clock's seconds: clients do not hurry because the vendor does."""
        await self._clock.sleep(seconds)
