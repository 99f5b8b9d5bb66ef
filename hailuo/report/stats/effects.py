"""Differences and lifts as (estimate, variance, trials), for the sequential methods; and p-values of many comparisons.

One comparison in twenty is "significant" by chance, so p-values are adjusted before anyone reads them. Fractional events
are fine; what is no rate (see `intervals`) is None.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control
from scipy.stats import t as student

from hailuo.report.findings import Interval
from hailuo.report.stats.intervals import is_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """An estimate against the reference, the variance of that estimate, the trials of both arms, and Welch's degrees
    of freedom.
    """

    value: float
    variance: float
    trials: float
    freedom: float


def difference(events: float, trials: float, ref_events: float, ref_trials: float) -> Effect | None:
    """Rate minus reference rate; None where that is no comparison of two rates, or no arm has varied yet."""
    spread, ref_spread = _spread(events, trials), _spread(ref_events, ref_trials)
    if spread is None or ref_spread is None or not spread + ref_spread:
        return None
    freedom = (spread + ref_spread) ** 2 / (spread**2 / (trials - 1) + ref_spread**2 / (ref_trials - 1))
    value = events / trials - ref_events / ref_trials
    return Effect(value=value, variance=spread + ref_spread, trials=trials + ref_trials, freedom=freedom)


def relative(events: float, trials: float, ref_events: float, ref_trials: float) -> Effect | None:
    """The lift with its delta-method variance; None where `difference` is, or without reference events.

    Var(b/a) = var(b)/a^2 + var(a) b^2/a^4 (Deng, Knoblich & Lu 2018, KDD).
    """
    found = difference(events, trials, ref_events, ref_trials)
    spread, ref_spread = _spread(events, trials), _spread(ref_events, ref_trials)
    if found is None or spread is None or ref_spread is None or not ref_events:
        return None
    ref_rate = ref_events / ref_trials
    ratio = events / trials / ref_rate
    variance = (spread + ref_spread * ratio**2) / ref_rate**2
    return Effect(value=ratio - 1, variance=variance, trials=found.trials, freedom=found.freedom)


def fixed_interval(effect: Effect, *, confidence: float = 0.95) -> Interval:
    """The interval for one look that was planned beforehand, by Welch's t."""
    half = float(student.isf((1 - confidence) / 2, effect.freedom)) * math.sqrt(effect.variance)
    return Interval(effect.value - half, effect.value + half)


def fixed_p(effect: Effect) -> float:
    """The two-sided p-value for one look that was planned beforehand, by Welch's t."""
    return float(2 * student.sf(abs(effect.value) / math.sqrt(effect.variance), effect.freedom))


def _spread(events: float, trials: float) -> float | None:
    """The variance of a rate, p (1 - p) / n; None where that is not defined, or Welch's degrees of freedom are not."""
    if not is_rate(events, trials) or trials <= 1:
        return None
    rate = events / trials
    return rate * (1 - rate) / trials


def holm(ps: Sequence[float]) -> list[float]:
    """The p-values adjusted, in the order given, so that at 5 % any false alarm at all is at most 5 % likely.

    For comparisons with a control and the levels of one factor. Holm 1979, Scand. J. Stat. 6, 65. Written out, as
    statsmodels' multipletests collects garbage at every call, which takes a hundred times as long as the rest.
    """
    order = np.argsort(ps)
    stepped = np.asarray(ps, dtype=float)[order] * np.arange(len(ps), 0, -1)
    adjusted = np.empty(len(ps))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(stepped))
    return [float(p) for p in adjusted]


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """The p-values adjusted, in the order given, so that at 5 % at most 5 % of the findings are expected to be false.

    For a screen of all variants. Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57, 289.
    """
    return [float(p) for p in false_discovery_control(ps, method="bh")] if ps else []
