"""One export, read: bytes in, a results frame out, or every problem of the file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import Any, Final

import numpy as np
import pandas as pd

from hailuo.errors import Place, Problem
from hailuo.report.cells import ValueColumn, earliest, together
from hailuo.report.exports.action_lists import with_action_lists
from hailuo.report.exports.amounts import Floats, currencies_by_sign, decimal_in, read_amounts
from hailuo.report.exports.data_rows import (
    ADS_LEVEL,
    DataRows,
    clean_id,
    data_rows_of,
    is_everything,
    is_null,
    is_preview,
    names_no_ad,
    rounded_ids,
)
from hailuo.report.exports.date_ranges import hour_of, read_date_ranges
from hailuo.report.exports.deduplicate import ad_days_of, contradictions, has_id, repetitions
from hailuo.report.exports.fields import RESULT_COLUMNS, TEXTS, ExportError, refuse
from hailuo.report.exports.formats import formats_that_ship
from hailuo.report.exports.layout import Layout, has_header, known_headers, layout_of, mapping_for
from hailuo.report.exports.mapping import ExportMapping
from hailuo.report.exports.numbers import Decimal
from hailuo.report.exports.platform_parts import left_out, platform_parts
from hailuo.report.exports.pulls import export_time
from hailuo.report.exports.records import is_json, sheet_of_records
from hailuo.report.exports.results import read_results_column, results_are_read
from hailuo.report.exports.sheet import ExportSheet, sheet_of_rows
from hailuo.report.exports.sums import sum_rows
from hailuo.report.exports.unread import unread_money
from hailuo.report.metrics import COUNT_NAMES, Count
from hailuo.sheets import (
    SheetCell,
    UnreadableSheetError,
    as_text,
    decoded,
    is_workbook,
    key_of,
    rows_of_text,
    sheets_of_workbook,
    unread_kind,
)
from hailuo.text import quoted

_RAW: Final = (
    "Raw Data Report"  # Meta's workbook repeats the same ads in a sheet that is dressed up for people
)
_IDS: Final = ("ad_id", "platform_video_id")
_HOUR: Final = "hour="
_OF_A_LOAD: Final = re.compile(
    r"sync|update|extract|emit|load|fetch|insert|batch|unnamed|^index$|^row|^$", re.IGNORECASE
)
"""Headers of what a connector adds to each row: when it was loaded says nothing of what it is about."""

_WHOLE: Final = 0.99
"""Of the ads' impressions a total has at least so many: platforms round and estimate."""

_FEW_IMPRESSIONS: Final = 20
"""Below this many, one person who clicks twice makes more clicks than impressions."""


def read_export(
    content: bytes, *, name: str, mappings: Sequence[ExportMapping] = (), until: date | None = None
) -> pd.DataFrame:
    """The rows of one export, as platform, ad, days, breakdown and counts; columns as in `RESULT_COLUMNS`.

    The first mapping that is for the file is used; without one the platform is named by a column of each row, or
    recognised by the headers. `until` is the last day that the file can be about, if that is known. Hours are summed.

    Counts are NaN where the export has none. `attrs` has `totals` (number of rows of sums, left out), `repeated` (rows
    equal to an earlier one, left out), `nameless` (those of them without an ad's id), `unread` (unknown columns),
    `unread_money` (those of money or conversions) and `blank` (platform -> count -> headers of columns without a number). Rates are not read, except rates of the impressions where the export
    has no counts. Raises: ExportError with every problem of the file.
    """
    sheet = sheet_of(content, name, known_headers(mappings))
    parts = [] if mapping_for(sheet, mappings) else platform_parts(sheet)
    if not parts:
        return _read(sheet, layout_of(sheet, mappings), until)
    frames: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for part in parts:
        try:
            frames.append(_read(part.sheet, layout_of(part.sheet, mappings, part), until))
        except ExportError as error:
            problems += error.every
    refuse(problems)
    frame = _one_frame(frames)
    frame.attrs["totals"] += left_out(sheet, parts)
    return frame


