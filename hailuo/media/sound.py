"""Sound: its loudness (ITU-R BS.1770, EBU R 128), and the sound of a copy, brought to a loudness and written as AAC."""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import chain, takewhile
from pathlib import Path
from typing import Final, TypeVar

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.filter import Graph
from numpy.typing import NDArray

from hailuo.media.recipe import ConformError, conform_errors
from hailuo.media.showing import chained

SAMPLES_PER_SECOND: Final = 48_000

_Frame = TypeVar("_Frame")
Sound = NDArray[np.float32]
"""Stereo, float from -1 to 1, shape (2, samples) at 48 kHz."""

_GATE_LUFS: Final = -70.0  # EBU R 128's absolute gate: what the filter says of silence
_SILENT_LUFS: Final = -69.0  # the meter's floor is -70: nothing passed its gate
_STEP: Final = 4_800
_MOST_SECONDS: Final = 600
_MOST_GAIN_DB: Final = 30.0  # what is quieter than that is hiss
_CODEC_MARGIN_DB: Final = 1.0  # AAC makes peaks anew
_FADED_SAMPLES: Final = SAMPLES_PER_SECOND // 4


def silence(samples: int) -> Sound:
    """Nothing, for so long."""
    return np.zeros((2, samples), np.float32)


def read_sound(path: Path) -> Sound:
    """The first sound track of a file, its first ten minutes. Raises: ConformError without one."""
    with (
        conform_errors(f"the sound of {path.name} cannot be read"),
        av.open(path, metadata_errors="replace") as container,
    ):
        if not container.streams.audio:
            raise ConformError(f"{path.name} has no sound")
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLES_PER_SECOND)
        early = takewhile(lambda f: f.time is None or f.time < _MOST_SECONDS, container.decode(audio=0))
        pieces = [p.to_ndarray() for frame in chain(early, [None]) for p in resampler.resample(frame)]
    return np.concatenate(pieces, axis=1).astype(np.float32) if pieces else silence(0)


def seconds_of(path: Path) -> float | None:
    """How long the sound of a file is, by its head; None where that does not say. Raises: ConformError without a sound."""
    with (
        conform_errors(f"the sound of {path.name} cannot be read"),
        av.open(path, metadata_errors="replace") as container,
    ):
        if not container.streams.audio:
            raise ConformError(f"{path.name} has no sound")
        return container.duration / av.time_base if container.duration else None


class LoudnessMeter:
    """Takes the decoded audio frames of one clip, in order; EBU R 128 by FFmpeg's own filter."""

    def __init__(self, stream: AudioStream) -> None:
        self._graph = Graph()
        chained(
            self._graph,
            self._graph.add_abuffer(template=stream),
            ("ebur128", "peak=true:metadata=1:framelog=quiet"),
            ("abuffersink", ""),
        )
        self._graph.configure()
        self._facts: dict[str, str] = {}

    def add(self, frame: av.AudioFrame | None) -> None:
        """The next frame; None after the last. Raises: av.FFmpegError."""
        self._graph.push(frame)
        for measured in pulled(self._graph.pull):
            self._facts.update(measured.metadata)

    def finish(self) -> tuple[float | None, float | None]:
        """Integrated loudness in LUFS and true peak in dBTP; None for silence, or a clip too short to measure."""
        self.add(None)
        loudness = self._number("lavfi.r128.I")
        peaks = [self._number(name) for name in self._facts if name.startswith("lavfi.r128.true_peaks_ch")]
        peak = max((found for found in peaks if found), default=None)
        silent = loudness is None or loudness <= _GATE_LUFS
        return None if silent else loudness, round(20 * math.log10(peak), 2) if peak else None

    def _number(self, name: str) -> float | None:
        value = float(self._facts.get(name, "nan"))
        return value if math.isfinite(value) else None


def loudness_of(sound: Sound) -> float | None:
    """Integrated loudness in LUFS; None of silence, and of less than the 0.4 s that the measure needs."""
    last = None
    for frame in _filtered(sound, ("ebur128", "metadata=1:framelog=quiet")):
        last = frame.metadata.get("lavfi.r128.I", last)
    return float(last) if last is not None and float(last) > _SILENT_LUFS else None


def begun(sound: Sound, from_s: float, samples: int) -> Sound:
    """The sound, begun at that second, filled up with silence to so many samples, or cut with a soft end."""
    start = round(from_s * SAMPLES_PER_SECOND)
    part = sound[:, : max(0, samples - start)].copy()
    if part.shape[1] < sound.shape[1]:
        end = min(_FADED_SAMPLES, part.shape[1])
        part[:, part.shape[1] - end :] *= np.linspace(1, 0, end, dtype=np.float32)
    filled = silence(samples)
    filled[:, start : start + part.shape[1]] = part
    return filled


def level(sound: Sound, *, samples: int, lufs: float, peak_db: float) -> Sound:
    """The sound at that loudness and below that true peak, cut or filled up with silence to so many samples.

    What is silent stays so.
    """
    cut = sound[:, :samples]
    loudness = loudness_of(cut)
    if loudness is not None:
        gain = ("volume", f"{min(lufs - loudness, _MOST_GAIN_DB):.3f}dB")
        ceiling = 10 ** ((peak_db - _CODEC_MARGIN_DB) / 20)
        # It holds the peaks down without a change of the rest.
        limiter = ("alimiter", f"limit={ceiling:.4f}:level=0:latency=1")
        pieces = [frame.to_ndarray() for frame in _filtered(cut, gain, limiter)]
        cut = np.concatenate(pieces, axis=1).astype(np.float32)
    filled = silence(samples)
    filled[:, : cut.shape[1]] = cut[:, :samples]
    return filled


def add_sound(container: OutputContainer, stream: AudioStream, sound: Sound) -> None:
    """Encode the sound into a stream of the container."""
    for frame in _frames(sound):
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _frames(sound: Sound) -> Iterator[av.AudioFrame]:
    for start in range(0, sound.shape[1], _STEP):
        piece = np.ascontiguousarray(sound[:, start : start + _STEP])
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = SAMPLES_PER_SECOND, start
        frame.time_base = Fraction(1, SAMPLES_PER_SECOND)
        yield frame


def _filtered(sound: Sound, *filters: tuple[str, str]) -> Iterator[av.AudioFrame]:
    graph = Graph()
    base = Fraction(1, SAMPLES_PER_SECOND)
    source = graph.add_abuffer(sample_rate=SAMPLES_PER_SECOND, format="fltp", layout="stereo", time_base=base)
    stereo = ("aformat", "sample_fmts=fltp:channel_layouts=stereo")
    chained(graph, source, *filters, stereo, ("abuffersink", ""))
    graph.configure()
    for frame in (*_frames(sound), None):
        graph.push(frame)
        for filtered in pulled(graph.pull):
            assert isinstance(filtered, av.AudioFrame)  # noqa: S101 (the graph has nothing else)
            yield filtered


def pulled(pull: Callable[[], _Frame]) -> Iterator[_Frame]:
    """Every frame that a graph has ready."""
    while True:
        try:
            yield pull()
        except (av.BlockingIOError, av.EOFError):  # it needs more, or has given all
            return
