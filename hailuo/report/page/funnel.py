"""Where people drop out: from impression to hook, click and conversion, clip by clip, in steps that any length allows."""

from typing import Final

from hailuo.report.findings import CreativeFinding, PlatformFindings, ReportFindings
from hailuo.report.formatting import MetricFormatter, count, percent
from hailuo.report.metrics import METRICS, PLATFORM_NAMES, Count, Metric
from hailuo.report.page.drawing import Caption, ChartAxis, Mark, axis_of_estimates, scale, strip
from hailuo.report.page.words import Values, definition

TOP: Final = 8
_STEPS: Final = (Metric.HOOK, Metric.CTR, Metric.CVR)


def funnel_of(found: PlatformFindings, *, findings: ReportFindings) -> Values | None:
    """The first creatives of a platform, step by step; a step whose counts the export lacks is None. None where the exports have the counts of no step."""
    steps = [metric for metric in _STEPS if _is_known(found, metric)]
    if not steps:
        return None
    first = found.creatives[:TOP]
    axes = {
        metric: axis_of_estimates([one.estimates[metric] for one in first if metric in one.estimates])
        for metric in steps
    }
    missing = [METRICS[metric].label for metric in _STEPS if metric not in steps]
    return {
        "caption": Caption(
            title=f"Step by step: {len(first)} of {len(found.creatives):,} clips on {PLATFORM_NAMES[found.platform]}",
            unit="%, of the count named under each step",
            n="printed in each field: how many of how many",
            interval=f"{percent(findings.confidence, digits=0)} interval (bar); dashed: all clips together",
        ),
        "heads": tuple(_head(metric, axes[metric], found) for metric in steps),
        "rows": tuple(
            {
                "label": one.label,
                "impressions": count(one.counts.get(Count.IMPRESSIONS, 0.0)),
                "steps": tuple(_step(one, metric, axis, found) for metric, axis in axes.items()),
            }
            for one in first
        ),
        "left_out": f"Not in these exports, or not comparable: {', '.join(missing)}." if missing else "",
    }


def _is_known(found: PlatformFindings, metric: Metric) -> bool:
    safe = METRICS[metric].across_durations and metric not in found.unsafe_metrics
    return safe and any(metric in one.estimates and one.estimates[metric].bottom for one in found.creatives)


def _head(metric: Metric, axis: ChartAxis, found: PlatformFindings) -> Values:
    formatter = MetricFormatter(metric, None)
    drawing = scale(axis, formatter.tick, title=f"{formatter.name}, {formatter.unit}")
    return {"name": formatter.name, "made_of": definition(metric, found), "scale": drawing}


def _step(
    creative: CreativeFinding, metric: Metric, axis: ChartAxis, found: PlatformFindings
) -> Values | None:
    estimate = creative.estimates.get(metric)
    if estimate is None or not estimate.bottom:
        return None
    formatter = MetricFormatter(metric, None)
    counts = f"{count(estimate.top)} of {count(estimate.bottom)}"
    value, interval = formatter.value(estimate.value), formatter.interval(estimate.interval)
    mark = Mark(
        title=f"{creative.label}: {formatter.name} {value}, {interval}",
        desc=f"{counts} {formatter.trials}; the dashed line is all clips together",
        value=estimate.value,
        interval=estimate.interval,
    )
    return {
        "counts": counts,
        "value": value,
        "interval": interval,
        "strip": strip(axis, mark, reference=found.pooled(metric)),
    }
