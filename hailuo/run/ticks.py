"""When the vendor shows news: it refreshes every 15 s, and asking between two refreshes shows nothing new.

Source: docs/reference/vendor.md#freshness. The phase of the refresh is learned from what polls saw change.
"""

import math
from collections import deque
from typing import Final

TICK_SECONDS: Final = 15.0
_NARROW_SECONDS: Final = 1.0
_LEAST_WIDTH_SECONDS: Final = 0.3
_AFTER_SECONDS: Final = 0.2
_REMEMBERED: Final = 12
_CONTRADICTIONS_AT_MOST: Final = 4


class Ticks:
    """The seconds of the run's monotonic clock at which the vendor may refresh, as an arc of the circle of 15 s.

    Each change that a poll saw narrows the arc: the refresh came after the last poll without it was sent, and before the
    answer that showed it. Where changes contradict each other too often, no phase is known.
    """

    def __init__(self) -> None:
        self._start = 0.0
        self._width = TICK_SECONDS
        self._fitting: deque[bool] = deque(maxlen=_REMEMBERED)

    @property
    def is_known(self) -> bool:
        return self._width < TICK_SECONDS and self._fitting.count(False) < _CONTRADICTIONS_AT_MOST

    @property
    def is_narrow(self) -> bool:
        """Whether one question after the arc loses no time that matters."""
        return self.is_known and self._width <= _NARROW_SECONDS

    def changed(self, after: float, by: float) -> None:
        """A refresh came after second `after` and by second `by`."""
        width = by - after
        if not 0 < width < TICK_SECONDS:
            return
        offset = (after - self._start) % TICK_SECONDS
        arcs = ((max(0.0, at), min(self._width, at + width)) for at in (offset, offset - TICK_SECONDS))
        low, high = max(arcs, key=lambda arc: arc[1] - arc[0])
        fits = high > low
        self._fitting.append(fits)
        if not fits:  # it has moved: what was known before is forgotten
            self._start, self._width = after % TICK_SECONDS, width
            return
        spare = max(0.0, _LEAST_WIDTH_SECONDS - (high - low)) / 2
        self._start = (self._start + low - spare) % TICK_SECONDS
        self._width = high - low + 2 * spare

    def next_end(self, after: float) -> float:
        """The first second after `after` at which a refresh is over."""
        end = self._start + self._width + _AFTER_SECONDS
        return end + (math.floor((after - end) / TICK_SECONDS) + 1) * TICK_SECONDS

    def within(self, end: float, share: float) -> float:
        """The second at this share of the arc that ends with `next_end`'s answer: asking there narrows it."""
        return end - _AFTER_SECONDS - self._width * (1 - share)
