"""A filled `ads.csv`: which ad on which platform shows which creative."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pandas as pd

from hailuo.errors import Place, Problem
from hailuo.publish.uploads import ADS_COLUMNS
from hailuo.report.cells import ValueColumn
from hailuo.report.exports.data_rows import clean_id, rounded_ids
from hailuo.report.exports.export import sheet_of
from hailuo.report.exports.fields import ExportError, refuse
from hailuo.report.exports.sheet import SheetRow
from hailuo.report.metrics import AdPlatform
from hailuo.sheets import as_text, key_of
from hailuo.text import quoted, suggestion

_REQUIRED: Final = frozenset({"creative_id", "platform", "ad_id", "platform_video_id"})
_IDS: Final = ("account_id", "campaign_platform_id", "adset_id", "ad_id", "platform_video_id")
_REMEDY: Final = "start from the ads.csv that `hailuo upload-plan` writes"


def is_ads_table(header: Sequence[str]) -> bool:
    """Whether a header is that of ads.csv, whatever columns were added or taken away."""
    return {column.strip().lstrip("\ufeff").casefold() for column in header} >= _REQUIRED


def is_ads_file(content: bytes, *, name: str) -> bool:
    """Whether the file is an ads.csv; False for one that cannot be read."""
    try:
        rows = _rows(content, name, most=1)
    except ExportError:
        return False
    return bool(rows) and is_ads_table([as_text(cell) for cell in rows[0].cells])


def read_ads(content: bytes, name: str) -> pd.DataFrame:
    """The rows of ads.csv with `ADS_COLUMNS`, and `source_file` and `source_row`; cells are text or None.

    Raises: ExportError for missing columns, an unknown platform, no creative id, an id that was rounded.
    """
    rows = _rows(content, name)
    header = [as_text(cell).casefold() for cell in rows[0].cells] if rows else []
    if not is_ads_table(header):
        reason = f"is no ads.csv: it lacks {', '.join(sorted(_REQUIRED - set(header)))}"
        raise ExportError([Problem(Place(name), reason, _REMEDY)])
    cells = {column: _column(rows[1:], header, column) for column in ADS_COLUMNS}
    refuse(list(_problems(cells, [Place(name, row.line) for row in rows[1:]])))
    cells["platform"] = [text.casefold() if text else None for text in cells["platform"]]
    frame = pd.DataFrame({column: pd.Series(values, dtype="object") for column, values in cells.items()})
    files = pd.Series([name] * len(frame), dtype="object")
    return frame.assign(source_file=files, source_row=[row.line for row in rows[1:]])


def _rows(content: bytes, name: str, *, most: int | None = None) -> list[SheetRow]:
    return sheet_of(content, name, frozenset(map(key_of, ADS_COLUMNS)), most=most).rows()


def _column(rows: Sequence[SheetRow], header: Sequence[str], column: str) -> list[str | None]:
    if column not in header:
        return [None] * len(rows)
    index = header.index(column)
    texts = (as_text(row.cells[index]) if index < len(row.cells) else "" for row in rows)
    return [(clean_id(text) if column in _IDS else text.removeprefix("'")) or None for text in texts]


def _problems(cells: Mapping[str, Sequence[str | None]], places: Sequence[Place]) -> Iterator[Problem]:
    platforms = tuple(platform.value for platform in AdPlatform)
    for place, creative, platform in zip(places, cells["creative_id"], cells["platform"], strict=True):
        if creative is None:
            yield Problem(place, "has no creative_id", _REMEDY)
        if platform is None or platform.casefold() not in platforms:
            named = platform or ""
            yield Problem(place, f"platform is {quoted(named)}", suggestion(named, platforms))
    for column in _IDS:
        for row, reason, remedy in rounded_ids(column, ValueColumn.of(cells[column])):
            yield Problem(places[row], reason, remedy)
