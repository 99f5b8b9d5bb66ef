"""Clips that tests make: a picture that pans, and what can be done to it. Small, and the same on every machine."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
SIZE = (426, 240)
FPS = 24


def landscape(seed: int, *, size: tuple[int, int] = SIZE, margin: int = 320) -> Frame:
    """A picture like a photograph's: soft light, things with edges on it, some texture, some colour."""
    dice = np.random.default_rng(seed)
    width, height = size[0] + margin, size[1] + margin
    whole = np.zeros((height, width, 3), np.float32)
    for cells, weight in ((4, 90.0), (12, 45.0), (160, 24.0)):
        coarse = dice.random((cells, cells * 2, 3), dtype=np.float32) - 0.5
        whole += weight * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(whole + 118, 0, 255).astype(np.uint8)
    for _ in range(60):
        middle = (int(dice.integers(width)), int(dice.integers(height)))
        axes = (int(dice.integers(6, 60)), int(dice.integers(6, 60)))
        colour = [int(part) for part in dice.integers(20, 235, 3)]
        cv2.ellipse(picture, middle, axes, float(dice.integers(180)), 0, 360, colour, -1, cv2.LINE_AA)
    return picture


def panned(picture: Frame, frames: int, *, size: tuple[int, int] = SIZE, step: int = 1) -> list[Frame]:
    """The camera moves over the picture, `step` pixels a frame."""
    last = picture.shape[1] - size[0]
    lefts = [min(last, number * step) for number in range(frames)]
    return [np.ascontiguousarray(picture[: size[1], left : left + size[0]]) for left in lefts]


def lit(frame: Frame, factor: float) -> Frame:
    """Brighter or darker."""
    return np.asarray(np.clip(np.rint(frame.astype(np.float32) * factor), 0, 255), np.uint8)


def grained(frame: Frame, seed: int) -> Frame:
    """With the grain of film, another one on every frame."""
    noise = np.random.default_rng(seed).normal(0, 2.0, frame.shape)
    return np.asarray(np.clip(frame + noise, 0, 255), np.uint8)


def write_film(
    path: Path,
    frames: Iterable[Frame],
    *,
    crf: int = 18,
    pix_fmt: str = "yuv420p",
    times: Sequence[int] | None = None,
    faststart: bool = True,
    sound: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
    metadata: Mapping[str, str] | None = None,
    pixel: Fraction | None = None,
    matrix: Sequence[int] | None = None,
    colours: tuple[int, int, int, int] | None = None,
) -> Path:
    """H.264 in mp4, 24 frames a second; `sound` is a wave over seconds, `times` are the frames' own.

    `pixel` is the sample aspect, `matrix` are a, b, c and d of the display matrix. `colours` are matrix, range,
    primaries and transfer, as numbers; the frames are converted to them.
    """
    flags = "+faststart+use_metadata_tags" if faststart else "+use_metadata_tags"
    shown = list(frames)
    with av.open(str(path), "w", options={"movflags": flags}) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "superfast", "crf": str(crf)})
        stream.height, stream.width = shown[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if pixel:
            stream.codec_context.sample_aspect_ratio = pixel
        if matrix:
            a, b, c, d = (65536 * number for number in matrix)
            stream.set_display_matrix((a, b, 0, c, d, 0, 0, 0, 1 << 30))
        if colours:
            _tag(stream.codec_context, colours)
        heard = container.add_stream("aac", rate=48_000, layout="mono") if sound else None
        for number, picture in enumerate(shown):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = times[number] if times else number
            frame.time_base = Fraction(1, FPS)
            if colours:
                space, how_full = Colorspace(colours[0]), ColorRange(colours[1])
                frame = frame.reformat(
                    format=pix_fmt,
                    dst_colorspace=space,
                    dst_color_range=how_full,
                    src_color_range=ColorRange.JPEG,
                )
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if heard and sound:
            _write_sound(container, heard, sound, seconds=len(shown) / FPS)
    return path


def _tag(context: av.VideoCodecContext, colours: tuple[int, int, int, int]) -> None:
    context.colorspace, context.color_range, context.color_primaries, context.color_trc = colours


def _write_sound(
    container: av.container.OutputContainer,
    stream: av.AudioStream,
    sound: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    seconds: float,
) -> None:
    wave = sound(np.arange(int(seconds * 48_000)) / 48_000).astype(np.float32)
    for start in range(0, len(wave), 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def png(picture: Frame) -> bytes:
    """The picture as a first frame's file."""
    done, content = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return content.tobytes()
