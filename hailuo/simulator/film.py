"""Filming: a scene, or the first frame, as a camera sees it picture by picture, with the strip below."""

import io
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import av
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter
from PIL import Image

from hailuo.simulator.beam import Beam
from hailuo.simulator.captions import draw_strip
from hailuo.simulator.motion import Motion, View, motion_of, view_at
from hailuo.simulator.planes import Box, Planes, even, rows_of
from hailuo.simulator.scenes import MARGIN, Scene, paint, setting_of
from hailuo.simulator.tasks import Task

# Of the picture's sides: moved small and then enlarged by swscale, a clip costs a third. What is out of focus can
# be smallest; a first frame is a photograph, and is seen beside the original.
_BACKDROP_SHARE, _SCENE_SHARE, _STILL_SHARE = 1 / 3, 0.6, 0.68
_STRIP_FROM, _STRIP_FRAMES = 6, 12  # an image-to-video clip begins with nothing but the first frame


def film(task: Task, *, frames: int, dice: random.Random) -> Iterator[av.VideoFrame]:
    """The pictures of a task's clip, in yuv420p at the clip's size."""
    stage = _Stage.of(task)
    motion = motion_of(task.order.prompt, dice)
    if task.frame:
        with Image.open(io.BytesIO(task.frame.content)) as image:
            still = stage.prepared(image.convert("RGB"))
        return _film_still(stage, still, _Approach.of(motion, dice), frames)
    setting = setting_of(task.order.prompt, task.order.model, dice)
    scene = paint(task.order.prompt, setting, stage.picture_size, dice)
    built = _Set.of(stage, scene, from_left=setting.from_left)
    return (built.frame(view_at(motion, share), share) for share in _shares(frames))


def _shares(frames: int) -> Iterator[float]:
    """How much of the clip is over at each picture: from 0 to 1."""
    return (number / (frames - 1) for number in range(frames))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """The clip's frame: the picture above, the strip below; `enlarge` keeps swscale's tables."""

    width: int
    height: int
    strip: Planes
    enlarge: VideoReformatter

    @classmethod
    def of(cls, task: Task) -> "_Stage":
        order = task.order
        strip = draw_strip(
            f"SIMULATED · {order.duration} s · {order.size}",
            task.task_id[-4:],
            order.prompt,
            size=(task.width, task.height),
        )
        return cls(width=task.width, height=task.height, strip=strip, enlarge=VideoReformatter())

    @property
    def picture_size(self) -> tuple[int, int]:
        return self.width, self.height - self.strip.y.height

    def frame(self, picture: av.VideoFrame, *, strip_rows: int) -> av.VideoFrame:
        """The picture, enlarged, above the strip's uppermost rows (an even number)."""
        rows = self.height - strip_rows
        large = self.enlarge.reformat(picture, self.width, rows, format="yuv420p", interpolation="BICUBIC")
        if not strip_rows:
            return large
        frame = av.VideoFrame(self.width, self.height, "yuv420p")
        for plane, upper in zip(frame.planes, large.planes, strict=True):
            rows_of(plane)[: upper.height] = rows_of(upper)
        self.strip.seen((0, 0, 1, strip_rows / self.strip.y.height), (self.width, strip_rows)).lay_onto(
            frame, (0, rows)
        )
        return frame

    def prepared(self, still: Image.Image) -> Planes:
        """The first frame filling the clip, what is over cut off evenly, at the size it is filmed at."""
        size = (even(self.width * _STILL_SHARE), even(self.height * _STILL_SHARE))
        scale = max(size[0] / still.width, size[1] / still.height)
        width, height = size[0] / scale, size[1] / scale
        left, top = max(0.0, (still.width - width) / 2), max(0.0, (still.height - height) / 2)
        box = (left, top, min(still.width, left + width), min(still.height, top + height))
        return Planes.of(still.resize(size, Image.Resampling.LANCZOS, box=box))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Set:
    """A scene set up on a stage. It is filmed at `size`, its backdrop at `far_size`, and enlarged after that."""

    stage: _Stage
    scene: Scene
    size: tuple[int, int]
    far_size: tuple[int, int]
    beam: Beam
    far_beam: Beam
    enlarge: VideoReformatter

    @classmethod
    def of(cls, stage: _Stage, scene: Scene, *, from_left: bool) -> "_Set":
        width, height = stage.picture_size
        size = (even(width * _SCENE_SHARE), even(height * _SCENE_SHARE))
        far_size = (even(width * _BACKDROP_SHARE), even(height * _BACKDROP_SHARE))
        return cls(
            stage=stage,
            scene=scene,
            size=size,
            far_size=far_size,
            beam=Beam.of(size, from_left=from_left),
            far_beam=Beam.of(far_size, from_left=from_left),
            enlarge=VideoReformatter(),
        )

    def frame(self, view: View, share: float) -> av.VideoFrame:
        """One picture, when this share of the clip is over."""
        far = self._backdrop(view, share).as_frame()
        picture = self.enlarge.reformat(far, *self.size, format="yuv420p", interpolation="BICUBIC")
        self._put_subject(picture, _window(view), share)
        return self.stage.frame(picture, strip_rows=self.stage.strip.y.height)

    def _backdrop(self, view: View, share: float) -> Planes:
        """It follows the camera less than the subject does, which gives depth."""
        x, y = 0.4 * view.x - 0.08 * (view.drift - 0.5), 0.4 * view.y
        window = _window(View(zoom=1 + 0.35 * (view.zoom - 1), x=x, y=y))
        back = self.scene.backdrop.seen(window, self.far_size)
        return Planes(y=self.far_beam.over(back.y, share), u=back.u, v=back.v)

    def _put_subject(self, frame: av.VideoFrame, window: Box, share: float) -> None:
        """Only the pixels that the subject covers are worked on."""
        subject = self.scene.subject
        across = _covered(subject.box[0::2], window[0::2], self.size[0])
        down = _covered(subject.box[1::2], window[1::2], self.size[1])
        at, part = (across.start, down.start), (across.pixels, down.pixels)
        box = (across.first, down.first, across.last, down.last)
        near = subject.picture.seen(box, part)
        over = Planes(y=self.beam.over(near.y, share, at), u=near.u, v=near.v)
        over.blend_onto(frame, at, subject.veil.seen(box, part))


