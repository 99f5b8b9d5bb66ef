"""The numbers at which verdicts turn, from `thresholds.toml`, where each one names its origin."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from pydantic import ConfigDict, TypeAdapter

__all__ = ["Threshold", "Thresholds", "load_thresholds", "thresholds_of"]

_FILE: Final = "thresholds.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One number, its unit, and where it comes from."""

    value: float
    unit: str
    origin: str
    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """All of them; units and origins are in the file."""

    version: str
    duration_tolerance_s: Threshold
    short_side_tolerance_pct: Threshold
    aspect_tolerance_pct: Threshold
    undecoded_frames: Threshold
    black_warn_s: Threshold
    black_fail_s: Threshold
    frozen_warn_s: Threshold
    frozen_fail_s: Threshold
    flicker_warn_pct: Threshold
    flicker_fail_pct: Threshold
    motion_least_pct: Threshold
    scene_cuts: Threshold
    clipped_warn_pct: Threshold
    ff_ssim_least: Threshold
    ff_psnr_least_db: Threshold
    ff_phash_most: Threshold
    ff_phash_other: Threshold
    near_duplicate_bits: Threshold
    loudness_silent_lufs: Threshold
    true_peak_most_dbtp: Threshold
    __pydantic_config__ = ConfigDict(extra="forbid")


_ADAPTER: Final = TypeAdapter(Thresholds)


@functools.cache
def load_thresholds() -> Thresholds:
    """Those that ship with the library."""
    text = resources.files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    return thresholds_of(tomllib.loads(text))


def thresholds_of(table: Mapping[str, object]) -> Thresholds:
    """From a TOML table. Raises: ValueError where one is missing, unknown, or has no origin."""
    return _ADAPTER.validate_python(table)
