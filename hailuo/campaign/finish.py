"""A finish: what is drawn on the copies of a clip, and the sound under it. Values only: nothing is drawn here."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from hailuo.campaign.variant import canonical_json
from hailuo.errors import Place

_VERSION: Final = "finish/1"
_NOT_DRAWN: Final = frozenset({"name", "place"})
"""Fields that change no copy."""


class Spot(StrEnum):
    """Where in the safe zone something is put."""

    TOP_LEFT = "top left"
    TOP = "top"
    TOP_RIGHT = "top right"
    LEFT = "left"
    MIDDLE = "middle"
    RIGHT = "right"
    BOTTOM_LEFT = "bottom left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom right"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedFile:
    """A file beside the campaign, by its bytes."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Seconds of the copy: from one to another; None lasts as long as the clip is shown."""

    from_s: float = 0.0
    to_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lettering:
    """How a text looks. `size` is in % of the frame's shorter side; colours are #rrggbbaa, None for no box."""

    font: UsedFile | None = None
    size: float
    colour: str
    box: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture. `size` (its longer side) and `margin` are in % of the frame's shorter side, `opacity` in %."""

    picture: UsedFile
    position: Spot
    size: float
    margin: float
    opacity: float
    span: Span
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnText:
    """A text. `{name}` in it is a column of the row, or an axis, until it is filled."""

    kind: Literal["caption", "price"]
    text: str
    lettering: Lettering
    position: Spot
    margin: float
    span: Span
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCard:
    """What ends the copy for so many seconds: after the clip, or `over` its end. The picture lies on the background."""

    seconds: float
    over: bool
    picture: UsedFile | None
    background: str
    text: str
    lettering: Lettering
    position: Spot
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedSound:
    """A sound file that begins at `from_s`: alone, or mixed with the clip's sound, which gets `clip_db` quieter than it."""

    file: UsedFile
    mix: bool
    from_s: float
    clip_db: float
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtitles:
    """An SRT file, drawn."""

    file: UsedFile
    lettering: Lettering
    position: Spot
    margin: float
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """One finish by its name; each clip gets a copy of its own for it."""

    name: str
    logo: Logo | None = None
    captions: tuple[DrawnText, ...] = ()
    end_card: EndCard | None = None
    sound: AddedSound | None = None
    subtitles: Subtitles | None = None
    place: Place = field(default=Place(""))

    @property
    def finish_id(self) -> str:
        """Ten hex digits of all that is drawn, and of the sound: another text, another id. Files count by their bytes."""
        return hashlib.sha256(canonical_json([_VERSION, _drawn(self)])).hexdigest()[:10]

    @property
    def added_s(self) -> float:
        """By how many seconds a copy is longer than its clip."""
        return self.end_card.seconds if self.end_card and not self.end_card.over else 0.0

    @property
    def text(self) -> str:
        """Everything that is written on the copy, but for the subtitles."""
        card = (self.end_card.text,) if self.end_card else ()
        return " / ".join(text for text in (*(one.text for one in self.captions), *card) if text)

    @property
    def files(self) -> tuple[UsedFile, ...]:
        """Every file that it uses."""
        texts = (*self.captions, self.end_card, self.subtitles)
        fonts = [text.lettering.font for text in texts if text]
        others = (
            self.logo and self.logo.picture,
            self.end_card and self.end_card.picture,
            self.sound and self.sound.file,
            self.subtitles and self.subtitles.file,
        )
        return tuple(file for file in (*others, *fonts) if file)

    def filled(self, fill: Callable[[str, Place], str]) -> "Finish":
        """The finish with `fill(text, place)` in place of each text."""
        card = self.end_card
        return replace(
            self,
            captions=tuple(replace(one, text=fill(one.text, one.place)) for one in self.captions),
            end_card=card and replace(card, text=fill(card.text, card.place)),
        )


def _drawn(value: object) -> object:
    """The value as JSON, without what changes no copy."""
    if isinstance(value, UsedFile):
        return value.sha256
    if isinstance(value, tuple):
        return [_drawn(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        named: Mapping[str, object] = {one.name: getattr(value, one.name) for one in fields(value)}
        return {name: _drawn(one) for name, one in named.items() if name not in _NOT_DRAWN}
    return value