def _window(view: View) -> Box:
    """What the camera sees of a layer, which is larger than the picture by MARGIN."""
    whole = 1 + MARGIN
    width, height = 1 / whole / view.zoom / view.turn, 1 / whole / view.zoom
    left = min(max(0.0, (1 - width) / 2 + view.x / whole), 1 - width)
    top = min(max(0.0, (1 - height) / 2 + view.y / whole), 1 - height)
    return left, top, left + width, top + height


@dataclass(frozen=True, slots=True, kw_only=True)
class _Covered:
    """Along one side: the pixels of the picture that a layer covers (even), and which share of the layer that is."""

    start: int
    pixels: int
    first: float
    last: float


def _covered(layer: Sequence[float], window: Sequence[float], side: int) -> _Covered:
    """`layer` and `window`: from where to where, as shares of the plate; `side` of the picture in pixels."""
    scale = side / (window[1] - window[0])
    start = 2 * math.ceil(max(0.0, (layer[0] - window[0]) * scale) / 2)
    end = max(start, 2 * math.floor(min(side, (layer[1] - window[0]) * scale) / 2))
    length = layer[1] - layer[0]
    first = (window[0] + start / scale - layer[0]) / length
    return _Covered(start=start, pixels=end - start, first=first, last=first + (end - start) / scale / length)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Approach:
    """How the camera moves into a first frame: how much closer, to where (shares of the frame), in which light."""

    closer: float
    x: float
    y: float
    from_left: bool

    @classmethod
    def of(cls, motion: Motion, dice: random.Random) -> "_Approach":
        aim = view_at(motion, 1.0)
        return cls(
            closer=dice.uniform(0.14, 0.28),
            x=0.5 + 4 * aim.x + dice.uniform(-0.12, 0.12),
            y=0.5 + 4 * aim.y + dice.uniform(-0.12, 0.12),
            from_left=dice.random() < 0.5,
        )

    def seen(self, share: float, *, flat: float) -> Box:
        """The part of the first frame that is seen; `flat` is how much of the clip's height it fills."""
        eased = share * share * (3 - 2 * share)
        width = 1 / (1 + self.closer * eased)
        height = width * flat
        left = (1 - width) * (0.5 + (self.x - 0.5) * eased)
        top = (1 - height) * (0.5 + (self.y - 0.5) * eased)
        return left, top, left + width, top + height


def _film_still(stage: _Stage, still: Planes, approach: _Approach, frames: int) -> Iterator[av.VideoFrame]:
    """Start from the whole first frame, then move into it; it makes room for the strip, so nothing is covered."""
    beam = Beam.of(still.y.size, from_left=approach.from_left)
    for number, share in enumerate(_shares(frames)):
        rows = stage.strip.y.height * min(1.0, max(0.0, (number - _STRIP_FROM) / _STRIP_FRAMES))
        strip_rows = even(rows) if rows else 0
        height = stage.height - strip_rows
        size = (even(stage.width * _STILL_SHARE), even(height * _STILL_SHARE))
        near = still.seen(approach.seen(share, flat=height / stage.height), size)
        lit = Planes(y=beam.over(near.y, share), u=near.u, v=near.v)
        frame = stage.frame(lit.as_frame(), strip_rows=strip_rows)
        if number == _STRIP_FROM + _STRIP_FRAMES:
            frame.pict_type = PictureType.I  # drawn afresh, so that nothing of the picture shines through
        yield frame
