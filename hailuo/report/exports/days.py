"""Days as platforms and spreadsheets write them. Whether 03/04 is in March or in April is read off the whole file."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME: Final = r"(?P<name>[A-Za-z]{3,9})\.?"
_TIME: Final = r"(?:[T\s,].*)?"
_YEAR_FIRST: Final = re.compile(rf"(?P<y>\d{{4}})[-/.]\s?(?P<m>\d{{1,2}})[-/.]\s?(?P<d>\d{{1,2}})\.?{_TIME}")
_SOLID: Final = re.compile(r"(?P<y>20\d{2})(?P<m>\d{2})(?P<d>\d{2})")
_NUMBERS: Final = re.compile(rf"(?P<a>\d{{1,2}})(?P<by>[-/.])(?P<b>\d{{1,2}})[-/.](?P<y>\d{{4}}){_TIME}")
_NAMED: Final = re.compile(
    rf"{_NAME}\s+(?P<d>\d{{1,2}}),?\s+(?P<y>\d{{4}})|(?P<d2>\d{{1,2}})[\s-]{_NAME.replace('name', 'name2')}[\s-](?P<y2>\d{{4}})"
)
_YEAR_MONTH_DAY: Final = re.compile(r"(?<!\d)20\d{2}-\d{2}-\d{2}(?!\d)")
_A_RUN: Final = 3
_SPAN: Final = re.compile(
    r"(?P<start>[^–—]*?\d{4}(?:-\d\d-\d\d)?)\s*(?:[–—]|\s-\s|\sto\s)\s*(?P<end>.*\d{4}(?:-\d\d-\d\d)?)"
)


def is_day_first(texts: Iterable[str], *, within: tuple[date, date] | None = None) -> bool | None:
    """Whether days are written before months; None where the texts do not say, or contradict each other.

    Where every text could be two days, the order is the one in which all are `within` the days that the file says it
    covers, or the one in which three or more are consecutive.
    """
    known = frozenset(texts)
    votes = {vote for text in known if (vote := _vote(text)) is not None}
    if votes:
        return votes.pop() if len(votes) == 1 else None
    numbers = [text for text in known if _NUMBERS.fullmatch(text)]
    orders = {
        first: sorted({_of_numbers(text, first) or date.min for text in numbers}) for first in (True, False)
    }
    fits = [
        first
        for first, days in orders.items()
        if within and days and within[0] <= days[0] <= days[-1] <= within[1]
    ]
    runs = [
        first
        for first, days in orders.items()
        if len(days) >= _A_RUN and (days[-1] - days[0]).days == len(days) - 1
    ]
    return next((found[0] for found in (fits, runs) if len(found) == 1), None)


def days_named_in(text: str) -> list[date]:
    """The days in a sentence such as `Report Start: November 1, 2026, 12:00 AM`, where they can be only one."""
    found = (_of_parts(match[0]) for pattern in (_NAMED, _YEAR_MONTH_DAY) for match in pattern.finditer(text))
    return [day for day in found if day]


def half_turned(texts: Iterable[str]) -> frozenset[str]:
    """The days like 13/11/2026 in a column that also has days like 2026-03-11.

    So a spreadsheet leaves what it read in its own order: of the days it took for its own, month and day may be swapped.
    """
    known = frozenset(texts)
    turned = {text for text in known if (found := _NUMBERS.fullmatch(text)) and found["by"] != "."}
    return frozenset(turned) if any(map(_YEAR_FIRST.fullmatch, known)) else frozenset()


def _vote(text: str) -> bool | None:
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return None
    if found["by"] == ".":
        return True  # only where days come first are dates written with dots
    if int(found["a"]) > 12:
        return True
    return False if int(found["b"]) > 12 else None


def day_of(text: str, *, day_first: bool | None = None, form: str | None = None) -> date | None:
    """The day, without its time of day, or None where it is none or could be two. `form` is strptime's."""
    try:
        if form is not None:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        return _of_parts(text) or _of_numbers(text, day_first)
    except ValueError:
        return None


def _of_parts(text: str) -> date | None:
    if found := _YEAR_FIRST.fullmatch(text) or _SOLID.fullmatch(text):
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    if found := _NAMED.fullmatch(text):
        name = (found["name"] or found["name2"])[:3].casefold()
        return date(int(found["y"] or found["y2"]), _MONTHS.index(name) + 1, int(found["d"] or found["d2"]))
    return None


def _of_numbers(text: str, day_first: bool | None) -> date | None:
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return None
    first = day_first if day_first is not None else _vote(text)
    one, two, year = int(found["a"]), int(found["b"]), int(found["y"])
    if first is None:
        return date(year, one, two) if one == two else None
    return date(year, two, one) if first else date(year, one, two)


def span_in(text: str) -> tuple[date, date] | None:
    """The first and last day of a line like `November 1, 2026 - November 30, 2026`, or None."""
    found = _SPAN.search(re.sub(r"^.*:\s*", "", text))
    if found is None:
        return None
    start, end = day_of(found["start"].strip()), day_of(found["end"].strip())
    return (start, end) if start and end else None
