"""Every estimate of a report as one tidy table, for spreadsheets and notebooks: one row per number."""

import io
from collections.abc import Mapping
from typing import Final

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]  # has no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # has no types

from hailuo.report.estimate_rows import rows_of
from hailuo.report.findings import ReportFindings
from hailuo.text import is_formula

SCHEMA: Final = "hailuo.estimates/1.0"

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
}
"""Column to dtype, in order."""


def estimates_table(findings: ReportFindings) -> pd.DataFrame:
    """One row per platform, thing and metric; `level_of` is the kind of thing: `creative`, `factor`, `takes`,
    `heat`, `need_trials`, `need_more_trials` or `need_spend`.

    Rates are fractions (unit `fraction`), money is in the currency of the data (the unit). An open or unknown end of an
    interval is missing. What a test of a creative or level gives (shrunk, chances, difference) stands in the row of
    the decision metric alone.
    """
    rows = [row for found in findings.platforms for row in rows_of(found, findings)]
    cells = [{column: _whole(row.get(column)) for column in ESTIMATE_COLUMNS} for row in rows]
    table = pd.DataFrame(cells, columns=list(ESTIMATE_COLUMNS), dtype=object)
    return table.astype(dict(ESTIMATE_COLUMNS))


def to_csv(table: pd.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, CRLF; text that a spreadsheet would run as a formula gets an apostrophe in front."""
    safe = table.copy()
    for name in _text_columns(table):
        safe[name] = safe[name].map(_safe, na_action="ignore")
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def to_parquet(table: pd.DataFrame) -> bytes:
    """The same values, typed, compressed with zstd; the schema's version in the file's metadata."""
    stored = pa.Table.from_pandas(table, preserve_index=False)
    stored = stored.replace_schema_metadata({**stored.schema.metadata, b"hailuo.schema": SCHEMA.encode()})
    sink = io.BytesIO()
    pq.write_table(stored, sink, compression="zstd")
    return sink.getvalue()


def _text_columns(table: pd.DataFrame) -> list[str]:
    return [name for name, kind in ESTIMATE_COLUMNS.items() if kind == _TEXT and name in table.columns]


def _whole(cell: object) -> object:
    """Empty text is missing; half a surrogate pair becomes a question mark: neither file can hold it."""
    return (cell.encode(errors="replace").decode() or None) if isinstance(cell, str) else cell


def _safe(text: str) -> str:
    return f"'{text}" if is_formula(text) else text
