"""How sure a ratio of two sums is, from nothing but its days: ROAS or average watch time.

With totals only, no formula shows how much a single order or play varies; the days do. They are drawn whole, with
replacement, top and bottom together (a cluster bootstrap with blocks of one day). Longer blocks would respect that
good days come in runs, yet two weeks hold only two blocks of a week, which is no sample. Weekdays that differ steadily
make the interval wider than it needs to be; days that resemble their neighbours make it too narrow.

A percentile interval of few clusters is too narrow by nature; it is read at the wider quantiles that make it as wide
as Student's t would (Hesterberg 2015, Am. Stat. 69, 371).
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap, norm
from scipy.stats import t as student

from hailuo.report.findings import Interval

DAYS_NEEDED: Final = 14
RESAMPLES: Final = 10_000
_BATCH: Final = 1_000  # resamples in memory at once


def ratio_by_days(
    tops: Sequence[float], bottoms: Sequence[float], *, seed: int, confidence: float = 0.95
) -> Interval | None:
    """The interval of sum(tops) / sum(bottoms), one pair a day; the same seed gives the same interval.

    None below 14 days with something at the bottom: too few to see how days differ. A day on which either is unknown
    (NaN) does not count; one that cost nothing but earned (a late conversion) does.

    Raises:
        ValueError: as many tops as bottoms are needed.
    """
    days = np.array(list(zip(tops, bottoms, strict=True)), dtype=np.float64).reshape(-1, 2)
    days = days[np.isfinite(days).all(axis=1)]
    top, bottom = days[:, 0], days[:, 1]
    if np.count_nonzero(bottom > 0) < DAYS_NEEDED:
        return None
    # The confidence to ask the percentile interval for, so that it is as wide as Student's t on that many days.
    reach = math.sqrt(len(top) / (len(top) - 1)) * float(student.isf((1 - confidence) / 2, len(top) - 1))
    found = bootstrap(
        (top, bottom),
        _ratio,
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=RESAMPLES,
        batch=_BATCH,
        confidence_level=1 - 2 * float(norm.sf(reach)),
        rng=np.random.default_rng(seed),
    ).confidence_interval
    value = float(_ratio(top, bottom))
    return Interval(min(float(found.low), value), max(float(found.high), value))


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    return np.asarray(top.sum(axis=axis) / bottom.sum(axis=axis))
