"""Clips as the vendor delivers them: real H.264 in mp4, 24 frames a second, silent, faststart."""

import functools
import io
import itertools
import math
import random
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageChops

from hailuo.simulator.captions import Caption, caption_of
from hailuo.simulator.motion import Motion, View, motion_of, view_at
from hailuo.simulator.options import ClipDetail
from hailuo.simulator.scenes import MARGIN, Scene, paint, setting_of
from hailuo.simulator.tasks import Task

__all__ = ["FRAMES_PER_SECOND", "Studio"]

FRAMES_PER_SECOND = 24
_EXTRA_FRAMES = 3  # a 10 s clip of the vendor's lasts 10.1 s (api-contract.md section 3)
_PAINTED_SHARE = 0.42  # of the clip's sides: painted small and enlarged, a clip costs a CPU-second
_FILMED_SHARE = 0.6
_H264 = {"preset": "ultrafast", "crf": "25"}
_CAPTION_AFTER_FRAME = 12  # an image-to-video clip begins with nothing but the first frame
_KEPT_BYTES = 64 * 1024 * 1024
_PADDING_BYTES = 12 * 1024


class Studio:
    """Makes clips, one at a time, and keeps the latest; the same task gives the same bytes again.

    Safe to call from several threads.
    """

    def __init__(self, detail: ClipDetail, *, seed: int) -> None:
        self._detail = detail
        self._seed = seed
        self._busy = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lengths: dict[str, int] = {}

    def length(self, task: Task) -> int | None:
        """Bytes of the clip, once it was made."""
        return self._lengths.get(task.task_id)

    def clip(self, task: Task) -> bytes:
        """The clip of a task, made at the first call (about a second of work in full detail)."""
        with self._busy:
            clip = self._kept.get(task.task_id) or self._make(task)
            self._keep(task.task_id, clip)
            return clip

    def _make(self, task: Task) -> bytes:
        if self._detail is ClipDetail.SMALL:
            return _small_clip(task)
        dice = random.Random(f"{self._seed}:{task.order.request_sha256}:{task.take}")  # noqa: S311 (looks)
        return _encode(_captioned(task, _pictures(task, dice)), (task.width, task.height))

    def _keep(self, task_id: str, clip: bytes) -> None:
        self._kept[task_id] = clip
        self._kept.move_to_end(task_id)
        self._lengths[task_id] = len(clip)
        while sum(map(len, self._kept.values())) > _KEPT_BYTES and len(self._kept) > 1:
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
    grey = Image.new("RGB", (width // 8, height // 8), (52, 68, 96))
    frame = _frame(grey, (width, height))
    return _encode(itertools.repeat(frame, frame_count(duration)), (width, height))


def _captioned(task: Task, pictures: Iterable[Image.Image]) -> Iterator[av.VideoFrame]:
    caption = _caption(task)
    for number, picture in enumerate(pictures):
        frame = _frame(picture, (task.width, task.height))
        if number >= caption.from_frame:
            caption.lay_over(frame)
        yield frame


def _free_box(content: bytes) -> bytes:
    """ISO/IEC 14496-12 section 8.1.2: content to be ignored."""
    return (8 + len(content)).to_bytes(4) + b"free" + content


def _caption(task: Task) -> Caption:
    order = task.order
    heading = f"{order.model} · {order.duration} s · {order.size} · SIMULATED {task.task_id[-4:]}"
    return caption_of(
        heading,
        order.prompt,
        model=order.model,
        size=(task.width, task.height),
        from_frame=_CAPTION_AFTER_FRAME if task.frame else 0,
    )


def _pictures(task: Task, dice: random.Random) -> Iterator[Image.Image]:
    motion = motion_of(task.order.prompt, dice)
    frames = frame_count(task.order.duration)
    if task.frame:
        return _film_frame(task, motion, frames)
    return _film_scene(task, motion, frames, dice)


def _film_scene(task: Task, motion: Motion, frames: int, dice: random.Random) -> Iterator[Image.Image]:
    size = (round(task.width * _PAINTED_SHARE), round(task.height * _PAINTED_SHARE))
    prompt = task.order.prompt
    scene = paint(prompt, setting_of(prompt, task.order.model, dice), size, dice)
    for number in range(frames):
        share = number / (frames - 1)
        yield _compose(scene, view_at(motion, share), size, share)


def _compose(scene: Scene, view: View, size: tuple[int, int], share: float) -> Image.Image:
    """One frame: the backdrop follows the camera less than the subject does, which gives depth."""
    far = View(zoom=1 + 0.35 * (view.zoom - 1), x=0.4 * view.x - 0.08 * (view.drift - 0.5), y=0.4 * view.y)
    picture = _seen(scene.backdrop, far, size)
    _stand(scene, view, picture)
    left = round((2 - 2 * share) * size[0])
    return ImageChops.add(picture, scene.beam.crop((left, 0, left + size[0], size[1])))


def _seen(layer: Image.Image, view: View, size: tuple[int, int]) -> Image.Image:
    """The part of a layer that the camera sees, at the size of the frame."""
    return layer.resize(size, Image.Resampling.BILINEAR, box=_window(layer.size, view))


def _stand(scene: Scene, view: View, picture: Image.Image) -> None:
    """Put the subject into the picture; only the pixels it covers are worked on."""
    left, top, right, bottom = _window(scene.subject.size, view)
    across, down = picture.width / (right - left), picture.height / (bottom - top)
    x, y, x_end, y_end = scene.subject_box
    at = (max(0, math.floor((x - left) * across)), max(0, math.floor((y - top) * down)))
    end = (
        min(picture.width, math.ceil((x_end - left) * across)),
        min(picture.height, math.ceil((y_end - top) * down)),
    )
    box = (left + at[0] / across, top + at[1] / down, left + end[0] / across, top + end[1] / down)
    size = (end[0] - at[0], end[1] - at[1])
    subject = scene.subject.resize(size, Image.Resampling.BILINEAR, box=box)
    picture.paste(subject, at, subject)


def _window(layer: tuple[int, int], view: View) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what the camera sees of a layer of this size."""
    frame = (layer[0] / (1 + MARGIN), layer[1] / (1 + MARGIN))
    width, height = frame[0] / view.zoom / view.turn, frame[1] / view.zoom
    left = (layer[0] - width) / 2 + view.x * frame[0]
    top = (layer[1] - height) / 2 + view.y * frame[1]
    left, top = min(max(0.0, left), layer[0] - width), min(max(0.0, top), layer[1] - height)
    return left, top, left + width, top + height


def _film_frame(task: Task, motion: Motion, frames: int) -> Iterator[Image.Image]:
    """Start from the whole first frame, then move into it."""
    assert task.frame  # noqa: S101 (for the type checker: the caller has looked)
    with Image.open(io.BytesIO(task.frame.content)) as image:
        still = image.convert("RGB")
    size = (round(task.width * _FILMED_SHARE), round(task.height * _FILMED_SHARE))
    still = _cover(still, size)
    aim = view_at(motion, 1.0)
    for number in range(frames):
        share = number / (frames - 1)
        yield _closer(still, share * share * (3 - 2 * share), aim)


def _cover(still: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The image, filling the size, what is over cut off evenly."""
    scale = max(size[0] / still.width, size[1] / still.height)
    width, height = size[0] / scale, size[1] / scale
    left, top = max(0.0, (still.width - width) / 2), max(0.0, (still.height - height) / 2)
    box = (left, top, min(still.width, left + width), min(still.height, top + height))
    return still.resize(size, Image.Resampling.LANCZOS, box=box)


def _closer(still: Image.Image, eased: float, aim: View) -> Image.Image:
    zoom = 1 + 0.22 * eased
    width, height = still.width / zoom, still.height / zoom
    left = (still.width - width) * (0.5 + 4 * aim.x * eased)
    top = (still.height - height) * (0.5 + 4 * aim.y * eased)
    return still.resize(still.size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))


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


def _frame(picture: Image.Image, size: tuple[int, int]) -> av.VideoFrame:
    painted = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
    return painted.reformat(*size, format="yuv420p", interpolation="BILINEAR")
