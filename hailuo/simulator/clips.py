"""Clips as the vendor delivers them: real H.264 in mp4, faststart, with the rate and the sound of their family."""

import functools
import itertools
import random
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
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
_SOUND_RATE, _SOUND_FRAME = 44_100, 1024
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
        seconds, rate = task.order.duration, round(task.order.fps)
        frames = seconds * rate + (_EXTRA_FRAMES if seconds >= 10 else 0)
        sound = task.order.has_sound
        if task.meets(FaultName.CLIP_TINY):
            return _plain_clip(1, 64, 36) + _skipped(task.task_id.encode())
        padding = task.task_id.encode().ljust(_PADDING_BYTES, b"\0")
        if self._detail is ClipDetail.TINY:
            return _plain_clip(1, 64, 36) + _skipped(padding)
        if self._detail is ClipDetail.SMALL:
            return _plain_clip(frames, task.width, task.height, rate, sound) + _skipped(padding)
        dice = random.Random(f"{self._seed}:{task.order.request_sha256}:{task.take}")  # noqa: S311 (looks)
        pictures = film(task, frames=frames, dice=dice)
        return _encode(pictures, task.width, task.height, rate=rate, sound_s=frames / rate if sound else 0.0)


def _skipped(content: bytes) -> bytes:
    """A box that players skip: it makes a clip different from all others (ISO/IEC 14496-12, 8.1.2)."""
    return (8 + len(content)).to_bytes(4) + b"free" + content


@functools.cache
def _plain_clip(
    frames: int, width: int, height: int, rate: int = _FRAMES_PER_SECOND, sound: bool = False
) -> bytes:
    picture = np.full((height, width, 3), (52, 68, 96), dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
    seconds = frames / rate if sound else 0.0
    return _encode(itertools.repeat(frame, frames), width, height, rate=rate, sound_s=seconds)


def _encode(frames: Iterable[av.VideoFrame], width: int, height: int, *, rate: int, sound_s: float) -> bytes:
    """H.264 in mp4, the index first, with a tone of so many seconds. It needs a file: the muxer moves the index."""
    with tempfile.TemporaryDirectory(prefix="hailuo-simulator-") as folder:
        path = Path(folder) / "clip.mp4"
        with av.open(path, "w", options={"movflags": "+faststart"}) as container:
            stream = container.add_stream("libx264", rate=rate, options=dict(_H264))
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.thread_count = 1
            tone = container.add_stream("aac", rate=_SOUND_RATE) if sound_s else None
            for number, frame in enumerate(frames):
                frame.pts = number
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
            if tone is not None:
                for part in _tone(sound_s):
                    container.mux(tone.encode(part))
                container.mux(tone.encode())
        return path.read_bytes()


def _tone(seconds: float) -> Iterator[av.AudioFrame]:
    """A quiet tone of 220 Hz, in frames of AAC's length."""
    for start in range(0, int(seconds * _SOUND_RATE), _SOUND_FRAME):
        times = np.arange(start, start + _SOUND_FRAME) / _SOUND_RATE
        wave = (0.1 * np.sin(2 * np.pi * 220 * times)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(wave[np.newaxis, :], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = _SOUND_RATE, start
        yield frame
