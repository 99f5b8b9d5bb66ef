"""One model behind every estimate: what levels do, what takes do, and what is left to chance.

The log-odds of a clip are mu + the effects of its levels + its own: effects of levels ~ N(0, sd_levels), its own
~ N(0, sd_takes). Rates of clips, levels and pairs, chances to be the best and expected losses are all read from the
same joint posterior, so that none of them can contradict another. Both standard deviations are averaged over a grid
(half-normal priors), given them the posterior is normal at its mode (Laplace).

Effects are few and clips' own are independent, so that a fit costs clips x levels^2 (Woodbury). Where clips scatter by
phi (see `dispersion`), give events and trials divided by it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular
from scipy.special import expit, logit, ndtr

from hailuo.report.findings import Interval

PRIOR_SD: Final = 0.25
"""Scale of the half-normal priors of both standard deviations; arms of real tests differ by 0.21 (Upworthy archive, 4,873
tests; Matias et al. 2021, Sci Data 8:195)."""

SD_GRID: Final = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.27, 0.36, 0.5, 0.75, 1.1)
"""The standard deviations of log-odds that are averaged over, for levels and for takes."""

_WIDE: Final = 5.0  # prior sd of the mean log-odds: no rate of ads is left out
_NEGLIGIBLE: Final = 1e-3  # components with less weight are not kept
_STEPS: Final = 40
_NEAR: Final = 1e-5  # log-odds
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_AT_ONCE: Final = 1_000_000  # draws held at a time: 8 MB
_IN_CACHE: Final = 30_000  # numbers worked on at a time where each is used often
_SURE: Final = 4.5  # standard deviations beyond which nothing is drawn

_Floats = npt.NDArray[np.float64]
_Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Events and trials of every clip, and the model matrix, whose first column is the mean."""

    events: _Floats
    trials: _Floats
    matrix: _Floats

    @property
    def centre(self) -> float:
        """The log-odds of all together, that everything counts from; half an event is added, so that it is finite."""
        return float(logit((self.events.sum() + 0.5) / (self.trials.sum() + 1)))


class Modes(NamedTuple):
    """The posterior given each sd of takes (first axis): coefficients and the lower Cholesky factor of their precision;
    working log-odds, the part of a clip's distance from its levels that is not its own (`kept`), log-odds; and the log
    marginal likelihood. Log-odds count from the centre.
    """

    coefficients: _Floats
    factor: _Floats
    working: _Floats
    weights: _Floats
    kept: _Floats
    log_odds: _Floats
    evidence: _Floats


