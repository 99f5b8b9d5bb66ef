"""Days as platforms and spreadsheets write them. Whether 03/04 is in March or in April is read off the whole file."""

import re
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final

_MONTHS: Final = (
    *("jan janv jän ene gen sty янв oca", "feb febr fév févr fev lut фев şub"),
    *("mar mär mrz mrt mars мар", "apr abr avr kwi апр nis"),
    *("may mai mag mei maj май мая", "jun juin giu cze июн haz", "jul juil lug lip июл tem"),
    *("aug ago aoû août sie авг ağu agu agt", "sep sept set wrz сен eyl", "oct okt out ott paź окт eki"),
    *("nov lis ноя kas", "dec dez dic déc gru des дек ara"),
)
"""How the names of the months begin, in English, German, Spanish, French, Italian, Portuguese, Dutch, Polish, Nordic
languages, Indonesian, Russian and Turkish."""

_MONTH_OF: Final = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
_NAME: Final = r"(?P<name>[^\W\d_]{3,12})\.?"
_OF: Final = r"(?:\.?[\s-]|\sde\s)"
_CLOCK: Final = r"\d{1,2}(?::\d{2}){0,2}(?:\.\d+)?\s?(?:[ap]m)?\s?(?:z|\(?utc\)?|[+-]\d\d:?\d\d)?"
_TIME: Final = rf"(?:(?:t|,?\s+){_CLOCK}|\s+\(?utc\)?)?"
_YEAR_FIRST: Final = re.compile(
    rf"(?P<y>\d{{4}})[-/.年년]\s?(?P<m>\d{{1,2}})[-/.月월]\s?(?P<d>\d{{1,2}})[.日일]?{_TIME}", re.IGNORECASE
)
_SOLID: Final = re.compile(r"(?P<y>20\d{2})(?P<m>\d{2})(?P<d>\d{2})")
_NUMBERS: Final = re.compile(
    rf"(?P<a>\d{{1,2}})(?P<by>[-/.])(?P<b>\d{{1,2}})(?P=by)(?P<y>\d{{4}}|\d{{2}}){_TIME}", re.IGNORECASE
)
_YEAR: Final = r"(?:\d{4}|\d{2}(?!\d))"
_NAMED: Final = re.compile(
    rf"{_NAME}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,\s*|\s+)(?P<y>\d{{4}})"
    rf"|(?P<d2>\d{{1,2}})(?:er|º|ª|st|nd|rd|th)?{_OF}{_NAME.replace('name', 'name2')}{_OF}(?P<y2>{_YEAR})"
)
_WEEKDAY: Final = re.compile(r"[^\W\d_]{2,12}\.?,\s+(?=\S.*\d{4})")  # of `Sun, Nov 1 2026`
_YEAR_MONTH: Final = re.compile(
    r"(?P<y>20\d{2})(?:[-/.]|[年년]\s?)?(?P<m>\d{1,2})[月월]?|(?P<m2>\d{1,2})[-/.](?P<y2>20\d{2})"
)
_NAMED_MONTH: Final = re.compile(
    rf"{_NAME}(?:\sde)?[\s,'-]+(?P<y>{_YEAR})|(?P<y2>\d{{4}})[\s-]+{_NAME.replace('name', 'name2')}"
)
_QUARTER: Final = re.compile(
    r"(?P<y>20\d{2})[\s/-]*[QTK](?P<q>[1-4])|[QTK](?P<q2>[1-4])[\s/-]*(?P<y2>20\d{2})", re.IGNORECASE
)
_ISO_WEEK: Final = re.compile(r"(?P<y>20\d{2})-?W(?P<w>\d{1,2})", re.IGNORECASE)
_YEAR_MONTH_DAY: Final = re.compile(r"(?<!\d)20\d{2}-\d{2}-\d{2}(?!\d)")
_A_RUN: Final = 3
_SPAN_SIGN: Final = re.compile(
    r"\s*(?:[~～–—→至]|から|\.\.+)\s*|\s+-\s+|\s+(?:to|through|bis|au|al|até|tot|do|a)\s+"
    r"|(?<=\d{4}[-/.]\d\d[-/.]\d\d)[-/](?=\d{4})|(?<=\d{4})-(?=[A-Za-z]|\d{1,2}[/.])",
    re.IGNORECASE,
)
_SENSIBLE_YEARS: Final = range(2015, 2045)
"""Of a year in two digits: 01 is no year of an ad's days, so that 26/11/01 is no day."""


