"""What a campaign file may say: the pydantic models behind the checks and behind campaigns/schema.json.

They are read from the tree of `document`. The values of axes stay `Written`, each with its place in the file.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from re import fullmatch
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    PrivateAttr,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from hailuo.campaign.files.document import Entries, Items, Tree, Written
from hailuo.errors import Place

SLUG = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
LONGEST_DURATION = 600
_EDITION = r"^[a-z0-9-]*(\{date\}[a-z0-9-]*)?$"

Placement = Literal[
    "meta_feed",
    "meta_reels",
    "meta_stories",
    "tiktok_infeed",
    "youtube_bumper",
    "youtube_non_skippable",
    "youtube_in_stream",
    "youtube_shorts",
    "linkedin_video",
    "snap_single_video",
    "pinterest_video",
]
PLACEMENTS: tuple[str, ...] = Placement.__args__  # type: ignore[attr-defined]  # typing keeps them there


def _unwrapped(tree: Tree) -> object:
    """A scalar, or a list of scalars, as pydantic expects it; mappings unwrap their own values."""
    if isinstance(tree, Items):
        return [item.value if isinstance(item, Written) else item for item in tree]
    return tree.value if isinstance(tree, Written) else tree


class Section(BaseModel):
    """A mapping of the file that knows its place and those of its keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    kept_as_written: ClassVar[frozenset[str]] = frozenset()
    _place: Place = PrivateAttr(Place(""))
    _places: Mapping[str, Place] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_places(cls, tree: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(tree, Entries):
            return handler(tree)
        section = handler({k: v if cls.keeps(k) else _unwrapped(v) for k, v in tree.items()})
        return section.placed(tree.place, tree.places)

    def placed(self, place: Place, places: Mapping[str, Place] | None = None) -> Self:
        """The section itself, once it knows where it is and, if given, where its keys are."""
        self._place = place
        self._places = self._places if places is None else places
        return self

    @classmethod
    def keeps(cls, key: str) -> bool:
        """Whether the values under the key stay `Written`."""
        return key in cls.kept_as_written

    @property
    def place(self) -> Place:
        """Where the mapping begins."""
        return self._place

    def place_of(self, key: str) -> Place:
        """Where the key is; the place of the mapping for a key that is not written."""
        return self._places.get(key, self._place)

    @property
    def refused_keys(self) -> set[str]:
        """The keys that the file has but whose values were refused."""
        return set(self._places) - self.model_fields_set


def _word(value: object) -> object:
    if not isinstance(value, Written) or value.value is None:
        raise PydanticCustomError("word", "not a word")
    if isinstance(value.value, bool):
        raise PydanticCustomError("word_bool", "a yes/no value")
    return value


def _word_or_nothing(value: object) -> object:
    return value if isinstance(value, Written) and value.value is None else _word(value)


def _seconds(value: object) -> object:
    number = value.value if isinstance(value, Written) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= LONGEST_DURATION:
        raise PydanticCustomError("seconds", "not whole seconds")
    return value


def _values(value: object) -> object:
    return [_word_or_nothing(item) for item in value] if isinstance(value, Items) else _word_or_nothing(value)


def _form(value: object) -> str:
    return "<entry>" if isinstance(value, dict) else "<word>"


_WORD = {"type": ["string", "number"]}
_WORD_OR_NULL = {"type": ["string", "number", "null"]}
Slug = Annotated[str, Field(pattern=SLUG, max_length=60)]
Word = Annotated[Written, PlainValidator(_word), WithJsonSchema(_WORD)]
WordOrNothing = Annotated[Written, PlainValidator(_word_or_nothing), WithJsonSchema(_WORD_OR_NULL)]
Seconds = Annotated[
    Written,
    PlainValidator(_seconds),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": LONGEST_DURATION}),
]
Matched = Annotated[
    Written | list[Written],
    PlainValidator(_values),
    WithJsonSchema({"anyOf": [_WORD_OR_NULL, {"type": "array", "items": _WORD_OR_NULL}]}),
]


class PromptEntry(Section):
    """A prompt with a name of its own."""

    kept_as_written = frozenset({"text"})

    id: Slug | None = Field(None, description="What files, reports and ad names call the prompt.")
    text: Word = Field(description="The prompt; {axis} is replaced by the values of that axis.")


class FrameEntry(Section):
    """A first frame with a name of its own."""

    kept_as_written = frozenset({"file"})

    id: Slug | None = Field(None, description="What files, reports and ad names call the frame.")
    file: Word = Field(description="An image in the campaign's folder, or an https URL.")


def _named(entry: PromptEntry | FrameEntry) -> Written:
    content = entry.text if isinstance(entry, PromptEntry) else entry.file
    return Written(content.text, content.value, entry.place, entry.id)


Prompt = Annotated[
    Annotated[Word, Tag("<word>")] | Annotated[PromptEntry, AfterValidator(_named), Tag("<entry>")],
    Discriminator(_form),
]
Frame = Annotated[
    Annotated[WordOrNothing, Tag("<word>")] | Annotated[FrameEntry, AfterValidator(_named), Tag("<entry>")],
    Discriminator(_form),
]


class AxesSection(Section):
    """A mapping whose keys are axes, each with one value or with several."""

    model_config = ConfigDict(extra="allow")
    _axes: dict[str, tuple[Written, ...]] | None = PrivateAttr(None)

    @classmethod
    def of(cls, axes: dict[str, tuple[Written, ...]], place: Place, places: Mapping[str, Place]) -> Self:
        """A section that was not written in YAML."""
        return cls.model_construct().placed(place, places).holding(axes)

    def with_axes(self, axes: dict[str, tuple[Written, ...]]) -> Self:
        """The same section with other axes."""
        return self.model_copy().holding(axes)

    def holding(self, axes: dict[str, tuple[Written, ...]]) -> Self:
        """The section itself, with these axes in place of those that pydantic read."""
        self._axes = axes
        return self

    @classmethod
    def keeps(cls, key: str) -> bool:
        return True

    @property
    def axes(self) -> dict[str, tuple[Written, ...]]:
        """The values of every axis, in the order of the file."""
        if self._axes is not None:
            return self._axes
        written = {name: getattr(self, name) for name in self._places if name in self.model_fields_set}
        return {
            name: tuple(value) if isinstance(value, list) else (value,)
            for name, value in written.items()
            if self.keeps(name)
        }


class Matrix(AxesSection):
    """The axes; every combination of their values is rendered. Any other name fills {name} in the prompts."""

    __pydantic_extra__: dict[str, Annotated[list[WordOrNothing], Field(min_length=1)]] = Field(init=False)

    model: list[Word] = Field(
        default=[], min_length=1, description="Models, exactly as the vendor spells them."
    )
    prompt: list[Prompt] = Field(default=[], min_length=1, description="Prompts: texts, or {id, text}.")
    duration: list[Seconds] = Field(default=[], min_length=1, description="Lengths in whole seconds.")
    size: list[Word] = Field(default=[], min_length=1, description="Resolutions, such as 768p.")
    first_frame: list[Frame] = Field(
        default=[],
        min_length=1,
        description="Images to start from: files beside the campaign, https URLs, {id, file}, or null for none.",
    )


def _absent() -> Any:
    """The default of an axis without a value; `axes` leaves it out."""
    return None


class DefaultValues(AxesSection):
    """One value per axis."""

    __pydantic_extra__: dict[str, WordOrNothing] = Field(init=False)

    model: Word = Field(default_factory=_absent, description="A model, exactly as the vendor spells it.")
    prompt: Prompt = Field(default_factory=_absent, description="A prompt's id, its text, or {id, text}.")
    duration: Seconds = Field(default_factory=_absent, description="The length in whole seconds.")
    size: Word = Field(default_factory=_absent, description="The resolution, such as 768p.")
    first_frame: Frame = Field(
        default_factory=_absent, description="A file beside the campaign, an https URL, or null."
    )


class IncludeRow(DefaultValues):
    """One value per axis, and how often this row alone is taken."""

    takes: int | None = Field(
        None, ge=1, le=100, description="How many clips of this row, in place of the file's `takes`."
    )

    @classmethod
    def keeps(cls, key: str) -> bool:
        return key != "takes"


class Exclusion(AxesSection):
    """One value or several of an axis; the axes not named match anything."""

    __pydantic_extra__: dict[str, Matched] = Field(init=False)


class Control(AxesSection):
    """One value of an axis; the axes not named match anything."""

    __pydantic_extra__: dict[str, WordOrNothing] = Field(init=False)


_Usd = Annotated[
    Decimal,
    Field(strict=False, gt=0, le=1_000_000, allow_inf_nan=False),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000}),
]


