"""The rows of the table of estimates: what each part of a report says, number by number."""

from collections.abc import Iterator
from typing import Final

from hailuo.report.findings import (
    CreativeFinding,
    Difference,
    Estimate,
    Factor,
    HeatCell,
    Interval,
    PlatformFindings,
    ReportFindings,
    SampleNeeded,
    TakeSpread,
)
from hailuo.report.metrics import METRICS, Count, Metric, MetricKind

Row = dict[str, object]
"""Column to cell; see `hailuo.report.estimates.ESTIMATE_COLUMNS`."""

_UNKNOWN_CURRENCY: Final = "money"


def rows_of(found: PlatformFindings, findings: ReportFindings) -> Iterator[Row]:
    """All rows of one platform, best creative first; columns that say nothing of a row are left out."""
    about = {
        "campaign": findings.campaign,
        "edition": findings.edition,
        "made_at": findings.made_at.isoformat(),
        "platform": found.platform.value,
        "confidence": findings.confidence,
    }
    currency = findings.health.currency or _UNKNOWN_CURRENCY
    for creative in found.creatives:
        for estimate in creative.estimates.values():
            yield {**about, **_of_creative(creative, estimate, found, currency)}
    shared = {
        **about,
        "metric": found.metric.value,
        "is_decision_metric": True,
        **_counts(found.metric, found),
    }
    for row in _of_metric(found, currency):
        yield {**shared, **row}


def _of_metric(found: PlatformFindings, currency: str) -> Iterator[Row]:
    """What is said of the decision metric beyond single creatives."""
    unit = {"unit": _unit(found.metric, currency)}
    for factor in found.factors:
        for row in _of_factor(factor):
            yield {**unit, **row}
    if found.takes is not None:
        yield _of_takes(found.takes)
    for cell in found.heat:
        yield {**unit, **_of_cell(cell, note=found.heat_note)}
    for need in found.power:
        yield from _of_need(need, currency)


def _of_creative(
    creative: CreativeFinding, estimate: Estimate, found: PlatformFindings, currency: str
) -> Row:
    decides = estimate.metric is found.metric
    return {
        "level_of": "creative",
        "id": creative.creative_id,
        "label": creative.label,
        "metric": estimate.metric.value,
        "unit": _unit(estimate.metric, currency),
        "value": estimate.value,
        **_ends("", estimate.interval),
        "top": estimate.top,
        "bottom": estimate.bottom,
        "n": estimate.n,
        "note": estimate.note,
        "is_decision_metric": decides,
        "standing": creative.standing.value,
        **_counts(estimate.metric, found),
        **(_judged(creative) if decides else {}),
    }


def _judged(creative: CreativeFinding) -> Row:
    shrunk = creative.shrunk
    return {
        "shrunk": shrunk.value if shrunk else None,
        **_ends("shrunk_", shrunk.interval if shrunk else None),
        "p_best": creative.p_best,
        "expected_loss": creative.expected_loss,
        **_against(creative.against_control),
    }


def _of_factor(factor: Factor) -> Iterator[Row]:
    """A row per level; one row with the reason where a factor has none."""
    about = {"level_of": "factor", "factor": factor.name}
    if not factor.levels:
        yield {
            **about,
            "id": factor.name,
            "label": factor.name,
            "p_value": factor.p_value,
            "note": factor.note,
        }
    for level in factor.levels:
        yield {
            **about,
            "level": level.name,
            "id": f"{factor.name}={level.name}",
            "label": level.name,
            "value": level.rate,
            **_ends("", level.interval),
            "top": level.events,
            "bottom": level.trials,
            "n": level.trials,
            "note": factor.note,
            **_against(level.difference),
        }


def _of_takes(takes: TakeSpread) -> Row:
    return {
        "level_of": "takes",
        "id": "takes",
        "label": "sd of takes of one combination, as a share of its value",
        "unit": "fraction",
        "value": takes.value,
        **_ends("", takes.interval),
        "n": float(takes.creatives),
        "p_value": takes.p_value,
    }


def _of_cell(cell: HeatCell, *, note: str) -> Row:
    return {
        "level_of": "heat",
        "id": f"{cell.row} x {cell.column}",
        "label": f"{cell.row} on {cell.column}",
        "value": cell.rate,
        **_ends("", cell.interval),
        "bottom": cell.trials,
        "n": cell.trials,
        "note": note,
    }


def _of_need(need: SampleNeeded, currency: str) -> Iterator[Row]:
    """Three numbers for one lift, so three rows."""
    numbers = {
        "need_trials": (need.trials_each, "trials of each creative"),
        "need_more_trials": (need.more_trials, "trials in all, beyond those there are"),
        "need_spend": (need.spend, currency),
    }
    for kind, (value, unit) in numbers.items():
        yield {
            "level_of": kind,
            "id": f"lift={need.lift:g}",
            "label": f"to show a lift of {need.lift:.0%}",
            "lift": need.lift,
            "value": value,
            "unit": unit,
        }


def _against(difference: Difference | None) -> Row:
    if difference is None:
        return {}
    return {
        "difference": difference.value,
        **_ends("difference_", difference.interval),
        "lift": difference.lift,
        **_ends("lift_", difference.lift_interval),
        "p_value": difference.p_value,
        "p_adjusted": difference.p_adjusted,
    }


def _ends(prefix: str, interval: Interval | None) -> Row:
    return {f"{prefix}low": interval.low, f"{prefix}high": interval.high} if interval else {}


def _unit(metric: Metric, currency: str) -> str:
    spec = METRICS[metric]
    match spec.kind:
        case MetricKind.RATE:
            return "fraction"
        case MetricKind.COST:
            return currency
        case MetricKind.RATIO:
            return spec.unit


def _counts(metric: Metric, found: PlatformFindings) -> Row:
    """Which counts a metric was made from: hook and hold are not the same on two platforms."""
    top, bottom = METRICS[metric].top, METRICS[metric].bottom
    if metric is Metric.HOOK:
        top, bottom = found.hook_count, Count.IMPRESSIONS
    if metric is Metric.HOLD:
        top, bottom = found.hold_counts or (None, None)
    return {"top_count": top and top.value, "bottom_count": bottom and bottom.value}
