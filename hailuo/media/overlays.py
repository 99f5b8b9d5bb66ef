"""Drawing on frames of YUV 4:2:0, 8 bits: pictures in sRGB become numbers of the frame's own matrix and range.

Sources: ITU-T H.273, 8.3 (luma and colour differences of a matrix, and their numbers in both ranges). What lies outside
a picture keeps every bit: a conversion to RGB and back would not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray
from PIL import Image

from hailuo.media.composition import Composition, Overlay, painted
from hailuo.media.recipe import ConformError
from hailuo.media.showing import Colours

_Plane = NDArray[np.uint8]
_Floats = NDArray[np.float64]

_WEIGHTS: Final[Mapping[int, tuple[float, float]]] = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
}
"""Kr and Kb by H.273's number of the matrix."""

_FULL: Final = 2
_WIDE: Final = frozenset({9, 11, 12})  # primaries of BT.2020 and P3
_HDR: Final = frozenset({16, 18})  # transfers: PQ, HLG


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLayer:
    """An overlay in the numbers of its frames: of each plane where it begins (row, column), values and opacity (0-255)."""

    from_s: float
    to_s: float
    planes: Sequence[tuple[int, int, _Plane, _Plane]]

    def draw(self, frame: VideoFrame) -> None:
        """Draw it on a frame that may be written to."""
        for plane, (top, left, values, opacity) in zip(frame.planes, self.planes, strict=True):
            part = _written(plane)[top : top + values.shape[0], left : left + values.shape[1]]
            weight = opacity.astype(np.uint16)
            part[:] = (part * (255 - weight) + values * weight + 127) // 255


def _written(plane: VideoPlane) -> _Plane:
    """The bytes of a plane, row by row, with what fills up each row."""
    content = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]  # its stub does not say that it is a buffer
    return np.asarray(content.reshape(plane.height, plane.line_size))


def check_colours(colours: Colours) -> None:
    """Raises: ConformError for colours in which sRGB cannot be drawn as it is."""
    if colours.matrix not in _WEIGHTS or colours.primaries in _WIDE or colours.transfer in _HDR:
        numbers = f"matrix {colours.matrix}, primaries {colours.primaries}, transfer {colours.transfer}"
        raise ConformError(
            f"its colours are wide or HDR ({numbers} of H.273), and a finish would be drawn in wrong ones"
        )


def numbers_of(picture: NDArray[np.uint8], colours: Colours) -> _Floats:
    """sRGB, shape (rows, columns, 3), as Y, Cb and Cr of that matrix and range, not rounded."""
    kr, kb = _WEIGHTS[colours.matrix]
    red, green, blue = np.moveaxis(picture.astype(np.float64) / 255, -1, 0)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    cb, cr = (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)
    scale, black, wide = (255, 0, 255) if colours.range == _FULL else (219, 16, 224)
    return np.stack([black + scale * luma, 128 + wide * cb, 128 + wide * cr])


def layer_of(overlay: Overlay, colours: Colours) -> DrawnLayer:
    """The overlay, begun and ended at even px: two by two of them share one colour, by their opacity."""
    box = overlay.box
    top, left = box.top % 2, box.left % 2
    bottom, right = (top + box.height) % 2, (left + box.width) % 2
    rgba = np.pad(np.asarray(overlay.picture), ((top, bottom), (left, right), (0, 0)))
    alpha, values = rgba[..., 3], numbers_of(rgba[..., :3], colours)
    weights = alpha.astype(np.float64)
    shared = _mean(weights)
    row, column = box.top - top, box.left - left
    planes = [(row, column, _bytes(values[0]), alpha)]
    for chroma in values[1:]:
        coloured = _mean(chroma * weights) / np.where(shared > 0, shared, 1)
        planes.append((row // 2, column // 2, _bytes(coloured), _bytes(shared)))
    return DrawnLayer(from_s=overlay.from_s, to_s=overlay.to_s, planes=planes)


def _mean(plane: _Floats) -> _Floats:
    """Of two by two px."""
    rows, columns = plane.shape
    found: _Floats = plane.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
    return found


def _bytes(plane: _Floats) -> _Plane:
    return np.rint(plane).clip(0, 255).astype(np.uint8)


def finished(
    frames: Iterable[VideoFrame], drawn: Composition, colours: Colours, *, card_frames: int
) -> Iterator[VideoFrame]:
    """The frames with everything drawn on them, and `card_frames` of the end card after them.

    The frames are yuv420p of 8 bits, read as `colours`, and have times. Raises: ConformError for colours that cannot be
    drawn in.
    """
    check_colours(colours)
    layers = [layer_of(overlay, colours) for overlay in drawn.overlays]
    card, last = None, None
    for frame in frames:
        if drawn.card and card is None:
            card = _Card.of(painted(drawn.card, drawn.card_text, (frame.width, frame.height)), colours)
        at = float(frame.time or 0.0)
        shown = [layer for layer in layers if layer.from_s <= at < layer.to_s]
        is_card = card is not None and drawn.card_from_s is not None and at >= drawn.card_from_s
        if shown or is_card:
            frame.make_writable()  # a frame that is shown twice is one in memory
        if card and is_card:
            card.cover(frame)
        else:
            for layer in shown:
                layer.draw(frame)
        last = frame
        yield frame
    if card and last:
        yield from (card.after(last, number) for number in range(1, card_frames + 1))


@dataclass(frozen=True, slots=True)
class _Card:
    planes: Sequence[_Plane]

    @classmethod
    def of(cls, picture: Image.Image, colours: Colours) -> "_Card":
        luma, *chroma = numbers_of(np.asarray(picture), colours)
        return cls([_bytes(luma), *(_bytes(_mean(plane)) for plane in chroma)])

    def cover(self, frame: VideoFrame) -> None:
        for plane, values in zip(frame.planes, self.planes, strict=True):
            _written(plane)[:, : values.shape[1]] = values

    def after(self, last: VideoFrame, number: int) -> VideoFrame:
        """The n-th frame after the last of the clip, which must not be used any more."""
        frame = VideoFrame(last.width, last.height, "yuv420p")
        self.cover(frame)
        frame.colorspace, frame.color_range = last.colorspace, last.color_range
        frame.pts, frame.time_base = (last.pts or 0) + number, last.time_base
        return frame
