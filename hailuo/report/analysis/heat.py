"""Prompt by model: the rate of each pair that ran, from the model of all clips."""

from collections import defaultdict

import numpy as np

from hailuo.report.analysis.experiment import AnalysisConfig, Comparison
from hailuo.report.analysis.ranking import Ranking
from hailuo.report.findings import HeatCell, Interval
from hailuo.report.formatting import small_chance
from hailuo.report.texts import say


def heat(comparison: Comparison, ranking: Ranking, config: AnalysisConfig) -> tuple[HeatCell, ...]:
    """A cell per prompt and model that ran together, in the metric's unit; empty unless both vary.

    As a level's rate is the mean over all clips with one axis set, a cell is that with two: the rows of a full table
    average to the prompts' rates.
    """
    pairs: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, one in enumerate(comparison.creatives):
        if {"prompt", "model"} <= set(one.factors):
            pairs[one.factors["prompt"], one.factors["model"]].append(at)
    if any(len({key[axis] for key in pairs}) < 2 for axis in (0, 1)):
        return ()
    ordered, tail, scale = sorted(pairs.items()), (1 - config.options.confidence) / 2, comparison.scale
    cells = [{"prompt": prompt, "model": model} for (prompt, model), _ in ordered]
    drawn = ranking.fit.rates(cells, seed=config.options.seed)
    rates, (lows, highs) = drawn.mean(axis=0), np.quantile(drawn, [tail, 1 - tail], axis=0)
    return tuple(
        HeatCell(
            row=prompt,
            column=model,
            rate=scale.cost(float(rates[number]))
            if scale.is_cost
            else scale.value(float(rates[number])) or 0.0,
            interval=scale.interval(Interval(float(lows[number]), float(highs[number]))),
            trials=float(comparison.trials[positions].sum()) / scale.bits,
            creatives=len(positions),
        )
        for number, ((prompt, model), positions) in enumerate(ordered)
    )


def heat_note(cells: tuple[HeatCell, ...], ranking: Ranking) -> str:
    """What you may take from it: whether prompts do differently on different models."""
    if not cells:
        return say("note.no_heat")
    p = ranking.fit.interaction_p
    if p is None:
        return say("note.no_interaction", reason=ranking.fit.interaction_note)
    return say("note.interaction", chance=small_chance(p))
