"""What a finish puts on one frame: pictures with places and times, all within the safe zone, or every reason why not."""

import io
import itertools
import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps

from hailuo.campaign.finish import DrawnText, EndCard, Finish, Lettering, Logo, Span, Spot, UsedFile
from hailuo.errors import Place, Problem
from hailuo.media.letters import LetterError, Look, check_letters, lettered
from hailuo.media.placements import SafeZone
from hailuo.media.subtitles import ReadSubtitles, read_subtitles
from hailuo.text import quoted

_SHORT_S: Final = 0.5
"""A clip may be so much shorter than it was ordered: what should last longer ends with it."""

_MOST_PIXELS: Final = 50_000_000
_PICTURES: Final = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in px: right and bottom are the first that do not belong to it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def overlaps(self, other: "Box") -> bool:
        beside = self.right <= other.left or other.right <= self.left
        return not beside and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """The frame of a copy: px, the zone in which everything stays, and how long its clip is (None: not known)."""

    width: int
    height: int
    zone: Box
    clip_s: float | None

    @classmethod
    def of(cls, width: int, height: int, safe: SafeZone, *, clip_s: float | None) -> "Canvas":
        """With a zone of even px, because colours are stored for every second one."""
        return cls(
            width=width,
            height=height,
            zone=Box(
                left=2 * math.ceil(width * safe.left / 200),
                top=2 * math.ceil(height * safe.top / 200),
                right=2 * math.floor(width * (100 - safe.right) / 200),
                bottom=2 * math.floor(height * (100 - safe.bottom) / 200),
            ),
            clip_s=clip_s,
        )

    def px(self, percent: float) -> int:
        """A share of the shorter side."""
        return round(min(self.width, self.height) * percent / 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """An RGBA picture, the box that it fills, and when it is shown, in seconds of the copy."""

    what: str
    picture: Image.Image = field(compare=False)
    box: Box
    from_s: float
    to_s: float
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """Everything that is drawn on a copy; with problems, only what is sound: do not draw it.

    `card` fills the frame, with its text: for `added_s` seconds after the clip, or from `card_from_s` on.
    """

    overlays: tuple[Overlay, ...] = ()
    card: EndCard | None = None
    card_text: Overlay | None = None
    added_s: float = 0.0
    card_from_s: float | None = None
    problems: tuple[Problem, ...] = ()


def compose(finish: Finish, canvas: Canvas) -> Composition:
    """Every picture of a finish whose texts are filled, and all problems at once. Nothing is raised."""
    composer = _Composer(canvas, shown_s=_shown_s(finish, canvas))
    overlays = [
        *([found] if finish.logo and (found := composer.logo(finish.logo)) else ()),
        *(found for caption in finish.captions if (found := composer.caption(caption))),
        *composer.subtitles(finish),
    ]
    card_text = composer.card_text(finish.end_card) if finish.end_card else None
    problems = [*composer.problems, *_overlapping(overlays)]
    return Composition(
        overlays=tuple(overlays),
        card=finish.end_card,
        card_text=card_text,
        added_s=finish.added_s,
        card_from_s=composer.shown_s if finish.end_card and finish.end_card.over else None,
        problems=tuple(dict.fromkeys(problems)),
    )


def _shown_s(finish: Finish, canvas: Canvas) -> float:
    """How long the clip is seen: an end card may cover its end."""
    covered = finish.end_card.seconds if finish.end_card and finish.end_card.over else 0.0
    return math.inf if canvas.clip_s is None else canvas.clip_s - covered


class _Composer:
    """Draws the elements of one finish, and keeps what is wrong with them."""

    def __init__(self, canvas: Canvas, *, shown_s: float) -> None:
        self._canvas = canvas
        self.shown_s = shown_s
        self.problems: list[Problem] = []

    def logo(self, logo: Logo) -> Overlay | None:
        picture = self._picture(logo.picture, logo.place)
        if picture is None:
            return None
        side = self._canvas.px(logo.size)
        scale = side / max(picture.size)
        size = (max(2, round(picture.width * scale)), max(2, round(picture.height * scale)))
        drawn = _scaled(picture, size)
        if logo.opacity < 100:
            drawn.putalpha(drawn.getchannel("A").point([round(v * logo.opacity / 100) for v in range(256)]))
        return self._placed("the logo", drawn, logo.position, logo.margin, logo.span, logo.place)

    def caption(self, caption: DrawnText) -> Overlay | None:
        what = f"the {caption.kind}"
        picture = self._text(
            what, caption.text, caption.lettering, caption.position, caption.margin, caption.place
        )
        if picture is None:
            return None
        return self._placed(what, picture, caption.position, caption.margin, caption.span, caption.place)

    def subtitles(self, finish: Finish) -> Iterator[Overlay]:
        asked = finish.subtitles
        if asked is None or not asked.file.sha256:
            return
        found = _subtitles_of(asked.file.path, asked.file.sha256)
        self.problems += found.problems
        for cue in found.cues:
            if cue.to_s > self.shown_s + _SHORT_S:
                reason = f"a subtitle ends at {cue.to_s:g} s, and the clip is shown for {self.shown_s:g} s"
                self.problems.append(Problem(cue.place, reason, "end it with the clip"))
                continue
            picture = self._text(
                "the subtitle", cue.text, asked.lettering, asked.position, asked.margin, cue.place
            )
            span = Span(from_s=cue.from_s, to_s=cue.to_s)
            if picture and (
                placed := self._placed("the subtitle", picture, asked.position, asked.margin, span, cue.place)
            ):
                yield placed

    def card_text(self, card: EndCard) -> Overlay | None:
        """The text of the card; its picture is only looked at."""
        if card.over and self.shown_s <= 0:
            reason = f"the end card lasts {card.seconds:g} s, and the clip {self._canvas.clip_s:g} s"
            self.problems.append(Problem(card.place, reason, "show it for less time"))
        if card.picture:
            self._picture(card.picture, card.place)
        what = "the end card's text"
        text = card.text and self._text(what, card.text, card.lettering, card.position, 0, card.place)
        if not text:
            return None
        alone = _Composer(self._canvas, shown_s=math.inf)
        placed = alone._placed(what, text, card.position, 0, Span(), card.place)
        self.problems += alone.problems
        return placed

    def _text(
        self, what: str, text: str, lettering: Lettering, position: Spot, margin: float, place: Place
    ) -> Image.Image | None:
        font = lettering.font
        if font and not font.sha256:
            return None  # the file is missing, which is a problem already
        if not text.strip():
            self.problems.append(Problem(place, f"{what} is empty", "write a text, or fill the column"))
            return None
        side = "left" if "left" in position else "right" if "right" in position else "center"
        look = Look(
            font=font.path if font else None,
            size=self._canvas.px(lettering.size),
            colour=lettering.colour,
            box=lettering.box,
            align=side,
        )
        try:
            check_letters(text, look.font)
            return lettered(text, look, width=self._canvas.zone.width - 2 * self._canvas.px(margin))
        except LetterError as error:
            self.problems.append(Problem(place, f"{what}: {error.reason}", error.remedy))
            return None

    def _placed(
        self, what: str, picture: Image.Image, position: Spot, margin: float, span: Span, place: Place
    ) -> Overlay | None:
        zone, gap = self._canvas.zone, self._canvas.px(margin)
        inner = Box(
            left=zone.left + gap, top=zone.top + gap, right=zone.right - gap, bottom=zone.bottom - gap
        )
        if picture.width > inner.width or picture.height > inner.height:
            size = f"{picture.width}x{picture.height}"
            reason = f"{what} is {size} px, and {max(0, inner.width)}x{max(0, inner.height)} px of the frame are free"
            self.problems.append(Problem(place, reason, "make it smaller (`size`, `margin`), or write less"))
            return None
        end_s = self.shown_s if span.to_s is None else min(span.to_s, self.shown_s)
        late = span.to_s is not None and span.to_s > self.shown_s + _SHORT_S
        if late or span.from_s >= end_s:
            asked = f"lasts until {span.to_s:g} s" if late else f"begins at {span.from_s:g} s"
            reason = f"{what} {asked}, and the clip is shown for {self.shown_s:g} s"
            self.problems.append(Problem(place, reason, "write times within the clip"))
            return None
        left = _put(inner.left, inner.right, picture.width, near="left" in position, far="right" in position)
        top = _put(inner.top, inner.bottom, picture.height, near="top" in position, far="bottom" in position)
        box = Box(left=left, top=top, right=left + picture.width, bottom=top + picture.height)
        return Overlay(what=what, picture=picture, box=box, from_s=span.from_s, to_s=end_s, place=place)

    def _picture(self, file: UsedFile, place: Place) -> Image.Image | None:
        if not file.sha256:
            return None
        found = _picture_of(file.path, file.sha256)
        if isinstance(found, str):
            reason = f"{quoted(file.path.name)} {found}"
            self.problems.append(Problem(place, reason, "name a PNG, JPEG or WebP that opens elsewhere"))
            return None
        return found


def painted(card: EndCard, text: Overlay | None, size: tuple[int, int]) -> Image.Image:
    """The end card as an RGB picture of that size in px; a composition without problems has its text."""
    frame = Image.new("RGBA", size, card.background)
    if card.picture:
        picture = _picture_of(card.picture.path, card.picture.sha256)
        assert isinstance(picture, Image.Image)  # noqa: S101 (it was looked at)
        shown = ImageOps.contain(picture, size, Image.Resampling.LANCZOS)
        frame.alpha_composite(shown, ((size[0] - shown.width) // 2, (size[1] - shown.height) // 2))
    if text:
        frame.alpha_composite(text.picture, (text.box.left, text.box.top))
    return frame.convert("RGB")


def _put(first: int, end: int, length: int, *, near: bool, far: bool) -> int:
    """Where something of that length begins: at the first px, at the end, or in the middle."""
    return first if near else end - length if far else first + (end - first - length) // 2


def _scaled(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scaled with premultiplied colours: what is transparent has none that could show at the edges."""
    return picture.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")


def _overlapping(overlays: Sequence[Overlay]) -> Iterator[Problem]:
    for one, other in itertools.combinations(overlays, 2):
        start, end = max(one.from_s, other.from_s), min(one.to_s, other.to_s)
        if start < end and one.box.overlaps(other.box):
            reason = f"{one.what} and {other.what} overlap from {start:g} s on"
            yield Problem(other.place, reason, "give them other positions, sizes or times")


@cache
def _picture_of(path: Path, sha256: str) -> Image.Image | str:
    """The picture upright and with transparency, or why there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(path.read_bytes()), formats=_PICTURES) as image:
                if image.width * image.height > _MOST_PIXELS:
                    return "has more than 50 million pixels"
                return ImageOps.exif_transpose(image).convert("RGBA")
    except Exception as error:  # noqa: BLE001 (damaged bytes can make a decoder raise anything)
        return f"is no picture that can be read ({error})"


@cache
def _subtitles_of(path: Path, sha256: str) -> ReadSubtitles:
    return read_subtitles(path)
