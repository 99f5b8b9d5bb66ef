"""The verdict in plain English, for somebody who buys ads: the design of the test decides the verbs.

A split by chance lets a clip "get" its numbers; in a platform's test it "did better"; in an auction it only "had" them,
because the platform chose who saw it. The texts are in `hailuo/report/texts.toml`.
"""

from dataclasses import dataclass
from typing import Final

from hailuo.report.analysis.decision import ComparisonEvidence, Decision
from hailuo.report.analysis.experiment import AnalysisConfig, Comparison
from hailuo.report.analysis.leaderboard import level_in_metric
from hailuo.report.analysis.observations import Observed
from hailuo.report.analysis.sample_size import (
    SampleQuestion,
    measured,
    sample_needed,
    staying,
)
from hailuo.report.findings import (
    CreativeFinding,
    FactorLevel,
    PlatformVerdict,
    SampleNeeded,
    Srm,
    VerdictOutcome,
)
from hailuo.report.formatting import (
    MetricFormatter,
    chance_in_words,
    combination_name,
    compared,
    count,
    level_name,
    lift,
    name_in_quotes,
    plural,
    rounded,
    small_chance,
)
from hailuo.report.metrics import METRICS, PLATFORM_NAMES, Design, counts_of
from hailuo.report.texts import say

LONGEST_HEADLINE: Final = 140
UNSHOWN: Final = frozenset({VerdictOutcome.NO_DIFFERENCE, VerdictOutcome.NOT_ENOUGH_DATA})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictFacts:
    """What a verdict says. `leader` is the creative that is most likely the best; `level` is in the metric's unit; `lift`
    is what `need` finds: a clip so far ahead of the rest while nothing could be shown, else of the others that may be best.
    """

    metric: MetricFormatter
    design: Design
    evidence: ComparisonEvidence
    decision: Decision
    leader: CreativeFinding
    takes: tuple[CreativeFinding, ...]  # of the combination that leads, the likeliest first
    level: FactorLevel | None
    lift: float
    need: SampleNeeded | None
    config: AnalysisConfig
    hook: str

    @property
    def comparison(self) -> Comparison:
        """The numbers."""
        return self.evidence.comparison

    @property
    def nothing_shown(self) -> bool:
        """Whether no difference could be shown."""
        return self.decision.outcome in UNSHOWN

    @property
    def clips(self) -> str:
        """How many have the metric."""
        return f"{len(self.comparison.creatives):,} clips"

    @property
    def labels(self) -> list[str]:
        """Of all clips: what a name may be mistaken for."""
        return [one.label for one in self.comparison.creatives]

    @property
    def combination(self) -> str | None:
        """The name of the combination that leads; None where the verdict is not about one."""
        return combination_name(self.takes[0].factors) if self.takes else None


def verdict_facts(
    evidence: ComparisonEvidence,
    decision: Decision,
    observed: Observed,
    leaderboard: tuple[CreativeFinding, ...],
    config: AnalysisConfig,
    *,
    srm: Srm | None,
) -> VerdictFacts:
    """With the data needed for the gap between the first two, or for the smallest lift that matters. A split that did
    not come out as planned claims no more than an auction.
    """
    comparison, ranking, nothing = evidence.comparison, evidence.ranking, decision.outcome in UNSHOWN
    by_id = {one.creative_id: one for one in leaderboard}
    takes = sorted(decision.takes, key=lambda at: -ranking.chances.p_best[at])
    question = question_of(evidence, decision, observed, config)
    lift = config.options.relevant_lift
    if not nothing:
        first, second = (float(ranking.rates[at]) for at in question.stay[:2])
        lift = max(lift, first / second - 1)
    return VerdictFacts(
        metric=MetricFormatter(config.metric, observed.currency),
        design=Design.AUCTION if srm and srm.flagged else config.options.design,
        evidence=evidence,
        decision=decision,
        leader=by_id[comparison.creatives[evidence.leader].creative_id],
        takes=tuple(by_id[comparison.creatives[at].creative_id] for at in takes),
        level=decision.level and level_in_metric(decision.level, comparison.scale),
        lift=lift,
        need=None if decision.outcome is VerdictOutcome.WINNER else sample_needed(question, lift),
        config=config,
        hook=observed.hook,
    )


def question_of(
    evidence: ComparisonEvidence, decision: Decision, observed: Observed, config: AnalysisConfig
) -> SampleQuestion:
    """What is left to find out, of which clips: the verdict and the table ask the same."""
    return SampleQuestion(
        comparison=evidence.comparison,
        observed=observed,
        rates=evidence.ranking.rates,
        stay=staying(evidence.ranking),
        apart=decision.outcome not in UNSHOWN,
        config=config,
    )


def nothing_to_compare(
    observed: Observed,
    found: tuple[CreativeFinding, ...],
    comparison: Comparison | None,
    config: AnalysisConfig,
) -> PlatformVerdict:
    """The count is not in the export, one clip runs alone, or nothing has happened yet."""
    metric = config.metric
    formatter, platform = MetricFormatter(metric, observed.currency), PLATFORM_NAMES[observed.platform]
    if comparison is None:
        reason = "not_counted" if counts_of(metric, observed.platform) is None else "not_exported"
    elif len(found) == 1:
        reason = "one_clip"
    else:
        reason = "no_pair" if len(comparison.creatives) < 2 else "no_events"
    headline = say(
        f"headline.{reason}",
        platform=platform,
        label=formatter.label,
        name=name_in_quotes(found[0].label),
        clips=f"{len(found):,} clips",
        events=METRICS[metric].events,
    )
    return PlatformVerdict(
        outcome=VerdictOutcome.NOT_ENOUGH_DATA,
        headline=headline,
        sentences=excluded(formatter, comparison) if comparison else (),
        caveat=say(f"caveat.{config.options.design.value}"),
    )


