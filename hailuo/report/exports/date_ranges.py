"""The days that each row is about."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from hailuo.errors import Problem
from hailuo.report.exports.data_rows import DataRows
from hailuo.report.exports.days import day_of, half_turned, is_day_first, span_in
from hailuo.report.exports.fields import DATES
from hailuo.report.exports.sheet import SheetCell, as_text
from hailuo.text import quoted

DateRange = tuple[date | None, date | None]

_EXCLUSIVE: Final = re.compile(
    r".*T00:00(:00(\.0+)?)?(Z|[+-]\d\d:?\d\d)"
)  # Snap: the midnight after the last day
_REMEDY: Final = (
    'export it with days as 2026-11-30, or write a mapping file with date_format = "%d.%m.%Y" or the like'
)

_UNTOUCHED: Final = "export again, and do not save it in a spreadsheet"


def read_date_ranges(body: DataRows, form: str | None) -> tuple[list[DateRange], list[Problem]]:
    """First and last day of each row, and every cell that is no day. Without columns of days, those of the preamble."""
    cells = {name: _cells(body, name) for name in DATES}
    given = [any(cells[name][position] for name in DATES) for position in range(len(body.rows))]
    if not any(given):
        return [_preamble(body)] * len(body.rows), []
    texts = {text for column in cells.values() for text in column if text}
    known = _days(texts, form)
    problems = [*_half_turned(body, cells)] + [
        Problem(body.place(position), f"the day is {quoted(text)}: no day, or one that could be two", _REMEDY)
        for name, column in cells.items()
        for position, text in enumerate(column)
        if text and known[text] is None
    ]
    spans = [
        _span(known.get(day), known.get(start), known.get(end), end)
        for day, start, end in zip(*(cells[name] for name in DATES), strict=True)
    ]
    return spans, problems + _reversed(body, spans)


def _half_turned(body: DataRows, cells: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    for column in cells.values():
        left = half_turned(column)
        for position in [place for place, text in enumerate(column) if text in left][:1]:
            reason = (
                f"the day is {quoted(column[position])}, others are written as 2026-11-30: "
                "a spreadsheet has turned some of them, and may have swapped month and day"
            )
            yield Problem(body.place(position), reason, _UNTOUCHED)


def _cells(body: DataRows, name: str) -> list[str]:
    found = [""] * len(body.rows)
    for column in body.columns(name):
        found = [one or _text(body, cell) for one, cell in zip(found, body.cells(column), strict=True)]
    return found


def _text(body: DataRows, cell: SheetCell) -> str:
    text = as_text(cell)
    return "" if body.is_null(cell) or text.casefold() in body.formats.everything else text


def _days(texts: set[str], form: str | None) -> dict[str, DateRange | None]:
    """Each text as a span: most are one day, a week is written as two."""
    day_first = is_day_first(texts)
    known: dict[str, DateRange | None] = {}
    for text in texts:
        day = day_of(text, day_first=day_first, form=form)
        known[text] = (day, day) if day else span_in(text)
    return known


def _span(day: DateRange | None, start: DateRange | None, end: DateRange | None, end_text: str) -> DateRange:
    if day:
        return day
    first, last = (start or end or (None, None))[0], (end or start or (None, None))[1]
    if first and last and first < last and _EXCLUSIVE.fullmatch(end_text):
        last -= timedelta(days=1)
    return first, last


def _reversed(body: DataRows, spans: Sequence[DateRange]) -> list[Problem]:
    return [
        Problem(body.place(position), f"begins on {start} and ends on {end}, before it begins", _REMEDY)
        for position, (start, end) in enumerate(spans)
        if start and end and end < start
    ]


def _preamble(body: DataRows) -> DateRange:
    """The days that a line above the header tells, as Google's reports have it."""
    for row in body.sheet.rows[: body.sheet.rows.index(body.layout.header)]:
        for cell in row.cells:
            if (span := span_in(as_text(cell))) is not None:
                return span
        if (
            span := span_in(",".join(map(as_text, row.cells)))
        ) is not None:  # "November 1, 2026" without quotes
            return span
    return None, None
