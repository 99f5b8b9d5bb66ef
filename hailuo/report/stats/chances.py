"""Who is best, and what a wrong pick would cost: draws from what is known of each creative.

Draws are seeded: the same numbers give the same chances. Creatives whose whole range (all but 1e-9) lies below
another's are not drawn: their chance is 0 and their loss follows from their mean, which makes 2,000 creatives cheap.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import beta as beta_distribution

_HOPELESS: Final = 1e-9
_AT_ONCE: Final = 1_000_000  # draws held at a time: 8 MB

_Floats = npt.NDArray[np.float64]


class Chances(NamedTuple):
    """P(best), which sums to 1, and the expected loss: how much a pick falls short of the true best on average."""

    p_best: _Floats
    expected_loss: _Floats


def best_chances(
    alpha: npt.ArrayLike,
    beta: npt.ArrayLike,
    *,
    draws: int = 20_000,
    seed: int,
    higher_is_better: bool = True,
) -> Chances:
    """The chance of each of being best, and the expected loss in the unit of the rate, from Beta(alpha, beta).

    A chance near p is exact to about sqrt(p (1 - p) / draws).
    """
    hits, misses = np.asarray(alpha, dtype=float), np.asarray(beta, dtype=float)
    means = hits / (hits + misses)
    sign = 1.0 if higher_is_better else -1.0
    ends = [sign * beta_distribution.ppf(at, hits, misses) for at in (_HOPELESS, 1 - _HOPELESS)]
    hope = _hopeful(np.minimum(*ends), np.maximum(*ends))

    def draw(rng: np.random.Generator, rows: int) -> _Floats:
        drawn: _Floats = rng.beta(hits[hope], misses[hope], size=(rows, int(hope.sum())))
        return sign * drawn

    return _drawn(draw, sign * means, hope, draws=draws, seed=seed)


def _hopeful(low: _Floats, high: _Floats) -> npt.NDArray[np.bool_]:
    hope: npt.NDArray[np.bool_] = high >= np.max(low, initial=-np.inf)
    return hope


def _drawn(
    draw: Callable[[np.random.Generator, int], _Floats],
    means: _Floats,
    hope: npt.NDArray[np.bool_],
    *,
    draws: int,
    seed: int,
) -> Chances:
    """Chances from draws of the hopeful, larger is better; a loss is the mean of the best less one's own mean."""
    rng, left = np.random.default_rng(seed), draws
    wins, sums, best = np.zeros(int(hope.sum())), np.zeros(int(hope.sum())), 0.0
    while left and len(wins):
        rows = min(left, max(1, _AT_ONCE // len(wins)))
        drawn = draw(rng, rows)
        wins += np.bincount(np.argmax(drawn, axis=1), minlength=len(wins))
        sums += drawn.sum(axis=0)
        best += float(drawn.max(axis=1).sum())
        left -= rows
    p_best, loss = np.zeros(len(means)), best / draws - means
    p_best[hope] = wins / draws
    loss[hope] = np.where(np.isfinite(means[hope]), (best - sums) / draws, np.inf)
    return Chances(p_best, np.maximum(loss, 0.0))
