"""The verdict on a clip: what its inspection amounts to, by the thresholds and by what was ordered.

Nothing is rendered again because of a verdict: that is for a person to decide, and to pay.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Self

from pydantic import ConfigDict

from hailuo.media.inspection import Inspection, Order
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
    NOT_CHECKED = "not_checked", Verdict.UNCLEAR, "it was not checked yet; `hailuo check` does"
    COULD_NOT_CHECK = (
        "could_not_check",
        Verdict.UNCLEAR,
        "the check failed for a reason that is not the clip's",
    )
    ASPECT_UNEXPECTED = "aspect_unexpected", Verdict.WARN, "neither 16:9 nor as its first frame"
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
    AUDIO_SILENT = "audio_silent", Verdict.WARN, "it has a sound track that cannot be heard"
    AUDIO_DISTORTS = "audio_distorts", Verdict.WARN, "its sound is above full scale"


_WORST_FIRST: Final = (Verdict.FAIL, Verdict.UNCLEAR, Verdict.WARN)
_USUAL_PIX_FMTS: Final = frozenset({"yuv420p", "yuvj420p"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where verdicts turn; units and origins are in `thresholds.toml`."""

    version: str
    duration_tolerance_s: Threshold
    short_side_tolerance_pct: Threshold
    aspect_tolerance_pct: Threshold
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
    found = set(_codes(inspection, order, load_thresholds()))
    if near_duplicate:
        found.add(Code.NEAR_DUPLICATE)
    codes = tuple(code for code in Code if code in found)
    brought = {code.verdict for code in codes}
    return Ruling(next((worst for worst in _WORST_FIRST if worst in brought), Verdict.PASS), codes)


def disputes(codes: Iterable[str]) -> tuple[str, ...]:
    """Those among the codes that say: not what was ordered."""
    return tuple(code for code in codes if code.startswith(DISPUTE))


def _codes(found: Inspection | None, order: Order, limits: Thresholds) -> Iterator[Code]:
    if found is None:
        yield Code.NOT_CHECKED
        return
    if found.unchecked:
        yield Code.COULD_NOT_CHECK
        return
    if found.unplayable:
        yield Code.DISPUTE_UNPLAYABLE
        return
    yield from _against_order(found, order, limits)
    yield from _of_file(found)
    yield from _of_pictures(found, limits)
    yield from _of_first_frame(found, order, limits)
    yield from _of_sound(found, limits)


def _against_order(found: Inspection, order: Order, limits: Thresholds) -> Iterator[Code]:
    if _above(found.undecoded_frames, limits.undecoded_frames):
        yield Code.DISPUTE_CUT_OFF
    if found.duration_s is not None and _above(
        abs(found.duration_s - order.duration_s), limits.duration_tolerance_s
    ):
        yield Code.DISPUTE_DURATION
    tier = re.match(r"\d+", order.size)
    if tier and found.width and found.height:
        off_pct = _off_pct(min(found.width, found.height), int(tier[0]))
        if _above(off_pct, limits.short_side_tolerance_pct):
            yield Code.DISPUTE_SIZE
    if (
        order.aspect
        and found.aspect
        and _above(_off_pct(found.aspect, order.aspect), limits.aspect_tolerance_pct)
    ):
        yield Code.ASPECT_UNEXPECTED


def _off_pct(found: float, wanted: float) -> float:
    return 100 * abs(found - wanted) / wanted


def _of_file(found: Inspection) -> Iterator[Code]:
    if found.faststart is False:
        yield Code.NOT_FASTSTART
    if found.pts_regular is False:
        yield Code.PTS_IRREGULAR
    if found.pix_fmt and found.pix_fmt not in _USUAL_PIX_FMTS:
        yield Code.PIX_FMT_UNUSUAL


def _of_pictures(found: Inspection, limits: Thresholds) -> Iterator[Code]:
    yield from _step(found.black_s, (limits.black_warn_s, Code.BLACK), (limits.black_fail_s, Code.BLACK_LONG))
    if found.black_first:
        yield Code.BLACK_FIRST
    yield from _step(
        found.frozen_longest_s, (limits.frozen_warn_s, Code.FROZEN), (limits.frozen_fail_s, Code.FROZEN_LONG)
    )
    yield from _step(
        found.luma_flicker_pct,
        (limits.flicker_warn_pct, Code.FLICKER),
        (limits.flicker_fail_pct, Code.FLICKER_STRONG),
    )
    if _below(found.motion_flow_mean, limits.motion_least_pct):
        yield Code.HARDLY_MOVES
    if _above(found.scene_cuts, limits.scene_cuts):
        yield Code.SCENE_CUT
    if _above(found.clipped_pct, limits.clipped_warn_pct):
        yield Code.CLIPPED


def _step(value: float | None, warn: tuple[Threshold, Code], fail: tuple[Threshold, Code]) -> Iterator[Code]:
    """The graver code in place of the milder, not beside it."""
    for limit, code in (fail, warn):
        if value is not None and value >= limit.value:
            yield code
            return


def _of_first_frame(found: Inspection, order: Order, limits: Thresholds) -> Iterator[Code]:
    if not order.has_first_frame:
        return
    if found.ff_ssim is None:
        yield Code.FIRST_FRAME_UNCHECKED
    elif _above(found.ff_phash_dist, limits.ff_phash_other):
        yield Code.FIRST_FRAME_OTHER
    elif (
        _below(found.ff_ssim, limits.ff_ssim_least)
        or _below(found.ff_psnr_db, limits.ff_psnr_least_db)
        or _above(found.ff_phash_dist, limits.ff_phash_most)
    ):
        yield Code.FIRST_FRAME_CHANGED


def _of_sound(found: Inspection, limits: Thresholds) -> Iterator[Code]:
    if found.has_audio and (
        found.loudness_lufs is None or _below(found.loudness_lufs, limits.loudness_silent_lufs)
    ):
        yield Code.AUDIO_SILENT
    if _above(found.true_peak_dbtp, limits.true_peak_most_dbtp):
        yield Code.AUDIO_DISTORTS


def _above(value: float | None, limit: Threshold) -> bool:
    return value is not None and value > limit.value


def _below(value: float | None, limit: Threshold) -> bool:
    return value is not None and value < limit.value
