"""The rows of ads below a header, without totals, subtotals and footnotes; and the ids in them."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hailuo.campaign.ad_names import creative_id_in
from hailuo.errors import Place, Problem
from hailuo.report.exports.fields import IDENTITY
from hailuo.report.exports.formats import formats_that_ship
from hailuo.report.exports.layout import ExportColumn, Layout
from hailuo.report.exports.sheet import ExportSheet, SheetCell, SheetRow, as_text
from hailuo.report.metrics import COUNT_NAMES
from hailuo.text import quoted

ADS_LEVEL: Final = "export it on the level of ads, without subtotals"

_AFTER_TOTAL: Final = re.compile(r":|\s(of|from)\s+(\d|all\b|the\b)")  # "Total: account"
_GROUPS: Final = ("account", "campaign_name", "adset_name")
_EXPONENT: Final = re.compile(r"\d[.,]\d+E\+?\d+|\dE\+\d+", re.IGNORECASE)
_URN: Final = re.compile(r"urn:li:\w+:(\w+)")  # LinkedIn's connectors
_FORMULA: Final = re.compile(r'="(.*)"')  # how some exports keep a spreadsheet from rounding
_KEPT_DIGITS: Final = 15  # of a number in a spreadsheet; the rest become zeros
_LEAST_ZEROS: Final = 4  # over all ids of a column: that they all end in zeros by chance is 1 in 10,000


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRows:
    """The rows of ads, and how to read them; `totals` counts the rows of sums, which are left out.

    `repeated` counts rows that are equal to an earlier one in every cell, left out too. `unnamed` are those of the totals
    that have numbers and no total label: they count as totals because they are the first or the last row.
    """

    sheet: ExportSheet
    layout: Layout
    rows: tuple[SheetRow, ...]
    totals: int = 0
    repeated: int = 0
    unnamed: tuple[SheetRow, ...] = ()

    def cells(self, column: ExportColumn) -> list[SheetCell]:
        """One column, from top to bottom."""
        index = column.index
        return [row.cells[index] if index < len(row.cells) else None for row in self.rows]

    def columns(self, *fields: str) -> list[ExportColumn]:
        """Those of the fields; of each field the preferred first."""
        return [column for field in fields for column in self.layout.columns.get(field, ())]

    def texts(self, position: int, columns: Sequence[ExportColumn]) -> tuple[str, ...]:
        """One row's cells in the columns as text, empty for no value."""
        cells = self.rows[position].cells
        found = (cells[column.index] if column.index < len(cells) else None for column in columns)
        return tuple("" if is_null(cell) else as_text(cell) for cell in found)

    def place(self, position: int) -> Place:
        """The row's file and line."""
        return Place(self.sheet.name, self.rows[position].line)


def is_null(cell: SheetCell) -> bool:
    """Whether a cell means that there is no value."""
    nan = isinstance(cell, float) and math.isnan(cell)
    return cell is None or nan or as_text(cell).casefold() in formats_that_ship().nulls


def is_everything(text: str) -> bool:
    """Whether a cell of a day or a breakdown means all of them."""
    return text.casefold() in formats_that_ship().everything


def data_rows_of(sheet: ExportSheet, layout: Layout) -> tuple[DataRows, list[Problem]]:
    """The rows of ads, and the problems of rows that are neither an ad nor a total."""
    rows = sheet.rows[sheet.rows.index(layout.header) + 1 :]
    data = DataRows(sheet=sheet, layout=layout, rows=rows)
    ads: list[int] = []
    suspects: list[int] = []  # counts, but no identity of an ad and no total label
    identity, ids, counts = (data.columns(*fields) for fields in (IDENTITY, ("ad_id",), COUNT_NAMES))
    for position in sorted(set(range(len(rows))) - _subtotals(data)):
        if any(data.texts(position, ids)):
            ads.append(position)
        elif _says_total(data, position):
            continue
        elif any(data.texts(position, identity)):
            ads.append(position)
        elif any(data.texts(position, counts)):
            suspects.append(position)
    edges = [one for one in suspects if ads and one in (0, len(rows) - 1)]
    problems = [
        Problem(data.place(one), "has numbers, and neither an id nor a name of an ad", ADS_LEVEL)
        for one in suspects
        if one not in edges
    ]
    once: dict[object, SheetRow] = {}
    for position in ads:  # each of a log's rows is an event of its own
        is_event = layout.mapping and layout.mapping.events
        once.setdefault(position if is_event else rows[position].cells, rows[position])
    found = replace(
        data,
        rows=tuple(once.values()),
        totals=len(rows) - len(ads),
        repeated=len(ads) - len(once),
        unnamed=tuple(rows[position] for position in edges),
    )
    return found, [*problems, *_broken(data, ads)]


