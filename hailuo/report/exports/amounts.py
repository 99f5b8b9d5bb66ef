"""The counts of an export's rows: summable numbers, never a rate."""

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final

import numpy as np
import numpy.typing as npt

from hailuo.errors import Place, Problem
from hailuo.report.cells import ValueColumn, together
from hailuo.report.exports.data_rows import DataRows, is_null
from hailuo.report.exports.fields import RATES, WHOLE_COUNTS, ExportError
from hailuo.report.exports.formats import formats_that_ship, money_signs, whole_currencies
from hailuo.report.exports.layout import ExportColumn
from hailuo.report.exports.numbers import (
    Decimal,
    Unclear,
    decimal_of,
    seconds_of,
    value_of,
    vote_of,
    written,
)
from hailuo.report.metrics import COUNT_NAMES, Count
from hailuo.sheets import SheetCell, as_text
from hailuo.text import quoted

Floats = npt.NDArray[np.float64]

_AVERAGE: Final = "avg_watch_s"
_MICROS: Final = 1e-6
_CENT: Final = 0.01
_MONEY: Final = frozenset({Count.SPEND.value, Count.REVENUE.value})
_READ_FIELDS: Final = (*COUNT_NAMES, *RATES, _AVERAGE)


def decimal_in(data: DataRows, given: Decimal | None, currencies: Set[str] = frozenset()) -> Decimal:
    """The decimal mark of the file: given, its format's, or what its numbers show. Raises: ExportError.

    `currencies` are those of its money: without a smaller unit, `1,234` of money is a thousand and more.
    """
    fixed = given or data.sheet.decimal
    if fixed is not None:
        return "," if fixed == "," else "."
    whole_names = {*WHOLE_COUNTS, *((_MONEY) if currencies and currencies <= whole_currencies() else ())}
    fractional = data.columns(*(name for name in (*_READ_FIELDS, "results") if name not in whole_names))
    whole = data.columns(*(name for name in _READ_FIELDS if name in whole_names))
    try:
        return decimal_of(_digits(data, fractional), _digits(data, whole))
    except Unclear as unclear:
        one, other = unclear.args
    votes = {vote_of(digits) for digits in _digits(data, data.layout.ignored)} & {".", ","}
    if one == other and len(votes) == 1:  # columns that are known but not read decide
        return "." if "." in votes else ","
    reason = f"{quoted(one)} could be a thousand or one and a fraction, and no other number shows which"
    if one != other:
        reason = f"numbers are written in two ways: {quoted(one)} and {quoted(other)}"
    remedy = 'write a mapping file (docs/reference/exports.md) with the platform and decimal = "." or ","'
    raise ExportError([Problem(Place(data.sheet.name), reason, remedy)])


def _digits(data: DataRows, columns: Sequence[ExportColumn]) -> Iterator[str]:
    for column in columns:
        for text in data.cells(column).distinct:
            if (
                isinstance(text, str)
                and not is_null(text)
                and (found := written(as_text(text), money_signs()))
            ):
                yield found.digits


def read_amounts(data: DataRows, decimal: Decimal) -> tuple[Mapping[str, Floats], list[Problem]]:
    """Count -> its numbers, NaN where the export has none; and a problem for every cell that is no count.

    A field is read from its columns, the later ones where the earlier are empty. Where the format's blanks mean zero, no
    count is missing, but one of which no row has a number: whether it was counted at all is not known (`blank_counts`).
    """
    problems: list[Problem] = []
    read: dict[str, Floats] = {}
    for name in _READ_FIELDS:
        columns = data.columns(name)
        if columns or name in COUNT_NAMES:
            read[name] = np.full(len(data), np.nan)
        for column in columns:
            read[name] = _filled(read[name], read_column(data, name, column, decimal, problems))
        if columns and name in COUNT_NAMES and _blank_is_zero(data, read[name]):
            read[name] = np.nan_to_num(read[name], nan=0.0)
    counts = {name: read[name] for name in COUNT_NAMES}
    for rate, count in RATES.items():
        if rate in read:
            counts[count.value] = _filled(counts[count.value], read[rate] * counts[Count.IMPRESSIONS.value])
    if _AVERAGE in read:
        plays, watched = counts[Count.PLAYS.value], counts[Count.WATCH_S.value]
        counts[Count.WATCH_S.value] = _filled(watched, np.where(plays == 0, 0.0, read[_AVERAGE]) * plays)
    return counts, problems


