"""The rows of ads below a header: without totals, subtotals and footnotes."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hailuo.campaign.ad_names import creative_id_in
from hailuo.errors import Place, Problem
from hailuo.report.exports.fields import IDENTITY
from hailuo.report.exports.formats import Formats
from hailuo.report.exports.layout import ExportColumn, Layout
from hailuo.report.exports.sheet import ExportSheet, SheetCell, SheetRow, as_text
from hailuo.report.metrics import COUNT_NAMES

_AFTER_TOTAL: Final = re.compile(
    r":|\s(of|from)\s+(\d|all\b|the\b)"
)  # "Total: account", "Results from 12 ads"
_GROUPS: Final = ("account", "campaign_name", "adset_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRows:
    """What is to be read, and how; `totals` rows were left out because they repeat the others.

    So were `repeated` rows, which say what an earlier one says in every cell. `unnamed` are those of the totals that
    have numbers and nothing that calls them one: only their place, first or last, speaks for it.
    """

    sheet: ExportSheet
    layout: Layout
    formats: Formats
    rows: tuple[SheetRow, ...]
    totals: int = 0
    repeated: int = 0
    unnamed: tuple[SheetRow, ...] = ()

    def cells(self, column: ExportColumn) -> list[SheetCell]:
        """One column, from top to bottom."""
        index = column.index
        return [row.cells[index] if index < len(row.cells) else None for row in self.rows]

    def columns(self, field: str) -> Sequence[ExportColumn]:
        """Those of a field, the preferred first."""
        return self.layout.columns.get(field, ())

    def place(self, position: int) -> Place:
        """Where a row stands in the file."""
        return Place(self.sheet.name, self.rows[position].line)

    def is_null(self, cell: SheetCell) -> bool:
        """Whether the cell says that nothing is there."""
        nan = isinstance(cell, float) and math.isnan(cell)
        return cell is None or nan or as_text(cell).casefold() in self.formats.nulls


def data_rows_of(sheet: ExportSheet, layout: Layout, formats: Formats) -> tuple[DataRows, list[Problem]]:
    """The rows of ads, and what is wrong with rows that are neither an ad's nor a total."""
    rows = sheet.rows[sheet.rows.index(layout.header) + 1 :]
    body = DataRows(sheet=sheet, layout=layout, formats=formats, rows=rows)
    problems = list(_too_wide(body))
    subtotals = _subtotals(body)
    kept = [position for position in range(len(rows)) if position not in subtotals]
    ads = [position for position in kept if not _is_total(body, position)]
    strays = [position for position in kept if _is_stray(body, position)]
    edges = [one for one in strays if ads and one in (0, len(rows) - 1)]
    problems += _strays(body, [one for one in strays if one not in edges])
    left = tuple(rows[position] for position in ads)
    once = left if layout.mapping and layout.mapping.events else _each_once(left)
    problems += _cut_off(body, ads)
    unnamed = tuple(rows[position] for position in edges)
    totals, repeated = len(rows) - len(left), len(left) - len(once)
    return replace(body, rows=once, totals=totals, repeated=repeated, unnamed=unnamed), problems


def _each_once(rows: Sequence[SheetRow]) -> tuple[SheetRow, ...]:
    """Without the rows that were pasted in again: alike in every cell, also in those that nobody reads."""
    first: dict[tuple[SheetCell, ...], SheetRow] = {}
    for row in rows:
        first.setdefault(row.cells, row)
    return tuple(first.values())


def _text(body: DataRows, position: int, column: ExportColumn) -> str:
    cells = body.rows[position].cells
    cell = cells[column.index] if column.index < len(cells) else None
    return "" if body.is_null(cell) else as_text(cell)


def _is_total(body: DataRows, position: int) -> bool:
    """A row of nobody; or one without an id that is called a total, unless it carries one of our ids."""
    return not _has_identity(body, position) or (
        not any(_text(body, position, column) for column in body.columns("ad_id"))
        and _says_total(body, position)
    )


def _has_identity(body: DataRows, position: int) -> bool:
    return any(_text(body, position, column) for field in IDENTITY for column in body.columns(field))


def _says_total(body: DataRows, position: int) -> bool:
    """By its first cell, or where the ads' names stand. Where an ad is named, its campaign may be called as it likes."""
    texts = [as_text(cell) for cell in body.rows[position].cells]
    first = next(filter(None, texts), "")
    names = [_text(body, position, column) for column in body.columns("ad_name")]
    groups = [_text(body, position, column) for field in _GROUPS for column in body.columns(field)]
    called = names if any(names) and first in groups else [first, *names]
    return any(_calls_total(body, text) for text in called) and not any(map(creative_id_in, texts))


def _calls_total(body: DataRows, text: str) -> bool:
    word, words = text.casefold(), body.formats.totals
    return any(word == one or (word.startswith(one) and _AFTER_TOTAL.match(word, len(one))) for one in words)


def _is_stray(body: DataRows, position: int) -> bool:
    """Numbers of nobody that are not called a total: unless they stand at the edge, they may be somebody's."""
    if _has_identity(body, position) or _says_total(body, position):
        return False
    return any(_text(body, position, column) for count in COUNT_NAMES for column in body.columns(count))


def _strays(body: DataRows, positions: Sequence[int]) -> Iterator[Problem]:
    for position in positions:
        reason = "has numbers, and neither an id nor a name of an ad"
        yield Problem(body.place(position), reason, "export it on the level of ads, without subtotals")


def _cut_off(body: DataRows, ads: Sequence[int]) -> list[Problem]:
    """An ad's row that ends with the file, before its columns do: what it lacks is no zero."""
    last = len(body.rows) - 1
    if body.sheet.ends or not ads or ads[-1] != last:
        return []
    told, wanted = len(body.rows[last].cells), len(body.layout.header.cells)
    reason = f"has {told} cells and no end, the header has {wanted}"
    return (
        [Problem(body.place(last), reason, "export it again: the file was cut off")] if told < wanted else []
    )


def _too_wide(body: DataRows) -> Iterator[Problem]:
    width = len(body.layout.header.cells)
    for position, row in enumerate(body.rows):
        if len(row.cells) > width and any(map(as_text, row.cells[width:])):
            reason = f"has {len(row.cells)} cells, the header has {width}"
            yield Problem(
                body.place(position), reason, "export it again: a separator stands in a cell without quotes"
            )


def _subtotals(body: DataRows) -> frozenset[int]:
    """Rows that say "All" where others of the same ad say which day or which part: they repeat those."""
    found: set[int] = set()
    days, parts = body.columns("day"), tuple(body.layout.breakdowns.values())
    for column in (*days, *parts):
        others = {
            _whose(body, position, () if column in days else days)
            for position, cell in enumerate(body.cells(column))
            if as_text(cell).casefold() not in body.formats.everything
        }
        found |= {
            position
            for position, cell in enumerate(body.cells(column))
            if as_text(cell).casefold() in body.formats.everything
            and _whose(body, position, () if column in days else days) in others
        }
    return frozenset(found)


def _whose(body: DataRows, position: int, days: Sequence[ExportColumn]) -> tuple[str, ...]:
    columns = [column for field in IDENTITY for column in body.columns(field)]
    return tuple(_text(body, position, column) for column in (*columns, *days))
