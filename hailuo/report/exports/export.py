"""One export, read: bytes in, a results frame out, or every problem of the file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from hailuo.errors import Place, Problem
from hailuo.report.exports.amounts import Amounts, Floats, decimal_in, read_amounts
from hailuo.report.exports.data_rows import DataRows, data_rows_of
from hailuo.report.exports.date_ranges import read_date_ranges
from hailuo.report.exports.events import one_row_per_day
from hailuo.report.exports.fields import TEXTS
from hailuo.report.exports.formats import Formats, formats_that_ship
from hailuo.report.exports.frame import frame_of
from hailuo.report.exports.ids import MANGLED_REMEDY, clean_id, is_mangled, rounded_ids
from hailuo.report.exports.layout import has_header, known_headers, layout_of
from hailuo.report.exports.mapping import ExportMapping
from hailuo.report.exports.numbers import Decimal
from hailuo.report.exports.records import is_json, sheet_of_records
from hailuo.report.exports.refusal import ExportError, refuse
from hailuo.report.exports.sheet import ExportSheet, as_text, decoded, sheet_of_text
from hailuo.report.exports.workbook import is_old_workbook, is_workbook, sheet_of_workbook
from hailuo.report.metrics import Count
from hailuo.text import quoted

_IDS: Final = ("ad_id", "platform_video_id")
_WHOLE: Final = 0.99
"""Of the ads' impressions a total has at least so many: platforms round and estimate."""

_FEW_IMPRESSIONS: Final = 20
"""Below this many, one person who clicks twice makes more clicks than impressions."""


def read_export(
    content: bytes,
    *,
    name: str,
    mapping: ExportMapping | Sequence[ExportMapping] | None = None,
    formats: Formats | None = None,
) -> pd.DataFrame:
    """The rows of one export, as platform, ad, days, breakdown and counts; columns as in `RESULT_COLUMNS`.

    Of several mappings the first that is meant for the file is used; without one it is read as the platform's it looks like.

    Counts are NaN where the export does not tell. `attrs` tells `totals` (rows of sums, left out), `repeated` (rows alike
    in every cell, left out) and `unread` (columns that mean nothing to us). Rates are never read, but for those of the impressions that stand in for counts.
    Raises: ExportError with every problem of the file.
    """
    mappings = [mapping] if isinstance(mapping, ExportMapping) else list(mapping or ())
    body, problems = _body(content, name, mappings, formats or formats_that_ship())
    frame, found = _frame(body)
    refuse([*problems, *found])
    if body.layout.mapping and body.layout.mapping.events:
        frame = one_row_per_day(frame)
    frame.attrs = {"totals": body.totals, "repeated": body.repeated, "unread": list(body.layout.unread)}
    return frame


def sheet_of(content: bytes, name: str, known: frozenset[str], formats: Formats) -> ExportSheet:
    """The rows of any file that can be read. Raises: ExportError."""
    if is_old_workbook(content):
        remedy = "save it as .xlsx, or as CSV in UTF-8"
        raise ExportError([Problem(Place(name), "is a workbook of Excel 97 to 2003", remedy)])
    if is_workbook(content):
        return sheet_of_workbook(content, name, lambda sheet: has_header(sheet, known, formats))
    text = decoded(content, name)
    return sheet_of_records(text, name) if is_json(text) else sheet_of_text(text, name, known)


def _body(
    content: bytes, name: str, mappings: Sequence[ExportMapping], formats: Formats
) -> tuple[DataRows, list[Problem]]:
    sheet = sheet_of(content, name, known_headers(mappings, formats), formats)
    return data_rows_of(sheet, layout_of(sheet, mappings, formats), formats)


