"""The numbers at which verdicts turn, from `thresholds.toml`, where each one names its origin."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ConfigDict

from hailuo.thresholds import Threshold, shipped_thresholds, thresholds_from


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


@functools.cache
def load_thresholds() -> Thresholds:
    """Those that ship with the library."""
    return shipped_thresholds(__package__, Thresholds)


def thresholds_of(table: Mapping[str, object]) -> Thresholds:
    """From a TOML table. Raises: ValueError where one is missing, unknown, or has no origin."""
    return thresholds_from(table, Thresholds)
