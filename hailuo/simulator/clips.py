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
import numpy as np

from hailuo.simulator.faults import FaultName
from hailuo.simulator.film import film
from hailuo.simulator.options import ClipDetail
from hailuo.simulator.tasks import Task

_FRAMES_PER_SECOND = 24
_EXTRA_FRAMES = 3  # a 10 s clip of the vendor's lasts 10.1 s (docs/reference/vendor.md#fetching-the-clip)
# A fixed qp saves x264 its rate control; without deblocking dark gradients show squares.
_H264 = {"preset": "ultrafast", "qp": "24", "x264-params": "no-deblock=0"}
_KEPT_BYTES = 64 * 1024 * 1024
_PADDING_BYTES = 12 * 1024


class ClipMaker:
    """Makes clips, one at a time, and keeps the latest ones. The same task always gives the same bytes.

    Safe to call from several threads.
    """

    def __init__(self, detail: ClipDetail, *, seed: int, kept_bytes: int = _KEPT_BYTES) -> None:
        self._detail = detail
        self._kept_bytes = kept_bytes
        self._seed = seed
        self._making = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lengths: dict[str, int] = {}

    def length(self, task: Task) -> int | None:
        """The size of the clip in bytes; None before it is made."""
        return self._lengths.get(task.task_id)

    def clip(self, task: Task) -> bytes:
        """The clip of a task. The first call makes it: about a CPU second in full detail."""
        kept = self._kept.get(task.task_id)
        if kept is not None:
            return kept
        with self._making:
            clip = self._kept.get(task.task_id) or self._make(task)
            self._kept[task.task_id] = clip
            self._lengths[task.task_id] = len(clip)
            while sum(map(len, self._kept.values())) > self._kept_bytes and len(self._kept) > 1:
                self._kept.popitem(last=False)
        return clip

    def _make(self, task: Task) -> bytes:
        seconds = task.order.duration
        frames = seconds * _FRAMES_PER_SECOND + (_EXTRA_FRAMES if seconds >= 10 else 0)
        if task.meets(FaultName.CLIP_TINY):
            return _plain_clip(1, 64, 36) + _skipped(task.task_id.encode())
        if self._detail is ClipDetail.SMALL:
            padding = task.task_id.encode().ljust(_PADDING_BYTES, b"\0")
            return _plain_clip(frames, task.width, task.height) + _skipped(padding)
        dice = random.Random(f"{self._seed}:{task.order.request_sha256}:{task.take}")  # noqa: S311 (looks)
        return _encode(film(task, frames=frames, dice=dice), task.width, task.height)


def _skipped(content: bytes) -> bytes:
    """A box that players skip: it makes a clip different from all others (ISO/IEC 14496-12, 8.1.2)."""
    return (8 + len(content)).to_bytes(4) + b"free" + content


@functools.cache
def _plain_clip(frames: int, width: int, height: int) -> bytes:
    picture = np.full((height, width, 3), (52, 68, 96), dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
    return _encode(itertools.repeat(frame, frames), width, height)


def _encode(frames: Iterable[av.VideoFrame], width: int, height: int) -> bytes:
    """H.264 in mp4, the index first. It needs a file, because the muxer reopens it to move the index."""
    with tempfile.TemporaryDirectory(prefix="hailuo-simulator-") as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(path, "w", options={"movflags": "+faststart"}) as container:
            stream = container.add_stream("libx264", rate=_FRAMES_PER_SECOND, options=dict(_H264))
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.thread_count = 1
            for number, frame in enumerate(frames):
                frame.pts = number
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path.read_bytes()
