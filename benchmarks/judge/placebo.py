"""Real accounts against themselves: the days of one ad in two random halves, judged as if they were two clips.

Nothing differs between the halves, so that a p-value below 5 % should come in 5 % of pairs, whatever their size. Pairs of
one ad are alike: one ad with a wild day can supply most of what a class rejects. So each share has a standard error by
ads, and a goal is missed where it is more than two of them away. Reads real exports of a folder that is not part of this
project: `make judge HAILUO_EXPORTS=FOLDER`.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from benchmarks.judge.lines import Line, not_run
from hailuo.report.stats.dispersion import clip_dispersion
from hailuo.report.stats.intervals import two_sample_p

_FILES: Final = (
    ("meta__epc-python__raw-data~Creative-Analysis-AEF.csv", "Day", "Impressions"),
    ("meta__epc-python__raw-data~Creative-Analysis-FLA.csv", "Day", "Impressions"),
    ("meta__Sornphert__data~meta_ads.csv", "reporting_starts", "impressions"),
)
"""Real accounts by ad and day: file, and its columns of days and impressions."""

_EVENTS: Final = {"clicks": ("Link clicks", "link_clicks"), "3-second views": ("3-second video plays",)}
_ADS: Final = ("campaign_name", "adset_name", "ad_name")
_CLASSES: Final = (10.0, 50.0, 200.0, 1_000.0, 5_000.0, np.inf)
_LEAST_DAYS, _LEAST_PAIRS = 4, 100
_TIMES: Final = 40
_SEED: Final = 3


def placebo(folder: Path | None, *, times: int = _TIMES) -> Iterator[Line]:
    """One pair of lines for every class of events with at least 100 pairs."""
    present = [one for one in _FILES if folder is not None and (folder / one[0]).exists()]
    if folder is None or not present:
        yield not_run("A/A", "halves of the days of real ads", "no data; HAILUO_EXPORTS=FOLDER")
        return
    rng, found = np.random.default_rng(_SEED), []
    for name, day, impressions in present:
        for columns in _EVENTS.values():
            rows = _ad_days(folder / name, day, impressions, columns)
            if rows is not None:
                found += [_halves(rows, rng) for _ in range(times)]
    pairs = pd.concat(found)
    for low, high in pairwise(_CLASSES):
        some = pairs[pairs["events"].between(low, high, inclusive="left")]
        if len(some) < _LEAST_PAIRS:
            continue
        most = "or more" if np.isinf(high) else f"to {high:,.0f}"
        where = f"{len(some):,} pairs of {some['ad'].nunique()} real ads with {low:,.0f} {most} events"
        yield _share(some, 0.05, (0.04, 0.06), where)
        yield _share(some, 0.01, (0.0, 0.015), where)


def _share(pairs: pd.DataFrame, level: float, goal: tuple[float, float], where: str) -> Line:
    """The mean over ads, held unless it is more than two standard errors from the goal."""
    by_ad = (pairs["p"] < level).groupby(pairs["ad"]).mean()
    found, error = float(by_ad.mean()), float(by_ad.std(ddof=1) / np.sqrt(len(by_ad)))
    low, high = goal
    expected = f"{100 * low:g} % to {100 * high:g} %" if low else f"at most {100 * high:g} %"
    return Line(
        goal="A/A",
        what=f"p below {100 * level:g} %, {where}",
        expected=f"{expected}, within two standard errors",
        found=f"{100 * found:.1f} %, standard error {100 * error:.1f} %",
        held=low - 2 * error <= found <= high + 2 * error,
    )


def _ad_days(path: Path, day: str, impressions: str, events: tuple[str, ...]) -> pd.DataFrame | None:
    """Rows of `ad`, `day`, `events` and `trials`; the number in the link of its preview tells an ad from its namesakes."""
    table = pd.read_csv(path, encoding="utf-8-sig")
    column = next((one for one in events if one in table), None)
    if column is None:
        return None
    if "Preview link" in table:
        ads = table["Preview link"].str.extract(r"feed_demo_ad=(\d+)")[0]
    else:
        ads = table[list(_ADS)].astype(str).agg("|".join, axis=1)
    counts = {
        name: pd.to_numeric(table[one].astype(str).str.replace(",", ""), errors="coerce").fillna(0.0)
        for name, one in (("events", column), ("trials", impressions))
    }
    rows = pd.DataFrame({"ad": path.name[:40] + column + ads, "day": table[day], **counts})
    rows = rows.groupby(["ad", "day"], as_index=False).sum()
    rows = rows[(rows["trials"] > 0) & (rows["events"] <= rows["trials"])]
    return rows[rows.groupby("ad")["ad"].transform("size") >= _LEAST_DAYS]


def _halves(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One p-value per ad: its days dealt into two clips, whose dispersion is that of all such clips together."""
    drawn = rows.assign(drawn=rng.random(len(rows))).sort_values(["ad", "drawn"])
    place = drawn.groupby("ad").cumcount()
    half = (place < drawn.groupby("ad")["ad"].transform("size") // 2).astype(int)
    clips = drawn.assign(clip=drawn["ad"] + half.map({0: "/a", 1: "/b"}))
    totals = clips.groupby("clip")[["events", "trials"]].sum()
    spread = clip_dispersion(clips, totals)
    assert spread is not None
    totals = totals.assign(phi=spread.phi, freedom=spread.freedom)
    sides = totals.assign(
        ad=totals.index.str[:-2], side=totals.index.str[-1], phi=spread.phi, freedom=spread.freedom
    ).pivot(index="ad", columns="side")
    return pd.DataFrame([{"ad": ad, **_pair(row)} for ad, row in sides.iterrows()])


def _pair(row: pd.Series) -> dict[str, float]:
    """Events of both halves, and the p-value of their being equal, with Welch's degrees of freedom."""
    events, trials, phi, freedom = (
        np.array([float(row[name, side]) for side in "ab"]) for name in ("events", "trials", "phi", "freedom")
    )
    wide = phi / trials
    counts = np.column_stack([events / phi, trials / phi]).ravel().tolist()
    p = two_sample_p(*counts, freedom=float(wide.sum() ** 2 / (wide**2 / freedom).sum()))
    return {"events": float(events.sum()), "p": p}
