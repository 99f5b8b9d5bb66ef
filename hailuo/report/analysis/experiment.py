"""The creatives that can be compared on the decision metric: events of trials, and how far chance carries them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hailuo.report.analysis.measures import dispersion_of, spend_bits
from hailuo.report.analysis.metric_scale import MetricScale
from hailuo.report.analysis.observations import Observed
from hailuo.report.analysis.options import AnalysisOptions, ReportThresholds
from hailuo.report.findings import CreativeFinding
from hailuo.report.metrics import METRICS, Count, Metric, MetricKind, counts_of
from hailuo.report.stats.intervals import is_rate

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisConfig:
    """What holds for every platform of a report; `platforms` share the chance of a false claim."""

    options: AnalysisOptions
    limits: ReportThresholds
    platforms: int

    @property
    def metric(self) -> Metric:
        """The metric that decides; what the options leave open is settled platform by platform (`decision_metric`)."""
        return self.options.metric or Metric.CTR

    @property
    def gate(self) -> float:
        """The p-value that a claim on one platform has to be below."""
        return self.limits.gate_p.value / self.platforms


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One position per creative that has trials. Costs are analysed as events per bit of spend (`scale`), and returns as
    average conversions' worth of value per bit of spend.

    `excluded` are those with more events than trials, which no rate describes; `horizon` is that of one creative, None
    for one look.
    """

    creatives: tuple[CreativeFinding, ...]
    events: _Floats
    trials: _Floats
    excluded: tuple[str, ...]
    phi: _Floats  # what each creative's counts are divided by where chance is reckoned with
    freedom: _Floats  # Student's degrees of freedom of what is far out
    swing: float | None  # typical sd of the log of a rate from day to day; None where unknown
    scale: MetricScale
    impressions_per_trial: float
    horizon: float | None

    @property
    def pooled(self) -> float:
        """The rate of all together; 0 without trials."""
        return float(self.events.sum() / self.trials.sum()) if len(self.trials) else 0.0

    @property
    def typical_phi(self) -> float:
        """By which all counts together are divided: large creatives count most."""
        return pooled_phi(self.trials, self.phi)

    @property
    def expected(self) -> _Floats:
        """Events each would have if all were alike: how much its data can show, whatever it shows."""
        return self.trials * self.pooled


def pooled_phi(trials: _Floats, phi: _Floats) -> float:
    """The phi of the rate of several together: each weighs as much as it has trials."""
    return float(trials @ phi / trials.sum()) if trials.sum() else 1.0


def comparison_of(
    observed: Observed, creatives: Mapping[str, CreativeFinding], config: AnalysisConfig
) -> Comparison | None:
    """The creatives with trials of the decision metric; None where the platform or its export does not have it."""
    counts = counts_of(config.metric, observed.platform)
    if counts is None or not all(observed.has(count) for count in counts):
        return None
    event, trial = counts
    scale = MetricScale(metric=config.metric)
    if scale.is_cost:
        event, trial = trial, event
    if METRICS[scale.metric].kind is MetricKind.RETURN:
        revenue, orders = observed.sums(Count.REVENUE, Count.CONVERSIONS)[["top", "bottom"]].sum()
        scale = replace(scale, worth=float(revenue / orders) if revenue > 0 and orders > 0 else 1.0)
        observed = observed.scaled(event, 1 / scale.worth)
    if trial is Count.SPEND:
        sums = observed.sums(event, trial)
        scale = replace(scale, bits=spend_bits(float(sums["top"].sum()), float(sums["bottom"].sum())))
        observed = observed.scaled(trial, scale.bits)
    sums = observed.sums(event, trial)
    sums = sums[sums["bottom"] > 0]
    fit = np.array([is_rate(*row) for row in zip(sums["top"], sums["bottom"], strict=True)], dtype=bool)
    rated, spread = sums[fit], dispersion_of(observed, event, trial)
    names = [str(name) for name in rated["creative_id"]]
    events, trials = rated["top"].to_numpy(dtype=float), rated["bottom"].to_numpy(dtype=float)
    # Set by the events that a clip needs anyhow: of the data only the rate of all together is used.
    each = config.limits.peeking_horizon_events.value
    horizon = max(2.0, each * float(trials.sum()) / max(float(events.sum()), 1.0))
    return Comparison(
        creatives=tuple(creatives[name] for name in names),
        events=events,
        trials=trials,
        excluded=tuple(sums["creative_id"][~fit]),
        phi=np.array([spread.phi(name) for name in names], dtype=float),
        freedom=np.array([spread.freedom(name) for name in names], dtype=float),
        swing=spread.swing,
        scale=scale,
        impressions_per_trial=_impressions_per_trial(observed, trial),
        horizon=horizon if config.options.sequential else None,
    )


def _impressions_per_trial(observed: Observed, trial: Count) -> float:
    """1 without impressions: trials are then used as the denominator."""
    if trial is Count.IMPRESSIONS:
        return 1.0
    both = observed.sums(Count.IMPRESSIONS, trial)
    top, bottom = float(both["top"].sum()), float(both["bottom"].sum())
    return top / bottom if top and bottom else 1.0
