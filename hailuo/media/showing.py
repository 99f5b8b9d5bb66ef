"""How a player shows a picture: turned and mirrored by its display matrix, its pixels stretched, its colours by tags.

Sources: ISO/IEC 14496-12, 8.3.2 (the matrix of a track); FFmpeg, `libavutil/display.h` (the same numbers as side data);
ITU-T H.273 (the numbers of matrix, primaries and transfer).
"""

import contextlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

import av
from av.container import InputContainer
from av.filter import Graph
from av.filter.context import FilterContext
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

Filters = tuple[tuple[str, str], ...]
"""Names of FFmpeg's filters, each with its arguments, in order."""

# By the signs of a, b, c and d of the matrix: a point (x, y) is shown at (a x + c y, b x + d y), y downward.
_UPRIGHT: Final[Mapping[tuple[int, int, int, int], Filters]] = {
    (1, 0, 0, 1): (),
    (0, 1, -1, 0): (("transpose", "clock"),),
    (-1, 0, 0, -1): (("hflip", ""), ("vflip", "")),
    (0, -1, 1, 0): (("transpose", "cclock"),),
    (-1, 0, 0, 1): (("hflip", ""),),
    (1, 0, 0, -1): (("vflip", ""),),
    (0, 1, 1, 0): (("transpose", "cclock_flip"),),
    (0, -1, -1, 0): (("transpose", "clock_flip"),),
}
DAMAGED: Final = (av.InvalidDataError, av.EOFError, av.PermissionError, av.PatchWelcomeError)
"""What FFmpeg's demuxers and decoders say of bytes that make no sense; some decoders answer with a bare -1, EPERM."""
_TRIED_PACKETS: Final = 100  # for a first frame that can be decoded
UNSPECIFIED: Final = 2  # H.273's number for "not said", of matrix, primaries and transfer
RGB: Final = 0  # H.273's matrix of pictures that are RGB
_MATRIX_BYTES: Final = 36
_HD_LINES: Final = 720
_MATRIX_NAMES: Final[Mapping[int, str]] = {
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    9: "bt2020nc",
}
"""Those that FFmpeg's scaler can write, by H.273's number. Others are not converted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """The tags of a picture's colours, as numbers: H.273's, and FFmpeg's for the range (0 not said, 1 limited, 2 full)."""

    matrix: int = UNSPECIFIED
    range: int = 0
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED

    @classmethod
    def of(cls, frame: VideoFrame) -> "Colours":
        return cls(
            matrix=int(frame.colorspace),
            range=int(frame.color_range),
            primaries=int(frame.color_primaries),
            transfer=int(frame.color_trc),
        )

    def kept_in(self, pix_fmt: str) -> str:
        """The arguments of a `format` filter: that pixel format, with matrix and range as they are tagged here."""
        matrix, full = _MATRIX_NAMES.get(self.matrix), {1: "tv", 2: "pc"}.get(self.range)
        words = {"pix_fmts": pix_fmt, "color_spaces": matrix, "color_ranges": full}
        return ":".join(f"{name}={word}" for name, word in words.items() if word)


