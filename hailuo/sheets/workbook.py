"""Workbooks (.xlsx): the values of their sheets."""

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any, Final

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from hailuo.errors import Place
from hailuo.sheets.cells import SheetCell
from hailuo.sheets.problems import UnreadableSheetError

_UNREADABLE: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError),  # no whole zip
    *(InvalidFileException, SyntaxError, KeyError, ValueError, TypeError),  # no workbook in it; XML errors are SyntaxErrors
)
_EXACT: Final = 2**53
"""Whole numbers beyond it are rounded in a workbook, whatever digits the file shows: its numbers are doubles."""

Rows = Iterator[tuple[int, Sequence[SheetCell]]]


def is_workbook(content: bytes) -> bool:
    """Whether the bytes are a zip, as .xlsx is."""
    return content.startswith(b"PK\x03\x04")


def is_old_workbook(content: bytes) -> bool:
    """Whether the bytes are an .xls of Excel 97."""
    return content.startswith(b"\xd0\xcf\x11\xe0")


def sheets_of_workbook(content: bytes, name: str) -> Iterator[tuple[str, Rows]]:
    """The title of each sheet, and the line and cells of its rows: read them before you go to the next sheet.

    Raises: UnreadableSheetError, while it is read.
    """
    with _readable(name):
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # exports often claim to be one cell large
            yield sheet.title, _rows(sheet, name)


def _rows(sheet: Any, name: str) -> Rows:  # Any: openpyxl has no types
    with _readable(name):
        for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield line, list(map(_cell, values))


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl misses styles, which are not needed here
            yield
    except _UNREADABLE as error:
        reason = f"is no workbook that can be read: {error}"
        raise UnreadableSheetError(Place(name), reason, "save it as CSV in UTF-8") from error


def _cell(value: Any) -> SheetCell:  # Any: what openpyxl finds in a cell
    match value:
        case datetime():
            return value.date()
        case bool():
            return str(value)
        case int() if abs(value) > _EXACT:
            return float(value)  # an id that shows that it was rounded
        case None | str() | int() | float() | date():
            return value
        case time():
            return value.isoformat()
        case _:
            return str(value)
