"""What a file and its container show without decoding: hash, boxes, streams, packets. It takes milliseconds."""

import contextlib
import hashlib
import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import av
from av.codec.context import CodecContext
from av.container import InputContainer

from hailuo.media.inspection import Inspection
from hailuo.media.mark import top_level_boxes
from hailuo.media.showing import Showing, showing_of

_PTS_TOLERANCE: Final = 0.02  # of a frame's length: time bases round
_SCANNED_BYTES: Final = 1 << 20


class NoPicturesError(Exception):
    """The container opens, and holds no video that could be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the demuxer says, in `known` and exactly; `packets` are the video frames that the container promises."""

    known: Inspection
    showing: Showing
    fps: float
    packets: int


def read_bytes(path: Path) -> Inspection:
    """What the bytes of a file show, before anything is decoded: its hash, its top-level boxes. Raises: OSError."""
    order, has_label = [], False
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        with contextlib.suppress(ValueError):  # what follows makes no sense: what came before still counts
            for kind, start, end in top_level_boxes(file):
                order.append(kind)
                if kind != b"mdat":
                    file.seek(start)
                    # TC260's label: a JSON named AIGC in the file's metadata (GB 45438-2025; docs/evidence/measurements.md#labels-that-the-vendor-may-write).
                    has_label |= b"AIGC" in file.read(min(end - start, _SCANNED_BYTES))
    both = b"moov" in order and b"mdat" in order
    return Inspection(
        sha256=digest,
        bytes=path.stat().st_size,
        faststart=order.index(b"moov") < order.index(b"mdat") if both else None,
        aigc_metadata_present=has_label,
    )


def opened(path: Path) -> InputContainer:
    """The file, to be demuxed from its start; what its metadata has that is no text is replaced. Raises: av.FFmpegError."""
    return av.open(str(path), metadata_errors="replace")


def read_header(path: Path, bare: Inspection) -> Header:
    """`bare` with the facts of the streams, and of every video packet's time.

    Width and height are as shown: turned by the display matrix, with square pixels.
    Raises: NoPicturesError, ValueError for a codec that no decoder here knows, av.FFmpegError.
    """
    with opened(path) as container:
        if not container.streams.video:
            raise NoPicturesError("it holds no video")
        if container.streams.video[0].codec_context is None:
            raise ValueError("no decoder here knows its codec")
        showing = showing_of(container)
    # Opened anew, not sought: a damaged index would be in the way.
    with opened(path) as container:
        return _header(container, bare, showing)


def _header(container: InputContainer, bare: Inspection, showing: Showing) -> Header:
    stream = container.streams.video[0]
    times = [packet.pts for packet in container.demux(stream) if packet.pts is not None]
    rate = stream.average_rate or stream.guessed_rate
    if not times or not rate or not stream.width or not stream.height:
        raise NoPicturesError("its video is empty")
    fps = float(rate)
    names = container.format.name.split(",")
    is_quicktime = container.metadata.get("major_brand", "").strip() == "qt"
    ticks, base = stream.duration, stream.time_base
    duration_s = float(ticks * base) if ticks and base else len(times) / fps  # players believe the track
    pace = 1 / fps / float(base or 1)  # a frame's length in ticks
    steps = (later - earlier for earlier, later in itertools.pairwise(sorted(times)))
    audio = container.streams.audio[0] if container.streams.audio else None
    known = replace(
        bare,
        container=names[0] if "mp4" not in names else "mov" if is_quicktime else "mp4",
        video_codec=codec_of(stream.codec_context),
        video_tag=_tag_of(stream.codec_context),
        profile=stream.codec_context.profile,
        pix_fmt=stream.codec_context.pix_fmt,
        width=showing.width,
        height=showing.height,
        coded_width=stream.width,
        coded_height=stream.height,
        aspect=round(showing.width / showing.height, 4),
        fps=round(fps, 4),
        duration_s=round(duration_s, 4),
        bitrate_bps=round(8 * (bare.bytes or 0) / duration_s) if duration_s else None,
        pts_regular=all(abs(step - pace) <= max(1.0, _PTS_TOLERANCE * pace) for step in steps),
        has_audio=audio is not None,
        audio_codec=codec_of(audio.codec_context)
        if audio is not None and audio.codec_context is not None
        else None,
    )
    return Header(known=known, showing=showing, fps=fps, packets=max(stream.frames, len(times)))


def codec_of(context: CodecContext) -> str:
    """The codec's own name, whichever decoder reads it: `av1`, not `libdav1d`."""
    return str(context.codec.canonical_name)


def _tag_of(context: CodecContext) -> str | None:
    """The four letters by which the container names the codec, such as `hvc1`; None where it has none."""
    tag = str(context.codec_tag)
    return tag if len(tag) == 4 and tag.isascii() and tag.isprintable() else None
