"""Small films and sounds, made once; whoever needs another shape makes it with `film`."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.container import OutputContainer
from av.video.stream import VideoStream

from hailuo.media.sound import SAMPLES_PER_SECOND, Sound, add_sound

Film = Callable[..., Path]


def _add_pictures(container: OutputContainer, stream: VideoStream, frames: int) -> None:
    width, height = stream.width, stream.height
    blocks = np.random.default_rng(1).integers(0, 255, (height // 16 + 1, width // 16 + 1, 3), np.uint8)
    picture = blocks.repeat(16, axis=0).repeat(16, axis=1)[:height]
    for number in range(frames):
        moved = np.ascontiguousarray(np.roll(picture, 16 * number, axis=1)[:, :width])
        container.mux(stream.encode(av.VideoFrame.from_ndarray(moved, format="rgb24")))
    container.mux(stream.encode(None))


def _tone(seconds: float, volume: float) -> Sound:
    time = np.arange(round(seconds * SAMPLES_PER_SECOND)) / SAMPLES_PER_SECOND
    wave = (volume * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    return np.stack([wave, wave])


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """`film(size=(320, 180), fps=2, frames=12, tone=0.1)`: an mp4; the tone's volume None for no sound track."""

    def make(
        *,
        size: tuple[int, int] = (320, 180),
        fps: int = 2,
        frames: int = 12,
        tone: float | None = None,
        pix_fmt: str = "yuv420p",
    ) -> Path:
        path = tmp_path_factory.mktemp("film") / "clip.mp4"
        options = {"movflags": "use_metadata_tags"}
        with av.open(str(path), "w", container_options=options) as container:
            container.metadata["AIGC"] = '{"Label":"1","ContentProducer":"MiniMax"}'
            stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
            sound = container.add_stream("aac", rate=SAMPLES_PER_SECOND) if tone is not None else None
            _add_pictures(container, stream, frames)
            if sound is not None and tone is not None:
                add_sound(container, sound, _tone(frames / fps, tone))
        return path

    return make


@pytest.fixture(scope="session")
def silent_clip(film: Film) -> Path:
    """As text-to-video delivers: 16:9, six seconds, no sound track."""
    return film(size=(1366, 768), fps=1, frames=6)


@pytest.fixture(scope="session")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of a quiet tone."""
    path = tmp_path_factory.mktemp("music") / "tone.mka"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=SAMPLES_PER_SECOND, layout="stereo", format="s16")
        add_sound(container, stream, _tone(8, 0.05))
    return path
