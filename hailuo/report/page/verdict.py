"""The box at the top: what won, how sure, and what it would cost to be sure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from hailuo.report.findings import (
    CreativeFinding,
    FactorLevel,
    PlatformFindings,
    SampleNeeded,
    VerdictOutcome,
)
from hailuo.report.formatting import (
    GAP,
    UNKNOWN,
    MetricFormatter,
    axis_name,
    chance,
    count,
    level_name,
    money,
    percent,
    plain,
    plural,
    rounded,
)
from hailuo.report.metrics import PLATFORM_NAMES
from hailuo.report.page.clip import Clip
from hailuo.report.page.words import OUTCOMES, Values
from hailuo.report.texts import say

FIRST_SENTENCES: Final = 2
"""The sentences that are open; the others are a click away, for the ten-second reader has what matters."""
_UNSHOWN: Final = frozenset({VerdictOutcome.NO_DIFFERENCE, VerdictOutcome.NOT_ENOUGH_DATA})


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the three questions, its answer in a few words, and what supports it."""

    question: str
    answer: str
    note: str


def verdict_of(found: PlatformFindings, *, currency: str | None, clips: Mapping[str, Clip]) -> Values:
    """The box of one platform; `clip` is the winner's, or the best one that shows the winning level."""
    verdict, metric, level = found.verdict, MetricFormatter(found.metric, currency), _claimed_level(found)
    leader = next((one for one in found.creatives if one.creative_id == verdict.creative_id), None)
    takes = _takes(found)
    axis = verdict.factor or ""
    examples = (one for one in found.creatives if level and one.factors.get(axis) == level.name)
    shown = leader or next(iter(takes), None) or next(examples, None)
    outcome = OUTCOMES[verdict.outcome]
    loses = level is not None and _goodness(level, metric) < 0
    return {
        "anchor": f"verdict-{found.platform.value}",
        "platform": PLATFORM_NAMES[found.platform],
        "outcome": replace(outcome, tone="worse") if loses else outcome,
        "headline": _tied(verdict.headline),
        "answers": (
            _won(found, leader, level, metric),
            _sure(found, leader, level, metric),
            _cost(verdict.need, verdict.outcome, currency),
        ),
        "sentences": tuple(_tied(sentence) for sentence in verdict.sentences[:FIRST_SENTENCES]),
        "more": tuple(_tied(sentence) for sentence in verdict.sentences[FIRST_SENTENCES:]),
        "decides": _tied(found.disagreement or found.metric_reason),
        "caveat": _tied(verdict.caveat),
        "study": say("study.title") if found.study_says else "",
        "studies": tuple(_tied(sentence) for sentence in found.study_says),
        "clip": clips.get(shown.creative_id) if shown else None,
        "number": shown.numbered if shown else "",
        "is_example": shown is not None and shown.creative_id != verdict.creative_id,
        "power": tuple(_power_row(need, currency) for need in found.power),
    }


def _claimed_level(found: PlatformFindings) -> FactorLevel | None:
    """The level that the verdict is about."""
    verdict = found.verdict
    levels = (level for factor in found.factors if factor.name == verdict.factor for level in factor.levels)
    if verdict.outcome is not VerdictOutcome.FACTOR:
        return None
    return next((level for level in levels if level.name == verdict.level), None)


def _won(
    found: PlatformFindings,
    leader: CreativeFinding | None,
    level: FactorLevel | None,
    metric: MetricFormatter,
) -> Answer:
    question = say("answer.won")
    if found.verdict.outcome is VerdictOutcome.WINNER and leader is not None:
        estimate = leader.estimates.get(metric.metric)
        value = estimate and say(
            "answer.level",
            metric=metric.name,
            value=metric.value(estimate.value),
            interval=metric.interval(estimate.interval),
        )
        return Answer(question, leader.label, value or "")
    if takes := _takes(found):
        chances = ", ".join(f"take {one.take} {chance(one.p_best or 0.0)}" for one in takes)
        return Answer(question, found.verdict.combination or "", say("answer.takes", clips=chances))
    if level is not None:
        return _stands_out(found, level, metric)
    if found.verdict.outcome is VerdictOutcome.DIFFERENT:
        return Answer(question, say("answer.not_settled"), say("answer.not_settled_note"))
    clips = plural(len(found.creatives), "clip")
    return Answer(question, say("answer.nothing"), say("answer.nothing_note", clips=clips))


def _takes(found: PlatformFindings) -> list[CreativeFinding]:
    """Of the combination that the verdict is about, the likeliest first; none with any other verdict."""
    of_cell = [one for one in found.creatives if one.cell_id == found.verdict.cell_id]
    return sorted(of_cell, key=lambda one: -(one.p_best or 0.0))


