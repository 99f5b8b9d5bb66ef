"""Numbers that decide something, kept as data: each with its unit, and where it comes from."""

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
    """One number, its unit, and where it comes from."""

    value: float
    unit: str
    origin: str
    __pydantic_config__ = ConfigDict(extra="forbid")


def shipped_thresholds(package: str, kind: type[_Thresholds]) -> _Thresholds:
    """Those that ship in `thresholds.toml` of a package, as its dataclass of `Threshold`s."""
    text = resources.files(package).joinpath(_FILE).read_text(encoding="utf-8")
    return thresholds_from(tomllib.loads(text), kind)


def thresholds_from(table: Mapping[str, object], kind: type[_Thresholds]) -> _Thresholds:
    """From a TOML table. Raises: ValueError where one is missing, unknown, or has no origin."""
    return TypeAdapter(kind).validate_python(table)
