"""What is known of a creative beside its own few clicks: empirical Bayes, creatives shrunk towards a prior mean.

A creative's rate is drawn from Beta(prior k, (1 - prior) k), so that k is worth that many trials of its own. Where days
scatter by phi (see `dispersion`), give events and trials divided by phi: fewer, but independent ones.
A cost is shrunk as a rate, too: events per bit of spend (`hailuo.report.analysis.metric_scale`).
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.stats import beta as beta_distribution

from hailuo.report.findings import Interval

LEAST_STRENGTH: Final = 1.0
MOST_STRENGTH: Final = 1e7
"""The clamp of k. At the upper end creatives scatter no more than chance makes them: all are their prior mean."""

USUAL_SPREAD: Final = 0.21
"""Standard deviation of log-odds between the arms of one test in the Upworthy archive (4,873 tests; Matias et al. 2021,
Sci Data 8:195): what is assumed where a campaign has too few creatives to estimate its own."""

_Floats = npt.NDArray[np.float64]


class Posterior(NamedTuple):
    """What is known of rates: Beta(alpha, beta), one entry per creative."""

    alpha: _Floats
    beta: _Floats

    @property
    def mean(self) -> _Floats:
        """The shrunk rates."""
        return self.alpha / (self.alpha + self.beta)

    def intervals(self, *, confidence: float = 0.95) -> tuple[Interval, ...]:
        """Two-sided credible intervals with equal tails, as fractions."""
        tail = (1 - confidence) / 2
        lows, highs = (beta_distribution.ppf(at, self.alpha, self.beta) for at in (tail, 1 - tail))
        return tuple(Interval(float(low), float(high)) for low, high in zip(lows, highs, strict=True))


def shrink(events: npt.ArrayLike, trials: npt.ArrayLike, prior: npt.ArrayLike, k: npt.ArrayLike) -> Posterior:
    """The posterior of each creative's rate: `prior` (means within 0..1) counts for `k` trials (one for all, or each).

    More events than trials (view-through conversions of clicks) count as all trials.
    """
    happened, of = _two(events, trials)
    mean, strength = np.asarray(prior, dtype=float), np.asarray(k, dtype=float)
    return Posterior(mean * strength + happened, (1 - mean) * strength + np.maximum(of - happened, 0.0))


def concentration(
    events: npt.ArrayLike, trials: npt.ArrayLike, prior: npt.ArrayLike, *, fitted: int = 1
) -> float:
    """How many trials the prior is worth, from how far creatives scatter around it; within 1..1e7.

    `fitted` is the number of parameters that `prior` took from the same data. Moments: the k at which Pearson's
    chi-square with variance m (1 - m) (1 / n + 1 / k) equals N - fitted - 2, Efron & Morris' (1975, JASA 70) unbiased
    choice; a maximum-likelihood k runs to infinity on sparse data. Where chi-square stays below that, nothing but
    chance is seen and k is 1e7 ("collapse": every creative is its prior mean). With N <= fitted + 2 creatives nothing
    can be learned, and the spread is taken to be `USUAL_SPREAD`.
    """
    happened, of = _two(events, trials)
    mean = np.broadcast_to(np.asarray(prior, dtype=float), happened.shape)
    known = of > 0
    happened, of, mean = happened[known], of[known], mean[known]
    usual = 1 / (USUAL_SPREAD**2 * float(np.mean(mean * (1 - mean)))) if len(mean) else MOST_STRENGTH
    surprise = (happened - of * mean) ** 2 / (of * mean * (1 - mean))
    return _strength(surprise, of, target=len(of) - fitted - 2, usual=usual)


def prior_strength(prior: npt.ArrayLike, errors: npt.ArrayLike, k: float) -> _Floats:
    """The k of each creative when its prior mean is itself uncertain by `errors` (standard errors, as fractions).

    The prior's variance m (1 - m) / (k + 1) and the error's square add; with many creatives that scatter by chance
    alone this keeps the prior mean from being believed to seven digits.
    """
    mean, error = np.asarray(prior, dtype=float), np.asarray(errors, dtype=float)
    spread = mean * (1 - mean)
    strength: _Floats = np.maximum(spread / (spread / (k + 1) + error**2) - 1, LEAST_STRENGTH)
    return strength


def pooled_rate(events: npt.ArrayLike, trials: npt.ArrayLike) -> float:
    """All events over all trials, with half an event and one trial added, so that it is never quite 0 or 1."""
    happened, of = _two(events, trials)
    return (float(np.sum(happened)) + 0.5) / (float(np.sum(of)) + 1.0)


def _two(events: npt.ArrayLike, trials: npt.ArrayLike) -> tuple[_Floats, _Floats]:
    return np.asarray(events, dtype=float), np.asarray(trials, dtype=float)


def _strength(surprise: _Floats, size: _Floats, *, target: int, usual: float) -> float:
    """The k at which the scattered surprise, each taken k / (k + size) times, is as large as chance makes it."""
    if target < 1:
        return float(np.clip(usual, LEAST_STRENGTH, MOST_STRENGTH))

    def excess(log_k: float) -> float:
        k = np.exp(log_k)
        return float(np.sum(surprise * k / (k + size))) - target

    least, most = np.log(LEAST_STRENGTH), np.log(MOST_STRENGTH)
    if excess(most) <= 0:
        return MOST_STRENGTH
    if excess(least) >= 0:
        return LEAST_STRENGTH
    return float(np.exp(brentq(excess, least, most)))
