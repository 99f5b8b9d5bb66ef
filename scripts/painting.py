"""Painting with numbers: shapes, falloffs, textures and light on a plane of pixels.

Light is added up in linear light and turned into a picture once, by `finish`. Every random number
comes from a seed that the caller names, so the same library versions paint the same pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Plane = NDArray[np.float64]  # one number a pixel
Light = NDArray[np.float64]  # linear red, green, blue a pixel
Colour = tuple[float, float, float]
Point = tuple[float, float]

SUPERSAMPLING = 4  # edges of drawn shapes are averaged over 4 x 4 samples

GOLD: Colour = (1.00, 0.66, 0.30)
AMBER: Colour = (1.00, 0.36, 0.06)
ICE: Colour = (0.46, 0.68, 1.00)
MAGENTA: Colour = (1.00, 0.08, 0.46)
CYAN: Colour = (0.05, 0.72, 1.00)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The picture plane. `x` and `y` count in units of the subject, from the middle, y downward."""

    x: Plane
    y: Plane
    unit: float  # pixels

    @property
    def height(self) -> int:
        return int(self.x.shape[0])

    @property
    def width(self) -> int:
        return int(self.x.shape[1])

    @property
    def edges(self) -> Point:
        """Half the width and half the height, in units."""
        return self.width / 2 / self.unit, self.height / 2 / self.unit


def set_stage(width: int, height: int, *, unit: float) -> Stage:
    rows, columns = np.mgrid[0:height, 0:width] + 0.5
    return Stage(x=(columns - width / 2) / unit, y=(rows - height / 2) / unit, unit=unit)


# --- planes: shapes, falloffs, textures ---------------------------------------------------------


def bell(values: Plane) -> Plane:
    """1 at 0, falling away to both sides within a value of 1 or 2."""
    fallen: Plane = np.exp(-(values**2))
    return fallen


def glow(stage: Stage, at: Point, size: Point) -> Plane:
    """A soft bell of light, 1 in its middle; `size` is its spread to the side and upward."""
    return bell((stage.x - at[0]) / size[0]) * bell((stage.y - at[1]) / size[1])


def ramp(values: Plane, start: float, end: float) -> Plane:
    """0 at `start`, 1 at `end` (which may be the smaller), with a smooth step between."""
    t = np.clip((values - start) / (end - start), 0, 1)
    step: Plane = t * t * (3 - 2 * t)
    return step


def curve(points: Sequence[Point], *, steps: int = 14) -> list[Point]:
    """A closed Catmull-Rom spline through the points."""
    p = np.array(points)
    before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    cubic = (3 * p - 3 * after + beyond - before) * t**3
    square = (2 * before - 5 * p + 4 * after - beyond) * t**2
    path = 0.5 * (2 * p + (after - before) * t + square + cubic)
    return [(float(x), float(y)) for x, y in path.transpose(1, 0, 2).reshape(-1, 2)]


def fill(stage: Stage, outline: Sequence[Point]) -> Plane:
    """1 inside the outline, 0 outside, the edge anti-aliased."""
    size = (stage.width * SUPERSAMPLING, stage.height * SUPERSAMPLING)
    pixels = stage.unit * SUPERSAMPLING
    canvas = Image.new("L", size)
    corners = [(size[0] / 2 + x * pixels, size[1] / 2 + y * pixels) for x, y in outline]
    ImageDraw.Draw(canvas).polygon(corners, fill=255)
    return np.asarray(canvas.reduce(SUPERSAMPLING), dtype=np.float64) / 255


