"""How loud a clip's sound is: EBU R 128 integrated loudness and true peak, by FFmpeg's own filter."""

import math
from typing import Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

_GATE_LUFS: Final = -70.0
"""EBU R 128's absolute gate: what the filter says of silence."""


class LoudnessMeter:
    """Takes the decoded audio frames of one clip, in order."""

    def __init__(self, stream: AudioStream) -> None:
        graph = av.filter.Graph()
        source = graph.add_abuffer(template=stream)
        meter = graph.add("ebur128", "peak=true:metadata=1:framelog=quiet")
        graph.link_nodes(source, meter, graph.add("abuffersink")).configure()
        self._graph = graph
        self._facts: dict[str, str] = {}

    def add(self, frame: AudioFrame) -> None:
        """Raises: av.FFmpegError."""
        self._graph.push(frame)
        self._drain()

    def finish(self) -> tuple[float | None, float | None]:
        """Integrated loudness in LUFS and true peak in dBTP; None for silence, or too short to tell."""
        self._graph.push(None)
        self._drain()
        loudness = self._number("lavfi.r128.I")
        peaks = [self._number(name) for name in self._facts if name.startswith("lavfi.r128.true_peaks_ch")]
        heard = [peak for peak in peaks if peak]
        peak_dbtp = 20 * math.log10(max(heard)) if heard else None
        silent = loudness is None or loudness <= _GATE_LUFS
        return None if silent else loudness, None if peak_dbtp is None else round(peak_dbtp, 2)

    def _number(self, name: str) -> float | None:
        value = float(self._facts.get(name, "nan"))
        return value if math.isfinite(value) else None

    def _drain(self) -> None:
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            self._facts.update(frame.metadata)
