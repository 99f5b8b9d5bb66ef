"""What would be counted twice: the same ad and days in two rows, overlapping days, one day broken down in two ways."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from hailuo.errors import Place, Problem
from hailuo.report.exports.fields import IDENTITY
from hailuo.report.metrics import COUNT_NAMES
from hailuo.text import quoted

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
    def about(self) -> tuple[object, ...]:
        """Equal for two rows about the same."""
        return (self.ad, self.first, self.last, self.breakdown)

    @property
    def has_id(self) -> bool:
        """Whether the ad is known by its own id."""
        return self.ad[1] == "ad_id"

    @property
    def detail(self) -> int:
        """How well the ad is identified: 2 by its id, 1 by its name with its campaign, 0 by its name alone."""
        return 2 if self.has_id else 1 if any(self.ad[3:]) else 0

    @property
    def kinds(self) -> str:
        """The names of its breakdowns: `age,gender`."""
        return ",".join(part.split("=")[0] for part in self.breakdown.split("; ")) if self.breakdown else ""

    @property
    def days(self) -> str:
        """The range for a message."""
        if (self.first, self.last) == _ANY_DAYS:
            return "without days"
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"

    def __str__(self) -> str:
        return f"the ad {quoted(self.ad[2])}"


def ad_days_of(frame: pd.DataFrame) -> list[AdDays]:
    """What each row of a results frame is about; the clips of an ad that shows several are parts of it."""
    ads: list[tuple[str, ...]] = []
    for platform, *rest in frame[
        ["platform", "account", "campaign_name", "adset_name", *IDENTITY]
    ].to_numpy():
        campaign, identity = rest[:3], zip(IDENTITY, rest[3:], strict=True)
        field, value = next((pair for pair in identity if pair[1]), ("", ""))
        ads.append((platform, field, value, *([] if field == "ad_id" else [part or "" for part in campaign])))
    clips: dict[tuple[str, ...], set[str]] = {}
    for ad, clip in zip(ads, frame["platform_video_id"], strict=True):
        clips.setdefault(ad, set()).update({clip} if clip else ())
    places, days = ("source_file", "source_row"), ("date_start", "date_end")
    rows = frame[[*places, "ad_name", *days, "breakdown", "platform_video_id"]].itertuples(index=False)
    found = []
    for ad, row in zip(ads, rows, strict=True):
        file, line, name, first, last, breakdown, clip = row
        if clip and len(clips[ad]) > 1:
            breakdown = "; ".join(filter(None, [breakdown, f"video={clip}"]))
        found.append(
            AdDays(
                place=Place(file, int(line)),
                ad=ad,
                name=name,
                first=first or _ANY_DAYS[0],
                last=last or _ANY_DAYS[1],
                breakdown=breakdown,
            )
        )
    return found


def repetitions(frame: pd.DataFrame, lines: Sequence[AdDays]) -> npt.NDArray[np.bool_]:
    """True for each row that repeats an earlier one: about the same, the same numbers.

    Rows of one file without an ad id may be several ads': the second of them repeats the second of another file.
    """
    same = frame[list(COUNT_NAMES)].assign(about=pd.Series([line.about for line in lines], dtype="object"))
    same["file"] = pd.Series(["" if line.has_id else line.place.file for line in lines], dtype="object")
    nth = same.groupby(list(same.columns), sort=False, dropna=False).cumcount()
    known = pd.Series([line.has_id for line in lines], dtype=bool)
    return same.drop(columns="file").assign(nth=nth.where(~known, 0)).duplicated().to_numpy()


def contradictions(frame: pd.DataFrame, lines: Sequence[AdDays]) -> Iterator[Problem]:
    """Rows about the same with other numbers. Rows of one file without an ad id may be several ads'."""
    counts = frame[list(COUNT_NAMES)].to_numpy(dtype=np.float64)
    seen: dict[tuple[object, ...], int] = {}
    for row, line in enumerate(lines):
        earlier = seen.setdefault(line.about, row)
        in_one_file = lines[earlier].place.file == line.place.file
        if earlier == row or (in_one_file and not line.has_id):
            continue
        differs = ~np.isclose(counts[row], counts[earlier], rtol=0, atol=0, equal_nan=True)
        count = int(np.flatnonzero(differs)[0])
        here, there = (_number(counts[one, count]) for one in (row, earlier))
        reason = (
            f"{line} has other numbers in {lines[earlier].place}: "
            f"{COUNT_NAMES[count]} {here} here, {there} there"
        )
        remedy = "keep the newer of the two files, with all columns in it"
        if in_one_file:
            remedy = (
                "name the column that separates them under [breakdowns] of a mapping file (docs/exports.md)"
            )
        yield Problem(line.place, reason, remedy)


def _number(value: float) -> str:
    return "no value" if math.isnan(value) else f"{value:,.10g}"


def overlaps(lines: Sequence[AdDays]) -> Iterator[Problem]:
    """Days of one ad that are in two periods (a day and its month), or are broken down in two ways."""
    periods: dict[tuple[tuple[str, ...], date, date, str], AdDays] = {}
    for line in lines:
        periods.setdefault((line.ad, line.first, line.last, line.kinds), line)
    longest: AdDays | None = None  # of the ad's periods so far, the one that ends last
    for _, line in sorted(periods.items(), key=lambda item: item[0]):
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


def twins(lines: Sequence[AdDays]) -> Iterator[Problem]:
    """Rows that name an ad which another row of the same days identifies better (by its id, or with its campaign)."""
    better: dict[tuple[str, str], list[AdDays]] = {}
    for line in lines:
        if line.name and line.detail:
            better.setdefault((line.ad[0], line.name), []).append(line)
    for line in lines:
        if not line.name or line.has_id:
            continue
        others = (one for one in better.get((line.ad[0], line.name), ()) if one.detail > line.detail)
        same_days = (one for one in others if line.first <= one.last and one.first <= line.last)
        if twin := next(same_days, None):
            ad = quoted(line.name)
            reason = f"the ad {ad} may be the one in {twin.place}, which is identified better there"
            yield Problem(line.place, reason, "export both with the ad's id")


def mixtures(frame: pd.DataFrame, lines: Sequence[AdDays]) -> Iterator[Problem]:
    """Currencies and attributions that differ on one platform: their sums would mean nothing."""
    for column in ("currency", "attribution"):
        for platform, values in frame[column].groupby(frame["platform"], sort=False):
            rows = values[values.astype(bool)]
            for value, same in rows.groupby(rows, sort=False) if rows.nunique() > 1 else ():
                others = ", ".join(quoted(other) for other in rows.unique() if other != value)
                reason = (
                    f"{column} is {quoted(value)} here and in {len(same) - 1} more rows of {platform}, "
                    f"elsewhere {others}"
                )
                yield Problem(lines[same.index[0]].place, reason, "report them apart, or export them alike")
