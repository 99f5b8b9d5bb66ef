"""How large the campaign is, and how fast everything goes."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Size"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Jobs (an even number), submits a minute, the vendor's speed, and how often all of it is done.

    The clients' clock is real, and so is the pace of their polls. Only the vendor renders `speed` times as fast as the
    day, so that no repetition waits ten minutes for its slowest clip.
    """

    jobs: int = 400
    submits_per_minute: int = 100
    speed: float = 3.0
    rounds: int = 3
    at_once: bool = True

    @property
    def vendor_per_own_minute(self) -> int:
        """What the vendor allows in a minute of its own: a fifth more than is asked for, so that nobody is refused."""
        return max(1, round(1.2 * self.submits_per_minute / self.speed))

    @property
    def settings(self) -> Mapping[str, str]:
        """The pace of the submits is what bounds the run: there is room in flight for every job, polls are the default."""
        return {
            "HAILUO_SUBMITS_PER_MINUTE": str(self.submits_per_minute),
            "HAILUO_IN_FLIGHT": str(min(1000, self.jobs)),
        }
