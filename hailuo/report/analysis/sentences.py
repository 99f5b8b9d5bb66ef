"""The sentences beneath a headline: what it rests on, how sure it is, and what else a reader must know."""

from collections.abc import Iterator

from hailuo.report import numbers
from hailuo.report.analysis.experiment import Comparison
from hailuo.report.analysis.formatting import Voice
from hailuo.report.analysis.story import Story
from hailuo.report.findings import Interval, VerdictOutcome
from hailuo.report.metrics import METRICS, Metric
from hailuo.report.stats.intervals import wilson
from hailuo.report.stats.sequential import mixture_interval


def remarks(story: Story) -> Iterator[str]:
    """The important first; each a sentence that stands by itself."""
    yield from _claim(story)
    if not story.is_open:
        yield from _unseen_scatter(story)
    yield _everybody(story)
    yield from _chance(story)
    yield from _takes(story)
    yield from _to_be_sure(story)
    yield from left_out(story.voice, story.comparison)
    if story.is_open:
        yield from _unseen_scatter(story)
    yield from _scatter(story)
    yield from _meaning(story)


def left_out(voice: Voice, comparison: Comparison) -> Iterator[str]:
    """Those that no rate describes."""
    if comparison.left_out:
        clips = _clips(len(comparison.left_out))
        yield (
            f"{clips} with more {voice.events} than clicks (conversions after a mere view) cannot be ranked on "
            f"{voice.label}."
        )


def _claim(story: Story) -> Iterator[str]:
    """What was counted of the leader, before it is pulled towards the others; and where it stands to the control."""
    if story.decision.outcome is not VerdictOutcome.WINNER:
        yield from _still_open(story)
        return
    estimate = story.leader.estimates[story.voice.metric]
    yield f"Counted: {story.voice.label} {story.voice.estimate(estimate.value, estimate.interval)}, {_own(story)}."
    difference = story.leader.against_control
    if difference is not None:
        against = "the control" if _has_control(story) else "all the others"
        yield (
            f"Against {against}: {story.voice.label} "
            f"{story.voice.lift(difference.lift, difference.lift_interval)}."
        )


def _still_open(story: Story) -> Iterator[str]:
    if story.decision.outcome is VerdictOutcome.FACTOR:
        name, chance = story.voice.name(story.leader.label), story.voice.likely(story.leader.p_best)
        yield f"Which clip is the best is not settled: {name} is the likeliest, at {chance}."


def _own(story: Story) -> str:
    at = story.evidence.leader
    trials = float(story.comparison.trials[at]) / story.comparison.scale.bits
    return story.voice.counted(float(story.comparison.events[at]), trials)


def _has_control(story: Story) -> bool:
    return any(one.is_control for one in story.comparison.creatives)


def _everybody(story: Story) -> str:
    comparison, voice, scale = story.comparison, story.voice, story.comparison.scale
    events, trials = float(comparison.events.sum()), float(comparison.trials.sum())
    found = _interval(story, events, trials)
    common = voice.estimate(scale.value(comparison.pooled), found and scale.interval(found))
    who = "Both clips" if len(comparison.creatives) == 2 else f"All {story.clips}"
    return f"{who} together: {voice.label} {common}, {voice.counted(events, trials / scale.bits)}."


def _interval(story: Story, events: float, trials: float) -> Interval | None:
    """Of all together, for one look or for all of them."""
    comparison, confidence = story.comparison, story.config.options.confidence
    phi = comparison.dispersion.widening
    if comparison.horizon is None:
        return wilson(events, trials, confidence=confidence, dispersion=phi)
    horizon = comparison.horizon * len(comparison.creatives)
    return mixture_interval(events, trials, horizon=horizon, confidence=confidence, dispersion=phi)


def _chance(story: Story) -> Iterator[str]:
    significance = story.evidence.significance
    if significance.creatives_p is not None:
        yield f"Chance alone makes clips differ as much as these in {story.voice.chance(significance.creatives_p)} of such tests."
    for name, p in significance.factors_p.items():
        if p < significance.limit:
            axis = name.replace("_", " ")
            yield f"Chance alone makes the levels of {axis} differ as much as these in {story.voice.chance(p)} of such tests."


def _takes(story: Story) -> Iterator[str]:
    """Takes of one combination differ by luck: that one leads says less about the combination than about the clip."""
    cell = story.leader.cell_id
    p_best = story.evidence.ranking.chances.p_best
    same = [at for at, one in enumerate(story.comparison.creatives) if one.cell_id == cell]
    if len(same) < 2 or story.is_open:
        return
    if story.decision.outcome is VerdictOutcome.WINNER:
        yield (
            f"It is one of {len(same):,} takes of the same combination: the lead is this clip's, and another take "
            "need not repeat it."
        )
    else:
        together = story.voice.likely(min(1.0, float(sum(p_best[at] for at in same))))
        yield f"The chance that the best is one of the {len(same):,} takes of the leader's combination is {together}."


def _to_be_sure(story: Story) -> Iterator[str]:
    need = story.need
    if need is None:
        return
    each = f"{story.voice.roughly(need.trials_each)} impressions for each clip"
    if not need.more_trials:
        yield f"To {_goal(story)} takes {each}, and each has them."
        return
    cost = "" if need.spend is None else f", about {story.voice.about(need.spend)} at the price paid so far"
    more = f"{story.voice.roughly(need.more_trials)} impressions more in all"
    yield f"To {_goal(story)} takes {each}: {more}{cost}."


def _goal(story: Story) -> str:
    lift = story.voice.size(story.lift)
    tests = f"in {numbers.percent(story.config.options.power, digits=0)} of tests"
    if story.is_open:
        return f"find, {tests}, a clip that is {lift} ahead"
    return f"tell apart, {tests}, two clips that differ by {lift}"


def _unseen_scatter(story: Story) -> Iterator[str]:
    if story.comparison.dispersion.phi is None:
        yield (
            "How much days differ cannot be told from this export, so the intervals may be too narrow, and chance "
            "likelier than is said here."
        )


def _scatter(story: Story) -> Iterator[str]:
    scatter = story.comparison.dispersion
    if scatter.phi is not None and scatter.widening > 1:
        yield f"Days or ads scatter {scatter.phi:.1f} times as much as chance alone, and the intervals are widened for it."
    if story.comparison.horizon is not None:
        yield (
            "Counted rates and costs, and every comparison of clips, have intervals that hold however often the "
            "report is read; values corrected for luck and ratios such as ROAS have those of one look. What factors do "
            "is judged only in a report that is read once, at the planned end."
        )


def _meaning(story: Story) -> Iterator[str]:
    if story.voice.metric is Metric.HOOK:
        yield (
            f"Hook rate here: {story.voice.hook()}, of all impressions; seconds from the start mean the same for "
            "clips of every length."
        )
    lengths = sorted({one.duration_s for one in story.comparison.creatives})
    if len(lengths) > 1:
        unsafe = " and ".join(spec.label.lower() for spec in METRICS.values() if not spec.across_durations)
        told = " and ".join(f"{length} s" for length in lengths)
        yield f"Clips of {told} cannot be compared on {unsafe}: these are shown but never ranked."


def _clips(number: int) -> str:
    return "1 clip" if number == 1 else f"{number:,} clips"
