"""Pictures to film: a backdrop and a lit subject, painted once per clip."""

import colorsys
import hashlib
import random
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from hailuo.simulator.planes import Box, Planes, Veil, even
from hailuo.simulator.subjects import Figure, Tone, figure, named_colour

MARGIN = 0.25  # how much larger than the picture the layers are, for the camera to move in
_BACKDROP_SHARE = 0.36  # of the picture's sides: what is out of focus can be painted small
_FIGURE_SHARE = 0.7
Colour = tuple[int, int, int]
Pixels = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The mood: hues (0..1), how bright, how many lamps, where the light is, how large (around 1) and how far
    from the middle the subject."""

    backdrop_hue: float
    light_hue: float
    brightness: float
    saturation: float
    lamps: int
    sun: bool
    from_left: bool
    scale: float
    aside: float
    body: tuple[float, float, float]  # hue, saturation, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The lit subject and its reflection, where they cover, and which part of the plate that is."""

    picture: Planes
    veil: Veil
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The layers of a clip, larger than the picture by MARGIN."""

    backdrop: Planes
    subject: Standing


Mood = tuple[float, float, float, int, bool]  # hue of the backdrop, brightness, saturation, lamps, sun
_MOODS: tuple[tuple[tuple[str, ...], Mood], ...] = (  # by words of the prompt
    (("night", "neon", "city", "rain"), (0.68, 0.22, 0.75, 34, False)),
    (("golden", "sunset", "sunrise", "beach", "warm", "morning", "daylight"), (0.07, 0.72, 0.62, 8, True)),
    (("stone", "luxury", "premium", "black", "studio", "dark"), (0.60, 0.24, 0.35, 5, False)),
    (("street", "asphalt", "urban", "handheld"), (0.56, 0.46, 0.22, 18, False)),
    (("window", "soft", "white", "clean", "lifestyle"), (0.10, 0.82, 0.20, 6, True)),
)
_FLATTERING = (0.0, 0.06, 0.11, 0.47, 0.53, 0.60, 0.72, 0.80, 0.92)  # hues: no olive, no lime


def setting_of(prompt: str, model: str, dice: random.Random) -> Setting:
    """The same prompt gives the same mood; model and take shift hue, light and side."""
    own = _number_of(prompt) / 2**32
    hue, brightness, saturation, lamps, sun = _mood_of(prompt.lower()) or (own, 0.45, 0.55, 14, False)
    hue += 0.06 * (own - 0.5) + dice.uniform(-0.03, 0.03)
    return Setting(
        backdrop_hue=hue % 1,
        light_hue=(_light_hue(prompt, model, hue) + dice.uniform(-0.02, 0.02)) % 1,
        brightness=brightness * dice.uniform(0.85, 1.1),
        saturation=saturation,
        lamps=round(lamps * dice.uniform(0.7, 1.3)),
        sun=sun,
        from_left=dice.random() < 0.5,
        scale=dice.uniform(0.88, 1.06),
        aside=dice.uniform(-0.07, 0.07),
        body=named_colour(prompt) or (_light_hue(prompt, model, hue), 0.62, 0.30 + 0.55 * brightness),
    )


def _mood_of(text: str) -> Mood | None:
    """The mood whose word comes first."""
    found = [(text.find(word), mood) for words, mood in _MOODS for word in words if word in text]
    return min(found, key=lambda place: place[0])[1] if found else None


def _light_hue(prompt: str, model: str, backdrop_hue: float) -> float:
    """A hue that flatters, apart from the backdrop's; another model, another one."""
    apart = [hue for hue in _FLATTERING if 0.1 < (hue - backdrop_hue) % 1 < 0.9]
    return apart[(_number_of(prompt) + _number_of(model)) % len(apart)]