def box(at: Point, size: Point, radius: float) -> list[Point]:
    """The outline of a box with round corners; `size` is half its width and height."""
    turn = np.linspace(0, np.pi / 2, 12)
    outline = []
    for quarter, (sx, sy) in enumerate([(1, 1), (-1, 1), (-1, -1), (1, -1)]):
        angle = turn + quarter * np.pi / 2
        xs = at[0] + sx * (size[0] - radius) + radius * np.cos(angle)
        ys = at[1] + sy * (size[1] - radius) + radius * np.sin(angle)
        outline += [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
    return outline


def disc(at: Point, radius: float) -> list[Point]:
    turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    return [(at[0] + radius * float(np.cos(a)), at[1] + radius * float(np.sin(a))) for a in turn]


def blur(stage: Stage, plane: Plane, spread: float) -> Plane:
    """Gaussian blur; `spread` is its standard deviation in units. Works on planes and on light."""
    sigma = spread * stage.unit
    margin = int(3 * sigma) + 1
    padding = [(margin, margin), (margin, margin)] + [(0, 0)] * (plane.ndim - 2)
    padded = np.pad(plane, padding, mode="edge")
    fy = np.fft.fftfreq(padded.shape[0])[:, None]
    fx = np.fft.rfftfreq(padded.shape[1])[None, :]
    kernel = np.exp(-2 * (np.pi * sigma) ** 2 * (fx**2 + fy**2))
    kernel = kernel.reshape(kernel.shape + (1,) * (plane.ndim - 2))
    soft = np.fft.irfft2(np.fft.rfft2(padded, axes=(0, 1)) * kernel, s=padded.shape[:2], axes=(0, 1))
    blurred: Plane = soft[margin:-margin, margin:-margin]
    return blurred


def clouds(stage: Stage, seed: int, *, grain: Point, octaves: int = 5) -> Plane:
    """Fractal noise between 0 and 1; `grain` is the size of its largest lumps, in units."""
    random = np.random.default_rng(seed)
    total = np.zeros_like(stage.x)
    for octave in range(octaves):
        columns = int(stage.width / stage.unit / grain[0] * 2**octave) + 3
        rows = int(stage.height / stage.unit / grain[1] * 2**octave) + 3
        lumps = Image.fromarray(random.random((rows, columns)).astype(np.float32))
        smooth = lumps.resize((stage.width, stage.height), Image.Resampling.BICUBIC)
        total += np.asarray(smooth, dtype=np.float64) / 2**octave
    low, high = np.percentile(total, [1, 99])
    spread: Plane = np.clip((total - low) / (high - low), 0, 1)
    return spread


def relief(stage: Stage, shape: Plane, towards: Point, *, depth: float) -> Plane:
    """How much a shape, swollen like a cushion, faces the light that comes from `towards`: 0 to 1."""
    height = sum((blur(stage, shape, depth * s) * s for s in (1.0, 0.45, 0.18)), np.zeros_like(shape))
    down, right = np.gradient(height, 1 / stage.unit)
    facing = np.clip(-(right * towards[0] + down * towards[1]), 0, None)
    return facing * shape / max(float(facing.max()), 1e-9)


def bokeh(stage: Stage, seed: int, *, count: int, size: Point, within: tuple[Point, Point]) -> Light:
    """Out-of-focus lamps: discs with a slightly brighter rim, in neon and sodium colours."""
    random = np.random.default_rng(seed)
    (left, right), (top, bottom) = within
    lamps = np.zeros((*stage.x.shape, 3))
    palette = np.array([GOLD, AMBER, ICE, MAGENTA, CYAN, (1.0, 0.85, 0.7)])
    for _ in range(count):
        at = (random.uniform(left, right), random.uniform(top, bottom))
        radius, power = random.uniform(*size), random.uniform(0.15, 1.0) ** 2
        away = np.hypot(stage.x - at[0], stage.y - at[1]) / radius
        lamp = ramp(away, 1.06, 0.94) * (0.65 + 0.5 * ramp(away, 0.6, 1.0))
        lamps += power * tint(lamp, tuple(palette[random.integers(len(palette))]))
    return lamps


# --- light: colouring, laying over, finishing ----------------------------------------------------


def tint(plane: Plane, colour: Colour, power: float = 1.0) -> Light:
    coloured: Light = plane[..., None] * np.array(colour) * power
    return coloured


def lift(light: Light, colour: Colour) -> Light:
    """The same light with a little of one colour everywhere: no shadow is quite black."""
    lifted: Light = light + np.array(colour)
    return lifted


def over(below: Light, above: Light, cover: Plane) -> Light:
    """Lay `above` over `below` where `cover` is 1."""
    return below + (above - below) * cover[..., None]


def mirror(stage: Stage, light: Light, ground: float) -> Light:
    """What a level mirror at height `ground` shows of the light above it."""
    line = int(stage.height / 2 + ground * stage.unit)
    reflected = np.zeros_like(light)
    rows = min(line, stage.height - line)
    reflected[line : line + rows] = light[line - rows : line][::-1]
    return reflected


def finish(stage: Stage, light: Light, *, exposure: float, seed: int) -> Image.Image:
    """Bloom, vignette, filmic tone curve, grain, 8 bits."""
    bright = np.clip(light - 0.55, 0, 6)
    light = light + 0.20 * blur(stage, bright, 0.035) + 0.12 * blur(stage, bright, 0.14)
    half_width, half_height = stage.edges
    corner = (stage.x / half_width) ** 2 + (stage.y / half_height) ** 2
    light = light * (1 - 0.42 * ramp(corner, 0.55, 2.0))[..., None] * exposure
    film = light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14)
    display = np.clip(film, 0, 1) ** (1 / 2.2)
    grain = blur(stage, np.random.default_rng(seed).standard_normal(stage.x.shape), 0.45 / stage.unit)
    display += (grain * 0.010)[..., None] * (1 - 0.5 * display)
    return Image.fromarray((np.clip(display, 0, 1) * 255).round().astype(np.uint8))
