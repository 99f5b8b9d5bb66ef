"""Draw the first frames of the example campaigns: our own pictures, made of arithmetic alone.

    python scripts/draw_frames.py [FOLDER [NAME...]]

The same library versions write the same bytes.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from painting import (
    AMBER,
    CYAN,
    GOLD,
    ICE,
    MAGENTA,
    Light,
    Plane,
    Point,
    Stage,
    bell,
    blur,
    bokeh,
    box,
    clouds,
    curve,
    disc,
    fill,
    finish,
    glow,
    lift,
    mirror,
    over,
    ramp,
    relief,
    set_stage,
    tint,
)
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent / "campaigns" / "frames"
JPEG_QUALITY = 92


def perfume(width: int, height: int) -> Image.Image:
    """A flacon on reflective black stone: haze, a back light, two rim lights."""
    stage = set_stage(width, height, unit=min(height * 0.62, width * 0.86))
    ground = 0.44
    room = _haze(stage)
    scene = _flacon(stage, room)
    reflected = blur(stage, mirror(stage, scene, ground), 0.006)
    stone = _stone(stage, ground)
    fade = ramp(stage.y, ground + 0.75, ground) * 0.5
    wet = reflected * (fade * (0.55 + 0.45 * stone))[..., None] + tint(stone, (0.006, 0.007, 0.009))
    wet += tint(glow(stage, (0, ground), (0.8, 0.04)), (0.30, 0.20, 0.12), 0.18)
    light = over(scene, wet, ramp(stage.y, ground - 0.001, ground + 0.001))
    light = light + _dust(stage, ground)
    return finish(stage, light, exposure=1.25, seed=11)


def _haze(stage: Stage) -> Light:
    smoke = clouds(stage, 3, grain=(1.1, 0.5))
    back = glow(stage, (0.12, 0.02), (0.62, 0.62))
    light = tint(back, (0.34, 0.17, 0.08), 0.30) * (0.25 + 1.0 * smoke)[..., None]
    shaft_axis = stage.x + 0.62 * stage.y + 0.55
    shaft = bell(shaft_axis / 0.34) * ramp(stage.y, 0.6, -0.9)
    light = light + tint(shaft, ICE, 0.075) * (0.4 + 0.8 * smoke)[..., None]
    low = bell((stage.y - 0.36) / 0.12) * smoke
    return lift(light + tint(low, (0.42, 0.28, 0.18), 0.10), (0.003, 0.004, 0.006))


def _flacon(stage: Stage, room: Light) -> Light:
    body = fill(stage, box((0, 0.10), (0.29, 0.34), 0.055))
    across, down = stage.x / 0.29, (stage.y - 0.10) / 0.34
    glass = room * 0.30 + tint(ramp(np.abs(across), 0.2, 1.05), (0.05, 0.05, 0.06))
    juice = fill(stage, box((0, 0.115), (0.243, 0.262), 0.030))
    depth = 0.35 + 0.65 * glow(stage, (0.06, 0.06), (0.18, 0.26))
    liquid = tint(depth, AMBER, 0.34) + tint(glow(stage, (0.10, 0.22), (0.11, 0.15)), GOLD, 0.42)
    surface = bell((stage.y + 0.138) / 0.006) * ramp(np.abs(across), 0.84, 0.6)
    liquid = liquid * ramp(np.abs(across), 1.02, 0.45)[..., None] + tint(surface, GOLD, 0.5)
    glass = over(glass, liquid, juice)
    glass = glass + _rims(stage, body, across, down)
    light = over(room, glass, body)
    return _stopper(stage, light)


def _rims(stage: Stage, body: Plane, across: Plane, down: Plane) -> Light:
    """Bright edges of thick glass, a softbox strip at the left, a caustic line in the base."""
    inner = blur(stage, body, 0.007)
    edge = np.clip(1 - inner, 0, 1) * body * 2
    cold = tint(edge * ramp(across, 0.1, -0.9), ICE, 1.7)
    warm = tint(edge * ramp(across, -0.1, 0.9), GOLD, 2.3)
    top = tint(edge * ramp(down, -0.85, -1.0), (1.0, 0.9, 0.8), 0.6)
    strip = bell((across + 0.66) / 0.085) * ramp(np.abs(down + 0.05), 0.86, 0.55)
    base = bell((down - 0.885) / 0.035) * ramp(np.abs(across), 0.95, 0.3)
    return cold + warm + top + tint(strip, (0.8, 0.9, 1.0), 0.26) * body[..., None] + tint(base, GOLD, 0.7)


def _stopper(stage: Stage, light: Light) -> Light:
    collar = fill(stage, box((0, -0.265), (0.105, 0.028), 0.008))
    cap = fill(stage, box((0, -0.405), (0.130, 0.115), 0.018))
    sheen = bell((stage.x + 0.062) / 0.022) + 0.55 * bell((stage.x - 0.085) / 0.014)
    brushed = 0.10 + 0.9 * sheen + 0.35 * bell((stage.x - 0.125) / 0.008)
    light = over(light, tint(brushed, GOLD, 0.75) + 0.02, collar)
    lacquer = tint(sheen, (0.75, 0.85, 1.0), 0.28) + 0.006
    lacquer = lacquer + tint(bell((stage.x - 0.126) / 0.006), GOLD, 1.1)
    top = bell((stage.y + 0.516) / 0.006)
    return over(light, lacquer + tint(top, (0.9, 0.8, 0.7), 0.35), cap)


def _stone(stage: Stage, ground: float) -> Plane:
    """Polished black stone in perspective, with faint veins."""
    far = np.clip(stage.y - ground, 1e-3, None)
    veins = 1 - np.abs(2 * clouds(stage, 21, grain=(1.4, 0.16)) - 1)
    fine = clouds(stage, 22, grain=(0.5, 0.05), octaves=3)
    return np.clip(0.45 + 0.8 * veins**9 * ramp(far, 0.0, 0.12) + 0.35 * fine, 0, 1.6)


def _dust(stage: Stage, ground: float) -> Light:
    wide, tall = stage.edges
    motes = bokeh(stage, 5, count=34, size=(0.003, 0.008), within=((-wide, wide), (-tall, ground)))
    return tint(motes.mean(axis=2), GOLD, 0.22)


def portrait(width: int, height: int) -> Image.Image:
    """A woman in profile beside a tall window, lit from it alone."""
    unit = min(height * 0.50, width * 0.63)
    stage = set_stage(width, height, unit=unit)
    wide, _ = stage.edges
    window = -min(wide * 0.62, 1.05)
    light = _room(stage, window)
    shift = min(0.34, wide * 0.20)
    light = _sitter(stage, light, (shift, 0.02))
    air = clouds(stage, 9, grain=(1.2, 1.2))
    beam = bell((stage.y - 0.35 * (stage.x - window)) / 0.9) * ramp(stage.x, window, window + 1.9)
    light = light + tint(beam * (0.4 + 0.6 * air) * ramp(stage.x, window + 2.2, window), GOLD, 0.05)
    return finish(stage, light, exposure=1.2, seed=12)


def _room(stage: Stage, window: float) -> Light:
    wall = clouds(stage, 31, grain=(1.6, 1.6))
    away = np.hypot(stage.x - window, 0.7 * stage.y)
    light = tint(np.exp(-away / 0.80) * (0.8 + 0.3 * wall), (0.34, 0.21, 0.13), 0.42)
    light = lift(light, (0.007, 0.008, 0.011))
    _, tall = stage.edges
    pane = fill(stage, [(window - 0.36, -tall * 0.92), (window + 0.24, -tall * 0.86),
                        (window + 0.24, tall * 0.62), (window - 0.36, tall * 0.70)])  # fmt: skip
    folds = 0.72 + 0.28 * np.sin(stage.x * 46 + 2.5 * np.sin(stage.y * 1.1)) * ramp(stage.y, -1.0, 0.4)
    day = tint(folds * (0.8 + 0.35 * ramp(stage.y, 0.8, -0.9)), (1.0, 0.86, 0.66), 1.0)
    bars = bell((stage.x - window + 0.05) / 0.016)
    for row in (-0.42, 0.12):
        bars = np.maximum(bars, bell((stage.y - row * tall) / 0.016))
    soft = blur(stage, pane * (1 - 0.75 * bars), 0.012)
    return over(light, day, soft) + tint(blur(stage, soft, 0.28), (1.0, 0.76, 0.5), 0.10)


FACE: tuple[Point, ...] = (
    (-0.16, -0.50), (-0.265, -0.40), (-0.312, -0.28), (-0.322, -0.18), (-0.302, -0.110), (-0.325, -0.050),
    (-0.366, 0.018), (-0.392, 0.060), (-0.370, 0.092), (-0.330, 0.104), (-0.328, 0.132), (-0.350, 0.162),
    (-0.338, 0.186), (-0.322, 0.196), (-0.341, 0.220), (-0.330, 0.248), (-0.302, 0.272), (-0.312, 0.322),
    (-0.290, 0.372), (-0.235, 0.396), (-0.150, 0.402), (-0.090, 0.440), (-0.070, 0.540), (-0.085, 0.660),
    (-0.06, 0.80), (0.10, 0.86), (0.30, 0.80), (0.262, 0.55), (0.250, 0.30), (0.20, -0.1), (0.05, -0.45),
)  # fmt: skip
HAIR: tuple[Point, ...] = (
    (-0.270, -0.405), (-0.200, -0.510), (-0.05, -0.585), (0.14, -0.575), (0.28, -0.480), (0.362, -0.33),
    (0.375, -0.15), (0.345, 0.03), (0.300, 0.18), (0.262, 0.300), (0.215, 0.290), (0.170, 0.190),
    (0.105, 0.100), (0.030, 0.085), (0.005, -0.02), (-0.03, -0.16), (-0.12, -0.28), (-0.215, -0.35),
)  # fmt: skip
EAR: tuple[Point, ...] = (
    (0.045, -0.035), (0.085, -0.070), (0.130, -0.055), (0.140, -0.005), (0.110, 0.055), (0.075, 0.100),
    (0.050, 0.070),
)  # fmt: skip
COAT: tuple[Point, ...] = (
    (-0.112, 0.560), (-0.112, 0.690), (-0.19, 0.765), (-0.36, 0.870), (-0.53, 1.02), (-0.63, 1.35),
    (-0.66, 2.4), (1.05, 2.4), (1.00, 1.35), (0.90, 1.02), (0.68, 0.86), (0.42, 0.77), (0.305, 0.690),
    (0.295, 0.520), (0.20, 0.555), (0.06, 0.590),
)  # fmt: skip
KNOT: Point = (0.43, -0.06)


def _placed(points: Sequence[Point], by: Point) -> list[Point]:
    return curve([(x + by[0], y + by[1]) for x, y in points])


def _sitter(stage: Stage, light: Light, at: Point) -> Light:
    skin = fill(stage, _placed(FACE, at))
    light = over(light, _flesh(stage, skin, at), skin)
    light = _hair(stage, light, at)
    ear = fill(stage, _placed(EAR, at))
    rim = relief(stage, ear, (-0.9, -0.5), depth=0.018)
    light = over(light, lift(tint(rim, (1.0, 0.50, 0.30), 0.22), (0.030, 0.013, 0.009)), ear)
    coat = fill(stage, _placed(COAT, at))
    knit = 0.72 + 0.28 * np.sin(210 * (stage.x - at[0]) + 3 * clouds(stage, 41, grain=(0.2, 0.2)))
    cloth = tint(relief(stage, coat, (-1.0, -0.35), depth=0.09) * knit, (0.90, 0.74, 0.58), 0.42)
    return over(light, lift(cloth, (0.008, 0.007, 0.008)), coat)


def _flesh(stage: Stage, skin: Plane, at: Point) -> Light:
    """A bright edge towards the window, falling off over the cheek into warm shade."""
    x, y = stage.x - at[0], stage.y - at[1]
    rim = relief(stage, skin, (-1.0, -0.22), depth=0.045)
    broad = ramp(x - 0.10 * y, 0.10, -0.36) ** 1.6
    socket = glow(stage, (at[0] - 0.250, at[1] - 0.095), (0.050, 0.030))
    cheek = glow(stage, (at[0] - 0.19, at[1] + 0.06), (0.10, 0.11))
    jaw = 1 - 0.75 * ramp(y - 0.35 * x, 0.385, 0.470)
    form = np.clip(broad * (0.30 + 0.30 * cheek - 0.12 * socket), 0, 1) * jaw
    warm = tint(form, (0.95, 0.47, 0.28), 0.62) + tint(rim * jaw, (1.0, 0.72, 0.48), 0.95)
    return lift(warm + _features(stage, at), (0.020, 0.010, 0.008))


def _features(stage: Stage, at: Point) -> Light:
    """A lowered lid with lashes, a brow, the fold of a nostril, the lips: each only a breath of shade."""
    strokes = [
        (curve([(-0.300, -0.088), (-0.262, -0.070), (-0.228, -0.078), (-0.262, -0.080)]), 0.0030),
        (curve([(-0.318, -0.060), (-0.300, -0.078), (-0.285, -0.076), (-0.300, -0.066)]), 0.0025),
        (curve([(-0.310, -0.158), (-0.260, -0.188), (-0.190, -0.165), (-0.255, -0.172)]), 0.0050),
        (curve([(-0.345, 0.086), (-0.322, 0.052), (-0.306, 0.078), (-0.322, 0.074)]), 0.0060),
        (curve([(-0.326, 0.190), (-0.285, 0.184), (-0.262, 0.194), (-0.290, 0.196)]), 0.0035),
    ]
    shade = np.zeros_like(stage.x)
    for outline, softness in strokes:
        mark = fill(stage, [(x + at[0], y + at[1]) for x, y in outline])
        shade = np.maximum(shade, blur(stage, mark, softness))
    return tint(-np.clip(shade, 0, 1), (0.16, 0.11, 0.08))


def _hair(stage: Stage, light: Light, at: Point) -> Light:
    """Hair drawn back into a knot: strands run together at the knot, and turn around inside it."""
    knot = (at[0] + KNOT[0], at[1] + KNOT[1])
    shape = fill(stage, _placed(HAIR, at))
    light = over(light, _strands(stage, shape, knot, turning=False), shape)
    bun = fill(stage, _placed([(0.315, -0.10), (0.38, -0.185), (0.49, -0.17), (0.545, -0.07),
                               (0.52, 0.05), (0.43, 0.085), (0.345, 0.04)], at))  # fmt: skip
    return over(light, _strands(stage, bun, knot, turning=True), bun)


def _strands(stage: Stage, shape: Plane, knot: Point, *, turning: bool) -> Light:
    across, down = stage.x - knot[0], stage.y - knot[1]
    reach, angle = np.hypot(across, down), np.arctan2(down, -across)
    along = reach * 26 + angle if turning else angle * 30 + 5 * reach
    wave = along + 1.6 * clouds(stage, 43, grain=(0.5, 0.5))
    strand = 0.5 + 0.22 * np.sin(wave * 2) + 0.18 * np.sin(wave * 5.3) + 0.10 * np.sin(wave * 11.7)
    key = relief(stage, shape, (-0.85, -0.6), depth=0.07) * (0.25 + 0.75 * strand)
    sheen = glow(stage, (knot[0] - 0.34, knot[1] - 0.26), (0.20, 0.13)) * strand**2 * (not turning)
    hair = tint(key, (0.95, 0.56, 0.32), 0.30) + tint(sheen, (0.95, 0.55, 0.32), 0.10)
    return hair + tint(strand, (0.012, 0.008, 0.006)) + 0.003


def car(width: int, height: int) -> Image.Image:
    """A low coupe on wet asphalt under neon, seen from the side."""
    stage = set_stage(width, height, unit=min(height * 0.62, width * 0.34))
    ground = 0.40
    light = _city(stage, ground)
    light = _coupe(stage, light)
    ripples = (clouds(stage, 61, grain=(0.5, 0.03), octaves=4) - 0.5) * ramp(stage.y, ground, ground + 0.6)
    wet = _rippled(stage, mirror(stage, light, ground), ripples)
    rough = clouds(stage, 62, grain=(0.9, 0.10))
    fade = ramp(stage.y, ground + 0.95, ground)
    road = lift(wet * (fade * (0.30 + 0.55 * ramp(rough, 0.25, 0.8)))[..., None], (0.006, 0.007, 0.010))
    light = over(light, road, ramp(stage.y, ground - 0.002, ground + 0.002))
    light = over(light, light * 0.25, glow(stage, (0, ground + 0.005), (1.15, 0.018)))
    return finish(stage, light, exposure=1.25, seed=13)


def _rippled(stage: Stage, light: Light, ripples: Plane) -> Light:
    rows, columns = np.indices(stage.x.shape)
    moved = np.clip(columns + (ripples * 0.10 * stage.unit).round().astype(int), 0, stage.width - 1)
    smear = light[rows, moved]
    line = np.ones(41) / 41
    long = np.apply_along_axis(lambda column: np.convolve(column, line, mode="same"), 0, smear)
    mixed: Light = 0.35 * smear + 0.65 * long
    return mixed


def _city(stage: Stage, ground: float) -> Light:
    wide, _ = stage.edges
    sky = lift(tint(ramp(stage.y, -1.0, ground), (0.030, 0.018, 0.060)), (0.004, 0.005, 0.010))
    lamps = bokeh(stage, 52, count=110, size=(0.022, 0.060), within=((-wide, wide), (-0.34, 0.24)))
    light = sky + blur(stage, lamps, 0.006) * 0.15
    light = light + tint(glow(stage, (-wide * 0.55, -0.05), (0.9, 0.55)), MAGENTA, 0.055)
    light = light + tint(glow(stage, (wide * 0.6, -0.1), (0.9, 0.6)), CYAN, 0.045)
    for at, length, colour in ((-0.78, 0.62, MAGENTA), (-0.70, 0.50, MAGENTA), (0.88, 0.70, CYAN)):
        tube = fill(stage, box((at * wide, -0.22), (0.009, length / 2), 0.009))
        light = light + tint(tube, colour, 3.5) + tint(blur(stage, tube, 0.045), colour, 1.6)
    return light


BODY: tuple[Point, ...] = (
    (-1.32, 0.26), (-1.30, 0.13), (-1.20, 0.055), (-0.90, 0.005), (-0.58, -0.035), (-0.36, -0.17),
    (-0.12, -0.265), (0.16, -0.285), (0.45, -0.235), (0.76, -0.125), (1.02, -0.075), (1.22, -0.065),
    (1.29, -0.02), (1.30, 0.12), (1.27, 0.26), (1.10, 0.335), (0.0, 0.345), (-1.12, 0.335),
)  # fmt: skip
GLASS: tuple[Point, ...] = (
    (-0.50, -0.055), (-0.33, -0.155), (-0.10, -0.232), (0.15, -0.250), (0.42, -0.205), (0.68, -0.105),
    (0.50, -0.075), (0.10, -0.060), (-0.25, -0.052),
)  # fmt: skip
WHEELS: tuple[Point, ...] = ((-0.83, 0.205), (0.84, 0.205))


def _coupe(stage: Stage, light: Light) -> Light:
    body = fill(stage, curve(BODY))
    paint = _paint(stage, body)
    light = over(light, paint, body)
    glass = fill(stage, curve(GLASS))
    pane = lift(tint(ramp(stage.y, -0.05, -0.26), (0.10, 0.14, 0.22), 0.9), (0.004, 0.005, 0.008))
    light = over(light, pane, glass)
    for wheel in WHEELS:
        light = _wheel(stage, light, wheel)
    return _lamps(stage, light)


def _paint(stage: Stage, body: Plane) -> Light:
    """Black lacquer: neon along the upper edges, one long highlight on the shoulder."""
    upper = relief(stage, body, (0.0, -1.0), depth=0.022)
    left, right = ramp(stage.x, 0.5, -1.1), ramp(stage.x, -0.5, 1.1)
    lacquer = tint(upper * left, MAGENTA, 0.75) + tint(upper * right, CYAN, 0.60)
    lacquer = lacquer + tint(upper, (0.75, 0.8, 1.0), 0.16)
    shoulder = stage.y - (0.075 - 0.035 * stage.x + 0.02 * stage.x**2)
    line = bell(shoulder / 0.010) * ramp(np.abs(stage.x), 1.22, 0.5)
    soft = bell((shoulder - 0.05) / 0.05) * ramp(np.abs(stage.x), 1.2, 0.3)
    lacquer = lacquer + tint(line, (0.9, 0.75, 1.0), 0.55) + tint(soft, (0.30, 0.16, 0.42), 0.30)
    sill = bell((stage.y - 0.30) / 0.012) * ramp(np.abs(stage.x), 1.0, 0.4)
    return lift(lacquer + tint(sill, CYAN, 0.18), (0.008, 0.008, 0.013))


def _wheel(stage: Stage, light: Light, at: Point) -> Light:
    away = np.hypot(stage.x - at[0], stage.y - at[1])
    turn = np.arctan2(stage.y - at[1], stage.x - at[0])
    light = over(light, np.full_like(light, 0.002), fill(stage, disc(at, 0.198)))
    light = over(light, np.full_like(light, 0.005), fill(stage, disc(at, 0.186)))
    spokes = ramp(np.abs(np.sin(turn * 5)), 0.62, 0.18) * ramp(away, 0.142, 0.134) * ramp(away, 0.025, 0.045)
    rim = bell((away - 0.143) / 0.006) + 0.25 * bell((away - 0.180) / 0.004)
    facing = 0.35 + 0.65 * ramp(np.sin(turn + 0.6), 0.6, -1.0)
    metal = tint(spokes * 0.17 * facing + rim * 0.38 * facing, (0.75, 0.75, 0.95))
    return light + metal + tint(glow(stage, at, (0.03, 0.03)), (0.5, 0.5, 0.7), 0.25)


def _lamps(stage: Stage, light: Light) -> Light:
    head = fill(stage, [(-1.27, 0.085), (-1.06, 0.045), (-1.04, 0.062), (-1.25, 0.115)])
    tail = fill(stage, [(1.06, -0.012), (1.292, 0.000), (1.297, 0.026), (1.08, 0.012)])
    light = light + tint(head, (1.0, 0.95, 0.85), 3.5) + tint(tail, (1.0, 0.03, 0.02), 4.5)
    light = light + tint(blur(stage, head, 0.035), (0.75, 0.8, 1.0), 0.75)
    beam = glow(stage, (-1.62, 0.20), (0.34, 0.14)) * ramp(stage.x, -1.10, -1.60)
    light = light + tint(beam, (0.75, 0.8, 1.0), 0.10)
    return light + tint(blur(stage, tail, 0.06), (1.0, 0.04, 0.03), 1.3)


Drawing = Callable[[int, int], Image.Image]

FRAMES: dict[str, tuple[Drawing, int, int]] = {
    "car-neon-16x9.jpg": (car, 1366, 768),
    "perfume-black-stone-16x9.jpg": (perfume, 1366, 768),
    "perfume-black-stone-9x16.jpg": (perfume, 768, 1366),
    "portrait-window-16x9.jpg": (portrait, 1366, 768),
    "portrait-window-4x5.jpg": (portrait, 864, 1080),
    "portrait-window-9x16.jpg": (portrait, 768, 1366),
}
"""Every picture by file name: what draws it, and its width and height in pixels."""


def draw(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    """Write the pictures of these names into the folder, yielding each path once it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        drawing, width, height = FRAMES[name]
        path = folder / name
        drawing(width, height).save(path, quality=JPEG_QUALITY, subsampling=0, optimize=True)
        yield path


def main(arguments: Sequence[str]) -> None:
    folder = Path(arguments[0]) if arguments else FOLDER
    for path in draw(folder, arguments[1:] or FRAMES):
        print(f"{path.name}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main(sys.argv[1:])
