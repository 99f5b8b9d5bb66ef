"""Prompt by model: the shrunk rate of each pair, from the clips that show it."""

from collections import defaultdict

import numpy as np
from scipy.stats import beta

from hailuo.report.analysis.experiment import Comparison
from hailuo.report.analysis.formatting import Voice
from hailuo.report.analysis.ranking import Ranking
from hailuo.report.findings import HeatCell, Interval

_AXES = ("prompt", "model")


def heat(comparison: Comparison, ranking: Ranking, *, confidence: float) -> tuple[HeatCell, ...]:
    """A cell per prompt and model that ran together, in the metric's unit; empty unless both vary.

    A cell is the mean of its clips' posteriors weighed by their trials, and a Beta of that mean and variance.
    """
    cells: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, one in enumerate(comparison.creatives):
        if set(_AXES) <= set(one.factors):
            cells[one.factors["prompt"], one.factors["model"]].append(at)
    if any(len({key[axis] for key in cells}) < 2 for axis in (0, 1)):
        return ()
    return tuple(_cell(key, at, comparison, ranking, confidence) for key, at in sorted(cells.items()))


def heat_note(cells: tuple[HeatCell, ...], ranking: Ranking) -> str:
    """What a reader may take from it: whether prompts do differently on different models."""
    if not cells:
        return "It takes two prompts and two models that ran."
    p = ranking.fit.interaction_p
    if p is None:
        return f"Whether a prompt does better on one model than on another is not judged: {ranking.fit.interaction_note}."
    return (
        f"Chance alone would make prompts differ this much between models in {Voice.chance(p)} of such tests; "
        "pairs are shrunk towards what prompt and model predict by themselves."
    )


def _cell(
    key: tuple[str, str], positions: list[int], comparison: Comparison, ranking: Ranking, confidence: float
) -> HeatCell:
    mean, variance = _moments(positions, comparison, ranking)
    size = mean * (1 - mean) / variance - 1
    tail = (1 - confidence) / 2
    low, high = beta.ppf([tail, 1 - tail], mean * size, (1 - mean) * size)
    scale = comparison.scale
    trials = float(comparison.trials[positions].sum())
    return HeatCell(
        row=key[0],
        column=key[1],
        rate=scale.cost(mean) if scale.is_cost else mean,
        interval=scale.interval(Interval(float(low), float(high))),
        trials=trials / scale.bits,
        creatives=len(positions),
    )


def _moments(positions: list[int], comparison: Comparison, ranking: Ranking) -> tuple[float, float]:
    alpha, size = (
        ranking.posterior.alpha[positions],
        (ranking.posterior.alpha + ranking.posterior.beta)[positions],
    )
    means = alpha / size
    weights = comparison.trials[positions] / comparison.trials[positions].sum()
    variances = means * (1 - means) / (size + 1)
    return float(weights @ means), float(np.sum(weights**2 * variances))
