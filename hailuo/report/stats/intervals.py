"""How sure a rate, a difference, a lift or a cost is.

Two rules hold everywhere here. Events may be fractions (12.4 conversions are what Google reports). And what is
undefined is None, never a number: no trials, unknown counts, or more events than trials, as conversions after a mere
view exceed clicks; the rate may then still be shown, without an interval.

`dispersion` is phi of the quasi-likelihood (McCullagh & Nelder 1989, ch. 4.5): with phi > 1 there is more scatter
than chance alone gives, and a count is worth only its phi-th part, so events and trials are both divided by phi. For
a Wald interval this is widening by sqrt(phi). Phi below 1 is taken as 1: luck never narrows an interval.
"""

import math

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    score_test_proportions_2indep,
)
from statsmodels.stats.rates import confint_poisson

from hailuo.report.findings import Interval


def is_rate(events: float, trials: float) -> bool:
    """True where events of trials are a rate: both known, some trials, no more events than trials."""
    return 0 <= events <= trials and 0 < trials < math.inf  # NaN fails every comparison


def wilson(
    events: float, trials: float, *, confidence: float = 0.95, dispersion: float = 1.0
) -> Interval | None:
    """The score interval of a rate, within 0 and 1; None where there is no rate (see the module).

    Wilson 1927; recommended by Newcombe 1998, Stat. Med. 17, 857 (method 3, no continuity correction), as it keeps
    its promise for the small rates of ads where the textbook's interval does not.
    """
    if not is_rate(events, trials):
        return None
    phi = max(1.0, dispersion)
    low, high = proportion_confint(events / phi, trials / phi, alpha=1 - confidence, method="wilson")
    rate = events / trials  # at 0 and 1 rounding would leave an end just beside it
    return Interval(max(0.0, min(float(low), rate)), min(1.0, max(float(high), rate)))


def newcombe(
    events: float,
    trials: float,
    ref_events: float,
    ref_trials: float,
    *,
    confidence: float = 0.95,
    dispersion: float = 1.0,
) -> Interval | None:
    """The interval of rate minus reference rate, within -1 and 1; None where either is no rate.

    Newcombe 1998, Stat. Med. 17, 873, method 10. The library's score method fails on zero cells; this one never does.
    """
    if not (is_rate(events, trials) and is_rate(ref_events, ref_trials)):
        return None
    counts = _effective(events, trials, ref_events, ref_trials, dispersion)
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff", alpha=1 - confidence)
    return Interval(max(-1.0, float(low)), min(1.0, float(high)))


def lift(
    events: float,
    trials: float,
    ref_events: float,
    ref_trials: float,
    *,
    confidence: float = 0.95,
    dispersion: float = 1.0,
) -> tuple[float | None, Interval | None]:
    """The rate over the reference rate, minus 1 (0.2 is a fifth more), with its interval.

    (None, None) without a reference to compare with: no rate, or no reference events. The interval is exp of the
    log risk ratio with its delta-method error (Katz et al. 1978, Biometrics 34, 469). With no events at all the lift
    is -1 and its upper end is Walter's, half an event added (Fagerland et al. 2015, Stat. Methods Med. Res. 24, 224).
    The interval is None where both rates are 1: nothing shows how much they vary. With next to no reference events
    its upper end is open.
    """
    if not (is_rate(events, trials) and is_rate(ref_events, ref_trials) and ref_events):
        return None, None
    value = (events / trials) / (ref_events / ref_trials) - 1
    if events == trials and ref_events == ref_trials:
        return value, None
    counts = _effective(events, trials, ref_events, ref_trials, dispersion)
    method = "log" if events else "log-adjusted"
    with np.errstate(over="ignore"):  # a thousandth of a reference event: the upper end is beyond any number
        low, high = confint_proportions_2indep(*counts, method=method, compare="ratio", alpha=1 - confidence)
    return value, Interval(float(low) - 1 if events else -1.0, float(high) - 1 if high < math.inf else None)


def two_sample_p(
    events: float,
    trials: float,
    ref_events: float,
    ref_trials: float,
    *,
    dispersion: float = 1.0,
    freedom: float = math.inf,
) -> float:
    """The two-sided p-value of two equal rates; 1.0 where nothing speaks against it, an undefined rate included.

    The score test with variance N/(N-1), that is, the "N-1" chi-square: Campbell 2007, Stat. Med. 26, 3661. It
    matches the score intervals of Wilson and Newcombe. With few degrees of `freedom` behind the dispersion, tails are
    Student's: 5 % stay 5 %, and what is far out is less surprising.
    """
    if not (is_rate(events, trials) and is_rate(ref_events, ref_trials)):
        return 1.0
    effective = _effective(events, trials, ref_events, ref_trials, dispersion)
    none_or_all = events + ref_events in {0, trials + ref_trials}
    if none_or_all or effective[1] + effective[3] <= 1:
        return 1.0
    found = score_test_proportions_2indep(*effective, compare="diff", correction=True, return_results=False)
    if math.isinf(freedom):
        return float(found[1])
    away = float(norm.isf(found[1] / 2)) * float(student.isf(0.025, freedom)) / float(norm.isf(0.025))
    return float(2 * student.sf(away, freedom))


def cost_per_event(
    spend: float, events: float, *, confidence: float = 0.95, dispersion: float = 1.0
) -> tuple[float | None, Interval]:
    """Spend per event with the exact Poisson limits of the events (Garwood 1936, Biometrika 28, 437).

    Without an event there is no cost, only "more than": (None, Interval(low, None)), `low` by the one-sided limit
    (3.0 events at 95 %). An unknown or negative spend or count gives (None, Interval(None, None)).
    """
    if not (0 <= spend < math.inf and 0 <= events < math.inf):
        return None, Interval(None, None)
    phi = max(1.0, dispersion)
    if not events:
        return None, Interval(spend / phi / -math.log(1 - confidence), None)
    few, many = confint_poisson(events / phi, 1, method="exact-c", alpha=1 - confidence)
    dearest = spend / phi / float(few) if few > 0 else math.inf
    return spend / events, Interval(spend / phi / float(many), dearest if math.isfinite(dearest) else None)


def _effective(
    events: float, trials: float, ref_events: float, ref_trials: float, dispersion: float
) -> tuple[float, float, float, float]:
    """The counts worth as much in a world of pure chance."""
    phi = max(1.0, dispersion)
    return events / phi, trials / phi, ref_events / phi, ref_trials / phi
