"""Tables of several platforms, as connectors and agencies make them: the rows of each platform apart."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from hailuo.errors import Place, Problem
from hailuo.report.cells import Bools, ValueColumn
from hailuo.report.exports.data_rows import is_null, is_total_label
from hailuo.report.exports.fields import ExportError
from hailuo.report.exports.formats import formats_that_ship
from hailuo.report.exports.layout import PlatformPart, known_headers
from hailuo.report.exports.sheet import ExportSheet
from hailuo.report.metrics import AdPlatform
from hailuo.sheets import SheetCell, as_text, key_of
from hailuo.text import listed, quoted

_NOT_ADS: Final = frozenset(
    {
        "analytics",
        "organic",
        "insights",
        "pages",
        "page",
        "console",
        "merchant",
        "business",
        "profile",
        "sheets",
    }
)
"""Words of what a platform has besides ads."""


def platform_parts(sheet: ExportSheet) -> list[PlatformPart]:
    """The rows of each platform with the rows down to the header; empty where no column names platforms.

    Rows without a platform are left out where they are totals or have no numbers. Raises: ExportError for rows of
    another platform, or of none, in a table that names several.
    """
    found = _platform_column(sheet)
    if found is None:
        return []
    header, index = found
    cells = sheet.columns[index]
    body = np.arange(len(sheet)) > header
    title = as_text(sheet.columns[index][header])
    platforms = sorted({one for cell in cells.taken(body).distinct if (one := _platform(cell))})
    if len(platforms) > 1:
        _refuse_strange_rows(sheet, body, cells, title)
        masks = {one: ~body | cells.where(lambda cell, one=one: _platform(cell) is one) for one in platforms}  # type: ignore[misc]
        return [
            PlatformPart(platform=one, header=title, sheet=_taken(sheet, mask)) for one, mask in masks.items()
        ]
    if not platforms or _is_breakdown(platforms[0], title, cells.taken(body)):
        return []
    _refuse_strange_rows(sheet, body, cells, title)
    return [PlatformPart(platform=platforms[0], header=title, sheet=sheet)]


def left_out(sheet: ExportSheet, parts: Sequence[PlatformPart]) -> int:
    """How many rows are of no part: totals."""
    lines = {line for part in parts for line in part.sheet.lines.tolist()}
    return len(sheet) - len(lines)


def _platform_column(sheet: ExportSheet) -> tuple[int, int] | None:
    """The position of the header and the index of the column that names most platforms."""
    known = known_headers(())
    top = sheet.top()
    header = max(
        range(len(top)),
        key=lambda row: len({key_of(as_text(cell)) for cell in top[row].cells} & known),
        default=0,
    )
    named: dict[int, int] = {}
    for index, cell in enumerate(top[header].cells if top else ()):
        key, values = key_of(as_text(cell)), sheet.columns[index].taken(np.arange(len(sheet)) > header)
        if key in _platform_headers() or (key not in known and _lists_platforms(values)):
            named[index] = int(values.where(lambda one: _platform(one) is not None).sum())
    best = max(named, key=lambda index: named[index], default=None)
    return None if best is None or not named[best] else (header, best)


def _lists_platforms(cells: ValueColumn[SheetCell]) -> bool:
    """Whether a column with an unknown header has names of several platforms, and nothing else."""
    named = {_platform_words().get(key_of(text)) for cell in cells.distinct if (text := _text(cell))}
    return len(named) > 1 and None not in named


@cache
def _platform_headers() -> frozenset[str]:
    return frozenset(map(key_of, formats_that_ship().platform_columns))


@cache
def _platform_words() -> Mapping[str, AdPlatform]:
    words = formats_that_ship().platform_words
    return {key_of(word): AdPlatform(platform) for platform, names in words.items() for word in names}


def _platform(cell: SheetCell) -> AdPlatform | None:
    """The one platform that a text names: `facebook_ads`, `Meta Ads (Facebook)`, and not `Google Analytics`."""
    text = as_text(cell).casefold()
    if known := _platform_words().get(key_of(text)):
        return known
    words = {*re.split(r"[^a-z]+", text)}
    named = {_platform_words()[word] for word in words if word in _platform_words()}
    return named.pop() if len(named) == 1 and words.isdisjoint(_NOT_ADS) else None


def _text(cell: SheetCell) -> str:
    return "" if is_null(cell) or is_total_label(as_text(cell)) else as_text(cell)


def _is_breakdown(platform: AdPlatform, title: str, cells: ValueColumn[SheetCell]) -> bool:
    """Whether the column is one of the platform's own: Meta splits an ad's rows by Facebook and Instagram."""
    splits = formats_that_ship().platforms()[platform].breakdowns.values()
    titles = {key_of(header) for headers in splits for header in headers}
    ours = {platform.value, f"{platform.value}ads", f"{platform.value} ads"}
    return key_of(title) in titles and not {_text(cell).casefold() for cell in cells.distinct} - {""} <= ours


def _refuse_strange_rows(sheet: ExportSheet, body: Bools, cells: ValueColumn[SheetCell], title: str) -> None:
    strange = body & cells.where(lambda cell: bool(_text(cell)) and _platform(cell) is None)
    labelled = np.zeros(len(sheet), dtype=np.bool_)
    counted = np.zeros(len(sheet), dtype=np.bool_)
    for column in sheet.columns:
        labelled |= column.where(lambda cell: is_total_label(as_text(cell)))
        counted |= column.where(lambda cell: any(map(str.isdigit, as_text(cell))))
    nameless = body & cells.where(lambda cell: not _text(cell)) & ~labelled & counted
    problems: list[Problem] = []
    remedy = "leave these rows out of the export, or save each platform's rows as a file of its own"
    for mask in (strange, nameless):
        if rows := np.flatnonzero(mask).tolist():
            names = (
                listed(sorted({quoted(_text(cells[row])) for row in rows})) if mask is strange else "blank"
            )
            reason = f"{quoted(title)} is {names} in {len(rows)} rows: no platform that is read"
            problems.append(Problem(Place(sheet.name, int(sheet.lines[rows[0]])), reason, remedy))
    if problems:
        raise ExportError(problems)


def _taken(sheet: ExportSheet, mask: Bools) -> ExportSheet:
    columns: Sequence[ValueColumn[SheetCell]] = [column.taken(mask) for column in sheet.columns]
    return replace(sheet, lines=sheet.lines[mask], widths=sheet.widths[mask], columns=tuple(columns))
