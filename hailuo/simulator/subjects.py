"""What stands in the picture: a few silhouettes as outlines, chosen by the words of the prompt."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from PIL import Image, ImageDraw

Point = tuple[float, float]
Colour = tuple[int, int, int]


class Tone(IntEnum):
    """What a part is made of."""

    DARK = 0
    BODY = 1
    SKIN = 2
    LIGHT = 3
    GLASS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A subject before any light falls on it: where it covers (grey) and its colours (RGB).

    Both images are as large as the figure with some room around it; `left`, `top` and `bottom` (where
    it stands) are pixels of the plate.
    """

    mask: Image.Image
    colours: Image.Image
    left: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An outline around (0, 0), y downwards, in units of the subject's size; smooth ones are curves."""

    outline: Sequence[Point]
    tone: Tone = Tone.BODY
    smooth: bool = True

    @property
    def points(self) -> Sequence[Point]:
        """The outline as a polygon."""
        return tuple(_curve(self.outline)) if self.smooth else self.outline


def _disc(x: float, y: float, radius: float, tone: Tone = Tone.BODY, *, flat: float = 1.0) -> Part:
    angles = [2 * math.pi * n / 12 for n in range(12)]
    outline = [(x + radius * math.cos(a), y + radius * flat * math.sin(a)) for a in angles]
    return Part(outline=outline, tone=tone)


def _bar(left: float, top: float, right: float, bottom: float, tone: Tone = Tone.BODY) -> Part:
    outline = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Part(outline=outline, tone=tone, smooth=False)


def _rounded(left: float, top: float, right: float, bottom: float, tone: Tone = Tone.BODY) -> Part:
    """A rectangle with round corners."""
    radius = 0.16 * min(right - left, bottom - top)
    corners = (
        (right - radius, bottom - radius),
        (left + radius, bottom - radius),
        (left + radius, top + radius),
        (right - radius, top + radius),
    )
    outline = [
        (x + radius * math.cos(angle), y + radius * math.sin(angle))
        for quarter, (x, y) in enumerate(corners)
        for angle in (math.pi / 2 * (quarter + step / 6) for step in range(7))
    ]
    return Part(outline=outline, tone=tone, smooth=False)


def _lace(x: float, y: float) -> Part:
    return Part(
        outline=((x, y), (x + 0.10, y - 0.055), (x + 0.12, y - 0.035), (x + 0.02, y + 0.02)), tone=Tone.LIGHT
    )


