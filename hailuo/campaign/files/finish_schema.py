"""What `finish:` of a campaign file may say: pydantic models, as in `schema`."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Literal

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

from hailuo.campaign.files.document import Entries, Scalar
from hailuo.campaign.files.sections import AxesSection, Section, Some, Word, WordOrNothing, form

NAME = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
NO_FINISH = "none"
"""The name of no finish, for `--finish`; no version may have it."""

NO_BOX = "none"
"""The colour of a box that is not drawn."""

_A_COLOUR = 'write it in quotes, such as "#ffcc00", or a name such as white'
REMEDIES: Mapping[str, str] = {
    "finish": "write {caption: TEXT}, or {versions: {NAME: {caption: TEXT}}}",
    "versions": "write {NAME: {caption: TEXT}}",
    "logo": "write {picture: logo.png}",
    "end_card": "write {picture: card.png}, or {background: black, text: TEXT}",
    "sound": "write {file: voice.wav}",
    "subtitles": "write the name of an SRT file",
    "caption": "write a text, or {text: TEXT}",
    "caption.text": "write the text",
    "price.text": "write the text",
    "end_card.text": "write the text",
    "logo.picture": "name a picture beside this file",
    "sound.file": "name a sound file beside this file",
    "subtitles.file": "name an SRT file beside this file",
    "price": 'write {text: "{price}"}',
    "colour": _A_COLOUR,
    "background": _A_COLOUR,
    "box": f"{_A_COLOUR}; none draws no box",
}
"""What to do about a value that was refused, by its key."""

_Position = Literal[
    "top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom", "bottom right"
]


def _within(least: float, most: float) -> Callable[[object], Decimal]:
    """Takes numbers within limits, both included."""

    def checked(value: object) -> Decimal:
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        if not is_number or not least <= value <= most:  # type: ignore[operator]  # it is a number
            raise PydanticCustomError("limits", f"a number from {least:g} to {most:g}")
        return Decimal(value)  # type: ignore[arg-type]  # the same

    return checked


def _limits(least: float, most: float) -> WithJsonSchema:
    return WithJsonSchema({"type": "number", "minimum": least, "maximum": most})


def _colour(value: object) -> str:
    """As #rrggbbaa."""
    if not isinstance(value, str):
        raise PydanticCustomError("colour", "not a colour")
    from PIL import ImageColor  # noqa: PLC0415 (Pillow: only for a file with a finish)

    try:
        found = ImageColor.getcolor(value, "RGBA")
    except ValueError:
        raise PydanticCustomError("colour", "not a colour") from None
    assert isinstance(found, tuple)  # noqa: S101 (of a mode with four parts)
    return "#" + "".join(f"{part:02x}" for part in found)


def _opaque(colour: str) -> str:
    if not colour.endswith("ff"):
        raise PydanticCustomError("colour", "not an opaque colour")
    return colour


def _colour_or_none(value: object) -> str:
    return NO_BOX if value == NO_BOX else _colour(value)


_COLOUR = WithJsonSchema({"type": "string"})
_Colour = Annotated[str, BeforeValidator(_colour), _COLOUR]
_Opaque = Annotated[str, BeforeValidator(_colour), AfterValidator(_opaque), _COLOUR]
_Box = Annotated[str, BeforeValidator(_colour_or_none), _COLOUR]
_Percent = Annotated[Decimal, PlainValidator(_within(0, 100)), _limits(0, 100)]
_Size = Annotated[Decimal, PlainValidator(_within(1, 100)), _limits(1, 100)]
_At = Annotated[Decimal, PlainValidator(_within(0, 3600)), _limits(0, 3600)]
_CardSeconds = Annotated[Decimal, PlainValidator(_within(0.5, 30)), _limits(0.5, 30)]
_Decibels = Annotated[Decimal, PlainValidator(_within(-60, 0)), _limits(-60, 0)]


class LogoSection(Section):
    """A picture on the clip."""

    picture: str = Field(
        description="A PNG, JPEG or WebP beside the campaign file; what is transparent stays so."
    )
    position: _Position = Field("top right", description="Where in the safe zone.")
    size: _Size = Field(Decimal(20), description="Its longer side, in % of the frame's shorter side.")
    margin: _Percent = Field(
        Decimal(0), description="Distance from the edge of the safe zone, in % of the frame's shorter side."
    )
    opacity: _Size = Field(Decimal(100), description="In %; 100 hides what is behind it.")
    first: _At = Field(Decimal(0), alias="from", description="The second at which it appears.")
    to: _At | None = Field(
        None, description="The second at which it goes. Without it, it stays until the end of the clip."
    )


class LetteringSection(Section):
    """How a text looks."""

    font: str | None = Field(
        None, description="A font file beside the campaign file (TTF, OTF). The default is DejaVu Sans Bold."
    )
    size: _Size | None = Field(
        None,
        description="The size of the font, in % of the frame's shorter side. Default: 6; 8 for a price and an end card; 4.5 for subtitles.",
    )
    colour: _Colour = Field(
        "#ffffffff", description='The letters, such as "#ffcc00" or white; "#rrggbbaa" has opacity.'
    )
    box: _Box = Field("#000000a0", description="The colour behind the letters; none draws no box.")


class PlacedSection(LetteringSection):
    """Where a text is."""

    position: _Position | None = Field(
        None, description="Where in the safe zone. The default is bottom, and top left for a price."
    )
    margin: _Percent = Field(
        Decimal(0), description="Distance from the edge of the safe zone, in % of the frame's shorter side."
    )


