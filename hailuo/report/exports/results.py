"""Meta's `Results`: conversions of the kind that is named in the column beside them."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np

from hailuo.errors import Problem
from hailuo.report.cells import ValueColumn, together
from hailuo.report.exports.amounts import Floats, read_column
from hailuo.report.exports.data_rows import DataRows, is_null
from hailuo.report.exports.fields import IDENTITY
from hailuo.report.exports.formats import formats_that_ship
from hailuo.report.exports.layout import field_named
from hailuo.report.exports.numbers import Decimal
from hailuo.report.metrics import Count
from hailuo.sheets import SheetCell, as_text, key_of

_STANDARD: Final = ""
"""The kind of a result that is counted by the platform's own column of conversions."""


def read_results_column(
    data: DataRows, counts: Mapping[str, Floats], decimal: Decimal
) -> tuple[Mapping[str, Floats], ValueColumn[str | None], list[Problem]]:
    """The counts with the results as conversions, the kind of each row's conversions, and a problem for each wrong cell.

    The kind is None for the platform's own conversions. A file with a filled column of conversions keeps that one. A
    result such as a link click or a reach is no conversion: there they are unknown.
    """
    nothing: ValueColumn[str | None] = ValueColumn((None,), np.zeros(len(data), dtype=np.int32))
    if not results_are_read(data):
        return counts, nothing, []
    problems: list[Problem] = []
    values = read_column(data, "results", data.columns("results")[0], decimal, problems)
    kinds = together([data.cells(one) for one in data.columns("result_type")], len(data)).map(
        lambda cells: _kind(data, cells)
    )
    counted = kinds.where(lambda kind: isinstance(kind, str))
    other = kinds.where(lambda kind: kind is False)
    ad = together(data.texts(data.columns(*IDENTITY, "adset_name", "campaign_name")), len(data)).codes
    never = np.isin(ad, ad[other]) & ~np.isin(ad, ad[counted])
    zero = counted.any() and data.layout.blank == "zero"
    silent = kinds.where(lambda kind: kind is None) & (np.nan_to_num(values) == 0) & ~never
    read = np.where(counted, np.nan_to_num(values), np.where(silent & zero, 0.0, np.nan))
    names = kinds.map(lambda kind: kind or None if isinstance(kind, str) else None)
    return {**counts, Count.CONVERSIONS.value: read}, names, problems


def results_are_read(data: DataRows) -> bool:
    """Whether the results of a file are its conversions: they have a kind, and no column of conversions is filled."""
    has_own = any((~data.cells(one).where(is_null)).any() for one in data.columns(Count.CONVERSIONS.value))
    return bool(data.columns("results") and data.columns("result_type")) and not has_own


def _kind(data: DataRows, cells: tuple[SheetCell, ...]) -> str | bool | None:
    """The name of the conversion; None where the cells say nothing, False where they name no conversion."""
    text = next((as_text(cell) for cell in cells if not is_null(cell)), "")
    if not text:
        return None
    field = field_named(data.layout.platform, text)
    if key_of(text) in _no_conversions() or (field and field != Count.CONVERSIONS.value):
        return False
    return _STANDARD if field else text


@cache
def _no_conversions() -> frozenset[str]:
    return frozenset(map(key_of, formats_that_ship().no_conversions))
