"""The rules that turn evidence into a verdict: what may be claimed, of whom, and where each creative stands."""

from dataclasses import dataclass

from hailuo.report.analysis.comparisons import pairwise_p
from hailuo.report.analysis.experiment import Contest, Terms
from hailuo.report.analysis.gates import Gates
from hailuo.report.analysis.ranking import Ranking
from hailuo.report.analysis.sample_size import enough
from hailuo.report.analysis.thresholds import Thresholds
from hailuo.report.findings import Factor, Level, Outcome, Standing
from hailuo.report.stats.multiplicity import holm


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a platform's verdict rests on."""

    contest: Contest
    ranking: Ranking
    gates: Gates

    @property
    def leader(self) -> int:
        """The position likeliest to be the best."""
        return int(self.ranking.chances.p_best.argmax())


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is claimed. `factor` and `level` are what a factor's claim is about, None with any other outcome."""

    outcome: Outcome
    factor: Factor | None = None
    level: Level | None = None


def decide(evidence: Evidence, terms: Terms) -> Decision:
    """A winner needs an open gate, near certainty and distance to every other; less is told as less."""
    gates = evidence.gates
    if gates.any_open and _wins(evidence, terms.limits):
        return Decision(outcome=Outcome.WINNER)
    factor = next((one for one in evidence.ranking.factors if one.name == gates.factor), None)
    level = None if factor is None else _told(factor)
    if level is not None and level.difference.p_adjusted < terms.limits.family_p.value:
        return Decision(outcome=Outcome.FACTOR, factor=factor, level=level)
    if gates.any_open:
        return Decision(outcome=Outcome.DIFFERENT)
    known = enough(evidence.contest, terms)
    return Decision(outcome=Outcome.NO_DIFFERENCE if known else Outcome.NOT_ENOUGH_DATA)


def standings(evidence: Evidence, decision: Decision, limits: Thresholds) -> list[Standing]:
    """One per position. Nobody is behind while no difference could be shown."""
    everybody = len(evidence.contest.entrants)
    least = min(limits.behind_p_best.value, limits.behind_share.value / everybody)
    return [
        _standing(evidence, decision, at, behind=least if evidence.gates.any_open else 0.0, limits=limits)
        for at in range(everybody)
    ]


def _standing(
    evidence: Evidence, decision: Decision, at: int, *, behind: float, limits: Thresholds
) -> Standing:
    if decision.outcome is Outcome.WINNER and at == evidence.leader:
        return Standing.LEADS
    if evidence.contest.expected[at] < limits.least_events_each.value:
        return Standing.TOO_LITTLE_DATA
    return Standing.BEHIND if evidence.ranking.chances.p_best[at] < behind else Standing.IN_THE_RUNNING


def _wins(evidence: Evidence, limits: Thresholds) -> bool:
    """Likeliest the best by far, on enough data of its own, and apart from each that contends."""
    contest, leader = evidence.contest, evidence.leader
    if evidence.ranking.chances.p_best[leader] < limits.leader_p_best.value:
        return False
    if contest.expected[leader] < limits.least_events_each.value:
        return False
    rivals = [at for at, contends in enumerate(evidence.ranking.contends) if contends and at != leader]
    apart = holm([pairwise_p(contest, leader, rival) for rival in rivals])
    return bool(rivals) and all(p < limits.leader_p.value for p in apart)


def _told(factor: Factor) -> Level:
    """The level that stands out most from the average of all, for better or worse: where one prompt drags, those that
    are merely above the average it pulled down are not told as good.
    """
    return min(factor.levels, key=lambda level: (level.difference.p_value, -abs(level.difference.value)))