_SHOE = (
    Part(
        outline=(
            (-0.50, 0.17), (-0.50, -0.06), (-0.46, -0.25), (-0.36, -0.27), (-0.30, -0.18), (-0.20, -0.17),
            (-0.11, -0.26), (-0.03, -0.23), (0.10, -0.08), (0.24, -0.02), (0.40, 0.02), (0.51, 0.10), (0.52, 0.18), (0.0, 0.20),
        )
    ),
    Part(
        outline=((-0.44, 0.12), (-0.30, -0.02), (-0.10, 0.06), (0.06, 0.0), (0.0, 0.07), (-0.14, 0.12), (-0.30, 0.06)),
        tone=Tone.LIGHT,
    ),
    _lace(-0.07, -0.12), _lace(0.0, -0.055), _lace(0.07, 0.0),
    Part(
        outline=((-0.53, 0.16), (-0.2, 0.175), (0.1, 0.18), (0.4, 0.165), (0.55, 0.16), (0.54, 0.23), (0.42, 0.27), (0.0, 0.25), (-0.4, 0.27), (-0.53, 0.25)),
        tone=Tone.LIGHT,
    ),
)  # fmt: skip
_CAR = (
    Part(
        outline=(
            (-0.64, 0.12), (-0.64, 0.0), (-0.52, -0.05), (-0.36, -0.07), (-0.20, -0.20), (-0.02, -0.24), (0.16, -0.21),
            (0.32, -0.08), (0.50, -0.05), (0.62, 0.01), (0.65, 0.11), (0.60, 0.16), (0.0, 0.17), (-0.58, 0.16),
        )
    ),
    Part(outline=((-0.26, -0.07), (-0.17, -0.165), (-0.02, -0.20), (0.11, -0.18), (0.24, -0.075), (0.0, -0.065)), tone=Tone.DARK),
    _disc(-0.38, 0.14, 0.125, Tone.DARK), _disc(0.38, 0.14, 0.125, Tone.DARK),
    _disc(-0.38, 0.14, 0.065), _disc(0.38, 0.14, 0.065),
    _disc(0.59, 0.03, 0.045, Tone.LIGHT, flat=0.5), _disc(-0.62, 0.02, 0.03, Tone.LIGHT, flat=0.5),
    Part(outline=((-0.58, 0.045), (0.0, 0.03), (0.55, 0.05), (0.0, 0.04)), tone=Tone.LIGHT),
)  # fmt: skip
_PERSON = (
    Part(
        outline=(
            (-0.50, 0.75), (-0.44, 0.34), (-0.28, 0.22), (-0.11, 0.17), (-0.09, 0.02), (0.09, 0.02), (0.11, 0.17),
            (0.28, 0.22), (0.44, 0.34), (0.50, 0.75),
        )
    ),
    Part(outline=((-0.21, 0.10), (-0.24, -0.18), (-0.15, -0.38), (0.03, -0.43), (0.19, -0.34), (0.23, -0.14), (0.20, 0.10), (0.12, 0.14), (0.0, 0.08), (-0.12, 0.14)), tone=Tone.DARK),
    _disc(0.01, -0.14, 0.155, Tone.SKIN, flat=1.3),
    Part(outline=((-0.18, -0.10), (-0.17, -0.30), (0.0, -0.38), (0.17, -0.30), (0.19, -0.12), (0.10, -0.24), (-0.04, -0.27), (-0.13, -0.22)), tone=Tone.DARK),
)  # fmt: skip
_BOTTLE = (
    _rounded(-0.25, -0.15, 0.25, 0.37, Tone.GLASS), _rounded(-0.20, -0.06, 0.20, 0.31),
    _rounded(-0.17, -0.03, -0.125, 0.27, Tone.LIGHT), _bar(-0.085, -0.21, 0.085, -0.15, Tone.LIGHT),
    _rounded(-0.12, -0.43, 0.12, -0.205, Tone.DARK),
)  # fmt: skip
_CUP = (
    _disc(0.28, 0.08, 0.16), _disc(0.28, 0.08, 0.09, Tone.DARK),
    Part(outline=((-0.30, -0.16), (-0.27, 0.20), (-0.18, 0.31), (0.0, 0.33), (0.18, 0.31), (0.27, 0.20), (0.30, -0.16), (0.0, -0.13))),
    _disc(0.0, -0.16, 0.30, Tone.LIGHT, flat=0.22), _disc(0.0, -0.15, 0.26, Tone.DARK, flat=0.2),
)  # fmt: skip
_ORB = (
    _disc(0.0, -0.02, 0.33), _disc(-0.10, -0.13, 0.10, Tone.LIGHT, flat=0.8),
    Part(outline=((-0.56, 0.10), (-0.30, 0.10), (0.0, 0.05), (0.30, -0.06), (0.56, -0.18), (0.36, 0.02), (0.0, 0.13), (-0.34, 0.17)), tone=Tone.LIGHT),
)  # fmt: skip
_SUBJECTS: tuple[tuple[re.Pattern[str], Sequence[Part]], ...] = (
    (re.compile(r"\b(sneaker|shoe|trainer|boot)s?\b"), _SHOE),
    (re.compile(r"\b(car|automotive|vehicle|suv|sedan|coupe)s?\b"), _CAR),
    (re.compile(r"\b(perfume|bottle|fragrance|serum|skincare|lotion|drink)s?\b"), _BOTTLE),
    (re.compile(r"\b(coffee|cup|mug|tea|latte)s?\b"), _CUP),
    (re.compile(r"\b(portrait|woman|man|model|face|person|lifestyle|girl|boy|friend)s?\b"), _PERSON),
)
_WORKING_SCALE = 3  # drawn larger, then reduced: smooth edges
_UNIT_OF_HEIGHT, _UNIT_OF_WIDTH = 0.70, 0.52
_GROUND, _BELOW_THE_EDGE = 0.75, 1.02  # where a subject stands; one that is cut off stands below the edge
_TALL = 0.5
_ROOM = 0.04  # around a figure, by the plate's height
_WORDS_BEFORE = 40  # characters before the subject's word in which its colour is looked for
# hue, saturation, value
_COLOURS: Mapping[str, tuple[float, float, float]] = {
    "amber": (0.085, 0.85, 0.88), "gold": (0.12, 0.62, 0.85), "black": (0.62, 0.25, 0.17), "white": (0.10, 0.05, 0.93),
    "red": (0.99, 0.80, 0.78), "blue": (0.60, 0.72, 0.80), "green": (0.38, 0.60, 0.58), "pink": (0.93, 0.42, 0.92),
    "silver": (0.60, 0.06, 0.76), "orange": (0.06, 0.82, 0.92), "yellow": (0.14, 0.75, 0.93), "purple": (0.77, 0.58, 0.70),
    "brown": (0.07, 0.60, 0.46), "teal": (0.49, 0.62, 0.60), "cream": (0.11, 0.18, 0.92), "grey": (0.60, 0.06, 0.52),
}  # fmt: skip