class Budget(Section):
    """The most that may be spent: on this edition over all its runs, and on all editions together."""

    usd: _Usd = Field(description="US dollars, for this edition over all its runs.")
    campaign_usd: _Usd | None = Field(
        None, description="US dollars, for all editions of the campaign together."
    )


class Retries(Section):
    """How many further attempts a job gets."""

    failed: int = Field(
        default=1, ge=0, le=5, description="After the vendor failed it and gave the money back."
    )


def _date(value: object) -> date:
    if not isinstance(value, str) or not fullmatch(_DAY, value):
        raise PydanticCustomError("date", "not a date")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("date", "not a day of the calendar") from None


Day = Annotated[
    date, PlainValidator(_date), WithJsonSchema({"type": "string", "format": "date", "pattern": _DAY})
]


class NightlySection(Section):
    """When the night renders the campaign; dates are nights in the campaign's timezone, both inclusive."""

    first: Day | None = Field(None, alias="from", description="The first night, such as 2026-11-01.")
    until: Day | None = Field(None, description="The last night, such as 2026-12-24.")
    paused: bool = Field(default=False, description="Leave it out for now; the night says so.")


Mark = Annotated[
    Annotated[bool, Tag("<word>")] | Annotated[NightlySection, Tag("<entry>")], Discriminator(_form)
]


