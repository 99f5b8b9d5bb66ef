"""The chance of each creative to be the best, what a wrong pick would cost, and how to share out what comes next.

Draws are seeded: the same numbers give the same chances. Creatives whose whole range (all but 1e-9) is below
another's are not drawn: their chance is 0 and their loss follows from their mean, which makes 2,000 creatives cheap.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import beta as beta_distribution

_HOPELESS: Final = 1e-9
_AT_ONCE: Final = 1_000_000  # draws held at a time: 8 MB

DROP_BELOW: Final = 0.01
"""P(best) below which nothing more is spent, capped at a tenth of an even share: of 2,000 equal ones each has 0.05 %."""

_Floats = npt.NDArray[np.float64]


class Chances(NamedTuple):
    """P(best), which sums to 1, and the expected loss: how much a pick falls short of the true best on average."""

    p_best: _Floats
    expected_loss: _Floats


def best_chances(alpha: npt.ArrayLike, beta: npt.ArrayLike, *, draws: int = 20_000, seed: int) -> Chances:
    """The chance of each of being best, and the expected loss in the unit of the rate, from Beta(alpha, beta).

    A chance near p is exact to about sqrt(p (1 - p) / draws).
    """
    hits, misses = np.asarray(alpha, dtype=float), np.asarray(beta, dtype=float)
    means = hits / (hits + misses)
    low, high = (beta_distribution.ppf(at, hits, misses) for at in (_HOPELESS, 1 - _HOPELESS))
    hope = high >= np.max(low, initial=-np.inf)
    rng, left = np.random.default_rng(seed), draws
    wins, sums, best = np.zeros(int(hope.sum())), np.zeros(int(hope.sum())), 0.0
    while left and len(wins):
        rows = min(left, max(1, _AT_ONCE // len(wins)))
        drawn = rng.beta(hits[hope], misses[hope], size=(rows, len(wins)))
        wins += np.bincount(np.argmax(drawn, axis=1), minlength=len(wins))
        sums += drawn.sum(axis=0)
        best += float(drawn.max(axis=1).sum())
        left -= rows
    # A loss is the mean of the best less one's own mean.
    p_best, loss = np.zeros(len(means)), best / draws - means
    p_best[hope] = wins / draws
    loss[hope] = (best - sums) / draws
    return Chances(p_best, np.maximum(loss, 0.0))


def shares(p_best: npt.ArrayLike) -> _Floats:
    """Shares that sum to 1: none below the threshold, half even among the others, half by top-two Thompson sampling.

    Top-two with beta 1/2 plays i with chance a (1 + sum over j of b / (1 - b), b of the others) / 2 (Russo 2020, Oper.
    Res. 68, 1625), which keeps testing the runner-up however well the leader does; a is P(best) among those left.
    """
    chance = np.asarray(p_best, dtype=float)
    least = min(DROP_BELOW, 0.1 / max(len(chance), 1))
    left = np.where(chance >= least, chance, 0.0)
    if not left.any():
        return np.full(len(chance), 1 / max(len(chance), 1))
    left = left / left.sum()
    odds = left / np.maximum(1 - left, 1e-12)
    top_two = left * (1 + odds.sum() - odds) / 2
    top_two = top_two / top_two.sum()
    mixed: _Floats = (top_two + (left > 0) / np.count_nonzero(left)) / 2
    return mixed


def apportion(parts: npt.ArrayLike, total: int) -> npt.NDArray[np.int64]:
    """Whole numbers that sum to `total`, by largest remainders (the first of equals first)."""
    ideal = np.asarray(parts, dtype=float) * total
    whole: npt.NDArray[np.int64] = np.floor(ideal).astype(np.int64)
    whole[np.argsort(whole - ideal, kind="stable")[: total - int(whole.sum())]] += 1
    return whole
