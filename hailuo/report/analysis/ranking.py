"""The order of the creatives: the factors' fit, every creative shrunk towards what its factors predict, and its chance to be best."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from hailuo.report.analysis.experiment import AnalysisConfig, Comparison
from hailuo.report.findings import Factor, Interval
from hailuo.report.stats.chances import Chances, best_chances
from hailuo.report.stats.effects import holm
from hailuo.report.stats.factors import FactorFit, fit_factors
from hailuo.report.stats.shrinkage import Posterior, concentration, prior_strength, shrink

_Floats = npt.NDArray[np.float64]
MOST_LEVERAGE: Final = 0.5
"""Beyond, a creative decides its own prediction, and one step says too little about the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """One position per creative of the contest; rates, as all of it. `contends` are those with enough data to be drawn
    for the best; the others have no chances, lest a clip of four impressions keep any other from winning.
    """

    fit: FactorFit
    factors: tuple[Factor, ...]  # in rates, adjusted inside each factor
    posterior: Posterior
    intervals: tuple[Interval, ...]
    contends: npt.NDArray[np.bool_]
    chances: Chances

    @property
    def order(self) -> list[int]:
        """Positions by shrunk rate, the best first, those that contend before the others; ties in the contest's order."""
        return [int(at) for at in np.lexsort((-self.posterior.mean, ~self.contends))]


def rank(comparison: Comparison, config: AnalysisConfig) -> Ranking:
    """Everything that is said about the order; the same numbers and seed give the same ranking."""
    confidence, limits = config.options.confidence, config.limits
    axes = list(dict.fromkeys(axis for one in comparison.creatives for axis in one.factors))
    frame = pd.DataFrame(
        {
            "creative_id": [one.creative_id for one in comparison.creatives],
            "events": comparison.events,
            "trials": comparison.trials,
            **{axis: [one.factors.get(axis) for one in comparison.creatives] for axis in axes},
        }
    )
    fit = fit_factors(frame, axes, confidence=confidence)
    posterior = _shrunk(comparison, fit)
    contends = comparison.expected >= limits.least_expected.value
    if contends.sum() < 2:
        contends = np.ones_like(contends)
    found = best_chances(
        posterior.alpha[contends],
        posterior.beta[contends],
        draws=int(limits.draws.value),
        seed=config.options.seed,
    )
    p_best, loss = np.zeros(len(contends)), np.zeros(len(contends))
    p_best[contends], loss[contends] = found
    return Ranking(
        fit=fit,
        factors=tuple(_adjusted(factor) for factor in fit.factors),
        posterior=posterior,
        intervals=posterior.intervals(confidence=confidence),
        contends=contends,
        chances=Chances(p_best, loss),
    )


def _shrunk(comparison: Comparison, fit: FactorFit) -> Posterior:
    """Empirical Bayes with events and trials worth their phi-th part; the prior is what the *others* say of the
    creative's factors, so that its own data is counted once.
    """
    phi = comparison.dispersion.widening
    events, trials = comparison.events / phi, comparison.trials / phi
    k = concentration(events, trials, fit.predictions, fitted=fit.parameters)
    prior, errors = _by_the_others(comparison, fit)
    return shrink(events, trials, prior, prior_strength(prior, errors, k))


def _by_the_others(comparison: Comparison, fit: FactorFit) -> tuple[_Floats, _Floats]:
    """Predictions and their errors with the creative itself left out, by one step from the fit of all (Pregibon 1981,
    Ann. Stat. 9, 705): log-odds move by leverage / (1 - leverage) times the working residual.
    """
    mean, error = fit.predictions, fit.prediction_errors
    spread = mean * (1 - mean)
    scale = max(1.0, fit.scale or 1.0)
    leverage = np.clip(comparison.trials * error**2 / (scale * spread), 0, MOST_LEVERAGE)
    residual = (comparison.events / comparison.trials - mean) / spread
    odds = logit(mean) - leverage / (1 - leverage) * np.clip(residual, -1, 1)
    return expit(odds), error / np.sqrt(1 - leverage)


def _adjusted(factor: Factor) -> Factor:
    """With Holm's adjustment over the factor's levels."""
    adjusted = holm([level.difference.p_value for level in factor.levels])
    levels = [
        replace(level, difference=replace(level.difference, p_adjusted=p))
        for level, p in zip(factor.levels, adjusted, strict=True)
    ]
    return replace(factor, levels=tuple(levels))
