"""How a clip looks against how it does: a place to look for ideas, no result."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from hailuo.report import numbers
from hailuo.report.findings import CreativeFinding, Estimate, PlatformFindings, ReportFindings
from hailuo.report.metrics import PLATFORM_NAMES, Metric
from hailuo.report.page.axis import ChartAxis, axis_of
from hailuo.report.page.caption import Caption
from hailuo.report.page.measure import Measure
from hailuo.report.page.svg import element, picture, place
from hailuo.report.page.words import look_name

MOST_POINTS: Final = 300
"""The clips with most data: more points than this hide each other."""
MOST_LOOKS: Final = 4
_HEIGHT: Final = 220
_TOP: Final = 10.0
_BOTTOM: Final = 186.0

Point = tuple[CreativeFinding, float, Estimate]


@dataclass(frozen=True, slots=True)
class ScatterChart:
    """One number of the checks against one metric."""

    caption: Caption
    drawing: Markup


def scatters_of(found: PlatformFindings, *, findings: ReportFindings) -> tuple[ScatterChart, ...]:
    """Up to four numbers of the checks against the decision metric, and against hook, where looks matter first."""
    looks = dict.fromkeys(look for creative in found.creatives for look in creative.looks)
    metrics = dict.fromkeys((found.metric, Metric.HOOK))
    charts = [
        _scatter(look, Measure(metric, findings.health.currency), found, findings)
        for metric in metrics
        if metric not in found.unsafe_metrics
        for look in tuple(looks)[:MOST_LOOKS]
    ]
    return tuple(chart for chart in charts if chart is not None)


def _scatter(
    look: str, measure: Measure, found: PlatformFindings, findings: ReportFindings
) -> ScatterChart | None:
    points = _points(found.creatives, look, measure.metric)
    across = axis_of((), [value for _, value, _ in points])
    if len(points) < 3 or len({value for _, value, _ in points}) < 2:
        return None
    up = axis_of(
        [one.interval for _, _, one in points], [one.value for _, _, one in points if one.value is not None]
    )
    name, unit = look_name(look)
    title = f"{name} and {measure.name}, {PLATFORM_NAMES[found.platform]}"
    shapes = [*_grid(across, up, measure), *(_point(point, across, up, measure) for point in points)]
    desc = f"{len(points)} clips; each point has its interval as a line"
    drawing = picture(*shapes, title=title, desc=desc, height=_HEIGHT, class_="scatter")
    most = " (those with most data)" if len(found.creatives) > MOST_POINTS else ""
    caption = Caption(
        title=title,
        unit=f"across {unit}, up {measure.unit}",
        n=f"{len(points):,} clips{most}",
        interval=f"{numbers.percent(findings.confidence, digits=0)} (line)",
    )
    return ScatterChart(caption, drawing)


def _points(creatives: Sequence[CreativeFinding], look: str, metric: Metric) -> list[Point]:
    told = [
        (creative, creative.looks[look], creative.estimates[metric])
        for creative in creatives
        if look in creative.looks and metric in creative.estimates
    ]
    known = [point for point in told if point[2].value is not None and point[2].interval is not None]
    return sorted(known, key=lambda point: -point[2].bottom)[:MOST_POINTS]


def _grid(across: ChartAxis, up: ChartAxis, measure: Measure) -> list[Markup]:
    shapes: list[Markup] = []
    for tick in up.ticks():
        y = _y(up, tick)
        shapes.append(element("line", x1="0%", x2="100%", y1=y, y2=y, class_="grid"))
        text = measure.tick(tick, up.step())
        shapes.append(element("text", text, x=-8, y=y + 4, text_anchor="end"))
    for tick in across.ticks():
        text = numbers.plain(tick, numbers.digits_of(across.step()) if across.step() < 1 else 0)
        shapes.append(element("text", text, x=place(across.at(tick)), y=_HEIGHT - 14, text_anchor="middle"))
    return shapes


def _point(point: Point, across: ChartAxis, up: ChartAxis, measure: Measure) -> Markup:
    creative, look, estimate = point
    interval, value = estimate.interval, estimate.value
    if interval is None or value is None:
        return Markup()
    x, low, high = place(across.at(look)), interval.low, interval.high
    ends = _y(up, up.low if low is None else low), _y(up, up.high if high is None else high)
    said = f"{creative.label}: {measure.value(value)} ({measure.interval(interval)})"
    return element(
        "g",
        element("title", said),
        element("line", x1=x, x2=x, y1=ends[0], y2=ends[1], class_="reach"),
        element("circle", cx=x, cy=_y(up, value), r=4, class_="point"),
    )


def _y(up: ChartAxis, value: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * up.at(value) / 100
