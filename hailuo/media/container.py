"""What a file and its container show without decoding: hash, boxes, streams, packets. It takes milliseconds."""

import contextlib
import hashlib
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from av.container import InputContainer

from hailuo.media.mark import top_level_boxes

_PTS_TOLERANCE: Final = 0.02  # of a frame's length: time bases round
_SCANNED_BYTES: Final = 1 << 20


class NoPicturesError(Exception):
    """The container opens, and holds no video that could be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What the bytes of a file show, before anything is decoded."""

    sha256: str
    bytes: int
    faststart: bool | None
    aigc_metadata_present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the demuxer says; `packets` are the video frames that the container promises."""

    container: str
    video_codec: str
    profile: str | None
    pix_fmt: str | None
    width: int
    height: int
    aspect: float
    fps: float
    packets: int
    duration_s: float
    pts_regular: bool
    audio_codec: str | None


def read_bytes(path: Path) -> FileFacts:
    """Hash the file and walk its top-level boxes. Raises: OSError."""
    order, has_label = [], False
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        with contextlib.suppress(ValueError):  # what follows makes no sense: what came before still counts
            for kind, start, end in top_level_boxes(file):
                order.append(kind)
                if kind != b"mdat":
                    file.seek(start)
                    # TC260's label: a JSON named AIGC in the file's metadata (GB 45438-2025; docs/measurements.md#labels-that-the-vendor-may-write).
                    has_label |= b"AIGC" in file.read(min(end - start, _SCANNED_BYTES))
    both = b"moov" in order and b"mdat" in order
    return FileFacts(
        sha256=digest,
        bytes=path.stat().st_size,
        faststart=order.index(b"moov") < order.index(b"mdat") if both else None,
        aigc_metadata_present=has_label,
    )


def read_header(container: InputContainer) -> Header:
    """Facts of the streams, and of every video packet's time. Raises: NoPicturesError, av.FFmpegError."""
    if not container.streams.video:
        raise NoPicturesError("it holds no video")
    stream = container.streams.video[0]
    times = [packet.pts for packet in container.demux(stream) if packet.pts is not None]
    rate = stream.average_rate or stream.guessed_rate
    if not times or not rate or not stream.width or not stream.height:
        raise NoPicturesError("its video is empty")
    fps, pixel = float(rate), stream.sample_aspect_ratio
    names = container.format.name.split(",")
    is_quicktime = container.metadata.get("major_brand", "").strip() == "qt"
    ticks, base = stream.duration, stream.time_base
    audio = container.streams.audio[0] if container.streams.audio else None
    return Header(
        container=names[0] if "mp4" not in names else "mov" if is_quicktime else "mp4",
        video_codec=stream.codec_context.name,
        profile=stream.codec_context.profile,
        pix_fmt=stream.codec_context.pix_fmt,
        width=stream.width,
        height=stream.height,
        aspect=stream.width / stream.height * (float(pixel) if pixel else 1.0),
        fps=fps,
        packets=max(stream.frames, len(times)),
        duration_s=float(ticks * base) if ticks and base else len(times) / fps,  # players believe the track
        pts_regular=_is_regular(sorted(times), ticks=1 / fps / float(base or 1)),
        audio_codec=audio.codec_context.name if audio else None,
    )


def _is_regular(times: list[int], *, ticks: float) -> bool:
    """Whether the frames follow each other at the stream's own pace; `ticks` is a frame's length."""
    steps = (later - earlier for earlier, later in itertools.pairwise(times))
    return all(abs(step - ticks) <= max(1.0, _PTS_TOLERANCE * ticks) for step in steps)
