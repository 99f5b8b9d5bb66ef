"""What a verdict has to tell: the claim, who it is about, and what it would take to be sure."""

from dataclasses import dataclass
from typing import Final

from hailuo.report.analysis.decision import Decision, Evidence
from hailuo.report.analysis.experiment import Contest, Terms
from hailuo.report.analysis.formatting import Voice
from hailuo.report.analysis.leaderboard import told_level
from hailuo.report.analysis.observations import Observed
from hailuo.report.analysis.sample_size import need_of_first_two, need_of_one
from hailuo.report.findings import CreativeFinding, Level, Need, Outcome
from hailuo.report.metrics import Design

_NOTHING: Final = frozenset({Outcome.NO_DIFFERENCE, Outcome.NOT_ENOUGH_DATA})


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """`leader` is the creative likeliest to be the best; `level` is in the metric's unit; `lift` is what `need` finds:
    a clip so far ahead of the rest while nothing could be shown, else one so far ahead of the runner-up.
    """

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
    def is_open(self) -> bool:
        """Whether nothing could be shown."""
        return self.decision.outcome in _NOTHING

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
    *,
    design: Design,
) -> Story:
    """With the need for the gap between the first two, or for the smallest lift that matters; `design` is what came of
    the one that was planned.
    """
    leading = evidence.contest.entrants[evidence.leader].creative_id
    lift = _lift(evidence, decision, terms)
    return Story(
        voice=Voice(
            metric=terms.options.metric,
            platform=observed.platform,
            design=design,
            currency=observed.currency,
        ),
        evidence=evidence,
        decision=decision,
        leader=next(one for one in lineup if one.creative_id == leading),
        level=decision.level and told_level(decision.level, evidence.contest.yardstick),
        lift=lift,
        need=_need(decision, evidence.contest, observed, lift, terms),
        terms=terms,
    )


def _need(decision: Decision, contest: Contest, observed: Observed, lift: float, terms: Terms) -> Need | None:
    if decision.outcome is Outcome.WINNER:
        return None
    asked = need_of_one if decision.outcome in _NOTHING else need_of_first_two
    return asked(contest, observed, lift, terms)


def _lift(evidence: Evidence, decision: Decision, terms: Terms) -> float:
    relevant = terms.options.relevant_lift
    if decision.outcome in _NOTHING:
        return relevant
    first, second = (float(evidence.ranking.posterior.mean[at]) for at in evidence.ranking.order[:2])
    return max(relevant, first / second - 1)
