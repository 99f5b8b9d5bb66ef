"""What a campaign file may say: the pydantic models behind the checks and behind campaigns/schema.json."""

from datetime import date
from decimal import Decimal
from re import fullmatch
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

SLUG = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
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


def _word(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("word_bool", "a yes/no value")
    if value is None or isinstance(value, dict | list):
        raise PydanticCustomError("word", "not a word")
    return value


def _word_or_nothing(value: object) -> object:
    return None if value is None else _word(value)


def _form(value: object) -> str:
    return "<entry>" if isinstance(value, dict) else "<word>"


Slug = Annotated[str, Field(pattern=SLUG, max_length=60)]
Word = Annotated[object, PlainValidator(_word), WithJsonSchema({"type": ["string", "number"]})]
WordOrNothing = Annotated[
    object, PlainValidator(_word_or_nothing), WithJsonSchema({"type": ["string", "number", "null"]})
]
Seconds = Annotated[int, Field(ge=1, le=600)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PromptEntry(_Part):
    """A prompt with a name of its own."""

    id: Slug | None = Field(None, description="What files, reports and ad names call the prompt.")
    text: Word = Field(description="The prompt; {axis} is replaced by the values of that axis.")


class FrameEntry(_Part):
    """A first frame with a name of its own."""

    id: Slug | None = Field(None, description="What files, reports and ad names call the frame.")
    file: Word = Field(description="An image in the campaign's folder, or an https URL.")


Prompt = Annotated[
    Annotated[Word, Tag("<word>")] | Annotated[PromptEntry, Tag("<entry>")], Discriminator(_form)
]
Frame = Annotated[
    Annotated[WordOrNothing, Tag("<word>")] | Annotated[FrameEntry, Tag("<entry>")], Discriminator(_form)
]


class Matrix(BaseModel):
    """The axes; every combination of their values is rendered. Any other name fills {name} in the prompts."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
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


class Row(BaseModel):
    """One value per axis."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, WordOrNothing] = Field(init=False)

    model: Word = Field(default="", description="A model, exactly as the vendor spells it.")
    prompt: Prompt = Field(default="", description="A prompt's id, its text, or {id, text}.")
    duration: Seconds = Field(default=6, description="The length in whole seconds.")
    size: Word = Field(default="", description="The resolution, such as 768p.")
    first_frame: Frame = Field(default=None, description="A file beside the campaign, an https URL, or null.")


class IncludeRow(Row):
    """One value per axis, and how often this row alone is taken."""

    takes: int | None = Field(
        None, ge=1, le=100, description="How many clips of this row, in place of the file's `takes`."
    )


def _values(value: object) -> object:
    return [_word_or_nothing(item) for item in value] if isinstance(value, list) else _word_or_nothing(value)


_MATCHED_VALUE = {"type": ["string", "number", "null"]}
Matched = Annotated[
    object,
    PlainValidator(_values),
    WithJsonSchema({"anyOf": [_MATCHED_VALUE, {"type": "array", "items": _MATCHED_VALUE}]}),
]


_Usd = Annotated[
    Decimal,
    Field(strict=False, gt=0, le=1_000_000, allow_inf_nan=False),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000}),
]


class Budget(_Part):
    """The most that may be spent: on this edition over all its runs, and on all editions together."""

    usd: _Usd = Field(description="US dollars, for this edition over all its runs.")
    campaign_usd: _Usd | None = Field(
        None, description="US dollars, for all editions of the campaign together."
    )


class Retries(_Part):
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


class NightlyPart(_Part):
    """When the night renders the campaign; dates are nights in the campaign's timezone, both inclusive."""

    first: Day | None = Field(None, alias="from", description="The first night, such as 2026-11-01.")
    until: Day | None = Field(None, description="The last night, such as 2026-12-24.")
    paused: bool = Field(default=False, description="Leave it out for now; the night says so.")


Mark = Annotated[
    Annotated[bool, Tag("<word>")] | Annotated[NightlyPart, Tag("<entry>")], Discriminator(_form)
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


class Disclosure(_Part):
    """What only a person can say about the clips."""

    synthetic_performer: Answer = Field(
        default="unknown",
        description="Whether the clips show a human performer who does not exist: yes, no or unknown. "
        "`hailuo upload-plan` waits for yes or no.",
    )


class CampaignFile(_Part):
    """One campaign: what is rendered, how often, and what it may cost."""

    campaign: Slug = Field(
        description="The campaign's name and its folder on the store: a-z, 0-9 and hyphens."
    )
    edition: Annotated[str, Field(pattern=_EDITION, min_length=1, max_length=60)] = Field(
        "main",
        description='One shoot of the campaign. "{date}" makes a fresh one each night; a new edition buys anew.',
    )
    timezone: str = Field("UTC", description='Whose date "{date}" is, such as Europe/Berlin.')
    defaults: Row = Field(
        default_factory=Row, description="The value of an axis wherever nothing else is said."
    )
    takes: int = Field(
        1, ge=1, le=100, description="How many clips of every variant; they differ, there is no seed."
    )
    matrix: Matrix | None = Field(None, description="The axes whose every combination is rendered.")
    rows: Word | None = Field(None, description="A CSV file beside this one, in place of the matrix.")
    exclude: list[dict[str, Matched]] = Field(
        default=[], description="Combinations to leave out; the axes not named match anything."
    )
    include: list[IncludeRow] = Field(default=[], description="Complete further rows, appended.")
    illegal: Literal["stop", "skip"] = Field(
        "stop",
        description="A combination that no model offers: refuse the file, or leave it out and list it.",
    )
    budget: Budget | None = Field(None, description="The most that the edition may cost.")
    control: dict[str, WordOrNothing] = Field(
        default={}, description="The baseline that the report compares with: a partial match."
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
