"""What a verdict has to tell: the claim, who it is about, and what it would take to be sure."""

from dataclasses import dataclass

from hailuo.adtest.findings import CreativeFinding, Level, Need, Outcome
from hailuo.adtest.judging.contest import Contest, Terms
from hailuo.adtest.judging.lineup import told_level
from hailuo.adtest.judging.needs import need
from hailuo.adtest.judging.observations import Observed
from hailuo.adtest.judging.verdict import Decision, Evidence
from hailuo.adtest.judging.voice import Voice

__all__ = ["Story", "story_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """`leader` is the creative likeliest to be the best; `level` is in the metric's unit; `lift` is what `need` finds."""

    voice: Voice
    evidence: Evidence
    decision: Decision
    leader: CreativeFinding
    level: Level | None
    lift: float
    need: Need | None
    terms: Terms

    @property
    def contest(self) -> Contest:
        """The numbers."""
        return self.evidence.contest

    @property
    def clips(self) -> str:
        """How many have the metric."""
        return f"{len(self.contest.entrants):,} clips"

    @property
    def contenders(self) -> str:
        """How many have enough data to be the best."""
        return f"{int(self.evidence.ranking.contends.sum()):,} clips"


def story_of(
    evidence: Evidence,
    decision: Decision,
    observed: Observed,
    lineup: tuple[CreativeFinding, ...],
    terms: Terms,
) -> Story:
    """With the need for the gap between the first two, or for the smallest lift that matters."""
    leading = evidence.contest.entrants[evidence.leader].creative_id
    lift = _lift(evidence, decision, terms)
    settled = decision.outcome is Outcome.WINNER
    return Story(
        voice=Voice(
            metric=terms.options.metric,
            platform=observed.platform,
            design=terms.options.design,
            currency=observed.currency,
        ),
        evidence=evidence,
        decision=decision,
        leader=next(one for one in lineup if one.creative_id == leading),
        level=decision.level and told_level(decision.level, evidence.contest.yardstick),
        lift=lift,
        need=None if settled else need(evidence.contest, observed, lift, terms.options),
        terms=terms,
    )


def _lift(evidence: Evidence, decision: Decision, terms: Terms) -> float:
    relevant = terms.options.relevant_lift
    if decision.outcome in {Outcome.NO_DIFFERENCE, Outcome.NOT_ENOUGH_DATA}:
        return relevant
    first, second = (float(evidence.ranking.posterior.mean[at]) for at in evidence.ranking.order[:2])
    return max(relevant, first / second - 1)
