"""Workbooks (.xlsx, and .xls of Excel 97 to 2003): the values of their sheets."""

import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any, Final

from hailuo.errors import Place
from hailuo.sheets.cells import SheetCell
from hailuo.sheets.problems import UnreadableSheetError

_UNREADABLE: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError),  # no whole zip
    *(SyntaxError, KeyError, ValueError, TypeError),  # no workbook in it; XML errors are SyntaxErrors
)
_EXACT: Final = 2**53
"""Whole numbers beyond it are rounded in a workbook, whatever digits the file shows: its numbers are doubles."""

_DAMAGED: Final = (AssertionError, LookupError, OverflowError, struct.error)
"""What xlrd raises for a damaged .xls beside its own errors."""

_COMPOUND: Final = b"\xd0\xcf\x11\xe0"
_MOST_UNPACKED: Final = 1_000_000_000
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FORMULA: Final = re.compile(
    rb"<c\s([^>]*)>\s*<f\b([^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v>([^<]*)</v>|<v\s*/>)?\s*</c>"
)
_ADDRESS: Final = re.compile(rb'\br="([A-Z]+[0-9]+)"')

Rows = Iterator[tuple[int, Sequence[SheetCell]]]


def is_workbook(content: bytes) -> bool:
    """Whether the bytes are a zip, as .xlsx is, or a compound file, as .xls is."""
    return content.startswith((b"PK\x03\x04", _COMPOUND))


def sheets_of_workbook(content: bytes, name: str) -> Iterator[tuple[str, Rows]]:
    """The title of each sheet, and the line and cells of its rows: read them before you go to the next sheet.

    A formula is read as the value that was saved with it. Raises: UnreadableSheetError, while it is read: also for a
    formula without a value, because the program that wrote the file calculated nothing. An .xls does not tell such a
    formula from one that is 0.
    """
    if content.startswith(_COMPOUND):
        yield from _old_sheets(content, name)
        return
    from openpyxl import load_workbook  # noqa: PLC0415 (slow to load: only for workbooks)

    with _readable(name):
        _check_parts(content, name)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # exports often claim to be one cell large
            yield sheet.title, _rows(sheet, name)


def _old_sheets(content: bytes, name: str) -> Iterator[tuple[str, Rows]]:
    import xlrd  # noqa: PLC0415 (as above)
    from xlrd.compdoc import CompDocError  # noqa: PLC0415

    try:
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), ragged_rows=True)
        found = [
            (sheet.name, [_old_row(sheet, row) for row in range(sheet.nrows)]) for sheet in book.sheets()
        ]
    except (*_UNREADABLE, *_DAMAGED, xlrd.XLRDError, CompDocError) as error:
        reason = f"is no workbook that can be read: {error}"
        raise UnreadableSheetError(Place(name), reason, "save it as .xlsx, or as CSV in UTF-8") from error
    for title, rows in found:
        yield title, iter(enumerate(rows, start=1))


def _old_row(sheet: Any, row: int) -> list[SheetCell]:  # Any: xlrd has no types
    """One row of an .xls, in which every number is a fraction, and a day is a number with a mark."""
    import xlrd  # noqa: PLC0415 (as above)
    from xlrd.xldate import xldate_as_datetime  # noqa: PLC0415

    def cell(kind: int, value: Any) -> SheetCell:
        if kind == xlrd.XL_CELL_DATE:
            moment = xldate_as_datetime(value, sheet.book.datemode)
            return _cell(moment.time() if value < 1 else moment)
        if kind == xlrd.XL_CELL_BOOLEAN:
            return str(bool(value))
        if kind == xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(value, "#N/A"))
        is_whole = kind == xlrd.XL_CELL_NUMBER and value.is_integer() and abs(value) <= _EXACT
        return _cell(int(value) if is_whole else value or None)

    return list(map(cell, sheet.row_types(row), sheet.row_values(row)))


def _check_parts(content: bytes, name: str) -> None:
    """Raises: UnreadableSheetError for a workbook that unpacks to too much, or has a formula without its value."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > _MOST_UNPACKED:
            reason = f"unpacks to more than {_MOST_UNPACKED // 1_000_000} MB"
            raise UnreadableSheetError(Place(name), reason, "save it as CSV in UTF-8")
        for part in archive.namelist():
            if part.startswith("xl/worksheets/") and (found := _without_value(archive.read(part))):
                line = int(found.lstrip(_LETTERS))
                reason = f"the formula in cell {found} was saved without its value"
                remedy = "open it in a spreadsheet and save it again, or paste the values over the formulas"
                raise UnreadableSheetError(Place(name, line), reason, remedy)


def _without_value(sheet: bytes) -> str | None:
    """The address of the first formula that has no value, not even an empty text."""
    for cell, _, value in _FORMULA.findall(sheet):
        address = _ADDRESS.search(cell)
        if address and not value and b't="str"' not in cell:
            return address[1].decode()
    return None


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
    except UnreadableSheetError:
        raise
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
