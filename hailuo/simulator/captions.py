"""The strip below the picture that says what the clip is, and that it is simulated."""

import colorsys
import hashlib
from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

__all__ = ["Caption", "caption_of"]

_STRIP = (14, 15, 18)
_TEXT, _QUIET = (244, 244, 246), (168, 172, 182)
_LINE_SHARE = 0.036  # height of the type, as a share of the clip's short side
_STRIP_LINES = 3.4
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """The strip as video planes (Y, U, V), to be laid over each frame from row `top` on."""

    top: int
    planes: tuple[npt.NDArray[np.uint8], ...]
    from_frame: int

    def lay_over(self, frame: av.VideoFrame) -> None:
        """Overwrite the lowest rows of a yuv420p frame."""
        for plane, strip, scale in zip(frame.planes, self.planes, (1, 2, 2), strict=True):
            rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(plane.height, plane.line_size)
            start = self.top // scale
            rows[start : start + strip.shape[0], : strip.shape[1]] = strip


def caption_of(heading: str, prompt: str, *, model: str, size: tuple[int, int], from_frame: int) -> Caption:
    """The strip for a clip of this size (pixels), with the model's own colour at its left."""
    width, height = size
    line = max(10, round(min(size) * _LINE_SHARE))
    strip_height = 2 * round(line * _STRIP_LINES / 2)
    strip = _drawn(heading, prompt, model=model, size=(width, strip_height), line=line)
    return Caption(top=height - strip_height, planes=_planes(strip), from_frame=from_frame)


def _drawn(heading: str, prompt: str, *, model: str, size: tuple[int, int], line: int) -> Image.Image:
    """Two lines: what it is, and how the prompt begins."""
    strip = Image.new("RGB", size, _STRIP)
    draw = ImageDraw.Draw(strip)
    draw.rectangle((0, 0, line // 3, size[1]), fill=_colour_of(model))
    font: Font = ImageFont.load_default(line)
    room = size[0] - 2 * line
    draw.text((line, line * 0.35), _fitting(heading, font, room), font=font, fill=_TEXT)
    draw.text((line, line * 1.85), _fitting(prompt, font, room), font=font, fill=_QUIET)
    return strip


def _colour_of(model: str) -> tuple[int, int, int]:
    hue = hashlib.sha256(model.encode()).digest()[2] / 256
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.65, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def _fitting(text: str, font: Font, room: int) -> str:
    """As much of the first line of text as fits into the room (pixels)."""
    words = " ".join(text.split())
    if font.getlength(words) <= room:
        return words
    average = max(1.0, font.getlength(words) / len(words))
    shown = words[: max(1, int(room / average))]
    while shown and font.getlength(f"{shown}…") > room:
        shown = shown[:-1]
    return f"{shown}…"


def _planes(strip: Image.Image) -> tuple[npt.NDArray[np.uint8], ...]:
    frame = av.VideoFrame.from_ndarray(np.asarray(strip), format="rgb24").reformat(format="yuv420p")
    return tuple(
        np.frombuffer(memoryview(plane), dtype=np.uint8)
        .reshape(plane.height, plane.line_size)[:, : plane.width]
        .copy()
        for plane in frame.planes
    )
