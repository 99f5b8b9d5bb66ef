"""Is the report right as often as it says? Simulated campaigns through the product's whole path, truth beside findings.

Export bytes -> read_exports -> join -> health -> judge, for worlds whose factors and takes differ, and for worlds in
which no clip differs from any other. Everything is told of single platforms, except "says so", which is of whole reports.
"""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from benchmarks.judge.lines import Line, at_least, at_most, between
from benchmarks.judge.worlds import Nature, Truth, World, world
from hailuo.report.analysis.analyse import analyse
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.exports import read_exports
from hailuo.report.findings import (
    CreativeFinding,
    Estimate,
    Interval,
    PlatformFindings,
    ReportFindings,
    VerdictOutcome,
)
from hailuo.report.health import health
from hailuo.report.join import join
from hailuo.report.metrics import Count, Metric

NATURES: Final = (
    Nature(),
    Nature(days=14, daily_impressions=300),
    Nature(effect_sd=0.1, take_sd=0.05),
    Nature(effect_sd=0.3, take_sd=0.15, day_sd=0.2),
)
"""Worlds with effects, in turn: a usual budget, a small one, weak effects, strong effects on restless days."""

NULL: Final = (
    Nature(effect_sd=0, take_sd=0),
    Nature(effect_sd=0, take_sd=0, days=14, daily_impressions=300),
    Nature(effect_sd=0, take_sd=0, day_sd=0.2),
    Nature(effect_sd=0, take_sd=0, daily_impressions=4_000),
)
"""Worlds without any: clips differ by chance and by days only."""

MADE_AT: Final = datetime(2026, 11, 30, tzinfo=UTC)
_QUIET: Final = frozenset({VerdictOutcome.NO_DIFFERENCE, VerdictOutcome.NOT_ENOUGH_DATA})
_TIE: Final = 0.005
"""Shrinkage is for how much is promised, not for who is on top: where all clips were shown about as often, order hardly
changes, and the two picks are as good as each other."""
_EDGES: Final = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What came of a number of worlds; shares are within 0..1. Regret is relative to the best clip's true rate.

    `false_words` is the share of whole reports that claim a winner, a factor or a difference. `chances` are pairs of
    P(best) and whether that clip is the best. `ill_levels` are claims of a level on the wrong side of the mean. `flattered` is by how much the rate that is told of a
    pick lies above its true one, relative: the winner's curse.
    """

    worlds: int
    outcomes: Mapping[VerdictOutcome, int]
    false_words: float
    winners_right: float | None
    winners_regret: float | None
    levels_told: int
    ill_levels: int
    top_right: float
    top_regret: float
    raw_right: float
    raw_regret: float
    top_flattered: float
    raw_flattered: float
    rates_held: float
    levels_held: float
    differences_held: float
    chances: tuple[tuple[float, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Clips whose P(best) lies from `low` to `high`: what was said on average, and how many were the best."""

    low: float
    high: float
    clips: int
    said: float
    was: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Platform:
    """One platform of one world, findings beside truth."""

    found: PlatformFindings
    truth: Truth

    @property
    def top(self) -> CreativeFinding:
        return self.found.creatives[0]

    @property
    def raw_top(self) -> CreativeFinding:
        """The highest click rate as exported: what a spreadsheet would pick."""
        return max(self.found.creatives, key=lambda one: one.estimates[Metric.CTR].value or 0.0)


def judged(made: World, variants: pd.DataFrame, *, seed: int) -> ReportFindings:
    """The product's whole way from export bytes to findings."""
    results = read_exports(made.exports)
    joined = join(results, variants)
    found = health(joined, variants, duplicates=int(results.attrs.get("duplicates", 0)))
    return analyse(
        joined,
        variants,
        options=AnalysisOptions(metric=Metric.CTR, seed=seed),
        health=found,
        made_at=MADE_AT,
        version="calibration",
    )


