"""How a clip looks against how it does: a source of ideas, not a result."""

from typing import Final

from markupsafe import Markup

from hailuo.report.findings import CreativeFinding, Estimate, PlatformFindings, ReportFindings
from hailuo.report.formatting import MetricFormatter, digits_of, percent, plain
from hailuo.report.metrics import PLATFORM_NAMES, Metric
from hailuo.report.page.drawing import (
    Caption,
    ChartAxis,
    across,
    axis_of,
    axis_of_estimates,
    element,
    picture,
)
from hailuo.report.page.words import Values, look_name

MOST_POINTS: Final = 300
"""The clips with most data: more points than this hide each other."""
MOST_LOOKS: Final = 4
_HEIGHT: Final = 220
_TOP: Final = 10.0
_BOTTOM: Final = 186.0

Point = tuple[CreativeFinding, float, Estimate]


def scatters_of(found: PlatformFindings, *, findings: ReportFindings) -> tuple[Values, ...]:
    """Up to four numbers of the checks against the decision metric, and against hook, where looks matter first."""
    looks = dict.fromkeys(look for creative in found.creatives for look in creative.looks)
    charts = [
        _scatter(look, MetricFormatter(metric, findings.health.currency), found, findings)
        for metric in dict.fromkeys((found.metric, Metric.HOOK))
        if metric not in found.unsafe_metrics
        for look in tuple(looks)[:MOST_LOOKS]
    ]
    return tuple(chart for chart in charts if chart is not None)


def _scatter(
    look: str, metric: MetricFormatter, found: PlatformFindings, findings: ReportFindings
) -> Values | None:
    known = [
        (one, one.looks[look], estimate)
        for one in found.creatives
        if look in one.looks and (estimate := one.estimates.get(metric.metric))
        if estimate.value is not None and estimate.interval is not None
    ]
    points = sorted(known, key=lambda point: -point[2].bottom)[:MOST_POINTS]
    if len(points) < 3 or len({value for _, value, _ in points}) < 2:
        return None
    x_axis = axis_of((), [value for _, value, _ in points])
    y_axis = axis_of_estimates([one for _, _, one in points])
    name, unit = look_name(look)
    title = f"{name} and {metric.name}, {PLATFORM_NAMES[found.platform]}"
    shapes = [*_grid(x_axis, y_axis, metric), *(_point(point, x_axis, y_axis, metric) for point in points)]
    desc = f"{len(points)} clips; each point has its interval as a line"
    most = " (those with most data)" if len(found.creatives) > MOST_POINTS else ""
    caption = Caption(
        title=title,
        unit=f"across {unit}, up {metric.unit}",
        n=f"{len(points):,} clips{most}",
        interval=f"{percent(findings.confidence, digits=0)} interval (line)",
    )
    drawing = picture(*shapes, title=title, desc=desc, height=_HEIGHT, class_="scatter")
    return {"caption": caption, "drawing": drawing}


def _grid(x_axis: ChartAxis, y_axis: ChartAxis, metric: MetricFormatter) -> list[Markup]:
    shapes: list[Markup] = []
    for tick in y_axis.ticks():
        y = _y(y_axis, tick)
        shapes.append(element("line", x1="0%", x2="100%", y1=y, y2=y, class_="grid"))
        shapes.append(element("text", metric.tick(tick, y_axis.step()), x=-8, y=y + 4, text_anchor="end"))
    for tick in x_axis.ticks():
        text = plain(tick, digits_of(x_axis.step()) if x_axis.step() < 1 else 0)
        shapes.append(element("text", text, x=across(x_axis.at(tick)), y=_HEIGHT - 14, text_anchor="middle"))
    return shapes


def _point(point: Point, x_axis: ChartAxis, y_axis: ChartAxis, metric: MetricFormatter) -> Markup:
    creative, look, estimate = point
    interval, value = estimate.interval, estimate.value
    if interval is None or value is None:
        return Markup()
    x, low, high = across(x_axis.at(look)), interval.low, interval.high
    ends = _y(y_axis, y_axis.low if low is None else low), _y(y_axis, y_axis.high if high is None else high)
    return element(
        "g",
        element("title", f"{creative.label}: {metric.value(value)} ({metric.interval(interval)})"),
        element("line", x1=x, x2=x, y1=ends[0], y2=ends[1], class_="reach"),
        element("circle", cx=x, cy=_y(y_axis, value), r=4, class_="point"),
    )


def _y(y_axis: ChartAxis, value: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * y_axis.at(value) / 100
