"""A platform's bulk sheet, filled by its own headers, and `ads.csv`, which ties ads to creatives.

What is in the sheet stays byte for byte; rows are added below.
"""

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from hailuo.errors import Place, Problem
from hailuo.publish.uploads.files import UploadFile, landing_page, with_tags
from hailuo.publish.uploads.platforms import Headers, Platform, PlatformName, UploadError, refused
from hailuo.text import is_formula, quoted, suggestion

_DELIMITERS: Final = ",\t;"
_MARKS: Final = {BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}  # of Excel's and Meta's files
_LINKS: Final = ("landingurl", "landingpage", "finalurl", "link", "producturl", "url")
"""Columns of a campaign's sheet that may hold a row's own landing page, the preferred first."""
_FIRST_LINES: Final = 20  # the header is among them, below a title or reference rows
ADS_COLUMNS: Final = (
    *("creative_id", "platform", "account_id", "campaign_platform_id", "adset_id", "ad_id", "ad_name"),
    *("platform_video_id", "placement", "launched_at", "ended_at", "planned_split", "budget"),
    *("disclosure_sent", "s3_uri", "url_tags", "disclosure", "synthetic_performer"),
)
"""After `disclosure_sent`: what to upload, and what to send with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSheet:
    """A template: its bytes, and how they are written."""

    name: str
    content: bytes
    encoding: str
    delimiter: str
    header: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledSheet:
    """The sheet with one more row per file; `left` are the columns that stayed blank."""

    content: bytes
    filled: tuple[str, ...]
    left: tuple[str, ...]


def read_sheet(content: bytes, *, name: str, known: Mapping[PlatformName, Platform]) -> UploadSheet:
    """The template with its header found. Raises: UploadError."""
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        lines = content.decode(encoding).removeprefix("\ufeff").splitlines()[:_FIRST_LINES]
    except UnicodeDecodeError as error:
        raise refused(name, f"is not {encoding} text", "export it as CSV, UTF-8") from error
    aliases = frozenset(word for platform in known.values() for word in _by_alias(platform.headers))
    hits, delimiter, header = _header(lines, aliases)
    if not hits:
        raise refused(name, "has no column that is known", "name one in a copy of platforms.toml: --config")
    return UploadSheet(name=name, content=content, encoding=encoding, delimiter=delimiter, header=header)


def platform_of(sheet: UploadSheet, known: Mapping[PlatformName, Platform]) -> PlatformName:
    """The platform that most of the sheet's headers belong to. Raises: UploadError if several have as many."""
    hits = {
        name: sum(_bare(cell) in _by_alias(platform.headers) for cell in sheet.header)
        for name, platform in known.items()
    }
    best = [name for name, count in hits.items() if count == max(hits.values())]
    if len(best) > 1:
        names = ", ".join(best)
        raise refused(sheet.name, f"could be of {names}", f"say which: --platform {best[0]}")
    return best[0]


def fill(
    sheet: UploadSheet,
    platform: Platform,
    files: Sequence[UploadFile],
    *,
    link: str | None = None,
    constants: Mapping[str, str] | None = None,
) -> FilledSheet:
    """The sheet with one more row per file, in the columns that are known; `constants` fill others, by header.

    Columns that travel with a file fill those of the same name. Without a `link`, theirs is the landing page.

    Where the sheet has a column for URL tags the link stays bare, else it carries them. Raises: UploadError for a landing
    page that is no http(s) address, and for a value that a spreadsheet would run as a formula: in an upload nothing is escaped.
    """
    given = _matched(sheet, constants or {})
    page = None if link is None else landing_page(link, place="--link")
    aliases = _by_alias(platform.headers)
    fields = [aliases.get(_bare(cell)) for cell in sheet.header]
    rows = []
    for file in files:
        values = _values(file, page or _own_link(file), apart="url_tags" in fields)
        own = {_bare(name): cell for name, cell in file.columns.items()}
        cells = zip(sheet.header, fields, strict=True)
        rows.append([given.get(h) or values.get(f or "") or own.get(_bare(h), "") for h, f in cells])
    _check_cells(sheet.name, sheet.header, rows)
    so_far, text = sheet.content.decode(sheet.encoding), io.StringIO(newline="")
    end = "\r\n" if "\r\n" in so_far else "\n"
    csv.writer(text, delimiter=sheet.delimiter, lineterminator=end).writerows(rows)
    below = text.getvalue() if so_far.endswith(("\n", "\r")) else f"{end}{text.getvalue()}"
    used = [any(row[column] for row in rows) for column in range(len(sheet.header))]
    columns = list(zip(sheet.header, used, strict=True))
    return FilledSheet(
        content=sheet.content + below.encode(sheet.encoding),
        filled=tuple(cell for cell, is_used in columns if is_used),
        left=tuple(cell for cell, is_used in columns if cell and not is_used),
    )


