"""The counts of an export's rows: summable numbers, never a rate."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hailuo.errors import Place, Problem
from hailuo.report.exports.data_rows import DataRows
from hailuo.report.exports.fields import RATES, WHOLE_COUNTS
from hailuo.report.exports.layout import ExportColumn
from hailuo.report.exports.numbers import Decimal, Unclear, decimal_of, seconds_of, value_of, vote_of, written
from hailuo.report.exports.refusal import ExportError
from hailuo.report.exports.sheet import SheetCell, as_text
from hailuo.report.metrics import COUNT_NAMES, Count
from hailuo.text import quoted

Floats = npt.NDArray[np.float64]

_AVERAGE: Final = "avg_watch_s"
_MICROS: Final = 1e-6
_CENT: Final = 0.01
_READ_FIELDS: Final = (*COUNT_NAMES, *RATES, _AVERAGE)
_CHECK_COLUMN: Final = "look whether the column is the right one, and export it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Count -> its numbers, NaN where the export does not tell; and the signs of money beside the spend."""

    counts: Mapping[str, Floats]
    symbols: Sequence[str | None]


def decimal_in(body: DataRows, given: Decimal | None) -> Decimal:
    """The decimal mark of the file: given, its format's, or what its numbers show. Raises: ExportError."""
    fixed = given or body.sheet.decimal
    if fixed is not None:
        return "," if fixed == "," else "."
    fractional = [
        column for name in _READ_FIELDS if name not in WHOLE_COUNTS for column in body.columns(name)
    ]
    whole = [column for name in WHOLE_COUNTS for column in body.columns(name)]
    try:
        return decimal_of(_digits(body, fractional), _digits(body, whole))
    except Unclear as unclear:
        return _decimal_by_others(body, unclear)


def _decimal_by_others(body: DataRows, unclear: Unclear) -> Decimal:
    """What the columns that are known but not read show, where those that are read leave it open."""
    one, other = unclear.args
    votes = {vote_of(digits) for digits in _digits(body, body.layout.ignored)}
    if one == other and "." in votes and "," not in votes:
        return "."
    if one == other and "," in votes and "." not in votes:
        return ","
    reason = f"{quoted(one)} could be a thousand or one and a fraction, and no other number tells"
    if one != other:
        reason = f"numbers are written in two ways: {quoted(one)} and {quoted(other)}"
    remedy = 'write a mapping file (docs/exports.md) with the platform and decimal = "." or ","'
    raise ExportError([Problem(Place(body.sheet.name), reason, remedy)])


def _digits(body: DataRows, columns: Sequence[ExportColumn]) -> Iterator[str]:
    money = _money(body)
    for column in columns:
        for text in {cell for cell in body.cells(column) if isinstance(cell, str)}:
            if not body.is_null(text) and (found := written(as_text(text), money)):
                yield found.digits


def _money(body: DataRows) -> frozenset[str]:
    return frozenset({*body.formats.currencies, *body.formats.symbols})


def read_amounts(body: DataRows, decimal: Decimal) -> tuple[Amounts, list[Problem]]:
    """All counts of all rows, and every cell that is no count."""
    problems: list[Problem] = []
    read = {name: _field(body, name, decimal, problems) for name in _READ_FIELDS}
    counts = {name: read[name] for name in COUNT_NAMES}
    for rate, count in RATES.items():
        counts[count.value] = _filled(counts[count.value], read[rate] * counts[Count.IMPRESSIONS.value])
    counts[Count.WATCH_S.value] = _filled(
        counts[Count.WATCH_S.value], _watched(read[_AVERAGE], counts[Count.PLAYS.value])
    )
    return Amounts(counts=counts, symbols=_symbols(body)), problems


def _watched(average: Floats, plays: Floats) -> Floats:
    known = np.where(plays == 0, 0.0, average)  # nothing was played, so nothing was watched
    return known * plays if not np.isnan(average).all() else average


def _filled(first: Floats, second: Floats) -> Floats:
    return np.where(np.isnan(first), second, first)


