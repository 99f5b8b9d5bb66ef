"""Counts of ads by day as the platforms' own CSV exports: their headers, and names as people leave them."""

import csv
import io
import random
from collections.abc import Mapping
from typing import Final

import pandas as pd

from tests.support.report.mangling import mangled

_CAMPAIGN: Final = "SYNTHETIC (simulated, not measured)"
_ADSET: Final = "SYNTHETIC broad"
_WATCH_S: Final = 3.2
_FOREIGN: Final = ("Autumn sale carousel v4", "120000000000000001")
"""Somebody else's ad in the same account: no clip of ours."""

_RICH: Final = frozenset(
    {"plays", "v2s", "v3s", "v6s", "p25", "p50", "p75", "p100", "watch", "conversions", "revenue"}
)
_META: Final[Mapping[str, str]] = {
    "Reporting starts": "day",
    "Reporting ends": "day",
    "Campaign name": "campaign",
    "Ad set name": "adset",
    "Ad name": "ad_name",
    "Ad ID": "ad_id",
    "Attribution setting": "attribution",
    "Amount spent (USD)": "spend",
    "Impressions": "impressions",
    "Link clicks": "clicks_link",
    "Video plays": "plays",
    "2-second continuous video plays": "v2s",
    "3-second video plays": "v3s",
    "ThruPlays": "p100",  # clips shorter than 15 s: to the end
    "Video plays at 25%": "p25",
    "Video plays at 50%": "p50",
    "Video plays at 75%": "p75",
    "Video plays at 100%": "p100",
    "Video average play time": "watch",
    "Purchases": "conversions",
    "Purchases conversion value": "revenue",
}
_TIKTOK: Final[Mapping[str, str]] = {
    "Date": "day",
    "Campaign name": "campaign",
    "Ad group name": "adset",
    "Ad ID": "ad_id",
    "Ad name": "ad_name",
    "Currency": "currency",
    "Cost": "spend",
    "Impressions": "impressions",
    "Clicks (destination)": "clicks_link",
    "Video views": "plays",
    "2-second video views": "v2s",
    "6-second video views": "v6s",
    "Video views at 25%": "p25",
    "Video views at 50%": "p50",
    "Video views at 75%": "p75",
    "Video views at 100%": "p100",
    "Average watch time per video view": "watch",
    "Conversions": "conversions",
    "Total purchase value": "revenue",
}
_COUNTS: Final = ("impressions", "clicks_link", "plays", "v2s", "v3s", "v6s", "p25", "p50", "p75", "p100")


def meta_export(rows: pd.DataFrame, *, seed: int, lean: bool) -> bytes:
    """Ads Manager's download: UTF-8 with a mark, the row of totals first, blank where nothing happened. A `lean` one has
    no columns of views and conversions.
    """
    told = _told(rows, seed=seed)
    total = {
        "day": "",
        "ad_name": "",
        "spend": f"{rows['spend'].sum():.2f}",
        "impressions": str(rows["impressions"].sum()),
    }
    return _csv(_columns(_META, lean=lean), told.replace("0", ""), first=total, mark="\ufeff")


def tiktok_export(rows: pd.DataFrame, *, seed: int, lean: bool) -> bytes:
    """TikTok's download: a row of totals at the end; `lean` as Meta's."""
    told = _told(rows, seed=seed + 1)
    total = {"day": f"Total of {len(rows)} results", "spend": f"{rows['spend'].sum():.2f}"}
    return _csv(_columns(_TIKTOK, lean=lean), told, last=total)


def _told(rows: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Every cell as text, ad names mangled each in its own way, with an ad that is none of ours at the end."""
    rng = random.Random(seed)  # noqa: S311 (no secret)
    names = {name: mangled(name, rng) for name in rows["ad_name"].unique()}
    foreign = rows.tail(1).assign(ad_name=_FOREIGN[0], ad_id=_FOREIGN[1])
    mixed = pd.concat([rows.assign(ad_name=rows["ad_name"].map(names)), foreign], ignore_index=True)
    texts = {count: mixed[count].astype("int64").astype(str) for count in _COUNTS}
    return mixed.assign(
        **texts,
        day=mixed["day"].dt.strftime("%Y-%m-%d"),
        spend=mixed["spend"].map("{:.2f}".format),
        conversions=mixed["conversions"].map("{:g}".format),
        revenue=mixed["revenue"].map("{:.2f}".format),
        watch=f"{_WATCH_S:.2f}",
        campaign=_CAMPAIGN,
        adset=_ADSET,
        attribution="7-day click or 1-day view",
        currency="USD",
    )


def _columns(columns: Mapping[str, str], *, lean: bool) -> Mapping[str, str]:
    return {header: name for header, name in columns.items() if not lean or name not in _RICH}


def _csv(
    columns: Mapping[str, str],
    cells: pd.DataFrame,
    *,
    first: Mapping[str, str] | None = None,
    last: Mapping[str, str] | None = None,
    mark: str = "",
) -> bytes:
    """The cells under their headers, with a row of totals before or after them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([row.get(name, "") for name in columns.values()] for row in [first] if row)
    writer.writerows(cells[list(columns.values())].itertuples(index=False))
    writer.writerows([row.get(name, "") for name in columns.values()] for row in [last] if row)
    return (mark + out.getvalue()).encode()
