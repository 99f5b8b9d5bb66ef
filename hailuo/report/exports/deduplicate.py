"""What would be counted twice: the same ad and days in two rows, overlapping days, one day broken down in two ways."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from hailuo.errors import Place, Problem
from hailuo.report.cells import Bools, Ints, ValueColumn, earliest, groups, together
from hailuo.report.exports.fields import IDENTITY
from hailuo.report.metrics import COUNT_NAMES, Count
from hailuo.text import quoted

_CAMPAIGN: Final = ("account", "campaign_name", "adset_name")
_OTHERS: Final = ("platform", "breakdown", "date_start", "date_end", "source_file")
_MOST: Final = 0.5  # of a platform's rows
_ANY_DAYS: Final = (date.min, date.max)  # of a row without days


@dataclass(frozen=True, slots=True, kw_only=True)
class AdDays:
    """What one row is about: which ad, which days, which part; and its place.

    `ad` is the platform with the ad's id; or else with its name, account, campaign and ad set, for several ad sets may
    have an ad of one name; or else with its video, its UTM content, its file name.
    """

    place: Place
    ad: tuple[str, ...]
    name: str | None
    first: date
    last: date
    breakdown: str | None

    @property
    def has_id(self) -> bool:
        """Whether the ad is known by its own id."""
        return has_id(self.ad)

    @property
    def detail(self) -> int:
        """How well the ad is identified: 2 by its id, 1 by its name with its campaign, 0 by its name alone."""
        return detail_of(self.ad)

    @property
    def kinds(self) -> str:
        """The names of its breakdowns: `age,gender`."""
        return kinds_of(self.breakdown)

    @property
    def days(self) -> str:
        """The range for a message."""
        if (self.first, self.last) == _ANY_DAYS:
            return "without days"
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"

    def __str__(self) -> str:
        return f"the ad {quoted(self.ad[2])}"


def has_id(ad: tuple[str, ...]) -> bool:
    """Whether an ad is known by its own id."""
    return ad[1] == "ad_id"


def detail_of(ad: tuple[str, ...]) -> int:
    """How well an ad is identified, as `AdDays.detail`."""
    return 2 if has_id(ad) else 1 if any(ad[3:]) else 0


def kinds_of(breakdown: str | None) -> str:
    """The names in a breakdown: `age,gender`."""
    return ",".join(part.split("=")[0] for part in breakdown.split("; ")) if breakdown else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdDaysTable:
    """What every row of a frame is about, by column; `table[row]` is one of them."""

    files: ValueColumn[str]
    lines: Ints
    ad: ValueColumn[tuple[str, ...]]
    name: ValueColumn[str | None]
    first: ValueColumn[date]
    last: ValueColumn[date]
    breakdown: ValueColumn[str | None]

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, row: int) -> AdDays:
        return AdDays(
            place=self.place(row),
            ad=self.ad[row],
            name=self.name[row],
            first=self.first[row],
            last=self.last[row],
            breakdown=self.breakdown[row],
        )

    def place(self, row: int) -> Place:
        """The row's file and line."""
        return Place(self.files[row], int(self.lines[row]))

    def about(self) -> Ints:
        """A number for each row: equal for two rows about the same."""
        return groups([self.ad, self.first, self.last, self.breakdown], len(self))


def ad_days_of(frame: pd.DataFrame) -> AdDaysTable:
    """What each row of a results frame is about; the clips of an ad that shows several are parts of it."""
    rows = len(frame)
    column = {name: ValueColumn.of(frame[name].to_numpy()) for name in (*_CAMPAIGN, *IDENTITY, *_OTHERS)}
    ad = together([column[name] for name in ("platform", *_CAMPAIGN, *IDENTITY)], rows).map(_ad)
    clip = column["platform_video_id"]
    clips: dict[tuple[str, ...], set[str]] = {}
    for one, shown in together([ad, clip], rows).distinct:
        clips.setdefault(one, set()).update({shown} if shown else ())

    def part(cells: tuple[Any, ...]) -> str | None:
        one, shown, breakdown = cells
        has_several = shown and len(clips[one]) > 1
        return "; ".join(filter(None, [breakdown, f"video={shown}" if has_several else None])) or None

    return AdDaysTable(
        files=column["source_file"],
        lines=frame["source_row"].to_numpy(),
        ad=ad,
        name=column["ad_name"],
        first=column["date_start"].map(lambda day: day or _ANY_DAYS[0]),
        last=column["date_end"].map(lambda day: day or _ANY_DAYS[1]),
        breakdown=together([ad, clip, column["breakdown"]], rows).map(part),
    )