class TimedSection(PlacedSection):
    """When a text is shown."""

    kept_as_written = frozenset({"text"})

    first: _At = Field(Decimal(0), alias="from", description="The second at which it appears.")
    to: _At | None = Field(
        None, description="The second at which it goes. Without it, it stays until the end of the clip."
    )


class CaptionSection(TimedSection):
    """A text on the clip. `caption: TEXT` is short for `{text: TEXT}`."""

    text: Word = Field(
        description="The text. {name} is replaced by that column of the row, or by the value of that axis."
    )


class PriceSection(TimedSection):
    """A price on the clip: a caption that takes its text from the column `price`, unless you write another."""

    text: WordOrNothing = Field(
        None, description='The text. The default is "{price}", which takes the column `price` of the row.'
    )


class EndCardSection(LetteringSection):
    """A card at the end of the copy."""

    kept_as_written = frozenset({"text"})

    seconds: _CardSeconds = Field(Decimal(2), description="How long it is shown.")
    over: bool = Field(
        default=False, description="Whether it covers the end of the clip. Otherwise it follows the clip."
    )
    picture: str | None = Field(None, description="A picture beside the campaign file, shown whole.")
    background: _Opaque = Field("#000000ff", description="The colour around the picture.")
    text: WordOrNothing = Field(None, description="A text on it; {name} as in a caption.")
    position: _Position = Field("middle", description="Where in the safe zone the text is.")
    box: _Box = Field(NO_BOX, description="The colour behind the letters; none draws no box.")


class SoundSection(Section):
    """A sound or voice file under the copy."""

    file: str = Field(description="A sound file beside the campaign file.")
    how: Literal["replace", "mix"] = Field(
        "replace", description="Instead of the clip's sound, or mixed with it."
    )
    first: _At = Field(Decimal(0), alias="from", description="The second at which it begins.")
    clip_db: _Decibels = Field(
        Decimal(-12), description="With `mix`: how loud the clip's own sound is, against the file, in dB."
    )


class SubtitlesSection(PlacedSection):
    """Subtitles, drawn on the clip. `subtitles: FILE` is short for `{file: FILE}`."""

    file: str = Field(description="An SRT file beside the campaign file, UTF-8.")


def _alone(key: str, value: Scalar) -> Entries:
    """A mapping of that value alone."""
    entries = Entries(value.place)
    entries[key], entries.places[key] = value, value.place
    return entries


def _caption(value: Scalar) -> CaptionSection:
    return CaptionSection.model_validate(_alone("text", value))


def _price(value: Scalar) -> PriceSection:
    return PriceSection.model_validate(_alone("text", value))


def _subtitles(value: Scalar) -> SubtitlesSection:
    return SubtitlesSection.model_validate(_alone("file", value))


def _nothing(value: object) -> object:
    """`logo: null` of a version: it has none."""
    return None if isinstance(value, Scalar) and value.value is None else value


_Caption = Annotated[
    Annotated[Word, AfterValidator(_caption), Tag("<word>")] | Annotated[CaptionSection, Tag("<entry>")],
    Discriminator(form),
]
_Price = Annotated[
    Annotated[Word, AfterValidator(_price), Tag("<word>")] | Annotated[PriceSection, Tag("<entry>")],
    Discriminator(form),
]
_Subtitles = Annotated[
    Annotated[Word, AfterValidator(_subtitles), Tag("<word>")] | Annotated[SubtitlesSection, Tag("<entry>")],
    Discriminator(form),
]


class VersionSection(Section):
    """What one version draws: each element replaces that of all versions, and null removes it."""

    kept_as_written = frozenset({"caption", "price", "subtitles"})

    logo: LogoSection | None = Field(None, description="A picture in a corner.")
    caption: Annotated[Some[_Caption] | None, BeforeValidator(_nothing)] = Field(
        None, description="A text, {text, ...}, or a list of them."
    )
    price: Annotated[_Price | None, BeforeValidator(_nothing)] = Field(
        None, description='A price: {text: "{price}"} takes the column `price` of the row.'
    )
    end_card: EndCardSection | None = Field(None, description="A card at the end.")
    sound: SoundSection | None = Field(None, description="A sound or voice file.")
    subtitles: Annotated[_Subtitles | None, BeforeValidator(_nothing)] = Field(
        None, description="An SRT file, or {file, ...}."
    )


def _or_empty(value: object) -> object:
    """A version that draws no more than the others may be written as its name alone."""
    return Entries(value.place) if isinstance(value, Scalar) and value.value is None else value


class Versions(AxesSection):
    """The versions of a finish by name."""

    model_config = ConfigDict(json_schema_extra={"propertyNames": {"title": "a version", "pattern": NAME}})
    __pydantic_extra__: dict[str, Annotated[VersionSection, BeforeValidator(_or_empty)]] = Field(init=False)

    @property
    def sections(self) -> Mapping[str, VersionSection]:
        """In the order of the file."""
        return dict(self.__pydantic_extra__ or {})

    @property
    def names(self) -> Sequence[str]:
        """Also of the versions that were refused."""
        return tuple(self._places)


class FinishSection(VersionSection):
    """What `hailuo conform` draws on every copy, and the versions that there are of it."""

    @classmethod
    def keeps(cls, key: str) -> bool:
        return key == "versions" or super().keeps(key)

    versions: Versions = Field(
        default_factory=Versions,
        description="One copy of each clip for each version, by name: {NAME: {caption: TEXT}}.",
    )
