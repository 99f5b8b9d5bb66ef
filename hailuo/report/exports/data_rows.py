"""The rows of ads below a header, without totals, subtotals and footnotes; and the ids in them."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import numpy as np

from hailuo.campaign.ad_names import creative_id_in
from hailuo.errors import Place, Problem
from hailuo.report.cells import Bools, Ints, ValueColumn, earliest, groups
from hailuo.report.exports.fields import IDENTITY
from hailuo.report.exports.formats import formats_that_ship
from hailuo.report.exports.layout import ExportColumn, Layout
from hailuo.report.exports.sheet import ExportSheet, SheetRow
from hailuo.report.metrics import COUNT_NAMES
from hailuo.sheets import SheetCell, as_text
from hailuo.text import quoted

ADS_LEVEL: Final = "export it on the level of ads, without subtotals"

_COUNTED_FIRST: Final = re.compile(r"\D{0,8}\d[\d,.]*\D{0,8}(結果|结果|成效|결과)")  # 広告2件の結果
_GROUPS: Final = ("account", "campaign_name", "adset_name")
_EXPONENT: Final = re.compile(r"\d[.,]\d+E\+?\d+|\dE\+\d+", re.IGNORECASE)
_URN: Final = re.compile(r"urn:li:(?P<kind>\w+):(?P<id>\w+)")  # LinkedIn's connectors
_PREVIEW: Final = re.compile(r"https?://(?:[\w-]+\.)*(?:facebook\.com|fb\.me)\b")  # Meta's links to previews
_PREVIEWED: Final = re.compile(r"[?&]feed_demo_ad=(?P<id>\d+)")
_ADS_OF_LINKEDIN: Final = frozenset({"sponsoredCreative", "sponsoredAd"})
_FORMULA: Final = re.compile(r'="(.*)"')  # how some exports keep a spreadsheet from rounding
_KEPT_DIGITS: Final = 15  # of a number in a spreadsheet; the rest become zeros
_LEAST_ZEROS: Final = 4  # over all ids of a column: that they all end in zeros by chance is 1 in 10,000


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRows:
    """The rows of ads, and how to read them; `totals` counts the rows of sums, which are left out.

    `at` are their positions in the sheet. `repeated` counts rows that are equal to an earlier one in every cell, left out
    too. `unnamed` are the positions of those of the totals that have numbers and no total label: they count as totals
    because they are the first or the last row.
    """

    sheet: ExportSheet
    layout: Layout
    at: Ints
    totals: int = 0
    repeated: int = 0
    unnamed: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.at)

    def cells(self, column: ExportColumn) -> ValueColumn[SheetCell]:
        """One column, from top to bottom."""
        return self.sheet.columns[column.index].taken(self.at)

    def columns(self, *fields: str) -> list[ExportColumn]:
        """Those of the fields; of each field the preferred first."""
        return [column for name in fields for column in self.layout.columns.get(name, ())]

    def texts(self, columns: Sequence[ExportColumn]) -> list[ValueColumn[str]]:
        """The columns as text, empty for no value."""
        return [self.cells(column).map(_text) for column in columns]

    def any_text(self, columns: Sequence[ExportColumn]) -> Bools:
        """For each row, whether one of the columns has a value."""
        found = np.zeros(len(self), dtype=np.bool_)
        for texts in self.texts(columns):
            found |= texts.where(bool)
        return found

    def row(self, position: int) -> SheetRow:
        """One of the rows."""
        return self.sheet.row(int(self.at[position]))

    def place(self, position: int) -> Place:
        """The row's file and line."""
        return Place(self.sheet.name, int(self.sheet.lines[self.at[position]]))


def _text(cell: SheetCell) -> str:
    return "" if is_null(cell) else as_text(cell)


def is_null(cell: SheetCell) -> bool:
    """Whether a cell means that there is no value."""
    nan = isinstance(cell, float) and math.isnan(cell)
    return cell is None or nan or as_text(cell).casefold() in formats_that_ship().nulls


def is_everything(text: str) -> bool:
    """Whether a cell of a day or a breakdown means all of them."""
    return text.casefold() in formats_that_ship().everything


def data_rows_of(sheet: ExportSheet, layout: Layout) -> tuple[DataRows, list[Problem]]:
    """The rows of ads, and the problems of rows that are neither an ad nor a total."""
    header = sheet.top().index(layout.header)
    data = DataRows(sheet=sheet, layout=layout, at=_below(sheet, header))
    identity, ids, counts = (data.columns(*fields) for fields in (IDENTITY, ("ad_id",), COUNT_NAMES))
    is_ad, undecided = data.any_text(ids) & ~(subtotals := _subtotals(data)), ~subtotals
    undecided &= ~is_ad
    undecided[_total_rows(data, np.flatnonzero(undecided))] = False
    is_ad |= undecided & data.any_text(identity)
    ads = np.flatnonzero(is_ad)
    # Counts, but no identity of an ad and no total label.
    suspects = np.flatnonzero(undecided & ~is_ad & data.any_text(counts))
    is_edge = np.isin(suspects, (0, len(data) - 1)) & bool(len(ads))
    problems = [
        Problem(data.place(one), "has numbers, and neither an id nor a name of an ad", ADS_LEVEL)
        for one in suspects[~is_edge].tolist()
    ]
    once = ads
    if not (layout.mapping and layout.mapping.events):  # each of a log's rows is an event of its own
        cells = (column.codes[data.at[ads]] for column in sheet.columns)
        group = groups([*cells, sheet.widths[data.at[ads]]], len(ads))
        once = ads[earliest(group) == np.arange(len(ads))]
    found = replace(
        data,
        at=data.at[once],
        totals=len(data) - len(ads),
        repeated=len(ads) - len(once),
        unnamed=data.at[suspects[is_edge]],
    )
    return found, [*problems, *_broken(data, ads)]


