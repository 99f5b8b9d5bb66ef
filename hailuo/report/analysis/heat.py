"""Prompt by model: the shrunk rate of each pair, from the clips that show it."""

from collections import defaultdict

import numpy as np
from scipy.stats import beta

from hailuo.report.analysis.experiment import Comparison
from hailuo.report.analysis.ranking import Ranking
from hailuo.report.findings import HeatCell, Interval
from hailuo.report.formatting import small_chance
from hailuo.report.texts import say


def heat(comparison: Comparison, ranking: Ranking, *, confidence: float) -> tuple[HeatCell, ...]:
    """A cell per prompt and model that ran together, in the metric's unit; empty unless both vary.

    A cell is the mean of its clips' posteriors weighed by their trials, and a Beta of that mean and variance.
    """
    cells: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, one in enumerate(comparison.creatives):
        if {"prompt", "model"} <= set(one.factors):
            cells[one.factors["prompt"], one.factors["model"]].append(at)
    if any(len({key[axis] for key in cells}) < 2 for axis in (0, 1)):
        return ()
    return tuple(_cell(key, at, comparison, ranking, confidence) for key, at in sorted(cells.items()))


def heat_note(cells: tuple[HeatCell, ...], ranking: Ranking) -> str:
    """What you may take from it: whether prompts do differently on different models."""
    if not cells:
        return say("note.no_heat")
    p = ranking.fit.interaction_p
    if p is None:
        return say("note.no_interaction", reason=ranking.fit.interaction_note)
    return say("note.interaction", chance=small_chance(p))


def _cell(
    key: tuple[str, str], positions: list[int], comparison: Comparison, ranking: Ranking, confidence: float
) -> HeatCell:
    alpha, trials = ranking.posterior.alpha[positions], comparison.trials[positions]
    sizes = alpha + ranking.posterior.beta[positions]
    means, weights = alpha / sizes, trials / trials.sum()
    mean = float(weights @ means)
    size = mean * (1 - mean) / float(np.sum(weights**2 * (means * (1 - means) / (sizes + 1)))) - 1
    tail = (1 - confidence) / 2
    low, high = beta.ppf([tail, 1 - tail], mean * size, (1 - mean) * size)
    scale = comparison.scale
    return HeatCell(
        row=key[0],
        column=key[1],
        rate=scale.cost(mean) if scale.is_cost else scale.value(mean) or 0.0,
        interval=scale.interval(Interval(float(low), float(high))),
        trials=float(trials.sum()) / scale.bits,
        creatives=len(positions),
    )
