"""The verdict on a clip: what its inspection amounts to, by the thresholds and by what was ordered.

Nothing is rendered again because of a verdict: that is for a person to decide, and to pay.
"""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple, Self

from pydantic import ConfigDict

from hailuo.media.inspection import Inspection, Order
from hailuo.media.playback import browsers_that_play
from hailuo.thresholds import Threshold, shipped_thresholds

DISPUTE: Final = "dispute_"
"""Codes that start so mean that the clip is not what was ordered: you can claim the money back."""


class Verdict(StrEnum):
    """From good to bad; UNCLEAR if a check did not run or cannot decide, published as `unknown`."""

    PASS = "pass"  # noqa: S105 (no password)
    WARN = "warn"
    FAIL = "fail"
    UNCLEAR = "unknown"


class JudgedCode(StrEnum):
    """A published code with the verdict that it brings by itself, and what it means."""

    verdict: Verdict
    words: str

    def __new__(cls, code: str, verdict: Verdict, words: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.verdict, member.words = verdict, words
        return member


class Code(JudgedCode):
    """What is wrong with a clip. A code that starts with `DISPUTE` means that it is not what was ordered."""

    DISPUTE_UNPLAYABLE = "dispute_unplayable", Verdict.FAIL, "no player shows it"
    DISPUTE_CUT_OFF = "dispute_cut_off", Verdict.FAIL, "frames that the file promises are not in it"
    DISPUTE_DURATION = "dispute_duration", Verdict.FAIL, "not as long as ordered"
    DISPUTE_SIZE = "dispute_size", Verdict.FAIL, "not of the size that was ordered"
    DISPUTE_ASPECT = "dispute_aspect", Verdict.FAIL, "not of the shape that was ordered"
    DISPUTE_RATE = "dispute_rate", Verdict.FAIL, "not as many frames a second as ordered"
    DISPUTE_SOUND = "dispute_sound", Verdict.FAIL, "without the sound that was ordered"
    CODEC_UNEXPECTED = "codec_unexpected", Verdict.WARN, "of another codec than its model makes at this size"
    NOT_CHECKED = "not_checked", Verdict.UNCLEAR, "it was not checked yet; `hailuo check` does"
    COULD_NOT_CHECK = (
        "could_not_check",
        Verdict.UNCLEAR,
        "the check failed for a reason that is not the clip's",
    )
    ASPECT_UNEXPECTED = "aspect_unexpected", Verdict.WARN, "not quite of the shape that was ordered"
    BLACK = "black", Verdict.WARN, "black for a moment"
    BLACK_LONG = "black_long", Verdict.FAIL, "black for a long time"
    BLACK_FIRST = "black_first", Verdict.WARN, "begins black: so does its thumbnail"
    FROZEN = "frozen", Verdict.WARN, "does not move for a moment"
    FROZEN_LONG = "frozen_long", Verdict.FAIL, "does not move for a long time"
    FLICKER = "flicker", Verdict.WARN, "its brightness flickers"
    FLICKER_STRONG = "flicker_strong", Verdict.FAIL, "its brightness flickers strongly"
    HARDLY_MOVES = "hardly_moves", Verdict.WARN, "hardly anything moves"
    SCENE_CUT = "scene_cut", Verdict.WARN, "cut, where one shot was ordered"
    CLIPPED = "clipped", Verdict.WARN, "much of it is burnt out or crushed"
    FIRST_FRAME_CHANGED = "first_frame_changed", Verdict.WARN, "does not begin quite with its first frame"
    FIRST_FRAME_OTHER = "first_frame_other", Verdict.FAIL, "begins with another picture than its first frame"
    FIRST_FRAME_UNCHECKED = (
        "first_frame_unchecked",
        Verdict.WARN,
        "its first frame could not be compared (a URL, or deleted): look at its beginning",
    )
    NEAR_DUPLICATE = "near_duplicate", Verdict.WARN, "nearly the same as another clip of the edition"
    NOT_FASTSTART = "not_faststart", Verdict.WARN, "players must load all of it before they show anything"
    PTS_IRREGULAR = "pts_irregular", Verdict.WARN, "its frames come at an uneven pace"
    PIX_FMT_UNUSUAL = "pix_fmt_unusual", Verdict.WARN, "not yuv420p: some players and platforms refuse it"
    BROWSER_UNSUPPORTED = (
        "browser_unsupported",
        Verdict.WARN,
        "at least one browser does not play its codec, profile, pixel format or tag: it stays black or silent there",
    )
    BROWSER_SOME = (
        "browser_some",
        Verdict.WARN,
        "browsers play its codec only on devices with a decoder for it",
    )
    AUDIO_SILENT = "audio_silent", Verdict.WARN, "it has a sound track that cannot be heard"
    AUDIO_UNEXPECTED = "audio_unexpected", Verdict.WARN, "it has sound, and none was ordered"
    AUDIO_DISTORTS = "audio_distorts", Verdict.WARN, "its sound is above full scale"


_WORST_FIRST: Final = (Verdict.FAIL, Verdict.UNCLEAR, Verdict.WARN)
_GRAVER: Final = {
    Code.ASPECT_UNEXPECTED: Code.DISPUTE_ASPECT,
    Code.BLACK: Code.BLACK_LONG,
    Code.FROZEN: Code.FROZEN_LONG,
    Code.FLICKER: Code.FLICKER_STRONG,
    Code.FIRST_FRAME_CHANGED: Code.FIRST_FRAME_OTHER,
}
"""The graver code replaces the milder one."""

_USUAL_PIX_FMTS: Final = frozenset({"yuv420p", "yuvj420p"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where verdicts turn; units and origins are in `thresholds.toml`."""

    version: str
    duration_tolerance_s: Threshold
    short_side_tolerance_pct: Threshold
    aspect_tolerance_pct: Threshold
    aspect_dispute_pct: Threshold
    rate_tolerance_pct: Threshold
    undecoded_frames: Threshold
    black_warn_s: Threshold
    black_fail_s: Threshold
    frozen_warn_s: Threshold
    frozen_fail_s: Threshold
    flicker_warn_pct: Threshold
    flicker_fail_pct: Threshold
    motion_least_pct: Threshold
    scene_cuts: Threshold
    clipped_warn_pct: Threshold
    ff_ssim_least: Threshold
    ff_psnr_least_db: Threshold
    ff_phash_most: Threshold
    ff_phash_other: Threshold
    near_duplicate_bits: Threshold
    loudness_silent_lufs: Threshold
    true_peak_most_dbtp: Threshold
    __pydantic_config__ = ConfigDict(extra="forbid")


@functools.cache
def load_thresholds() -> Thresholds:
    """Those that ship with the library."""
    return shipped_thresholds(__package__, Thresholds)


class Ruling(NamedTuple):
    """The verdict, and the codes that it rests on in the order of `Code`."""

    verdict: Verdict
    codes: tuple[Code, ...]


def verdict(inspection: Inspection | None, order: Order, *, near_duplicate: bool = False) -> Ruling:
    """Judge a clip by its inspection (None: there is none yet) against its order; a pure function.

    The worst code decides. A clip that is not what was ordered has a code that starts with `DISPUTE`.
    """
    found = _codes(inspection, order)
    if near_duplicate:
        found.add(Code.NEAR_DUPLICATE)
    codes = tuple(code for code in Code if code in found)
    brought = {code.verdict for code in codes}
    return Ruling(next((worst for worst in _WORST_FIRST if worst in brought), Verdict.PASS), codes)


def disputes(codes: Iterable[str]) -> tuple[str, ...]:
    """Those among the codes that say: not what was ordered."""
    return tuple(code for code in codes if code.startswith(DISPUTE))


def differences(found: Inspection, order: Order, codes: Iterable[str]) -> tuple[str, ...]:
    """For each dispute among the codes about a measure: what was ordered, and what came."""
    words = {
        Code.DISPUTE_DURATION: f"{order.duration_s} s ordered, {found.duration_s} s delivered",
        Code.DISPUTE_SIZE: f"{order.size} ordered, {found.width}x{found.height} delivered",
        Code.DISPUTE_ASPECT: f"{_shape(order.aspect)} ordered, {_shape(found.aspect)} delivered",
        Code.DISPUTE_RATE: f"{order.fps} frames a second ordered, {found.fps} delivered",
        Code.DISPUTE_SOUND: "sound ordered, none delivered",
    }
    return tuple(text for code, text in words.items() if code in codes)


def _shape(aspect: float | None) -> str:
    """As 16:9 where a pair of small numbers is within 1 %, or else as a number to 1."""
    small = Fraction(aspect or 0).limit_denominator(16)
    near = aspect and abs(float(small) / aspect - 1) < 0.01
    return f"{small.numerator}:{small.denominator}" if near else f"{aspect}:1"


def _codes(found: Inspection | None, order: Order) -> set[Code]:
    if found is None:
        return {Code.NOT_CHECKED}
    if found.unchecked:
        return {Code.COULD_NOT_CHECK}
    if found.unplayable:
        return {Code.DISPUTE_UNPLAYABLE}
    codes = {code for code, is_so in _checks(found, order, load_thresholds()).items() if is_so}
    return codes - {mild for mild, grave in _GRAVER.items() if grave in codes}


def _checks(found: Inspection, order: Order, limits: Thresholds) -> dict[Code, bool]:
    """Whether each code applies to a clip that could be decoded."""
    tier = re.fullmatch(r"(\d+)[pP]", order.size)
    wanted_side = order.short_side or (int(tier[1]) if tier else None)
    short_side = min(found.width, found.height) if found.width and found.height else None
    is_audible = (
        bool(found.has_audio)
        and found.loudness_lufs is not None
        and not _below(found.loudness_lufs, limits.loudness_silent_lufs)
    )
    browsers = browsers_that_play(found)
    compared = order.has_first_frame and found.ff_ssim is not None
    return {
        Code.DISPUTE_CUT_OFF: _above(found.undecoded_frames, limits.undecoded_frames),
        Code.DISPUTE_DURATION: found.duration_s is not None
        and abs(found.duration_s - order.duration_s) > limits.duration_tolerance_s.value,
        Code.DISPUTE_SIZE: _is_off(short_side, wanted_side, limits.short_side_tolerance_pct),
        Code.DISPUTE_ASPECT: _is_off(found.aspect, order.aspect, limits.aspect_dispute_pct),
        Code.DISPUTE_RATE: _is_off(found.fps, order.fps, limits.rate_tolerance_pct),
        Code.DISPUTE_SOUND: bool(order.has_audio) and found.has_audio is not None and not is_audible,
        Code.CODEC_UNEXPECTED: bool(order.codec and found.video_codec) and found.video_codec != order.codec,
        Code.AUDIO_UNEXPECTED: order.has_audio is False and is_audible,
        Code.ASPECT_UNEXPECTED: _is_off(found.aspect, order.aspect, limits.aspect_tolerance_pct),
        Code.BLACK: _reaches(found.black_s, limits.black_warn_s),
        Code.BLACK_LONG: _reaches(found.black_s, limits.black_fail_s),
        Code.BLACK_FIRST: bool(found.black_first),
        Code.FROZEN: _reaches(found.frozen_longest_s, limits.frozen_warn_s),
        Code.FROZEN_LONG: _reaches(found.frozen_longest_s, limits.frozen_fail_s),
        Code.FLICKER: _reaches(found.luma_flicker_pct, limits.flicker_warn_pct),
        Code.FLICKER_STRONG: _reaches(found.luma_flicker_pct, limits.flicker_fail_pct),
        Code.HARDLY_MOVES: _below(found.motion_flow_mean, limits.motion_least_pct),
        Code.SCENE_CUT: _above(found.scene_cuts, limits.scene_cuts),
        Code.CLIPPED: _above(found.clipped_pct, limits.clipped_warn_pct),
        Code.FIRST_FRAME_UNCHECKED: order.has_first_frame and not compared,
        Code.FIRST_FRAME_OTHER: compared and _above(found.ff_phash_dist, limits.ff_phash_other),
        Code.FIRST_FRAME_CHANGED: compared
        and (
            _below(found.ff_ssim, limits.ff_ssim_least)
            or _below(found.ff_psnr_db, limits.ff_psnr_least_db)
            or _above(found.ff_phash_dist, limits.ff_phash_most)
        ),
        Code.NOT_FASTSTART: found.faststart is False,
        Code.PTS_IRREGULAR: found.pts_regular is False,
        Code.PIX_FMT_UNUSUAL: bool(found.pix_fmt) and found.pix_fmt not in _USUAL_PIX_FMTS,
        Code.BROWSER_UNSUPPORTED: browsers == "not every",
        Code.BROWSER_SOME: browsers == "some",
        Code.AUDIO_SILENT: bool(found.has_audio) and not is_audible,
        Code.AUDIO_DISTORTS: _above(found.true_peak_dbtp, limits.true_peak_most_dbtp),
    }


def _is_off(found: float | None, wanted: float | None, most_pct: Threshold) -> bool:
    """More than so many per cent away from what was ordered; False if one of them is not known."""
    return bool(found and wanted and 100 * abs(found - wanted) / wanted > most_pct.value)


def _reaches(value: float | None, limit: Threshold) -> bool:
    return value is not None and value >= limit.value


def _above(value: float | None, limit: Threshold) -> bool:
    return value is not None and value > limit.value


def _below(value: float | None, limit: Threshold) -> bool:
    return value is not None and value < limit.value
