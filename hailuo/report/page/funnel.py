"""Where people drop out: from impression to hook, click and conversion, clip by clip, in steps that any length allows."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from hailuo.report import numbers
from hailuo.report.findings import CreativeFinding, Estimate, PlatformFindings, ReportFindings
from hailuo.report.metrics import METRICS, PLATFORM_NAMES, Count, Metric
from hailuo.report.page.axis import ChartAxis, axis_of
from hailuo.report.page.caption import Caption
from hailuo.report.page.measure import Measure
from hailuo.report.page.strip import Mark, scale, strip
from hailuo.report.page.words import definition

TOP: Final = 8
_STEPS: Final = (Metric.HOOK, Metric.CTR, Metric.CVR)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepHead:
    """A step of the funnel and its scale."""

    name: str
    made_of: str
    scale: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    """How many of how many took it, and which share that is."""

    counts: str
    value: str
    interval: str
    strip: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelRow:
    """One creative's way down; a step whose counts the export lacks is None."""

    label: str
    impressions: str
    steps: tuple[FunnelStep | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """The first creatives of a platform, step by step."""

    caption: Caption
    heads: tuple[StepHead, ...]
    rows: tuple[FunnelRow, ...]
    left_out: str


def funnel_of(found: PlatformFindings, *, findings: ReportFindings) -> Funnel | None:
    """None where no step can be told."""
    steps = [metric for metric in _STEPS if _is_told(found, metric)]
    if not steps:
        return None
    axes = {metric: _axis(found, metric) for metric in steps}
    return Funnel(
        caption=_caption(found, findings),
        heads=tuple(_head(metric, axes[metric], found) for metric in steps),
        rows=tuple(_row(creative, found, axes) for creative in found.creatives[:TOP]),
        left_out=_left_out(found),
    )


def _is_told(found: PlatformFindings, metric: Metric) -> bool:
    safe = METRICS[metric].across_durations and metric not in found.unsafe_metrics
    return safe and any(metric in one.estimates and one.estimates[metric].bottom for one in found.creatives)


def _axis(found: PlatformFindings, metric: Metric) -> ChartAxis:
    told = [one.estimates[metric] for one in found.creatives[:TOP] if metric in one.estimates]
    return axis_of([one.interval for one in told], [one.value for one in told if one.value is not None])


def _head(metric: Metric, axis: ChartAxis, found: PlatformFindings) -> StepHead:
    measure = Measure(metric, None)
    drawing = scale(axis, measure.tick, title=f"{measure.name}, {measure.unit}")
    return StepHead(name=measure.name, made_of=definition(metric, found), scale=drawing)


def _row(creative: CreativeFinding, found: PlatformFindings, axes: dict[Metric, ChartAxis]) -> FunnelRow:
    return FunnelRow(
        label=creative.label,
        impressions=numbers.count(creative.counts.get(Count.IMPRESSIONS, 0.0)),
        steps=tuple(_step(creative, metric, axis, found) for metric, axis in axes.items()),
    )


def _step(
    creative: CreativeFinding, metric: Metric, axis: ChartAxis, found: PlatformFindings
) -> FunnelStep | None:
    estimate = creative.estimates.get(metric)
    if estimate is None or not estimate.bottom:
        return None
    measure = Measure(metric, None)
    counts = f"{numbers.count(estimate.top)} of {numbers.count(estimate.bottom)}"
    value, interval = measure.value(estimate.value), measure.interval(estimate.interval)
    mark = Mark(
        title=f"{creative.label}: {measure.name} {value}, {interval}",
        desc=f"{counts} {measure.trials}; the dashed line is all clips together",
        value=estimate.value,
        interval=estimate.interval,
    )
    drawing = strip(axis, mark, reference=_together(found, metric))
    return FunnelStep(counts=counts, value=value, interval=interval, strip=drawing)


def _together(found: PlatformFindings, metric: Metric) -> float | None:
    told: list[Estimate] = [one.estimates[metric] for one in found.creatives if metric in one.estimates]
    bottom = sum(estimate.bottom for estimate in told)
    return sum(estimate.top for estimate in told) / bottom if bottom else None


def _left_out(found: PlatformFindings) -> str:
    missing = [METRICS[metric].label for metric in _STEPS if not _is_told(found, metric)]
    return f"Not in these exports, or not comparable: {', '.join(missing)}." if missing else ""


def _caption(found: PlatformFindings, findings: ReportFindings) -> Caption:
    shown = min(TOP, len(found.creatives))
    return Caption(
        title=f"Step by step: {shown} of {len(found.creatives):,} clips on {PLATFORM_NAMES[found.platform]}",
        unit="%, of what stands under each step's name",
        n="printed in each field: how many of how many",
        interval=f"{numbers.percent(findings.confidence, digits=0)} (bar); dashed: all clips together",
    )
