"""How large the campaign is, and how fast everything goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_ROOM: Final = 1000
"""The most tasks in flight that the settings allow: never what holds a run up here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Submits a minute of the client's clock; the vendor's speed, and what it allows in a minute of its own."""

    submits_per_minute: int
    vendor_speed: float
    vendor_per_minute: int

    @property
    def settings(self) -> Mapping[str, str]:
        """Only the pace of the submits holds a run up: there is room in flight, and the polls are as always."""
        return {
            "HAILUO_SUBMITS_PER_MINUTE": str(self.submits_per_minute),
            "HAILUO_IN_FLIGHT": str(_ROOM),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Jobs (an even number), submits a minute, the vendor's speed, and how often all of it is done.

    The clients' clocks are real. Only the vendor renders `speed` times as fast as the day, so that no round waits ten
    minutes for its slowest clip. Fewer polls a job leave the library less to do, and so make the flow's share larger.
    """

    jobs: int = 400
    submits_per_minute: int = 160
    speed: float = 4.0
    rounds: int = 3
    at_once: bool = True

    @property
    def pace(self) -> Pace:
        """The vendor allows a fifth more than it is asked for: nobody is refused for two clocks that differ."""
        allowed = max(1, round(1.2 * self.submits_per_minute / self.speed))
        return Pace(
            submits_per_minute=self.submits_per_minute, vendor_speed=self.speed, vendor_per_minute=allowed
        )
