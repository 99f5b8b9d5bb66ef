"""The days that each row is about."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np

from hailuo.errors import Problem
from hailuo.report.cells import ValueColumn, together
from hailuo.report.exports.data_rows import DataRows, is_everything, is_null
from hailuo.report.exports.days import (
    day_of,
    days_named_in,
    ends_of_span,
    half_turned,
    is_day_first,
    period_of,
    span_in,
)
from hailuo.report.exports.fields import DATES, PERIODS
from hailuo.report.exports.formats import formats_that_ship
from hailuo.sheets import SheetCell, as_text
from hailuo.text import quoted

DateRange = tuple[date | None, date | None]

_MIDNIGHT: Final = re.compile(r".*T00:00(:00(\.0+)?)?(Z|[+-]\d\d:?\d\d)")  # Snap: after the last day
_LONGEST_DAY: Final = 20
_CLOCK: Final = re.compile(r"(?<=[T\s])(\d{1,2}):(\d{2})")
_REMEDY: Final = (
    'export it with days as 2026-11-30, or write a mapping file with date_format = "%d.%m.%Y" or the like'
)


def read_date_ranges(
    data: DataRows, form: str | None, until: date | None = None
) -> tuple[ValueColumn[DateRange], list[Problem]]:
    """First and last day of each row, and a problem for every cell that is no day. `form` is strptime's.

    Without columns of days the range is the one above the header, if there is one. No day is after `until`, if that is
    known: it decides between two readings.
    """
    cells, periods = ([_texts(data, name) for name in names] for names in (DATES, PERIODS))
    texts = {text for column in cells for text in column.distinct if text}
    weeks = {text for text in periods[0].distinct if text}
    if not any(text for column in (*cells, *periods) for text in column.distinct):
        return ValueColumn((_preamble(data),), np.zeros(len(data), dtype=np.int32)), []
    always = formats_that_ship().platforms().get(data.layout.platform)
    if always and always.days:
        day_first: bool | None = always.days == "day first"
    else:
        alone = {part for text in texts or weeks for part in ends_of_span(text) or (text,)}
        day_first = is_day_first(alone)
        if day_first is None:
            day_first = is_day_first(alone, within=_covered(data), until=until, siblings=_siblings(data))
    known: dict[str, DateRange | None] = {"": None}
    for text in texts:
        day = day_of(text, day_first=day_first, form=form)
        known[text] = (day, day) if day else span_in(text, day_first=day_first)

    def of_period(name: str, text: str) -> DateRange | None:
        return span_in(text, day_first=day_first) or period_of(name, text, day_first=day_first)

    spans = [
        {text: of_period(name, text) for text in column.distinct}
        for name, column in zip(PERIODS, periods, strict=True)
    ]

    def of_row(texts: tuple[str, ...]) -> DateRange:
        day, start, end, *rest = texts
        found = known[day] or _range(known[start], known[end], end)
        if found != (None, None):
            return found
        return next((span for of, text in zip(spans, rest, strict=True) if (span := of[text])), found)

    ranges = together([*cells, *periods], len(data)).map(of_row)
    undated = ranges.where(lambda days: days == (None, None)) & periods[0].where(bool)
    problems = [
        Problem(data.place(row), f"the week is {quoted(periods[0][row])}: no week, and no first day", _REMEDY)
        for row in np.flatnonzero(undated).tolist()
    ]
    return ranges, [*problems, *_problems(data, cells, known, ranges)]


def hour_of(cell: SheetCell) -> str | None:
    """The time of day beside a day: `05:00` of `2026-11-01 05:00:00`."""
    found = _CLOCK.search(as_text(cell))
    return f"{int(found[1]):02}:{found[2]}" if found else None


def _texts(data: DataRows, name: str) -> ValueColumn[str]:
    def text(cells: tuple[SheetCell, ...]) -> str:
        texts = ("" if is_null(cell) else as_text(cell) for cell in cells)
        return next((one for one in texts if one and not is_everything(one)), "")

    return together([data.cells(column) for column in data.columns(name)], len(data)).map(text)


def _range(start: DateRange | None, end: DateRange | None, end_text: str) -> DateRange:
    first, last = (start or end or (None, None))[0], (end or start or (None, None))[1]
    if first and last and first < last and _MIDNIGHT.fullmatch(end_text):
        last -= timedelta(days=1)
    return first, last


def _problems(
    data: DataRows,
    cells: Sequence[ValueColumn[str]],
    known: Mapping[str, DateRange | None],
    ranges: ValueColumn[DateRange],
) -> Iterator[Problem]:
    for column in cells:
        turned = half_turned(column.distinct)
        for position in np.flatnonzero(
            column.where(lambda text: bool(text) and known[text] is None)
        ).tolist():
            reason = f"the day is {quoted(column[position])}: no day, or one that could be two"
            yield Problem(data.place(position), reason, _REMEDY)
        for position in np.flatnonzero(column.where(turned.__contains__)).tolist()[:1]:
            reason = (
                f"the day is {quoted(column[position])}, others are written as 2026-11-30: "
                "a spreadsheet has turned some of them, and may have swapped month and day"
            )
            remedy = "export again, and do not save it in a spreadsheet"
            yield Problem(data.place(position), reason, remedy)
    backwards = ranges.where(lambda days: bool(days[0] and days[1] and days[1] < days[0]))
    for position in np.flatnonzero(backwards).tolist():
        start, end = ranges[position]
        reason = f"begins on {start} and ends on {end}, before it begins"
        yield Problem(data.place(position), reason, _REMEDY)


def _siblings(data: DataRows) -> set[str]:
    """The texts of all other columns: some may be days, of a campaign's start, say."""
    own = {column.index for column in data.columns(*DATES, *PERIODS)}
    columns = [column for index, column in enumerate(data.sheet.columns) if index not in own]
    return {
        text
        for column in columns
        for cell in column.taken(data.at).distinct
        if isinstance(cell, str) and len(text := as_text(cell)) <= _LONGEST_DAY
    }


def _covered(data: DataRows) -> tuple[date, date] | None:
    """The first and last day named above the header, as LinkedIn's reports have them."""
    top = data.sheet.top()
    texts = [as_text(cell) for row in top[: top.index(data.layout.header)] for cell in row.cells]
    days = [day for text in texts for day in days_named_in(text)]
    return (min(days), max(days)) if len(set(days)) > 1 else None


def _preamble(data: DataRows) -> DateRange:
    """The days in a line above the header, as in Google's reports."""
    top = data.sheet.top()
    for row in top[: top.index(data.layout.header)]:
        texts = [as_text(cell) for cell in row.cells]
        for text in (*texts, ",".join(texts)):  # "November 1, 2026" without quotes is two cells
            if (found := span_in(text)) is not None:
                return found
    return None, None
