"""Combinations of levels that were not run, the most promising first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import log1p, prod
from typing import Final

import numpy as np

from hailuo.report.findings import CreativeFinding, Factor, FactorLevel
from hailuo.report.metrics import METRICS, Metric

CLEARLY: Final = 0.05
"""Adjusted p below which a level that does worse than the mean of its factor is left out."""

_MOST: Final = 50_000  # combinations looked at: of axes with many levels only the best

Cell = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """A cell that was not run yet. `promise` is the sum of its levels' log lifts, above 0 for better than average; `known`
    are those of its levels whose effect was estimated, the most promising first.
    """

    cell: Cell
    promise: float
    known: tuple[tuple[str, FactorLevel], ...]


def combinations(
    creatives: Sequence[CreativeFinding], factors: Sequence[Factor], *, seed: int
) -> Iterator[Combination]:
    """Those not expected below the average, best first; equals in an order that the seed decides.

    Effects add up on the log scale, as in the fit. A level whose effect is not known counts as average.
    """
    run = {frozenset(one.factors.items()) for one in creatives}
    better = METRICS[metric_of(creatives)].higher_is_better
    axes = _axes(creatives, {factor.name: factor for factor in factors}, higher_is_better=better)
    names = list(axes)
    found = [
        _combined(names, levels)
        for levels in product(*axes.values())
        if frozenset(zip(names, (name for name, _, _ in levels), strict=True)) not in run
    ]
    shuffled = np.random.default_rng(seed).permutation(len(found))
    order = sorted(range(len(found)), key=lambda at: (-round(found[at].promise, 9), shuffled[at]))
    return (found[at] for at in order if found[at].promise >= 0)


def metric_of(creatives: Sequence[CreativeFinding]) -> Metric:
    """The metric that the creatives were judged by."""
    return next((one.shrunk.metric for one in creatives if one.shrunk), Metric.CTR)


_Choice = tuple[str, float, FactorLevel | None]  # a level's name, its promise, and the estimate of its effect


def _axes(
    creatives: Sequence[CreativeFinding], factors: Mapping[str, Factor], *, higher_is_better: bool
) -> dict[str, list[_Choice]]:
    """The levels of each axis, the most promising first, without those that are clearly worse than the mean."""
    axes = {}
    for axis in dict.fromkeys(axis for one in creatives for axis in one.factors):
        known = {level.name: level for level in factors[axis].levels} if axis in factors else {}
        choices: list[_Choice] = []
        good: list[_Choice] = []
        for name in {one.factors[axis] for one in creatives if axis in one.factors}:
            level = known.get(name)
            lift = level.difference.lift if level else None
            if level is None or lift is None or lift <= -1:
                choice: _Choice = (name, 0.0, None)
            else:
                choice = (name, log1p(lift) if higher_is_better else -log1p(lift), level)
            choices.append(choice)
            if level is None or choice[1] >= 0 or level.difference.p_adjusted >= CLEARLY:
                good.append(choice)
        axes[axis] = sorted(good or choices, key=lambda choice: (-choice[1], choice[0]))
    most = max((len(choices) for choices in axes.values()), default=0)
    while prod(min(most, len(choices)) for choices in axes.values()) > _MOST:
        most -= 1
    return {axis: choices[:most] for axis, choices in axes.items()}


def _combined(names: Sequence[str], levels: Sequence[_Choice]) -> Combination:
    cell = dict(zip(names, (name for name, _, _ in levels), strict=True))
    known = sorted(zip(names, levels, strict=True), key=lambda pair: -pair[1][1])
    return Combination(
        cell=cell,
        promise=sum(promise for _, promise, _ in levels),
        known=tuple((axis, level) for axis, (_, _, level) in known if level),
    )