def modes(counts: Counts, precision: _Floats, sds: _Floats, *, start: _Floats | None = None) -> Modes:
    """The modes of log-odds = centre + matrix @ coefficients + own, coefficients ~ N(0, 1 / `precision`), own ~ N(0, sd),
    for all `sds` at once, by Newton's method with the clips' own integrated out. `start` are log-odds beyond the centre.
    """
    events, trials, matrix, centre = counts.events, counts.trials, counts.matrix, counts.centre
    log_odds = np.zeros((len(sds), len(trials))) if start is None else start
    variances = sds[:, None] ** 2
    for _ in range(_STEPS):
        rate = expit(centre + log_odds)
        curve = np.maximum(trials * rate * (1 - rate), 1e-12)
        working = log_odds + np.clip((events - trials * rate) / curve, -2, 2)
        kept = 1 / (1 + variances * curve)
        weights = curve * kept
        precisions = (matrix.T * weights[:, None, :]) @ matrix + np.diag(precision)
        coefficients = np.linalg.solve(precisions, ((weights * working) @ matrix)[:, :, None])[:, :, 0]
        sums = coefficients @ matrix.T
        before, log_odds = log_odds, sums + (1 - kept) * (working - sums)
        if float(np.max(np.abs(log_odds - before), initial=0.0)) < _NEAR:
            break
    own = log_odds - sums
    factor = np.linalg.cholesky(precisions)
    likelihood = (events * (centre + log_odds) - trials * np.logaddexp(0, centre + log_odds)).sum(axis=1)
    penalty = coefficients**2 @ precision + (own**2 / np.maximum(variances, 1e-12)).sum(axis=1)
    bends = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    volume = np.log(precision).sum() - 2 * bends + np.log(kept).sum(axis=1)
    evidence = likelihood - penalty / 2 + volume / 2
    return Modes(coefficients, factor, working, weights, kept, log_odds, evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Component:
    """One pair of standard deviations: its weight, and what `Modes` has of it."""

    weight: float
    take_sd: float
    coefficients: _Floats
    factor: _Floats
    working: _Floats
    kept: _Floats
    log_odds: _Floats


class Chances(NamedTuple):
    """P(best), which sums to 1, and the expected loss: how much a pick falls short of the true best on average."""

    p_best: _Floats
    expected_loss: _Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """What is known of all rates together. `sd_levels` and `sd_takes` are the posterior means of both sds."""

    codes: _Codes  # clips x axes: which level, or -1
    sizes: tuple[int, ...]  # levels of each axis
    centre: float  # log-odds that the coefficients count from
    components: tuple[_Component, ...]
    sd_levels: float
    sd_takes: float

    @property
    def _matrix(self) -> _Floats:
        return _design(self.codes, self.sizes)

    def _moments(self) -> tuple[_Floats, _Floats, _Floats]:
        """Weights, means and sds of the clips' log-odds (components x clips)."""
        matrix = self._matrix
        means, sds = [], []
        for one in self.components:
            root = solve_triangular(one.factor, matrix.T, lower=True)
            variance = one.kept**2 * (root**2).sum(axis=0) + one.take_sd**2 * one.kept
            means.append(self.centre + one.log_odds)
            sds.append(np.sqrt(np.maximum(variance, 1e-18)))
        return np.array([one.weight for one in self.components]), np.array(means), np.array(sds)

    @property
    def mean(self) -> _Floats:
        """The clips' rates, drawn towards each other."""
        weights, means, sds = self._moments()
        nodes = expit(means[:, :, None] + sds[:, :, None] * _NODES)
        return np.asarray(weights @ (nodes @ (_NODE_WEIGHTS / _NODE_WEIGHTS.sum())))

    def intervals(self, *, confidence: float = 0.95) -> tuple[Interval, ...]:
        """Of the clips' rates: two-sided credible intervals with equal tails, as fractions."""
        weights, means, sds = self._moments()
        tail = (1 - confidence) / 2
        ends = []
        for share in (tail, 1 - tail):
            low, high = (means - 9 * sds).min(axis=0), (means + 9 * sds).max(axis=0)
            for _ in range(40):
                middle = (low + high) / 2
                below = weights @ ndtr((middle - means) / sds) < share
                low, high = np.where(below, middle, low), np.where(below, high, middle)
            ends.append(expit((low + high) / 2))
        return tuple(Interval(float(low), float(high)) for low, high in zip(*ends, strict=True))

    def chances(self, among: npt.NDArray[np.bool_], *, draws: int, seed: int) -> Chances:
        """Of each clip, 0 where it is not `among` those that are drawn; in the unit of the rate.

        A chance near p is exact to about sqrt(p (1 - p) / draws). Clips that 4.5 sds do not bring near the best are not
        drawn: their loss follows from their mean.
        """
        _, means, sds = self._moments()
        least = np.where(among, (means - _SURE * sds).min(axis=0), -np.inf).max(initial=-np.inf)
        hope = np.flatnonzero(among & ((means + _SURE * sds).max(axis=0) >= least))
        wins, sums, best, total = np.zeros(len(hope)), np.zeros(len(hope)), 0.0, 0
        for _, drawn in self._drawn(hope, draws=draws, seed=seed):
            rates = expit(drawn)
            wins += np.bincount(np.argmax(rates, axis=1), minlength=len(hope))
            sums += rates.sum(axis=0)
            best += float(rates.max(axis=1).sum())
            total += len(rates)
        p_best, loss = np.zeros(len(among)), np.where(among, best / max(total, 1) - self.mean, 0.0)
        p_best[hope] = wins / max(total, 1)
        loss[hope] = (best - sums) / max(total, 1)
        return Chances(p_best, np.maximum(loss, 0.0))

    def set_to(self, cells: _Codes, *, draws: int, seed: int) -> _Floats:
        """Draws (rows) of the mean rate over all clips, each time with some axes set to the levels of a row of `cells`
        (clips x axes as `codes`; -1 leaves an axis as it is); over takes as they would come.
        """
        rows = []
        groups: dict[tuple[bool, ...], list[int]] = defaultdict(list)
        for at, cell in enumerate(cells):
            groups[tuple((cell >= 0).tolist())].append(at)
        for one, coefficients in self._coefficients(draws=draws, seed=seed):
            rates = np.empty((len(coefficients), len(cells)))
            for axes, positions in groups.items():
                rates[:, positions] = self._means(coefficients, one.take_sd, axes, cells[positions])
            rows.append(rates)
        return np.concatenate(rows)

    def _means(self, coefficients: _Floats, sd: float, axes: tuple[bool, ...], cells: _Codes) -> _Floats:
        """Mean rates (draws x cells) of cells that all set the same axes: what the other axes do is worked out once."""
        kinds, times = np.unique(np.where(axes, -1, self.codes), axis=0, return_counts=True)
        others, shares = _design(kinds, self.sizes), times / times.sum()
        steps = np.exp(coefficients[:, 1:] @ _design(cells, self.sizes)[:, 1:].T)
        means, some = np.empty(steps.shape), max(1, _IN_CACHE // len(kinds))
        for first in range(0, len(coefficients), some):
            part = slice(first, first + some)
            base = np.exp(self.centre + coefficients[part] @ others.T)
            for at in range(len(cells)):
                odds = base * steps[part, at, None]
                means[part, at] = _over_takes(odds / (1 + odds), sd) @ shares
        return means

    def _coefficients(self, *, draws: int, seed: int) -> Iterator[tuple[_Component, _Floats]]:
        rng = np.random.default_rng(seed)
        shares = np.array([one.weight for one in self.components])
        for one, times in zip(self.components, rng.multinomial(draws, shares / shares.sum()), strict=True):
            if times:
                normal = rng.standard_normal((len(one.coefficients), int(times)))
                away = solve_triangular(one.factor, normal, lower=True, trans="T")
                yield one, one.coefficients + away.T

    def _drawn(self, clips: _Codes, *, draws: int, seed: int) -> Iterator[tuple[_Component, _Floats]]:
        """Joint draws of log-odds, some at a time."""
        rng, matrix = np.random.default_rng([seed, 1]), self._matrix[clips]
        for one, coefficients in self._coefficients(draws=draws, seed=seed):
            kept, working = one.kept[clips], one.working[clips]
            rows = max(1, _AT_ONCE // max(1, len(clips)))
            for part in (coefficients[at : at + rows] for at in range(0, len(coefficients), rows)):
                drawn = kept * (part @ matrix.T) + (1 - kept) * working
                if one.take_sd:
                    drawn += one.take_sd * np.sqrt(kept) * rng.standard_normal(drawn.shape)
                yield one, self.centre + drawn


def fit(events: npt.ArrayLike, trials: npt.ArrayLike, codes: npt.ArrayLike) -> Posterior:
    """The posterior of clips' rates from their counts (at least one) and levels: `codes` has a row per clip and a column
    per axis, numbers from 0, -1 for none. More events than trials count as all trials.
    """
    of, levels = np.asarray(trials, dtype=float), np.asarray(codes, dtype=np.int64)
    happened = np.minimum(np.asarray(events, dtype=float), of)
    levels = levels.reshape(len(of), -1)
    sizes = tuple(int(axis.max(initial=-1)) + 1 for axis in levels.T)
    counts = Counts(events=happened, trials=of, matrix=_design(levels, sizes))
    grid = np.array(SD_GRID)
    prior = np.log(np.gradient(grid)) - 0.5 * (grid / PRIOR_SD) ** 2
    rows, start = [], None
    for level_sd in SD_GRID if any(size > 1 for size in sizes) else SD_GRID[:1]:
        precision = np.full(counts.matrix.shape[1], 1 / max(level_sd, 1e-4) ** 2)
        precision[0] = 1 / _WIDE**2
        rows.append(modes(counts, precision, grid, start=start))
        start = rows[-1].log_odds
    scores = np.array([row.evidence for row in rows]) + prior[: len(rows), None] + prior
    chance = np.exp(scores - scores.max())
    chance /= chance.sum()
    return Posterior(
        codes=levels,
        sizes=sizes,
        centre=counts.centre,
        components=tuple(
            _Component(
                weight=float(chance[at, column]),
                take_sd=take_sd,
                coefficients=row.coefficients[column],
                factor=row.factor[column],
                working=row.working[column],
                kept=row.kept[column],
                log_odds=row.log_odds[column],
            )
            for at, row in enumerate(rows)
            for column, take_sd in enumerate(SD_GRID)
            if chance[at, column] > _NEGLIGIBLE
        ),
        sd_levels=float(chance.sum(axis=1) @ grid[: len(rows)]),
        sd_takes=float(chance.sum(axis=0) @ grid),
    )


def _design(codes: _Codes, sizes: tuple[int, ...]) -> _Floats:
    """A column of ones, and one per level of each axis."""
    blocks = [codes[:, [axis]] == np.arange(size) for axis, size in enumerate(sizes)]
    return np.column_stack([np.ones(len(codes)), *blocks]).astype(np.float64)


def _over_takes(rates: _Floats, sd: float) -> _Floats:
    """The mean rate over takes whose log-odds scatter by `sd` (to second order)."""
    return rates + sd**2 / 2 * rates * (1 - rates) * (1 - 2 * rates) if sd else rates
