"""What a campaign file may say: the pydantic models behind the checks and behind campaigns/schema.json."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from re import fullmatch
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from hailuo.campaign.catalog import Catalog, Model
from hailuo.campaign.files.catalog_file import load_catalog
from hailuo.campaign.files.document import Entries, Scalar
from hailuo.campaign.files.finish_schema import FinishSection
from hailuo.campaign.files.sections import (
    AxesSection,
    Matched,
    Seconds,
    Section,
    Some,
    ValueOrNothing,
    Word,
    WordOrNothing,
    form,
)

SLUG = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
LABEL = r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$"
LABEL_REMEDY = "use letters a to z, digits and hyphens, at most 60 of them"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
EDITION = r"^[a-z0-9-]*(\{date\}[a-z0-9-]*)?$"

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


Slug = Annotated[str, Field(pattern=SLUG, max_length=60)]
Label = Annotated[str, Field(pattern=LABEL, max_length=60)]


class PromptEntry(Section):
    """A prompt with an id."""

    kept_as_written = frozenset({"text"})

    id: Label | None = Field(None, description="The name of the prompt in files, reports and ad names.")
    text: Word = Field(description="The prompt. {axis} is replaced by the values of that axis.")


class FrameEntry(Section):
    """A first frame with an id."""

    kept_as_written = frozenset({"file"})

    id: Label | None = Field(None, description="The name of the frame in files, reports and ad names.")
    file: Word = Field(description="An image in the campaign's folder, or an https URL.")


def _named(entry: PromptEntry | FrameEntry) -> Scalar:
    content = entry.text if isinstance(entry, PromptEntry) else entry.file
    return Scalar(content.text, content.value, entry.place, entry.id)


Prompt = Annotated[
    Annotated[Word, Tag("<word>")] | Annotated[PromptEntry, AfterValidator(_named), Tag("<entry>")],
    Discriminator(form),
]
Frame = Annotated[
    Annotated[WordOrNothing, Tag("<word>")] | Annotated[FrameEntry, AfterValidator(_named), Tag("<entry>")],
    Discriminator(form),
]


class Matrix(AxesSection):
    """The axes. Every combination of their values is rendered. An axis with any other name fills {name} in the prompts."""

    __pydantic_extra__: dict[str, Annotated[list[ValueOrNothing], Field(min_length=1)]] = Field(init=False)

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


class ModelSection(AxesSection):
    """What one model varies: one value or several of each axis, in place of those of the matrix."""

    __pydantic_extra__: dict[str, Some[ValueOrNothing]] = Field(init=False)

    prompt: Some[Prompt] = Field(default_factory=_absent, description="Prompts of this model alone.")
    duration: Some[Seconds] = Field(default_factory=_absent, description="Lengths in whole seconds.")
    size: Some[Word] = Field(
        default_factory=_absent, description="Sizes of the model, or tiers: sd, hd, fullhd."
    )
    first_frame: Some[Frame] = Field(
        default_factory=_absent, description="Images to start from, or null for none."
    )
    takes: int | None = Field(
        None,
        ge=1,
        le=100,
        description="The number of clips of each variant. It overrides the `takes` of the file.",
    )

    @classmethod
    def keeps(cls, key: str) -> bool:
        return key != "takes"


def _or_empty(value: object) -> object:
    """A model without anything of its own may be written as its name alone."""
    return Entries(value.place) if isinstance(value, Scalar) and value.value is None else value


class Models(AxesSection):
    """The models, each with what it alone varies."""

    model_config = ConfigDict(json_schema_extra={"propertyNames": {"title": "a model"}})
    __pydantic_extra__: dict[str, Annotated[ModelSection, BeforeValidator(_or_empty)]] = Field(init=False)

    @property
    def sections(self) -> dict[str, ModelSection]:
        """What each model varies, in the order of the file."""
        return dict(self.__pydantic_extra__ or {})


class Frames(AxesSection):
    """One first frame for each shape."""

    model_config = ConfigDict(
        json_schema_extra={"propertyNames": {"title": "a shape", "pattern": "^[1-9][0-9]*:[1-9][0-9]*$"}}
    )
    __pydantic_extra__: dict[str, Frame] = Field(init=False)


def _where_offered(value: object) -> object:
    if not isinstance(value, Scalar) or value.value != "where offered":
        raise PydanticCustomError("where_offered", "the words: where offered")
    return value


_WhereOffered = Annotated[Scalar, PlainValidator(_where_offered), WithJsonSchema({"const": "where offered"})]


class Applies(AxesSection):
    """Axes that a model without them does not vary."""

    __pydantic_extra__: dict[str, _WhereOffered] = Field(init=False)


class FallbackValues(AxesSection):
    """What a substitute of this model has in place of the values of its job."""

    __pydantic_extra__: dict[str, ValueOrNothing] = Field(init=False)

    duration: Seconds = Field(default_factory=_absent, description="The length in whole seconds.")
    size: Word = Field(default_factory=_absent, description="A size of the model, or a tier: sd, hd, fullhd.")
    first_frame: Frame = Field(default=None, description="An image to start from, or null for none.")


class Fallbacks(AxesSection):
    """The models that replace a job which failed for good and cost nothing, the first one first."""

    model_config = ConfigDict(json_schema_extra={"propertyNames": {"title": "a model"}})
    __pydantic_extra__: dict[str, Annotated[FallbackValues, BeforeValidator(_or_empty)]] = Field(init=False)


def _listed_or_named(value: object) -> str:
    return "<named>" if isinstance(value, dict) else "<listed>"


class DefaultValues(AxesSection):
    """One value per axis."""

    __pydantic_extra__: dict[str, ValueOrNothing] = Field(init=False)

    model: Word = Field(default_factory=_absent, description="A model, exactly as the vendor spells it.")
    prompt: Prompt = Field(default_factory=_absent, description="A prompt's id, its text, or {id, text}.")
    duration: Seconds = Field(default_factory=_absent, description="The length in whole seconds.")
    size: Word = Field(default_factory=_absent, description="The resolution, such as 768p.")
    first_frame: Frame = Field(default=None, description="A file beside the campaign, an https URL, or null.")


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


def _cells(value: object) -> object:
    """Texts by name; a number keeps its digits."""
    if isinstance(value, dict):
        cells = {name: scalar.content for name, scalar in value.items() if isinstance(scalar, Scalar)}
        if len(cells) == len(value) and all(cell is not None for cell in cells.values()):
            return cells
    raise PydanticCustomError("cells", "not names with one value each")


Cells = Annotated[
    dict[str, str],
    PlainValidator(_cells),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}),
]


class IncludeRow(DefaultValues):
    """One value per axis, and what is of this row alone."""

    takes: int | None = Field(
        None,
        ge=1,
        le=100,
        description="The number of clips of this row. It overrides the `takes` of the file.",
    )
    disclosure: Answer | None = Field(
        None, description="Whether the clips of this row show a human performer who does not exist."
    )
    columns: Cells = Field(
        default={}, description="What travels with the row, such as sku. It changes no clip and no id."
    )

    @classmethod
    def keeps(cls, key: str) -> bool:
        return key not in ("takes", "disclosure", "columns")


class Exclusion(AxesSection):
    """One or more values of each axis. An axis that is not named matches any value."""

    __pydantic_extra__: dict[str, Matched] = Field(init=False)


class Control(AxesSection):
    """One value of each axis. An axis that is not named matches any value."""

    __pydantic_extra__: dict[str, ValueOrNothing] = Field(init=False)


_Usd = Annotated[
    Decimal,
    Field(strict=False, gt=0, le=1_000_000, allow_inf_nan=False),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000}),
]


class Budget(Section):
    """The most that you will spend on this edition, and on all editions together."""

    usd: _Usd = Field(description="US dollars for this edition, over all its runs.")
    campaign_usd: _Usd | None = Field(
        None, description="US dollars for all editions of the campaign together."
    )


class Retries(Section):
    """How many more attempts a job gets."""

    failed: int = Field(
        default=1, ge=0, le=5, description="How many, after the vendor failed the job and refunded it."
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
    """When the nightly run renders the campaign. Dates are in the campaign's timezone; both are included."""

    first: Day | None = Field(None, alias="from", description="The first night, such as 2026-11-01.")
    until: Day | None = Field(None, description="The last night, such as 2026-12-24.")
    paused: bool = Field(
        default=False, description="Leaves the campaign out for now; the nightly run says so."
    )


