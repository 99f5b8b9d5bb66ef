"""What a verdict has to tell: the claim, who it is about, and what it would take to be sure."""

from dataclasses import dataclass
from typing import Final

from hailuo.report.analysis.decision import ComparisonEvidence, Decision
from hailuo.report.analysis.experiment import AnalysisConfig, Comparison
from hailuo.report.analysis.formatting import Voice
from hailuo.report.analysis.leaderboard import level_in_metric
from hailuo.report.analysis.observations import Observed
from hailuo.report.analysis.sample_size import sample_for_first_two, sample_for_one
from hailuo.report.findings import CreativeFinding, FactorLevel, SampleNeeded, VerdictOutcome
from hailuo.report.metrics import Design

_NOTHING: Final = frozenset({VerdictOutcome.NO_DIFFERENCE, VerdictOutcome.NOT_ENOUGH_DATA})


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """`leader` is the creative likeliest to be the best; `level` is in the metric's unit; `lift` is what `need` finds:
    a clip so far ahead of the rest while nothing could be shown, else one so far ahead of the runner-up.
    """

    voice: Voice
    evidence: ComparisonEvidence
    decision: Decision
    leader: CreativeFinding
    level: FactorLevel | None
    lift: float
    need: SampleNeeded | None
    config: AnalysisConfig

    @property
    def comparison(self) -> Comparison:
        """The numbers."""
        return self.evidence.comparison

    @property
    def is_open(self) -> bool:
        """Whether nothing could be shown."""
        return self.decision.outcome in _NOTHING

    @property
    def clips(self) -> str:
        """How many have the metric."""
        return f"{len(self.comparison.creatives):,} clips"

    @property
    def contenders(self) -> str:
        """How many have enough data to be the best."""
        return f"{int(self.evidence.ranking.contends.sum()):,} clips"


def story_of(
    evidence: ComparisonEvidence,
    decision: Decision,
    observed: Observed,
    lineup: tuple[CreativeFinding, ...],
    config: AnalysisConfig,
    *,
    design: Design,
) -> Story:
    """With the need for the gap between the first two, or for the smallest lift that matters; `design` is what came of
    the one that was planned.
    """
    leading = evidence.comparison.creatives[evidence.leader].creative_id
    lift = _lift(evidence, decision, config)
    return Story(
        voice=Voice(
            metric=config.options.metric,
            platform=observed.platform,
            design=design,
            currency=observed.currency,
        ),
        evidence=evidence,
        decision=decision,
        leader=next(one for one in lineup if one.creative_id == leading),
        level=decision.level and level_in_metric(decision.level, evidence.comparison.scale),
        lift=lift,
        need=_need(decision, evidence.comparison, observed, lift, config),
        config=config,
    )


def _need(
    decision: Decision, comparison: Comparison, observed: Observed, lift: float, config: AnalysisConfig
) -> SampleNeeded | None:
    if decision.outcome is VerdictOutcome.WINNER:
        return None
    asked = sample_for_one if decision.outcome in _NOTHING else sample_for_first_two
    return asked(comparison, observed, lift, config)


def _lift(evidence: ComparisonEvidence, decision: Decision, config: AnalysisConfig) -> float:
    relevant = config.options.relevant_lift
    if decision.outcome in _NOTHING:
        return relevant
    first, second = (float(evidence.ranking.posterior.mean[at]) for at in evidence.ranking.order[:2])
    return max(relevant, first / second - 1)
