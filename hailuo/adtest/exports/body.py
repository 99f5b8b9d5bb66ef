"""The rows of ads below a header: without totals, subtotals and footnotes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hailuo.adtest.exports.fields import IDENTITY
from hailuo.adtest.exports.formats import Formats
from hailuo.adtest.exports.layout import Column, Layout
from hailuo.adtest.exports.sheet import Cell, Row, Sheet, as_text
from hailuo.adtest.metrics import COUNT_NAMES
from hailuo.errors import Place, Problem
from hailuo.naming import creative_id_in

__all__ = ["Body", "body_of"]

_AFTER_TOTAL: Final = (":", " of ", " from ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is to be read, and how; `totals` rows were left out because they repeat the others."""

    sheet: Sheet
    layout: Layout
    formats: Formats
    rows: tuple[Row, ...]
    totals: int = 0

    def cells(self, column: Column) -> list[Cell]:
        """One column, from top to bottom."""
        index = column.index
        return [row.cells[index] if index < len(row.cells) else None for row in self.rows]

    def columns(self, field: str) -> Sequence[Column]:
        """Those of a field, the preferred first."""
        return self.layout.columns.get(field, ())

    def place(self, position: int) -> Place:
        """Where a row stands in the file."""
        return Place(self.sheet.name, self.rows[position].line)

    def is_null(self, cell: Cell) -> bool:
        """Whether the cell says that nothing is there."""
        nan = isinstance(cell, float) and math.isnan(cell)
        return cell is None or nan or as_text(cell).casefold() in self.formats.nulls


def body_of(sheet: Sheet, layout: Layout, formats: Formats) -> tuple[Body, list[Problem]]:
    """The rows of ads, and what is wrong with rows that are neither an ad's nor a total."""
    rows = sheet.rows[sheet.rows.index(layout.header) + 1 :]
    body = Body(sheet=sheet, layout=layout, formats=formats, rows=rows)
    problems = list(_too_wide(body))
    subtotals = _subtotals(body)
    kept = [position for position in range(len(rows)) if position not in subtotals]
    ads = [position for position in kept if not _is_total(body, position)]
    problems += _strays(body, [position for position in kept if _is_stray(body, position)])
    left = tuple(rows[position] for position in ads)
    return replace(body, rows=left, totals=len(rows) - len(left)), problems


def _text(body: Body, position: int, column: Column) -> str:
    cells = body.rows[position].cells
    cell = cells[column.index] if column.index < len(cells) else None
    return "" if body.is_null(cell) else as_text(cell)


def _is_total(body: Body, position: int) -> bool:
    """A row of nobody; or one without an id that is called a total, unless it carries one of our ids."""
    return not _has_identity(body, position) or (
        not any(_text(body, position, column) for column in body.columns("ad_id"))
        and _says_total(body, position)
    )


def _has_identity(body: Body, position: int) -> bool:
    return any(_text(body, position, column) for field in IDENTITY for column in body.columns(field))


def _says_total(body: Body, position: int) -> bool:
    texts = [as_text(cell) for cell in body.rows[position].cells]
    first = next(filter(None, texts), "").casefold()
    words = body.formats.totals
    named = first in words or first.startswith(tuple(word + end for word in words for end in _AFTER_TOTAL))
    return named and not any(map(creative_id_in, texts))


def _is_stray(body: Body, position: int) -> bool:
    """Numbers of nobody, in the middle of the file and not called a total: they may be somebody's."""
    at_the_edge = position in (0, len(body.rows) - 1)
    if at_the_edge or _has_identity(body, position) or _says_total(body, position):
        return False
    return any(_text(body, position, column) for count in COUNT_NAMES for column in body.columns(count))


def _strays(body: Body, positions: Sequence[int]) -> Iterator[Problem]:
    for position in positions:
        reason = "has numbers, and neither an id nor a name of an ad"
        yield Problem(body.place(position), reason, "export it on the level of ads, without subtotals")


def _too_wide(body: Body) -> Iterator[Problem]:
    width = len(body.layout.header.cells)
    for position, row in enumerate(body.rows):
        if len(row.cells) > width and any(map(as_text, row.cells[width:])):
            reason = f"has {len(row.cells)} cells, the header has {width}"
            yield Problem(
                body.place(position), reason, "export it again: a separator stands in a cell without quotes"
            )


def _subtotals(body: Body) -> frozenset[int]:
    """Rows that say "All" where others say which day or which part: they repeat those."""
    found: set[int] = set()
    for column in (*body.columns("day"), *body.layout.breakdowns.values()):
        everything = {
            position
            for position, cell in enumerate(body.cells(column))
            if as_text(cell).casefold() in body.formats.everything
        }
        found |= everything if len(everything) < len(body.rows) else set()
    return frozenset(found)
