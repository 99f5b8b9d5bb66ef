"""Results drawn from rates that are known, joined already: what a judgement can be held against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from typing import Any, Final

import numpy as np
import pandas as pd

from hailuo.report.findings import Health, JoinMethod
from hailuo.report.metrics import COUNT_NAMES, AdPlatform

DAY: Final = date(2026, 11, 1)
_PROMPTS: Final = tuple(f"prompt-{letter}" for letter in "abcdefghijklmnopqrst")
_MODELS: Final = ("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3", "MiniMax-Hailuo-2.3-Fast")
_TEXTS: Final = (
    *("account", "campaign_name", "adset_name", "ad_id", "platform_video_id", "utm_content"),
    *("file_name", "breakdown", "attribution"),
)


@dataclass(frozen=True, kw_only=True)
class World:
    """Prompts x models x takes on one platform. Effects are log-odds, by level; `day_sd` scatters an ad's days."""

    prompts: int = 4
    models: int = 3
    takes: int = 2
    durations: Sequence[int] = (6,)
    days: int = 14
    impressions: float = 1_000.0
    ctr: float = 0.012
    cvr: float = 0.05
    effects: Mapping[str, float] = field(default_factory=dict)
    take_sd: float = 0.0
    day_sd: float = 0.0
    platform: AdPlatform = AdPlatform.META

    def variants(self) -> pd.DataFrame:
        """The manifest's rows."""
        axes = (_PROMPTS[: self.prompts], _MODELS[: self.models], self.durations, range(1, self.takes + 1))
        return variants_of(list(product(*axes)))

    def draw(self, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
        """Joined rows by day, variants, and the true rate of every creative."""
        rng, variants = np.random.default_rng(seed), self.variants()
        lifts = [sum(self.effects.get(level, 0.0) for level in row.values()) for row in variants["factors"]]
        odds = (
            np.log(self.ctr / (1 - self.ctr)) + np.array(lifts) + rng.normal(0, self.take_sd, len(variants))
        )
        frame = self._days(rng, variants, odds)
        return frame, variants, pd.Series(1 / (1 + np.exp(-odds)), index=variants["creative_id"])

    def _days(self, rng: np.random.Generator, variants: pd.DataFrame, odds: np.ndarray) -> pd.DataFrame:
        size = (len(variants), self.days)
        shown = rng.poisson(self.impressions, size)
        rate = 1 / (1 + np.exp(-(odds[:, None] + rng.normal(-(self.day_sd**2) / 2, self.day_sd, size))))
        clicks = rng.binomial(shown, rate)
        cells = {
            "creative_id": np.repeat(variants["creative_id"].to_numpy(), self.days),
            "day": np.tile(np.arange(self.days), len(variants)),
            "impressions": shown.ravel(),
            "clicks_link": clicks.ravel(),
            "v3s": rng.binomial(shown, 0.25).ravel(),
            "v2s": rng.binomial(shown, 0.35).ravel(),
            "thruplay": rng.binomial(shown, 0.08).ravel(),
            "p100": rng.binomial(shown, 0.08).ravel(),
            "conversions": rng.binomial(clicks, self.cvr).ravel(),
            "spend": np.round(shown.ravel() * 0.0085, 2),
        }
        return joined_rows(pd.DataFrame(cells), platform=self.platform)


def joined_rows(cells: pd.DataFrame, *, platform: AdPlatform = AdPlatform.META) -> pd.DataFrame:
    """A joined frame of rows by day (`day` counts from the first; without it rows span a week)."""
    frame = cells.reindex(columns=["creative_id", *COUNT_NAMES]).astype(dict.fromkeys(COUNT_NAMES, "float64"))
    days = [DAY + timedelta(days=int(day)) for day in cells["day"]] if "day" in cells else None
    missing = dict.fromkeys(_TEXTS)
    return frame.assign(
        **missing,
        platform=platform.value,
        date_start=days or DAY,
        date_end=days or DAY + timedelta(days=6),
        currency="USD",
        source_file=f"{platform.value}.csv",
        source_row=range(2, len(frame) + 2),
        join_method=JoinMethod.NAME_TOKEN.value,
        join_note="",
        ad_name=cells["ad_name"] if "ad_name" in cells else frame["creative_id"],
    )


def variants_of(cells: Sequence[tuple[str, str, int, int]]) -> pd.DataFrame:
    """Manifest rows for prompt, model, duration and take."""
    rows = [_variant(number, *cell) for number, cell in enumerate(cells)]
    varying = [axis for axis in rows[0]["factors"] if len({row["factors"][axis] for row in rows}) > 1]
    for row in rows:
        row["factors"] = {axis: row["factors"][axis] for axis in varying}
    return pd.DataFrame(rows, dtype=object)


def make_health(**changes: object) -> Health:
    """Everything found its creative; the judgement only reads the currency."""
    told: dict[str, object] = {
        **dict.fromkeys(("rows", "rows_matched", "days", "duplicates"), 0),
        **dict.fromkeys(("spend", "spend_matched"), 0.0),
        **dict.fromkeys(("attribution", "first_day", "last_day")),
        **dict.fromkeys(("by_method", "unmatched", "missing", "notes"), ()),
        "currency": "USD",
    }
    return Health(**{**told, **changes})  # type: ignore[arg-type]  # a test names any field


def _variant(number: int, prompt: str, model: str, duration: int, take: int) -> dict[str, Any]:
    return {
        "creative_id": f"C{number:09d}",
        "campaign_id": "launch",
        "edition": "main",
        "cell_id": f"{prompt}/{model}/{duration}",
        "prompt_label": prompt,
        "model": model,
        "duration_req": duration,
        "take": take,
        "factors": {"prompt": prompt, "model": model, "duration": str(duration)},
        "is_control": False,
        "status": "stored",
        "cost_actual": None,
        "cost_est": 0.28,
        "derived_from": None,
        "motion_flow_mean": 3.2,
    }
