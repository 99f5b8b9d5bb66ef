"""What a campaign file says before its values are looked at: the same for YAML and CSV."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hailuo.campaign.model import Nightly
from hailuo.errors import Place

NOTHING = "none"
"""What files and reports call the absence of a first frame."""


@dataclass(frozen=True, slots=True)
class RawValue:
    """One value as written; `text` is None for null, `id` is the label the user gave."""

    text: str | None
    place: Place
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawGrid:
    """A product of axes as written. Rows of `include` are not touched by `exclude`, and
    may say how often they are taken."""

    axes: Mapping[str, tuple[RawValue, ...]]
    places: Mapping[str, Place] = field(default_factory=dict)
    place: Place
    is_include: bool = False
    takes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMatch:
    """A partial match as written: `exclude` and `control`."""

    values: Mapping[str, tuple[RawValue, ...]]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A campaign file, read. `tainted` are the axes of which a value was refused: no more is said of them."""

    name: str
    place: Place
    grids: tuple[RawGrid, ...]
    edition: str = "main"
    edition_place: Place
    timezone: str = "UTC"
    timezone_place: Place
    defaults: Mapping[str, RawValue] = field(default_factory=dict)
    takes: int = 1
    exclude: tuple[RawMatch, ...] = ()
    control: RawMatch | None = None
    illegal: str = "stop"
    budget_usd: Decimal | None = None
    campaign_budget_usd: Decimal | None = None
    placements: tuple[str, ...] = ()
    synthetic_performer: str = "unknown"
    failed_retries: int = 1
    nightly: Nightly | None = None
    tainted: frozenset[str] = frozenset()
