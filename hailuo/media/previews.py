"""The small pictures and films of a clip, made of the frames that the checks decode anyway."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from PIL import Image

from hailuo.media.inspection import Preview, every_nth, proxy_fps
from hailuo.media.likeness import Picture

POSTER_WIDTH: Final = 640
SHEET_FRAMES: Final = 9
SPRITE_FRAMES: Final = 24
_SHEET_ROWS: Final = 3
_SHEET_CELL: Final = 320
_SPRITE_CELL: Final = 240
# Looks do not matter at 240 lines, CPU does: these cost a third of x264's defaults.
_PROXY_H264: Final = {"preset": "veryfast", "crf": "30", "tune": "fastdecode"}
_WEBP_QUALITY, _WEBP_METHOD = 75, 2  # of 6 methods: a slower one saves little


def write_poster(folder: Path, picture: Picture) -> None:
    """One picture, RGB, as it comes. Raises: OSError."""
    _write(picture, folder / Preview.POSTER)


def write_sheet(folder: Path, pictures: Sequence[Picture]) -> None:
    """Three by three, in the order of reading; what the clip lacks stays black. Raises: OSError."""
    cells = [_fitted(picture, _SHEET_CELL) for picture in pictures]
    blank = np.zeros_like(cells[0])
    cells += [blank] * (SHEET_FRAMES - len(cells))
    rows = [np.hstack(cells[start : start + _SHEET_ROWS]) for start in range(0, SHEET_FRAMES, _SHEET_ROWS)]
    _write(np.vstack(rows), folder / Preview.SHEET)


def write_sprite(folder: Path, pictures: Sequence[Picture]) -> None:
    """Side by side; the last is repeated where the clip has fewer frames. Raises: OSError."""
    cells = [_fitted(picture, _SPRITE_CELL) for picture in pictures]
    cells += [cells[-1]] * (SPRITE_FRAMES - len(cells))
    _write(np.hstack(cells), folder / Preview.SPRITE)


def _write(picture: Picture, path: Path) -> None:
    Image.fromarray(picture).save(path, format="WEBP", quality=_WEBP_QUALITY, method=_WEBP_METHOD)


def _fitted(picture: Picture, width: int) -> Picture:
    height = round(picture.shape[0] * width / picture.shape[1])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


class ProxyWriter:
    """Writes the small film of one clip: every so many of its frames, H.264, silent. Close it at the end.

    Raises: OSError, av.FFmpegError, from every method.
    """

    def __init__(self, folder: Path, *, fps: float, size: tuple[int, int]) -> None:
        self._every = every_nth(fps)
        self._container = av.open(
            str(folder / Preview.PROXY), "w", options={"movflags": "+faststart"}, format="mp4"
        )
        rate = proxy_fps(fps)
        stream = self._container.add_stream("libx264", rate=rate, options=dict(_PROXY_H264))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        self._stream = stream
        self._tick = Fraction(1, rate)
        self._seen = 0

    def add(self, frame: av.VideoFrame) -> None:
        """The next frame of the clip, in yuv420p and at the proxy's size."""
        if self._seen % self._every == 0:
            frame.pts = self._seen // self._every
            frame.time_base = self._tick
            frame.pict_type = av.video.frame.PictureType.NONE
            self._container.mux(self._stream.encode(frame))
        self._seen += 1

    def close(self) -> None:
        """Write what is left, and the index. Without a frame nothing can be written."""
        if self._seen:
            self._container.mux(self._stream.encode())
        self._container.close()
