"""The headers of the platforms' exports: dated data in headers.toml, with the source of every group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, TypeAdapter, with_config

from hailuo.named_files import read_toml
from hailuo.report.exports.fields import FIELDS, ExportError
from hailuo.report.metrics import AdPlatform

_STRICT = ConfigDict(extra="forbid")


def _known(field: str) -> str:
    if field not in FIELDS:
        raise ValueError(f"{field} is no field; the fields are {', '.join(sorted(FIELDS))}")
    return field


Field = Annotated[str, AfterValidator(_known)]


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderGroup:
    """Field -> what it is called, and where that is known from."""

    source: str
    kind: Literal["file", "sdk", "doc", "connector", "parser", "memory"]
    columns: Mapping[Field, tuple[str, ...]]
    language: str = "en"


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One platform's exports, as known on the day `checked`; headers.toml says what every part means."""

    checked: date
    blank: Literal["zero", "unknown"]
    required: tuple[Field, ...]
    headers: tuple[HeaderGroup, ...]
    breakdowns: Mapping[str, tuple[str, ...]]
    ignored: tuple[str, ...] = ()
    days: Literal["month first", "day first"] | None = None
    scale: Mapping[str, float] | None = None

    def columns(self) -> Iterator[tuple[str, str]]:
        """Every header with its field, in the order in which they are preferred."""
        for group in self.headers:
            for field, headers in group.columns.items():
                yield from ((header, field) for header in headers)


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """All platforms, and what they share."""

    version: Literal["exports/1.0"]
    nulls: frozenset[str]
    totals: tuple[str, ...]
    of_words: tuple[str, ...]
    everything: frozenset[str]
    common: tuple[str, ...]
    periods: Mapping[Field, tuple[str, ...]]
    platform_columns: tuple[str, ...]
    platform_words: Mapping[str, tuple[str, ...]]
    levels: tuple[str, ...]
    no_conversions: tuple[str, ...]
    money_words: tuple[str, ...]
    ratio_words: tuple[str, ...]
    others: Mapping[str, tuple[str, ...]]
    currencies: frozenset[str]
    whole_currencies: frozenset[str]
    symbols: Mapping[str, str]
    connectors: tuple[HeaderGroup, ...]
    meta: Format
    tiktok: Format
    google: Format
    pinterest: Format
    snap: Format
    linkedin: Format

    def platforms(self) -> Mapping[AdPlatform, Format]:
        """By platform; `other` has no format but a mapping's."""
        return {one: getattr(self, one.value) for one in AdPlatform if one is not AdPlatform.OTHER}


@cache
def formats_that_ship() -> Formats:
    """Those of this version."""
    content = files("hailuo.report.exports").joinpath("headers.toml").read_bytes()
    return read_formats(content, name="headers.toml")


@cache
def money_signs() -> frozenset[str]:
    """The currency codes and signs that may be beside a number."""
    return frozenset({*formats_that_ship().currencies, *formats_that_ship().symbols})


def whole_currencies() -> frozenset[str]:
    """The currencies without a smaller unit."""
    return formats_that_ship().whole_currencies


def read_formats(content: bytes, *, name: str) -> Formats:
    """The formats of an edited file. Raises: ExportError naming every place that is wrong."""
    remedy = "start from a copy of hailuo/report/exports/headers.toml"
    return read_toml(TypeAdapter(Formats), content, name=name, remedy=remedy, refuse=ExportError)
