"""Thresholds kept as data: each with its unit and its source."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final, TypeVar

from pydantic import ConfigDict, TypeAdapter

_FILE: Final = "thresholds.toml"
_Thresholds = TypeVar("_Thresholds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One number, its unit and its source."""

    value: float
    unit: str
    origin: str
    __pydantic_config__ = ConfigDict(extra="forbid")


def shipped_thresholds(package: str, kind: type[_Thresholds]) -> _Thresholds:
    """Read `thresholds.toml` of a package into its dataclass of `Threshold`s."""
    text = resources.files(package).joinpath(_FILE).read_text(encoding="utf-8")
    return thresholds_from(tomllib.loads(text), kind)


def thresholds_from(table: Mapping[str, object], kind: type[_Thresholds]) -> _Thresholds:
    """Read a TOML table. Raises: ValueError for one that is missing, unknown or without a source."""
    return TypeAdapter(kind).validate_python(table)
