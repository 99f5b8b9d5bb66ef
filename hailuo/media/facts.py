"""What a placement asks of a clip: the facts of a file, or what can be known of one before it is bought."""

from dataclasses import dataclass
from typing import Protocol


class ClipFacts(Protocol):
    """The facts that placements are judged by; None is not known. Units: px, 1/s, s, LUFS, bit/s, bytes."""

    @property
    def width(self) -> int | None: ...
    @property
    def height(self) -> int | None: ...
    @property
    def fps(self) -> float | None: ...
    @property
    def duration_s(self) -> float | None: ...
    @property
    def has_audio(self) -> bool | None: ...
    @property
    def loudness_lufs(self) -> float | None: ...
    @property
    def container(self) -> str | None: ...
    @property
    def video_codec(self) -> str | None: ...
    @property
    def bitrate_bps(self) -> int | None: ...
    @property
    def bytes(self) -> int | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Facts of one clip, named as the manifest's columns.

    `loudness_lufs` is None where there is no audio, or where it is silence all through.
    """

    width: int | None = None
    height: int | None = None
    fps: float | None = None
    duration_s: float | None = None
    has_audio: bool | None = None
    loudness_lufs: float | None = None
    container: str | None = None
    video_codec: str | None = None
    bitrate_bps: int | None = None
    bytes: int | None = None
