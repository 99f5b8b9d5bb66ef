"""Every metric of every creative with its interval, as far as the platform's counts allow; the rest says why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from hailuo.report.analysis.metric_scale import MetricScale
from hailuo.report.analysis.observations import Observed, counts_of
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.findings import Estimate, Interval
from hailuo.report.metrics import COUNTS, METRICS, Count, Metric, MetricKind
from hailuo.report.stats.bootstrap import ratio_by_days
from hailuo.report.stats.dispersion import dispersion
from hailuo.report.stats.intervals import cost_per_event, wilson
from hailuo.report.stats.sequential import mixture_interval

ONE_IN: Final = 1000.0
"""A cost is judged as the rate of events per bit of spend, bits so small that one in this many brings an event:
binomial and Poisson are then the same to 0.1 %, and what holds for rates holds for costs."""

MOST_RATIOS: Final = 200  # a bootstrap takes 3 ms
_NO_DAYS: Final = (
    f"no interval: no rows by day, or not among the {MOST_RATIOS} clips that have most behind them"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispersion:
    """How far rows scatter beyond chance. `phi` is None where too few rows tell; `widening` is what intervals are
    widened by, 1 where phi is near to chance.
    """

    phi: float | None
    widening: float

    @property
    def cautious(self) -> float:
        """Phi for tests: at least 1, and 1 where it is not known."""
        return max(1.0, self.phi or 1.0)


def estimates(
    observed: Observed, options: AnalysisOptions, *, widen_above: float, horizon_events: float
) -> dict[str, dict[Metric, Estimate]]:
    """Creative to metric to estimate, for every creative with a row and every metric."""
    found: dict[str, dict[Metric, Estimate]] = {name: {} for name in observed.ids}
    for metric in Metric:
        of_metric = _of_metric(observed, metric, options, widen_above, horizon_events)
        for name, metrics in found.items():
            metrics[metric] = of_metric.get(name) or _unknown(metric, observed)
    return found


def dispersion_of(observed: Observed, top: Count, bottom: Count, *, widen_above: float) -> Dispersion:
    """Phi of an event count over its trials: of an ad's days, and of a creative's ads where it ran as several; the
    larger one, as both make a creative's total less certain.
    """
    days, ads = observed.ad_days(top, bottom), observed.ads(top, bottom)
    by_ad = days.groupby(["creative_id", "ad"], sort=False).ngroup()
    told = [dispersion(_units(days, by_ad)), dispersion(_units(ads, ads["creative_id"]))]
    phi = max((one for one in told if one is not None), default=None)
    return Dispersion(phi=phi, widening=phi if phi is not None and phi > widen_above else 1.0)


def spend_bits(events: float, spend: float) -> float:
    """Bits of spend in one unit of currency, such that one bit in `ONE_IN` brings an event."""
    return max(events, 1.0) * ONE_IN / spend if spend > 0 else 1.0


def _units(rows: pd.DataFrame, units: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"unit": units, "events": rows["top"], "trials": rows["bottom"]})


def _of_metric(
    observed: Observed, metric: Metric, options: AnalysisOptions, widen_above: float, horizon_events: float
) -> dict[str, Estimate]:
    counts = counts_of(metric, observed.platform)
    if counts is None:
        return {}
    sums = observed.sums(*counts)
    rows = [(str(name), float(top), float(bottom)) for name, top, bottom in sums.itertuples(index=False)]
    match METRICS[metric].kind:
        case MetricKind.RATE:
            spread = dispersion_of(observed, *counts, widen_above=widen_above)
            rule = _Rule(metric, options.confidence, spread.widening, _horizon(rows, options, horizon_events))
            return {name: _rate(rule, top, bottom) for name, top, bottom in rows}
        case MetricKind.COST:
            bits = spend_bits(sum(row[2] for row in rows), sum(row[1] for row in rows))
            spread = dispersion_of(
                observed.scaled(counts[0], bits), *reversed(counts), widen_above=widen_above
            )
            horizon = horizon_events * ONE_IN if options.sequential else None
            rule = _Rule(metric, options.confidence, spread.widening, horizon)
            return {name: _cost(rule, top, bottom, bits=bits) for name, top, bottom in rows}
        case MetricKind.RATIO:
            return _ratios(observed, metric, rows, options)


@dataclass(frozen=True, slots=True)
class _Rule:
    metric: Metric
    confidence: float
    widening: float
    horizon: float | None  # trials at which an always-valid interval is narrowest; None for one look


def _horizon(
    rows: Sequence[tuple[str, float, float]], options: AnalysisOptions, horizon_events: float
) -> float | None:
    if not options.sequential:
        return None
    events, trials = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return max(1.0, horizon_events * trials / max(events, 1.0))


def _rate(rule: _Rule, events: float, trials: float) -> Estimate:
    if rule.horizon is None:
        interval = wilson(events, trials, confidence=rule.confidence, dispersion=rule.widening)
    else:
        interval = mixture_interval(
            events, trials, horizon=rule.horizon, confidence=rule.confidence, dispersion=rule.widening
        )
    note = ""
    if not trials:
        note = "nothing to divide by yet"
    elif interval is None:
        note = "no interval: more events than trials, as conversions after a mere view exceed clicks"
    return _estimate(rule.metric, (events, trials), interval, n=trials, note=note)


def _cost(rule: _Rule, spend: float, events: float, *, bits: float) -> Estimate:
    if rule.horizon is None:
        _, interval = cost_per_event(spend, events, confidence=rule.confidence, dispersion=rule.widening)
    else:
        interval = _watched_cost(rule, spend * bits, events, bits)
    note = "" if events else "no conversion yet: the cost is more than the lower limit"
    if not events and not spend:
        return _estimate(
            rule.metric, (spend, events), None, n=events, note="neither spend nor conversions yet"
        )
    return _estimate(rule.metric, (spend, events), interval, n=events, note=note)


def _watched_cost(rule: _Rule, trials: float, events: float, bits: float) -> Interval:
    """As the inverse of events per bit of spend, whose interval holds at every look."""
    rates = mixture_interval(
        events, trials, horizon=rule.horizon or 1.0, confidence=rule.confidence, dispersion=rule.widening
    )
    return MetricScale(metric=rule.metric, bits=bits).interval(rates or Interval(0.0, None))


def _ratios(
    observed: Observed, metric: Metric, rows: Sequence[tuple[str, float, float]], options: AnalysisOptions
) -> dict[str, Estimate]:
    counts = counts_of(metric, observed.platform)
    if counts is None:
        return {}
    days = observed.ad_days(*counts).groupby(["creative_id", "day"], sort=True)[["top", "bottom"]].sum()
    by_creative = {str(name): rows for name, rows in days.groupby("creative_id", sort=False)}
    first = {row[0] for row in sorted(rows, key=lambda row: -row[2])[:MOST_RATIOS]}
    return {
        row[0]: _ratio(metric, row, by_creative.get(row[0]) if row[0] in first else None, options)
        for row in rows
    }


def _ratio(
    metric: Metric, row: tuple[str, float, float], days: pd.DataFrame | None, options: AnalysisOptions
) -> Estimate:
    _, top, bottom = row
    if not bottom:
        return _estimate(metric, (top, bottom), None, n=0, note="nothing to divide by yet")
    if days is None:
        return _estimate(metric, (top, bottom), None, n=0, note=_NO_DAYS)
    interval = ratio_by_days(
        days["top"].tolist(), days["bottom"].tolist(), seed=options.seed, confidence=options.confidence
    )
    note = "" if interval else "no interval: it takes 14 days to tell how days differ"
    return _estimate(metric, (top, bottom), interval, n=len(days), note=note)


def _estimate(
    metric: Metric, sums: tuple[float, float], interval: Interval | None, *, n: float, note: str
) -> Estimate:
    top, bottom = sums
    value = top / bottom if bottom else None
    return Estimate(
        metric=metric, value=value, interval=interval, top=top, bottom=bottom, n=float(n), note=note
    )


def _unknown(metric: Metric, observed: Observed) -> Estimate:
    return Estimate(
        metric=metric, value=None, interval=None, top=0.0, bottom=0.0, n=0.0, note=_missing(metric, observed)
    )


def _missing(metric: Metric, observed: Observed) -> str:
    counts = counts_of(metric, observed.platform)
    if counts is None:
        return f"{observed.platform.value} counts nothing of the kind"
    absent = [count for count in counts if not observed.told(count)]
    if absent:
        return "the export does not tell: " + "; ".join(COUNTS[count] for count in absent)
    return "no row of this clip tells both counts"
