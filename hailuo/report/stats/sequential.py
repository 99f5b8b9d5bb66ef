"""For those who peek: intervals and p-values that hold at every look at once, however often one looks.

A fixed-horizon test read 60 times on the way finds a difference between equal ads in a third of all tests. What is
here may be read after every day and acted upon at once; the price is an interval 1.55 times as wide at `horizon`.

The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2021 (arXiv 2103.06476v7, eq. 9)
for means with an estimated variance; it rests on Robbins' normal mixture (1970, Ann. Math. Stat. 41, 1397), and its
p-value is the always valid one of Johari, Koomen, Pekelis & Walsh 2022 (Oper. Res. 70, 1806). Being asymptotic it
wants a few tens of events an arm before its word counts; `mixture_interval` holds from the first trial on.

`horizon` is where the sequence is tightest, in trials of both arms together (`mixture_interval`: of the one arm). It
is set before the test; being wrong by a factor of two costs 1 % in width and never validity.
`dispersion` is that of `intervals`: counts and horizon are divided by it.
"""

import math
from collections.abc import Callable
from typing import Final

from scipy.optimize import brentq
from scipy.special import betaln, xlog1py, xlogy

from hailuo.report.findings import Interval
from hailuo.report.stats.effects import Effect, difference
from hailuo.report.stats.intervals import is_rate

_NOTHING_KNOWN: Final = Interval(-1.0, 1.0)
_NEAR: Final = 1e-12  # how near to 0 and 1 a rate is looked for


def sequence_interval(effect: Effect, *, horizon: float, confidence: float = 0.95) -> Interval:
    """The interval of the effect that holds at all looks together; it leaves out 0 just when `sequence_p` is below
    1 - confidence.
    """
    half = _half_width(effect, horizon, confidence)
    return Interval(effect.value - half, effect.value + half)


def sequence_p(effect: Effect, *, horizon: float, confidence: float = 0.95) -> float:
    """The p-value of no effect that holds at all looks together: one over the mixture's evidence, at most 1.

    `confidence` only tunes where the sequence is tightest.
    """
    scale = _scale(effect, horizon, confidence)
    log_evidence = effect.value**2 / effect.variance * (scale - 1) / (2 * scale) - math.log(scale) / 2
    return math.exp(-max(0.0, log_evidence))


def surprise_needed(trials: float, *, horizon: float, p: float, confidence: float = 0.95) -> float:
    """The squared distance from 0, in standard errors, at which `sequence_p` is `p` after so many trials."""
    scale = 1 + trials / horizon * _evidence_at_horizon(confidence)
    return 2 * scale / (scale - 1) * (math.log(scale) / 2 - math.log(p))


def confidence_sequence(  # noqa: PLR0913 (two arms are four numbers)
    events: float,
    trials: float,
    ref_events: float,
    ref_trials: float,
    *,
    horizon: float,
    confidence: float = 0.95,
    dispersion: float = 1.0,
) -> Interval | None:
    """The interval of rate minus reference rate that holds at all looks together, within -1 and 1.

    None where either is no rate. Before anything has varied all is possible: from -1 to 1.
    """
    if not (is_rate(events, trials) and is_rate(ref_events, ref_trials)):
        return None
    phi = max(1.0, dispersion)
    effect = difference(events / phi, trials / phi, ref_events / phi, ref_trials / phi)
    if effect is None:
        return _NOTHING_KNOWN
    half = _half_width(effect, horizon / phi, confidence)
    return Interval(max(-1.0, effect.value - half), min(1.0, effect.value + half))


def sequential_p(  # noqa: PLR0913 (two arms are four numbers)
    events: float,
    trials: float,
    ref_events: float,
    ref_trials: float,
    *,
    horizon: float,
    confidence: float = 0.95,
    dispersion: float = 1.0,
) -> float:
    """The p-value of two equal rates that holds at all looks together; 1.0 where nothing speaks against it, an
    undefined rate included.
    """
    phi = max(1.0, dispersion)
    effect = difference(events / phi, trials / phi, ref_events / phi, ref_trials / phi)
    if effect is None:
        return 1.0
    return sequence_p(effect, horizon=horizon / phi, confidence=confidence)


def mixture_interval(
    events: float, trials: float, *, horizon: float, confidence: float = 0.95, dispersion: float = 1.0
) -> Interval | None:
    """The interval of one rate that holds at all looks together, from the first trial on; None where there is no rate.

    The rates that a beta-binomial mixture around them does not refute (Howard, Ramdas, McAuliffe & Sekhon 2021, Ann.
    Stat. 49, 1055): under rate p the mixing distribution is Beta(r p, r (1 - p)), and the ratio of the mixed
    likelihood to that of p is a martingale, so it ever exceeds 1/alpha with probability at most alpha (Ville).
    """
    if not is_rate(events, trials):
        return None
    phi = max(1.0, dispersion)
    happened, missed = events / phi, (trials - events) / phi
    weight = max(1.0, horizon / phi / _evidence_at_horizon(confidence) - 1)
    bar = -math.log(1 - confidence)

    def excess(guess: float) -> float:
        """The log of the mixed likelihood over that of the guess, beyond the bar."""
        mixed = betaln(weight * guess + happened, weight * (1 - guess) + missed)
        prior = betaln(weight * guess, weight * (1 - guess))
        return float(mixed - prior - xlogy(happened, guess) - xlog1py(missed, -guess)) - bar

    rate = events / trials
    return Interval(_crossing(excess, 0.0, rate), _crossing(excess, 1.0, rate))


def _half_width(effect: Effect, horizon: float, confidence: float) -> float:
    scale = _scale(effect, horizon, confidence)
    evidence = math.log(math.sqrt(scale) / (1 - confidence))
    return math.sqrt(effect.variance * 2 * scale / (scale - 1) * evidence)


def _scale(effect: Effect, horizon: float, confidence: float) -> float:
    """1 + trials rho^2, rho being the mixture's width that is tightest at the horizon (arXiv 2103.06476v7, eq. 161)."""
    return 1 + effect.trials / horizon * _evidence_at_horizon(confidence)


def _evidence_at_horizon(confidence: float) -> float:
    """rho^2 times the horizon: 7.94 at 95 %."""
    doubled = -2 * math.log(1 - confidence)
    return doubled + math.log(doubled + 1)


def _crossing(excess: Callable[[float], float], end: float, rate: float) -> float:
    """Where the evidence against a guess reaches the bar between the observed rate and an end of the scale."""
    outside = abs(end - _NEAR)
    inside = min(max(rate, _NEAR), 1 - _NEAR)
    if rate == end or excess(outside) <= 0:
        return end
    return float(brentq(excess, outside, inside, xtol=1e-15))
