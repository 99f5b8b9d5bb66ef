"""The order of the creatives: one model of all of them says each one's rate, its factors' levels and its chance to be best."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from hailuo.report.analysis.experiment import AnalysisConfig, Comparison
from hailuo.report.findings import Factor, Interval
from hailuo.report.stats.effects import holm
from hailuo.report.stats.factors import FactorFit, fit_factors
from hailuo.report.stats.hierarchy import Chances

_FAMILY = "family"
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """One position per creative of the contest; rates, as all of it. `contends` are those with enough data to be drawn
    for the best; the others have no chances, lest a clip of four impressions keep any other from winning. `families` are
    the families of models in place of the models, None where there is one: they are shown, and no claim rests on them.
    """

    fit: FactorFit
    factors: tuple[Factor, ...]  # in rates, adjusted inside each factor
    families: Factor | None
    rates: _Floats
    intervals: tuple[Interval, ...]
    contends: npt.NDArray[np.bool_]
    chances: Chances

    @property
    def order(self) -> list[int]:
        """Positions by shrunk rate, the best first, those that contend before the others; ties in the contest's order."""
        return [int(at) for at in np.lexsort((-self.rates, ~self.contends))]

    @property
    def leader(self) -> int:
        """The position that is most likely the best."""
        return int(self.chances.p_best.argmax())


def rank(comparison: Comparison, config: AnalysisConfig) -> Ranking:
    """Everything that is said about the order; the same numbers and seed give the same ranking."""
    confidence, limits, seed = config.options.confidence, config.limits, config.options.seed
    axes = list(dict.fromkeys(axis for one in comparison.creatives for axis in one.factors))
    frame = pd.DataFrame(
        {
            "creative_id": [one.creative_id for one in comparison.creatives],
            "events": comparison.events,
            "trials": comparison.trials,
            "phi": comparison.phi,
            **{axis: [one.factors.get(axis) for one in comparison.creatives] for axis in axes},
        }
    )
    fit = fit_factors(frame, axes, confidence=confidence, seed=seed)
    contends = comparison.expected >= limits.least_expected.value
    if contends.sum() < 2:
        contends = np.ones_like(contends)
    return Ranking(
        fit=fit,
        factors=tuple(_adjusted(factor) for factor in fit.factors),
        families=_families(comparison, frame, axes, config),
        rates=fit.posterior.mean,
        intervals=fit.posterior.intervals(confidence=confidence),
        contends=contends,
        chances=fit.posterior.chances(contends, draws=int(limits.draws.value), seed=seed),
    )


def _families(
    comparison: Comparison, frame: pd.DataFrame, axes: list[str], config: AnalysisConfig
) -> Factor | None:
    """The families of the models as one factor, all else the same but the model: of one model, the two are the same."""
    families = [one.family for one in comparison.creatives]
    if len(set(families)) < 2 or _FAMILY in axes:
        return None
    others = [axis for axis in axes if axis != "model"]
    fit = fit_factors(
        frame.assign(**{_FAMILY: families}),
        [*others, _FAMILY],
        confidence=config.options.confidence,
        seed=config.options.seed,
    )
    return _adjusted(next(factor for factor in fit.factors if factor.name == _FAMILY))


def takes_of(comparison: Comparison, at: int) -> list[int]:
    """The positions of the same combination, the one asked about among them."""
    cell = comparison.creatives[at].cell_id
    return [other for other, one in enumerate(comparison.creatives) if one.cell_id == cell]


def _adjusted(factor: Factor) -> Factor:
    """With Holm's adjustment over the factor's levels. Two levels are each other's opposite: one test, not two."""
    ps = [level.difference.p_value for level in factor.levels]
    adjusted = holm(ps) if len(ps) > 2 else ps
    levels = [
        replace(level, difference=replace(level.difference, p_adjusted=p))
        for level, p in zip(factor.levels, adjusted, strict=True)
    ]
    return replace(factor, levels=tuple(levels))
