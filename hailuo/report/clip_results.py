"""What the gallery shows of a report: the decision metric of every clip, platform by platform, in numbers and in words."""

from typing import Final

from hailuo.publish.results import ClipResult, PlatformResults, Results
from hailuo.report.findings import CreativeFinding, Estimate, PlatformFindings, ReportFindings
from hailuo.report.formatting import GAP, MetricFormatter, percent
from hailuo.report.metrics import METRICS, PLATFORM_NAMES, Metric, MetricKind
from hailuo.report.page.words import STANDINGS, definition
from hailuo.report.texts import say

_COUNTED: Final = frozenset({MetricKind.RATE, MetricKind.COST, MetricKind.RETURN})


def results_of(findings: ReportFindings, *, report: str) -> Results:
    """The results of a report's findings; `report` is its page, relative to the edition's folder."""
    currency = findings.health.currency
    return Results(
        made_at=findings.made_at,
        report=report,
        confidence=findings.confidence,
        platforms=tuple(_platform(found, findings, currency) for found in findings.platforms),
    )


def _platform(found: PlatformFindings, findings: ReportFindings, currency: str | None) -> PlatformResults:
    formatter, spec = MetricFormatter(found.metric, currency), METRICS[found.metric]
    compared = found.metric not in found.unsafe_metrics
    better = "higher" if spec.higher_is_better else "lower"
    about = say(
        "gallery.metric" if compared else "gallery.metric_not_compared",
        made_of=definition(found.metric, found) or "not in these exports",
        better=better,
        confidence=percent(findings.confidence, digits=0),
    )
    return PlatformResults(
        platform=found.platform.value,
        name=PLATFORM_NAMES[found.platform],
        metric=found.metric.value,
        label=formatter.name,
        unit=formatter.unit,
        about=_bare(about),
        higher_is_better=spec.higher_is_better,
        compared=compared,
        clips=tuple(_clip(one, found.metric, formatter) for one in found.creatives),
    )


def _clip(creative: CreativeFinding, metric: Metric, formatter: MetricFormatter) -> ClipResult:
    estimate, shrunk = creative.estimates.get(metric), creative.shrunk
    around = estimate.interval if estimate else None
    return ClipResult(
        creative_id=creative.creative_id,
        clip_id=creative.clip_id,
        value=estimate.value if estimate else None,
        low=around.low if around else None,
        high=around.high if around else None,
        corrected=shrunk.value if shrunk else None,
        said=_bare(formatter.value(estimate.value if estimate else None)),
        interval=_bare(formatter.interval(around)),
        corrected_said=_bare(formatter.value(shrunk.value if shrunk else None)),
        rests_on=_bare(_counted(estimate, formatter)),
        standing=STANDINGS[creative.standing].text,
    )


def _counted(estimate: Estimate | None, formatter: MetricFormatter) -> str:
    kind = formatter.spec.kind
    if estimate is None or kind not in _COUNTED:
        return ""
    events, trials = estimate.top, estimate.bottom
    return formatter.counted(*((trials, events) if kind is MetricKind.COST else (events, trials)))


def _bare(text: str) -> str:
    """With ordinary spaces: other programs read the file too."""
    return text.replace(GAP, " ")
