"""Texts as pictures: which font can draw them, how they break into lines, and what they look like."""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont, features

from hailuo.text import quoted

Font = ImageFont.FreeTypeFont

OWN_FONT: Final = "DejaVuSans-Bold.ttf"
"""The font in this package."""

_NO_CHARACTER: Final = "\uffff"  # a noncharacter: no font has a glyph for it
_TESTED_PX: Final = 48
_LEADING: Final = 1.15  # lines, in heights of the font
_PADDING: Final = 0.28  # around the text in its box, in sizes of the font
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_JOINERS: Final = "\u200c\u200d"
_CLOSING: Final = ("Pe", "Pf", "Po")
_LEAST_PX: Final = 6


class LetterError(ValueError):
    """A text cannot be drawn: the reason, and the remedy."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def can_shape() -> bool:
    """Whether Pillow has libraqm and FriBiDi here: they order and join the letters of complex scripts."""
    return bool(features.check("raqm") and features.check("fribidi"))


@cache
def open_font(path: Path | None, size: int) -> Font:
    """A font at a size in px; None is the package's own. Raises: LetterError."""
    source = path or Path(str(files("hailuo.media").joinpath("fonts", OWN_FONT)))
    try:
        return ImageFont.truetype(str(source), max(_LEAST_PX, size))
    except (OSError, ValueError) as error:
        reason = f"{quoted(source.name)} is no font that can be drawn at {size} px ({error})"
        raise LetterError(reason, "name a TTF or OTF file") from error


def check_letters(text: str, path: Path | None, *, shapes: bool | None = None) -> None:
    """See whether a font (None: the package's own) has every letter of the text.

    `shapes` says whether complex scripts can be drawn; None looks. Raises: LetterError.
    """
    text = unicodedata.normalize("NFC", text)
    if not (can_shape() if shapes is None else shapes) and (found := next(_complex(text), None)):
        name = unicodedata.name(found, "a character")
        reason = f"{quoted(text)} needs letters joined or ordered ({name}), and Pillow has no libraqm here"
        raise LetterError(reason, "install libraqm and libfribidi, or write it without such letters")
    missing = [one for one in dict.fromkeys(text) if not _can_draw(path, one)]
    if missing:
        letters = ", ".join(f"{c} (U+{ord(c):04X})" for c in missing)
        name = path.name if path else OWN_FONT
        raise LetterError(f"the font {name} has no letter for {letters}", "name a `font` that has it")


def _complex(text: str) -> Iterator[str]:
    """Characters that are wrong when they are drawn one after the other from left to right."""
    for character in text:
        joins = unicodedata.category(character).startswith("M") or character in _JOINERS
        if joins or unicodedata.bidirectional(character) in _RIGHT_TO_LEFT:
            yield character


@cache
def _can_draw(path: Path | None, character: str) -> bool:
    """Whether the font draws something else for it than for what no font has: the box of a missing letter."""
    is_blank = character.isspace() or unicodedata.category(character) in ("Cf", "Cc")
    return is_blank or _drawn(path, character) != _drawn(path, _NO_CHARACTER)


@cache
def _drawn(path: Path | None, character: str) -> object:
    font = open_font(path, _TESTED_PX)
    bare = Font(font.path, font.size, layout_engine=ImageFont.Layout.BASIC)
    mask, offset = bare.getmask2(character)
    return bytes(mask), mask.size, offset, bare.getlength(character)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a text is drawn: `size` in px, colours as #rrggbbaa, `align` left, center or right."""

    font: Path | None
    size: int
    colour: str
    box: str | None
    align: str = "center"


def lettered(text: str, look: Look, *, width: int) -> Image.Image:
    """The text in lines, in its box, as an RGBA picture at most `width` px wide.

    Raises: LetterError for a word that is wider.
    """
    font = open_font(look.font, look.size)
    padding = round(_PADDING * look.size)
    room = width - 2 * padding
    lines = [
        (line, _direction(paragraph))
        for paragraph in unicodedata.normalize("NFC", text).strip().split("\n")
        for line in _lines(paragraph, font, room)
    ]
    ascent, descent = font.getmetrics()
    step = round(_LEADING * (ascent + descent))
    boxes = [font.getbbox(line, anchor="ls", direction=direction) for line, direction in lines]
    widest = max(math.ceil(right - left) for left, _, right, _ in boxes)
    # The ink of some letters is above the ascent or below the descent of their font.
    above = max(ascent, *(math.ceil(-top - step * at) for at, (_, top, _, _) in enumerate(boxes)))
    last = step * (len(lines) - 1)
    below = max(
        descent, *(math.ceil(bottom + step * at - last) for at, (_, _, _, bottom) in enumerate(boxes))
    )
    size = (widest + 2 * padding, above + last + below + 2 * padding)
    picture = Image.new("RGBA", size, look.box or "#00000000")
    ink = Image.new("L", size, 0)
    draw = ImageDraw.Draw(ink)
    for at, ((line, direction), (left, _, right, _)) in enumerate(zip(lines, boxes, strict=True)):
        free = widest - (right - left)
        x = padding + {"left": 0.0, "right": free}.get(look.align, free / 2) - left
        y = padding + above + step * at
        draw.text((round(x), y), line, fill=255, font=font, anchor="ls", direction=direction)
    return _inked(picture, ink, look.colour)


def _inked(picture: Image.Image, ink: Image.Image, colour: str) -> Image.Image:
    """The letters before their box: `ink` is where they are, and how much."""
    *_, opacity = bytes.fromhex(colour.removeprefix("#"))
    letters = Image.new("RGBA", picture.size, colour)
    letters.putalpha(ink.point([round(value * opacity / 255) for value in range(256)]))
    return Image.alpha_composite(picture, letters)


def _direction(paragraph: str) -> str | None:
    """Of the paragraph: that of its first letter with one. None where Pillow draws from left to right only."""
    if not can_shape():
        return None
    kinds = (unicodedata.bidirectional(character) for character in paragraph)
    first = next((kind for kind in kinds if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


def _lines(paragraph: str, font: Font, room: int) -> list[str]:
    """As many words on each line as have room. Raises: LetterError for a word that has none."""
    lines: list[str] = []
    current = ""
    for word, glue in _words(paragraph):
        longer = f"{current}{glue}{word}" if current else word
        if _width(longer, font) <= room:
            current = longer
            continue
        if _width(word, font) > room:
            reason = f"{quoted(word)} is {_width(word, font):,.0f} px wide, and {max(0, room):,} px are free"
            raise LetterError(reason, "write it smaller (`size`), or in shorter words")
        lines.append(current)
        current = word
    return [*lines, current]


def _width(text: str, font: Font) -> float:
    left, _, right, _ = font.getbbox(text, anchor="ls")
    return right - left


def _words(paragraph: str) -> Iterator[tuple[str, str]]:
    """What a line may begin with, and what joins it to the word before: a blank, or nothing between ideographs."""
    for written in paragraph.split(" "):
        glue = " "
        for piece in _pieces(written):
            yield piece, glue
            glue = ""


def _pieces(word: str) -> Sequence[str]:
    """A word cut between wide characters; what closes stays with what is before it."""
    pieces: list[str] = []
    for character in word:
        wide = unicodedata.east_asian_width(character) in ("W", "F")
        cut = wide and unicodedata.category(character) not in _CLOSING
        after = (
            bool(pieces)
            and unicodedata.east_asian_width(pieces[-1][-1]) in ("W", "F")
            and not _closes(character)
        )
        if pieces and not (cut or after):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _closes(character: str) -> bool:
    return unicodedata.category(character) in _CLOSING