def is_day_first(
    texts: Iterable[str],
    *,
    within: tuple[date, date] | None = None,
    until: date | None = None,
    siblings: Collection[str] = (),
) -> bool | None:
    """Whether days are written before months; None where the texts do not say, or contradict each other.

    Where every text could be two days, the order is that of the `siblings`, texts of other columns of the file; or the
    one in which all are `within` the days that the file says it covers, or not after the day `until`; or the one in
    which three or more are consecutive.
    """
    known = frozenset(texts)
    for some in (known, siblings):
        votes = {vote for text in some if (vote := _vote(text)) is not None}
        if len(votes) == 1:
            return votes.pop()
        if votes and some is known:
            return None
    numbers = [text for text in known if _NUMBERS.fullmatch(text)]
    orders = {
        first: sorted({_of_numbers(text, first) or date.min for text in numbers}) for first in (True, False)
    }
    fits = [
        first
        for first, days in orders.items()
        if within and days and within[0] <= days[0] <= days[-1] <= within[1]
    ]
    past = [first for first, days in orders.items() if until and days and days[-1] <= until]
    runs = [
        first
        for first, days in orders.items()
        if len(days) >= _A_RUN and (days[-1] - days[0]).days == len(days) - 1
    ]
    return next((found[0] for found in (fits, past, runs) if len(found) == 1), None)


def days_named_in(text: str) -> list[date]:
    """The days in a sentence such as `Report Start: November 1, 2026, 12:00 AM`, where they can be only one."""
    found = (day_of(match[0]) for pattern in (_NAMED, _YEAR_MONTH_DAY) for match in pattern.finditer(text))
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
        return _of_parts(_WEEKDAY.sub("", text, count=1)) or _of_numbers(text, day_first)
    except ValueError:
        return None


def _of_parts(text: str) -> date | None:
    if found := _YEAR_FIRST.fullmatch(text) or _SOLID.fullmatch(text):
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    if found := _NAMED.fullmatch(
        re.sub(rf",?\s+{_CLOCK}$", "", text, flags=re.IGNORECASE) if ":" in text else text
    ):
        month = _month_named(found["name"] or found["name2"])
        year = _year(found["y"] or found["y2"])
        return date(year, month, int(found["d"] or found["d2"])) if month else None
    return None


def _month_named(name: str) -> int | None:
    name = name.casefold()
    return _MONTH_OF.get(name[:4]) or _MONTH_OF.get(name[:3])


def period_of(kind: str, text: str, *, day_first: bool | None = None) -> tuple[date, date] | None:
    """The first and last day of a "week", "month", "quarter" or "year" (`kind`), or None.

    It is written as itself (`2026-01`, `January 2026`, `Q1 2026`, `2026-W05`, `2026`), or as its first day.
    """
    try:
        start = day_of(text, day_first=day_first) or _start_of(kind, text)
    except ValueError:
        return None
    if start is None:
        return None
    if kind == "week":
        return start, start + timedelta(days=6)
    months = {"month": 1, "quarter": 3, "year": 12}[kind]
    years, month = divmod(start.month - 1 + months, 12)
    return start, date(start.year + years, month + 1, 1) - timedelta(days=1)


def _start_of(kind: str, text: str) -> date | None:
    match kind:
        case "week" if found := _ISO_WEEK.fullmatch(text):
            return date.fromisocalendar(int(found["y"]), int(found["w"]), 1)
        case "month" if found := _YEAR_MONTH.fullmatch(text):
            return date(int(found["y"] or found["y2"]), int(found["m"] or found["m2"]), 1)
        case "month" if found := _NAMED_MONTH.fullmatch(text):
            month = _month_named(found["name"] or found["name2"])
            return date(_year(found["y"] or found["y2"]), month, 1) if month else None
        case "quarter" if found := _QUARTER.fullmatch(text):
            return date(int(found["y"] or found["y2"]), 3 * int(found["q"] or found["q2"]) - 2, 1)
        case "year" if text.isdecimal() and len(text) == 4:
            return date(int(text), 1, 1)
        case _:
            return None


def _of_numbers(text: str, day_first: bool | None) -> date | None:
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return None
    first = day_first if day_first is not None else _vote(text)
    one, two, year = int(found["a"]), int(found["b"]), _year(found["y"])
    if first is None:
        return date(year, one, two) if one == two else None
    return date(year, two, one) if first else date(year, one, two)


def _year(digits: str) -> int:
    """Raises: ValueError for two digits that no ad's year ends with."""
    if len(digits) == 4:
        return int(digits)
    year = 2000 + int(digits)
    if year not in _SENSIBLE_YEARS:
        raise ValueError(f"{digits} is no year")
    return year


def ends_of_span(text: str) -> tuple[str, str] | None:
    """The two texts of a span such as `2026-11-01 - 2026-11-30` or `1/11/26 ~ 30/11/26`, or None."""
    ends = _SPAN_SIGN.split(text)
    return (ends[0], ends[1]) if len(ends) == 2 else None


def span_in(text: str, *, day_first: bool | None = None) -> tuple[date, date] | None:
    """The first and last day of a line like `November 1, 2026 - November 30, 2026`, or None.

    What is before a colon or around brackets does not count: `Ad report (Oct 25, 2016-Oct 31, 2016)`.
    """
    inside = re.search(r"\(([^()]*\d{4}[^()]*)\)", text)
    for one in (re.sub(r"^[^:]*:\s+|\s*\(UTC\)$", "", text), inside[1] if inside else "", text):
        if ends := ends_of_span(one.strip()):
            start, end = (day_of(part.strip(), day_first=day_first) for part in ends)
            if start and end:
                return start, end
    return None