def _one_frame(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The frames of a file's platforms as one."""
    if len(frames) == 1:
        return frames[0]
    frame = pd.concat(frames, ignore_index=True)
    counted = ("totals", "repeated", "nameless")
    frame.attrs = {**frames[0].attrs, **{name: sum(one.attrs[name] for one in frames) for name in counted}}
    frame.attrs["blank"] = {
        platform: names for one in frames for platform, names in one.attrs["blank"].items()
    }
    for name in ("unread", "unread_money"):
        frame.attrs[name] = list(dict.fromkeys(header for one in frames for header in one.attrs[name]))
    return frame


def _read(sheet: ExportSheet, layout: Layout, until: date | None) -> pd.DataFrame:
    data, problems = data_rows_of(sheet, layout)
    frame, more = _frame(data, until)
    broken = {problem.place for problem in problems}  # the cells of such a row are not where they belong
    refuse([*problems, *(one for one in more if one.place not in broken)])
    repeated, totals = data.repeated, data.totals
    nameless = data.repeated if not data.columns("ad_id") else 0
    if layout.mapping and layout.mapping.events:
        frame = _one_row_per_day(frame)
    else:
        refuse([*_separated(data, frame)])
    if frame["breakdown"].str.contains(_HOUR, na=False, regex=False).any():
        frame, again = _without_hours(frame)
        repeated += again
    if (sums := sum_rows(frame)).any():
        frame = frame[~sums].reset_index(drop=True)
        totals += int(sums.sum())
    frame.attrs = {
        "columns": tuple(sorted(layout.columns)),
        "exported_at": export_time(sheet.top()[: sheet.top().index(layout.header)]),
        "totals": totals,
        "repeated": repeated,
        "nameless": nameless,
        "unread": list(layout.unread),
        "unread_money": unread_money(data),
        "blank": {layout.platform.value: _blank_counts(data, frame)},
    }
    return frame


def _blank_counts(data: DataRows, frame: pd.DataFrame) -> Mapping[str, tuple[str, ...]]:
    """The counts that have a column without a single number, and its headers: 0 where another file has numbers of them."""
    return {
        name: tuple(column.header for column in data.columns(name))
        for name in COUNT_NAMES
        if data.layout.blank == "zero"
        and data.columns(name)
        and frame[name].isna().all()
        and not (name == Count.CONVERSIONS.value and results_are_read(data))
    }


def sheet_of(content: bytes, name: str, known: frozenset[str], *, most: int | None = None) -> ExportSheet:
    """The rows of any file that can be read; `known` are the headers to look for. Of a CSV at `most` so many rows.

    Raises: ExportError.
    """
    if kind := unread_kind(content):
        raise ExportError([Problem(Place(name), f"is {kind.name}", kind.remedy)])
    try:
        if is_workbook(content):
            return _sheet_of_workbook(content, name, known)
        text, _ = decoded(content, name)
        if is_json(text):
            return sheet_of_records(text, name)
        rows = islice(rows_of_text(text, name, known), most)
        return with_action_lists(sheet_of_rows(rows, name, ends=text.endswith(("\n", "\r"))))
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


def _frame(data: DataRows, until: date | None) -> tuple[pd.DataFrame, list[Problem]]:
    rows, mapping = len(data), data.layout.mapping
    currencies = _currencies(data)
    decimal = decimal_in(
        data, mapping.decimal if mapping else None, {one for one in currencies.distinct if one}
    )
    amounts, problems = read_amounts(data, decimal)
    amounts, conversion, wrong_results = read_results_column(data, amounts, decimal)
    constants = mapping.constants() if mapping else {}
    counts = {**amounts, **{count.value: np.full(rows, one) for count, one in constants.items()}}
    ranges, wrong_days = read_date_ranges(data, mapping.date_format if mapping else None, until)
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
            "conversion": conversion.array(),
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
    problems += [*wrong_results, *_not_of_ads(data)]
    unread = {problem.place for problem in problems}  # what such a row says cannot be compared
    impossible = (one for one in _impossible(data, counts, decimal) if one.place not in unread)
    return frame, [*problems, *wrong_days, *wrong_ids, *impossible]


def _texts(data: DataRows, name: str) -> ValueColumn[str | None]:
    def text(cells: tuple[SheetCell, ...]) -> str | None:
        found = next((as_text(cell) for cell in cells if not is_null(cell)), None)
        return (clean_id(found) or None) if found and name in _IDS else found

    cells = together([data.cells(column) for column in data.columns(name)], len(data))
    found = cells.map(text)
    if name == "ad_id" and None in found.distinct and any(map(is_preview, cells.distinct)):
        return found.map(lambda _: None)  # ids for some ads only: all are known by their names
    return found


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
    columns: list[ValueColumn[SheetCell]] = [data.cells(data.layout.breakdowns[name]) for name in names]
    times = [_hours(data, name) for name in ("day", "date_start")]
    if clock := next((one for one in times if one and len(one.distinct) > 1), None):
        names, columns = [*names, "hour"], [*columns, clock]

    def parts(cells: tuple[SheetCell, ...]) -> str | None:
        texts = zip(names, map(as_text, cells), strict=True)
        found = [
            f"{name}={text.replace(';', ',')}"
            for name, text in texts
            if text.strip("-–") and not is_everything(text)
        ]
        return "; ".join(found) or None

    return together(columns, len(data)).map(parts)


def _separated(data: DataRows, frame: pd.DataFrame) -> Iterator[Problem]:
    """Rows of one ad, day and part with the same numbers, that a column which is not read tells apart: parts, or repeats?"""
    table = ad_days_of(frame)
    before = earliest(table.about())
    again = (
        (before != np.arange(len(table)))
        & table.ad.where(has_id)
        & (frame[Count.IMPRESSIONS.value] > 0).to_numpy()
    )
    for row in np.flatnonzero(again).tolist():
        here, there = data.row(row).cells, data.row(int(before[row])).cells
        one, other = frame.loc[[row, before[row]], list(COUNT_NAMES)].to_numpy(dtype=np.float64)
        same = np.array_equal(one, other, equal_nan=True)
        differs = [
            header
            for header, one, other in zip(map(as_text, data.layout.header.cells), here, there, strict=False)
            if as_text(one) != as_text(other)
            and header in data.layout.unread
            and not _OF_A_LOAD.search(header)
        ]
        if same and differs:
            reason = f"{table[row]} has the same numbers in {table.place(int(before[row]))}, with another {quoted(differs[0])}"
            remedy = "name that column under [breakdowns] of a mapping file (docs/reference/exports.md), or take one of the rows out"
            yield Problem(data.place(row), reason, remedy)


def _hours(data: DataRows, name: str) -> ValueColumn[SheetCell] | None:
    """The times of day in a column of days, if it has any."""
    columns = data.columns(name)
    return data.cells(columns[0]).map(hour_of) if columns else None


def _not_of_ads(data: DataRows) -> Iterator[Problem]:
    """Rows that say that they are about a campaign or an account; LinkedIn says it in the name of the id."""
    levels = frozenset(map(key_of, formats_that_ship().levels))
    for column in (*data.columns("level"), *data.columns("ad_id")):
        is_level = column in data.columns("level")
        cells = data.cells(column)
        strange = cells.where(
            lambda cell, is_level=is_level: (  # type: ignore[misc]
                key_of(as_text(cell)) in levels if is_level else names_no_ad(as_text(cell))
            )
        )
        for position in np.flatnonzero(strange).tolist()[:1]:
            reason = (
                f"{quoted(column.header)} is {quoted(as_text(cells[position]))}, in {int(strange.sum())} rows"
            )
            yield Problem(data.place(position), reason, ADS_LEVEL)


def _impossible(data: DataRows, counts: Mapping[str, Floats], decimal: Decimal) -> Iterator[Problem]:
    """More clicks than impressions, clicks or money without any; and first or last rows without an ad that are too small for a total."""
    shown, clicked = counts[Count.IMPRESSIONS.value], counts[Count.CLICKS_LINK.value]
    for position in np.flatnonzero((clicked > shown) & (shown >= _FEW_IMPRESSIONS)):
        reason = f"has {clicked[position]:g} link clicks of {shown[position]:g} impressions"
        yield Problem(data.place(int(position)), reason, "look whether the columns are the right ones")
    paid = np.nan_to_num(clicked) + np.nan_to_num(counts[Count.SPEND.value])
    blank = np.isnan(shown) & (data.layout.blank == "zero")
    for position in np.flatnonzero(((shown == 0) | blank) & (paid > 0)):
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


def _without_hours(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The hours of each day added up, and how many rows repeated an hour. Raises: ExportError where they contradict."""
    table = ad_days_of(frame)
    again = repetitions(frame, table)
    once = frame[~again].reset_index(drop=True)
    refuse([*contradictions(once, ad_days_of(once))])
    parts = once["breakdown"].str.split("; ")
    rest = parts.map(
        lambda some: "; ".join(one for one in some if not one.startswith(_HOUR)) or None, na_action="ignore"
    )
    once["breakdown"] = rest.astype(object).where(rest.notna(), None)
    return _one_row_per_day(once), int(again.sum())


def _one_row_per_day(frame: pd.DataFrame) -> pd.DataFrame:
    """Events or hours added up by ad, day and breakdown. `source_row` is the first one's; NaN only if all are NaN.

    People who were reached in several hours cannot be added up: there the reach is NaN.
    """
    same = [name for name in RESULT_COLUMNS if name not in (*COUNT_NAMES, "source_row")]
    group = frame.groupby(same, sort=False, dropna=False).ngroup()
    counts = frame[list(COUNT_NAMES)].groupby(group).sum(min_count=1)
    counts[Count.REACH.value] = counts[Count.REACH.value].where(
        group.value_counts(sort=False).sort_index() == 1
    )
    first = frame.loc[~group.duplicated()].reset_index(drop=True)
    return frame_of({name: (counts if name in counts else first)[name].to_numpy() for name in RESULT_COLUMNS})