def excluded(metric: MetricFormatter, comparison: Comparison) -> tuple[str, ...]:
    """A sentence about the creatives that no rate describes."""
    if not comparison.excluded:
        return ()
    clips = plural(len(comparison.excluded), "clip")
    return (say("sentence.excluded", clips=clips, events=metric.spec.events, label=metric.label),)


def headline(facts: VerdictFacts) -> str:
    """One line: the longest of the ways to say it that fits, else the shortest. It is never cut."""
    match facts.decision.outcome:
        case VerdictOutcome.WINNER:
            candidates = _winner(facts)
        case VerdictOutcome.COMBINATION:
            candidates = _combination(facts)
        case VerdictOutcome.FACTOR if facts.level and facts.decision.factor:
            candidates = _factor(facts, facts.decision.factor.name, facts.level)
        case VerdictOutcome.FACTOR | VerdictOutcome.DIFFERENT:
            candidates = _different(facts)
        case VerdictOutcome.NO_DIFFERENCE:
            candidates = _no_difference(facts)
        case VerdictOutcome.NOT_ENOUGH_DATA:
            candidates = _not_enough(facts)
    fitting = (one for one in candidates if len(one) <= LONGEST_HEADLINE)
    return next(fitting, candidates[-1])


def _leader(facts: VerdictFacts) -> dict[str, str]:
    shrunk = facts.leader.shrunk
    return {
        "name": name_in_quotes(facts.leader.label, facts.labels),
        "chance": chance_in_words(facts.leader.p_best),
        "estimate": facts.metric.estimate(shrunk.value, shrunk.interval) if shrunk else "",
    }


def _winner(facts: VerdictFacts) -> tuple[str, ...]:
    best = "best" if facts.metric.spec.higher_is_better else "lowest"
    fields = {**_leader(facts), "best": best, "label": facts.metric.label}
    claim = say(f"headline.winner_{facts.design.value}", **fields)
    clips = f"{int(facts.evidence.ranking.contends.sum()):,} clips"
    return (
        say("headline.winner_of", claim=claim, clips=clips, **fields),
        say("headline.winner_short", claim=claim, **fields),
        claim,
    )


def _combination(facts: VerdictFacts) -> tuple[str, ...]:
    name = facts.combination or ""
    others = {combination_name(one.factors) for one in facts.comparison.creatives}
    best = "best" if facts.metric.spec.higher_is_better else "lowest"
    whole, cut = (
        say(f"headline.combination_{facts.design.value}", name=one, best=best, label=facts.metric.label)
        for one in (f"“{name}”", name_in_quotes(name, others))
    )
    fields = {"chance": chance_in_words(takes_chance(facts)), "takes": f"{len(facts.takes):,}"}
    ways = [(kind, claim) for kind in ("open", "short") for claim in (whole, cut)]
    return (*(say(f"headline.combination_{kind}", claim=claim, **fields) for kind, claim in ways), cut)


def takes_chance(facts: VerdictFacts) -> float:
    """That the best clip is one of the takes of the leading combination."""
    return min(1.0, sum(one.p_best or 0.0 for one in facts.takes))


def _factor(facts: VerdictFacts, factor: str, level: FactorLevel) -> tuple[str, ...]:
    axis, of = factor.replace("_", " "), facts.decision.factor
    levels = [level_name(factor, one.name) for one in of.levels] if of else []
    claim = say(
        f"headline.factor_{facts.design.value}",
        name=f"{axis.capitalize()} {name_in_quotes(level_name(factor, level.name), levels)}",
        difference=f"a {facts.metric.label} {compared(level.difference, f'the average {axis}')}",
    )
    return say("headline.factor_chance", claim=claim, chance=small_chance(level.difference.p_adjusted)), claim


def _different(facts: VerdictFacts) -> tuple[str, ...]:
    label = facts.metric.label
    claim = say("headline.different", label=label[0].upper() + label[1:], clips=facts.clips)
    fields = {"claim": claim, **_leader(facts)}
    return say("headline.different_long", **fields), say("headline.different_short", **fields), claim


def _no_difference(facts: VerdictFacts) -> tuple[str, ...]:
    known = len(measured(facts.comparison, facts.config))
    clips = facts.clips if known == len(facts.comparison.creatives) else say("headline.enough", clips=known)
    claim = say("headline.none", clips=clips)
    fields = {
        "claim": claim,
        "label": facts.metric.label,
        "value": facts.metric.value_in_words(facts.comparison.scale.value(facts.comparison.pooled)),
        "lift": lift(facts.lift, signed=False),
    }
    return say("headline.none_long", **fields), say("headline.none_short", **fields), claim


def _not_enough(facts: VerdictFacts) -> tuple[str, ...]:
    claim, need, events = say("headline.none", clips=facts.clips), facts.need, facts.metric.spec.events
    if need is None:
        return say("headline.too_few", claim=claim, events=events), claim
    fields = {
        "claim": claim,
        "events": events,
        "lift": lift(facts.lift, signed=False),
        "trials": count(rounded(need.trials_each)),
    }
    few = say("headline.too_few_need", **fields)
    if need.spend is None:
        return few, claim
    return say("headline.too_few_cost", spend=facts.metric.amount(rounded(need.spend)), **fields), few, claim