def _says_total(data: DataRows, position: int) -> bool:
    """Whether the first cell or the ad's name is a total label. The first cell does not count if an ad is named and
    the cell is the name of its account, campaign or ad set.
    """
    texts = [as_text(cell) for cell in data.rows[position].cells]
    first = next(filter(None, texts), "")
    names = data.texts(position, data.columns("ad_name"))
    is_group = any(names) and first in data.texts(position, data.columns(*_GROUPS))
    labelled = any(
        word == label or (word.startswith(label) and _AFTER_TOTAL.match(word, len(label)))
        for word in map(str.casefold, names if is_group else [first, *names])
        for label in formats_that_ship().totals
    )
    return labelled and not any(map(creative_id_in, texts))


def _broken(data: DataRows, ads: Sequence[int]) -> Iterator[Problem]:
    """Rows with more cells than the header; and an ad's row that ends with the file before its columns do."""
    width, last = len(data.layout.header.cells), len(data.rows) - 1
    for position, row in enumerate(data.rows):
        if any(map(as_text, row.cells[width:])):
            reason = f"has {len(row.cells)} cells, the header has {width}"
            remedy = "export it again: a cell without quotes contains a separator"
            yield Problem(data.place(position), reason, remedy)
    if not data.sheet.ends and ads and ads[-1] == last and len(data.rows[last].cells) < width:
        reason = f"has {len(data.rows[last].cells)} cells and no end, the header has {width}"
        yield Problem(data.place(last), reason, "export it again: the file was cut off")


def _subtotals(data: DataRows) -> set[int]:
    """Rows that say "All" where other rows of the same ad have a day or a part: they repeat those."""
    found: set[int] = set()
    days = data.columns("day")
    for column in (*days, *data.layout.breakdowns.values()):
        same = [*data.columns(*IDENTITY), *([] if column in days else days)]
        ads = [data.texts(position, same) for position in range(len(data.rows))]
        is_all = [is_everything(as_text(cell)) for cell in data.cells(column)]
        split = {ad for ad, all_ in zip(ads, is_all, strict=True) if not all_}
        found |= {one for one, ad in enumerate(ads) if is_all[one] and ad in split}
    return found


def clean_id(text: str) -> str:
    """The id without the marks that keep a spreadsheet from rounding it, and without LinkedIn's prefix."""
    text = text.removeprefix("'").strip()
    for wrapper in (_FORMULA, _URN):
        if found := wrapper.fullmatch(text):
            text = found[1]
    return text.removesuffix(".0") if text.endswith(".0") and text[:-2].isdigit() else text


def rounded_ids(field: str, ids: Sequence[str | None], places: Sequence[Place]) -> Iterator[Problem]:
    """The ids of a column that a spreadsheet has rounded: `1.2E+17`, or more than 15 digits that all go on in zeros."""
    long = {text for text in ids if text and text.isdigit() and len(text) > _KEPT_DIGITS}
    is_kept = any(text[_KEPT_DIGITS:].strip("0") for text in long)
    zeros = sum(len(text) - _KEPT_DIGITS for text in long)
    rounded = long if zeros >= _LEAST_ZEROS and not is_kept else set()
    for text, place in zip(ids, places, strict=True):
        if text and (text in rounded or _EXPONENT.fullmatch(text)):
            remedy = "a spreadsheet has rounded it: export again and do not save it there, or format the column as text first"
            yield Problem(place, f"{field} is {quoted(text)}: not all of its digits", remedy)