def _ad(cells: tuple[Any, ...]) -> tuple[str, ...]:
    platform, campaign, identity = cells[0], cells[1:4], zip(IDENTITY, cells[4:], strict=True)
    field, value = next((pair for pair in identity if pair[1]), ("", ""))
    return (platform, field, value, *([] if field == "ad_id" else [part or "" for part in campaign]))


def repetitions(frame: pd.DataFrame, table: AdDaysTable) -> Bools:
    """True for each row that repeats an earlier one: about the same, the same numbers.

    Rows of one file without an ad id may be several ads': the second of them repeats the second of another file.
    """
    about = table.about()
    found = np.zeros(len(frame), dtype=np.bool_)
    shared = np.flatnonzero((np.bincount(about) > 1)[about] if len(about) else found)
    known = table.ad.where(has_id)[shared]
    same = frame.loc[shared, list(COUNT_NAMES)].assign(about=about[shared])
    same["file"] = np.where(known, -1, table.files.codes[shared])
    nth = same.groupby(list(same.columns), sort=False, dropna=False).cumcount()
    again = same.drop(columns="file").assign(nth=nth.where(~known, 0)).duplicated()
    found[shared] = again.to_numpy()
    return found


def contradictions(frame: pd.DataFrame, table: AdDaysTable) -> Iterator[Problem]:
    """Rows about the same with other numbers. Rows of one file without an ad id may be several ads'."""
    before = earliest(table.about())
    in_one_file = table.files.codes[before] == table.files.codes
    other = (before != np.arange(len(table))) & ~(in_one_file & ~table.ad.where(has_id))
    for row in np.flatnonzero(other).tolist():
        earlier = int(before[row])
        counts = frame.loc[[row, earlier], list(COUNT_NAMES)].to_numpy(dtype=np.float64)
        differs = ~np.isclose(counts[0], counts[1], rtol=0, atol=0, equal_nan=True)
        if not differs.any():  # one more ad of that name, with the same numbers
            continue
        count = int(np.flatnonzero(differs)[0])
        here, there = map(_number, counts[:, count])
        reason = (
            f"{table[row]} has other numbers in {table.place(earlier)}: "
            f"{COUNT_NAMES[count]} {here} here, {there} there"
        )
        remedy = "keep the newer of the two files, with all columns in it"
        if in_one_file[row]:
            remedy = "name the column that separates them under [breakdowns] of a mapping file (docs/reference/exports.md)"
        yield Problem(table.place(row), reason, remedy)


def _number(value: float) -> str:
    return "no value" if math.isnan(value) else f"{value:,.10g}"


def overlaps(table: AdDaysTable) -> Iterator[Problem]:
    """Days of one ad that are in two periods (a day and its month), or are broken down in two ways."""
    kinds = table.breakdown.map(kinds_of)
    period = earliest(groups([table.ad, table.first, table.last, kinds], len(table)))
    periods = np.flatnonzero(period == np.arange(len(table)))
    begins, ends = (days.map(date.toordinal).array(np.int64)[periods] for days in (table.first, table.last))
    ads = table.ad.codes[periods].astype(np.int64)
    order = np.lexsort((ends, begins, ads))
    begins, ends, ads = begins[order], ends[order], ads[order]
    ends_so_far = np.maximum.accumulate(ads * date.max.toordinal() + ends) - ads * date.max.toordinal()
    meets = (ads[1:] == ads[:-1]) & (begins[1:] <= ends_so_far[:-1])
    affected = periods[np.isin(table.ad.codes[periods], ads[1:][meets])]
    lines = sorted(
        (table[row] for row in affected.tolist()), key=lambda one: (one.ad, one.first, one.last, one.kinds)
    )
    longest: AdDays | None = None  # of the ad's periods so far, the one that ends last
    for line in lines:
        if longest is None or longest.ad != line.ad:
            longest = line
            continue
        if line.first <= longest.last and line.kinds != longest.kinds:
            reason = f"{line} is broken down in another way in {longest.place}, for the same days"
            yield Problem(line.place, reason, "keep one of them: a breakdown, another, or none")
        elif line.first <= longest.last:
            reason = f"days of {line} ({line.days}) are in {longest.place} too ({longest.days})"
            yield Problem(line.place, reason, "keep one of them: the days or their total")
        longest = max(longest, line, key=lambda period: period.last)


