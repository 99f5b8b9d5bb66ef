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

_EVER: Final = (date.min, date.max)  # a row without days may be about any
_KEEP_ONE: Final = "keep the newer of the two files, with all columns in it"
_NAME_PART: Final = (
    "name the column that tells them apart under [breakdowns] of a mapping file (docs/exports.md)"
)
_ONE_PERIOD: Final = "keep one of them: the days or their total"
_ONE_BREAKDOWN: Final = "keep one of them: a breakdown, another, or none"
_ADD_ID: Final = "export both with the ad's id"
_SPLIT: Final = "report them apart, or export them alike"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdDays:
    """What one row is about: whose ad, which days, which part; and where it stands.

    The ad is its platform with its id, or else with its name and where that stands, for one name may stand in several ad
    sets; or else with its video, its UTM content, its file name.
    """

    place: Place
    ad: tuple[str, ...]
    name: str | None
    first: date
    last: date
    breakdown: str | None

    @property
    def about(self) -> tuple[object, ...]:
        """Two rows with the same are about the same."""
        return (self.ad, self.first, self.last, self.breakdown)

    @property
    def detail(self) -> int:
        """How closely the ad is told: by its id, by its name and place, or by its name alone."""
        return 2 if self.has_id else 1 if any(self.ad[3:]) else 0

    @property
    def has_id(self) -> bool:
        """Whether the ad is told by its own id."""
        return self.ad[1] == "ad_id"

    @property
    def kinds(self) -> str:
        """What it is broken down by: `age,gender`."""
        return ",".join(part.split("=")[0] for part in self.breakdown.split("; ")) if self.breakdown else ""

    @property
    def days(self) -> str:
        """For people."""
        if (self.first, self.last) == _EVER:
            return "no days told"
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"

    def meets(self, other: "AdDays") -> bool:
        """Whether they share a day."""
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        return f"the ad {quoted(self.ad[2])}"


def ad_days_of(frame: pd.DataFrame) -> list[AdDays]:
    """What each row of a results frame is about."""
    places = zip(frame["source_file"], frame["source_row"], strict=True)
    wheres = zip(*(frame[name] for name in ("account", "campaign_name", "adset_name")), strict=True)
    identities = zip(*(frame[name] for name in IDENTITY), strict=True)
    days = zip(frame["date_start"], frame["date_end"], strict=True)
    ads = [_ad(*one) for one in zip(frame["platform"], wheres, identities, strict=True)]
    parts = zip(ads, places, days, _parts(frame, ads), frame["ad_name"], strict=True)
    return [
        AdDays(
            place=Place(file, int(row)),
            ad=ad,
            name=name,
            first=first or _EVER[0],
            last=last or _EVER[1],
            breakdown=part,
        )
        for ad, (file, row), (first, last), part, name in parts
    ]


def _parts(frame: pd.DataFrame, ads: Sequence[tuple[str, ...]]) -> Iterator[str | None]:
    """The breakdown of each row; the clips of an ad that shows several are parts of it too."""
    clips: dict[tuple[str, ...], set[str]] = {}
    for ad, clip in zip(ads, frame["platform_video_id"], strict=True):
        if clip:
            clips.setdefault(ad, set()).add(clip)
    for ad, clip, breakdown in zip(ads, frame["platform_video_id"], frame["breakdown"], strict=True):
        several = clip and len(clips[ad]) > 1
        yield "; ".join(filter(None, [breakdown, f"video={clip}"])) if several else breakdown


def _ad(platform: str, where: Sequence[str | None], identity: Sequence[str | None]) -> tuple[str, ...]:
    told = (pair for pair in zip(IDENTITY, identity, strict=True) if pair[1])
    field, value = next(told, ("", None))
    place = () if field == "ad_id" else tuple(part or "" for part in where)
    return (platform, field, value or "", *place)


def repetitions(frame: pd.DataFrame, lines: Sequence[AdDays]) -> npt.NDArray[np.bool_]:
    """Which rows say again what an earlier one said: about the same, the same numbers.

    Rows of one file with a name only may be several ads': the second of them repeats the second of another file.
    """
    same = frame[list(COUNT_NAMES)].assign(about=pd.Series([line.about for line in lines], dtype="object"))
    same["file"] = pd.Series(["" if line.has_id else line.place.file for line in lines], dtype="object")
    nth = same.groupby(list(same.columns), sort=False, dropna=False).cumcount()
    known = pd.Series([line.has_id for line in lines], dtype=bool)
    return same.drop(columns="file").assign(nth=nth.where(~known, 0)).duplicated().to_numpy()


