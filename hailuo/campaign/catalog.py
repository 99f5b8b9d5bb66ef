"""What the vendor offers: models, their cells, prices and rules. Each fact has its source.

The data is `catalog.yaml`; `hailuo.campaign.files.load_catalog` reads it, and a user's own file over it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class FirstFrameRule(StrEnum):
    """Whether a model takes a first frame."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a fact was found, and when it was last checked."""

    text: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One cell that a model sells: a duration (seconds) at a size, with its list price.

    `warning` is not None where the sources disagree. The cell is legal, and the plan shows the warning.
    With `warns_without_frame` the warning is only about clips without a first frame.
    """

    duration: int
    size: str
    price_usd: Decimal | None
    source: Citation
    warning: str | None = None
    warns_without_frame: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model: what it offers and what it requires of a request."""

    name: str
    family: str
    offers: tuple[Offer, ...]
    first_frame: FirstFrameRule
    first_frame_source: Citation
    first_frame_warning: str | None = None
    prompt_limit: int
    prompt_source: Citation

    def offer(self, *, duration: int, size: str) -> Offer | None:
        """The cell sold for this duration and size, or None."""
        matches = (o for o in self.offers if (o.duration, o.size) == (duration, size))
        return next(matches, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Models that share a request shape at the vendor.

    `request` names the builder in `hailuo.vendor.request`. `parameters` are the other settings of the family,
    each with its allowed values; an axis of that name is a setting. `camera_commands` are the bracket commands
    that the family knows, in its own spelling.
    """

    name: str
    request: str
    camera_commands: tuple[str, ...] = ()
    commands_per_bracket: int = 3
    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: Citation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Every model and family known, by name."""

    models: Mapping[str, Model]
    families: Mapping[str, Family]

    def model(self, name: str) -> Model | None:
        return self.models.get(name)

    def family_of(self, model: Model) -> Family:
        return self.families[model.family]
