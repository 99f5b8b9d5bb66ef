"""Simulated campaigns whose truth is known: a manifest's clips, shown on two platforms, clicked at rates that we set.

SYNTHETIC: every number is drawn, none was measured on any platform. The exports are bytes as the platforms' own
download buttons give them (`dialects`), so that whatever reads them takes the way that real files take.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from benchmarks.judge.dialects import meta_export, tiktok_export
from hailuo.report.metrics import COUNT_NAMES, AdPlatform

FIRST_DAY: Final = date(2026, 10, 1)
PLATFORMS: Final = (AdPlatform.META, AdPlatform.TIKTOK)
_BASE: Final = {AdPlatform.META: 0.012, AdPlatform.TIKTOK: 0.008}
_SHARE: Final = {AdPlatform.META: 1.0, AdPlatform.TIKTOK: 0.6}
_CPM: Final = {AdPlatform.META: 8.5, AdPlatform.TIKTOK: 5.0}
_CVR, _ORDER = 0.04, 38.0
_PLAYED, _2S, _3S, _6S = 0.9, 0.42, 0.72, 0.5  # of impressions, of plays, of 2 s, of 3 s
_QUARTERS: Final = (0.8, 0.7, 0.75, 0.8)
_NODES: Final = 15

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """How a campaign behaves. Standard deviations are of log-odds: between the levels of a factor, from take to take of
    one cell, from day to day of one ad. `daily_impressions` are each ad's on Meta; TikTok shows 0.6 times as many.
    `volume_sd` is of the log of how often ads are shown, of which `daily_impressions` is the mean. What all ads share of
    their days: a `trend` from first to last day, a `weekday` wave, and `novelty`, which fades in four days (log-odds).
    """

    effect_sd: float = 0.2
    take_sd: float = 0.1
    day_sd: float = 0.1
    days: int = 28
    daily_impressions: float = 1_000.0
    volume_sd: float = 0.0
    trend: float = 0.0
    weekday: float = 0.0
    novelty: float = 0.0

    @property
    def shape(self) -> _Floats:
        """What all ads share, by day."""
        day = np.arange(self.days)
        return np.asarray(
            self.trend * (day / max(1, self.days - 1) - 0.5)
            + self.weekday * np.sin(2 * np.pi * day / 7)
            + self.novelty * np.exp(-day / 4)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Of one platform: the click rate of each creative, and the mean rate of each level over all cells, over takes and
    days as they would come.
    """

    rates: Mapping[str, float]
    levels: Mapping[tuple[str, str], float]

    @property
    def best(self) -> str:
        """The creative that is best in truth."""
        return max(self.rates, key=self.rates.__getitem__)

    def regret(self, creative_id: str) -> float:
        """By how much a pick falls short of the best, relative."""
        return 1 - self.rates[creative_id] / self.rates[self.best]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is true, what was drawn (times shown), and the exports by file name."""

    truth: Mapping[AdPlatform, Truth]
    impressions: Mapping[AdPlatform, int]
    exports: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Odds:
    """Log-odds: of the cells' factors, and of the creatives (with their takes)."""

    effects: Mapping[tuple[str, str], float]
    cells: _Floats
    creatives: _Floats


def world(variants: pd.DataFrame, *, seed: int, nature: Nature, lean: bool = False) -> World:
    """One campaign of the manifest's clips; the same seed gives the same bytes. A `lean` export tells impressions,
    clicks and spend only.
    """
    rng = np.random.default_rng(seed)
    odds = _odds(variants, rng, nature)
    write = {AdPlatform.META: meta_export, AdPlatform.TIKTOK: tiktok_export}
    drawn = {platform: _days(variants, odds, platform, rng, nature) for platform in PLATFORMS}
    return World(
        truth={one: _truth(variants, odds, one, nature) for one in PLATFORMS},
        impressions={one: int(rows["impressions"].sum()) for one, rows in drawn.items()},
        exports={
            f"SYNTHETIC-{one.value}.csv": write[one](rows, seed=seed, lean=lean)
            for one, rows in drawn.items()
        },
    )


def joined_world(
    variants: pd.DataFrame, *, seed: int, nature: Nature
) -> tuple[pd.DataFrame, Mapping[AdPlatform, Truth]]:
    """The same results as `hailuo.report.join` gives them, without the way through exports, and the truth."""
    rng = np.random.default_rng(seed)
    odds = _odds(variants, rng, nature)
    parts = []
    for platform in PLATFORMS:
        rows = _days(variants, odds, platform, rng, nature)
        counts = rows.reindex(columns=list(COUNT_NAMES)).astype(float)
        parts.append(
            counts.assign(
                platform=platform.value,
                creative_id=np.repeat(variants["creative_id"].to_numpy(), nature.days),
                ad_id=rows["ad_id"],
                ad_name=rows["ad_name"],
                date_start=rows["day"].dt.date,
                date_end=rows["day"].dt.date,
                currency="USD",
                source_file=f"SYNTHETIC-{platform.value}.csv",
                source_row=np.arange(2, len(rows) + 2),
            )
        )
    joined = pd.concat(parts, ignore_index=True)
    shown = joined[joined["impressions"] > 0].reset_index(drop=True)
    return shown, {one: _truth(variants, odds, one, nature) for one in PLATFORMS}


