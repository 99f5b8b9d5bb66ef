"""How to share out what comes next by the chances of each creative to be the best (see `hierarchy`)."""

from typing import Final

import numpy as np
import numpy.typing as npt

SURE: Final = 0.9
"""The chance from which a clip is said to meet a target, and to miss it below one less this."""

DROP_BELOW: Final = 0.01
"""P(best) below which nothing more is spent, capped at a tenth of an even share: of 2,000 equal ones each has 0.05 %."""

_Floats = npt.NDArray[np.float64]


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
