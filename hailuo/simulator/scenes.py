"""Pictures to film: a backdrop, a lit subject and a light that sweeps, painted once per clip."""

import colorsys
import hashlib
import random
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from hailuo.simulator.subjects import silhouette

__all__ = ["MARGIN", "Scene", "Setting", "paint", "setting_of"]

MARGIN = 0.25  # how much larger than the frame the layers are, for the camera to move in
Colour = tuple[int, int, int]
Pixels = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The mood: hue (0..1) of backdrop and light, how bright, how many lamps, where the
    light is, and how large (around 1) the subject."""

    backdrop_hue: float
    light_hue: float
    brightness: float
    saturation: float
    lamps: int
    sun: bool
    from_left: bool
    scale: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The layers of a clip, larger than the frame by MARGIN. `subject_box` is what the subject covers of its own.

    `beam` is three frames wide, to be slid across, and is added as light.
    """

    backdrop: Image.Image
    subject: Image.Image
    subject_box: tuple[int, int, int, int]
    beam: Image.Image


# words of the prompt: hue of the backdrop, brightness, saturation, lamps, sun
_MOODS: tuple[tuple[tuple[str, ...], tuple[float, float, float, int, bool]], ...] = (
    (("night", "neon", "city", "rain"), (0.68, 0.22, 0.75, 34, False)),
    (("golden", "sunset", "sunrise", "beach", "warm", "morning"), (0.07, 0.72, 0.62, 8, True)),
    (("stone", "luxury", "premium", "black", "studio", "dark"), (0.60, 0.24, 0.35, 5, False)),
    (("street", "asphalt", "urban", "handheld"), (0.56, 0.46, 0.22, 18, False)),
    (("window", "soft", "white", "clean", "lifestyle"), (0.10, 0.82, 0.20, 6, True)),
)
_FLATTERING = (0.0, 0.06, 0.11, 0.47, 0.53, 0.60, 0.72, 0.80, 0.92)  # hues: no olive, no lime


def setting_of(prompt: str, model: str, dice: random.Random) -> Setting:
    """The same prompt gives the same mood; model and take shift hue, light and side."""
    own = _number_of(prompt) / 2**32
    text = prompt.lower()
    moods = (mood for words, mood in _MOODS if any(word in text for word in words))
    hue, brightness, saturation, lamps, sun = next(moods, (own, 0.45, 0.55, 14, False))
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
    )


def _light_hue(prompt: str, model: str, backdrop_hue: float) -> float:
    """A hue that flatters, apart from the backdrop's; another model, another one."""
    apart = [hue for hue in _FLATTERING if 0.1 < (hue - backdrop_hue) % 1 < 0.9]
    return apart[(_number_of(prompt) + _number_of(model)) % len(apart)]


def _number_of(text: str) -> int:
    """A number below 2**32 that belongs to this text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])


def paint(prompt: str, setting: Setting, size: tuple[int, int], dice: random.Random) -> Scene:
    """The scene for a frame of this size (pixels)."""
    plate = (round(size[0] * (1 + MARGIN)), round(size[1] * (1 + MARGIN)))
    subject = _subject(prompt, setting, plate)
    return Scene(
        backdrop=_backdrop(setting, plate, dice),
        subject=subject,
        subject_box=subject.getbbox() or (0, 0, *plate),
        beam=_beam(setting, size),
    )


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


def _subject(prompt: str, setting: Setting, plate: tuple[int, int]) -> Image.Image:
    """The silhouette, shaded, with a rim of light on the lit side and its reflection below."""
    mask, tones = silhouette(prompt, plate, scale=setting.scale)
    if setting.from_left:
        mask, tones = ImageOps.mirror(mask), ImageOps.mirror(tones)
    shaded = Image.fromarray(_shade(mask, tones, setting))
    layer = _reflection(shaded, mask)
    shaded.putalpha(mask)
    layer.alpha_composite(shaded)
    return layer


def _shade(mask: Image.Image, tones: Image.Image, setting: Setting) -> npt.NDArray[np.uint8]:
    across, down = _grid(mask.size)
    tone = np.asarray(tones, dtype=np.float32)[..., None] / 255
    toward = (1 - across if setting.from_left else across)[..., None]
    body = _colour(setting.light_hue, 0.62, 0.30 + 0.55 * setting.brightness)
    light = _colour(setting.backdrop_hue + 0.5, 0.12, 1.0)
    painted = np.where(tone > 0.7, light * 0.82, body * (0.25 + 1.3 * tone))
    painted = np.where((tone > 0.7) & (tone < 0.8), _colour(0.06, 0.38, 0.86), painted)
    painted *= 0.35 + 0.75 * toward + 0.25 * (1 - down[..., None])
    painted += _rim(mask, setting) * _colour(setting.light_hue + 0.06, 0.25, 0.95)
    return np.clip(painted, 0, 255).astype(np.uint8)


def _rim(mask: Image.Image, setting: Setting) -> Pixels:
    """How much of the light catches the edge that faces it (0..1)."""
    reach = max(2, mask.height // 60)
    moved = ImageChops.offset(mask, reach if setting.from_left else -reach, reach)
    inner = moved.filter(ImageFilter.GaussianBlur(reach))
    edge = ImageChops.subtract(mask, inner)
    return np.asarray(edge, dtype=np.float32)[..., None] / np.float32(255)


def _reflection(shaded: Image.Image, mask: Image.Image) -> Image.Image:
    """A layer with nothing but the subject's mirror image on the floor, fading downwards."""
    width, height = mask.size
    layer = Image.new("RGBA", mask.size)
    bottom = (mask.getbbox() or (0, 0, 0, height))[3]
    depth = min(bottom, height - bottom)
    if depth > 0:
        box = (0, bottom - depth, width, bottom)
        fade = Image.linear_gradient("L").resize((width, depth)).point(lambda value: (255 - value) * 0.5)
        mirrored = ImageOps.flip(shaded.crop(box)).filter(ImageFilter.GaussianBlur(height / 150))
        veil = ImageOps.flip(mask.crop(box)).filter(ImageFilter.GaussianBlur(height / 200))
        mirrored.putalpha(ImageChops.multiply(veil, fade))
        layer.paste(mirrored, (0, bottom))
    return layer


def _beam(setting: Setting, size: tuple[int, int]) -> Image.Image:
    """A slanting band of light, three frames wide, to be slid across."""
    across, down = _grid((size[0] * 3, size[1]))
    band = np.exp(-(((across * 3 - 1.5 + 0.5 * (down - 0.5)) / 0.16) ** 2))[..., None]
    return Image.fromarray((band * _colour(setting.light_hue, 0.3, 0.22)).astype(np.uint8))


def _grid(size: tuple[int, int]) -> tuple[Pixels, Pixels]:
    """For every pixel how far across and how far down it is (0..1)."""
    down, across = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    return across / size[0], down / size[1]


def _colour(hue: float, saturation: float, value: float) -> Pixels:
    """Red, green and blue, 0..255."""
    return np.asarray(colorsys.hsv_to_rgb(hue % 1, saturation, min(1.0, value)), dtype=np.float32) * 255