def calibrate(
    variants: pd.DataFrame, natures: Sequence[Nature], *, worlds: int, first_seed: int, workers: int = 1
) -> Calibration:
    """So many worlds, the natures in turn, seeds from `first_seed` on; the same whatever the number of processes."""
    seeds = range(first_seed, first_seed + worlds)
    turns = [natures[number % len(natures)] for number in range(worlds)]
    if workers == 1:
        return _summed(list(map(partial(_report, variants), turns, seeds)))
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        return _summed(list(pool.map(partial(_report, variants), turns, seeds, chunksize=4)))


def _report(variants: pd.DataFrame, nature: Nature, seed: int) -> list[_Platform]:
    """One world's report; every impression that was drawn has to arrive in it."""
    made = world(variants, seed=seed, nature=nature, lean=True)
    findings = judged(made, variants, seed=seed)
    for platform in findings.platforms:
        told = sum(one.counts[Count.IMPRESSIONS] for one in platform.creatives)
        drawn = made.impressions[platform.platform]
        assert told == drawn, f"{platform.platform}: {told:,} impressions of {drawn:,}"
    return [_Platform(found=one, truth=made.truth[one.platform]) for one in findings.platforms]


def goals(effects: Calibration, null: Calibration) -> Iterator[Line]:
    """What is promised of the judgement as a whole."""
    where = f"{null.worlds} worlds without any difference"
    yield at_least("judge", f"reports that say so, {where}", 1 - null.false_words, 0.95)
    yield at_most(
        "judge", f"winners named, of platforms of {where}", _share(null, VerdictOutcome.WINNER), 0.025
    )
    where = f"{effects.worlds} worlds with effects"
    if effects.winners_right is not None:
        yield at_least(
            "judge", f"named winners that are the best in truth, {where}", effects.winners_right, 0.95
        )
    what = f"regret of the leading clip beyond that of the highest raw CTR, {where}"
    yield at_most("judge", what, effects.top_regret - effects.raw_regret, _TIE)
    what = f"error of the leading clip's corrected rate, at most half of a raw CTR's, {where}"
    yield at_most("judge", what, abs(effects.top_flattered), effects.raw_flattered / 2)
    for what, held in (
        ("clips' CTR", effects.rates_held),
        ("levels' rates", effects.levels_held),
        ("levels' differences", effects.differences_held),
    ):
        yield between("judge", f"95 % intervals of {what} that hold the truth, {where}", held, (0.93, 0.97))
    null_levels = (
        f"95 % intervals of levels' differences that hold the truth, {null.worlds} worlds without any"
    )
    yield at_least("judge", null_levels, null.differences_held, 0.93)
    yield at_most(
        "judge",
        f"clips with a P(best) of half or more: promised minus true, {where}",
        _boasted(effects),
        0.05,
    )
    yield at_most(
        "judge",
        f"distance of P(best) from the share that was, over its bins, {where}",
        _distance(effects),
        0.02,
    )


def bins(found: Calibration) -> Iterator[Bin]:
    """P(best) as said, beside how often it was so."""
    said, was = np.array([one for one, _ in found.chances]), np.array([one for _, one in found.chances])
    for low, high in pairwise(_EDGES):
        here = (said >= low) & ((said < high) | (high == 1.0))
        if here.any():
            yield Bin(
                low=low,
                high=high,
                clips=int(here.sum()),
                said=float(said[here].mean()),
                was=float(was[here].mean()),
            )


def _distance(found: Calibration) -> float:
    """The expected calibration error: the bins' distances, weighed by their clips."""
    told = list(bins(found))
    return sum(one.clips * abs(one.said - one.was) for one in told) / sum(one.clips for one in told)


def _boasted(found: Calibration) -> float:
    high = [(said, was) for said, was in found.chances if said >= 0.5]
    return float(np.mean([said - was for said, was in high])) if high else 0.0


def _share(found: Calibration, outcome: VerdictOutcome) -> float:
    return found.outcomes.get(outcome, 0) / max(1, sum(found.outcomes.values()))


