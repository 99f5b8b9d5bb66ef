"""The creatives that can be compared on the decision metric: events of trials, and how far chance carries them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hailuo.report.analysis.creatives import Creative
from hailuo.report.analysis.measures import Dispersion, dispersion_of, spend_bits
from hailuo.report.analysis.metric_scale import MetricScale
from hailuo.report.analysis.observations import Observed, counts_of
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.analysis.thresholds import ReportThresholds
from hailuo.report.metrics import METRICS, Count, MetricKind
from hailuo.report.stats.intervals import is_rate

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisConfig:
    """What holds for every platform of a report. `platforms` is among how many the chance of a false word is shared."""

    options: AnalysisOptions
    limits: ReportThresholds
    platforms: int

    @property
    def gate(self) -> float:
        """The p-value that a claim on one platform has to stay below."""
        return self.limits.gate_p.value / self.platforms


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One position per creative that has trials. For a cost, trials are bits of spend (`scale`). `left_out` are
    those with more events than trials, which no rate describes; `horizon` is that of one creative, None for one look.
    """

    creatives: tuple[Creative, ...]
    events: _Floats
    trials: _Floats
    left_out: tuple[str, ...]
    dispersion: Dispersion
    scale: MetricScale
    impressions_per_trial: float
    horizon: float | None

    @property
    def pooled(self) -> float:
        """The rate of all together; 0 without trials."""
        return float(self.events.sum() / self.trials.sum()) if len(self.trials) else 0.0

    @property
    def expected(self) -> _Floats:
        """Events each would have if all were alike: how much its data can say, whatever it says."""
        return self.trials * self.pooled


def comparison_of(
    observed: Observed, creatives: Mapping[str, Creative], config: AnalysisConfig
) -> Comparison | None:
    """Whoever has trials of the decision metric; None where the platform or its export does not tell it."""
    metric = config.options.metric
    counts = counts_of(metric, observed.platform)
    if counts is None or not all(observed.told(count) for count in counts):
        return None
    event, trial = reversed(counts) if METRICS[metric].kind is MetricKind.COST else counts
    scale = MetricScale(metric=metric)
    if METRICS[metric].kind is MetricKind.COST:
        sums = observed.sums(event, trial)
        scale = replace(scale, bits=spend_bits(float(sums["top"].sum()), float(sums["bottom"].sum())))
        observed = observed.scaled(trial, scale.bits)
    return _entered(observed, creatives, config, (event, trial), scale)


def _entered(
    observed: Observed,
    creatives: Mapping[str, Creative],
    config: AnalysisConfig,
    counts: tuple[Count, Count],
    scale: MetricScale,
) -> Comparison:
    sums = observed.sums(*counts)
    sums = sums[sums["bottom"] > 0]
    fit = np.array([is_rate(*row) for row in zip(sums["top"], sums["bottom"], strict=True)], dtype=bool)
    rated = sums[fit]
    events, trials = rated["top"].to_numpy(dtype=float), rated["bottom"].to_numpy(dtype=float)
    return Comparison(
        creatives=tuple(creatives[name] for name in rated["creative_id"]),
        events=events,
        trials=trials,
        left_out=tuple(sums["creative_id"][~fit]),
        dispersion=dispersion_of(observed, *counts, widen_above=config.limits.widen_above.value),
        scale=scale,
        impressions_per_trial=_impressions_per_trial(observed, counts[1]),
        horizon=_horizon(events, trials, config) if config.options.sequential else None,
    )


def _impressions_per_trial(observed: Observed, trial: Count) -> float:
    """1 where impressions are not told: then trials are what is told of."""
    if trial is Count.IMPRESSIONS:
        return 1.0
    both = observed.sums(Count.IMPRESSIONS, trial)
    top, bottom = float(both["top"].sum()), float(both["bottom"].sum())
    return top / bottom if top and bottom else 1.0


def _horizon(events: _Floats, trials: _Floats, config: AnalysisConfig) -> float:
    """Set by the events that a clip needs anyhow: of the data only the rate of all together comes in."""
    each = config.limits.peeking_horizon_events.value
    return max(2.0, each * float(trials.sum()) / max(float(events.sum()), 1.0))
