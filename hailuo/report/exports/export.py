"""One export, read: bytes in, a results frame out, or every problem of the file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

import numpy as np
import pandas as pd

from hailuo.errors import Place, Problem
from hailuo.report.cells import ValueColumn, together
from hailuo.report.exports.amounts import Floats, currencies_by_sign, decimal_in, read_amounts
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
from hailuo.report.exports.sheet import ExportSheet, sheet_of_rows
from hailuo.report.metrics import COUNT_NAMES, Count
from hailuo.sheets import (
    SheetCell,
    UnreadableSheetError,
    as_text,
    decoded,
    is_old_workbook,
    is_workbook,
    rows_of_text,
    sheets_of_workbook,
)

_RAW: Final = (
    "Raw Data Report"  # Meta's workbook repeats the same ads in a sheet that is dressed up for people
)
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
    broken = {problem.place for problem in problems}  # the cells of such a row are not where they belong
    refuse([*problems, *(one for one in more if one.place not in broken)])
    if data.layout.mapping and data.layout.mapping.events:
        frame = _one_row_per_day(frame)
    frame.attrs = {"totals": data.totals, "repeated": data.repeated, "unread": list(data.layout.unread)}
    return frame


def sheet_of(content: bytes, name: str, known: frozenset[str], *, most: int | None = None) -> ExportSheet:
    """The rows of any file that can be read; `known` are the headers to look for. Of a CSV at `most` so many rows.

    Raises: ExportError.
    """
    try:
        if is_old_workbook(content):
            remedy = "save it as .xlsx, or as CSV in UTF-8"
            raise ExportError([Problem(Place(name), "is a workbook of Excel 97 to 2003", remedy)])
        if is_workbook(content):
            return _sheet_of_workbook(content, name, known)
        text, _ = decoded(content, name)
        if is_json(text):
            return sheet_of_records(text, name)
        rows = islice(rows_of_text(text, name, known), most)
        return sheet_of_rows(rows, name, ends=text.endswith(("\n", "\r")))
    except UnreadableSheetError as error:
        raise ExportError(error.problems) from error


def _sheet_of_workbook(content: bytes, name: str, known: frozenset[str]) -> ExportSheet:
    """The sheet with a header; Meta's raw one if it is there. Raises: ExportError where two sheets have one."""
    sheets = {title: sheet_of_rows(rows, name) for title, rows in sheets_of_workbook(content, name)}
    if _RAW in sheets:
        return sheets[_RAW]
    found = {title: sheet for title, sheet in sheets.items() if has_header(sheet, known)}
    if len(found) > 1:
        reason = f"several sheets hold ads: {', '.join(found)}"
        raise ExportError([Problem(Place(name), reason, "save each of them as a file of its own")])
    return next(iter([*found.values(), *sheets.values()]))


def _frame(data: DataRows) -> tuple[pd.DataFrame, list[Problem]]:
    rows, mapping = len(data), data.layout.mapping
    currencies = _currencies(data)
    decimal = decimal_in(
        data, mapping.decimal if mapping else None, {one for one in currencies.distinct if one}
    )
    amounts, problems = read_amounts(data, decimal)
    constants = mapping.constants() if mapping else {}
    counts = {**amounts, **{count.value: np.full(rows, one) for count, one in constants.items()}}
    ranges, wrong_days = read_date_ranges(data, mapping.date_format if mapping else None)
    texts = {name: _texts(data, name) for name in TEXTS}
    attribution = _texts(data, "attribution").map(lambda one: one or (mapping and mapping.attribution))
    frame = frame_of(
        {
            "platform": np.full(rows, data.layout.platform.value, dtype=object),
            **{name: cells.array() for name, cells in texts.items()},
            "breakdown": _breakdowns(data).array(),
            "date_start": ranges.map(lambda days: days[0]).array(),
            "date_end": ranges.map(lambda days: days[1]).array(),
            "currency": currencies.array(),
            "attribution": attribution.array(),
            **counts,
            "source_file": np.full(rows, data.sheet.name, dtype=object),
            "source_row": data.sheet.lines[data.at],
        }
    )
    wrong_ids = [
        Problem(data.place(row), reason, remedy)
        for name in _IDS
        for row, reason, remedy in rounded_ids(name, texts[name])
    ]
    unread = {problem.place for problem in problems}  # what such a row says cannot be compared
    impossible = (one for one in _impossible(data, counts, decimal) if one.place not in unread)
    return frame, [*problems, *wrong_days, *wrong_ids, *impossible]


