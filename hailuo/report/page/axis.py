"""From values to places: one axis for all rows of a chart, so that they can be compared."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from hailuo.report.findings import Interval

_EDGE: Final = 4.0
"""Per cent kept free at both ends, for marks and the text of the outer ticks."""
_CALM: Final = 0.9
"""The share of interval ends that the axis always shows; the widest tenth may run off its edge, with an arrow."""
_FAR: Final = 1.6
"""They do where showing them would stretch the axis by more than this."""


@dataclass(frozen=True, slots=True)
class ChartAxis:
    """From `low` to `high`, in the unit of the values."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """The place in per cent of the width; what lies beyond an end is put at its edge."""
        share = (value - self.low) / (self.high - self.low)
        return _EDGE + (100 - 2 * _EDGE) * min(1.0, max(0.0, share))

    def ticks(self, about: int = 4) -> tuple[float, ...]:
        """Round values within the axis, their step 1, 2, 2.5 or 5 times a power of ten."""
        step = self.step(about)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return tuple(number * step for number in range(first, last + 1))

    def step(self, about: int = 4) -> float:
        """The distance of the ticks."""
        rough = (self.high - self.low) / about
        power = 10 ** floor(log10(rough))
        return float(
            next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough - 1e-12 * power)
        )


def axis_of(
    intervals: Iterable[Interval | None], values: Sequence[float], *, around: float | None = None
) -> ChartAxis:
    """An axis that shows all values and nearly all of the intervals; `around` is a value that it must contain.

    One creative with ten impressions has an interval across the page, and would press all others together.
    """
    known = [interval for interval in intervals if interval is not None]
    lows = sorted(i.low for i in known if i.low is not None)
    highs = sorted((i.high for i in known if i.high is not None), reverse=True)
    always = [*values, *([around] if around is not None else [])]
    inner, whole = [*always, *_most(lows), *_most(highs)], [*always, *lows, *highs]
    if not whole:
        return ChartAxis(0.0, 1.0)
    ends = whole if max(whole) - min(whole) <= _FAR * (max(inner) - min(inner)) else inner
    low, high = min(ends), max(ends)
    spare = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
    return ChartAxis(max(0.0, low - spare) if low >= 0 else low - spare, high + spare)


def _most(ends: Sequence[float]) -> Sequence[float]:
    """Without the outermost tenth, from eight on."""
    left_out = floor(len(ends) * (1 - _CALM) + 1e-9) if len(ends) >= 8 else 0
    return ends[left_out:]
