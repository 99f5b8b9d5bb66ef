"""Workbooks (.xlsx): the values of the one sheet that holds the ads."""

import io
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any, Final

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from hailuo.errors import Place, Problem
from hailuo.report.exports.fields import ExportError
from hailuo.report.exports.sheet import ExportSheet, SheetCell, sheet_of_rows

_UNREADABLE: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError),  # no whole zip
    *(
        InvalidFileException,
        SyntaxError,
        KeyError,
        ValueError,
        TypeError,
    ),  # no workbook in it; XML errors are SyntaxErrors
)
_EXACT: Final = 2**53
"""Whole numbers beyond it are rounded in a workbook, whatever digits the file shows: its numbers are doubles."""

_RAW = "Raw Data Report"  # Meta's workbook repeats the same ads in a sheet that is dressed up for people


def is_workbook(content: bytes) -> bool:
    """Whether the bytes are a zip, as .xlsx is."""
    return content.startswith(b"PK\x03\x04")


def is_old_workbook(content: bytes) -> bool:
    """Whether the bytes are an .xls of Excel 97."""
    return content.startswith(b"\xd0\xcf\x11\xe0")


def sheet_of_workbook(content: bytes, name: str, has_header: Callable[[ExportSheet], bool]) -> ExportSheet:
    """The sheet with a header; Meta's raw one if it is there. Raises: ExportError where two sheets have one."""
    sheets = dict(_sheets(content, name))
    if _RAW in sheets:
        return sheets[_RAW]
    found = {title: sheet for title, sheet in sheets.items() if has_header(sheet)}
    if len(found) > 1:
        reason = f"several sheets hold ads: {', '.join(found)}"
        raise ExportError([Problem(Place(name), reason, "save each of them as a file of its own")])
    return next(iter([*found.values(), *sheets.values()]))


def _sheets(content: bytes, name: str) -> Iterator[tuple[str, ExportSheet]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl misses styles, which are not needed here
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # exports often claim to be one cell large
                rows = enumerate(sheet.iter_rows(values_only=True), start=1)
                read = ((line, list(map(_cell, values))) for line, values in rows)
                yield sheet.title, sheet_of_rows(read, name)
    except _UNREADABLE as error:
        problem = Problem(Place(name), f"is no workbook that can be read: {error}", "save it as CSV in UTF-8")
        raise ExportError([problem]) from error


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
