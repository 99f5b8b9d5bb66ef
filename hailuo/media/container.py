"""What the container says, without decoding: boxes, streams, packets. Costs milliseconds."""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from av.container import InputContainer
from av.video.stream import VideoStream

_PTS_TOLERANCE: Final = 0.02  # of a frame's length: time bases round
_WHOLE: Final = 0  # ISO/IEC 14496-12 section 4.2: a box of size 0 goes to the end of the file
_LARGE: Final = 1  # the size follows in 64 bits
_SCANNED_BYTES: Final = 1 << 20


class NoPicturesError(Exception):
    """The container opens, and holds no video that could be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """What the bytes say by themselves."""

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


def read_bytes(path: Path) -> Bytes:
    """Hash the file and walk its top-level boxes. Raises: OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    boxes = list(_boxes(path))
    order = [name for name, _ in boxes]
    both = b"moov" in order and b"mdat" in order
    return Bytes(
        sha256=digest,
        bytes=path.stat().st_size,
        faststart=order.index(b"moov") < order.index(b"mdat") if both else None,
        # TC260's label: a JSON named AIGC in the file's metadata (GB 45438-2025; docs/measurements.md#labels-that-the-vendor-may-write).
        aigc_metadata_present=any(b"AIGC" in content for name, content in boxes if name != b"mdat"),
    )


def _boxes(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """Top-level boxes: type, and their first bytes (none of mdat). Ends at the first that makes no sense."""
    end = path.stat().st_size
    with path.open("rb") as file:
        start = 0
        while start + 8 <= end:
            file.seek(start)
            head = file.read(16)
            size, name, header = int.from_bytes(head[:4]), head[4:8], 8
            if size == _LARGE:
                size, header = int.from_bytes(head[8:16]), 16
            elif size == _WHOLE:
                size = end - start
            if size < header:
                return
            file.seek(start + header)
            yield name, b"" if name == b"mdat" else file.read(min(size - header, _SCANNED_BYTES))
            start += size


def read_header(container: InputContainer) -> Header:
    """Facts of the streams, and of every video packet's time. Raises: NoPicturesError, av.FFmpegError."""
    if not container.streams.video:
        raise NoPicturesError("it holds no video")
    stream = container.streams.video[0]
    times = [packet.pts for packet in container.demux(stream) if packet.pts is not None]
    rate = stream.average_rate or stream.guessed_rate
    if not times or not rate or not stream.width or not stream.height:
        raise NoPicturesError("its video is empty")
    fps = float(rate)
    audio = container.streams.audio[0] if container.streams.audio else None
    return Header(
        container=_container_name(container),
        video_codec=stream.codec_context.name,
        profile=stream.codec_context.profile,
        pix_fmt=stream.codec_context.pix_fmt,
        width=stream.width,
        height=stream.height,
        aspect=_aspect(stream),
        fps=fps,
        packets=max(stream.frames, len(times)),
        duration_s=_duration_s(stream, packets=len(times), fps=fps),
        pts_regular=_is_regular(sorted(times), ticks=1 / fps / float(stream.time_base or 1)),
        audio_codec=audio.codec_context.name if audio else None,
    )


def _container_name(container: InputContainer) -> str:
    names = container.format.name.split(",")
    if "mp4" not in names:
        return names[0]
    return "mov" if container.metadata.get("major_brand", "").strip() == "qt" else "mp4"


def _aspect(stream: VideoStream) -> float:
    pixel = stream.sample_aspect_ratio
    return stream.width / stream.height * (float(pixel) if pixel else 1.0)


def _duration_s(stream: VideoStream, *, packets: int, fps: float) -> float:
    """As the track says, where it does: a player believes it."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return packets / fps


def _is_regular(times: list[int], *, ticks: float) -> bool:
    """Whether the frames come one by one at the stream's own pace; `ticks` is a frame's length."""
    steps = (later - earlier for earlier, later in itertools.pairwise(times))
    return all(abs(step - ticks) <= max(1.0, _PTS_TOLERANCE * ticks) for step in steps)