def ads_csv(files: Sequence[UploadFile], name: PlatformName) -> bytes:
    """One row per file, ids blank, to come back filled: UTF-8 with a byte order mark.

    Raises: UploadError for a value that a spreadsheet would run as a formula.
    """
    rows = []
    for file in files:
        known = {
            "creative_id": file.creative_id,
            "platform": name.value,
            "ad_name": file.ad_name,
            "placement": file.placement or "",
            "s3_uri": file.uri,
            "url_tags": file.url_tags,
            "disclosure": file.disclosure,
            "synthetic_performer": file.synthetic_performer.value,
        }
        rows.append([known.get(column, "") for column in ADS_COLUMNS])
    _check_cells("ads.csv", ADS_COLUMNS, rows)
    text = io.StringIO(newline="")
    csv.writer(text).writerows([ADS_COLUMNS, *rows])
    return text.getvalue().encode("utf-8-sig")


def _check_cells(name: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Raises: UploadError naming every value that a spreadsheet would run as a formula."""
    remedy = "platforms take cells as they are, so it is not escaped: use another value"
    problems = {
        Problem(Place(name), f"{quoted(cell)} in {quoted(column)} would be run as a formula", remedy)
        for row in rows
        for column, cell in zip(header, row, strict=True)
        if is_formula(cell)
    }
    if problems:
        raise UploadError(list(problems))


def _values(file: UploadFile, link: str | None, *, apart: bool) -> Mapping[str, str]:
    landing = link if link is None or apart else with_tags(link, file.url_tags)
    return {
        "ad_name": file.ad_name,
        "creative_id": file.creative_id,
        "link": landing or "",
        "url_tags": file.url_tags,
        "file_name": file.file_name,
        "file_uri": file.uri,
        "disclosure": file.disclosure.partition("=")[2],
    }


def _own_link(file: UploadFile) -> str | None:
    """The landing page that travels with the file. Raises: UploadError for one that is no address."""
    by_name = {_bare(name): cell for name, cell in file.columns.items() if cell}
    link = next((by_name[name] for name in _LINKS if name in by_name), None)
    return None if link is None else landing_page(link, place=file.ad_name)


def _matched(sheet: UploadSheet, constants: Mapping[str, str]) -> dict[str, str]:
    """By the sheet's own spelling of each header. Raises: UploadError."""
    spelled = {_bare(cell): cell for cell in sheet.header}
    place, names = Place(sheet.name), tuple(spelled.values())
    problems = [
        Problem(place, f"has no column {quoted(header)}", suggestion(header, names))
        for header in constants
        if _bare(header) not in spelled
    ]
    if problems:
        raise UploadError(problems)
    return {spelled[_bare(header)]: value for header, value in constants.items()}


def _by_alias(headers: Headers) -> dict[str, str]:
    fields = asdict(headers).items()
    return {
        _bare(alias): field for field, aliases in fields if isinstance(aliases, tuple) for alias in aliases
    }


def _bare(header: str) -> str:
    return re.sub(r"\W+", "", header.replace("_", " ")).casefold()


def _header(lines: Sequence[str], aliases: frozenset[str]) -> tuple[int, str, tuple[str, ...]]:
    """The line with the most known columns, under whichever delimiter: how many, the delimiter, its cells."""
    found = [
        (sum(_bare(cell) in aliases for cell in row), delimiter, tuple(row))
        for delimiter in _DELIMITERS
        for row in (_cells(line, delimiter) for line in lines)
    ]
    return max(found, key=lambda one: one[0], default=(0, ",", ()))


def _cells(line: str, delimiter: str) -> list[str]:
    """A line by itself: one that opens a quote and does not close it is no header."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a cell that is longer than any header
        return []