def figure(
    prompt: str, plate: tuple[int, int], *, scale: float, aside: float, palette: Mapping[Tone, Colour]
) -> Figure:
    """The subject of the prompt, for a plate of this size (pixels), `aside` of the middle by that share."""
    parts, _ = _subject_of(prompt.lower())
    unit = scale * min(plate[1] * _UNIT_OF_HEIGHT, plate[0] * _UNIT_OF_WIDTH)
    lowest = max(y for part in parts for _, y in part.outline)
    middle = plate[0] * (0.5 + aside)
    ground = plate[1] * (_BELOW_THE_EDGE if lowest > _TALL else _GROUND) - lowest * unit
    outlines = [
        ([(middle + x * unit, ground + y * unit) for x, y in part.points], palette[part.tone])
        for part in parts
    ]
    return _drawn(outlines, room=round(plate[1] * _ROOM), blank=palette[Tone.BODY])


def named_colour(prompt: str) -> tuple[float, float, float] | None:
    """Hue, saturation and value (0..1) where the prompt names the subject's colour just before it."""
    text = prompt.lower()
    _, at = _subject_of(text)
    before = text[max(0, at - _WORDS_BEFORE) : at].rpartition(".")[2].split()
    named = [word.strip(",;:") for word in before]
    return next((_COLOURS[word] for word in reversed(named) if word in _COLOURS), None)


def _drawn(outlines: Sequence[tuple[list[Point], Colour]], *, room: int, blank: Colour) -> Figure:
    points = [point for outline, _ in outlines for point in outline]
    left, top = (math.floor(min(axis)) - room for axis in zip(*points, strict=True))
    right, bottom = (math.ceil(max(axis)) + room for axis in zip(*points, strict=True))
    large = ((right - left) * _WORKING_SCALE, (bottom - top) * _WORKING_SCALE)
    mask, colours = Image.new("L", large), Image.new("RGB", large, blank)
    for outline, colour in outlines:
        here = [((x - left) * _WORKING_SCALE, (y - top) * _WORKING_SCALE) for x, y in outline]
        ImageDraw.Draw(mask).polygon(here, fill=255)
        ImageDraw.Draw(colours).polygon(here, fill=colour)
    return Figure(
        mask=mask.reduce(_WORKING_SCALE),
        colours=colours.reduce(_WORKING_SCALE),
        left=left,
        top=top,
        bottom=bottom - room,
    )


def _subject_of(text: str) -> tuple[Sequence[Part], int]:
    """The parts of the subject that is named first, and where its word begins (0 where none is named)."""
    found = [(match.start(), parts) for words, parts in _SUBJECTS if (match := words.search(text))]
    at, parts = min(found, key=lambda place: place[0], default=(0, _ORB))
    return parts, at


def _curve(outline: Sequence[Point], steps: int = 10) -> Iterator[Point]:
    """A closed Catmull-Rom curve through the points."""
    ring = [outline[-1], *outline, outline[0], outline[1]]
    for (before, start), (end, after) in zip(pairwise(ring[:-2]), pairwise(ring[2:]), strict=True):
        for step in range(steps):
            share = step / steps
            yield (
                _between(before[0], start[0], end[0], after[0], share),
                _between(before[1], start[1], end[1], after[1], share),
            )


def _between(before: float, start: float, end: float, after: float, share: float) -> float:
    tangent, curve = end - before, 2 * before - 5 * start + 4 * end - after
    bend = 3 * start - before - 3 * end + after
    return start + 0.5 * share * (tangent + share * (curve + share * bend))