def _number_of(text: str) -> int:
    """A number below 2**32 that belongs to this text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])


def paint(prompt: str, setting: Setting, size: tuple[int, int], dice: random.Random) -> Scene:
    """The scene for a picture of this size (pixels)."""
    backdrop = _backdrop(setting, _plate(size, _BACKDROP_SHARE), dice)
    return Scene(
        backdrop=Planes.of(backdrop),
        subject=_standing(prompt, setting, _plate(size, _FIGURE_SHARE)),
    )


def _plate(size: tuple[int, int], share: float) -> tuple[int, int]:
    return even(size[0] * share * (1 + MARGIN)), even(size[1] * share * (1 + MARGIN))


def _backdrop(setting: Setting, plate: tuple[int, int], dice: random.Random) -> Image.Image:
    wall = _gradient(plate, setting)
    lamps = _lamps(setting, plate, dice)
    picture = ImageChops.add(Image.fromarray(wall), lamps)
    return _with_floor(picture, round(plate[1] * 0.66))


def _gradient(plate: tuple[int, int], setting: Setting) -> npt.NDArray[np.uint8]:
    """A wall lit from one side, darker towards the corners."""
    across, down = _grid(plate)
    side = 0.22 if setting.from_left else 0.78
    distance = np.hypot((across - side) * 1.1, (down - 0.36) * 1.2)
    glow = np.exp(-((distance / (0.34 if setting.sun else 0.5)) ** 2))[..., None]
    dark = _colour(setting.backdrop_hue, setting.saturation, setting.brightness * 0.42)
    bright = _colour(
        setting.backdrop_hue + 0.04, setting.saturation * 0.8, min(1.0, setting.brightness * 1.15)
    )
    tint = _colour(setting.light_hue, 0.5, 0.30 if setting.sun else 0.14)
    wall: Pixels = dark + (bright - dark) * glow + tint * glow**2
    return np.clip(wall, 0, 255).astype(np.uint8)


def _lamps(setting: Setting, plate: tuple[int, int], dice: random.Random) -> Image.Image:
    """Discs of light out of focus."""
    picture = Image.new("RGB", plate)
    for _ in range(setting.lamps):
        lamp = Image.new("RGB", plate)
        radius = plate[1] * dice.uniform(0.015, 0.075)
        x, y = plate[0] * dice.random(), plate[1] * dice.uniform(0.08, 0.66)
        hue = dice.choice((setting.light_hue, setting.backdrop_hue, setting.light_hue + 0.12))
        red, green, blue = _colour(hue, 0.55, dice.uniform(0.12, 0.42))
        box = (x - radius, y - radius, x + radius, y + radius)
        ImageDraw.Draw(lamp).ellipse(box, fill=(int(red), int(green), int(blue)))
        picture = ImageChops.add(picture, lamp)
    return picture.filter(ImageFilter.GaussianBlur(plate[1] / 160))


def _with_floor(picture: Image.Image, horizon: int) -> Image.Image:
    """Below the horizon the wall again, mirrored, darker and blurred: a polished floor."""
    width, height = picture.size
    depth = height - horizon
    mirrored = ImageOps.flip(picture.crop((0, horizon - depth, width, horizon)))
    floor = mirrored.filter(ImageFilter.GaussianBlur(height / 45)).point(lambda value: int(value * 0.55))
    picture.paste(floor, (0, horizon))
    band = picture.crop((0, horizon - 3, width, horizon + 3)).filter(ImageFilter.GaussianBlur(2))
    picture.paste(band, (0, horizon - 3))
    return picture


def _standing(prompt: str, setting: Setting, plate: tuple[int, int]) -> Standing:
    """The figure, shaded, with a rim of light on the lit side and its reflection on the floor."""
    palette = {tone: _as_colour(_colour(*hsv)) for tone, hsv in _palette(setting).items()}
    drawn = figure(prompt, plate, scale=setting.scale, aside=setting.aside, palette=palette)
    shaded = Image.fromarray(_shade(drawn, setting, plate))
    picture, veil = _with_reflection(shaded, drawn, plate[1])
    left, top = drawn.left / plate[0], drawn.top / plate[1]
    return Standing(
        picture=Planes.of(picture),
        veil=Veil.of(veil),
        box=(left, top, left + veil.width / plate[0], top + veil.height / plate[1]),
    )


def _palette(setting: Setting) -> dict[Tone, tuple[float, float, float]]:
    hue, saturation, value = setting.body
    return {
        Tone.BODY: (hue, saturation, value),
        Tone.DARK: (hue, 0.5 * saturation, 0.26 * value),
        Tone.SKIN: (0.06, 0.38, 0.86),
        Tone.GLASS: (hue, 0.30 * saturation, 0.35 + 0.25 * value),
        Tone.LIGHT: (setting.backdrop_hue + 0.5, 0.10, 0.88),
    }


def _shade(drawn: Figure, setting: Setting, plate: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Brighter towards the light, darker away from it and at the edges that it does not reach."""
    across, down = _grid(drawn.mask.size)
    toward = (1 - across if setting.from_left else across)[..., None]
    painted = np.asarray(drawn.colours, dtype=np.float32) * (
        0.55 + 0.55 * toward + 0.2 * (1 - down[..., None])
    )
    reach = max(2, plate[1] // 55)
    painted *= 1 - 0.55 * _edge(drawn.mask, reach=2 * reach, from_left=not setting.from_left)
    rim = _edge(drawn.mask, reach=reach, from_left=setting.from_left)
    painted += rim * _colour(setting.light_hue + 0.06, 0.25, 0.85)
    return np.clip(painted, 0, 255).astype(np.uint8)


def _edge(mask: Image.Image, *, reach: int, from_left: bool) -> Pixels:
    """How much a light from that side and above catches the edges (0..1)."""
    moved = ImageChops.offset(mask, reach if from_left else -reach, reach if from_left else -reach // 2)
    inner = moved.filter(ImageFilter.GaussianBlur(reach))
    edge = ImageChops.subtract(mask, inner)
    return np.asarray(edge, dtype=np.float32)[..., None] / np.float32(255)


def _with_reflection(
    shaded: Image.Image, drawn: Figure, plate_height: int
) -> tuple[Image.Image, Image.Image]:
    """The figure above its mirror image, which fades downwards; the picture, and where it covers."""
    foot = drawn.bottom - drawn.top
    depth = min(foot, max(0, plate_height - drawn.bottom))
    size = (even(shaded.width), even(max(shaded.height, foot + depth)))
    picture, veil = Image.new("RGB", size), Image.new("L", size)
    if depth:
        box = (0, foot - depth, shaded.width, foot)
        fade = (
            Image.linear_gradient("L").resize((shaded.width, depth)).point(lambda value: (255 - value) * 0.4)
        )
        soft = ImageFilter.GaussianBlur(plate_height / 170)
        picture.paste(ImageOps.flip(shaded.crop(box)).filter(soft), (0, foot))
        veil.paste(ImageChops.multiply(ImageOps.flip(drawn.mask.crop(box)).filter(soft), fade), (0, foot))
    picture.paste(shaded.crop((0, 0, shaded.width, foot)), (0, 0))
    veil.paste(drawn.mask.crop((0, 0, shaded.width, foot)), (0, 0))
    return picture, veil


def _grid(size: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """For every pixel how far across and how far down it is (0..1)."""
    down, across = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    return across / size[0], down / size[1]


def _colour(hue: float, saturation: float, value: float) -> Pixels:
    """Red, green and blue, 0..255."""
    return np.asarray(colorsys.hsv_to_rgb(hue % 1, saturation, min(1.0, value)), dtype=np.float32) * 255


def _as_colour(pixels: Pixels) -> Colour:
    red, green, blue = (int(value) for value in pixels)
    return red, green, blue
