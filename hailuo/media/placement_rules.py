"""The rules a placement is made of: each looks at some facts of a clip and says what is wrong, if anything is."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from hailuo.media.inspection import ClipFacts
from hailuo.media.playback import odd_variant
from hailuo.media.verdict import JudgedCode, Verdict

_ASPECT_TOLERANCE: Final = 0.01  # 1366x768 is 1.7786, and means 16:9
_SECONDS_TOLERANCE: Final = 0.001  # times in files are rounded
_SILENCE_LUFS: Final = -60.0  # below this it cannot be heard; digital silence is -70 in EBU R 128's gate


class PlacementReason(JudgedCode):
    """Why a clip does not simply pass; stable codes for manifest and gallery."""

    ASPECT_NOT_ACCEPTED = "aspect_not_accepted", Verdict.FAIL, "the shape is not accepted"
    ASPECT_NOT_RECOMMENDED = (
        "aspect_not_recommended",
        Verdict.WARN,
        "accepted, but another shape is recommended",
    )
    ASPECT_UNKNOWN = "aspect_unknown", Verdict.UNCLEAR, "the shape is not known"
    TOO_FEW_PIXELS = "too_few_pixels", Verdict.FAIL, "smaller than the least size"
    FEWER_PIXELS_THAN_RECOMMENDED = (
        "fewer_pixels_than_recommended",
        Verdict.WARN,
        "accepted, but smaller than recommended",
    )
    TOO_MANY_PIXELS = "too_many_pixels", Verdict.FAIL, "larger than the largest size"
    SIZE_UNKNOWN = "size_unknown", Verdict.UNCLEAR, "the size in pixels is not known"
    TOO_SHORT = "too_short", Verdict.FAIL, "shorter than the least duration"
    TOO_LONG = "too_long", Verdict.FAIL, "longer than the longest duration"
    LONGER_THAN_USUAL = (
        "longer_than_usual",
        Verdict.WARN,
        "over the usual longest duration; not accepted everywhere",
    )
    DURATION_UNKNOWN = "duration_unknown", Verdict.UNCLEAR, "the duration is not known"
    NO_AUDIO = "no_audio", Verdict.FAIL, "audio is required and there is none"
    NO_AUDIO_ADVISED_AGAINST = (
        "no_audio_advised_against",
        Verdict.WARN,
        "accepted, but audio is recommended and there is none",
    )
    SILENT_AUDIO = (
        "silent_audio",
        Verdict.WARN,
        "there is an audio track, but it is silent: a reviewer may refuse it",
    )
    AUDIO_UNKNOWN = "audio_unknown", Verdict.UNCLEAR, "whether there is audio is not known"
    FPS_TOO_HIGH = "fps_too_high", Verdict.FAIL, "more pictures a second than accepted"
    FPS_UNKNOWN = "fps_unknown", Verdict.UNCLEAR, "the frame rate is not known"
    CONTAINER_NOT_ACCEPTED = "container_not_accepted", Verdict.FAIL, "the file format is not accepted"
    CODEC_NOT_ACCEPTED = "codec_not_accepted", Verdict.FAIL, "the video codec is not accepted"
    CODEC_NOT_RECOMMENDED = (
        "codec_not_recommended",
        Verdict.WARN,
        "another video codec is recommended",
    )
    CODEC_VARIANT = (
        "codec_variant",
        Verdict.WARN,
        "the codec is accepted, but not every player plays this profile, pixel format or tag of it",
    )
    AUDIO_CODEC_NOT_ACCEPTED = (
        "audio_codec_not_accepted",
        Verdict.FAIL,
        "the audio codec is not accepted",
    )
    AUDIO_CODEC_NOT_RECOMMENDED = (
        "audio_codec_not_recommended",
        Verdict.WARN,
        "another audio codec is recommended",
    )
    FORMAT_UNKNOWN = "format_unknown", Verdict.UNCLEAR, "file format or codec is not known"
    FILE_TOO_SMALL = "file_too_small", Verdict.FAIL, "fewer bytes than accepted"
    FILE_TOO_LARGE = "file_too_large", Verdict.FAIL, "more bytes than accepted"
    BYTES_UNKNOWN = "bytes_unknown", Verdict.UNCLEAR, "the size of the file is not known"
    BITRATE_TOO_LOW = "bitrate_too_low", Verdict.FAIL, "the bit rate is below the least"
    BITRATE_UNKNOWN = "bitrate_unknown", Verdict.UNCLEAR, "the bit rate is not known"


_R = PlacementReason

# One thing that is known to be wrong is enough, whatever else is not known.
_WORST_LAST: Final = (Verdict.PASS, Verdict.WARN, Verdict.UNCLEAR, Verdict.FAIL)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule found: the code, and what was seen against what is asked."""

    reason: PlacementReason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason.words} ({self.detail})" if self.detail else self.reason.words