def _field(body: DataRows, name: str, decimal: Decimal, problems: list[Problem]) -> Floats:
    """The field's columns, the later ones where the earlier are empty. A format whose blanks are zeros has no gaps."""
    found: Floats = np.full(len(body.rows), np.nan)
    for column in body.columns(name):
        found = _filled(found, _column(body, column, _reader(body, name, column, decimal), problems))
    if body.columns(name) and body.layout.blank == "zero" and name in COUNT_NAMES:
        found = np.nan_to_num(found, nan=0.0)
    return found


def _column(
    body: DataRows, column: ExportColumn, read: Callable[[SheetCell], float | str], problems: list[Problem]
) -> Floats:
    known: dict[SheetCell, float | str] = {}
    numbers = np.full(len(body.rows), np.nan)
    for position, cell in enumerate(body.cells(column)):
        if cell not in known:
            known[cell] = math.nan if body.is_null(cell) else read(cell)
        value = known[cell]
        if isinstance(value, str):
            reason = f"{quoted(column.header)} is {quoted(as_text(cell))}: {value}"
            problems.append(Problem(body.place(position), reason, _CHECK_COLUMN))
        else:
            numbers[position] = value
    problems.extend(_tiny(body, column, numbers))
    return numbers


def _tiny(body: DataRows, column: ExportColumn, numbers: Floats) -> Iterator[Problem]:
    """Money in micros none of which makes a cent: somebody has divided it already."""
    told = np.flatnonzero(numbers > 0)
    if column.scale == _MICROS and len(told) and numbers[told].max() < _CENT:
        reason = f"{quoted(column.header)} would be micros of money, and not a cent in any row"
        yield Problem(body.place(int(told[0])), reason, "in a mapping, say scale = 1 for it")


def _reader(
    body: DataRows, name: str, column: ExportColumn, decimal: Decimal
) -> Callable[[SheetCell], float | str]:
    """What makes a number of a cell, or says why it is none."""
    money = _money(body)
    whole_only = column.scale == _MICROS

    def read(cell: SheetCell) -> float | str:
        number = _number(cell, decimal, money, is_rate=name in RATES, is_time=name == _AVERAGE)
        if isinstance(number, str):
            return number
        if number < 0:
            return "a count is never negative"
        if whole_only and not number.is_integer():
            return "money in micros is whole; in a mapping, say scale = 1 for it"
        if name in WHOLE_COUNTS and not number.is_integer():
            return "nothing of this is counted in fractions"
        return number * column.scale

    return read


def _number(
    cell: SheetCell, decimal: Decimal, money: frozenset[str], *, is_rate: bool, is_time: bool
) -> float | str:
    if isinstance(cell, int | float):
        return _rate(float(cell)) if is_rate else float(cell) if math.isfinite(cell) else "no number"
    text = as_text(cell)
    if is_time and (seconds := seconds_of(text.removesuffix("s"))) is not None:
        return seconds
    found = written(text.removesuffix("s") if is_time else text, money)
    value = value_of(found.digits, decimal) if found else None
    if found is None or value is None:
        return "no number" if found is None else f"no number with the decimal mark {decimal!r} of this file"
    if is_rate:
        return _rate(value / 100 if found.percent else value)
    return "a rate, not a count" if found.percent else -value if found.negative else value


def _rate(value: float) -> float | str:
    return value if 0 <= value <= 1 else "no share of the impressions"


def _symbols(body: DataRows) -> list[str | None]:
    """The currency of each row by the sign beside its spend, where that sign is of one currency."""
    found: list[str | None] = [None] * len(body.rows)
    money, codes = _money(body), body.formats.currencies
    for column in body.columns(Count.SPEND.value):
        for position, cell in enumerate(body.cells(column)):
            parts = written(as_text(cell), money) if isinstance(cell, str) else None
            if parts and parts.money:
                sign = parts.money
                found[position] = found[position] or (
                    sign if sign in codes else body.formats.symbols[sign] or None
                )
    return found
