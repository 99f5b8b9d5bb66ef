"""One export, read: bytes in, a results frame out, or every problem of the file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from hailuo.errors import Place, Problem
from hailuo.report.exports.amounts import Floats, decimal_in, read_amounts
from hailuo.report.exports.data_rows import (
    ADS_LEVEL,
    DataRows,
    clean_id,
    data_rows_of,
    is_everything,
    is_null,
    rounded_ids,
)
from hailuo.report.exports.date_ranges import read_date_ranges
from hailuo.report.exports.fields import RESULT_COLUMNS, TEXTS, ExportError, refuse
from hailuo.report.exports.layout import has_header, known_headers, layout_of
from hailuo.report.exports.mapping import ExportMapping
from hailuo.report.exports.numbers import Decimal
from hailuo.report.exports.records import is_json, sheet_of_records
from hailuo.report.exports.sheet import ExportSheet, as_text, decoded, sheet_of_text
from hailuo.report.exports.workbook import is_old_workbook, is_workbook, sheet_of_workbook
from hailuo.report.metrics import COUNT_NAMES, Count

_IDS: Final = ("ad_id", "platform_video_id")
_WHOLE: Final = 0.99
"""Of the ads' impressions a total has at least so many: platforms round and estimate."""

_FEW_IMPRESSIONS: Final = 20
"""Below this many, one person who clicks twice makes more clicks than impressions."""


def read_export(content: bytes, *, name: str, mappings: Sequence[ExportMapping] = ()) -> pd.DataFrame:
    """The rows of one export, as platform, ad, days, breakdown and counts; columns as in `RESULT_COLUMNS`.

    The first mapping that is for the file is used; without one the platform is recognised by its headers.

    Counts are NaN where the export has none. `attrs` has `totals` (number of rows of sums, left out), `repeated` (rows
    equal to an earlier one, left out) and `unread` (unknown columns). Rates are not read, except rates of the impressions
    where the export has no counts. Raises: ExportError with every problem of the file.
    """
    sheet = sheet_of(content, name, known_headers(mappings))
    data, problems = data_rows_of(sheet, layout_of(sheet, mappings))
    frame, more = _frame(data)
    refuse([*problems, *more])
    if data.layout.mapping and data.layout.mapping.events:
        frame = _one_row_per_day(frame)
    frame.attrs = {"totals": data.totals, "repeated": data.repeated, "unread": list(data.layout.unread)}
    return frame


def sheet_of(content: bytes, name: str, known: frozenset[str]) -> ExportSheet:
    """The rows of any file that can be read; `known` are the headers to look for. Raises: ExportError."""
    if is_old_workbook(content):
        remedy = "save it as .xlsx, or as CSV in UTF-8"
        raise ExportError([Problem(Place(name), "is a workbook of Excel 97 to 2003", remedy)])
    if is_workbook(content):
        return sheet_of_workbook(content, name, lambda sheet: has_header(sheet, known))
    text = decoded(content, name)
    return sheet_of_records(text, name) if is_json(text) else sheet_of_text(text, name, known)


def _frame(data: DataRows) -> tuple[pd.DataFrame, list[Problem]]:
    rows, mapping = len(data.rows), data.layout.mapping
    decimal = decimal_in(data, mapping.decimal if mapping else None)
    amounts, problems = read_amounts(data, decimal)
    constants = mapping.constants() if mapping else {}
    counts = {**amounts.counts, **{count.value: np.full(rows, one) for count, one in constants.items()}}
    ranges, wrong_days = read_date_ranges(data, mapping.date_format if mapping else None)
    texts = {name: _texts(data, name) for name in TEXTS}
    headers = [one.currency for columns in data.layout.columns.values() for one in columns if one.currency]
    given = [text.upper() if text else None for text in _texts(data, "currency")]
    signs = [one or next(iter(headers), sign) for one, sign in zip(given, amounts.currencies, strict=True)]
    frame = frame_of(
        {
            "platform": [data.layout.platform.value] * rows,
            **texts,
            "breakdown": _breakdowns(data),
            "date_start": [start for start, _ in ranges],
            "date_end": [end for _, end in ranges],
            "currency": [one or (mapping and mapping.currency) for one in signs],
            "attribution": [one or (mapping and mapping.attribution) for one in _texts(data, "attribution")],
            **counts,
            "source_file": [data.sheet.name] * rows,
            "source_row": [row.line for row in data.rows],
        }
    )
    places = [data.place(position) for position in range(rows)]
    wrong_ids = [one for name in _IDS for one in rounded_ids(name, texts[name], places)]
    return frame, [*problems, *wrong_days, *wrong_ids, *_impossible(data, counts, decimal)]


def _texts(data: DataRows, name: str) -> list[str | None]:
    found: list[str | None] = [None] * len(data.rows)
    for column in data.columns(name):
        cells = (None if is_null(cell) else as_text(cell) for cell in data.cells(column))
        found = [one or other for one, other in zip(found, cells, strict=True)]
    return [clean_id(text) if text else None for text in found] if name in _IDS else found


def _breakdowns(data: DataRows) -> list[str | None]:
    """`age=25-34; gender=female`: the parts that the row is about; what is blank is no part."""
    parts: list[list[str]] = [[] for _ in data.rows]
    for name, column in sorted(data.layout.breakdowns.items()):
        for row, text in zip(parts, map(as_text, data.cells(column)), strict=True):
            if text.strip("-–") and not is_everything(text):
                row.append(f"{name}={text.replace(';', ',')}")
    return ["; ".join(row) or None for row in parts]


def _impossible(data: DataRows, counts: Mapping[str, Floats], decimal: Decimal) -> Iterator[Problem]:
    """More clicks than impressions; and first or last rows without an ad that are too small for a total."""
    shown, clicked = counts[Count.IMPRESSIONS.value], counts[Count.CLICKS_LINK.value]
    for position in np.flatnonzero((clicked > shown) & (shown >= _FEW_IMPRESSIONS)):
        reason = f"has {clicked[position]:g} link clicks of {shown[position]:g} impressions"
        yield Problem(data.place(int(position)), reason, "look whether the columns are the right ones")
    edge = replace(data, rows=data.unnamed)
    totals = read_amounts(edge, decimal)[0].counts[Count.IMPRESSIONS.value]
    for position in np.flatnonzero((totals > 0) & (totals < _WHOLE * np.nansum(shown))):
        reason = "has numbers, and neither an id nor a name of an ad; for a total they are too small"
        yield Problem(edge.place(int(position)), reason, ADS_LEVEL)


def frame_of(columns: Mapping[str, Sequence[Any] | np.ndarray[Any, Any]]) -> pd.DataFrame:
    """A results frame: counts as float64, `source_row` as int64, everything else as objects, None for no value."""
    dtypes = {**dict.fromkeys(COUNT_NAMES, "float64"), "source_row": "int64"}
    return pd.DataFrame(
        {name: pd.Series(columns[name], dtype=dtypes.get(name, "object")) for name in RESULT_COLUMNS}
    )


def _one_row_per_day(frame: pd.DataFrame) -> pd.DataFrame:
    """A log's events added up by ad, day and breakdown. `source_row` is the first event's; NaN only if all are NaN."""
    same = [name for name in RESULT_COLUMNS if name not in (*COUNT_NAMES, "source_row")]
    group = frame.groupby(same, sort=False, dropna=False).ngroup()
    counts = frame[list(COUNT_NAMES)].groupby(group).sum(min_count=1)
    first = frame.loc[~group.duplicated()].reset_index(drop=True)
    return frame_of({name: (counts if name in counts else first)[name].to_numpy() for name in RESULT_COLUMNS})