_SD: Final = Colours(matrix=6, range=1, primaries=6, transfer=6)
_HD: Final = Colours(matrix=1, range=1, primaries=1, transfer=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """How the frames of one stream are shown.

    `width` and `height` are px as shown: turned, with square pixels. `filters` turn a stored frame upright.
    """

    width: int
    height: int
    filters: Filters = ()
    colours: Colours = field(default_factory=Colours)


def copied_colours(clip: Showing, width: int, height: int) -> Colours:
    """The tags of a copy of that size: the clip's own.

    RGB becomes BT.709. A clip that names no matrix is shown by the one that players take for its size; where they
    would take another for the copy, the copy names it.
    """
    colours = clip.colours
    if colours.matrix == RGB:
        return replace(colours, matrix=_HD.matrix, range=_HD.range)
    if colours.matrix != UNSPECIFIED:
        return colours
    taken, anew = _taken_for(clip.width, clip.height), _taken_for(width, height)
    return colours if taken == anew else replace(taken, range=colours.range or taken.range)


def read_colours(tagged: Colours, width: int, height: int) -> Colours:
    """How players read pictures of that size that are tagged so."""
    taken = _taken_for(width, height) if tagged.matrix == UNSPECIFIED else tagged
    return replace(taken, range=tagged.range or 1)


def _taken_for(width: int, height: int) -> Colours:
    """What players take untagged colours for: BT.601 below 720 lines, BT.709 from there."""
    return _HD if min(width, height) >= _HD_LINES else _SD


def showing_of(container: InputContainer) -> Showing:
    """How the first video is shown, by its head and its first frame that can be decoded. Raises: av.FFmpegError."""
    stream = container.streams.video[0]
    frame = _first_frame(container, stream)
    filters = _upright(frame) if frame else ()
    pixel = stream.sample_aspect_ratio or Fraction(1)
    width, height = max(1, round(stream.width * pixel)), stream.height
    if any(name == "transpose" for name, _ in filters):
        width, height = height, width
    return Showing(
        width=width, height=height, filters=filters, colours=Colours.of(frame) if frame else Colours()
    )


class ChangingPicturesError(ValueError):
    """The frames of one stream do not all have the size and the pixel format of its first."""


class FrameSource:
    """The beginning of a graph of filters: takes the frames of one stream, all of one size and one format.

    FFmpeg's filters read past the end of a frame that is smaller than the one they were made for.
    """

    def __init__(self, graph: Graph, first: VideoFrame, *, time_base: Fraction) -> None:
        colours = Colours.of(first)
        words = {
            "video_size": f"{first.width}x{first.height}",
            "pix_fmt": first.format.name,
            "time_base": str(time_base),
            "pixel_aspect": "1/1",
            "colorspace": str(colours.matrix),
            "range": str(colours.range),
        }
        self._graph, self._kind = graph, _kind(first)
        self.context: FilterContext = graph.add("buffer", ":".join(f"{k}={v}" for k, v in words.items()))

    def push(self, frame: VideoFrame | None) -> None:
        """The next frame; None after the last. Raises: ChangingPicturesError, av.FFmpegError."""
        if frame is not None and _kind(frame) != self._kind:
            raise ChangingPicturesError("its pictures change their size or format on the way")
        self._graph.vpush(frame)


def _kind(frame: VideoFrame) -> tuple[int, int, str]:
    return frame.width, frame.height, frame.format.name


class Turning:
    """Turns the frames of one clip upright; without filters, they come as they are."""

    def __init__(self, filters: Filters) -> None:
        self._filters = filters
        self._graph = Graph()
        self._source: FrameSource | None = None

    def upright(self, frame: VideoFrame) -> VideoFrame:
        """The frame as it is shown. Raises: ChangingPicturesError, av.FFmpegError."""
        if not self._filters:
            return frame
        if self._source is None:
            self._source = FrameSource(self._graph, frame, time_base=frame.time_base or Fraction(1, 1000))
            chained(self._graph, self._source.context, *self._filters, ("buffersink", ""))
            self._graph.configure()
        self._source.push(frame)
        return self._graph.vpull()


def chained(graph: Graph, first: FilterContext, *filters: tuple[str, str]) -> FilterContext:
    """Link the filters, each by name and arguments, behind the first; returns the last."""
    last = first
    for name, arguments in filters:
        node = graph.add(name, arguments or None)
        last.link_to(node)
        last = node
    return last


def _first_frame(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    stream.codec_context.thread_count = 1
    with contextlib.suppress(*DAMAGED):
        for tried, packet in enumerate(container.demux(stream)):
            if tried == _TRIED_PACKETS:
                break
            with contextlib.suppress(*DAMAGED):
                for frame in packet.decode():
                    if isinstance(frame, VideoFrame):
                        return frame
    return None


def _upright(frame: VideoFrame) -> Filters:
    """By the frame's display matrix; a turn by less than 45° is none, as in players."""
    found = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]  # its stub names another key
    if found is None or len(bytes(found)) < _MATRIX_BYTES:
        return ()
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(found)[:_MATRIX_BYTES])
    turned = abs(b) > abs(a)
    signs = (0, _sign(b), _sign(c), 0) if turned else (_sign(a), 0, 0, _sign(d))
    return _UPRIGHT.get(signs, ())


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
