"""The pictures of a simulated clip: a painted scene, or the order's first frame, under a moving camera.

A strip at the bottom says what the clip is and that it is simulated. It does not name the model, so that a blind
comparison stays blind. The figures in `figures/` were drawn for this project.
"""

import colorsys
import hashlib
import io
import math
import random
import re
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import PictureType
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

from hailuo.simulator.tasks import Task

Value = TypeVar("Value")
Size = tuple[int, int]  # width and height in pixels
Colour = tuple[int, int, int]
Pixels = npt.NDArray[np.uint8]
Planes = Sequence[Image.Image]  # a picture as yuv420p: brightness, and two planes of colour at half the size
View = tuple[float, float, float]  # zoom (1: the scene at its full width), where across and down (0 to 1)

# What the words of a prompt choose. Moves: the view at the start and at the end. Rooms: hue, saturation, brightness,
# number of lamps. Figures: the file, its height by the picture's, the hue that is turned (None: it is not).
_MOVES: Sequence[tuple[str, tuple[View, View]]] = (
    (r"orbit|arc shot|rotat|turntable|circl", ((1.20, 0.1, 0.7), (1.32, 0.9, 0.3))),
    (r"push.in|zoom in|dolly in|推进|变焦推近", ((1.02, 0.5, 0.5), (1.34, 0.5, 0.6))),
    (r"pull out|pull back|zoom out|reveal|拉远|变焦拉远", ((1.36, 0.5, 0.6), (1.02, 0.5, 0.5))),
    (r"(pan|truck) left|左摇|左移", ((1.22, 1.0, 0.5), (1.22, 0.0, 0.5))),
    (r"(pan|truck) right|右摇|右移", ((1.22, 0.0, 0.5), (1.22, 1.0, 0.5))),
    (r"track|follow|walking|driving|跟随", ((1.28, 0.0, 0.6), (1.24, 1.0, 0.4))),
    (r"tilt up|pedestal up|crane|rise|上升|上摇", ((1.26, 0.5, 1.0), (1.20, 0.5, 0.0))),
    (r"tilt down|pedestal down|下降|下摇", ((1.26, 0.5, 0.0), (1.20, 0.5, 1.0))),
    (r"shake|handheld|晃动", ((1.14, 0.2, 0.8), (1.22, 0.8, 0.3))),
    (r"static|固定", ((1.08, 0.45, 0.5), (1.15, 0.55, 0.5))),
)
_ROOMS: Sequence[tuple[str, tuple[float, float, float, int]]] = (
    (r"night|neon|city|rain", (0.68, 0.75, 0.26, 34)),
    (r"golden|sunset|sunrise|beach|warm|morning|daylight|\bsun\b", (0.07, 0.62, 0.70, 8)),
    (r"stone|luxury|premium|black|studio|dark", (0.60, 0.35, 0.24, 6)),
    (r"street|asphalt|urban|handheld", (0.56, 0.22, 0.46, 18)),
    (r"window|soft|white|clean|lifestyle", (0.10, 0.20, 0.80, 6)),
)
_FIGURES: Sequence[tuple[str, tuple[str, float, float | None]]] = (
    (r"\b(sneaker|shoe|trainer|boot)s?\b", ("shoe", 0.44, 0.0)),
    (r"\b(car|automotive|vehicle|suv|sedan|coupe)s?\b", ("car", 0.28, 0.78)),
    (r"\b(perfume|bottle|fragrance|serum|skincare|lotion|drink)s?\b", ("bottle", 0.58, 0.09)),
    (r"\b(coffee|espresso|cup|mug|tea|latte)s?\b", ("cup", 0.46, 0.0)),
    (r"\b(portrait|(wo)?man|model|face|person|lifestyle|friend|commuter)s?\b", ("person", 0.80, None)),
    (r"$", ("spheres", 0.50, 0.0)),
)
_HUES = {"red": 0.99, "orange": 0.05, "amber": 0.09, "gold": 0.12, "yellow": 0.15, "moss-green": 0.28, "green": 0.37,
         "teal": 0.49, "blue": 0.60, "purple": 0.77, "pink": 0.93}  # fmt: skip
