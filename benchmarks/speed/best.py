"""The best schedule of a night, by simple arithmetic of its own: nothing here knows the engine.

It knows every true render time beforehand, which no run does. The longest goes first; a submit starts when the pace
allows it and one of the places in flight is free; a clip frees its place at the vendor's tick after it is rendered.
"""

import heapq
import math
from collections.abc import Iterable
from typing import Final

TICK_SECONDS: Final = 15.0


def best_seconds(
    renders: Iterable[float], *, submits_per_minute: float, in_flight: int, began: float = 0.0
) -> float:
    """From the first submit to the tick that shows the last clip. `began` is when, in the vendor's seconds."""
    places: list[float] = []
    start, last = began, began
    for number, seconds in enumerate(sorted(renders, reverse=True)):
        start = max(start, began + number * 60 / submits_per_minute)
        if len(places) >= in_flight:
            start = max(start, heapq.heappop(places))
        shown = math.ceil((start + seconds) / TICK_SECONDS) * TICK_SECONDS
        heapq.heappush(places, shown)
        last = max(last, shown)
    return last - began