def _yes_no_unknown(value: object) -> object:
    """YAML reads a bare `yes` as true; quoted or not, it is the same answer."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value not in ("yes", "no", "unknown"):
        raise PydanticCustomError("answer", "not yes, no or unknown")
    return value


Answer = Annotated[
    str, PlainValidator(_yes_no_unknown), WithJsonSchema({"enum": ["yes", "no", "unknown", True, False]})
]


class Disclosure(Section):
    """What only a person can say about the clips."""

    synthetic_performer: Answer = Field(
        default="unknown",
        description="Whether the clips show a human performer who does not exist: yes, no or unknown. "
        "`hailuo upload-plan` waits for yes or no.",
    )


class CampaignFile(Section):
    """One campaign: what is rendered, how often, and what it may cost."""

    kept_as_written = frozenset({"rows"})

    campaign: Slug = Field(
        description="The campaign's name and its folder on the store: a-z, 0-9 and hyphens."
    )
    edition: Annotated[str, Field(pattern=_EDITION, min_length=1, max_length=60)] = Field(
        "main",
        description='One shoot of the campaign. "{date}" makes a fresh one each night; a new edition buys anew.',
    )
    timezone: str = Field("UTC", description='Whose date "{date}" is, such as Europe/Berlin.')
    defaults: DefaultValues = Field(
        default_factory=DefaultValues, description="The value of an axis wherever nothing else is said."
    )
    takes: int = Field(
        1, ge=1, le=100, description="How many clips of every variant; they differ, there is no seed."
    )
    matrix: Matrix | None = Field(None, description="The axes whose every combination is rendered.")
    rows: Annotated[Written | None, PlainValidator(_word_or_nothing), WithJsonSchema(_WORD_OR_NULL)] = Field(
        None, description="A CSV file beside this one, in place of the matrix."
    )
    exclude: list[Exclusion] = Field(
        default=[], description="Combinations to leave out; the axes not named match anything."
    )
    include: list[IncludeRow] = Field(default=[], description="Complete further rows, appended.")
    illegal: Literal["stop", "skip"] = Field(
        "stop",
        description="A combination that no model offers: refuse the file, or leave it out and list it.",
    )
    budget: Budget | None = Field(None, description="The most that the edition may cost.")
    control: Control = Field(
        default_factory=Control, description="The baseline that the report compares with: a partial match."
    )
    placements: list[Placement] = Field(default=[], description="Where the clips shall run as ads.")
    disclosure: Disclosure = Field(
        default_factory=Disclosure, description="What a person says about the clips; platforms and laws ask."
    )
    nightly: Mark = Field(
        default=False, description="Marks the campaign for the night: true, or {from, until, paused}."
    )
    retries: Retries = Field(default_factory=Retries, description="When a job may be bought again.")


def campaign_schema() -> dict[str, object]:
    """The JSON Schema of campaign files, for editors: `# yaml-language-server: $schema=schema.json`."""
    schema = CampaignFile.model_json_schema()
    content = [{"required": [key]} for key in ("matrix", "rows", "include")]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "anyOf": content}
