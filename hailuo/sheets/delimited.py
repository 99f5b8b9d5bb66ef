"""Text with one row per line: its encoding, and the separator between its cells."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final

from hailuo.errors import Place
from hailuo.sheets.headers import key_of
from hailuo.sheets.problems import UnreadableSheetError

_SEPARATORS: Final = (",", ";", "\t", "|")
_MOST_BEFORE_HEADER: Final = 40
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_DECLARED: Final = re.compile(r"[\ufeff\"]*sep=([^\r\n])\"?[\s,;]*", re.IGNORECASE)
_SAVE_AS_UTF8: Final = "save it as CSV in UTF-8, or export it again"


def decoded(content: bytes, name: str) -> tuple[str, str]:
    """The text of a file and its encoding: UTF-8, UTF-16 with or without its mark, or Windows-1252 (`cp1252`).

    Any other 8-bit encoding reads as Windows-1252 too, with wrong letters. Raises: UnreadableSheetError.
    """
    for encoding in _encodings(content):
        try:
            return content.decode(encoding).removeprefix("\ufeff"), encoding
        except UnicodeDecodeError:
            continue
    raise UnreadableSheetError(Place(name), "is no text that can be read", _SAVE_AS_UTF8)


def _encodings(content: bytes) -> tuple[str, ...]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    head = content[:2000]
    if head and head[1::2].count(0) > len(head) // 4:  # every other byte of Latin text is zero
        return ("utf-16-le",)
    if head and head[::2].count(0) > len(head) // 4:
        return ("utf-16-be",)
    return ("utf-8-sig", "cp1252")


def rows_of_text(text: str, name: str, known: Collection[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """The line and the cells of each row, by the separator that shows most `known` headers (as `key_of` spells them).

    Where several show as many, the one that makes the widest header, and a comma before the others.
    Raises: UnreadableSheetError, while it is read.
    """
    lines = [found[0] for found in islice(_LINE.finditer(text), 4 * _MOST_BEFORE_HEADER)]
    first = lines[0] if lines else ""
    if declared := _DECLARED.fullmatch(first):  # written for a spreadsheet
        return _rows(text, name, declared[1], after=len(first))
    head = "".join(lines)
    best = max(_SEPARATORS, key=lambda separator: _score(head, separator, known))
    return _rows(text, name, best)


def _score(head: str, separator: str, known: Collection[str]) -> tuple[int, int]:
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
    try:
        rows = list(islice(reader, _MOST_BEFORE_HEADER))
    except csv.Error:  # an open quote: whoever reads the rows says where
        return 0, 0
    return max(((sum(key_of(cell) in known for cell in row), len(row)) for row in rows), default=(0, 0))


def _rows(text: str, name: str, separator: str, *, after: int = 0) -> Iterator[tuple[int, Sequence[str]]]:
    """The lines and cells of a text `after` its first characters, which are one line."""
    lines = map(re.Match.group, _LINE.finditer(text, after))
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = before = int(after > 0)
    try:
        for cells in reader:
            yield before + 1, cells
            before = line + reader.line_num
    except csv.Error as error:
        remedy = (
            "close every quote and write one inside a cell twice, or save the file again: it may be cut off"
        )
        raise UnreadableSheetError(
            Place(name, before + 1), f"the row that begins here cannot be read ({error})", remedy
        ) from error