def _texts(data: DataRows, name: str) -> ValueColumn[str | None]:
    def text(cells: tuple[SheetCell, ...]) -> str | None:
        found = next((as_text(cell) for cell in cells if not is_null(cell)), None)
        return clean_id(found) if found and name in _IDS else found

    return together([data.cells(column) for column in data.columns(name)], len(data)).map(text)


def _currencies(data: DataRows) -> ValueColumn[str | None]:
    """As a column says, a header, the sign beside the spend, or the mapping."""
    mapping = data.layout.mapping
    headers = [one.currency for columns in data.layout.columns.values() for one in columns if one.currency]
    rest = mapping.currency if mapping else None
    given = together([_texts(data, "currency"), currencies_by_sign(data)], len(data))
    return given.map(
        lambda cells: (cells[0].upper() if cells[0] else None) or next(iter(headers), cells[1]) or rest
    )


def _breakdowns(data: DataRows) -> ValueColumn[str | None]:
    """`age=25-34; gender=female`: the parts that the row is about; what is blank is no part."""
    names = sorted(data.layout.breakdowns)

    def parts(cells: tuple[SheetCell, ...]) -> str | None:
        texts = zip(names, map(as_text, cells), strict=True)
        found = [
            f"{name}={text.replace(';', ',')}"
            for name, text in texts
            if text.strip("-–") and not is_everything(text)
        ]
        return "; ".join(found) or None

    return together([data.cells(data.layout.breakdowns[name]) for name in names], len(data)).map(parts)


def _impossible(data: DataRows, counts: Mapping[str, Floats], decimal: Decimal) -> Iterator[Problem]:
    """More clicks than impressions, clicks or money without any; and first or last rows without an ad that are too small for a total."""
    shown, clicked = counts[Count.IMPRESSIONS.value], counts[Count.CLICKS_LINK.value]
    for position in np.flatnonzero((clicked > shown) & (shown >= _FEW_IMPRESSIONS)):
        reason = f"has {clicked[position]:g} link clicks of {shown[position]:g} impressions"
        yield Problem(data.place(int(position)), reason, "look whether the columns are the right ones")
    paid = np.nan_to_num(clicked) + np.nan_to_num(counts[Count.SPEND.value])
    for position in np.flatnonzero((shown == 0) & (paid > 0)):
        reason = "has clicks or spend, and no impressions"
        yield Problem(
            data.place(int(position)),
            reason,
            "add the column of impressions to the export, or fill its cells",
        )
    edge = replace(data, at=data.unnamed)
    totals = read_amounts(edge, decimal)[0][Count.IMPRESSIONS.value]
    for position in np.flatnonzero((totals > 0) & (totals < _WHOLE * np.nansum(shown))):
        reason = "has numbers, and neither an id nor a name of an ad; for a total they are too small"
        yield Problem(edge.place(int(position)), reason, ADS_LEVEL)


def frame_of(columns: Mapping[str, Sequence[Any] | np.ndarray[Any, Any]]) -> pd.DataFrame:
    """A results frame: counts as float64, `source_row` as int64, everything else as objects, None for no value."""
    dtypes = {**dict.fromkeys(COUNT_NAMES, "float64"), "source_row": "int64"}
    series = {
        name: pd.Series(columns[name], dtype=dtypes.get(name, "object"), copy=False)
        for name in RESULT_COLUMNS
    }
    return pd.DataFrame(series, copy=False)


def _one_row_per_day(frame: pd.DataFrame) -> pd.DataFrame:
    """A log's events added up by ad, day and breakdown. `source_row` is the first event's; NaN only if all are NaN."""
    same = [name for name in RESULT_COLUMNS if name not in (*COUNT_NAMES, "source_row")]
    group = frame.groupby(same, sort=False, dropna=False).ngroup()
    counts = frame[list(COUNT_NAMES)].groupby(group).sum(min_count=1)
    first = frame.loc[~group.duplicated()].reset_index(drop=True)
    return frame_of({name: (counts if name in counts else first)[name].to_numpy() for name in RESULT_COLUMNS})
