"""The sentences beneath a headline: what it rests on, how sure it is, and what else you must know."""

from collections.abc import Iterator
from typing import Final

from hailuo.report.analysis.headlines import VerdictFacts, excluded, headline
from hailuo.report.analysis.ranking import takes_of
from hailuo.report.findings import PlatformVerdict, Srm, VerdictOutcome
from hailuo.report.formatting import (
    chance_in_words,
    count,
    lift,
    lift_with_interval,
    name_in_quotes,
    percent,
    rounded,
    small_chance,
)
from hailuo.report.metrics import METRICS, Metric
from hailuo.report.stats.intervals import wilson
from hailuo.report.stats.sequential import mixture_interval
from hailuo.report.texts import say

TELLING_PHI: Final = 1.1
"""A dispersion below is not mentioned: at 1.1 an interval is wider by a twentieth."""


def verdict_of(facts: VerdictFacts, *, srm: Srm | None) -> PlatformVerdict:
    """The box at the top of a platform's part."""
    decision = facts.decision
    return PlatformVerdict(
        outcome=decision.outcome,
        headline=headline(facts),
        sentences=tuple(_sentences(facts)),
        caveat=say(f"caveat.{'split_broken' if srm and srm.flagged else facts.design.value}"),
        creative_id=facts.leader.creative_id if decision.outcome is VerdictOutcome.WINNER else None,
        factor=decision.factor.name if decision.factor else None,
        level=decision.level.name if decision.level else None,
        need=facts.need,
        cell_id=facts.takes[0].cell_id if facts.takes else None,
        combination=facts.combination,
    )


def _sentences(facts: VerdictFacts) -> Iterator[str]:
    """The important first; each can be read by itself."""
    unknown = () if facts.comparison.swing is not None else (say("sentence.unknown_dispersion"),)
    yield from _claim(facts)
    if not facts.nothing_shown:
        yield from unknown
    yield _all_clips(facts)
    yield from _chance(facts)
    yield from _takes(facts)
    yield from _to_be_sure(facts)
    yield from excluded(facts.metric, facts.comparison)
    if facts.nothing_shown:
        yield from unknown
    yield from _meaning(facts)


def _claim(facts: VerdictFacts) -> Iterator[str]:
    """What was counted of the leader, before it is pulled towards the others; and how it compares with the control."""
    leader, metric, comparison = facts.leader, facts.metric, facts.comparison
    if facts.decision.outcome is VerdictOutcome.FACTOR:
        name = name_in_quotes(leader.label, facts.labels)
        yield say("sentence.likeliest", name=name, chance=chance_in_words(leader.p_best))
    if facts.decision.outcome is VerdictOutcome.COMBINATION:
        chances = (f"take {one.take} {chance_in_words(one.p_best)}" for one in facts.takes)
        yield say("sentence.takes_share", chances=", ".join(chances))
        counted = (
            float(of[list(facts.decision.takes)].sum()) for of in (comparison.events, comparison.trials)
        )
        events, trials = counted
        yield say(
            "sentence.takes_counted",
            label=metric.label,
            value=metric.value_in_words(comparison.scale.value(events / trials)),
            counts=metric.counted(*comparison.scale.counted(events, trials)),
        )
    if facts.decision.outcome is not VerdictOutcome.WINNER:
        return
    estimate, at = leader.estimates[metric.metric], facts.evidence.leader
    counts = comparison.scale.counted(float(comparison.events[at]), float(comparison.trials[at]))
    yield say(
        "sentence.counted",
        label=metric.label,
        estimate=metric.estimate(estimate.value, estimate.interval),
        counts=metric.counted(*counts),
    )
    difference = leader.against_control
    if difference is not None:
        against = "control" if any(one.is_control for one in comparison.creatives) else "others"
        value = lift_with_interval(difference.lift, difference.lift_interval)
        yield say(f"sentence.against_{against}", label=metric.label, lift=value)


def _all_clips(facts: VerdictFacts) -> str:
    comparison, metric, scale = facts.comparison, facts.metric, facts.comparison.scale
    events, trials = float(comparison.events.sum()), float(comparison.trials.sum())
    look = {"confidence": facts.config.options.confidence, "dispersion": comparison.typical_phi}
    if comparison.horizon is None:
        interval = wilson(events, trials, **look)
    else:
        horizon = comparison.horizon * len(comparison.creatives)
        interval = mixture_interval(events, trials, horizon=horizon, **look)
    return say(
        "sentence.both" if len(comparison.creatives) == 2 else "sentence.all",
        clips=facts.clips,
        label=metric.label,
        estimate=metric.estimate(scale.value(comparison.pooled), interval and scale.interval(interval)),
        counts=metric.counted(*scale.counted(events, trials)),
    )


def _chance(facts: VerdictFacts) -> Iterator[str]:
    significance = facts.evidence.significance
    if significance.creatives_p is not None:
        yield say("sentence.chance_clips", chance=small_chance(significance.creatives_p))
    for name, p in significance.factors_p.items():
        if p < significance.limit:
            yield say("sentence.chance_levels", axis=name.replace("_", " "), chance=small_chance(p))


def _takes(facts: VerdictFacts) -> Iterator[str]:
    """Takes of one combination differ by luck: that one leads says less about the combination than about the clip."""
    p_best = facts.evidence.ranking.chances.p_best
    same = takes_of(facts.comparison, facts.evidence.leader)
    if len(same) < 2 or facts.nothing_shown or facts.takes:
        return
    takes = f"{len(same):,}"
    if facts.decision.outcome is VerdictOutcome.WINNER:
        yield say("sentence.takes_lead", takes=takes)
    else:
        chance = chance_in_words(min(1.0, float(sum(p_best[at] for at in same))))
        yield say("sentence.takes_likely", takes=takes, chance=chance)


def _to_be_sure(facts: VerdictFacts) -> Iterator[str]:
    need = facts.need
    if need is None:
        return
    power = percent(facts.config.options.power, digits=0)
    goal = "sentence.goal_find" if facts.nothing_shown else "sentence.goal_apart"
    clips = need.clips or 0
    among = say(
        "sentence.every_clip" if clips == len(facts.comparison.creatives) else "sentence.likeliest_clips",
        clips=clips,
    )
    fields = {
        "goal": say(goal, power=power, lift=lift(facts.lift, signed=False)),
        "trials": count(rounded(need.trials_each)),
        "more": count(rounded(need.more_trials)),
        "among": among,
    }
    if not need.more_trials:
        yield say("sentence.need_met", **fields)
    elif need.spend is None:
        yield say("sentence.need", **fields)
    else:
        yield say("sentence.need_cost", spend=facts.metric.amount(rounded(need.spend)), **fields)


def _meaning(facts: VerdictFacts) -> Iterator[str]:
    phi, swing = facts.comparison.phi, facts.comparison.swing
    if swing is not None and phi.max() >= TELLING_PHI:
        low, high = (percent(one**0.5 - 1, digits=0) for one in (float(phi.min()), float(phi.max())))
        yield say("sentence.dispersion", swing=percent(swing, digits=0), low=low, high=high)
    if facts.comparison.horizon is not None:
        yield say("sentence.sequential")
    if facts.metric.metric is Metric.HOOK:
        yield say("sentence.hook", count=facts.hook)
    lengths = sorted({one.duration_s for one in facts.comparison.creatives})
    if len(lengths) > 1:
        yield say(
            "sentence.lengths",
            lengths=" and ".join(f"{length} s" for length in lengths),
            metrics=" and ".join(
                spec.label.lower() for spec in METRICS.values() if not spec.across_durations
            ),
        )
