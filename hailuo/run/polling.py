"""When to ask for a task again: a schedule given as data."""

from dataclasses import dataclass
from random import Random

_FLOOR_SECONDS = 8.0  # the vendor refreshes every 15 s: docs/vendor.md#freshness
_FIRST_MISS_SECONDS, _LONGEST_MISS_SECONDS = 2.0, 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSchedule:
    """First poll, pace, and the age at which a job is overdue; seconds, with up to `jitter` more or less.

    After `slow_after_seconds` the pace drops to `slow_every_seconds` (docs/vendor.md#limits-and-times).
    """

    first_seconds: float = 20.0
    every_seconds: float = 10.0
    slow_after_seconds: float = 300.0
    slow_every_seconds: float = 17.0
    deadline_seconds: float = 1800.0
    jitter: float = 0.2

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

    def wait_after_miss_seconds(self, *, misses: int, asked_seconds: float | None, random: Random) -> float:
        """How long to wait after the `misses`-th poll in a row that got no answer; Retry-After is the floor."""
        own = min(_LONGEST_MISS_SECONDS, _FIRST_MISS_SECONDS * 2.0 ** min(misses - 1, 10))
        return max(own, asked_seconds or 0.0) * (1 + self.jitter * random.random())

    def is_overdue(self, age_seconds: float) -> bool:
        return age_seconds >= self.deadline_seconds

    @property
    def _slow_pace(self) -> float:
        return max(self.every_seconds, self.slow_every_seconds)