def _odds(variants: pd.DataFrame, rng: np.random.Generator, nature: Nature) -> _Odds:
    factors = variants["factors"].tolist()
    levels = sorted({(axis, str(level)) for row in factors for axis, level in row.items()})
    effects = dict(zip(levels, rng.normal(0, nature.effect_sd, len(levels)), strict=True))
    cells = np.array([_sum(row, effects) for row in factors])
    return _Odds(effects=effects, cells=cells, creatives=cells + rng.normal(0, nature.take_sd, len(cells)))


def _sum(row: Mapping[str, object], effects: Mapping[tuple[str, str], float]) -> float:
    return float(sum(effects[axis, str(level)] for axis, level in row.items()))


def _truth(variants: pd.DataFrame, odds: _Odds, platform: AdPlatform, nature: Nature) -> Truth:
    base, factors = float(logit(_BASE[platform])), variants["factors"].tolist()
    rates = np.mean([_mean_rate(base + day + odds.creatives, nature.day_sd) for day in nature.shape], axis=0)
    spread = float(np.hypot(nature.take_sd, nature.day_sd))
    levels = {
        (axis, level): float(
            np.mean(
                [
                    _mean_rate(base + day + _set_to(odds, factors, axis, level), spread)
                    for day in np.unique(nature.shape)
                ]
            )
        )
        for axis, level in odds.effects
    }
    ids = [str(one) for one in variants["creative_id"]]
    return Truth(rates=dict(zip(ids, rates.tolist(), strict=True)), levels=levels)


def _set_to(odds: _Odds, factors: Sequence[Mapping[str, object]], axis: str, level: str) -> _Floats:
    """Every cell's log-odds with one factor set to one level, whatever it is in the manifest."""
    own = np.array([odds.effects[axis, str(row[axis])] for row in factors])
    set_to: _Floats = odds.cells - own + odds.effects[axis, level]
    return set_to


def _mean_rate(log_odds: _Floats, spread: float) -> _Floats:
    """Over what scatters normally around the log-odds (Gauss-Hermite)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    rates: _Floats = expit(log_odds[:, None] + spread * nodes) @ (weights / weights.sum())
    return rates


def _days(
    variants: pd.DataFrame, odds: _Odds, platform: AdPlatform, rng: np.random.Generator, nature: Nature
) -> pd.DataFrame:
    """One row per ad and day, with the counts of a whole funnel: impression, play, quarters, click, conversion."""
    size = (len(variants), nature.days)
    each = np.full((len(variants), 1), nature.daily_impressions * _SHARE[platform])
    if nature.volume_sd:
        each *= rng.lognormal(-(nature.volume_sd**2) / 2, nature.volume_sd, (len(variants), 1))
    shown = rng.poisson(each * rng.lognormal(-0.02, 0.2, size))
    scattered = float(logit(_BASE[platform])) + odds.creatives[:, None] + rng.normal(0, nature.day_sd, size)
    scattered = scattered + nature.shape
    clicks = rng.binomial(shown, expit(scattered))
    day = np.tile(np.arange(nature.days), len(variants))
    counts = {"impressions": shown, "clicks_link": clicks, **_watched(rng, shown), **_bought(rng, clicks)}
    return pd.DataFrame(
        {
            "ad_name": np.repeat(variants["ad_name"].to_numpy(), nature.days),
            "ad_id": np.repeat([_ad_id(platform, str(one)) for one in variants["creative_id"]], nature.days),
            "day": pd.Timestamp(FIRST_DAY) + pd.to_timedelta(day, unit="D"),
            **{name: count.ravel() for name, count in counts.items()},
            "spend": (shown * _CPM[platform] / 1000 * rng.lognormal(0, 0.05, size)).round(2).ravel(),
        }
    )


def _watched(rng: np.random.Generator, shown: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.int64]]:
    plays = rng.binomial(shown, _PLAYED)
    v2s = rng.binomial(plays, _2S)
    v3s = rng.binomial(v2s, _3S)
    quarters = [v3s]
    for share in _QUARTERS:
        quarters.append(rng.binomial(quarters[-1], share))
    names = ("p25", "p50", "p75", "p100")
    told = dict(zip(names, quarters[1:], strict=True))
    return {"plays": plays, "v2s": v2s, "v3s": v3s, "v6s": rng.binomial(v3s, _6S), **told}


def _bought(rng: np.random.Generator, clicks: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.float64]]:
    orders = rng.binomial(clicks, _CVR)
    return {
        "conversions": orders.astype(float),
        "revenue": (orders * _ORDER * rng.lognormal(0, 0.3, orders.shape)).round(2),
    }


def _ad_id(platform: AdPlatform, creative_id: str) -> str:
    """Seventeen digits, as the platforms have them; too many for a spreadsheet's numbers."""
    digest = hashlib.sha256(f"{platform.value}/{creative_id}".encode()).hexdigest()
    return f"120{int(digest[:12], 16) % 10**14:014d}"
