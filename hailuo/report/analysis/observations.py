"""What one platform counted, per creative and per day: sums only, never an average of rates.

A count that a row does not have is unknown, not zero, and such a row is left out of top and bottom alike: clicks of one
file are never divided by impressions of two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from hailuo.report.metrics import COUNT_NAMES, COUNTS, HOOK_COUNTS, AdPlatform, Count

_AD: Final = ["ad_id", "ad_name", "platform_video_id", "utm_content", "file_name", "creative_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Groups:
    """The group of each row (-1: a key is unknown), and the keys of each group, sorted."""

    codes: npt.NDArray[np.int64]
    keys: Mapping[str, npt.NDArray[np.object_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One platform's matched rows: `creative_id`, `ad`, their dates, `day` (None where that is several), and the counts.
    `currency` is None where no row has one, or rows have several. `groups` keeps what `sums` of other counts need too.
    """

    platform: AdPlatform
    currency: str | None
    rows: pd.DataFrame
    groups: dict[tuple[str, ...], _Groups] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    @property
    def ids(self) -> list[str]:
        """The creatives that have a row, sorted."""
        return sorted(self.rows["creative_id"].unique())

    @property
    def hook(self) -> str:
        """What the platform counts that is called hook here."""
        count = HOOK_COUNTS[self.platform]
        return COUNTS[count] if count else ""

    def total(self, count: Count) -> float:
        """The sum over all rows, 0 where no row has it."""
        return float(self.rows[count.value].sum())

    def has(self, count: Count) -> bool:
        """Whether any row has it."""
        return bool(self.rows[count.value].notna().any())

    def scaled(self, count: Count, factor: float) -> "Observed":
        """The same with one count in another unit."""
        rows = self.rows.assign(**{count.value: self.rows[count.value] * factor})
        found = replace(self, rows=rows)
        found.groups.update(self.groups)  # the same rows, so the same groups
        return found

    def totals(self) -> pd.DataFrame:
        """One row per creative: every count summed (NaN: unknown), `ads` and `days`. Reach only of a single row."""
        grouped = self.rows.groupby("creative_id", sort=True)
        sums = grouped[list(COUNT_NAMES)].sum(min_count=1)
        sums.loc[grouped.size() > 1, Count.REACH.value] = np.nan
        covered: dict[str, set[int]] = {name: set() for name in self.ids}
        dated = self.rows[["creative_id", "date_start", "date_end"]].dropna().drop_duplicates()
        for name, first, last in dated.itertuples(index=False):
            covered[name].update(range(first.toordinal(), last.toordinal() + 1))
        days = pd.Series({name: len(days) for name, days in covered.items()}, dtype=int)
        return sums.assign(ads=grouped["ad"].nunique(), days=days)

    def sums(self, top: Count, bottom: Count) -> pd.DataFrame:
        """`top` and `bottom` per creative, over the rows that have both; creatives without such a row are absent."""
        return self._summed(top, bottom, by=("creative_id",))

    def ad_days(self, top: Count, bottom: Count) -> pd.DataFrame:
        """The same per creative, ad and day, breakdowns summed; without the rows that cover several days."""
        return self._summed(top, bottom, by=("creative_id", "ad", "day"))

    def ads(self, top: Count, bottom: Count) -> pd.DataFrame:
        """The same per creative and ad."""
        return self._summed(top, bottom, by=("creative_id", "ad"))

    def _summed(self, top: Count, bottom: Count, *, by: tuple[str, ...]) -> pd.DataFrame:
        if by not in self.groups:
            self.groups[by] = _groups(self.rows, list(by))
        groups = self.groups[by]
        tops, bottoms = (self.rows[count.value].to_numpy(dtype=float) for count in (top, bottom))
        known = (groups.codes >= 0) & ~np.isnan(tops) & ~np.isnan(bottoms)
        codes, size = groups.codes[known], len(groups.keys[by[0]])
        there = np.flatnonzero(np.bincount(codes, minlength=size))
        columns: dict[str, npt.NDArray[Any]] = {name: keys[there] for name, keys in groups.keys.items()}
        columns["top"] = np.bincount(codes, tops[known], size)[there]
        columns["bottom"] = np.bincount(codes, bottoms[known], size)[there]
        return pd.DataFrame(columns)


def _groups(rows: pd.DataFrame, by: list[str]) -> _Groups:
    codes = np.asarray(rows.groupby(by, sort=True).ngroup().fillna(-1), dtype=np.int64)
    there = np.flatnonzero(codes >= 0)
    _, first = np.unique(codes[there], return_index=True)
    keys = {name: rows[name].to_numpy(dtype=object)[there[first]] for name in by}
    return _Groups(codes=codes, keys=keys)


def observe(joined: pd.DataFrame) -> tuple[Observed, ...]:
    """The matched rows of a joined frame by platform, most spend first, then most impressions."""
    # Sums of floats depend on their order; what is found must not.
    matched = joined[joined["creative_id"].notna()].sort_values(["source_file", "source_row"])
    found = [_observed(AdPlatform(str(name)), rows) for name, rows in matched.groupby("platform", sort=True)]
    return tuple(
        sorted(found, key=lambda one: (-one.total(Count.SPEND), -one.total(Count.IMPRESSIONS), one.platform))
    )


def _observed(platform: AdPlatform, rows: pd.DataFrame) -> Observed:
    first, currencies = rows["date_start"], rows["currency"].dropna().unique()
    day = first.where((first == rows["date_end"]) & first.notna(), None)
    # Which ad a row is of: its id, else the best name that the export gives.
    names = rows.reindex(columns=_AD).astype(object).bfill(axis="columns")
    counts = rows[list(COUNT_NAMES)].astype(float)
    return Observed(
        platform=platform,
        currency=str(currencies[0]) if len(currencies) == 1 else None,
        rows=counts.assign(
            creative_id=rows["creative_id"].astype(str),
            ad=names.iloc[:, 0].astype(str),
            day=day.astype(object),
            date_start=first,
            date_end=rows["date_end"],
            breakdown=rows.get("breakdown"),
        ).reset_index(drop=True),
    )
