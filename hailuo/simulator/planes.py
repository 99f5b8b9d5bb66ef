"""Pictures as video holds them: one plane of brightness, two of colour at half the size (yuv420p).

Painting happens once in RGB; filming moves planes, which is a third of the work of moving RGB.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import av
import numpy as np
import numpy.typing as npt
from av.video.plane import VideoPlane
from PIL import Image

Box = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of a picture's sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planes:
    """One picture; brightness `y`, colour `u` and `v` at half the sides, each a grey image."""

    y: Image.Image
    u: Image.Image
    v: Image.Image

    @classmethod
    def of(cls, picture: Image.Image) -> Self:
        """The planes of an RGB picture with even sides."""
        return cls.from_frame(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24"))

    @classmethod
    def from_frame(cls, frame: av.VideoFrame) -> Self:
        y, u, v = (
            Image.fromarray(np.ascontiguousarray(rows_of(p))) for p in frame.reformat(format="yuv420p").planes
        )
        return cls(y=y, u=u, v=v)

    @property
    def all(self) -> tuple[Image.Image, Image.Image, Image.Image]:
        return self.y, self.u, self.v

    def seen(self, box: Box, size: tuple[int, int]) -> "Planes":
        """The part within the box, at this size (even pixels)."""
        half = (size[0] // 2, size[1] // 2)
        return Planes(y=_seen(self.y, box, size), u=_seen(self.u, box, half), v=_seen(self.v, box, half))

    def as_frame(self) -> av.VideoFrame:
        """A video frame of just this picture."""
        frame = av.VideoFrame(*self.y.size, "yuv420p")
        self.lay_onto(frame, (0, 0))
        return frame

    def lay_onto(self, frame: av.VideoFrame, at: tuple[int, int]) -> None:
        """Overwrite that part of a larger frame; `at` in even pixels from the left and the top."""
        for rows, image in zip(self._rows_of(frame, at), self.all, strict=True):
            rows[:] = np.asarray(image)

    def blend_onto(self, frame: av.VideoFrame, at: tuple[int, int], veil: "Veil") -> None:
        """The same, where the veil covers."""
        veils = (veil.full, veil.half, veil.half)
        for rows, image, cover in zip(self._rows_of(frame, at), self.all, veils, strict=True):
            under = Image.fromarray(np.ascontiguousarray(rows))
            under.paste(image, (0, 0), cover)
            rows[:] = np.asarray(under)

    def _rows_of(self, frame: av.VideoFrame, at: tuple[int, int]) -> Iterator[npt.NDArray[np.uint8]]:
        for plane, image, scale in zip(frame.planes, self.all, (1, 2, 2), strict=True):
            left, top = at[0] // scale, at[1] // scale
            yield rows_of(plane)[top : top + image.height, left : left + image.width]


@dataclass(frozen=True, slots=True, kw_only=True)
class Veil:
    """How much a layer covers: a grey image, and the same at half the sides for the planes of colour."""

    full: Image.Image
    half: Image.Image

    @classmethod
    def of(cls, veil: Image.Image) -> Self:
        return cls(full=veil, half=veil.reduce(2))

    def seen(self, box: Box, size: tuple[int, int]) -> "Veil":
        """The part within the box, at this size (even pixels)."""
        return Veil(
            full=_seen(self.full, box, size), half=_seen(self.half, box, (size[0] // 2, size[1] // 2))
        )


def _seen(plane: Image.Image, box: Box, size: tuple[int, int]) -> Image.Image:
    (left, right), (top, bottom) = _within(box[0::2], plane.width), _within(box[1::2], plane.height)
    return plane.resize(size, Image.Resampling.BILINEAR, box=(left, top, right, bottom))


def _within(ends: Sequence[float], side: int) -> tuple[float, float]:
    """The ends as pixels; a rounding error beyond the edge would be refused."""
    return max(0.0, ends[0] * side), min(float(side), ends[1] * side)


def rows_of(plane: VideoPlane) -> npt.NDArray[np.uint8]:
    """A plane's own memory, row by row, without the padding."""
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def even(pixels: float) -> int:
    """The nearest even number, at least 2."""
    return max(2, 2 * round(pixels / 2))