_LIGHT_HUES = (0.0, 0.06, 0.11, 0.47, 0.53, 0.60, 0.72, 0.80, 0.92)
_RENDERED = 0.6  # of the clip's sides: swscale enlarges the rest in less time
_STRIP_FROM, _STRIP_FRAMES = 6, 12  # a clip from a first frame begins without the strip


def film(task: Task, *, frames: int, dice: random.Random) -> Iterator[av.VideoFrame]:
    """The frames of a task's clip, yuv420p, at the clip's size; `frames` is at least 2."""
    strip, whole = _planes(_strip(task)), _rendered((task.width, task.height))
    start, end = _move(task, dice)
    if task.frame:
        with Image.open(io.BytesIO(task.frame.content)) as image:
            scene = _planes(ImageOps.fit(image.convert("RGB"), whole, Image.Resampling.LANCZOS))
    else:
        scene = _planes(_scene(task, _rendered((task.width, task.height - strip[0].height)), dice))
    beam, from_left = _beam(whole), dice.random() < 0.5
    enlarge = VideoReformatter()  # keeps swscale's tables
    for number in range(frames):
        share = number / (frames - 1)
        eased = 0.2 * share + 0.8 * share * share * (3 - 2 * share)
        zoom, x, y = (one + (other - one) * eased for one, other in zip(start, end, strict=True))
        risen = min(1.0, max(0.0, (number - _STRIP_FROM) / _STRIP_FRAMES)) if task.frame else 1.0
        height = task.height - 2 * round(risen * strip[0].height / 2)
        luma, *colours = _seen(scene, (zoom, x, y), (task.width, height))
        left = round(2 * luma.width * (1 - share if from_left else share))
        light = beam.crop((left, 0, left + luma.width, luma.height))
        picture, frame = (av.VideoFrame(*size, "yuv420p") for size in (luma.size, (task.width, task.height)))
        _lay((ImageChops.add(luma, light), *colours), picture)
        large = enlarge.reformat(picture, task.width, height, format="yuv420p", interpolation="BICUBIC")
        _lay([_pixels(plane) for plane in large.planes], frame)
        _lay(strip, frame, top=height)
        if task.frame and number == _STRIP_FROM + _STRIP_FRAMES:
            frame.pict_type = PictureType.I  # encoded anew: no rest of the picture shows through the strip
        yield frame


def _move(task: Task, dice: random.Random) -> tuple[View, View]:
    """The camera's view at the start and at the end: as the prompt says, a little different for every take.

    A first frame is seen whole at the start. Its takes differ by where the camera moves to, and how close.
    """
    usual = dice.choice(_MOVES[:5])[1]
    start, (zoom, x, y) = _first_named(_MOVES, task.order.prompt.lower()) or usual
    if not task.frame:
        return start, (zoom + dice.uniform(0, 0.06), x, y)
    turn = 2 * math.pi * (_number(task.order.request_sha256) + 0.382 * task.take)  # far from the take before
    x, y = (min(1.0, max(0.0, at)) for at in (x + 0.4 * math.cos(turn), y + 0.4 * math.sin(turn)))
    return (1.0, 0.5, 0.5), (max(zoom, 1.18) + dice.uniform(0, 0.14), x, y)


