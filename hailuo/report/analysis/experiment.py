"""The creatives that can be compared on the decision metric: events of trials, and how far chance carries them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hailuo.report.analysis.creatives import Entrant
from hailuo.report.analysis.measures import Scatter, per_mille, scatter
from hailuo.report.analysis.metric_scale import Yardstick
from hailuo.report.analysis.observations import Observed, counts_of
from hailuo.report.analysis.options import Options
from hailuo.report.analysis.thresholds import Thresholds
from hailuo.report.metrics import METRICS, Count, Kind
from hailuo.report.stats.intervals import is_rate

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for every platform of a report. `platforms` is among how many the chance of a false word is shared."""

    options: Options
    limits: Thresholds
    platforms: int

    @property
    def gate(self) -> float:
        """The p-value that a claim on one platform has to stay below."""
        return self.limits.gate_p.value / self.platforms


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One position per creative that has trials. For a cost, trials are bits of spend (`yardstick`). `left_out` are
    those with more events than trials, which no rate describes; `horizon` is that of one creative, None for one look.
    """

    entrants: tuple[Entrant, ...]
    events: _Floats
    trials: _Floats
    left_out: tuple[str, ...]
    scatter: Scatter
    yardstick: Yardstick
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


def enter(observed: Observed, entrants: Mapping[str, Entrant], terms: Terms) -> Contest | None:
    """Whoever has trials of the decision metric; None where the platform or its export does not tell it."""
    metric = terms.options.metric
    counts = counts_of(metric, observed.platform)
    if counts is None or not all(observed.told(count) for count in counts):
        return None
    event, trial = reversed(counts) if METRICS[metric].kind is Kind.COST else counts
    yardstick = Yardstick(metric=metric)
    if METRICS[metric].kind is Kind.COST:
        sums = observed.sums(event, trial)
        yardstick = replace(yardstick, bits=per_mille(float(sums["top"].sum()), float(sums["bottom"].sum())))
        observed = observed.scaled(trial, yardstick.bits)
    return _entered(observed, entrants, terms, (event, trial), yardstick)


def _entered(
    observed: Observed,
    entrants: Mapping[str, Entrant],
    terms: Terms,
    counts: tuple[Count, Count],
    yardstick: Yardstick,
) -> Contest:
    sums = observed.sums(*counts)
    sums = sums[sums["bottom"] > 0]
    fit = np.array([is_rate(*row) for row in zip(sums["top"], sums["bottom"], strict=True)], dtype=bool)
    rated = sums[fit]
    events, trials = rated["top"].to_numpy(dtype=float), rated["bottom"].to_numpy(dtype=float)
    return Contest(
        entrants=tuple(entrants[name] for name in rated["creative_id"]),
        events=events,
        trials=trials,
        left_out=tuple(sums["creative_id"][~fit]),
        scatter=scatter(observed, *counts, widen_above=terms.limits.widen_above.value),
        yardstick=yardstick,
        impressions_per_trial=_impressions_per_trial(observed, counts[1]),
        horizon=_horizon(events, trials, terms) if terms.options.sequential else None,
    )


def _impressions_per_trial(observed: Observed, trial: Count) -> float:
    """1 where impressions are not told: then trials are what is told of."""
    if trial is Count.IMPRESSIONS:
        return 1.0
    both = observed.sums(Count.IMPRESSIONS, trial)
    top, bottom = float(both["top"].sum()), float(both["bottom"].sum())
    return top / bottom if top and bottom else 1.0


def _horizon(events: _Floats, trials: _Floats, terms: Terms) -> float:
    """Set by the events that a clip needs anyhow: of the data only the rate of all together comes in."""
    each = terms.limits.peeking_horizon_events.value
    return max(2.0, each * float(trials.sum()) / max(float(events.sum()), 1.0))
