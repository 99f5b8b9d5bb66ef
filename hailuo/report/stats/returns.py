"""How sure a return on ad spend is, also after a few days: how many orders came, and what an order is worth, apart.

Orders are few and their values have a heavy tail, so days as such say little below two weeks. The count is Poisson with
the dispersion of its days. The mean value of an order is log-normal around what was counted; how much single orders
differ is learned from all clips together, because one clip's ten orders cannot show a tail.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv
from scipy.stats import norm

from hailuo.report.findings import Interval

USUAL_CV2: Final = 1.0
"""Squared coefficient of variation of order values where nothing is known: baskets that double or halve are usual."""
USUAL_DF: Final = 4.0
"""Degrees of freedom that this guess is worth."""
USUAL_BETWEEN: Final = 0.1
"""Squared coefficient of variation of clips' mean order values where nothing is known, and the degrees of freedom that it
is worth: clips that sell the same things differ by about a third.
"""
LEAST_BETWEEN: Final = 0.02

_Floats = npt.NDArray[np.float64]
_COUNTS: Final = (np.arange(400) + 0.5) / 400
_VALUES: Final = norm.ppf((np.arange(61) + 0.5) / 61)


class OrderValues(NamedTuple):
    """What an order is worth: the mean of all clips, the squared coefficient of variation of single orders (`cv2`), and
    that of clips' true means (`between`).
    """

    mean: float
    cv2: float
    between: float

    @property
    def worth(self) -> float:
        """Orders of a clip's own that the mean of all counts for."""
        return self.cv2 / self.between


def order_values(clips: npt.ArrayLike, orders: npt.ArrayLike, revenue: npt.ArrayLike) -> OrderValues | None:
    """From rows of several orders each: `clips` is the clip of every row; None without an order that has a value.

    A row's revenue varies around orders times the clip's mean by the orders' variance (weighted moments). Clips differ
    in their mean; each is drawn towards the mean of all, as far as its few orders cannot tell.
    """
    clip, n, value = (np.asarray(one) for one in (clips, orders, revenue))
    known = (n > 0) & (value > 0)
    clip, n, value = clip[known], n[known].astype(float), value[known].astype(float)
    if not len(n):
        return None
    mean = float(value.sum() / n.sum())
    _, at = np.unique(clip, return_inverse=True)
    size, rows = np.bincount(at, n), np.bincount(at)
    # A clip's own mean, as if the mean of all had been seen in one more order.
    own = (np.bincount(at, value) + mean) / (size + 1)
    surprise = (value - n * own[at]) ** 2 / (n * own[at] ** 2)
    freedom = float(np.sum(rows - 1))
    cv2 = (float(surprise.sum()) + USUAL_DF * USUAL_CV2) / (freedom + USUAL_DF)
    # Clips' means scatter by cv2 / orders from chance, and by `between`: moments, weighed by orders.
    apart = float(np.sum(size * (np.bincount(at, value) / size / mean - 1) ** 2)) - cv2 * (len(size) - 1)
    lever = float(size.sum() - (size**2).sum() / size.sum())
    freedom = float(len(size) - 1)
    seen = apart / lever if lever > 0 else 0.0
    between = (freedom * max(0.0, seen) + USUAL_DF * USUAL_BETWEEN) / (freedom + USUAL_DF)
    return OrderValues(mean, cv2, max(LEAST_BETWEEN, between))


def return_interval(
    orders: float,
    revenue: float,
    spend: float,
    values: OrderValues,
    *,
    confidence: float = 0.95,
    dispersion: float = 1.0,
) -> Interval | None:
    """The interval of revenue over spend; None without spend. Without an order it is "less than": 0 to its upper end.

    Orders are Gamma with half an order added (Jeffreys), worth their phi-th part. The mean value of an order is log-normal,
    drawn towards that of all clips, as a few orders of a clip's own rarely show the large ones.
    """
    if not spend > 0 or revenue < 0:
        return None
    phi, tail = max(1.0, dispersion), (1 - confidence) / 2
    counted = max(orders, 1.0 if revenue else 0.0)
    value = (revenue + values.worth * values.mean) / (counted + values.worth)
    shape = counted / phi + 0.5
    rates = gammaincinv(shape, _COUNTS) * phi / spend
    spread = np.sqrt(np.log1p(values.cv2 / (counted + values.worth)))
    draws = rates[:, None] * (value * np.exp(spread * _VALUES))[None, :]
    low, high = np.quantile(draws, [tail, 1 - tail])
    ratio = revenue / spend
    return Interval(min(float(low), ratio) if counted else 0.0, max(float(high), ratio))
