"""What a fit says about a factor: marginal rates by g-computation, with delta-method intervals."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from scipy.stats import f as f_distribution
from scipy.stats import t as t_distribution

from hailuo.report.findings import Difference, Interval
from hailuo.report.stats.design import CodedFactor

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A fitted model: `matrix` of the creatives it rests on, log-odds, covariance (scaled), residual df.

    `blocks` says which columns are whose.
    """

    matrix: _Floats
    params: _Floats
    cov: _Floats
    df_resid: int
    blocks: dict[str, slice]

    def quantile(self, confidence: float) -> float:
        """Student's t for a two-sided interval: the scale is estimated, from few creatives at that."""
        return float(t_distribution.ppf((1 + confidence) / 2, self.df_resid))


@dataclass(frozen=True, slots=True, kw_only=True)
class Marginal:
    """One level's rate and its difference from the unweighted mean of the levels (p is raw)."""

    rate: float
    interval: Interval
    difference: Difference


def marginals(fit: Fit, axis: CodedFactor, *, confidence: float) -> tuple[Marginal, ...]:
    """The average prediction over all creatives with the factor set to each level, in the order of `axis.levels`.

    Every creative weighs the same, however often a platform chose to show it. G-computation as in Snowden, Rose &
    Mortimer 2011 (Am J Epidemiol 173); intervals by the delta method on the logit scale, so they stay in 0..1.
    """
    rates, cov = _standardised(fit, axis)
    odds, spreads = np.log(rates / (1 - rates)), rates * (1 - rates)
    widths = fit.quantile(confidence) * np.sqrt(np.diag(cov)) / spreads
    return tuple(
        Marginal(
            rate=float(rate),
            interval=Interval(float(expit(odds[at] - widths[at])), float(expit(odds[at] + widths[at]))),
            difference=_from_mean(rates, cov, at, fit=fit, confidence=confidence),
        )
        for at, rate in enumerate(rates)
    )


def omnibus_p(fit: Fit, block: str) -> float:
    """How surprising the block's columns would be if none had an effect: Wald's F, with the fit's scale."""
    columns = fit.blocks[block]
    params, cov = fit.params[columns], fit.cov[columns, columns]
    statistic = float(params @ np.linalg.solve(cov, params)) / len(params)
    return float(f_distribution.sf(statistic, len(params), fit.df_resid))


def _standardised(fit: Fit, axis: CodedFactor) -> tuple[_Floats, _Floats]:
    """The levels' marginal rates and their covariance (on the scale of rates)."""
    columns = fit.blocks[axis.name]
    others = fit.matrix @ fit.params - fit.matrix[:, columns] @ fit.params[columns]
    rates, gradients = [], []
    for code in axis.table[:-1]:
        mu = expit(others + code @ fit.params[columns])
        slope = mu * (1 - mu)
        gradient = slope @ fit.matrix / len(mu)
        gradient[columns] = slope.mean() * code
        rates.append(mu.mean())
        gradients.append(gradient)
    stacked = np.array(gradients)
    return np.array(rates), stacked @ fit.cov @ stacked.T


def _from_mean(rates: _Floats, cov: _Floats, at: int, *, fit: Fit, confidence: float) -> Difference:
    mean, quantile = float(rates.mean()), fit.quantile(confidence)
    away = np.full(len(rates), -1 / len(rates))
    away[at] += 1
    value, error = float(away @ rates), float(np.sqrt(away @ cov @ away))
    relative = np.full(len(rates), -1 / (len(rates) * mean))
    relative[at] += 1 / rates[at]
    log_ratio, width = np.log(rates[at] / mean), quantile * float(np.sqrt(relative @ cov @ relative))
    p_value = float(2 * t_distribution.sf(abs(value) / error, fit.df_resid))
    return Difference(
        value=value,
        interval=Interval(value - quantile * error, value + quantile * error),
        lift=float(np.expm1(log_ratio)),
        lift_interval=Interval(float(np.expm1(log_ratio - width)), float(np.expm1(log_ratio + width))),
        p_value=p_value,
        p_adjusted=p_value,
    )
