"""Pulls of one report: a schedule exports the last days again and again, and the numbers of a day are restated.

Of each ad and day the newest pull counts. Pulls are in order by the time of the export that the file or its name says,
else by the time of the file. Files that are no pulls of one report are left as they are: then other numbers are refused.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, pairwise
from typing import Final

import numpy as np
import pandas as pd

from hailuo.report.cells import Bools, Ints, groups
from hailuo.report.exports.days import day_of, days_named_in
from hailuo.report.exports.deduplicate import AdDaysTable, kinds_of
from hailuo.report.exports.sheet import SheetRow
from hailuo.report.metrics import COUNT_NAMES
from hailuo.sheets import as_text

_SHARED: Final = 0.5
"""Of the ads on the days that two pulls share, at least so many are in both."""

_COPIED: Final = timedelta(minutes=1)
"""Files that are nearer to each other in time were perhaps copied together: the order says nothing."""

_EXPORTED: Final = re.compile(
    r"\b(as of|generated|exported|downloaded|created|pulled|erstellt|exportiert|generado|gerado)\b",
    re.IGNORECASE,
)
_STAMP: Final = re.compile(
    r"(20\d{2})[-_.]?(0[1-9]|1[0-2])[-_.]?([0-3]\d)(?:[T _-]?([0-2]\d)[-_:h.]?([0-5]\d)(?:[-_:.]?([0-5]\d))?)?(?!\d)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """When a file was exported, as far as is known, and what tells whether two files are of one report."""

    said: datetime | None
    named: datetime | None
    changed: datetime | None
    columns: tuple[str, ...]


def export_time(preamble: Sequence[SheetRow]) -> datetime | None:
    """The time that a line above the header says: `Report Data as of: 2026-06-25 14:13:30 (UTC)`."""
    for row in preamble:
        text = " ".join(as_text(cell) for cell in row.cells)
        if _EXPORTED.search(text) and (found := _newest_in(text)):
            return found
    return None


def time_in_name(name: str) -> datetime | None:
    """The last day, perhaps with a time, in the name of a file: of `meta-2026-11-01_2026-11-07.csv` the 7th."""
    return _newest_in(name.rsplit("/", 1)[-1])


def _newest_in(text: str) -> datetime | None:
    found = []
    for match in _STAMP.finditer(text):
        if day := day_of("-".join(match.groups()[:3])):
            hour, minute, second = (int(part or 0) for part in match.groups()[3:])
            found.append(datetime(day.year, day.month, day.day, min(hour, 23), minute, second, tzinfo=UTC))
    found += [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days_named_in(text)]
    return max(found, default=None)


def restated(frame: pd.DataFrame, table: AdDaysTable, pulls: Mapping[str, Pull]) -> Bools:
    """True for each row that a newer pull has with other numbers, for the same ad and days."""
    nothing = np.zeros(len(frame), dtype=np.bool_)
    ad_day = groups([table.ad, table.first, table.last], len(frame))
    files = table.files
    if len(files.distinct) < 2:
        return nothing
    contested = _contested(frame, table, ad_day)
    if not contested.any():
        return nothing
    rank = _ranks(frame, table, ad_day, contested, pulls)
    ranks = pd.Series(rank).groupby(ad_day)
    newest: Ints = ranks.transform("max").to_numpy()
    is_known: Bools = ranks.transform("min").to_numpy() >= 0
    replaced: Bools = contested & is_known & (rank < newest)
    return replaced


def _contested(frame: pd.DataFrame, table: AdDaysTable, ad_day: Ints) -> Bools:
    """The rows of ads and days of which two files have other numbers, broken down alike."""
    rows = frame[list(COUNT_NAMES)].assign(part=table.breakdown.codes)
    hashes = pd.util.hash_pandas_object(rows, index=False).to_numpy()
    named = pd.DataFrame({"ad_day": ad_day, "file": table.files.codes, "hash": hashes})
    sums = named.groupby(["ad_day", "file"], sort=False)["hash"].sum().groupby("ad_day").nunique()
    kinds = pd.Series(table.breakdown.map(kinds_of).codes).groupby(ad_day).nunique()
    dated = table.first.where(lambda day: day != date.min)
    return dated & np.isin(ad_day, sums.index[sums > 1]) & np.isin(ad_day, kinds.index[kinds == 1])


def _ranks(
    frame: pd.DataFrame, table: AdDaysTable, ad_day: Ints, contested: Bools, pulls: Mapping[str, Pull]
) -> Ints:
    """For each row, the place of its file among the pulls of its report, the newest last; -1 where that is not known."""
    found = np.full(len(frame), -1, dtype=np.int64)
    platforms = frame["platform"].to_numpy()
    for platform in pd.unique(platforms[contested]):
        mine = platforms == platform
        codes = sorted({*table.files.codes[contested & mine].tolist()})
        names = [table.files.distinct[code] for code in codes]
        order = _in_order(names, pulls)
        if order is None or not _of_one_report(table, ad_day, mine, codes, [pulls[name] for name in names]):
            continue
        for code, name in zip(codes, names, strict=True):
            found[mine & (table.files.codes == code)] = order[name]
    return found


def _in_order(names: Sequence[str], pulls: Mapping[str, Pull]) -> Mapping[str, int] | None:
    """The place of each file by the first kind of time that all of them have and that differs from file to file."""
    for kind, apart in (("said", timedelta(0)), ("named", timedelta(0)), ("changed", _COPIED)):
        known = {name: time for name in names if (time := getattr(pulls[name], kind)) is not None}
        order = sorted(known, key=lambda name: known[name])
        gaps = [known[later] - known[earlier] for earlier, later in pairwise(order)]
        if len(order) == len(names) and all(gap > apart for gap in gaps):
            return {name: place for place, name in enumerate(order)}
    return None


def _of_one_report(
    table: AdDaysTable, ad_day: Ints, mine: Bools, codes: Sequence[int], pulls: Sequence[Pull]
) -> bool:
    """Whether files have the same columns, and each two of them mostly the same ads on the days that they share."""
    if len({one.columns for one in pulls}) > 1:
        return False
    days: list[dict[date, set[int]]] = []
    for code in codes:
        rows = np.flatnonzero(mine & (table.files.codes == code)).tolist()
        held: dict[date, set[int]] = {}
        for row in rows:
            held.setdefault(table.first[row], set()).add(int(ad_day[row]))
        days.append(held)
    for one, other in combinations(days, 2):
        shared = one.keys() & other.keys()
        here, there = (set().union(*(held[day] for day in shared)) for held in (one, other))
        if shared and len(here & there) < _SHARED * min(len(here), len(there)):
            return False
    return True