def _frame(body: DataRows) -> tuple[pd.DataFrame, list[Problem]]:
    mapping = body.layout.mapping
    decimal = decimal_in(body, mapping.decimal if mapping else None)
    amounts, problems = read_amounts(body, decimal)
    constants = mapping.constants() if mapping else {}
    counts = {
        **amounts.counts,
        **{count.value: np.full(len(body.rows), one) for count, one in constants.items()},
    }
    spans, wrong_days = read_date_ranges(body, mapping.date_format if mapping else None)
    texts = {name: _texts(body, name) for name in TEXTS}
    columns: dict[str, Sequence[object] | Floats] = {
        "platform": [body.layout.platform.value] * len(body.rows),
        **texts,
        "breakdown": _breakdowns(body),
        "date_start": [start for start, _ in spans],
        "date_end": [end for _, end in spans],
        "currency": _currencies(body, amounts),
        "attribution": _or_else(_texts(body, "attribution"), mapping.attribution if mapping else None),
        **counts,
        "source_file": [body.sheet.name] * len(body.rows),
        "source_row": [row.line for row in body.rows],
    }
    wrong = [*_mangled(body, texts), *_impossible(body, counts), *_no_totals(body, counts, decimal)]
    return frame_of(columns), [*problems, *wrong_days, *wrong]


def _texts(body: DataRows, name: str) -> list[str | None]:
    found: list[str | None] = [None] * len(body.rows)
    for column in body.columns(name):
        cells = (None if body.is_null(cell) else as_text(cell) for cell in body.cells(column))
        found = [one or other for one, other in zip(found, cells, strict=True)]
    return [clean_id(text) if text else None for text in found] if name in _IDS else found


def _breakdowns(body: DataRows) -> list[str | None]:
    """`age=25-34; gender=female`: the parts that the row is about; what is blank is no part."""
    parts: list[list[str]] = [[] for _ in body.rows]
    for name, column in sorted(body.layout.breakdowns.items()):
        for row, cell in zip(parts, body.cells(column), strict=True):
            if (
                (text := as_text(cell))
                and not set(text) <= {"-", "–"}
                and text.casefold() not in body.formats.everything
            ):
                row.append(f"{name}={text.replace(';', ',')}")
    return ["; ".join(row) or None for row in parts]


def _currencies(body: DataRows, amounts: Amounts) -> list[str | None]:
    """From a column of its own, from the header, from the sign beside the spend, or as the mapping says."""
    mapping = body.layout.mapping
    columns = [column for each in body.layout.columns.values() for column in each]
    header = next((column.currency for column in columns if column.currency), None)
    given = [text.upper() if text else None for text in _texts(body, "currency")]
    signs = [one or header or sign for one, sign in zip(given, amounts.symbols, strict=True)]
    return _or_else(signs, mapping.currency if mapping else None)


def _or_else(found: Sequence[str | None], otherwise: str | None) -> list[str | None]:
    return [one or otherwise for one in found]


def _mangled(body: DataRows, texts: Mapping[str, Sequence[str | None]]) -> Iterator[Problem]:
    for name in _IDS:
        rounded = rounded_ids({text for text in texts[name] if text})
        for position, text in enumerate(texts[name]):
            if text and (is_mangled(text) or text in rounded):
                yield Problem(
                    body.place(position), f"{name} is {quoted(text)}: not all of its digits", MANGLED_REMEDY
                )


def _no_totals(body: DataRows, counts: Mapping[str, Floats], decimal: Decimal) -> Iterator[Problem]:
    """Rows of nobody that passed for totals by their place, and show less than the ads together."""
    edge = replace(body, rows=body.unnamed)
    shown = read_amounts(edge, decimal)[0].counts[Count.IMPRESSIONS.value]
    for position in np.flatnonzero(
        (shown > 0) & (shown < _WHOLE * np.nansum(counts[Count.IMPRESSIONS.value]))
    ):
        reason = "has numbers, and neither an id nor a name of an ad; for a total they are too small"
        yield Problem(edge.place(int(position)), reason, "export it on the level of ads, without subtotals")


def _impossible(body: DataRows, counts: Mapping[str, Floats]) -> Iterator[Problem]:
    shown, clicked = counts[Count.IMPRESSIONS.value], counts[Count.CLICKS_LINK.value]
    for position in np.flatnonzero((clicked > shown) & (shown >= _FEW_IMPRESSIONS)):
        reason = f"has {clicked[position]:g} link clicks of {shown[position]:g} impressions"
        yield Problem(body.place(int(position)), reason, "look whether the columns are the right ones")