Mark = Annotated[
    Annotated[bool, Tag("<word>")] | Annotated[NightlySection, Tag("<entry>")], Discriminator(form)
]


class Disclosure(Section):
    """What you declare about the clips."""

    synthetic_performer: Answer = Field(
        default="unknown",
        description="Whether the clips show a human performer who does not exist: yes, no or unknown. "
        "`hailuo upload-plan` waits for yes or no.",
    )


class CampaignFile(Section):
    """One campaign: what is rendered, how often, and what it may cost."""

    kept_as_written = frozenset({"rows", "fallback"})

    campaign: Slug = Field(
        description="The campaign's name and its folder on the store: a-z, 0-9 and hyphens."
    )
    edition: Annotated[str, Field(pattern=EDITION, min_length=1, max_length=60)] = Field(
        "main",
        description='One batch of clips. A new edition buys every clip again; "{date}" makes a new one each night.',
    )
    timezone: str | None = Field(
        None,
        description='The timezone of "{date}" and of the nights, such as Europe/Berlin. The default is that of the '
        "schedule, else that of the machine.",
    )
    defaults: DefaultValues = Field(
        default_factory=DefaultValues, description="The value of an axis where nothing else gives one."
    )
    takes: int = Field(
        1,
        ge=1,
        le=100,
        description="The number of clips of every variant. They differ, because there is no seed.",
    )
    matrix: Matrix | None = Field(
        None, description="The axes. Every combination of their values is rendered."
    )
    models: Models = Field(
        default_factory=Models,
        description="The models, each with its own values, in place of the axis `model`: {MODEL: {duration: 6, size: 768p}}.",
    )
    frames: Frames = Field(
        default_factory=Frames,
        description='First frames by shape, such as {"9:16": tall.jpg}, for models that get that shape of the axis `shape` '
        "in no other way.",
    )
    applies: Applies = Field(
        default_factory=Applies,
        description="Axes that a model without them does not vary, such as {audio: where offered}.",
    )
    fallback: Annotated[
        Annotated[Fallbacks, Tag("<named>")] | Annotated[list[Word], Tag("<listed>")],
        Discriminator(_listed_or_named),
    ] = Field(
        default=[],
        description="Models that replace a job which failed for good and cost nothing, in this order: [MODEL, ...], or "
        "{MODEL: {size: 720p}} with values of their own. A substitute is a job of its own, and no part of a comparison.",
    )
    rows: WordOrNothing = Field(
        None, description="A sheet beside this file (CSV or .xlsx), used instead of the matrix."
    )
    exclude: list[Exclusion] = Field(default=[], description="Combinations to leave out.")
    include: list[IncludeRow] = Field(default=[], description="Complete rows to render in addition.")
    illegal: Literal["stop", "skip"] = Field(
        "stop",
        description="What happens to a combination that no model offers: `stop` refuses the file, `skip` lists it and leaves it out.",
    )
    budget: Budget | None = Field(None, description="The most that the edition may cost.")
    control: Control = Field(
        default_factory=Control, description="The baseline that the report compares with."
    )
    trust: Literal["verified", "documented", "reported", "guessed"] = Field(
        "documented",
        description="How well the facts of every model must be known. `reported` and `guessed` accept models whose request "
        "or rules are not documented; the plan names the source.",
    )
    people: Literal["registered", "none"] = Field(
        "registered",
        description="What first frames show, for families that take pictures of people only if they are registered. "
        "`registered`: a run registers each of them with the vendor first. `none`: no picture shows a real person, and they are sent as they are.",
    )
    placements: list[Placement] = Field(default=[], description="Where the clips will run as ads.")
    finish: FinishSection | None = Field(
        None,
        description="What `hailuo conform` draws on copies and lays under them: logo, captions, price, end card, sound, subtitles.",
    )
    disclosure: Disclosure = Field(
        default_factory=Disclosure, description="What you declare about the clips, for ad platforms and laws."
    )
    ad_name_columns: list[str] = Field(
        default=[], description="Columns of the rows whose cells end the ad names, such as [sku]."
    )
    nightly: Mark = Field(
        default=False, description="Marks the campaign for the nightly run: true, or {from, until, paused}."
    )
    retries: Retries = Field(default_factory=Retries, description="When a job may be bought again.")

    @property
    def fallbacks(self) -> tuple[tuple[Scalar, FallbackValues | None], ...]:
        """The models of `fallback`, each with its own values, in the order of the file."""
        if not isinstance(self.fallback, Fallbacks):
            return tuple((name, None) for name in self.fallback)
        named, section = dict(self.fallback.__pydantic_extra__ or {}), self.fallback
        return tuple((Scalar(name, name, section.place_of(name)), own) for name, own in named.items())