def _seen(scene: Planes, view: View, size: Size) -> Planes:
    """What the camera sees of the scene, for `size` pixels of the clip."""
    zoom, x, y = view
    width = scene[0].width / zoom
    height = min(scene[0].height, width * size[1] / size[0])
    left, top = (scene[0].width - width) * x, (scene[0].height - height) * y
    seen, (columns, rows) = [], _rendered(size)
    for plane, part in zip(scene, (1, 2, 2), strict=True):
        right, bottom = min(plane.width, (left + width) / part), min(plane.height, (top + height) / part)
        box = (left / part, top / part, right, bottom)
        seen.append(plane.resize((columns // part, rows // part), Image.Resampling.BILINEAR, box=box))
    return seen


def _beam(size: Size) -> Image.Image:
    """A band of light, in grey and three pictures wide; the part over the picture changes from frame to frame."""
    down, across = np.ogrid[-0.5 : 0.5 : size[1] // 4 * 1j, -1.5 : 1.5 : 3 * size[0] // 4 * 1j]
    light = 46 * np.exp(-(((across + 0.38 * down) / 0.15) ** 2))
    return Image.fromarray(light.astype(np.uint8)).resize((3 * size[0], size[1]), Image.Resampling.BILINEAR)


def _scene(task: Task, size: Size, dice: random.Random) -> Image.Image:
    """The prompt's subject on a polished floor. The prompt sets the mood; model and take the light and the lamps."""
    prompt = task.order.prompt.lower()
    own = _number(prompt)
    hue, saturation, brightness, lamps = _first_named(_ROOMS, prompt) or (own, 0.55, 0.45, 14)
    hue += 0.06 * (own - 0.5) + dice.uniform(-0.04, 0.04)
    apart = [light for light in _LIGHT_HUES if 0.1 < (light - hue) % 1 < 0.9]
    light_hue = apart[int(97 * (own + _number(task.order.model))) % len(apart)]
    colour = (hue, saturation, brightness * dice.uniform(0.85, 1.1))
    room = _room(colour, light_hue, round(lamps * dice.uniform(0.7, 1.3)), size, dice)
    figure = _figure(prompt, light_hue, size[1])
    foot = round(size[1] * (0.82 if figure.height < 0.7 * size[1] else 1))
    left = round((size[0] - figure.width) * dice.uniform(0.38, 0.62))
    mirrored = ImageOps.flip(figure).filter(ImageFilter.GaussianBlur(size[1] / 170))
    fade = Image.linear_gradient("L").resize(figure.size).point([max(0, 100 - value) for value in range(256)])
    room.paste(mirrored, (left, foot), ImageChops.multiply(mirrored.getchannel("A"), fade))
    room.paste(figure, (left, foot - figure.height), figure)
    return ImageOps.mirror(room) if dice.random() < 0.5 else room


def _room(
    colour: tuple[float, float, float], light_hue: float, lamps: int, size: Size, dice: random.Random
) -> Image.Image:
    """A wall of this hue, saturation and brightness, lit from the left, out of focus, above its reflection."""
    (hue, saturation, value), (width, height) = colour, (size[0] // 2, size[1] // 2)
    down, across = np.ogrid[-0.36 : 0.64 : height * 1j, -0.22 : 0.78 : width * 1j]
    glow = np.exp(-(((1.1 * across) ** 2 + (1.2 * down) ** 2) / 0.2))[..., None]
    dark, tint = np.array(_rgb(hue, saturation, value * 0.42)), np.array(_rgb(light_hue, 0.5, 0.28))
    bright = np.array(_rgb(hue + 0.04, saturation * 0.8, value * 1.15))
    wall = np.clip(dark + (bright - dark) * glow + tint * glow**2, 0, 255).astype(np.uint8)
    picture, horizon = Image.fromarray(wall), round(height * 0.68)
    for _ in range(lamps):
        lamp, radius = Image.new("RGB", (width, height)), height * dice.uniform(0.02, 0.08)
        x, y = width * dice.random(), height * dice.uniform(0.08, 0.66)
        fill = _rgb(dice.choice((light_hue, hue, light_hue + 0.12)), 0.55, dice.uniform(0.12, 0.42))
        ImageDraw.Draw(lamp).ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
        picture = ImageChops.add(picture, lamp)
    picture = picture.filter(ImageFilter.GaussianBlur(height / 160))
    floor = ImageOps.flip(picture.crop((0, 2 * horizon - height, width, horizon)))
    darker = [value * 55 // 100 for value in range(256)] * 3
    floor = floor.filter(ImageFilter.GaussianBlur(height / 45)).point(darker)
    picture.paste(floor, (0, horizon))
    return picture.resize(size, Image.Resampling.BICUBIC)


def _figure(prompt: str, light_hue: float, height: int) -> Image.Image:
    """The subject with its alpha, for a picture of this height, in the colour that the prompt or the light gives."""
    words, (name, share, own_hue) = _first_named([(row[0], row) for row in _FIGURES], prompt) or _FIGURES[-1]
    with Image.open(Path(__file__).with_name("figures") / f"{name}.webp") as image:
        figure = ImageOps.contain(image.convert("RGBA"), (10 * height, round(share * height)))
    if own_hue is None:
        return figure
    named = re.search(rf"\b({'|'.join(_HUES)})\b[^.]{{0,25}}?(?:{words})", prompt)
    turn = round(255 * ((_HUES[named[1]] if named else light_hue) - own_hue))
    hue, saturation, value = figure.convert("RGB").convert("HSV").split()
    turned = hue.point([(step + turn) % 256 for step in range(256)])
    coloured = Image.merge("HSV", (turned, saturation, value)).convert("RGB")
    coloured.putalpha(figure.getchannel("A"))
    return coloured


def _strip(task: Task) -> Image.Image:
    """Two lines below the picture, as wide as the clip; the prompt's own colour is at the left."""
    order, line = task.order, max(10, round(min(task.width, task.height) * 0.058))
    strip = Image.new("RGB", (task.width, 2 * round(line * 1.35)), (14, 15, 18))
    heading, mark = f"SIMULATED · {order.duration} s · {order.size}", _rgb(_number(order.prompt), 0.65, 1.0)
    ImageDraw.Draw(strip).rectangle((0, 0, line // 3, strip.height), fill=mark)
    _write(strip, heading, (0.8 * line, 0.3 * line), line, (244, 244, 246))
    below, small = 1.55 * line, round(line * 0.78)
    left = _write(strip, task.task_id[-4:], (0.8 * line, below), small, (255, 196, 84))
    _write(strip, order.prompt, (left + 0.6 * small, below), small, (176, 180, 190))
    return strip


def _write(strip: Image.Image, text: str, at: tuple[float, float], size: int, colour: Colour) -> float:
    """Write as much of the text as fits, of what the built-in font can draw. Returns where it ends, in pixels."""
    font = ImageFont.load_default(size)
    drawn = "".join(c if c < "\u0250" or "\u2010" <= c <= "\u2026" else " " for c in text)
    shown = " ".join(drawn.split())[:200]
    while shown and font.getlength(shown) > strip.width - at[0] - size / 2:
        shown = f"{shown[:-2]}…" if len(shown) > 2 else ""
    ImageDraw.Draw(strip).text(at, shown, font=font, fill=colour)
    return at[0] + font.getlength(shown)


def _planes(picture: Image.Image) -> Planes:
    """The planes of an RGB picture with even sides."""
    frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24").reformat(format="yuv420p")
    return [Image.fromarray(_pixels(plane).copy()) for plane in frame.planes]


def _lay(planes: Sequence[Image.Image | Pixels], frame: av.VideoFrame, *, top: int = 0) -> None:
    """Copy planes into a frame of their width, from the row `top` (even) down, as far as it goes."""
    for plane, image, part in zip(frame.planes, planes, (1, 2, 2), strict=True):
        rows, new = _pixels(plane)[top // part :], np.asarray(image)
        rows[: len(new)] = new[: len(rows)]


def _pixels(plane: VideoPlane) -> Pixels:
    """The plane's own memory as rows of pixels."""
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _first_named(table: Sequence[tuple[str, Value]], text: str) -> Value | None:
    """The value whose words (a regular expression) come first in the text."""
    found = [(match.start(), value) for words, value in table if (match := re.search(words, text))]
    return min(found, key=itemgetter(0))[1] if found else None


def _rgb(hue: float, saturation: float, value: float) -> Colour:
    """Red, green and blue, 0 to 255."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, min(1.0, value))
    return round(255 * red), round(255 * green), round(255 * blue)


def _number(text: str) -> float:
    """A number from 0 to 1 that belongs to this text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32


def _rendered(size: Size) -> Size:
    """The even size at which a picture is made, before it is enlarged to `size`."""
    return max(2, 2 * round(size[0] * _RENDERED / 2)), max(2, 2 * round(size[1] * _RENDERED / 2))
