"""Where clips may run as ads: dated specs from `placements.toml`, and the verdict on a clip for each of them."""

import tomllib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import ConfigDict, Discriminator, TypeAdapter, with_config

from hailuo.media.inspection import ClipFacts
from hailuo.media.placement_rules import PlacementVerdict, Rule

Fit = Literal["pad", "crop", "blur"]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where facts were read and when; `kind`: the platform's own page, another page, or our choice."""

    kind: Literal["platform", "third_party", "ours"]
    text: str
    checked: date
    url: str | None = None


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class SafeZone:
    """What is drawn on a copy stays within these margins, in % of the frame's height and width."""

    top: float
    right: float
    bottom: float
    left: float
    source: str


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One place where an ad can run: its rules, and the shape and fit that copies for it get by default.

    `safe` are zones by shape; other shapes have the book's.
    """

    title: str
    aspect: str
    fit: Fit
    rules: tuple[Annotated[Rule, Discriminator("kind")], ...]
    safe: Mapping[str, SafeZone] = field(default_factory=dict)


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementBook:
    """Everything in `placements.toml`. `copies` are px by shape, `safe` is the zone where none is named; `loudness_lufs`, `true_peak_dbtp` are of copies."""

    version: str
    loudness_lufs: float
    true_peak_dbtp: float
    safe: SafeZone
    copies: Mapping[str, tuple[int, int]]
    sources: Mapping[str, Source]
    placements: Mapping[str, Placement]


@cache
def placement_book() -> PlacementBook:
    """The specs that ship with this version."""
    text = files("hailuo.media").joinpath("placements.toml").read_text("utf-8")
    return TypeAdapter(PlacementBook).validate_python(tomllib.loads(text))


def verdicts(
    clip: ClipFacts, names: Iterable[str] | None = None, *, kinds: Container[str] | None = None
) -> dict[str, PlacementVerdict]:
    """Whether the clip can run in each placement named (all when None), by the rules of these kinds (all when None).

    Raises: KeyError for a placement that does not exist.
    """
    specs = placement_book().placements
    return {
        name: PlacementVerdict(
            tuple(
                finding
                for rule in specs[name].rules
                if kinds is None or rule.kind in kinds
                for finding in rule.judge(clip)
            )
        )
        for name in (specs if names is None else names)
    }