def campaign_schema(catalog: Catalog | None = None) -> dict[str, object]:
    """The JSON Schema of campaign files, for editors: `# yaml-language-server: $schema=schema.json`.

    For each model of the catalog, the built-in one unless given, it says which lengths, sizes and settings may be written
    beside it.
    """
    catalog = catalog or load_catalog()
    schema = CampaignFile.model_json_schema()
    content = [{"required": [key]} for key in ("matrix", "models", "rows", "include")]
    defs, models = schema["$defs"], catalog.models.values()
    defs["Matrix"]["allOf"] = [_if_alone(model, catalog, is_list=True) for model in models]
    defs["IncludeRow"]["allOf"] = [_if_alone(model, catalog, is_list=False) for model in models]
    version = {"$ref": "#/$defs/VersionSection"}
    defs["Versions"]["additionalProperties"] = {"anyOf": [version, {"type": "null"}]}
    for name, of_one, some in (
        ("Models", "ModelSection", _one_or_more),
        ("Fallbacks", "FallbackValues", _one),
    ):
        own = {"$ref": f"#/$defs/{of_one}"}
        defs[name]["additionalProperties"] = {"anyOf": [own, {"type": "null"}]}
        defs[name]["properties"] = {
            model.name: {
                "anyOf": [{"allOf": [own, {"properties": _allowed(model, catalog, some)}]}, {"type": "null"}]
            }
            for model in models
        }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "anyOf": content}


