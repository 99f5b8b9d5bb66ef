"""What a catalog file may say: the pydantic models behind the checks and behind docs/reference/catalog-file.md."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Scalar = bool | int | str
Duration = Annotated[int, Field(ge=1, le=600)]
Trust = Literal["verified", "documented", "reported", "guessed"]
_Size = Annotated[list[Annotated[int, Field(ge=16, le=16_384)]], Field(min_length=2, max_length=2)]


class CatalogSection(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class SourceFile(CatalogSection):
    """Where facts were found."""

    text: str = Field(description="The document or page.")
    checked: Annotated[date, Field(strict=False, description="The day it was last read, such as 2026-11-22.")]


class SettingFile(CatalogSection):
    """A further setting of a family. An axis of that name is this setting."""

    values: list[Scalar] = Field([], description="What it may be. A value keeps its type: true is not `on`.")
    lowest: int | None = Field(
        None, alias="from", description="The smallest whole number, in place of values."
    )
    highest: int | None = Field(None, alias="to", description="The largest whole number.")
    default: Scalar | None = Field(None, description="What a clip gets where a campaign says nothing.")
    send: Literal["always", "asked"] | None = Field(
        None,
        description="`always`: every order has it, and without a default the campaign must give it. `asked`: only where the "
        "campaign gives it. A setting with a default is always sent unless you say otherwise.",
    )
    wire: dict[str, Scalar] = Field({}, description="How a body spells a value, where that is not the value.")
    per_take: bool = Field(
        default=False, description="For a range, such as a seed: each further take has the next number."
    )
    trust: Trust | None = Field(
        None, description="How well it is known, where that is not as well as its family."
    )
    source: str | None = Field(None, description="A name under `sources`.")


class RuleFile(CatalogSection):
    """A combination that the vendor does not make."""

    when: dict[str, Scalar | list[Scalar]] = Field(
        min_length=1,
        description="Settings, `duration`, `size` or `first_frame`, with what they are: a value, several, `set` or `none`.",
    )
    because: str = Field(min_length=1, description="The reason, for the person who asked for it.")
    fix: dict[str, Scalar] = Field(
        {}, description="What a setting becomes where the campaign did not write it; `none` leaves it out."
    )


class ShapeFile(CatalogSection):
    """How a clip gets its shape."""

    setting: str | None = Field(None, description="The setting that orders it.")
    native: str | None = Field(
        None, description="The shape of every clip without a first frame, such as 16:9."
    )
    from_frame: bool = Field(default=False, description="Whether a clip takes the shape of its first frame.")


class AudioFile(CatalogSection):
    """The setting that orders sound."""

    setting: str = Field(description="A setting of the values true and false.")


class LimitsFile(CatalogSection):
    """The pace that the family bears."""

    submits_per_minute: int | None = Field(None, ge=1, le=1000, description="The most submits in a minute.")
    in_flight: int | None = Field(None, ge=1, le=1000, description="The most tasks at a time.")
    first_poll_s: float | None = Field(
        None, strict=False, gt=0, le=3600, description="Seconds from the submit to the first poll."
    )
    deadline_s: float | None = Field(
        None, strict=False, gt=0, le=86_400, description="Seconds after which a task is overdue."
    )


class FamilyFile(CatalogSection):
    """Models that share a request at the vendor."""

    request: str | dict[str, Any] | None = Field(
        None, description="The body as a template, or a name under `requests`."
    )
    strict: bool | None = Field(
        None, description="Whether the vendor refuses fields that the template does not have."
    )
    source: str | None = Field(None, description="A name under `sources`.")
    trust: Trust | None = Field(None, description="How well the facts are known.")
    settings: dict[str, SettingFile] = Field({}, description="Further settings, by name.")
    sizes: dict[str, str] = Field({}, description="How a body spells a size, where that is not its name.")
    rules: list[RuleFile] = Field([], description="Combinations that the vendor does not make.")
    shape: ShapeFile | None = Field(None, description="How a clip gets its shape.")
    audio: Literal["always", "never"] | AudioFile | None = Field(
        None, description="Whether clips have sound: always, never, or by a setting."
    )
    fps: Annotated[float, Field(strict=False, gt=0, le=240)] | None = Field(
        None, description="Frames per second."
    )
    pixels: dict[str, _Size | dict[str, _Size]] = Field(
        {}, description="Width and height by size, or by size and shape, such as {720p: {9:16: [720, 1280]}}."
    )
    codec: dict[str, Literal["h264", "hevc", "av1", "vp9"]] = Field(
        {}, description="The codec by size. Checks compare it where it is said."
    )
    billed: Literal["at_submit", "at_end"] | None = Field(
        None, description="When the vendor takes the price: with the submit, or with the finished clip."
    )
    people: Literal["inline", "assets"] | None = Field(
        None,
        description="How the vendor takes pictures of people: like every picture, or registered first. A run registers them.",
    )
    limits: LimitsFile | None = Field(
        None, description="The pace that the family bears, within your settings, and how long its clips take."
    )
    camera_commands: dict[str, str] = Field(
        {}, description="Commands in square brackets: the English spelling, then the Chinese."
    )
    commands_per_bracket: int = Field(3, ge=1, description="How many commands one bracket may hold.")
    parameters: dict[str, list[str]] = Field(
        {},
        description="Short form of `settings`: names with their values, sent where the campaign gives them.",
    )


class PromptFile(CatalogSection):
    """What a prompt may be."""

    limit: int = Field(ge=1, description="The most characters.")
    source: str = Field(description="A name under `sources`.")


class FirstFrameFile(CatalogSection):
    """Whether a clip may start from a picture."""

    rule: Literal["required", "optional", "none"] = Field(
        description="Whether the model takes a first frame."
    )
    source: str = Field(description="A name under `sources`.")
    warning: str | None = Field(None, description="What the plan warns about.")


class RangeFile(CatalogSection):
    """Whole seconds, both ends included."""

    first: Duration = Field(alias="from", description="The shortest length.")
    last: Duration = Field(alias="to", description="The longest length.")


class OfferFile(CatalogSection):
    """Lengths and sizes that are sold."""

    duration: Duration | list[Duration] | RangeFile = Field(
        description="The length in whole seconds: one, a list, or {from, to}."
    )
    size: str | list[str] = Field(description="The size, such as 768p, or a list of sizes.")
    price_usd: Annotated[Decimal, Field(strict=False, ge=0, allow_inf_nan=False)] | None = Field(
        None, description="The list price of a clip in US dollars. Without a price, nothing is bought."
    )
    source: str = Field(description="A name under `sources`.")
    warning: str | None = Field(None, description="What the plan warns about.")
    warns_without_frame: bool = Field(
        default=False, description="Warn only about clips without a first frame."
    )


_Rate = Annotated[Decimal, Field(strict=False, ge=0, allow_inf_nan=False)]


class PriceFile(CatalogSection):
    """The list price by a formula, where an offer names none. Name one of the three kinds."""

    usd: dict[str, dict[str, _Rate]] | None = Field(
        None, description="US dollars of a clip, by size and seconds, such as {768p: {6: 0.28}}."
    )
    usd_per_second: dict[str, _Rate] | None = Field(None, description="US dollars of a second, by size.")
    usd_per_million_video_tokens: dict[str, _Rate] | None = Field(
        None,
        description="US dollars of a million tokens, by size. A clip has width x height x frames / 1024 of them.",
    )
    times: dict[str, dict[str, _Rate]] = Field(
        {}, description="What a value of a setting multiplies, such as {audio: {true: 1.5}}."
    )
    plus: dict[str, dict[str, _Rate]] = Field(
        {}, description="What a value of a setting adds, in US dollars."
    )
    source: str = Field(description="A name under `sources`.")


class ModelFile(CatalogSection):
    """One model."""

    family: str | None = Field(None, description="A name under `families`.")
    trust: Trust | None = Field(
        None, description="How well its facts are known, where that is not its family's."
    )
    prompt: PromptFile | None = Field(None, description="What a prompt may be.")
    first_frame: FirstFrameFile | None = Field(None, description="Whether a clip may start from a picture.")
    upload_model: str | None = Field(
        None, description="The name under which its pictures are registered, where `people` is `assets`."
    )
    offers: list[OfferFile] = Field([], description="The lengths and sizes that it sells.")
    price: PriceFile | None = Field(
        None, description="The list price by a formula, where an offer names none."
    )


class CatalogFile(CatalogSection):
    """What the vendor offers. Each fact names its source."""

    sources: dict[str, SourceFile] = Field({}, description="Where facts were found, by a name of your own.")
    tiers: dict[str, list[str]] = Field({}, description="Sizes that are alike across families, by tier.")
    requests: dict[str, dict[str, Any]] = Field(
        {}, description="Bodies that several families share, by a name of your own."
    )
    families: dict[str, FamilyFile] = Field({}, description="Families of models, by name.")
    models: dict[str, ModelFile] = Field({}, description="Models, exactly as the vendor spells them.")
