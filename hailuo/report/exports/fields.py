"""The fields of an export, and the error of a file with problems."""

from collections.abc import Mapping, Sequence
from typing import Final

from hailuo.errors import Place, Problem, RefusedError
from hailuo.report.metrics import COUNT_NAMES, Count

TEXTS: Final = (
    *("account", "campaign_name", "adset_name", "ad_id", "ad_name"),
    *("platform_video_id", "utm_content", "file_name"),
)
IDENTITY: Final = ("ad_id", "ad_name", "platform_video_id", "utm_content", "file_name")
"""One of these says which ad a row is about; a row without any is a row of totals."""

DATES: Final = ("day", "date_start", "date_end")
RATES: Final[Mapping[str, Count]] = {
    "p25_rate": Count.P25,
    "p50_rate": Count.P50,
    "p75_rate": Count.P75,
    "p100_rate": Count.P100,
}
"""Rates of the impressions, where other platforms export counts: the only rates that are ever read."""

PERIODS: Final = ("week", "month", "quarter", "year")
"""What says which days a row is about where no column of days does, the shortest first."""

_RESULTS: Final = ("results", "result_type", "level")
FIELDS: Final = frozenset(
    {*TEXTS, *DATES, *PERIODS, *RATES, *COUNT_NAMES, *_RESULTS, "currency", "attribution", "avg_watch_s"}
)
WHOLE_COUNTS: Final = frozenset(COUNT_NAMES) - {
    *(Count.SPEND.value, Count.CONVERSIONS.value, Count.REVENUE.value, Count.WATCH_S.value)
}
"""Counts of whole things: a separator before three digits groups them, it is no decimal point."""

RESULT_COLUMNS: Final = (
    "platform",
    *TEXTS,
    *("breakdown", "date_start", "date_end", "currency", "attribution", "conversion"),
    *COUNT_NAMES,
    *("source_file", "source_row"),
)
"""The columns of every results frame, in this order."""

_MOST_SHOWN: Final = 20


class ExportError(RefusedError):
    """An export, a mapping or an ads.csv has problems. `every` has all of them; the message shows the first 20."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.every = tuple(sorted(set(problems)))
        more = len(self.every) - _MOST_SHOWN
        rest = Problem(Place("…"), f"{more} more like these", "fix the first ones, then read again")
        super().__init__([*self.every[:_MOST_SHOWN], *([rest] if more > 0 else [])])


def refuse(problems: Sequence[Problem]) -> None:
    """Raises: ExportError with the problems, if there are any."""
    if problems:
        raise ExportError(problems)
