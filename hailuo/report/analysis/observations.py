"""What one platform counted, per creative and per day, ready to be judged: sums only, never an average of rates.

A count that a row does not tell is unknown, not none, and such a row is left out of top and bottom alike: clicks of
one file are never divided by impressions of two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from hailuo.report.metrics import COUNT_NAMES, HOLD_COUNTS, HOOK_COUNTS, METRICS, AdPlatform, Count, Metric

_AD: Final = ("ad_id", "ad_name", "platform_video_id", "utm_content", "file_name", "creative_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One platform's matched rows: `creative_id`, `ad`, their span, `day` (None where that is several), and the counts.
    `currency` is None where no row tells it, or rows tell several.
    """

    platform: AdPlatform
    currency: str | None
    rows: pd.DataFrame

    @property
    def ids(self) -> list[str]:
        """The creatives that have a row, sorted."""
        return sorted(self.rows["creative_id"].unique())

    @property
    def spend(self) -> float:
        """What the platform charged for them, 0 where it does not tell."""
        return float(self.rows[Count.SPEND.value].sum())

    @property
    def impressions(self) -> float:
        """Times they were shown, 0 where the platform does not tell."""
        return float(self.rows[Count.IMPRESSIONS.value].sum())

    def scaled(self, count: Count, factor: float) -> "Observed":
        """The same with one count in another unit."""
        rows = self.rows.assign(**{count.value: self.rows[count.value] * factor})
        return replace(self, rows=rows)

    def totals(self) -> pd.DataFrame:
        """One row per creative: every count summed (NaN: not told), `ads` and `days`. Reach only of a single row."""
        grouped = self.rows.groupby("creative_id", sort=True)
        sums = grouped[list(COUNT_NAMES)].sum(min_count=1)
        sums.loc[grouped.size() > 1, Count.REACH.value] = np.nan
        return sums.assign(ads=grouped["ad"].nunique(), days=_days_covered(self.rows))

    def told(self, count: Count) -> bool:
        """Whether any row tells it."""
        return bool(self.rows[count.value].notna().any())

    def sums(self, top: Count, bottom: Count) -> pd.DataFrame:
        """`top` and `bottom` per creative, over the rows that tell both; creatives without such a row are absent."""
        return self._summed(top, bottom, by=["creative_id"], of=self.rows)

    def ad_days(self, top: Count, bottom: Count) -> pd.DataFrame:
        """The same per creative, ad and day, breakdowns summed; without the rows that span several days."""
        return self._summed(top, bottom, by=["creative_id", "ad", "day"], of=self.rows.dropna(subset=["day"]))

    def ads(self, top: Count, bottom: Count) -> pd.DataFrame:
        """The same per creative and ad."""
        return self._summed(top, bottom, by=["creative_id", "ad"], of=self.rows)

    @staticmethod
    def _summed(top: Count, bottom: Count, *, by: Sequence[str], of: pd.DataFrame) -> pd.DataFrame:
        both = of.dropna(subset=[top.value, bottom.value])
        summed = both.groupby(list(by), sort=True)[[top.value, bottom.value]].sum()
        return summed.set_axis(["top", "bottom"], axis="columns").reset_index()


def observe(joined: pd.DataFrame) -> tuple[Observed, ...]:
    """The matched rows of a joined frame by platform, most spend first, then most impressions."""
    # Sums of floats depend on their order; what is found must not.
    matched = joined[joined["creative_id"].notna()].sort_values(["source_file", "source_row"])
    found = [
        Observed(platform=AdPlatform(str(name)), currency=_currency(rows), rows=_rows(rows))
        for name, rows in matched.groupby("platform", sort=True)
    ]
    return tuple(sorted(found, key=lambda one: (-one.spend, -one.impressions, one.platform)))


def counts_of(metric: Metric, platform: AdPlatform) -> tuple[Count, Count] | None:
    """Top and bottom of a metric on a platform; None where the platform counts nothing of the kind."""
    spec = METRICS[metric]
    match metric:
        case Metric.HOLD:
            return HOLD_COUNTS[platform]
        case Metric.HOOK:
            top = HOOK_COUNTS[platform]
        case _:
            top = spec.top
    return None if top is None or spec.bottom is None else (top, spec.bottom)


def _rows(rows: pd.DataFrame) -> pd.DataFrame:
    counts = rows[list(COUNT_NAMES)].astype(float)
    first = rows["date_start"]
    day = first.where((first == rows["date_end"]) & first.notna(), None)
    return counts.assign(
        creative_id=rows["creative_id"].astype(str),
        ad=_ad(rows),
        day=day.astype(object),
        date_start=first,
        date_end=rows["date_end"],
    ).reset_index(drop=True)


def _days_covered(rows: pd.DataFrame) -> pd.Series:
    """Days per creative that some row covers, a span with all its days; 0 without dates."""
    covered: dict[str, set[int]] = {name: set() for name in rows["creative_id"].unique()}
    spans = rows[["creative_id", "date_start", "date_end"]].dropna().drop_duplicates()
    for name, first, last in spans.itertuples(index=False):
        covered[name].update(range(first.toordinal(), last.toordinal() + 1))
    return pd.Series({name: len(days) for name, days in covered.items()}, dtype=int)


def _currency(rows: pd.DataFrame) -> str | None:
    told = rows["currency"].dropna().unique()
    return str(told[0]) if len(told) == 1 else None


def _ad(rows: pd.DataFrame) -> pd.Series:
    """Which ad a row is of: its id, else the best name that the export gives."""
    names = rows.reindex(columns=list(_AD)).astype(object)
    return names.bfill(axis="columns").iloc[:, 0].astype(str)
