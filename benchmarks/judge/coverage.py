"""Do the factors' intervals hold the truth as often as they say? Campaigns simulated with takes that differ.

`PYTHONPATH=. python -m benchmarks.judge.coverage` prints the table; about half a minute.
"""

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from hailuo.report.findings import Interval
from hailuo.report.stats.design import axis_of, coded
from hailuo.report.stats.factors import fit_factors
from hailuo.report.stats.hierarchy import Counts, modes

TAKE_SDS: Final = (0.0, 0.15, 0.3)
"""Standard deviation of log-odds from take to take of one cell."""

_PROMPTS, _MODELS, _DURATIONS, _TAKES = 6, 4, 2, 3  # 144 creatives
_IMPRESSIONS: Final = 4_000
_BASE: Final = float(np.log(0.012 / 0.988))
_EFFECT_SD: Final = 0.2
_FACTORS: Final = ("prompt", "model", "duration")

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Shares (0..1) of 95 % intervals that held the truth, over all levels of all factors and all replications.

    `plain` are those of differences by a plain binomial fit, which takes takes for chance. `false_alarms` is
    the share of omnibus tests below .05 for `duration`, which has no effect.
    """

    take_sd: float
    rates: float
    differences: float
    plain: float
    false_alarms: float


def coverage(replications: int, seed: int, *, take_sd: float) -> Coverage:
    """Simulate 6 prompts x 4 models x 2 durations x 3 takes, 4,000 impressions each, at about 1.2 % and fit each."""
    rng = np.random.default_rng(seed)
    held = [_one(rng, take_sd) for _ in range(replications)]
    rates, differences, plain, alarms = np.mean(held, axis=0)
    return Coverage(
        take_sd=take_sd,
        rates=float(rates),
        differences=float(differences),
        plain=float(plain),
        false_alarms=float(alarms),
    )


def _one(rng: np.random.Generator, take_sd: float) -> tuple[float, float, float, float]:
    effects = (rng.normal(0, _EFFECT_SD, _PROMPTS), rng.normal(0, _EFFECT_SD, _MODELS), np.zeros(_DURATIONS))
    cells = np.array(list(product(range(_PROMPTS), range(_MODELS), range(_DURATIONS))))
    log_odds = _BASE + sum(effect[cells[:, at]] for at, effect in enumerate(effects))
    frame = _campaign(rng, cells, log_odds, take_sd)
    fit, held = fit_factors(frame, _FACTORS), []
    for at, factor in enumerate(fit.factors):
        truths = _truth(cells[:, at], log_odds, take_sd)
        away = truths - truths.mean()
        levels = zip(factor.levels, truths, away, strict=True)
        held += [
            (_in(truth, level.interval), _in(far, level.difference.interval)) for level, truth, far in levels
        ]
    rates, differences = np.mean(held, axis=0)
    plain = _plainly_held(frame, effects)
    return rates, differences, plain, float((fit.factors[-1].p_value or 0.0) < 0.05)


def _plainly_held(frame: pd.DataFrame, effects: tuple[_Floats, ...]) -> float:
    """How many levels' distances from the mean, in log-odds, lie in the intervals of a fit without takes of its own."""
    of_frame = {name: axis_of(frame[name].tolist()) for name in _FACTORS}
    axes = coded(of_frame, np.ones(len(frame), dtype=bool), _FACTORS)
    matrix = np.column_stack([np.ones(len(frame)), *(axis.columns for axis in axes.values())])
    events, trials = (frame[name].to_numpy(dtype=float) for name in ("events", "trials"))
    counts = Counts(events=events, trials=trials, matrix=matrix)
    found = modes(counts, np.full(matrix.shape[1], 1e-6), np.zeros(1))
    cov, held, first = np.linalg.inv(found.factor[0] @ found.factor[0].T), [], 1
    for axis, effect in zip(axes.values(), effects, strict=True):
        columns, codes = slice(first, first + len(effect) - 1), axis.table[:-1]
        first = columns.stop
        errors = np.sqrt(np.einsum("li,ij,lj->l", codes, cov[columns, columns], codes))
        off = codes @ found.coefficients[0][columns] - (effect - effect.mean())
        held.extend(np.abs(off) <= float(norm.ppf(0.975)) * errors)
    return float(np.mean(held))


def _campaign(rng: np.random.Generator, cells: _Floats, log_odds: _Floats, take_sd: float) -> pd.DataFrame:
    takes = np.repeat(log_odds, _TAKES) + rng.normal(0, take_sd, len(cells) * _TAKES)
    frame = pd.DataFrame(np.repeat(cells, _TAKES, axis=0).astype(str), columns=list(_FACTORS))
    return frame.assign(
        creative_id=[f"C{at:03}" for at in range(len(takes))],
        events=rng.binomial(_IMPRESSIONS, expit(takes)),
        trials=_IMPRESSIONS,
    )


def _truth(codes: _Floats, log_odds: _Floats, take_sd: float) -> _Floats:
    """The mean rate of each level over all cells and over takes as they would come (Gauss-Hermite)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    rates = expit(log_odds[:, None] + take_sd * nodes) @ (weights / weights.sum())
    return np.array([rates[codes == code].mean() for code in np.unique(codes)])


def _in(truth: float, interval: Interval) -> bool:
    return (interval.low or 0.0) <= truth <= (interval.high or 0.0)


if __name__ == "__main__":
    for sd in TAKE_SDS:
        print(coverage(250, 1, take_sd=sd))
