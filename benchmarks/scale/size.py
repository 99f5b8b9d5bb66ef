"""How large the proof is, and how fast everything goes."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Jobs (an even number), machines, and the paces.

    The vendor lives `speed` times as fast as the day and takes `vendor_per_minute` submits of a real minute; the
    campaign's own limit stays below that, since four clocks at once may each be a submit early in a minute as short as the
    vendor's.
    """

    jobs: int = 2000
    machines: int = 4
    speed: float = 10.0
    vendor_per_minute: int = 600
    submits_per_minute: int = 480
    in_flight: int = 240

    @property
    def vendor_per_own_minute(self) -> int:
        """The limit as the vendor counts it, in its own quick minutes."""
        return int(self.vendor_per_minute / self.speed)

    @property
    def settings(self) -> Mapping[str, str]:
        """The paces of the flows, as their environment has them; the vendor's refresh is 15 of its seconds."""
        return {
            "HAILUO_SUBMITS_PER_MINUTE": str(self.submits_per_minute),
            "HAILUO_IN_FLIGHT": str(self.in_flight),
            "HAILUO_POLL_FIRST_SECONDS": str(40 / self.speed),
            "HAILUO_POLL_EVERY_SECONDS": str(20 / self.speed),
            "HAILUO_DEADLINE_SECONDS": "600",
            "HAILUO_MAX_JOBS": str(max(10_000, self.jobs)),
        }
