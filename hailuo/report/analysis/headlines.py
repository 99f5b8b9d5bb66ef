"""The verdict in plain English, for somebody who buys ads: the design of the test decides the verbs.

A split by chance lets a clip "get" its numbers; in a platform's test it "did better"; in an auction it "was delivered
with" them, for the platform chose who saw it.
"""

from typing import Final

from hailuo.report.analysis.decision import ComparisonEvidence, Decision
from hailuo.report.analysis.experiment import AnalysisConfig, Comparison
from hailuo.report.analysis.formatting import Voice
from hailuo.report.analysis.observations import Observed, counts_of
from hailuo.report.analysis.sentences import left_out, remarks
from hailuo.report.analysis.story import Story, story_of
from hailuo.report.findings import CreativeFinding, PlatformVerdict, Srm, VerdictOutcome
from hailuo.report.metrics import Design

LONGEST_HEADLINE: Final = 140

CAVEATS: Final = {
    Design.RANDOMISED_SPLIT: "People were split by chance: a difference beyond chance is the clips' doing.",
    Design.PLATFORM_AB_TEST: "The platform chose who saw which clip within its test: audiences may differ, "
    "and a difference need not be the clips' doing alone.",
    Design.AUCTION: "In an auction the platform chooses who sees which clip: a difference may be the audience's "
    "and is not proof that the clip makes it.",
}
SPLIT_BROKEN: Final = (
    "People were to be split by chance, but the split did not come out as planned: until the reason is found, a "
    "difference may be the audience's and is not proof that the clip makes it."
)


def verdict(
    evidence: ComparisonEvidence,
    decision: Decision,
    observed: Observed,
    lineup: tuple[CreativeFinding, ...],
    config: AnalysisConfig,
    *,
    srm: Srm | None,
) -> PlatformVerdict:
    """The box at the top of a platform's part. A split that broke claims no more than an auction."""
    broken = srm is not None and srm.flagged
    design = Design.AUCTION if broken else config.options.design
    story = story_of(evidence, decision, observed, lineup, config, design=design)
    return PlatformVerdict(
        outcome=decision.outcome,
        headline=_headline(story),
        sentences=tuple(remarks(story)),
        caveat=SPLIT_BROKEN if broken else CAVEATS[design],
        creative_id=story.leader.creative_id if decision.outcome is VerdictOutcome.WINNER else None,
        factor=decision.factor.name if decision.factor else None,
        level=decision.level.name if decision.level else None,
        need=story.need,
    )


def no_contest(
    observed: Observed,
    found: tuple[CreativeFinding, ...],
    comparison: Comparison | None,
    config: AnalysisConfig,
) -> PlatformVerdict:
    """Where nothing can be compared: the count is not told, one clip runs alone, or nothing has happened yet."""
    voice = Voice(
        metric=config.options.metric,
        platform=observed.platform,
        design=config.options.design,
        currency=observed.currency,
    )
    return PlatformVerdict(
        outcome=VerdictOutcome.NOT_ENOUGH_DATA,
        headline=_fitting(*_nothing(voice, found, comparison)),
        sentences=tuple(left_out(voice, comparison)) if comparison else (),
        caveat=CAVEATS[config.options.design],
    )


def _nothing(
    voice: Voice, found: tuple[CreativeFinding, ...], comparison: Comparison | None
) -> tuple[str, ...]:
    if comparison is None and counts_of(voice.metric, voice.platform) is None:
        return (f"{voice.where} does not count what {voice.label} is made of: choose another metric",)
    if comparison is None:
        return (
            f"The export from {voice.where} does not tell {voice.label}: add its columns, or choose another metric",
        )
    if len(found) == 1:
        return (
            f"Only {voice.name(found[0].label)} has results on {voice.where}: there is nothing to compare it with",
        )
    if len(comparison.creatives) < 2:
        return (f"No two clips have a {voice.label} on {voice.where} yet: there is nothing to compare",)
    return (
        f"No difference between the {len(found):,} clips could be shown: there are no {voice.events} yet",
    )


