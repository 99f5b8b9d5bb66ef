"""The strip below the picture that says what the clip is, and that it is simulated."""

import colorsys
import hashlib

from PIL import Image, ImageDraw, ImageFont

from hailuo.simulator.planes import Planes, even

_STRIP = (14, 15, 18)
_TEXT, _QUIET, _MARK = (244, 244, 246), (176, 180, 190), (255, 196, 84)
_LINE_SHARE = 0.058  # height of the type by the clip's short side: readable in a tile 320 pixels wide
_SECOND_LINE = 0.78
_STRIP_LINES = 2.7
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Colour = tuple[int, int, int]


def draw_strip(heading: str, mark: str, prompt: str, *, size: tuple[int, int]) -> Planes:
    """The strip for a clip of this size (pixels), as wide as the clip: two lines, the first one larger.

    `heading` says what the clip is, with the prompt's own colour at its left; `mark` and the beginning of the
    prompt follow below. The model is not named: who picks blind shall not read it.
    """
    line = max(10, round(min(size) * _LINE_SHARE))
    strip = Image.new("RGB", (size[0], even(line * _STRIP_LINES)), _STRIP)
    ImageDraw.Draw(strip).rectangle((0, 0, line // 3, strip.height), fill=_colour_of(prompt))
    left = _write(strip, heading, at=(0.8 * line, 0.3 * line), type_size=line, colour=_TEXT)
    low, small = 1.55 * line, round(line * _SECOND_LINE)
    left = _write(strip, mark, at=(0.8 * line, low), type_size=small, colour=_MARK)
    _write(strip, prompt, at=(left + 0.6 * small, low), type_size=small, colour=_QUIET)
    return Planes.of(strip)


def _write(
    strip: Image.Image, text: str, *, at: tuple[float, float], type_size: int, colour: Colour
) -> float:
    """As much of the text as fits into the line; gives where it ends (pixels)."""
    font: Font = ImageFont.load_default(type_size)
    shown = _fitting(_drawable(text), font, strip.width - at[0] - type_size / 2)
    ImageDraw.Draw(strip).text(at, shown, font=font, fill=colour)
    return at[0] + font.getlength(shown)


def _drawable(text: str) -> str:
    """One line of what the built-in type can draw: European letters and typographic marks."""
    kept = "".join(c if c < "\u0250" or "\u2010" <= c <= "\u2026" else " " for c in text)
    return " ".join(kept.split())


def _fitting(text: str, font: Font, room: float) -> str:
    if font.getlength(text) <= room:
        return text
    shown = text[: max(1, int(len(text) * room / font.getlength(text)))]
    while shown and font.getlength(f"{shown}…") > room:
        shown = shown[:-1]
    return f"{shown}…"


def _colour_of(prompt: str) -> Colour:
    hue = hashlib.sha256(prompt.encode()).digest()[2] / 256
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.65, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)
