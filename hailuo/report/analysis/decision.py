"""The rules that turn evidence into a verdict: what may be claimed, of whom, and where each creative stands."""

from dataclasses import dataclass

from hailuo.report.analysis.comparisons import pairwise_p
from hailuo.report.analysis.experiment import AnalysisConfig, Comparison
from hailuo.report.analysis.gates import Significance
from hailuo.report.analysis.ranking import Ranking
from hailuo.report.analysis.sample_size import enough
from hailuo.report.analysis.thresholds import ReportThresholds
from hailuo.report.findings import CreativeStanding, Factor, FactorLevel, VerdictOutcome
from hailuo.report.stats.multiplicity import holm


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonEvidence:
    """All that a platform's verdict rests on."""

    comparison: Comparison
    ranking: Ranking
    significance: Significance

    @property
    def leader(self) -> int:
        """The position likeliest to be the best."""
        return int(self.ranking.chances.p_best.argmax())


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is claimed. `factor` and `level` are what a factor's claim is about, None with any other outcome."""

    outcome: VerdictOutcome
    factor: Factor | None = None
    level: FactorLevel | None = None


def decide(evidence: ComparisonEvidence, config: AnalysisConfig) -> Decision:
    """A winner needs an open gate, near certainty and distance to every other; less is told as less."""
    significance = evidence.significance
    if significance.any_open and _wins(evidence, config.limits):
        return Decision(outcome=VerdictOutcome.WINNER)
    factor = next((one for one in evidence.ranking.factors if one.name == significance.factor), None)
    level = None if factor is None else _told(factor)
    if level is not None and level.difference.p_adjusted < config.limits.family_p.value:
        return Decision(outcome=VerdictOutcome.FACTOR, factor=factor, level=level)
    if significance.any_open:
        return Decision(outcome=VerdictOutcome.DIFFERENT)
    known = enough(evidence.comparison, config)
    return Decision(outcome=VerdictOutcome.NO_DIFFERENCE if known else VerdictOutcome.NOT_ENOUGH_DATA)


def standings(
    evidence: ComparisonEvidence, decision: Decision, limits: ReportThresholds
) -> list[CreativeStanding]:
    """One per position. Nobody is behind while no difference could be shown."""
    everybody = len(evidence.comparison.creatives)
    least = min(limits.behind_p_best.value, limits.behind_share.value / everybody)
    return [
        _standing(
            evidence, decision, at, behind=least if evidence.significance.any_open else 0.0, limits=limits
        )
        for at in range(everybody)
    ]


def _standing(
    evidence: ComparisonEvidence, decision: Decision, at: int, *, behind: float, limits: ReportThresholds
) -> CreativeStanding:
    if decision.outcome is VerdictOutcome.WINNER and at == evidence.leader:
        return CreativeStanding.LEADS
    if evidence.comparison.expected[at] < limits.least_events_each.value:
        return CreativeStanding.TOO_LITTLE_DATA
    return (
        CreativeStanding.BEHIND
        if evidence.ranking.chances.p_best[at] < behind
        else CreativeStanding.IN_THE_RUNNING
    )


def _wins(evidence: ComparisonEvidence, limits: ReportThresholds) -> bool:
    """Likeliest the best by far, on enough data of its own, and apart from each that contends."""
    comparison, leader = evidence.comparison, evidence.leader
    if evidence.ranking.chances.p_best[leader] < limits.leader_p_best.value:
        return False
    if comparison.expected[leader] < limits.least_events_each.value:
        return False
    rivals = [at for at, contends in enumerate(evidence.ranking.contends) if contends and at != leader]
    apart = holm([pairwise_p(comparison, leader, rival) for rival in rivals])
    return bool(rivals) and all(p < limits.leader_p.value for p in apart)


def _told(factor: Factor) -> FactorLevel:
    """The level that stands out most from the average of all, for better or worse: where one prompt drags, those that
    are merely above the average it pulled down are not told as good.
    """
    return min(factor.levels, key=lambda level: (level.difference.p_value, -abs(level.difference.value)))
