"""Every metric of every creative with its interval, as far as the platform's counts allow; a note says what is missing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from hailuo.report.analysis.metric_scale import MetricScale
from hailuo.report.analysis.observations import Observed
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.findings import Estimate, Interval
from hailuo.report.metrics import COUNTS, METRICS, Count, Metric, MetricKind, counts_of
from hailuo.report.stats.bootstrap import ratio_by_days
from hailuo.report.stats.dispersion import LEAST_DF, clip_dispersion
from hailuo.report.stats.intervals import cost_per_event, wilson
from hailuo.report.stats.returns import order_values, return_interval
from hailuo.report.stats.sequential import mixture_interval
from hailuo.report.texts import say

ONE_IN: Final = 1000.0
"""Cost metrics are analysed as events per bit of spend, bits so small that one in this many brings an event: binomial
and Poisson are then the same to 0.1 %, and what holds for rates holds for costs."""

LEAST_ADS: Final = 10.0
"""Ads beyond the first of their creative, below which nothing is said of how ads of one creative differ."""

MOST_RATIOS: Final = 200  # a bootstrap takes 3 ms

_Sums = tuple[str, float, float]  # creative, top, bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispersion:
    """How far each creative's counts vary beyond chance: `phis` (at least 1), by which they are divided, and `freedoms`,
    Student's degrees of freedom for what is far out. `swing` is the typical sd of the log of a rate from day to day, None
    where the rows do not show it: then every phi is 1.
    """

    phis: Mapping[str, float]
    freedoms: Mapping[str, float]
    swing: float | None

    def phi(self, creative_id: str) -> float:
        """What counts of a creative are divided by."""
        return self.phis.get(creative_id, 1.0)

    def freedom(self, creative_id: str) -> float:
        """Infinite where nothing is known of its days."""
        return self.freedoms.get(creative_id, math.inf)


@dataclass(frozen=True, slots=True)
class _Rule:
    metric: Metric
    confidence: float
    dispersion: Dispersion
    horizon: float | None  # trials at which an always-valid interval is narrowest; None for one look


def estimates(
    observed: Observed, options: AnalysisOptions, *, horizon_events: float
) -> dict[str, dict[Metric, Estimate]]:
    """Creative to metric to estimate, for every creative with a row and every metric."""
    found: dict[str, dict[Metric, Estimate]] = {name: {} for name in observed.ids}
    for metric in Metric:
        of_metric = _of_metric(observed, metric, options, horizon_events)
        for name, metrics in found.items():
            metrics[metric] = of_metric.get(name) or _unknown(metric, observed)
    return found


def dispersion_of(observed: Observed, top: Count, bottom: Count) -> Dispersion:
    """Of an event count over its trials, of every creative: by its ads' days, and by its ads where some ran as several;
    the larger one, as both make a creative's total less certain.
    """
    names = {"creative_id": "clip", "top": "events", "bottom": "trials"}
    totals = observed.sums(top, bottom).rename(columns=names).set_index("clip")
    days, ads = (one(top, bottom).rename(columns=names) for one in (observed.ad_days, observed.ads))
    by_ad = ads.assign(day=range(len(ads)), ad=ads["clip"])  # what days are to an ad, ads are to a creative
    found = [
        clip_dispersion(rows, totals, least_df=least)
        for rows, least in ((days, LEAST_DF), (by_ad, LEAST_ADS))
    ]
    known = [one for one in found if one is not None]
    if not known:
        return Dispersion(phis={}, freedoms={}, swing=None)
    phis, freedoms = np.array([one.phi for one in known]), np.array([one.freedom for one in known])
    largest = phis.argmax(axis=0), np.arange(len(totals))
    clips = [str(name) for name in totals.index]
    return Dispersion(
        phis=dict(zip(clips, phis[largest].tolist(), strict=True)),
        freedoms=dict(zip(clips, freedoms[largest].tolist(), strict=True)),
        swing=known[0].swing,
    )


def spend_bits(events: float, spend: float) -> float:
    """Bits of spend in one unit of currency, such that one bit in `ONE_IN` brings an event."""
    return max(events, 1.0) * ONE_IN / spend if spend > 0 else 1.0


def _of_metric(
    observed: Observed, metric: Metric, options: AnalysisOptions, horizon_events: float
) -> dict[str, Estimate]:
    counts = counts_of(metric, observed.platform)
    if counts is None:
        return {}
    sums = observed.sums(*counts)
    rows = [(str(name), float(top), float(bottom)) for name, top, bottom in sums.itertuples(index=False)]
    tops, bottoms = sum(row[1] for row in rows), sum(row[2] for row in rows)
    match METRICS[metric].kind:
        case MetricKind.RATE:
            spread = dispersion_of(observed, *counts)
            horizon = max(1.0, horizon_events * bottoms / max(tops, 1.0)) if options.sequential else None
            rule = _Rule(metric, options.confidence, spread, horizon)
            return {row[0]: _rate(rule, *row) for row in rows}
        case MetricKind.COST:
            bits = spend_bits(bottoms, tops)
            scaled = observed.scaled(counts[0], bits)
            spread = dispersion_of(scaled, *reversed(counts))
            horizon = horizon_events * ONE_IN if options.sequential else None
            rule = _Rule(metric, options.confidence, spread, horizon)
            return {row[0]: _cost(rule, *row, bits=bits) for row in rows}
        case MetricKind.RATIO:
            return _ratios(observed, metric, counts, rows, options)
        case MetricKind.RETURN:
            return _returns(observed, metric, options)
        case MetricKind.PAID:
            return _paid(observed, metric, rows)


def _rate(rule: _Rule, creative_id: str, events: float, trials: float) -> Estimate:
    confidence, phi = rule.confidence, rule.dispersion.phi(creative_id)
    if rule.horizon is None:
        interval = wilson(events, trials, confidence=confidence, dispersion=phi)
    else:
        interval = mixture_interval(
            events, trials, horizon=rule.horizon, confidence=confidence, dispersion=phi
        )
    note = ""
    if interval is None:
        note = say("note.more_events_than_trials" if trials else "note.no_trials")
    return _estimate(rule.metric, events, trials, interval, n=trials, note=note)


def _cost(rule: _Rule, creative_id: str, spend: float, events: float, *, bits: float) -> Estimate:
    if not events and not spend:
        return _estimate(rule.metric, spend, events, None, n=events, note=say("note.no_spend"))
    confidence, phi = rule.confidence, rule.dispersion.phi(creative_id)
    if rule.horizon is None:
        _, interval = cost_per_event(spend, events, confidence=confidence, dispersion=phi)
    else:  # as the inverse of events per bit of spend, whose interval holds at every look
        rates = mixture_interval(
            events, spend * bits, horizon=rule.horizon or 1.0, confidence=confidence, dispersion=phi
        )
        interval = MetricScale(metric=rule.metric, bits=bits).interval(rates or Interval(0.0, None))
    note = "" if events else say("note.no_conversion")
    return _estimate(rule.metric, spend, events, interval, n=events, note=note)


def _ratios(
    observed: Observed,
    metric: Metric,
    counts: tuple[Count, Count],
    rows: Sequence[_Sums],
    options: AnalysisOptions,
) -> dict[str, Estimate]:
    days = observed.ad_days(*counts).groupby(["creative_id", "day"], sort=True)[["top", "bottom"]].sum()
    by_creative = {str(name): rows for name, rows in days.groupby("creative_id", sort=False)}
    first = {row[0] for row in sorted(rows, key=lambda row: -row[2])[:MOST_RATIOS]}

    def ratio(name: str, top: float, bottom: float) -> Estimate:
        mine: pd.DataFrame | None = by_creative.get(name) if name in first else None
        if options.sequential and bottom:
            return _estimate(metric, top, bottom, None, n=0, note=say("note.one_look_only"))
        if not bottom or mine is None:
            note = say("note.no_days", most=MOST_RATIOS) if bottom else say("note.no_trials")
            return _estimate(metric, top, bottom, None, n=0, note=note)
        interval = ratio_by_days(
            mine["top"].tolist(), mine["bottom"].tolist(), seed=options.seed, confidence=options.confidence
        )
        note = "" if interval else say("note.few_days")
        return _estimate(metric, top, bottom, interval, n=len(mine), note=note)

    return {row[0]: ratio(*row) for row in rows}


def _returns(observed: Observed, metric: Metric, options: AnalysisOptions) -> dict[str, Estimate]:
    """Revenue over spend, by how many conversions came and what one is worth."""
    rows = observed.rows.dropna(subset=[Count.CONVERSIONS, Count.REVENUE, Count.SPEND])
    values = order_values(rows["creative_id"], rows[Count.CONVERSIONS], rows[Count.REVENUE])
    orders, spend = float(rows[Count.CONVERSIONS].sum()), float(rows[Count.SPEND].sum())
    scaled = observed.scaled(Count.SPEND, spend_bits(orders, spend))
    spread = dispersion_of(scaled, Count.CONVERSIONS, Count.SPEND)
    counted = observed.sums(Count.CONVERSIONS, Count.SPEND).set_index("creative_id")["top"].to_dict()

    def returned(name: str, revenue: float, spend: float) -> Estimate:
        own = float(counted.get(name, 0.0))
        interval = None
        note = say("note.no_spend") if not spend else say("note.no_conversion_values")
        if options.sequential:
            note = say("note.one_look_only")
        elif values is not None and spend:
            interval = return_interval(
                own, revenue, spend, values, confidence=options.confidence, dispersion=spread.phi(name)
            )
            note = "" if own else say("note.no_conversion_return")
        return _estimate(metric, revenue, spend, interval, n=own, note=note)

    sums = observed.sums(Count.REVENUE, Count.SPEND)
    return {
        str(name): returned(str(name), float(top), float(bottom))
        for name, top, bottom in sums.itertuples(index=False)
    }


def _paid(observed: Observed, metric: Metric, rows: Sequence[_Sums]) -> dict[str, Estimate]:
    """What was paid or reached: a fact. People are known of a single row only, as those of two rows overlap."""
    single = set(observed.totals()[Count.REACH.value].dropna().index)
    by_people = METRICS[metric].bottom is Count.REACH
    known = (row for row in rows if not by_people or row[0] in single)
    return {row[0]: _estimate(metric, row[1], row[2], None, n=row[2], note=say("note.paid")) for row in known}


def _estimate(
    metric: Metric, top: float, bottom: float, interval: Interval | None, *, n: float, note: str
) -> Estimate:
    value = top / bottom * METRICS[metric].per if bottom else None
    return Estimate(
        metric=metric, value=value, interval=interval, top=top, bottom=bottom, n=float(n), note=note
    )


def _unknown(metric: Metric, observed: Observed) -> Estimate:
    counts = counts_of(metric, observed.platform)
    absent = [COUNTS[count] for count in counts or () if not observed.has(count)]
    if counts is None:
        note = say("note.not_counted", platform=observed.platform.value)
    else:
        note = say("note.not_exported", counts="; ".join(absent)) if absent else say("note.no_row")
        if not absent and metric is Metric.FREQUENCY:
            note = say("note.several_rows")
    return _estimate(metric, 0.0, 0.0, None, n=0.0, note=note)
