"""Columns of money or conversions that are not read: the page names them, so that nothing is missing in silence."""

from collections.abc import Iterator

from hailuo.report.exports.data_rows import DataRows, is_null
from hailuo.report.exports.formats import formats_that_ship, money_signs
from hailuo.report.exports.numbers import written
from hailuo.report.exports.results import results_are_read
from hailuo.report.metrics import Count
from hailuo.sheets import SheetCell, as_text


def unread_money(data: DataRows) -> list[str]:
    """The headers of such columns, in their order: those with a number above zero in some row, no rates and no prices."""
    return list(_unread_money(data))


def _unread_money(data: DataRows) -> Iterator[str]:
    results = [column.header for column in data.columns("results")]
    left = {*data.layout.unread, *([] if results_are_read(data) else results)}
    if data.columns(Count.CONVERSIONS.value):
        left -= {*results}  # they repeat what is read
    for index, cell in enumerate(data.layout.header.cells):
        header = as_text(cell)
        if header in left and (header in results or _is_money(header)):
            values = data.sheet.columns[index].taken(data.at)
            if values.where(_is_above_zero).any():
                yield header


def _is_money(header: str) -> bool:
    formats, text = formats_that_ship(), header.casefold().replace("_", " ")
    name = f" {text} "
    return any(word in name for word in formats.money_words) and not any(
        word in name or word in header.casefold() for word in formats.ratio_words
    )


def _is_above_zero(cell: SheetCell) -> bool:
    if isinstance(cell, int | float):
        return cell > 0
    parts = None if is_null(cell) else written(as_text(cell), money_signs())
    return bool(parts) and not parts.percent and any(digit in "123456789" for digit in parts.digits)  # type: ignore[union-attr]
