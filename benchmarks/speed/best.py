"""The best schedule of a night, by simple arithmetic of its own: nothing here knows the engine.

A submit starts a gap of the pace after the one before, and when one of the places in flight is free; a clip frees its place at the vendor's
tick after it is rendered. The best schedule knows every render time beforehand, which no run can: two clips of one
cell differ by luck. So there is a second one, in the run's own order: what it loses is lost by canaries, polls and pace.
"""

import heapq
import math
from collections.abc import Sequence
from typing import Final

TICK_SECONDS: Final = 15.0


def best_seconds(
    renders: Sequence[float], *, submits_per_minute: float, in_flight: int, began: float = 0.0
) -> float:
    """With every render time known: the longest first."""
    longest_first = sorted(renders, reverse=True)
    return in_order_seconds(
        longest_first, submits_per_minute=submits_per_minute, in_flight=in_flight, began=began
    )


def in_order_seconds(
    renders: Sequence[float], *, submits_per_minute: float, in_flight: int, began: float = 0.0
) -> float:
    """In this order, without any loss: from the first submit to the tick that shows the last clip.

    `began` is when, in the vendor's seconds.
    """
    places: list[float] = []
    start, last = began - 60 / submits_per_minute, began
    for seconds in renders:
        start += 60 / submits_per_minute
        if len(places) >= in_flight:
            start = max(start, heapq.heappop(places))
        shown = math.ceil((start + seconds) / TICK_SECONDS) * TICK_SECONDS
        heapq.heappush(places, shown)
        last = max(last, shown)
    return last - began