@dataclass(frozen=True, slots=True)
class PlacementVerdict:
    """Whether one clip can run in one placement, and why not; the worst finding decides."""

    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        found = (finding.reason.verdict for finding in self.findings)
        return max(found, key=_WORST_LAST.index, default=Verdict.PASS)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The codes, in the order of the rules."""
        return tuple(finding.reason.value for finding in self.findings)

    def as_json(self) -> dict[str, object]:
        """As in the manifest's column `placements`."""
        return {"verdict": self.verdict.value, "reasons": list(self.reasons)}


def ratio_of(aspect: str) -> float:
    """`"9:16"` as width over height. Raises: ValueError."""
    width, colon, height = aspect.partition(":")
    if not colon or float(width) <= 0 or float(height) <= 0:
        raise ValueError(f"{aspect!r} is no aspect such as 9:16")
    return float(width) / float(height)


def is_aspect(width: int, height: int, aspect: str) -> bool:
    """Whether a picture has that shape, to 1 %."""
    return abs(width / height / ratio_of(aspect) - 1) <= _ASPECT_TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class AspectRule:
    """Shapes: `best` pass; those `accepted`, or from `tallest` to `widest`, are accepted with a warning."""

    kind: Literal["aspect"]
    source: str
    best: tuple[str, ...]
    accepted: tuple[str, ...] = ()
    tallest: str | None = None
    widest: str | None = None

    def judge(self, clip: ClipFacts) -> Iterator[Finding]:
        if not clip.width or not clip.height:
            yield Finding(_R.ASPECT_UNKNOWN)
            return
        width, height = clip.width, clip.height
        if any(is_aspect(width, height, aspect) for aspect in self.best):
            return
        seen = f"{width}x{height}; best {' or '.join(self.best)}"
        listed = any(is_aspect(width, height, aspect) for aspect in self.accepted)
        if listed or self._is_between(width / height):
            yield Finding(_R.ASPECT_NOT_RECOMMENDED, seen)
        else:
            yield Finding(_R.ASPECT_NOT_ACCEPTED, seen)

    def _is_between(self, shape: float) -> bool:
        if self.tallest is None or self.widest is None:
            return False
        lowest, highest = ratio_of(self.tallest), ratio_of(self.widest)
        return lowest * (1 - _ASPECT_TOLERANCE) <= shape <= highest * (1 + _ASPECT_TOLERANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRule:
    """Pixels: the least and the recommended size of a shape, and the limits of any side.

    Of a shape that is not listed only the sides are judged: that the shape is wrong is the aspect's business.
    """

    kind: Literal["size"]
    source: str
    least: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    recommended: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    shortest_side: int = 0
    longest_side: int | None = None

    def judge(self, clip: ClipFacts) -> Iterator[Finding]:
        if not clip.width or not clip.height:
            yield Finding(_R.SIZE_UNKNOWN)
            return
        width, height = clip.width, clip.height
        seen = f"{width}x{height}"
        if self.longest_side and max(width, height) > self.longest_side:
            yield Finding(_R.TOO_MANY_PIXELS, f"{seen}; no side over {self.longest_side}")
        if self._is_below(width, height, self.least) or min(width, height) < self.shortest_side:
            yield Finding(_R.TOO_FEW_PIXELS, seen)
        elif self._is_below(width, height, self.recommended):
            yield Finding(_R.FEWER_PIXELS_THAN_RECOMMENDED, seen)

    @staticmethod
    def _is_below(width: int, height: int, sizes: Mapping[str, tuple[int, int]]) -> bool:
        asked = (size for aspect, size in sizes.items() if is_aspect(width, height, aspect))
        return any(width < least_width or height < least_height for least_width, least_height in asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationRule:
    """Seconds: from `least_s` to `most_s`; up to `tolerated_s` with a warning."""

    kind: Literal["duration"]
    source: str
    least_s: float = 0.0
    most_s: float = math.inf
    tolerated_s: float | None = None

    def judge(self, clip: ClipFacts) -> Iterator[Finding]:
        if clip.duration_s is None:
            yield Finding(_R.DURATION_UNKNOWN)
            return
        seconds = clip.duration_s
        if seconds < self.least_s - _SECONDS_TOLERANCE:
            yield Finding(_R.TOO_SHORT, f"{seconds:g} s; at least {self.least_s:g} s")
        if seconds <= self.most_s + _SECONDS_TOLERANCE:
            return
        seen = f"{seconds:g} s; at most {self.most_s:g} s"
        tolerated = self.tolerated_s is not None and seconds <= self.tolerated_s + _SECONDS_TOLERANCE
        yield Finding(_R.LONGER_THAN_USUAL if tolerated else _R.TOO_LONG, seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioRule:
    """Sound: `required`, or else only recommended."""

    kind: Literal["audio"]
    source: str
    required: bool

    def judge(self, clip: ClipFacts) -> Iterator[Finding]:
        if clip.has_audio is None:
            yield Finding(_R.AUDIO_UNKNOWN)
        elif not clip.has_audio:
            yield Finding(_R.NO_AUDIO if self.required else _R.NO_AUDIO_ADVISED_AGAINST)
        elif clip.loudness_lufs is None or clip.loudness_lufs <= _SILENCE_LUFS:
            yield Finding(_R.SILENT_AUDIO)


@dataclass(frozen=True, slots=True, kw_only=True)
class FpsRule:
    """Pictures a second: fewer than `below`."""

    kind: Literal["fps"]
    source: str
    below: float

    def judge(self, clip: ClipFacts) -> Iterator[Finding]:
        if clip.fps is None:
            yield Finding(_R.FPS_UNKNOWN)
        elif clip.fps >= self.below:
            yield Finding(_R.FPS_TOO_HIGH, f"{clip.fps:g}; fewer than {self.below:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatRule:
    """File format."""

    kind: Literal["format"]
    source: str
    containers: tuple[str, ...]

    def judge(self, clip: ClipFacts) -> Iterator[Finding]:
        if clip.container is None or clip.video_codec is None:
            yield Finding(_R.FORMAT_UNKNOWN)
            return
        # A demuxer names all the formats it reads: "mov,mp4,m4a,...".
        if not set(clip.container.split(",")) & set(self.containers):
            yield Finding(_R.CONTAINER_NOT_ACCEPTED, f"{clip.container}; {', '.join(self.containers)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecRule:
    """Codecs: those `required`, or else only recommended; without `audio`, any sound. Variants as in `playback.toml`.

    A codec that is not known is no finding here.
    """

    kind: Literal["codec"]
    source: str
    required: bool
    video: tuple[str, ...]
    audio: tuple[str, ...] = ()

    def judge(self, clip: ClipFacts) -> Iterator[Finding]:
        if clip.video_codec and clip.video_codec not in self.video:
            reason = _R.CODEC_NOT_ACCEPTED if self.required else _R.CODEC_NOT_RECOMMENDED
            yield Finding(reason, f"{clip.video_codec}; {', '.join(self.video)}")
        elif odd := odd_variant(clip):
            yield Finding(_R.CODEC_VARIANT, odd)
        if self.audio and clip.audio_codec and clip.audio_codec not in self.audio:
            reason = _R.AUDIO_CODEC_NOT_ACCEPTED if self.required else _R.AUDIO_CODEC_NOT_RECOMMENDED
            yield Finding(reason, f"{clip.audio_codec}; {', '.join(self.audio)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesRule:
    """Bytes of the file: from `least` to `most`."""

    kind: Literal["bytes"]
    source: str
    most: int
    least: int = 0

    def judge(self, clip: ClipFacts) -> Iterator[Finding]:
        if clip.bytes is None:
            yield Finding(_R.BYTES_UNKNOWN)
        elif clip.bytes < self.least:
            yield Finding(_R.FILE_TOO_SMALL, f"{clip.bytes:,}; at least {self.least:,}")
        elif clip.bytes > self.most:
            yield Finding(_R.FILE_TOO_LARGE, f"{clip.bytes:,}; at most {self.most:,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BitrateRule:
    """Bits a second of the whole file: at least `least_bps`."""

    kind: Literal["bitrate"]
    source: str
    least_bps: int

    def judge(self, clip: ClipFacts) -> Iterator[Finding]:
        if clip.bitrate_bps is None:
            yield Finding(_R.BITRATE_UNKNOWN)
        elif clip.bitrate_bps < self.least_bps:
            yield Finding(_R.BITRATE_TOO_LOW, f"{clip.bitrate_bps:,}; at least {self.least_bps:,}")


Rule = (
    AspectRule
    | SizeRule
    | DurationRule
    | AudioRule
    | FpsRule
    | FormatRule
    | CodecRule
    | BytesRule
    | BitrateRule
)
