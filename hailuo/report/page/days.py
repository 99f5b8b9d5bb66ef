"""Day by day: the leading clips' rates with their intervals; and placements, ages and other parts of the delivery."""

from itertools import groupby
from typing import Final

from hailuo.report.findings import DeliveryPart, PlatformFindings, ReportFindings, WearCurve
from hailuo.report.formatting import (
    UNKNOWN,
    MetricFormatter,
    axis_name,
    count,
    date_range,
    money,
    percent,
    plural,
)
from hailuo.report.metrics import PLATFORM_NAMES, Count, Metric
from hailuo.report.page.drawing import Caption, ChartAxis, Mark, axis_of, scale, strip
from hailuo.report.page.words import Values
from hailuo.report.texts import say

_METRICS: Final = (Metric.CPM, Metric.HOOK, Metric.CTR, Metric.CVR, Metric.CPA, Metric.ROAS)


def curves_of(found: PlatformFindings, *, findings: ReportFindings) -> tuple[Values, ...]:
    """One table of days for each leading clip, all on one axis."""
    points = [point for curve in found.wear for point in curve.points]
    axis = axis_of([one.interval for one in points], [one.value for one in points])
    return tuple(_curve(curve, axis, found, findings) for curve in found.wear)


def _curve(curve: WearCurve, axis: ChartAxis, found: PlatformFindings, findings: ReportFindings) -> Values:
    metric = MetricFormatter(curve.metric, None)
    said = say("wear.fresh", label=metric.label)
    if curve.worn_since and curve.drop:
        since = date_range(curve.worn_since, curve.worn_since)
        said = say("wear.worn", since=since, drop=percent(curve.drop, digits=0), label=metric.label)
    mean = sum(one.top for one in curve.points) / sum(one.bottom for one in curve.points)
    return {
        "label": curve.label,
        "said": said,
        "worn": curve.worn_since is not None,
        "metric": metric.name,
        "scale": scale(axis, metric.tick, title=f"{metric.name}, {metric.unit}"),
        "caption": Caption(
            title=f"{metric.name} of {curve.label} by day, {PLATFORM_NAMES[found.platform]}",
            unit=metric.unit,
            n=f"{plural(len(curve.points), 'day')}; {metric.trials} of each in its row",
            interval=f"{percent(findings.confidence, digits=0)} interval of each day (bar); dashed: all its days",
        ),
        "rows": tuple(
            {
                "day": date_range(one.day, one.day),
                "value": metric.value(one.value),
                "raw": one.value,
                "interval": metric.interval(one.interval),
                "counts": f"{count(one.top)} of {count(one.bottom)}",
                "strip": strip(
                    axis,
                    Mark(
                        title=f"{curve.label}, {date_range(one.day, one.day)}: {metric.value(one.value)}",
                        desc=f"{count(one.top)} of {count(one.bottom)} {metric.trials}",
                        value=one.value,
                        interval=one.interval,
                        tone="worse" if curve.worn_since and one.day >= curve.worn_since else "even",
                    ),
                    reference=mean,
                ),
            }
            for one in curve.points
        ),
    }


def parts_of(found: PlatformFindings, *, findings: ReportFindings) -> tuple[Values, ...]:
    """One table for each dimension: what its parts got, cost and brought."""
    tables = groupby(found.parts, key=lambda one: one.dimension)
    known = tuple(
        metric for metric in _METRICS if any(one.estimates[metric].value is not None for one in found.parts)
    )
    return tuple(
        {
            "name": axis_name(dimension),
            "metrics": tuple(MetricFormatter(metric, findings.health.currency).name for metric in known),
            "rows": tuple(_part(one, known, findings.health.currency) for one in parts),
        }
        for dimension, parts in tables
    )


def _part(one: DeliveryPart, metrics: tuple[Metric, ...], currency: str | None) -> Values:
    impressions, spend = one.counts.get(Count.IMPRESSIONS), one.counts.get(Count.SPEND)
    cells = []
    for metric in metrics:
        estimate, formatter = one.estimates[metric], MetricFormatter(metric, currency)
        interval = formatter.interval(estimate.interval) if estimate.interval else ""
        cells.append({"value": formatter.value(estimate.value), "interval": interval, "raw": estimate.value})
    return {
        "name": one.name,
        "impressions": UNKNOWN if impressions is None else count(impressions),
        "spend": UNKNOWN if spend is None else money(spend, currency),
        "raw": {"impressions": impressions, "spend": spend},
        "cells": tuple(cells),
    }
