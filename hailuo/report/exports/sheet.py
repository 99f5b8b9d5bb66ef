"""Any file that a platform hands out, as rows of cells: CSV and its cousins, workbooks, JSON."""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import Final

from hailuo.errors import Place, Problem
from hailuo.report.exports.fields import ExportError, key_of

SheetCell = str | float | int | date | None

_SEPARATORS: Final = (",", ";", "\t", "|")
_MOST_BEFORE_HEADER: Final = 40
_SAVE_AS_UTF8: Final = "save it as CSV in UTF-8, or export it again"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row, and the line of the file where it begins (in JSON: its place in the list, from 1)."""

    line: int
    cells: tuple[SheetCell, ...]

    def __bool__(self) -> bool:
        return any(as_text(cell) for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSheet:
    """The rows that are not empty. Where `decimal` is given, numbers in text are written with it.

    `ends` is False for a text whose last line has no end: it may have been cut off there.
    """

    name: str
    rows: tuple[SheetRow, ...]
    decimal: str | None = None
    ends: bool = True

    def top(self) -> Sequence[SheetRow]:
        """Where the header is looked for."""
        return self.rows[:_MOST_BEFORE_HEADER]


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


def sheet_of_text(text: str, name: str, known: Collection[str]) -> ExportSheet:
    """The rows of a CSV, by the separator that shows most `known` headers. Raises: ExportError."""
    first, _, rest = text.partition("\n")
    if first.strip().casefold().startswith("sep=") and len(first.strip()) == 5:  # written for a spreadsheet
        return ExportSheet(name=name, rows=tuple(_rows(rest, name, first.strip()[4], line=1)))
    head = "\n".join(text.split("\n", 4 * _MOST_BEFORE_HEADER)[: 4 * _MOST_BEFORE_HEADER])
    best = max(_SEPARATORS, key=lambda separator: _score(head, separator, known))
    return ExportSheet(name=name, rows=tuple(_rows(text, name, best)), ends=text.endswith(("\n", "\r")))


def _score(head: str, separator: str, known: Collection[str]) -> tuple[int, int]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
    try:
        rows = list(islice(reader, _MOST_BEFORE_HEADER))
    except csv.Error:  # an open quote: whoever reads the rows says where
        return 0, 0
    most_known = max((sum(key_of(cell) in known for cell in row) for row in rows), default=0)
    return most_known, max(map(len, rows), default=0)


def _rows(text: str, name: str, separator: str, *, line: int = 0) -> Iterator[SheetRow]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    before = 0
    try:
        for cells in reader:
            if row := SheetRow(line + before + 1, tuple(cells)):
                yield row
            before = reader.line_num
    except csv.Error as error:
        place = Place(name, line + before + 1)
        remedy = "export it again: a quote is open there, or the file was cut off"
        raise ExportError([Problem(place, f"cannot be read on: {error}", remedy)]) from error
