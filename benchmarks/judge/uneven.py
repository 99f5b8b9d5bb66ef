"""Is the report right where volumes are unequal and days have shapes? Worlds as real accounts are, through the analysis.

Ads of real accounts differ in volume by a log sd of 2.2 to 3.9, their days by 0.1 to 0.35. Without the way through
exports, which `calibration` takes, a world costs a third of a second.
"""

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Final

import numpy as np
import pandas as pd

from benchmarks.judge.lines import Line, at_most, between
from benchmarks.judge.worlds import Nature, Truth, joined_world
from hailuo.report.analysis.creatives import creatives_of
from hailuo.report.analysis.decision import ComparisonEvidence, decide, significance_of
from hailuo.report.analysis.experiment import AnalysisConfig, comparison_of
from hailuo.report.analysis.headlines import UNSHOWN
from hailuo.report.analysis.observations import observe
from hailuo.report.analysis.options import AnalysisOptions, load_thresholds
from hailuo.report.analysis.ranking import rank
from hailuo.report.metrics import Metric
from hailuo.report.stats.intervals import wilson

_ALIKE: Final = Nature(effect_sd=0, take_sd=0, days=14, daily_impressions=4_000)
_UNEVEN: Final = replace(_ALIKE, volume_sd=1.5, day_sd=0.2)
SETTINGS: Final[Mapping[str, Nature]] = {
    **{
        f"volumes {volume:g}, days {day:g}": replace(_ALIKE, volume_sd=volume, day_sd=day)
        for volume, day in product((0.0, 1.5, 3.0), (0.1, 0.2, 0.3))
    },
    "volumes 1.5, days 0.2, trend 0.4": replace(_UNEVEN, trend=0.4),
    "volumes 1.5, days 0.2, weekdays 0.2": replace(_UNEVEN, weekday=0.2),
    "volumes 1.5, days 0.2, novelty 0.4": replace(_UNEVEN, novelty=0.4),
}
"""Worlds in which no clip differs from any other, by what they are like (log sds)."""

EFFECTS: Final = Nature(
    effect_sd=0.2, take_sd=0.1, day_sd=0.2, days=14, daily_impressions=4_000, volume_sd=1.5
)
"""The same with effects, to see what is lost."""

FIFTHS: Final = 5
_LEAST: Final = 5.0  # clips with fewer expected clicks have an interval that chance alone makes coarse


@dataclass(frozen=True, slots=True, kw_only=True)
class Uneven:
    """Of one kind of worlds, shares within 0..1: reports that claim anything, 95 % intervals that hold the truth by fifths
    of volume (smallest first), and of the leading clip: how far its corrected rate is too high, how often its interval
    holds, and its regret; and the Brier and log score of P(best).
    """

    worlds: int
    claims: float
    held: tuple[float, ...]
    flattered: float
    top_held: float
    regret: float
    brier: float
    log_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """Of one report: whether it claims, its intervals (impressions, held), its leading clips, and P(best) beside truth."""

    claims: bool
    intervals: list[tuple[float, bool]]
    tops: list[tuple[float, bool, float]]
    chances: list[tuple[float, bool]]


def uneven(
    variants: pd.DataFrame, nature: Nature, *, worlds: int, first_seed: int, workers: int = 1
) -> Uneven:
    """So many worlds of one kind; the same whatever the number of processes."""
    seeds = range(first_seed, first_seed + worlds)
    if workers == 1:
        found = list(map(partial(_judge, variants, nature), seeds))
    else:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            found = list(pool.map(partial(_judge, variants, nature), seeds, chunksize=10))
    return _summed(found)


def uneven_lines(found: Mapping[str, Uneven]) -> Iterator[Line]:
    """Two goals of every kind of worlds."""
    for name, one in found.items():
        where = f"{one.worlds} worlds without any difference: {name}"
        yield at_most("judge", f"reports that claim one, {where}", one.claims, 0.05)
        for side, share in (("least", min(one.held)), ("most", max(one.held))):
            what = (
                f"95 % intervals of clips' CTR that hold the truth, {side} of the fifths by volume, {where}"
            )
            yield between("judge", what, share, (0.93, 0.97))


def _judge(variants: pd.DataFrame, nature: Nature, seed: int) -> _Judged:
    joined, truth = joined_world(variants, seed=seed, nature=nature)
    creatives, platforms = creatives_of(variants), observe(joined)
    config = AnalysisConfig(
        options=AnalysisOptions(seed=seed, metric=Metric.CTR),
        limits=load_thresholds(),
        platforms=len(platforms),
    )
    found = _Judged(claims=False, intervals=[], tops=[], chances=[])
    for observed in platforms:
        comparison = comparison_of(observed, creatives, config)
        if comparison is None:
            continue
        ranking = rank(comparison, config)
        significance = significance_of(comparison, ranking, config)
        evidence = ComparisonEvidence(comparison=comparison, ranking=ranking, significance=significance)
        claims = decide(evidence, config).outcome not in UNSHOWN
        found = replace(found, claims=found.claims or claims)
        rates = _rates(truth[observed.platform], [one.creative_id for one in comparison.creatives])
        for at, rate in enumerate(rates):
            counts = float(comparison.events[at]), float(comparison.trials[at])
            interval = wilson(*counts, dispersion=float(comparison.phi[at]))
            if interval is not None and comparison.expected[at] >= _LEAST:
                found.intervals.append((counts[1], (interval.low or 0) <= rate <= (interval.high or 1)))
        top, best = ranking.order[0], max(truth[observed.platform].rates.values())
        shrunk = ranking.intervals[top]
        held = (shrunk.low or 0) <= rates[top] <= (shrunk.high or 1)
        found.tops.append((float(ranking.rates[top]) / rates[top] - 1, held, 1 - rates[top] / best))
        found.chances.extend(
            (float(chance), rate == best) for chance, rate in zip(ranking.chances.p_best, rates, strict=True)
        )
    return found


def _rates(truth: Truth, names: Sequence[str]) -> list[float]:
    return [truth.rates[name] for name in names]


def _summed(found: Sequence[_Judged]) -> Uneven:
    intervals = pd.DataFrame([pair for one in found for pair in one.intervals], columns=["volume", "held"])
    fifths = pd.qcut(intervals["volume"].rank(method="first"), FIFTHS, labels=False)
    tops = np.array([top for one in found for top in one.tops], dtype=float)
    chances = np.array([pair for one in found for pair in one.chances], dtype=float)
    said, was = chances[:, 0], chances[:, 1]
    right = np.clip(np.where(was == 1, said, 1 - said), 1e-4, 1)
    return Uneven(
        worlds=len(found),
        claims=float(np.mean([one.claims for one in found])),
        held=tuple(float(one) for one in intervals["held"].groupby(fifths).mean()),
        flattered=float(tops[:, 0].mean()),
        top_held=float(tops[:, 1].mean()),
        regret=float(tops[:, 2].mean()),
        brier=float(np.mean((said - was) ** 2)),
        log_score=float(-np.mean(np.log(right))),
    )
