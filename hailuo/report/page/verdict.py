"""The box at the top: what won, how sure, what to do next."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from hailuo.report import numbers
from hailuo.report.findings import (
    CreativeFinding,
    Difference,
    FactorLevel,
    PlatformFindings,
    Recommendation,
    ReportFindings,
    SampleNeeded,
    VerdictOutcome,
)
from hailuo.report.metrics import PLATFORM_NAMES
from hailuo.report.page.clip import Clip
from hailuo.report.page.measure import Measure
from hailuo.report.page.words import OUTCOMES, WISHES, SignedWord, axis_name, level_name, plural

FIRST_SENTENCES: Final = 2
"""The sentences that stand open; the others are a click away, for the ten-second reader has what matters."""
_UNSHOWN: Final = frozenset({VerdictOutcome.NO_DIFFERENCE, VerdictOutcome.NOT_ENOUGH_DATA})
_GAP: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the three questions, its answer in a few words, and what stands behind it."""

    question: str
    answer: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictBox:
    """One platform's box; `clip` is the winner's, or the best one that shows the winning level."""

    anchor: str
    platform: str
    outcome: SignedWord
    headline: str
    answers: tuple[Answer, ...]
    sentences: tuple[str, ...]
    more: tuple[str, ...]
    caveat: str
    clip: Clip | None
    is_example: bool
    power: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class NextCount:
    """How many rows of the next batch are kept, explored or dropped."""

    word: SignedWord
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The next batch in one line."""

    counts: tuple[NextCount, ...]
    clips: str
    price: str
    file: str | None


def verdict_of(found: PlatformFindings, *, currency: str | None, clips: Mapping[str, Clip]) -> VerdictBox:
    """The box of one platform."""
    verdict = found.verdict
    measure = Measure(found.metric, currency)
    shown = _leader(found) or _example(found)
    return VerdictBox(
        anchor=f"verdict-{found.platform.value}",
        platform=PLATFORM_NAMES[found.platform],
        outcome=_outcome(found, measure),
        headline=_tied(verdict.headline),
        answers=(_won(found, measure), _sure(found, measure), _cost(verdict.need, verdict.outcome, measure)),
        sentences=tuple(_tied(sentence) for sentence in verdict.sentences[:FIRST_SENTENCES]),
        more=tuple(_tied(sentence) for sentence in verdict.sentences[FIRST_SENTENCES:]),
        caveat=_tied(verdict.caveat),
        clip=clips.get(shown.creative_id) if shown else None,
        is_example=shown is not None and shown.creative_id != verdict.creative_id,
        power=tuple(_power_row(need, measure) for need in found.power),
    )


def next_of(findings: ReportFindings) -> Next | None:
    """None where no batch was proposed."""
    proposal = findings.proposal
    if proposal is None:
        return None
    wishes = [row.action for row in proposal.rows]
    return Next(
        counts=tuple(
            NextCount(WISHES[wish], wishes.count(wish))
            for wish in (Recommendation.KEEP, Recommendation.EXPLORE, Recommendation.DROP)
        ),
        clips=plural(
            sum(row.takes for row in proposal.rows if row.action is not Recommendation.DROP), "clip"
        ),
        price="price not known" if proposal.usd is None else numbers.money(proposal.usd, "USD"),
        file=proposal.file,
    )


def _won(found: PlatformFindings, measure: Measure) -> Answer:
    question = "What won?"
    leader, level = _leader(found), _level(found)
    match found.verdict.outcome:
        case VerdictOutcome.WINNER if leader is not None:
            return Answer(question, leader.label, _value_note(leader, measure))
        case VerdictOutcome.FACTOR if level is not None:
            return _stands_out(found, level, measure)
        case VerdictOutcome.DIFFERENT:
            return Answer(question, "Not settled", "the clips differ, but which one is best is open")
        case _:
            return Answer(question, "Nothing yet", f"of {plural(len(found.creatives), 'clip')}")


def _stands_out(found: PlatformFindings, level: FactorLevel, measure: Measure) -> Answer:
    """A level that is clearly worse has not won: then the highest is named beside it, whose lead is not claimed."""
    axis, told = found.verdict.factor or "", _level_told(level, measure)
    name = f"{axis_name(axis)}: {level_name(axis, level.name)}"
    if not _loses(found, measure):
        return Answer("What won?", name, told)
    others = [one for factor in found.factors if factor.name == axis for one in factor.levels if one != level]
    best = max(others, key=lambda one: _goodness(one, measure), default=None)
    ahead = f"; best so far: {level_name(axis, best.name)}, {_level_told(best, measure)}" if best else ""
    return Answer("What lost?", name, told + ahead)


def _level_told(level: FactorLevel, measure: Measure) -> str:
    return f"{measure.name} {measure.value(level.rate)} ({measure.interval(level.interval)})"


def _outcome(found: PlatformFindings, measure: Measure) -> SignedWord:
    word = OUTCOMES[found.verdict.outcome]
    return replace(word, tone="worse") if _loses(found, measure) else word


def _loses(found: PlatformFindings, measure: Measure) -> bool:
    """Whether what is claimed is a level that is worse than the average."""
    level = _level(found)
    is_claimed = found.verdict.outcome is VerdictOutcome.FACTOR and level is not None
    return is_claimed and level is not None and _goodness(level, measure) < 0


def _goodness(level: FactorLevel, measure: Measure) -> float:
    return level.difference.value if measure.spec.higher_is_better else -level.difference.value


def _sure(found: PlatformFindings, measure: Measure) -> Answer:
    question = "How sure?"
    leader, level = _leader(found), _level(found)
    if found.verdict.outcome is VerdictOutcome.FACTOR and level is not None:
        return Answer(question, _gap(level.difference, measure), _odds(level.difference.p_adjusted))
    best = leader or max(found.creatives, key=lambda creative: creative.p_best or 0.0, default=None)
    if best is None or best.p_best is None:
        return Answer(question, "Cannot be said", "too little data for a chance to be the best")
    among = f"to be the best of {sum(one.p_best is not None for one in found.creatives):,}"
    if found.verdict.outcome is VerdictOutcome.WINNER:
        return Answer(question, f"{numbers.chance(best.p_best)} likely", among + _loss(best, measure))
    return Answer(question, f"{numbers.chance(best.p_best)} at most", f"{among}, for {best.label}")


def _cost(need: SampleNeeded | None, outcome: VerdictOutcome, measure: Measure) -> Answer:
    question = "And to be surer?" if outcome is VerdictOutcome.WINNER else "What would it cost to be sure?"
    if need is None:
        return Answer(question, "–", "could not be computed")
    lift = numbers.percent(need.lift, digits=0)
    if not need.more_trials:
        enough = (
            "a winner is there"
            if outcome is VerdictOutcome.WINNER
            else f"a difference of {lift} would have shown"
        )
        return Answer(question, "Nothing more", enough)
    aim = (
        f"to see one clip {lift} ahead"
        if outcome in _UNSHOWN
        else f"to tell two clips apart that differ by {lift}"
    )
    more = f"{numbers.count(_roughly(need.more_trials))} more"
    if need.spend is None:
        return Answer(question, f"about {more}", f"impressions, {aim}")
    spend = numbers.money(_roughly(need.spend), measure.currency, digits=0)
    return Answer(question, f"about {spend}", f"{more} impressions, {aim}")


def _roughly(number: float) -> float:
    """Three digits: more would promise what no forecast keeps."""
    return float(f"{number:.3g}")


def _power_row(need: SampleNeeded, measure: Measure) -> tuple[str, ...]:
    price = need.spend if need.more_trials else None
    spend = numbers.UNKNOWN if price is None else numbers.money(price, measure.currency, digits=0)
    more = numbers.count(need.more_trials) if need.more_trials else "enough"
    return numbers.percent(need.lift, digits=0, signed=True), numbers.count(need.trials_each), more, spend


def _leader(found: PlatformFindings) -> CreativeFinding | None:
    wanted = found.verdict.creative_id
    return next((creative for creative in found.creatives if creative.creative_id == wanted), None)


def _level(found: PlatformFindings) -> FactorLevel | None:
    levels = [
        level for factor in found.factors if factor.name == found.verdict.factor for level in factor.levels
    ]
    return next((level for level in levels if level.name == found.verdict.level), None)


def _example(found: PlatformFindings) -> CreativeFinding | None:
    """The best clip that has the level that is told of: what a factor looks like."""
    factor, level = found.verdict.factor, found.verdict.level
    if factor is None or found.verdict.outcome is not VerdictOutcome.FACTOR:
        return None
    return next((creative for creative in found.creatives if creative.factors.get(factor) == level), None)


def _value_note(leader: CreativeFinding, measure: Measure) -> str:
    estimate = leader.estimates.get(measure.metric)
    if estimate is None:
        return ""
    return f"{measure.name} {measure.value(estimate.value)} ({measure.interval(estimate.interval)})"


def _loss(best: CreativeFinding, measure: Measure) -> str:
    if best.expected_loss is None:
        return ""
    return f"; on average {measure.size(best.expected_loss)} short of the best"


def _tied(sentence: str) -> str:
    """A number and its sign stay on one line."""
    return re.sub(r"(?<=\d) (?=%|points)", _GAP, sentence)


def _gap(gap: Difference, measure: Measure) -> str:
    """Against the mean of the levels: relative where that is known."""
    if gap.lift is None or gap.lift_interval is None:
        return f"{measure.difference(gap.value, gap.interval)} ({measure.difference_interval(gap.interval)})"
    low, high = gap.lift_interval.low, gap.lift_interval.high
    lift = numbers.percent(gap.lift, digits=0, signed=True)
    if low is None or high is None:
        return lift
    return f"{lift} ({numbers.plain(low * 100, 0, signed=True)} to {numbers.percent(high, digits=0, signed=True)})"


def _odds(p_value: float) -> str:
    rare = "less than 0.1" if p_value < 0.001 else f"{p_value * 100:.2g}"
    return f"against the average level; chance alone does so in {rare}{_GAP}% of such tests"