def _if_alone(model: Model, catalog: Catalog, *, is_list: bool) -> dict[str, object]:
    """What a section that names this model alone may say."""
    named = {"items": {"const": model.name}, "type": "array"} if is_list else {"const": model.name}
    condition = {"required": ["model"], "properties": {"model": named}}
    allowed = _allowed(model, catalog, (lambda one: {"items": one}) if is_list else _one)
    return {"if": condition, "then": {"properties": allowed}}


def _one(one: dict[str, object]) -> dict[str, object]:
    return one


def _one_or_more(one: dict[str, object]) -> dict[str, object]:
    return {"anyOf": [one, {"type": "array", "items": one}]}


def _allowed(
    model: Model, catalog: Catalog, some: Callable[[dict[str, object]], dict[str, object]]
) -> dict[str, object]:
    """Lengths, sizes and settings of the model."""
    sizes = dict.fromkeys(offer.size for offer in model.offers)
    tiers = [tier for tier, alike in catalog.tiers.items() if sizes.keys() & set(alike)]
    words = dict.fromkeys(word for size in sizes for word in (size, size.upper(), size.lower()))
    seconds = sorted({offer.duration for offer in model.offers})
    allowed: dict[str, object] = {
        "duration": some({"enum": seconds}),
        "size": some({"enum": [*words, *tiers]}),
    }
    for name, setting in catalog.family_of(model).settings.items():
        if setting.values:
            values = [*dict.fromkeys([*setting.values, *setting.labels]), "none", None]
            allowed[name] = some({"enum": values})
    return allowed
