"""Clips as the vendor delivers them: real H.264 in mp4, 24 frames a second, silent, faststart."""

import functools
import itertools
import random
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

import av
from PIL import Image

from hailuo.simulator.film import film
from hailuo.simulator.options import ClipDetail
from hailuo.simulator.planes import Planes
from hailuo.simulator.tasks import Task

FRAMES_PER_SECOND = 24
_EXTRA_FRAMES = 3  # a 10 s clip of the vendor's lasts 10.1 s (docs/vendor.md#fetching-the-clip)
# A fixed qp spares x264 its look at each frame's cost; without deblocking dark gradients show squares.
_H264 = {"preset": "ultrafast", "qp": "24", "x264-params": "no-deblock=0"}
_KEPT_BYTES = 64 * 1024 * 1024
_PADDING_BYTES = 12 * 1024


class ClipMaker:
    """Makes clips, one at a time, and keeps the latest; the same task gives the same bytes again.

    Safe to call from several threads.
    """

    def __init__(self, detail: ClipDetail, *, seed: int, kept_bytes: int = _KEPT_BYTES) -> None:
        self._detail = detail
        self._kept_bytes = kept_bytes
        self._seed = seed
        self._making = threading.Lock()
        self._keeping = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lengths: dict[str, int] = {}

    def length(self, task: Task) -> int | None:
        """Bytes of the clip, once it was made."""
        return self._lengths.get(task.task_id)

    def clip(self, task: Task) -> bytes:
        """The clip of a task, made at the first call (about a second of work in full detail)."""
        kept = self._take_out(task.task_id)
        if kept is not None:
            return kept
        with self._making:
            clip = self._take_out(task.task_id) or self._make(task)
        self._keep(task.task_id, clip)
        return clip

    def _make(self, task: Task) -> bytes:
        if self._detail is ClipDetail.SMALL:
            return _small_clip(task)
        dice = random.Random(f"{self._seed}:{task.order.request_sha256}:{task.take}")  # noqa: S311 (looks)
        return _encode(
            film(task, frames=frame_count(task.order.duration), dice=dice), (task.width, task.height)
        )

    def _take_out(self, task_id: str) -> bytes | None:
        with self._keeping:
            return self._kept.get(task_id)

    def _keep(self, task_id: str, clip: bytes) -> None:
        with self._keeping:
            self._kept[task_id] = clip
            self._lengths[task_id] = len(clip)
            while sum(map(len, self._kept.values())) > self._kept_bytes and len(self._kept) > 1:
                self._kept.popitem(last=False)


def frame_count(duration: int) -> int:
    """Frames of a clip sold as this many seconds."""
    return duration * FRAMES_PER_SECOND + (_EXTRA_FRAMES if duration >= 10 else 0)


def _small_clip(task: Task) -> bytes:
    """A plain clip of the right shape, made different from all others by a box that players skip."""
    clip = _plain_clip(task.order.duration, task.width, task.height)
    return clip + _free_box(task.task_id.encode().ljust(_PADDING_BYTES, b"\0"))


@functools.cache
def _plain_clip(duration: int, width: int, height: int) -> bytes:
    frame = Planes.of(Image.new("RGB", (width, height), (52, 68, 96))).as_frame()
    return _encode(itertools.repeat(frame, frame_count(duration)), (width, height))


def _free_box(content: bytes) -> bytes:
    """ISO/IEC 14496-12 section 8.1.2: content to be ignored."""
    return (8 + len(content)).to_bytes(4) + b"free" + content


def _encode(frames: Iterable[av.VideoFrame], size: tuple[int, int]) -> bytes:
    """H.264 in mp4 with the index in front. A file is needed: the muxer reopens it to move the index."""
    with tempfile.TemporaryDirectory(prefix="hailuo-simulator-") as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(path, "w", options={"movflags": "+faststart"}) as container:
            _write(container, frames, size)
        return path.read_bytes()


def _write(
    container: av.container.OutputContainer, frames: Iterable[av.VideoFrame], size: tuple[int, int]
) -> None:
    stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=dict(_H264))
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.thread_count = 1
    for number, frame in enumerate(frames):
        frame.pts = number
        container.mux(stream.encode(frame))
    container.mux(stream.encode())
