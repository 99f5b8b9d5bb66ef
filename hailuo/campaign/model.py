"""A campaign as a value: the content of a campaign file that was read without problems."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from hailuo.campaign.finish import Finish
from hailuo.campaign.variant import FirstFrame
from hailuo.errors import Place
from hailuo.store.layout import Edition

SETTING_AXES = ("prompt", "model", "duration", "size", "first_frame")
"""The axes that every family understands; any other axis fills {name} in the prompts."""


class IllegalPolicy(StrEnum):
    """What happens to a combination that the catalog does not offer."""

    STOP = "stop"  # refuse the whole file
    SKIP = "skip"  # leave it out, and list it with the rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One value of an axis. `label` is what files, reports and ad names call it.

    `value` is a str (a prompt's template text for the axis `prompt`), an int for `duration`,
    a FirstFrame for `first_frame`, or None for "no first frame".
    """

    axis: str
    label: str
    value: str | int | FirstFrame | None
    place: Place


Cell = Mapping[str, Level]
"""One combination: a level of every axis."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Reason, remedy and the axis that they are about. Equal remarks are the same rule."""

    axis: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One named list of values."""

    name: str
    levels: tuple[Level, ...]


class SyntheticPerformer(StrEnum):
    """Whether the ads show a synthetic human performer. You must declare it; some laws require it."""

    YES = "yes"
    NO = "no"
    UNDECLARED = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Every combination of its axes, except those that `exclude` matches. A complete row is a grid of one cell.

    Each mapping of `exclude` has axis names and sets of labels: it leaves out the cells that match on every named
    axis. `takes` and `synthetic_performer` override the campaign's. `columns` only travel: they change no clip and no id.
    """

    axes: tuple[Axis, ...]
    exclude: tuple[Mapping[str, frozenset[str]], ...] = ()
    takes: int | None = None
    synthetic_performer: SyntheticPerformer | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """A model that renders what an earlier one could not.

    `own` are its values of an axis in place of that of the job: the job's own where it is among them, else the first.
    """

    model: Level
    own: Mapping[str, tuple[Level, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nightly:
    """The mark of a campaign for the nightly run. Nights are dates in the campaign's timezone, inclusive."""

    first_night: date | None = None
    last_night: date | None = None
    is_paused: bool = False

    def absence(self, night: date) -> str | None:
        """Why the campaign is not rendered in a night; None when it is."""
        if self.is_paused:
            return "paused"
        if self.first_night and night < self.first_night:
            return f"its first night is {self.first_night}"
        if self.last_night and night > self.last_night:
            return f"its last night was {self.last_night}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One file: defaults, grids (the matrix, the rows, the includes), takes, a budget.

    `settings` are the axes that are settings of some model of the file, and `shape` where it orders shapes: another axis
    of such a name is a word of its prompts. `where_offered` are axes that a model without them does not vary. `frames`
    are first frames by shape, for models that get a shape in no other way. `finishes` are what copies get; None where
    the file says nothing about it.
    are first frames by shape, for models that get a shape in no other way. `fallback` are the models that replace a job
    which failed for good and cost nothing, the first one first; a job is never replaced by its own model.
    With `registers_people` first frames are registered with the vendor where a family wants that.
    """

    name: str
    edition: str = "main"
    grids: tuple[Grid, ...]
    settings: frozenset[str] = frozenset()
    where_offered: frozenset[str] = frozenset()
    frames: Mapping[str, Level] = field(default_factory=dict)
    fallback: tuple[Fallback, ...] = ()
    registers_people: bool = True
    takes: int = 1
    illegal: IllegalPolicy = IllegalPolicy.STOP
    budget_usd: Decimal | None = None
    campaign_budget_usd: Decimal | None = None
    control: Mapping[str, str] = field(default_factory=dict)
    placements: tuple[str, ...] = ()
    finishes: tuple[Finish, ...] | None = None
    ad_name_columns: tuple[str, ...] = ()
    synthetic_performer: SyntheticPerformer = SyntheticPerformer.UNDECLARED
    failed_retries: int = 1
    timezone: str | None = None
    nightly: Nightly | None = None
    place: Place

    @property
    def this_edition(self) -> Edition:
        return Edition(self.name, self.edition)
