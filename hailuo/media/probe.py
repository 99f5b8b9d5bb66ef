"""One decode of a clip: every measured column, and its previews, in a single pass over small proxies."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from hailuo.media.container import Header, NoPicturesError, opened, read_bytes, read_header
from hailuo.media.inspection import HASHED_FRAMES, Inspection
from hailuo.media.likeness import Likeness, Picture, likeness, pdq_hex, phash_hex, still
from hailuo.media.pictures import Pictures
from hailuo.media.previews import (
    POSTER_WIDTH,
    SHEET_FRAMES,
    SPRITE_FRAMES,
    ProxyWriter,
    write_poster,
    write_sheet,
    write_sprite,
)
from hailuo.media.showing import DAMAGED, Turning
from hailuo.media.sound import LoudnessMeter

_PROXY_SHORT_SIDE: Final = 240
_COMPARED_LONG_SIDE: Final = 512
_MOST_FRAMES: Final = 5_000
_MOST_PIXELS: Final = 8192 * 4320
_MOST_STRETCHED: Final = 20  # the longer side by the shorter one


def inspect(path: Path, *, first_frame: bytes | None = None, previews: Path | None = None) -> Inspection:
    """Decode the clip once and measure it; with `previews`, write its previews into that folder.

    Never raises for a damaged clip: `unplayable` says what is wrong with it, `unchecked` what kept us from looking.
    """
    try:
        bare = read_bytes(path)
    except OSError as error:
        return Inspection(sha256=None, bytes=None, unchecked=f"it could not be read: {error.strerror}")
    try:
        header = read_header(path, bare)
        with opened(path) as container:
            return _inspected(container, header, first_frame=first_frame, previews=previews)
    except (NoPicturesError, av.InvalidDataError, av.EOFError) as error:
        return replace(bare, unplayable=_reason(error))
    except Exception as error:  # noqa: BLE001 (damaged bytes can make a decoder raise anything)
        return replace(bare, unchecked=_reason(error))


def _reason(error: Exception) -> str:
    """The error without the path, which means nothing on another machine."""
    if isinstance(error, OSError | av.FFmpegError) and error.strerror:
        return f"{type(error).__name__}: {error.strerror}"
    return f"{type(error).__name__}: {error}"


def _inspected(
    container: InputContainer, header: Header, *, first_frame: bytes | None, previews: Path | None
) -> Inspection:
    width, height = header.showing.width, header.showing.height
    stretched = max(width, height) > _MOST_STRETCHED * min(width, height)
    if header.packets > _MOST_FRAMES or width * height > _MOST_PIXELS or stretched:
        return replace(header.known, unchecked="it is longer or larger than the checks look at")
    looking, turning = _Look(header, previews), Turning(header.showing.filters)
    meter = LoudnessMeter(container.streams.audio[0]) if header.known.audio_codec else None
    with contextlib.closing(looking):
        for frame in _frames(container):
            if isinstance(frame, VideoFrame):
                looking.add(turning.upright(frame))
            elif meter:
                meter.add(frame)
    if not looking.frames:
        return replace(header.known, unplayable="none of its frames can be decoded")
    seen = looking.inspected(first_frame)
    loudness, peak = meter.finish() if meter else (None, None)
    return replace(seen, loudness_lufs=loudness, true_peak_dbtp=peak)


def _frames(container: InputContainer) -> Iterator[VideoFrame | AudioFrame]:
    """Every frame that can be decoded; a damaged packet costs its own frames, not those after it."""
    streams = [container.streams.video[0], *container.streams.audio[:1]]
    streams[0].codec_context.thread_count = 1  # workers are processes already
    with contextlib.suppress(*DAMAGED):  # the file ends here
        for packet in container.demux(*streams):
            with contextlib.suppress(*DAMAGED):
                yield from [frame for frame in packet.decode() if isinstance(frame, VideoFrame | AudioFrame)]


class _Look:
    """Takes the frames of one clip in order; memory stays the same however long it is."""

    def __init__(self, header: Header, previews: Path | None) -> None:
        self._width, self._height = header.showing.width, header.showing.height
        scale = _PROXY_SHORT_SIDE / min(self._width, self._height)
        self._size = (_even(self._width * scale), _even(self._height * scale))
        self._header = header
        self._folder = previews
        self._small = VideoReformatter()
        self._pictures = Pictures(fps=header.fps)
        self._proxy = ProxyWriter(previews, fps=header.fps, size=self._size) if previews else None
        self._hashed = _evenly(header.packets, HASHED_FRAMES)
        self._in_sheet = _evenly(header.packets, SHEET_FRAMES)
        self._in_sprite = _evenly(header.packets, SPRITE_FRAMES)
        self._hashes: list[tuple[str, str]] = []
        self._sheet: list[Picture] = []
        self._sprite: list[Picture] = []
        self._first: Picture | None = None
        self._poster: Picture | None = None
        self.frames = 0

    def add(self, frame: VideoFrame) -> None:
        number, self.frames = self.frames, self.frames + 1
        width, height = self._width, self._height
        if number == 0:
            scale = _COMPARED_LONG_SIDE / max(width, height)
            self._first = _resized(frame, _even(width * scale), _even(height * scale))
        if self._folder and number in {0, self._header.packets // 2}:
            self._poster = _resized(frame, POSTER_WIDTH, _even(height * POSTER_WIDTH / width))
        small = self._small.reformat(frame, *self._size, format="yuv420p", interpolation="AREA", threads=1)
        self._pictures.add(_luma(small))
        self._pick(small, number)
        if self._proxy:
            self._proxy.add(small)

    def _pick(self, small: VideoFrame, number: int) -> None:
        wanted = number in self._hashed
        shown = self._folder is not None and (number in self._in_sheet or number in self._in_sprite)
        if not wanted and not shown:
            return
        picture = _rgb(small)
        if wanted:
            self._pictures.add_colours(picture)
            self._hashes.append((phash_hex(picture), pdq_hex(picture)))
        if number in self._in_sheet:
            self._sheet.append(picture)
        if number in self._in_sprite:
            self._sprite.append(picture)

    def inspected(self, first_frame: bytes | None) -> Inspection:
        """What was found, once all frames were added. Raises: OSError when a preview cannot be written."""
        if self._folder and self._poster is not None:
            write_poster(self._folder, self._poster)
            # Of a clip that is cut off early none of the chosen frames may have come.
            write_sheet(self._folder, self._sheet or [self._poster])
            write_sprite(self._folder, self._sprite or [self._poster])
        alike = self._fidelity(first_frame)
        return replace(
            self._pictures.added_to(self._header.known),
            frames=self.frames,
            undecoded_frames=max(0, self._header.packets - self.frames),
            ff_ssim=alike.ssim if alike else None,
            ff_psnr_db=alike.psnr_db if alike else None,
            ff_phash_dist=alike.phash_dist if alike else None,
            phash=tuple(phash for phash, _ in self._hashes),
            pdq=tuple(pdq for _, pdq in self._hashes),
        )

    def _fidelity(self, first_frame: bytes | None) -> Likeness | None:
        if first_frame is None or self._first is None:
            return None
        try:
            wanted = still(first_frame, (self._first.shape[1], self._first.shape[0]))
        except (OSError, ValueError):
            return None  # no image that we can read: the verdict says that it was not compared
        return likeness(wanted, self._first)

    def close(self) -> None:
        if self._proxy:
            self._proxy.close()


def _evenly(frames: int, wanted: int) -> frozenset[int]:
    """So many frame numbers, in the middles of equal parts: the same for the same number of frames."""
    return frozenset(frames * (2 * part + 1) // (2 * wanted) for part in range(wanted))


def _even(pixels: float) -> int:
    return max(2, 2 * round(pixels / 2))


def _resized(frame: VideoFrame, width: int, height: int) -> Picture:
    planar = VideoReformatter().reformat(
        frame, width, height, format="yuv420p", interpolation="AREA", threads=1
    )
    return _rgb(planar)


def _rgb(frame: VideoFrame) -> Picture:
    """In full range, by the matrix that the clip names; swscale takes BT.601 where it names none that it knows."""
    known = frame.colorspace in list(Colorspace)
    matrix = Colorspace(frame.colorspace) if known else Colorspace.ITU601
    rgb = VideoReformatter().reformat(
        frame, format="rgb24", src_colorspace=matrix, dst_colorspace=matrix, threads=1
    )
    return np.ascontiguousarray(rgb.to_ndarray(), dtype=np.uint8)


def _luma(frame: VideoFrame) -> Picture:
    """The Y plane, from 16-235 to 0-255 unless it is full range already."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
    if frame.color_range == ColorRange.JPEG:
        return np.ascontiguousarray(rows)
    return np.asarray(cv2.LUT(rows, _FULL_RANGE), dtype=np.uint8)


_FULL_RANGE: Final = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)
