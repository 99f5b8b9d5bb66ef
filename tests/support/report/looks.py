"""What peeking does, exactly and by simulation: the yardstick of the sequential methods."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from hailuo.report.stats.intervals import is_rate
from hailuo.report.stats.sequential import mixture_interval, sequential_p

_NODES = 160


def crossing(bounds: Sequence[float]) -> float:
    """The chance that the z-value of data without effect leaves +-bound at any of these equally spaced looks.

    Exact by recursive integration over the running sum (Armitage, McPherson & Rowe 1969, J. R. Stat. Soc. A 132, 235).
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    sums = bounds[0] * nodes
    mass = bounds[0] * weights * norm.pdf(sums)  # of not having crossed yet, at each node
    for look, bound in enumerate(bounds[1:], start=2):
        reach = bound * np.sqrt(look)
        nexts = reach * nodes
        mass = reach * weights * (norm.pdf(nexts[:, None] - sums[None, :]) @ mass)
        sums = nexts
    return float(1 - mass.sum())


def pocock(looks: int, alpha: float = 0.05) -> float:
    """The constant bound that errs with alpha over all looks (Pocock 1977)."""
    return float(brentq(lambda z: crossing([z] * looks) - alpha, 1.5, 5))


def obrien_fleming(looks: int, alpha: float = 0.05) -> float:
    """The last bound of those that fall with the root of the look and err with alpha (O'Brien & Fleming 1979)."""
    return float(
        brentq(
            lambda z: crossing([z * np.sqrt(looks / look) for look in range(1, looks + 1)]) - alpha, 1.5, 5
        )
    )


def naive_false_alarms(rate: float, *, worlds: int, looks: int, per_look: int, seed: int) -> float:
    """The share of worlds without a difference in which a z-test finds one at some look."""
    arm, ref, trials = _running(rate, rate, worlds, (looks, per_look), seed)
    pooled = (arm + ref) / (2 * trials)
    error = np.sqrt(2 * pooled * (1 - pooled) / trials)
    z = np.divide(np.abs(arm - ref) / trials, error, out=np.zeros_like(error), where=error > 0)
    return float((z > norm.isf(0.025)).any(axis=1).mean())


def sequence_alarms(
    rate: float, ref_rate: float, *, worlds: int, looks: int, per_look: int, seed: int
) -> float:
    """The share of worlds in which our always valid p-value falls below 5 % at some look."""
    arm, ref, trials = _running(rate, ref_rate, worlds, (looks, per_look), seed)
    horizon = 2.0 * looks * per_look
    return float(
        np.mean(
            [
                any(
                    sequential_p(a, n, r, n, horizon=horizon) < 0.05
                    for a, r, n in zip(arms, refs, trials, strict=True)
                )
                for arms, refs in zip(arm.tolist(), ref.tolist(), strict=True)
            ]
        )
    )


def arm_misses(rate: float, *, worlds: int, looks: int, per_look: int, seed: int) -> float:
    """The share of worlds in which the mixture interval of one arm leaves the true rate out at some look."""
    arm, _, trials = _running(rate, rate, worlds, (looks, per_look), seed)
    return float(np.mean([_misses(rate, arms, trials, looks * per_look) for arms in arm.tolist()]))


def _misses(rate: float, arms: Sequence[float], trials: NDArray[np.float64], horizon: float) -> bool:
    for events, n in zip(arms, trials.tolist(), strict=True):
        assert is_rate(events, n)
        found = mixture_interval(events, n, horizon=horizon)
        if found is None or not (found.low or 0.0) <= rate <= (found.high or 0.0):
            return True
    return False


def _running(
    rate: float, ref_rate: float, worlds: int, plan: tuple[int, int], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    looks, per_look = plan
    rng = np.random.default_rng(seed)
    arms = [rng.binomial(per_look, p, (worlds, looks)).cumsum(axis=1).astype(float) for p in (rate, ref_rate)]
    return arms[0], arms[1], per_look * np.arange(1, looks + 1, dtype=float)