def _below(sheet: ExportSheet, header: int) -> Ints:
    """The rows below the header, without the same header again: files that were put one behind the other have it."""
    again = np.ones(len(sheet), dtype=np.bool_)
    for column in sheet.columns:
        again &= column.codes == column.codes[header]
    again[: header + 1] = True
    return np.flatnonzero(~again)


def _total_rows(data: DataRows, positions: Ints) -> list[int]:
    """Those of the positions that say that they are a total; rows without a label in any cell are not looked at."""
    labelled = np.zeros(len(positions), dtype=np.bool_)
    for column in data.sheet.columns:
        labelled |= column.taken(data.at[positions]).where(lambda cell: is_total_label(as_text(cell)))
    return [one for one in positions[labelled].tolist() if _says_total(data, one)]


def is_total_label(text: str) -> bool:
    """Whether a text is a total's: `Total`, `Total: account`, `Total - filtered`, `Ergebnisse aus 2 Anzeigen`."""
    return bool(_total_label().fullmatch(text.casefold()))


@cache
def _total_label() -> re.Pattern[str]:
    formats = formats_that_ship()
    labels, of_words = (
        "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
        for words in (formats.totals, formats.of_words)
    )
    after = rf"\s?:.*|\s+[-–—]\s.*|\s\(.*\)|\s({of_words})\s+(\d|all\b|the\b).*"
    return re.compile(rf"({labels})({after})?|{_COUNTED_FIRST.pattern}")


def _says_total(data: DataRows, position: int) -> bool:
    """Whether the first cell or the ad's name is a total label. The first cell does not count if an ad is named and
    the cell is the name of its account, campaign or ad set.
    """
    cells = data.row(position).cells
    texts = [as_text(cell) for cell in cells]
    first = next(filter(None, texts), "")
    names, of_groups = (
        [_text(cells[column.index]) for column in data.columns(*fields) if column.index < len(cells)]
        for fields in (("ad_name",), _GROUPS)
    )
    is_group = any(names) and first in of_groups
    labelled = any(map(is_total_label, names if is_group else [first, *names]))
    return labelled and not any(map(creative_id_in, texts))


def _broken(data: DataRows, ads: Ints) -> Iterator[Problem]:
    """Rows with more cells than the header; and an ad's row that ends with the file before its columns do."""
    width, last = len(data.layout.header.cells), len(data) - 1
    beyond = np.zeros(len(data), dtype=np.bool_)
    for column in data.sheet.columns[width:]:
        beyond |= column.taken(data.at).where(lambda cell: bool(as_text(cell)))
    for position in np.flatnonzero(beyond).tolist():
        reason = f"has {data.sheet.widths[data.at[position]]} cells, the header has {width}"
        remedy = "export it again: a cell without quotes contains a separator"
        yield Problem(data.place(position), reason, remedy)
    if not data.sheet.ends and len(ads) and ads[-1] == last and data.sheet.widths[-1] < width:
        reason = f"has {data.sheet.widths[-1]} cells and no end, the header has {width}"
        yield Problem(data.place(last), reason, "export it again: the file was cut off")


def _subtotals(data: DataRows) -> Bools:
    """Rows that say "All" where other rows of the same ad have a day or a part: they repeat those."""
    found = np.zeros(len(data), dtype=np.bool_)
    days = data.columns("day")
    for column in (*days, *data.layout.breakdowns.values()):
        is_all = data.cells(column).where(lambda cell: is_everything(as_text(cell)))
        if is_all.any():
            same = [*data.columns(*IDENTITY), *([] if column in days else days)]
            ad = groups(data.texts(same), len(data))
            found |= is_all & np.isin(ad, ad[~is_all])
    return found


def clean_id(text: str) -> str:
    """The id without the marks that keep a spreadsheet from rounding it, and without LinkedIn's prefix; that in Meta's link."""
    text = text.removeprefix("'").strip()
    if found := _FORMULA.fullmatch(text):
        text = found[1]
    if found := _URN.fullmatch(text):
        text = found["id"]
    elif _PREVIEW.match(text):
        text = found["id"] if (found := _PREVIEWED.search(text)) else ""
    return text.removesuffix(".0") if text.endswith(".0") and text[:-2].isdigit() else text


def is_preview(cells: tuple[SheetCell, ...]) -> bool:
    """Whether the first of a row's cells with a value is Meta's link to a preview of the ad."""
    return bool(_PREVIEW.match(next((as_text(cell) for cell in cells if not is_null(cell)), "")))


def names_no_ad(text: str) -> bool:
    """Whether an id is LinkedIn's of a campaign, an account or anything else but an ad."""
    found = _URN.fullmatch(text)
    return found is not None and found["kind"] not in _ADS_OF_LINKEDIN


def rounded_ids(field: str, ids: ValueColumn[str | None]) -> Iterator[tuple[int, str, str]]:
    """Row, reason and remedy for the ids of a column that a spreadsheet has rounded: `1.2E+17`, or more than 15 digits
    that all go on in zeros.
    """
    long = {text for text in ids.distinct if text and text.isdigit() and len(text) > _KEPT_DIGITS}
    is_kept = any(text[_KEPT_DIGITS:].strip("0") for text in long)
    zeros = sum(len(text) - _KEPT_DIGITS for text in long)
    rounded = long if zeros >= _LEAST_ZEROS and not is_kept else set()
    wrong = ids.where(lambda text: bool(text and (text in rounded or _EXPONENT.fullmatch(text))))
    remedy = "a spreadsheet has rounded it: export again and do not save it there, or format the column as text first"
    for row in np.flatnonzero(wrong).tolist():
        yield row, f"{field} is {quoted(str(ids[row]))}: not all of its digits", remedy
