"""Two gates in front of every claim, so that a world without difference is told so: do the creatives differ, and does
any factor make a difference?
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from hailuo.report.analysis.experiment import AnalysisConfig, Comparison
from hailuo.report.analysis.ranking import Ranking
from hailuo.report.findings import Factor
from hailuo.report.stats.multiplicity import holm
from hailuo.report.stats.sequential import sequential_p


@dataclass(frozen=True, slots=True, kw_only=True)
class Significance:
    """`creatives_p` and `factors_p` (by name, Holm-adjusted over factors) are None and empty where nothing can be
    tested; `limit` is what they have to stay below.
    """

    creatives_p: float | None
    factors_p: dict[str, float]
    limit: float

    @property
    def creatives_differ(self) -> bool:
        """Whether chance is an unlikely reason for how creatives differ."""
        return self.creatives_p is not None and self.creatives_p < self.limit

    @property
    def factor(self) -> str | None:
        """The factor that chance explains least; None where no factor passes."""
        name = min(self.factors_p, key=self.factors_p.__getitem__, default=None)
        return name if name is not None and self.factors_p[name] < self.limit else None

    @property
    def any_open(self) -> bool:
        """Whether anything may be claimed at all."""
        return self.creatives_differ or self.factor is not None


def significance_of(comparison: Comparison, ranking: Ranking, config: AnalysisConfig) -> Significance:
    """Both gates, closed below the least number of events. Looks that were not planned are paid for at the first by
    always-valid p-values; the second stays shut then, as no such test knows takes that differ.
    """
    limit = config.gate
    if comparison.events.sum() < config.limits.least_events.value:
        return Significance(creatives_p=None, factors_p={}, limit=limit)
    if comparison.horizon is not None:
        return Significance(
            creatives_p=_sequential(comparison, comparison.horizon), factors_p={}, limit=limit
        )
    least = config.limits.least_expected.value
    return Significance(
        creatives_p=_homogeneity(comparison, least), factors_p=_factors(ranking.factors), limit=limit
    )


def _homogeneity(comparison: Comparison, least_expected: float) -> float | None:
    """Pearson's chi-square of equal rates, divided by phi; over those of whom enough events are expected."""
    told = comparison.expected >= least_expected
    events, trials = comparison.events[told], comparison.trials[told]
    if len(events) < 2:
        return None
    rate = events.sum() / trials.sum()
    if not 0 < rate < 1:
        return None
    statistic = float(np.sum((events - trials * rate) ** 2 / (trials * rate * (1 - rate))))
    return float(chi2.sf(statistic / comparison.dispersion.cautious, len(events) - 1))


def _sequential(comparison: Comparison, horizon: float) -> float | None:
    """The smallest of every creative's always-valid p-values against the others, Holm-adjusted."""
    events, trials = comparison.events.sum(), comparison.trials.sum()
    ps = [
        sequential_p(
            x,
            n,
            events - x,
            trials - n,
            horizon=horizon * len(comparison.events),
            dispersion=comparison.dispersion.cautious,
        )
        for x, n in zip(comparison.events, comparison.trials, strict=True)
        if n < trials
    ]
    return min(holm(ps), default=None)


def _factors(factors: tuple[Factor, ...]) -> dict[str, float]:
    told = [(factor.name, factor.p_value) for factor in factors if factor.p_value is not None]
    adjusted = holm([p for _, p in told])
    return {name: p for (name, _), p in zip(told, adjusted, strict=True)}