def contradictions(frame: pd.DataFrame, lines: Sequence[AdDays]) -> Iterator[Problem]:
    """About the same, other numbers. Rows of one file with a name only may be several ads'."""
    counts = frame[list(COUNT_NAMES)].to_numpy(dtype=np.float64)
    seen: dict[tuple[object, ...], int] = {}
    for row, line in enumerate(lines):
        earlier = seen.setdefault(line.about, row)
        in_one_file = lines[earlier].place.file == line.place.file
        if earlier != row and (line.has_id or not in_one_file):
            told = _difference(counts[row], counts[earlier])
            reason = f"{line} has other numbers in {lines[earlier].place}: {told}"
            yield Problem(line.place, reason, _NAME_PART if in_one_file else _KEEP_ONE)


def _difference(here: npt.NDArray[np.float64], there: npt.NDArray[np.float64]) -> str:
    differs = ~((here == there) | (np.isnan(here) & np.isnan(there)))
    first = int(np.flatnonzero(differs)[0])
    return f"{COUNT_NAMES[first]} {_number(here[first])} here, {_number(there[first])} there"


def _number(value: float) -> str:
    return "not told" if math.isnan(value) else f"{value:,.10g}"


def overlaps(lines: Sequence[AdDays]) -> Iterator[Problem]:
    """Days of one ad that stand in two periods (a day and its month), or are broken down in two ways."""
    periods: dict[tuple[tuple[str, ...], date, date, str], AdDays] = {}
    for line in lines:
        periods.setdefault((line.ad, line.first, line.last, line.kinds), line)
    longest: AdDays | None = None  # of the ad's periods so far, the one that ends last
    for _, line in sorted(periods.items(), key=lambda item: item[0]):
        if longest and longest.ad == line.ad:
            if line.first <= longest.last:
                yield _overlap(line, longest)
            longest = line if line.last > longest.last else longest
        else:
            longest = line


def _overlap(line: AdDays, earlier: AdDays) -> Problem:
    if line.kinds != earlier.kinds:
        reason = f"{line} is broken down in another way in {earlier.place}, for the same days"
        return Problem(line.place, reason, _ONE_BREAKDOWN)
    reason = f"days of {line} ({line.days}) stand in {earlier.place} too ({earlier.days})"
    return Problem(line.place, reason, _ONE_PERIOD)


def twins(lines: Sequence[AdDays]) -> Iterator[Problem]:
    """Rows that tell an ad by its name whose days another row tells of an ad of that name more closely."""
    if len({line.detail for line in lines}) < 2:
        return
    closer: dict[tuple[str, str], list[AdDays]] = {}
    for line in lines:
        if line.name and line.detail:
            closer.setdefault((line.ad[0], line.name), []).append(line)
    for line in lines:
        if not line.name or line.has_id:
            continue
        others = closer.get((line.ad[0], line.name), ())
        twin = next((other for other in others if other.detail > line.detail and line.meets(other)), None)
        if twin:
            reason = (
                f"the ad {quoted(line.name)} may be the one in {twin.place}, which is told more closely there"
            )
            yield Problem(line.place, reason, _ADD_ID)


def mixtures(frame: pd.DataFrame, lines: Sequence[AdDays]) -> Iterator[Problem]:
    """Currencies and attributions that differ on one platform: their sums would mean nothing."""
    for column in ("currency", "attribution"):
        seen: dict[str, dict[str, list[AdDays]]] = {}
        for line, value in zip(lines, frame[column], strict=True):
            if value:
                seen.setdefault(line.ad[0], {}).setdefault(value, []).append(line)
        for platform, by_value in seen.items():
            for value, rows in by_value.items() if len(by_value) > 1 else ():
                others = ", ".join(quoted(other) for other in by_value if other != value)
                reason = f"{column} is {quoted(value)} here and in {len(rows) - 1} more rows of {platform}, elsewhere {others}"
                yield Problem(rows[0].place, reason, _SPLIT)