def _stands_out(found: PlatformFindings, level: FactorLevel, metric: MetricFormatter) -> Answer:
    """A level that is clearly worse has not won: then the best one is named beside it, whose lead is not claimed."""

    def estimate(one: FactorLevel) -> str:
        interval = metric.interval(one.interval)
        return say("answer.level", metric=metric.name, value=metric.value(one.rate), interval=interval)

    axis = found.verdict.factor or ""
    name = f"{axis_name(axis)}: {level_name(axis, level.name)}"
    if _goodness(level, metric) >= 0:
        return Answer(say("answer.won"), name, estimate(level))
    others = [one for factor in found.factors if factor.name == axis for one in factor.levels if one != level]
    best = max(others, key=lambda one: _goodness(one, metric), default=None)
    ahead = best and say("answer.best_so_far", level=level_name(axis, best.name), estimate=estimate(best))
    return Answer(say("answer.lost"), name, estimate(level) + (ahead or ""))


def _goodness(level: FactorLevel, metric: MetricFormatter) -> float:
    return level.difference.value if metric.spec.higher_is_better else -level.difference.value


def _sure(
    found: PlatformFindings,
    leader: CreativeFinding | None,
    level: FactorLevel | None,
    metric: MetricFormatter,
) -> Answer:
    question = say("answer.sure")
    if level is not None:
        p = level.difference.p_adjusted
        odds = say("answer.odds", chance="less than 0.1" if p < 0.001 else f"{p * 100:.2g}")
        return Answer(question, _gap(level, metric), _tied(odds))
    if takes := _takes(found):
        p_best = min(1.0, sum(one.p_best or 0.0 for one in takes))
        note = say("answer.among", clips=sum(one.p_best is not None for one in found.creatives))
        return Answer(question, say("answer.likely", chance=chance(p_best)), note)
    best = leader or max(found.creatives, key=lambda creative: creative.p_best or 0.0, default=None)
    if best is None or best.p_best is None:
        return Answer(question, say("answer.no_chance"), say("answer.no_chance_note"))
    among = say("answer.among", clips=sum(one.p_best is not None for one in found.creatives))
    if found.verdict.outcome is not VerdictOutcome.WINNER:
        at_most = say("answer.at_most", chance=chance(best.p_best))
        return Answer(question, at_most, f"{among}, for {best.label}")
    loss = "" if best.expected_loss is None else say("answer.loss", loss=metric.size(best.expected_loss))
    return Answer(question, say("answer.likely", chance=chance(best.p_best)), among + loss)


def _gap(level: FactorLevel, metric: MetricFormatter) -> str:
    """Against the mean of the levels: relative where that is known."""
    gap = level.difference
    if gap.lift is None or gap.lift_interval is None:
        return f"{metric.difference(gap.value, gap.interval)} ({metric.difference_interval(gap.interval)})"
    low, high = gap.lift_interval.low, gap.lift_interval.high
    lift = percent(gap.lift, digits=0, signed=True)
    if low is None or high is None:
        return lift
    return f"{lift} ({plain(low * 100, 0, signed=True)} to {percent(high, digits=0, signed=True)})"


def _cost(need: SampleNeeded | None, outcome: VerdictOutcome, currency: str | None) -> Answer:
    has_winner = outcome is VerdictOutcome.WINNER
    question = say("answer.surer" if has_winner else "answer.cost")
    if has_winner and (need is None or not need.more_trials):
        return Answer(question, say("answer.enough"), say("answer.enough_winner"))
    if need is None:
        return Answer(question, UNKNOWN, say("answer.not_computed"))
    lift = percent(need.lift, digits=0)
    if not need.more_trials:
        return Answer(question, say("answer.enough"), say("answer.enough_lift", lift=lift))
    aim = say("answer.aim_one" if outcome in _UNSHOWN else "answer.aim_two", lift=lift)
    more = count(rounded(need.more_trials))
    if need.spend is None:
        return Answer(question, say("answer.impressions", more=more), say("answer.impressions_note", aim=aim))
    spend = money(rounded(need.spend), currency, digits=0)
    return Answer(question, say("answer.spend", spend=spend), say("answer.spend_note", more=more, aim=aim))


def _power_row(need: SampleNeeded, currency: str | None) -> tuple[str, ...]:
    spend = UNKNOWN if need.spend is None or not need.more_trials else money(need.spend, currency, digits=0)
    more = count(need.more_trials) if need.more_trials else "enough"
    return percent(need.lift, digits=0, signed=True), count(need.trials_each), more, spend


def _tied(sentence: str) -> str:
    """A number and its sign stay on one line."""
    return re.sub(r"(?<=\d) (?=%|points)", GAP, sentence)