def _summed(reports: Sequence[Sequence[_Platform]]) -> Calibration:
    all_of = [platform for report in reports for platform in report]
    winners = [one for one in all_of if one.found.verdict.outcome is VerdictOutcome.WINNER]
    sides = [_right_side(one) for one in all_of if one.found.verdict.outcome is VerdictOutcome.FACTOR]
    levels = [held for one in all_of for held in _levels(one)]
    return Calibration(
        worlds=len(reports),
        outcomes=Counter(one.found.verdict.outcome for one in all_of),
        false_words=float(
            np.mean([any(one.found.verdict.outcome not in _QUIET for one in report) for report in reports])
        ),
        winners_right=_mean(winners, lambda one: one.found.verdict.creative_id == one.truth.best),
        winners_regret=_mean(winners, lambda one: one.truth.regret(str(one.found.verdict.creative_id))),
        levels_told=len(sides),
        ill_levels=sides.count(False),
        top_right=_mean(all_of, lambda one: one.top.creative_id == one.truth.best) or 0.0,
        top_regret=_mean(all_of, lambda one: one.truth.regret(one.top.creative_id)) or 0.0,
        raw_right=_mean(all_of, lambda one: one.raw_top.creative_id == one.truth.best) or 0.0,
        raw_regret=_mean(all_of, lambda one: one.truth.regret(one.raw_top.creative_id)) or 0.0,
        top_flattered=_mean(all_of, lambda one: _flattered(one, one.top, one.top.shrunk)) or 0.0,
        raw_flattered=_mean(all_of, lambda one: _flattered(one, one.raw_top, _raw(one.raw_top))) or 0.0,
        rates_held=float(np.mean([held for one in all_of for held in _rates(one)])),
        levels_held=float(np.mean([rate for rate, _ in levels])),
        differences_held=float(np.mean([difference for _, difference in levels])),
        chances=tuple(pair for one in all_of for pair in _chances(one)),
    )


def _mean(platforms: Sequence[_Platform], measure: Callable[[_Platform], float]) -> float | None:
    return float(np.mean([measure(one) for one in platforms])) if platforms else None


def _raw(one: CreativeFinding) -> Estimate:
    return one.estimates[Metric.CTR]


def _flattered(platform: _Platform, pick: CreativeFinding, told: Estimate | None) -> float:
    assert told is not None, pick
    assert told.value is not None, pick
    return told.value / platform.truth.rates[pick.creative_id] - 1


def _rates(platform: _Platform) -> Iterator[bool]:
    for one in platform.found.creatives:
        interval = one.estimates[Metric.CTR].interval
        assert interval is not None
        yield _in(platform.truth.rates[one.creative_id], interval)


def _levels(platform: _Platform) -> Iterator[tuple[bool, bool]]:
    """Of every level, whether the intervals of its rate and of its distance from the mean hold the truth."""
    for factor in platform.found.factors:
        truths = [platform.truth.levels[factor.name, level.name] for level in factor.levels]
        for level, truth in zip(factor.levels, truths, strict=True):
            away = truth - float(np.mean(truths))
            yield _in(truth, level.interval), _in(away, level.difference.interval)


def _right_side(platform: _Platform) -> bool:
    """Whether the level that the verdict names lies, in truth, on the side of the mean where it is said to lie."""
    verdict = platform.found.verdict
    factor = next(one for one in platform.found.factors if one.name == verdict.factor)
    truths = {level.name: platform.truth.levels[factor.name, level.name] for level in factor.levels}
    level = next(one for one in factor.levels if one.name == verdict.level)
    return (truths[level.name] - float(np.mean(list(truths.values())))) * level.difference.value > 0


def _chances(platform: _Platform) -> Iterator[tuple[float, bool]]:
    for one in platform.found.creatives:
        if one.p_best is not None:
            yield one.p_best, one.creative_id == platform.truth.best


def _in(truth: float, interval: Interval) -> bool:
    return (interval.low is None or interval.low <= truth) and (
        interval.high is None or truth <= interval.high
    )
