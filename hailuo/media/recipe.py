"""How a copy of a clip is made so that a placement accepts it: aspect, fit, sound, length, least bit rate."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from hailuo.errors import HailuoError
from hailuo.media.inspection import Facts
from hailuo.media.placement_rules import (
    AspectRule,
    BitrateRule,
    BytesRule,
    DurationRule,
    FpsRule,
    is_aspect,
)
from hailuo.media.placements import Fit, Placement, PlacementBook, SafeZone

OWN: Final = "own"
SILENT: Final = "silent"
RECIPES: Final = "conform/2"
"""Of the recipes made now: a copy by an older one is made again, and the facts beside it are measured anew."""

_MOST_TRIMMED_S: Final = 0.5  # a frame or two over the limit is no edit; a person decides about more
_BITRATE_MARGIN: Final = 1.5


class ConformError(HailuoError):
    """No copy of this clip can be made for that placement; the message says why, the clip stays as it is."""


@contextlib.contextmanager
def conform_errors(what: str) -> Iterator[None]:
    """Within it every error is a ConformError that begins with `what`."""
    try:
        yield
    except ConformError:
        raise
    except Exception as error:  # (damaged bytes can make a decoder raise anything)
        raise ConformError(f"{what}: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a copy is made of a clip; the same recipe and the same clip, the same copy.

    conform/2 turns and stretches the picture as it is shown, and keeps the tags of its colours; conform/1 did not.
    `audio` is "own", "silent", or the SHA-256 of the file it comes from; `signed_by` that of the C2PA certificate.
    `longest_s` is of the clip's pictures. `finish` is the id of what is drawn, within `safe`.
    """

    version: Literal["conform/1", "conform/2"] = RECIPES
    width: int
    height: int
    fit: Fit
    audio: str
    loudness_lufs: float
    true_peak_dbtp: float
    fps_below: float | None = None
    longest_s: float | None = None
    least_bps: int = 0
    marked: bool = True
    signed_by: str | None = None
    finish: str | None = None
    safe: SafeZone | None = None

    def __str__(self) -> str:
        """One line for the manifest's column `derivation`."""
        audio = self.audio if self.audio in (OWN, SILENT) else f"sha256:{self.audio[:12]}"
        shape = f"{self.width}x{self.height} fit={self.fit} audio={audio}"
        loudness = "" if self.audio == SILENT else f" loudness={self.loudness_lufs:g}LUFS"
        seals = f"mark={'xmp' if self.marked else 'none'} c2pa={'signed' if self.signed_by else 'none'}"
        finish = f" finish={self.finish}" if self.finish else ""
        return f"{self.version} {shape}{loudness} {seals}{finish}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOptions:
    """What the user asks of every copy. `audio` as in a recipe; `fit` None takes the placement's own.

    `finish` is the id of what is drawn, and `added_s` the length of what follows the clip.
    """

    fit: Fit | None = None
    audio: str = OWN
    marked: bool = True
    signed_by: str | None = None
    finish: str | None = None
    added_s: float = 0.0


def recipe_for_aspect(aspect: str, clip: Facts, options: CopyOptions, book: PlacementBook) -> Recipe:
    """A copy of that aspect, for no placement in particular. Raises: KeyError for an aspect without a size."""
    width, height = book.copies[aspect]
    return Recipe(
        width=width,
        height=height,
        fit=options.fit or "blur",
        audio=SILENT if options.audio == OWN and not clip.has_audio else options.audio,
        loudness_lufs=book.loudness_lufs,
        true_peak_dbtp=book.true_peak_dbtp,
        marked=options.marked,
        signed_by=options.signed_by,
        finish=options.finish,
        safe=book.safe if options.finish else None,
    )


def recipe_for_placement(
    placement: Placement, clip: Facts, options: CopyOptions, book: PlacementBook
) -> Recipe:
    """A copy that the placement accepts; an aspect that it likes best is kept.

    Raises: ConformError for a clip that is too long or too short: a person decides about cuts.
    """
    aspect = placement.aspect
    best = [one for rule in placement.rules if isinstance(rule, AspectRule) for one in rule.best]
    if clip.width and clip.height:
        aspect = next((one for one in best if is_aspect(clip.width, clip.height, one)), aspect)
    fps_limits = [rule.below for rule in placement.rules if isinstance(rule, FpsRule)]
    return replace(
        recipe_for_aspect(aspect, clip, options, book),
        fit=options.fit or placement.fit,
        fps_below=next((limit for limit in fps_limits if clip.fps is None or clip.fps >= limit), None),
        longest_s=_longest_s(placement, clip, options.added_s),
        least_bps=_least_bps(placement, clip, options.added_s),
        safe=placement.safe.get(aspect, book.safe) if options.finish else None,
    )


def _longest_s(placement: Placement, clip: Facts, added_s: float) -> float | None:
    """Where to trim the clip, if it is a little too long with what follows it."""
    seconds = (clip.duration_s or 0.0) + added_s
    has = f"the clip has {seconds - added_s:g} s" + (f" and its end card {added_s:g} s" if added_s else "")
    for rule in placement.rules:
        if not isinstance(rule, DurationRule):
            continue
        if seconds < rule.least_s:
            raise ConformError(f"{placement.title} asks for {rule.least_s:g} s, and {has}")
        if rule.most_s < seconds <= rule.most_s + _MOST_TRIMMED_S:
            return rule.most_s - added_s
        if seconds > (rule.tolerated_s or rule.most_s):
            remedy = "let the card cover the clip's end (`over: true`), or make it shorter"
            raise ConformError(
                f"{placement.title} takes {rule.most_s:g} s, and {has}: {remedy if added_s else 'order a shorter one'}"
            )
    return None


def _least_bps(placement: Placement, clip: Facts, added_s: float) -> int:
    """Enough for the least bit rate and the least file, with a margin; 0 where there is none."""
    rates = [rule.least_bps for rule in placement.rules if isinstance(rule, BitrateRule)]
    if clip.duration_s:
        sizes = [rule.least for rule in placement.rules if isinstance(rule, BytesRule)]
        rates += [round(8 * least / (clip.duration_s + added_s)) for least in sizes]
    return round(_BITRATE_MARGIN * max(rates, default=0))
