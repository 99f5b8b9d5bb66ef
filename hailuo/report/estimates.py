"""Every estimate of a report as one tidy table, for spreadsheets and notebooks: one row per number."""

import io
from collections.abc import Iterator, Mapping
from typing import Final

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]  # has no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # has no types

from hailuo.report.findings import (
    CreativeFinding,
    Difference,
    Estimate,
    Factor,
    Interval,
    PlatformFindings,
    ReportFindings,
    SampleNeeded,
    TakeSpread,
)
from hailuo.report.metrics import METRICS, Metric, MetricKind, counts_of
from hailuo.text import is_formula

SCHEMA: Final = "hailuo.estimates/1.0"

_Row = dict[str, object]  # column to cell; a column that says nothing of a row is left out
_UNKNOWN_CURRENCY: Final = "money"
_TEXT: Final = "string"
_NUMBER: Final = "float64"

ESTIMATE_COLUMNS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("campaign", "edition", "made_at", "platform", "level_of", "id", "label"), _TEXT),
    **dict.fromkeys(("factor", "level", "metric", "unit"), _TEXT),
    **dict.fromkeys(("value", "low", "high", "top", "bottom", "n", "confidence"), _NUMBER),
    **dict.fromkeys(("shrunk", "shrunk_low", "shrunk_high", "p_best", "expected_loss"), _NUMBER),
    **dict.fromkeys(("difference", "difference_low", "difference_high"), _NUMBER),
    **dict.fromkeys(("lift", "lift_low", "lift_high", "p_value", "p_adjusted"), _NUMBER),
    **dict.fromkeys(("standing", "top_count", "bottom_count", "note"), _TEXT),
    "is_decision_metric": "boolean",
    "clip_number": "Int64",
}
"""Column to dtype, in order."""


def estimates_table(findings: ReportFindings) -> pd.DataFrame:
    """One row per platform, thing and metric; `level_of` is the kind of thing: `creative`, `factor`, `takes`,
    `heat`, `need_trials`, `need_more_trials` or `need_spend`.

    Rates are fractions (unit `fraction`), money is in the currency of the data (the unit). An open or unknown end of an
    interval is missing. The results of a test of a creative or level (shrunk, chances, difference) are in the row of
    the decision metric only.
    """
    rows = [row for found in findings.platforms for row in _rows_of(found, findings)]
    cells = [{column: _whole(row.get(column)) for column in ESTIMATE_COLUMNS} for row in rows]
    table = pd.DataFrame(cells, columns=list(ESTIMATE_COLUMNS), dtype=object)
    return table.astype(dict(ESTIMATE_COLUMNS))


def to_csv(table: pd.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, CRLF; text that a spreadsheet would run as a formula gets an apostrophe in front."""
    safe = table.copy()
    for name in table.columns:
        if ESTIMATE_COLUMNS.get(name) == _TEXT:
            safe[name] = safe[name].map(
                lambda text: f"'{text}" if is_formula(text) else text, na_action="ignore"
            )
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def to_parquet(table: pd.DataFrame) -> bytes:
    """The same values, typed, compressed with zstd; the schema's version in the file's metadata."""
    stored = pa.Table.from_pandas(table, preserve_index=False)
    stored = stored.replace_schema_metadata({**stored.schema.metadata, b"hailuo.schema": SCHEMA.encode()})
    sink = io.BytesIO()
    pq.write_table(stored, sink, compression="zstd")
    return sink.getvalue()


def _whole(cell: object) -> object:
    """Empty text is missing; half a surrogate pair becomes a question mark: neither file can hold it."""
    return (cell.encode(errors="replace").decode() or None) if isinstance(cell, str) else cell


def _rows_of(found: PlatformFindings, findings: ReportFindings) -> Iterator[_Row]:
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
    unit = {"unit": _unit(found.metric, currency)}
    rows = [{**unit, **row} for factor in found.factors for row in _of_factor(factor)]
    if found.takes is not None:
        rows.append(_of_takes(found.takes))
    rows += [
        {
            **unit,
            "level_of": "heat",
            "id": f"{cell.row} x {cell.column}",
            "label": f"{cell.row} on {cell.column}",
            "value": cell.rate,
            **_ends("", cell.interval),
            "bottom": cell.trials,
            "n": cell.trials,
            "note": found.heat_note,
        }
        for cell in found.heat
    ]
    rows += [row for need in found.power for row in _of_need(need, currency)]
    for row in rows:
        yield {**shared, **row}


def _of_creative(
    creative: CreativeFinding, estimate: Estimate, found: PlatformFindings, currency: str
) -> _Row:
    decides = estimate.metric is found.metric
    shrunk = creative.shrunk
    row = {
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
        "clip_number": creative.clip_number,
        **_counts(estimate.metric, found),
    }
    if decides:
        row |= {
            "shrunk": shrunk.value if shrunk else None,
            **_ends("shrunk_", shrunk.interval if shrunk else None),
            "p_best": creative.p_best,
            "expected_loss": creative.expected_loss,
            **_against(creative.against_control),
        }
    return row


def _of_factor(factor: Factor) -> Iterator[_Row]:
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


def _of_takes(takes: TakeSpread) -> _Row:
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


def _of_need(need: SampleNeeded, currency: str) -> Iterator[_Row]:
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


def _against(difference: Difference | None) -> _Row:
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


def _ends(prefix: str, interval: Interval | None) -> _Row:
    return {f"{prefix}low": interval.low, f"{prefix}high": interval.high} if interval else {}


def _unit(metric: Metric, currency: str) -> str:
    spec = METRICS[metric]
    match spec.kind:
        case MetricKind.RATE:
            return "fraction"
        case MetricKind.COST:
            return currency
        case MetricKind.RATIO | MetricKind.RETURN | MetricKind.PAID:
            return currency if spec.unit == "money" else spec.unit


def _counts(metric: Metric, found: PlatformFindings) -> _Row:
    """Which counts a metric was made from: hook and hold are not the same on two platforms."""
    counts = counts_of(metric, found.platform)
    return {"top_count": counts and counts[0].value, "bottom_count": counts and counts[1].value}
