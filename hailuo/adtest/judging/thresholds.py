"""The numbers at which a report's judgement turns, from `thresholds.toml`, where each one names its origin."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from typing import Final

from pydantic import ConfigDict, TypeAdapter

__all__ = ["Threshold", "Thresholds", "load_thresholds", "thresholds_of", "told"]

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


_ADAPTER: Final = TypeAdapter(Thresholds)


@functools.cache
def load_thresholds() -> Thresholds:
    """Those that ship with the library."""
    text = resources.files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    return thresholds_of(tomllib.loads(text))


def thresholds_of(table: Mapping[str, object]) -> Thresholds:
    """From a TOML table. Raises: ValueError where one is missing, unknown, or has no origin."""
    return _ADAPTER.validate_python(table)


def told(thresholds: Thresholds) -> dict[str, str]:
    """Name to "value unit (origin)", for the last section of a report."""
    numbers = {field.name: getattr(thresholds, field.name) for field in fields(thresholds)}
    return {
        name: number if isinstance(number, str) else f"{number.value:g} {number.unit} ({number.origin})"
        for name, number in numbers.items()
    }
