"""Strengths from choices between two things: the model of Bradley and Terry (1952), fitted by Newton's method.

P(i is preferred to j) = 1 / (1 + exp(s_j - s_i)). To start with, everything is given one choice against something average,
half won and half lost: without it a level that won every choice would be infinitely strong (Caron and Doucet 2012 do the
same with a gamma prior). Intervals are normal, from the curvature of the likelihood (Hunter 2004, section 5), or from the
choices clustered by `group` where these vary more than independent ones would (Liang and Zeger 1986).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_NORMAL_95: Final = 1.959964  # the quantile of a 95 % interval
_DRAWS: Final = 20_000
_STEPS: Final = 100  # Newton needs about six
_LEAST_GROUPS: Final = 5  # with fewer, how much they vary is itself a guess


class ComparedPair(NamedTuple):
    """One choice between the things `first` and `second`, by position. `won` is 1 if the first was preferred, 0 if the
    second was, 0.5 for neither. Choices of one `group` are not independent, such as those of several people about one pair.
    """

    first: int
    second: int
    won: float
    group: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """One of the things. `chance` is the chance that it is preferred to one of the others, drawn at random, with its 95 %
    interval; `p_best` the chance that it is the strongest.
    """

    chance: float
    low: float
    high: float
    p_best: float


def strengths(choices: Sequence[ComparedPair], count: int, *, seed: int = 1) -> tuple[Strength, ...]:
    """The strengths of `count` things, at least two, in their order. The same choices and seed give the same numbers."""
    found, spread = fitted(choices, count)
    draws = np.random.default_rng(seed).multivariate_normal(found, spread, _DRAWS, method="svd")
    best = np.bincount(draws.argmax(axis=1), minlength=count) / _DRAWS
    return tuple(_one(at, found, spread, float(best[at])) for at in range(count))


def fitted(choices: Sequence[ComparedPair], count: int) -> tuple[_Floats, _Floats]:
    """The strengths on the log scale, and their covariances."""
    design = np.zeros((len(choices), count))
    rows = np.arange(len(choices))
    design[rows, [one.first for one in choices]] = 1.0
    design[rows, [one.second for one in choices]] = -1.0
    won = np.array([one.won for one in choices], dtype=float)
    found: _Floats = np.zeros(count)
    for _ in range(_STEPS):
        step = np.linalg.solve(_curvature(design, found), _slope(design, won, found))
        found = found + step
        if np.abs(step).max() < 1e-10:
            break
    spread: _Floats = np.linalg.inv(_curvature(design, found)).astype(np.float64)
    groups: dict[object, _Floats] = {}
    for score, one in zip(design * (won - _chances(design @ found))[:, None], choices, strict=True):
        groups[one.group] = groups.get(one.group, np.zeros(count)) + score
    if len(groups) >= _LEAST_GROUPS:
        scores = np.array(list(groups.values()))
        clustered = spread @ (scores.T @ scores) @ spread * len(groups) / (len(groups) - 1)
        if _between(clustered) > _between(spread):
            spread = clustered
    return found, spread


def _between(spread: _Floats) -> float:
    """How uncertain the strengths are against each other; how strong all are together means nothing."""
    return float(np.trace(spread) - spread.mean() * len(spread))


def _one(at: int, found: _Floats, spread: _Floats, p_best: float) -> Strength:
    """The interval is symmetric on the log scale, so that it stays between 0 and 1."""
    others = np.delete(np.arange(len(found)), at)
    each = _chances(found[at] - found[others])
    chance = float(each.mean())
    slope = np.zeros(len(found))
    slope[others] = -each * (1 - each) / len(others)
    slope[at] = -slope.sum()
    margin = _NORMAL_95 * float(np.sqrt(slope @ spread @ slope)) / (chance * (1 - chance))
    middle = np.log(chance / (1 - chance))
    low, high = (float(_chances(np.array(middle + end))) for end in (-margin, margin))
    return Strength(chance=chance, low=low, high=high, p_best=p_best)


def _slope(design: _Floats, won: _Floats, found: _Floats) -> _Floats:
    slope: _Floats = design.T @ (won - _chances(design @ found)) + 0.5 - _chances(found)
    return slope


def _curvature(design: _Floats, found: _Floats) -> _Floats:
    chances, own = _chances(design @ found), _chances(found)
    curvature: _Floats = (design.T * (chances * (1 - chances))) @ design + np.diag(own * (1 - own))
    return curvature


def _chances(strength: _Floats) -> _Floats:
    chances: _Floats = 1 / (1 + np.exp(-strength))
    return chances