def _blank_is_zero(data: DataRows, values: Floats) -> bool:
    """Whether a blank cell says that nothing happened; of a column without any number only a mapping can say so."""
    said_so = data.layout.mapping is not None and data.layout.mapping.blank == "zero"
    return data.layout.blank == "zero" and (said_so or not np.isnan(values).all())


def _filled(first: Floats, second: Floats) -> Floats:
    return np.where(np.isnan(first), second, first)


def read_column(
    data: DataRows, name: str, column: ExportColumn, decimal: Decimal, problems: list[Problem]
) -> Floats:
    """The numbers of one column, NaN for no value; a problem is added for every cell that is no count."""
    cells = data.cells(column)
    values = [math.nan if is_null(one) else _value(one, name, column, decimal) for one in cells.distinct]
    wrong = np.array([isinstance(value, str) for value in values], dtype=np.bool_)
    for position in np.flatnonzero(wrong[cells.codes]).tolist():
        why = values[cells.codes[position]]
        reason = f"{quoted(column.header)} is {quoted(as_text(cells[position]))}: {why}"
        remedy = "look whether the column is the right one, and export it again"
        problems.append(Problem(data.place(position), reason, remedy))
    read = [math.nan if isinstance(value, str) else value for value in values]
    numbers = np.array(read, dtype=np.float64)[cells.codes]
    spent = np.flatnonzero(numbers > 0)
    if column.scale == _MICROS and len(spent) and numbers[spent].max() < _CENT:  # divided already
        reason = f"{quoted(column.header)} would be micros of money, and not a cent in any row"
        problems.append(Problem(data.place(int(spent[0])), reason, "in a mapping, say scale = 1 for it"))
    return numbers


def _value(cell: SheetCell, name: str, column: ExportColumn, decimal: Decimal) -> float | str:
    """The number in a cell, scaled, or the reason why it is no count."""
    number = _number(cell, decimal, is_rate=name in RATES, is_time=name == _AVERAGE)
    if isinstance(number, str):
        return number
    if number < 0:
        return "a count is never negative"
    if column.scale == _MICROS and not number.is_integer():
        return "money in micros is whole; in a mapping, say scale = 1 for it"
    if name in WHOLE_COUNTS and not number.is_integer():
        return "nothing of this is counted in fractions"
    return number * column.scale


def _number(cell: SheetCell, decimal: Decimal, *, is_rate: bool, is_time: bool) -> float | str:
    if isinstance(cell, int | float):
        return _rate(float(cell)) if is_rate else float(cell) if math.isfinite(cell) else "no number"
    text = as_text(cell).removesuffix("s") if is_time else as_text(cell)
    if is_time and (seconds := seconds_of(text)) is not None:
        return seconds
    found = written(text, money_signs())
    value = value_of(found.digits, decimal) if found else None
    if found is None or value is None:
        return "no number" if found is None else f"no number with the decimal mark {decimal!r} of this file"
    if is_rate:
        return _rate(value / 100 if found.percent else value)
    return "a rate, not a count" if found.percent else -value if found.negative else value


def _rate(value: float) -> float | str:
    return value if 0 <= value <= 1 else "no share of the impressions"


def currencies_by_sign(data: DataRows) -> ValueColumn[str | None]:
    """The currency of each row by the sign beside its spend, if that sign is of one currency only."""
    codes, symbols = formats_that_ship().currencies, formats_that_ship().symbols

    def currency(cell: SheetCell) -> str | None:
        parts = written(as_text(cell), money_signs()) if isinstance(cell, str) else None
        sign = parts.money if parts else ""
        return (sign if sign in codes else symbols[sign] or None) if sign else None

    signs = [data.cells(column).map(currency) for column in data.columns(Count.SPEND.value)]
    return together(signs, len(data)).map(lambda found: next(filter(None, found), None))
