"""Kinds of files that hold tables and are not read: named by their first bytes, whatever they are called."""

import io
import re
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

_AS_SHEET: Final = "save it as .xlsx, or as CSV in UTF-8"
_UNPACK: Final = "unpack it, and name the files in it"
_BY_BYTES: Final = (
    (b"\x1f\x8b", "compressed with gzip", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "compressed with 7-Zip", _UNPACK),
    (b"Rar!", "compressed with RAR", _UNPACK),
    (b"BZh", "compressed with bzip2", _UNPACK),
    (b"\xfd7zXZ\x00", "compressed with xz", _UNPACK),
    (b"%PDF", "a PDF", "export it as CSV or XLSX"),
    (b"PAR1", "a Parquet file", "save it as CSV in UTF-8"),
    (b"SQLite format 3", "a database of SQLite", "save the table as CSV in UTF-8"),
)
_WEB_PAGE: Final = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|table|head|body|\?xml|meta)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadKind:
    """What a file is, as `is NAME`, and what to do with it."""

    name: str
    remedy: str


def unread_kind(content: bytes) -> UnreadKind | None:
    """What the file is, if it is of a kind that is not read; None for text and workbooks."""
    for start, name, remedy in _BY_BYTES:
        if content.startswith(start):
            return UnreadKind(name=name, remedy=remedy)
    if _WEB_PAGE.match(content[:500]):
        return UnreadKind(
            name="a web page or XML, whatever its name says",
            remedy=f"open it in a spreadsheet, and {_AS_SHEET}",
        )
    if content.startswith(b"PK\x03\x04"):
        return _kind_of_zip(content)
    return None


def is_zip_of_files(content: bytes) -> bool:
    """Whether the bytes are a zip that is no workbook of any program."""
    names = _names_in_zip(content)
    return bool(names) and not (_is_workbook(names) or _other_workbook(names))


def _names_in_zip(content: bytes) -> list[str]:
    """The files in a zip; none of what cannot be opened."""
    if not content.startswith(b"PK\x03\x04"):
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []


def _is_workbook(names: Collection[str]) -> bool:
    return "[Content_Types].xml" in names or any(name.startswith("xl/") for name in names)


def _other_workbook(names: Collection[str]) -> str | None:
    """The name of a workbook that is no .xlsx."""
    if any(name.endswith("workbook.bin") for name in names):
        return "a binary workbook (.xlsb)"
    if "mimetype" in names or any(name.startswith("Index/") for name in names):
        return "a workbook of LibreOffice or Numbers"
    return None


def _kind_of_zip(content: bytes) -> UnreadKind | None:
    """None for a workbook, and for what cannot be opened: the reader of workbooks says why."""
    names = _names_in_zip(content)
    if other := _other_workbook(names):
        return UnreadKind(name=other, remedy=_AS_SHEET)
    if not names or _is_workbook(names):
        return None
    return UnreadKind(name=f"a zip of {len(names)} files", remedy=_UNPACK)