def _headline(story: Story) -> str:
    match story.decision.outcome:
        case VerdictOutcome.WINNER:
            return _fitting(*_winner(story))
        case VerdictOutcome.FACTOR:
            return _fitting(*_factor(story))
        case VerdictOutcome.DIFFERENT:
            return _fitting(*_different(story))
        case VerdictOutcome.NO_DIFFERENCE:
            return _fitting(*_no_difference(story))
        case VerdictOutcome.NOT_ENOUGH_DATA:
            return _fitting(*_not_enough(story))


def _winner(story: Story) -> tuple[str, ...]:
    voice, leader = story.voice, story.leader
    name, chance = voice.name(leader.label), f"{voice.likely(leader.p_best)} likely"
    shrunk = leader.shrunk and voice.estimate(leader.shrunk.value, leader.shrunk.interval)
    superlative = f"the {voice.best} {voice.label}"
    match voice.design:
        case Design.RANDOMISED_SPLIT:
            said = f"{name} gets {superlative}: {shrunk}"
        case Design.PLATFORM_AB_TEST:
            said = f"{name} did better in the platform's test: {voice.label} {shrunk}"
        case Design.AUCTION:
            said = f"{name} was delivered with {superlative}: {shrunk}"
    return f"{said}; {chance} the best of {story.contenders}", f"{said}; {chance} the best", said


def _factor(story: Story) -> tuple[str, ...]:
    voice, level, factor = story.voice, story.level, story.decision.factor
    if level is None or factor is None:
        return _different(story)
    axis = factor.name.replace("_", " ")
    name = f"{axis.capitalize()} {voice.name(voice.level(factor.name, level.name))}"
    beside = f"a {voice.label} {voice.beside(level.difference, f'the average {axis}')}"
    match voice.design:
        case Design.RANDOMISED_SPLIT:
            said = f"{name} gets {beside}"
        case Design.PLATFORM_AB_TEST:
            said = f"{name} had {beside} in the platform's test"
        case Design.AUCTION:
            said = f"{name} was delivered with {beside}"
    return f"{said}; chance alone does this in {voice.chance(level.difference.p_adjusted)} of tests", said


def _different(story: Story) -> tuple[str, ...]:
    voice, leader = story.voice, story.leader
    name, chance = voice.name(leader.label), f"{voice.likely(leader.p_best)} likely the best"
    shrunk = leader.shrunk and voice.estimate(leader.shrunk.value, leader.shrunk.interval)
    said = f"{voice.label} differs among the {story.clips}, but which is best is not settled"
    said = said[0].upper() + said[1:]
    return f"{said}: {name} is ahead with {shrunk}, {chance}", f"{said}: {name} is {chance}", said


def _no_difference(story: Story) -> tuple[str, ...]:
    voice, comparison = story.voice, story.comparison
    said = f"No difference between the {story.clips} could be shown"
    common = voice.value(comparison.scale.value(comparison.pooled))
    found = f"a clip {voice.size(story.lift)} ahead would likely have been found"
    return f"{said}: {voice.label} {common} for all; {found}", f"{said}; {found}", said


def _not_enough(story: Story) -> tuple[str, ...]:
    voice, need = story.voice, story.need
    said = f"No difference between the {story.clips} could be shown"
    if need is None:
        return f"{said}: too few {voice.events} yet", said
    takes = f"to see one {voice.size(story.lift)} ahead takes {voice.roughly(need.trials_each)} impressions a clip"
    cost = "" if need.spend is None else f", {voice.about(need.spend)} more"
    few = f"{said}: too few {voice.events}; {takes}"
    return f"{few}{cost}", few, said


def _fitting(*candidates: str) -> str:
    """The first that is short enough, with the rest as shorter ways to say it."""
    return next(
        (one for one in candidates if len(one) <= LONGEST_HEADLINE), candidates[-1][:LONGEST_HEADLINE]
    )
