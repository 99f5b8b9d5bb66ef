"""Any file that a platform hands out, as rows of cells: CSV and its cousins, workbooks, JSON."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import count, islice, zip_longest
from typing import Final

import numpy as np

from hailuo.errors import Place, Problem
from hailuo.report.cells import Bools, Codes, Ints, ValueColumn
from hailuo.report.exports.fields import ExportError, key_of

SheetCell = str | float | int | date | None

_SEPARATORS: Final = (",", ";", "\t", "|")
_MOST_BEFORE_HEADER: Final = 40
_BLOCK: Final = 4096  # rows that are Python objects at a time
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_SAVE_AS_UTF8: Final = "save it as CSV in UTF-8, or export it again"


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


def as_text(cell: SheetCell) -> str:
    """A cell as text, without the blanks and invisible marks around it."""
    match cell:
        case None:
            return ""
        case str():
            return cell.strip(" \t\r\n\0\u00a0\u202f\u200b\u200e\u200f\ufeff")
        case datetime() | date() | time():
            return cell.isoformat()
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case _:
            return str(cell)


def decoded(content: bytes, name: str) -> str:
    """The text of a file: UTF-8, UTF-16 with or without its mark, or Windows-1252. Raises: ExportError."""
    for encoding in _encodings(content):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ExportError([Problem(Place(name), "is no text that can be read", _SAVE_AS_UTF8)])


def _encodings(content: bytes) -> tuple[str, ...]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    head = content[:2000]
    if head and head[1::2].count(0) > len(head) // 4:  # every other byte of Latin text is zero
        return ("utf-16-le",)
    if head and head[::2].count(0) > len(head) // 4:
        return ("utf-16-be",)
    return ("utf-8-sig", "cp1252")


def sheet_of_text(text: str, name: str, known: Collection[str], *, most: int | None = None) -> ExportSheet:
    """The rows of a CSV, at `most` so many, by the separator that shows most `known` headers. Raises: ExportError."""
    lines = [found[0] for found in islice(_LINE.finditer(text), 4 * _MOST_BEFORE_HEADER)]
    first = lines[0] if lines else ""
    if first.strip().casefold().startswith("sep=") and len(first.strip()) == 5:  # written for a spreadsheet
        return sheet_of_rows(islice(_rows(text, name, first.strip()[4], after=len(first)), most), name)
    head = "".join(lines)
    best = max(_SEPARATORS, key=lambda separator: _score(head, separator, known))
    return sheet_of_rows(islice(_rows(text, name, best), most), name, ends=text.endswith(("\n", "\r")))


def _score(head: str, separator: str, known: Collection[str]) -> tuple[int, int]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
    try:
        rows = list(islice(reader, _MOST_BEFORE_HEADER))
    except csv.Error:  # an open quote: whoever reads the rows says where
        return 0, 0
    most_known = max((sum(key_of(cell) in known for cell in row) for row in rows), default=0)
    return most_known, max(map(len, rows), default=0)


def _rows(
    text: str, name: str, separator: str, *, after: int = 0
) -> Iterator[tuple[int, Sequence[SheetCell]]]:
    """The lines and cells of a text `after` its first characters, which are one line."""
    lines = map(re.Match.group, _LINE.finditer(text, after))
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = before = int(after > 0)
    try:
        for cells in reader:
            yield before + 1, cells
            before = line + reader.line_num
    except csv.Error as error:
        place = Place(name, before + 1)
        remedy = "export it again: a quote is open there, or the file was cut off"
        raise ExportError([Problem(place, f"cannot be read on: {error}", remedy)]) from error
