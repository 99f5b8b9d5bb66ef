"""The rules that turn evidence into a verdict: what may be claimed, of which creative, and each creative's standing.

Two tests come before every claim, so that a world without difference is reported so: do the creatives differ, and does
any factor make a difference?
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm
from scipy.stats import t as student

from hailuo.report.analysis.comparisons import against_others_p, pairwise_p
from hailuo.report.analysis.experiment import AnalysisConfig, Comparison
from hailuo.report.analysis.options import ReportThresholds
from hailuo.report.analysis.ranking import Ranking, takes_of
from hailuo.report.analysis.sample_size import enough
from hailuo.report.findings import CreativeStanding, Factor, FactorLevel, VerdictOutcome
from hailuo.report.stats.effects import holm


@dataclass(frozen=True, slots=True, kw_only=True)
class Significance:
    """`creatives_p` and `factors_p` (by name, Holm-adjusted over factors) are None and empty where nothing can be
    tested; `limit` is what they have to be below.
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
    """Both tests, not passed below the least number of events. Looks that were not planned are paid for at the first by
    always-valid p-values; the second is not made then, as no such test allows for takes that differ.
    """
    if comparison.events.sum() < config.limits.least_events.value:
        return Significance(creatives_p=None, factors_p={}, limit=config.gate)
    if comparison.horizon is not None:
        p = _sequential(comparison, config.limits.least_expected.value)
        return Significance(creatives_p=p, factors_p={}, limit=config.gate)
    tested = [(factor.name, factor.p_value) for factor in ranking.factors if factor.p_value is not None]
    adjusted = zip(tested, holm([p for _, p in tested]), strict=True)
    return Significance(
        creatives_p=_homogeneity(comparison, config.limits.least_expected.value),
        factors_p={name: p for (name, _), p in adjusted},
        limit=config.gate,
    )


def _homogeneity(comparison: Comparison, least_expected: float) -> float | None:
    """The chi-square of equal rates, counts divided by each creative's phi; over the creatives with enough expected
    events. Where days leave few degrees of freedom, what is far out is less surprising.
    """
    enough_data = comparison.expected >= least_expected
    phi, freedom = comparison.phi[enough_data], comparison.freedom[enough_data]
    events, trials = comparison.events[enough_data] / phi, comparison.trials[enough_data] / phi
    if len(events) < 2:
        return None
    rate = events.sum() / trials.sum()
    if not 0 < rate < 1:
        return None
    away = np.abs(events - trials * rate) / np.sqrt(trials * rate * (1 - rate))
    usual = norm.isf(0.025)
    tails = np.where(np.isinf(freedom), 1e9, freedom)
    surprise = norm.isf(student.sf(away * student.isf(0.025, tails) / usual, tails))
    return float(chi2.sf(np.sum(np.minimum(surprise, away) ** 2), len(events) - 1))


def _sequential(comparison: Comparison, least_expected: float) -> float | None:
    """The smallest of the always-valid p-values of each creative with enough expected events against the others,
    Holm-adjusted. One order of a clip that cost a dollar is no evidence, however large it is.
    """
    ps = against_others_p(comparison, np.flatnonzero(comparison.expected >= least_expected).tolist())
    return min(holm(ps), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonEvidence:
    """All that a platform's verdict rests on."""

    comparison: Comparison
    ranking: Ranking
    significance: Significance

    @property
    def leader(self) -> int:
        """The position that is most likely the best."""
        return self.ranking.leader


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is claimed. `factor` and `level` are what a factor's claim is about, None with any other outcome; `takes` are
    the positions of the combination that leads.
    """

    outcome: VerdictOutcome
    takes: tuple[int, ...] = ()
    factor: Factor | None = None
    level: FactorLevel | None = None


def decide(evidence: ComparisonEvidence, config: AnalysisConfig) -> Decision:
    """The most useful of what may be claimed: a clip, a combination whose takes share the lead, a level. The first two
    need a passed test, near certainty and distance to every other; else the claim is smaller.
    """
    significance, takes = evidence.significance, takes_of(evidence.comparison, evidence.leader)
    if significance.any_open and _leads(evidence, [evidence.leader], config.limits):
        return Decision(outcome=VerdictOutcome.WINNER)
    if significance.any_open and len(takes) > 1 and _leads(evidence, takes, config.limits):
        return Decision(outcome=VerdictOutcome.COMBINATION, takes=tuple(takes))
    factor = next((one for one in evidence.ranking.factors if one.name == significance.factor), None)
    if factor is not None:
        level = _telling_level(factor, config.limits)
        if level.difference.p_adjusted < config.limits.family_p.value:
            return Decision(outcome=VerdictOutcome.FACTOR, factor=factor, level=level)
    if significance.any_open:
        return Decision(outcome=VerdictOutcome.DIFFERENT)
    known = enough(evidence.comparison, config)
    return Decision(outcome=VerdictOutcome.NO_DIFFERENCE if known else VerdictOutcome.NOT_ENOUGH_DATA)


def _telling_level(factor: Factor, limits: ReportThresholds) -> FactorLevel:
    """The best level where it is nearly certain which one that is. Else the one that differs most from the average, for
    better or worse: where one prompt drags the average down, those that are merely above it are not called good.
    """
    best = max(factor.levels, key=lambda one: one.p_best or 0.0)
    surprise = best.difference.p_adjusted
    if (best.p_best or 0.0) >= limits.leader_p_best.value and surprise < limits.family_p.value:
        return best
    return min(factor.levels, key=lambda one: (one.difference.p_value, -one.difference.value))


def standings(
    evidence: ComparisonEvidence, decision: Decision, limits: ReportThresholds
) -> list[CreativeStanding]:
    """One per position. No creative is behind while no difference could be shown."""
    everybody = len(evidence.comparison.creatives)
    behind = min(limits.behind_p_best.value, limits.behind_share.value / everybody)
    if not evidence.significance.any_open:
        behind = 0.0

    def standing(at: int) -> CreativeStanding:
        if decision.outcome is VerdictOutcome.WINNER and at == evidence.leader:
            return CreativeStanding.LEADS
        if evidence.comparison.expected[at] < limits.least_events_each.value:
            return CreativeStanding.TOO_LITTLE_DATA
        is_behind = evidence.ranking.chances.p_best[at] < behind
        return CreativeStanding.BEHIND if is_behind else CreativeStanding.IN_THE_RUNNING

    return [standing(at) for at in range(everybody)]


def _leads(evidence: ComparisonEvidence, group: Sequence[int], limits: ReportThresholds) -> bool:
    """Whether one of the group (a clip, or the takes of a combination) is by far most likely the best, on enough data
    of the group's own, and the group differs from each other contender (or combination with one).
    """
    comparison, ranking = evidence.comparison, evidence.ranking
    if ranking.chances.p_best[list(group)].sum() < limits.leader_p_best.value:
        return False
    if comparison.expected[list(group)].sum() < limits.least_events_each.value:
        return False
    rivals: dict[object, list[int]] = {}
    for at in np.flatnonzero(ranking.contends):
        if at not in group:
            rivals.setdefault(int(at) if len(group) == 1 else comparison.creatives[at].cell_id, []).append(
                int(at)
            )
    ps = holm([pairwise_p(comparison, group, rival) for rival in rivals.values()])
    return bool(rivals) and all(p < limits.leader_p.value for p in ps)
