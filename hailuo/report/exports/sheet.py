"""The rows of an export as columns."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count, islice, zip_longest
from typing import Final

import numpy as np

from hailuo.report.cells import Bools, Codes, Ints, ValueColumn
from hailuo.sheets import SheetCell, as_text

_MOST_BEFORE_HEADER: Final = 40
_BLOCK: Final = 4096  # rows that are Python objects at a time


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row, and the line of the file where it begins (in JSON: its place in the list, from 1)."""

    line: int
    cells: tuple[SheetCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSheet:
    """The rows that are not empty, by column. Where `decimal` is given, numbers in text are written with it.

    `lines` are where the rows begin, `widths` how many cells each has; a column has None where a row is too short.
    `ends` is False for a text whose last line has no end: it may have been cut off there.
    """

    name: str
    lines: Ints
    widths: Ints
    columns: tuple[ValueColumn[SheetCell], ...]
    decimal: str | None = None
    ends: bool = True

    def __len__(self) -> int:
        return len(self.lines)

    def row(self, position: int) -> SheetRow:
        """One row, by its place among the rows that are not empty."""
        cells = tuple(column[position] for column in self.columns[: self.widths[position]])
        return SheetRow(int(self.lines[position]), cells)

    def rows(self) -> list[SheetRow]:
        """All rows, for small files."""
        return [self.row(position) for position in range(len(self))]

    def top(self) -> Sequence[SheetRow]:
        """Where the header is looked for."""
        return [self.row(position) for position in range(min(len(self), _MOST_BEFORE_HEADER))]


def sheet_of_rows(
    rows: Iterable[tuple[int, Sequence[SheetCell]]],
    name: str,
    *,
    decimal: str | None = None,
    ends: bool = True,
) -> ExportSheet:
    """Lines and their cells as a sheet, without empty rows; few of them are in memory as rows at one time."""
    lines: list[int] = []
    widths: list[int] = []
    columns: list[_GrowingColumn] = []
    rows = iter(rows)
    while block := list(islice(rows, _BLOCK)):
        numbers, cells_of = zip(*block, strict=True)
        widest = max(map(len, cells_of))
        columns += [_GrowingColumn(len(lines)) for _ in range(widest - len(columns))]
        for column, cells in zip_longest(columns, zip_longest(*cells_of)):
            column.add(cells or (None,) * len(block))
        lines += numbers
        widths += map(len, cells_of)
    found = [column.cells() for column in columns]
    filled: Bools = np.zeros(len(lines), dtype=np.bool_)
    for cells in found:
        filled |= cells.where(lambda cell: bool(as_text(cell)))
    return ExportSheet(
        name=name,
        lines=np.array(lines, dtype=np.int64)[filled],
        widths=np.array(widths, dtype=np.int64)[filled],
        columns=tuple(cells if filled.all() else cells.taken(filled) for cells in found),
        decimal=decimal,
        ends=ends,
    )


class _GrowingColumn:
    """A column while its file is read: every different cell once, and the codes of the rows so far."""

    def __init__(self, rows_before: int) -> None:
        # By type too: 1e16 and 10000000000000000 are equal, and not the same text.
        self._known: defaultdict[SheetCell | tuple[type, SheetCell], int] = defaultdict(count().__next__)
        self._codes: list[Codes] = []
        if rows_before:
            self.add((None,) * rows_before)

    def add(self, cells: Sequence[SheetCell]) -> None:
        if set(map(type, cells)) == {str}:  # all of a CSV
            keys: Iterable[SheetCell | tuple[type, SheetCell]] = cells
        else:
            keys = (cell if isinstance(cell, str) else (type(cell), cell) for cell in cells)
        self._codes.append(np.fromiter(map(self._known.__getitem__, keys), dtype=np.int32, count=len(cells)))

    def cells(self) -> ValueColumn[SheetCell]:
        distinct = tuple(key[1] if isinstance(key, tuple) else key for key in self._known)
        return ValueColumn(distinct, np.concatenate(self._codes))