def twins(table: AdDaysTable) -> Iterator[Problem]:
    """Rows that name an ad which another row of the same days identifies better (by its id, or with its campaign)."""
    platform: ValueColumn[str | None] = table.ad.map(lambda ad: ad[0])
    detail: ValueColumn[Any] = table.ad.map(detail_of)
    named: ValueColumn[Any] = together([platform, table.name], len(table)).map(lambda one: one)
    details: dict[tuple[str, str | None], set[int]] = {}
    for name, known in together([named, detail], len(table)).distinct:
        details.setdefault(name, set()).add(known)
    several = np.flatnonzero(named.where(lambda one: bool(one[1]) and len(details[one]) > 1))
    same: dict[tuple[str, str | None], list[int]] = {}
    for row in several.tolist():
        same.setdefault(named[row], []).append(row)
    for rows in same.values():
        yield from _twins_of([table[row] for row in rows])


def _twins_of(lines: Sequence[AdDays]) -> Iterator[Problem]:
    """The twins among rows of one name; each row is compared with the days of the better identified ones."""
    for detail in {line.detail for line in lines if not line.has_id}:
        better = sorted((line for line in lines if line.detail > detail), key=lambda one: one.first)
        begins = np.array([one.first.toordinal() for one in better], dtype=np.int64)
        ends = np.maximum.accumulate(np.array([one.last.toordinal() for one in better], dtype=np.int64))
        for line in (one for one in lines if one.detail == detail):
            before = int(np.searchsorted(begins, line.last.toordinal(), side="right"))
            if before and ends[before - 1] >= line.first.toordinal():
                others = (one for one in lines if one.detail > detail)
                twin = next(one for one in others if line.first <= one.last and one.first <= line.last)
                ad = quoted(str(line.name))
                reason = f"the ad {ad} may be the one in {twin.place}, which is identified better there"
                yield Problem(line.place, reason, "export both with the ad's id")


def mixtures(frame: pd.DataFrame, table: AdDaysTable) -> Iterator[Problem]:
    """Currencies that differ on one platform: their sums would mean nothing."""
    for platform, values in frame["currency"].groupby(frame["platform"], sort=False):
        rows = values[values.astype(bool)]
        for value, same in rows.groupby(rows, sort=False) if rows.nunique() > 1 else ():
            others = ", ".join(quoted(other) for other in rows.unique() if other != value)
            reason = (
                f"currency is {quoted(value)} here and in {len(same) - 1} more rows of {platform}, "
                f"elsewhere {others}"
            )
            yield Problem(table.place(same.index[0]), reason, "report them apart, or export them alike")


def set_apart(frame: pd.DataFrame) -> tuple[Bools, dict[str, dict[str, int]]]:
    """True for each row in another currency than most of its platform's rows, and their numbers by platform and currency.

    Where no currency has more than half of the rows, none are set apart: then it is open which are meant.
    """
    found = np.zeros(len(frame), dtype=np.bool_)
    numbers: dict[str, dict[str, int]] = {}
    for platform, values in frame["currency"].groupby(frame["platform"], sort=False):
        rows = values[values.astype(bool)]
        shares = rows.value_counts(normalize=True)
        if len(shares) > 1 and shares.iloc[0] > _MOST:
            foreign = rows[rows != shares.index[0]]
            found[foreign.index.to_numpy()] = True
            numbers[str(platform)] = {str(one): int(count) for one, count in foreign.value_counts().items()}
    return found, numbers


def mixed_conversions(frame: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Platform -> what its rows count as conversions, where that differs: `Results` of several kinds."""
    found: dict[str, tuple[str, ...]] = {}
    counted = frame[frame[Count.CONVERSIONS.value] > 0]
    for platform, values in counted["conversion"].groupby(counted["platform"], sort=False):
        names = sorted(values.fillna("purchases").unique())
        if len(names) > 1:
            found[str(platform)] = tuple(names)
    return found


def mixed_attributions(frame: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Platform -> its attribution settings, where its rows have several: conversions counted so cannot be compared."""
    found: dict[str, tuple[str, ...]] = {}
    for platform, values in frame["attribution"].groupby(frame["platform"], sort=False):
        names = sorted(values[values.astype(bool)].unique())
        if len(names) > 1:
            found[str(platform)] = tuple(names)
    return found
