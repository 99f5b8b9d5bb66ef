"""Two gates in front of every claim, so that a world without difference is told so: do the creatives differ, and does
any factor make a difference?
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from hailuo.report.analysis.experiment import Contest, Terms
from hailuo.report.analysis.ranking import Ranking
from hailuo.report.findings import Factor
from hailuo.report.stats.multiplicity import holm
from hailuo.report.stats.sequential import sequential_p


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
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


def gates_of(contest: Contest, ranking: Ranking, terms: Terms) -> Gates:
    """Both gates, closed below the least number of events. Looks that were not planned are paid for at the first by
    always-valid p-values; the second stays shut then, as no such test knows takes that differ.
    """
    limit = terms.gate
    if contest.events.sum() < terms.limits.least_events.value:
        return Gates(creatives_p=None, factors_p={}, limit=limit)
    if contest.horizon is not None:
        return Gates(creatives_p=_sequential(contest, contest.horizon), factors_p={}, limit=limit)
    least = terms.limits.least_expected.value
    return Gates(creatives_p=_homogeneity(contest, least), factors_p=_factors(ranking.factors), limit=limit)


def _homogeneity(contest: Contest, least_expected: float) -> float | None:
    """Pearson's chi-square of equal rates, divided by phi; over those of whom enough events are expected."""
    told = contest.expected >= least_expected
    events, trials = contest.events[told], contest.trials[told]
    if len(events) < 2:
        return None
    rate = events.sum() / trials.sum()
    if not 0 < rate < 1:
        return None
    statistic = float(np.sum((events - trials * rate) ** 2 / (trials * rate * (1 - rate))))
    return float(chi2.sf(statistic / contest.scatter.cautious, len(events) - 1))


def _sequential(contest: Contest, horizon: float) -> float | None:
    """The smallest of every creative's always-valid p-values against the others, Holm-adjusted."""
    events, trials = contest.events.sum(), contest.trials.sum()
    ps = [
        sequential_p(
            x,
            n,
            events - x,
            trials - n,
            horizon=horizon * len(contest.events),
            dispersion=contest.scatter.cautious,
        )
        for x, n in zip(contest.events, contest.trials, strict=True)
        if n < trials
    ]
    return min(holm(ps), default=None)


def _factors(factors: tuple[Factor, ...]) -> dict[str, float]:
    told = [(factor.name, factor.p_value) for factor in factors if factor.p_value is not None]
    adjusted = holm([p for _, p in told])
    return {name: p for (name, _), p in zip(told, adjusted, strict=True)}
