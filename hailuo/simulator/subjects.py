"""What stands in the picture: a few silhouettes as outlines, chosen by the words of the prompt."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from PIL import Image, ImageDraw

__all__ = ["silhouette"]

Point = tuple[float, float]


class Tone(IntEnum):
    """How bright a part is before any light falls on it."""

    DARK = 40
    BODY = 128
    SKIN = 190
    LIGHT = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An outline around (0, 0), y downwards, in units of the subject's size; smooth ones are curves."""

    outline: Sequence[Point]
    tone: Tone = Tone.BODY
    smooth: bool = True


def _disc(x: float, y: float, radius: float, tone: Tone = Tone.BODY, *, flat: float = 1.0) -> Part:
    angles = [2 * math.pi * n / 12 for n in range(12)]
    outline = [(x + radius * math.cos(a), y + radius * flat * math.sin(a)) for a in angles]
    return Part(outline=outline, tone=tone)


def _bar(left: float, top: float, right: float, bottom: float, tone: Tone = Tone.BODY) -> Part:
    outline = ((left, top), (right, top), (right, bottom), (left, bottom))
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
    Part(outline=((-0.20, 0.34), (-0.23, 0.0), (-0.19, -0.13), (0.0, -0.16), (0.19, -0.13), (0.23, 0.0), (0.20, 0.34), (0.0, 0.36))),
    _bar(-0.07, -0.22, 0.07, -0.13, Tone.LIGHT), _bar(-0.11, -0.42, 0.11, -0.21, Tone.DARK),
    _bar(-0.12, 0.06, 0.12, 0.22, Tone.LIGHT), _bar(-0.09, 0.12, 0.09, 0.135, Tone.DARK),
    Part(outline=((-0.19, 0.26), (-0.205, 0.0), (-0.17, -0.09), (-0.15, -0.07), (-0.165, 0.1), (-0.16, 0.27)), tone=Tone.LIGHT),
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
_SUBJECTS: tuple[tuple[tuple[str, ...], Sequence[Part]], ...] = (
    (("sneaker", "shoe", "trainer", "boot"), _SHOE),
    (("automotive", "vehicle", "suv", "sedan", "coupe", "car "), _CAR),
    (("perfume", "bottle", "fragrance", "serum", "skincare", "lotion", "drink"), _BOTTLE),
    (("coffee", "cup", "mug", "tea ", "latte"), _CUP),
    (
        ("portrait", "woman", "man ", "model", "face", "person", "lifestyle", "girl", "boy", "friends"),
        _PERSON,
    ),
)
_WORKING_SCALE = 4  # drawn larger, then reduced: smooth edges
_UNIT_OF_HEIGHT, _UNIT_OF_WIDTH = 0.68, 0.52
_GROUND, _BELOW_THE_EDGE = 0.72, 1.02  # where a subject stands; one that is cut off stands below the edge
_TALL = 0.5


def silhouette(prompt: str, size: tuple[int, int], *, scale: float) -> tuple[Image.Image, Image.Image]:
    """The subject of the prompt: where it is, and its tones, both as grey images of this size."""
    large = (size[0] * _WORKING_SCALE, size[1] * _WORKING_SCALE)
    mask, tones = Image.new("L", large), Image.new("L", large)
    unit = scale * min(large[1] * _UNIT_OF_HEIGHT, large[0] * _UNIT_OF_WIDTH)
    parts = _subject_of(prompt.lower())
    lowest = max(y for part in parts for _, y in part.outline)
    top = large[1] * (_BELOW_THE_EDGE if lowest > _TALL else _GROUND) - lowest * unit
    for part in parts:
        curve = _curve(part.outline) if part.smooth else part.outline
        outline = [(large[0] / 2 + x * unit, top + y * unit) for x, y in curve]
        ImageDraw.Draw(mask).polygon(outline, fill=255)
        ImageDraw.Draw(tones).polygon(outline, fill=int(part.tone))
    return mask.reduce(_WORKING_SCALE), tones.reduce(_WORKING_SCALE)


def _subject_of(text: str) -> Sequence[Part]:
    named = (parts for words, parts in _SUBJECTS if any(word in text for word in words))
    return next(named, _ORB)


def _curve(outline: Sequence[Point], steps: int = 8) -> Iterator[Point]:
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
