"""The numbers at which a report's judgement turns, from `thresholds.toml`, where each one names its origin."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields

from pydantic import ConfigDict

from hailuo.thresholds import Threshold, shipped_thresholds, thresholds_from


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportThresholds:
    """All of them; units and origins are in the file."""

    version: str
    gate_p: Threshold
    leader_p_best: Threshold
    leader_p: Threshold
    family_p: Threshold
    behind_p_best: Threshold
    behind_share: Threshold
    widen_above: Threshold
    least_events: Threshold
    least_expected: Threshold
    least_events_each: Threshold
    srm_p: Threshold
    draws: Threshold
    peeking_horizon_events: Threshold
    __pydantic_config__ = ConfigDict(extra="forbid")


@functools.cache
def load_thresholds() -> ReportThresholds:
    """Those that ship with the library."""
    return shipped_thresholds(__package__, ReportThresholds)


def thresholds_of(table: Mapping[str, object]) -> ReportThresholds:
    """From a TOML table. Raises: ValueError where one is missing, unknown, or has no origin."""
    return thresholds_from(table, ReportThresholds)


def told(thresholds: ReportThresholds) -> dict[str, str]:
    """Name to "value unit (origin)", for the last section of a report."""
    numbers = {field.name: getattr(thresholds, field.name) for field in fields(thresholds)}
    return {
        name: number if isinstance(number, str) else f"{number.value:g} {number.unit} ({number.origin})"
        for name, number in numbers.items()
    }
