"""The ad platforms: the headers of their sheets, their URL macros, what they want disclosed. Dated data, editable."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, with_config

from hailuo.errors import Place, Problem, RefusedError
from hailuo.named_files import read_toml

_STRICT = ConfigDict(extra="forbid")
Kind = Literal["doc", "sdk", "web", "memory"]


class UploadError(RefusedError):
    """An upload plan cannot be made: a sheet, a value or an answer is missing or unsafe."""


def refused(place: str, reason: str, remedy: str) -> UploadError:
    """An UploadError of one problem."""
    return UploadError([Problem(Place(place), reason, remedy)])


class PlatformName(StrEnum):
    """The platforms, as options and files name them."""

    META = "meta"
    TIKTOK = "tiktok"
    GOOGLE = "google"
    PINTEREST = "pinterest"
    SNAP = "snap"
    LINKEDIN = "linkedin"


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """What the sheet's columns may be called, by what we fill in."""

    source: str
    kind: Kind
    ad_name: tuple[str, ...] = ()
    creative_id: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    url_tags: tuple[str, ...] = ()
    file_name: tuple[str, ...] = ()
    file_uri: tuple[str, ...] = ()
    disclosure: tuple[str, ...] = ()


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Utm:
    """Parameter -> value, in order; `$campaign`, `$edition` and `$utm_content` are replaced."""

    source: str
    kind: Kind
    tags: Mapping[str, str]


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureField:
    """The platform's field for a clip that a model made."""

    source: str
    kind: Kind
    field: str
    value: str


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One platform, as known on the day `checked`. Without `disclosure` no field for it is known."""

    title: str
    checked: date
    placements: tuple[str, ...]
    headers: Headers
    utm: Utm
    disclosure: DisclosureField | None = None


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    version: Literal["uploads/1.0"]
    meta: Platform
    tiktok: Platform
    google: Platform
    pinterest: Platform
    snap: Platform
    linkedin: Platform


@cache
def platforms() -> Mapping[PlatformName, Platform]:
    """The platforms that ship with this version."""
    content = files("hailuo.publish.uploads").joinpath("platforms.toml").read_bytes()
    return read_platforms(content, name="platforms.toml")


def read_platforms(content: bytes, *, name: str) -> Mapping[PlatformName, Platform]:
    """The platforms of an edited file. Raises: UploadError naming every place that is wrong."""
    remedy = "start from a copy of hailuo/publish/uploads/platforms.toml"
    book = read_toml(TypeAdapter(_Book), content, name=name, remedy=remedy, refuse=UploadError)
    return {platform: getattr(book, platform.value) for platform in PlatformName}
