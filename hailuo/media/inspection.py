"""An inspection: what one decode of a clip found, kept in the store. `hailuo.media.verdict` judges it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final, Literal

from pydantic import TypeAdapter

from hailuo.lazy import DEFERRED
from hailuo.logs import quiet_logger
from hailuo.store import Store, read_many
from hailuo.store.layout import Edition

_log = quiet_logger(__name__)

QA_VERSION: Final = "qa/1.1"
"""Of the measurements: `hailuo check` looks again at clips of an older one. Thresholds have a version of their own."""

_STILL_READ: Final = frozenset({"qa/1.0", QA_VERSION})
"""qa/1.0 did not know codec tags and coded sizes; its width and height were as stored."""

HASHED_FRAMES: Final = 8
"""Perceptual hashes are taken of so many frames, evenly over the clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was ordered: seconds, the resolution tier, and the short side, aspect, frame rate and sound that must come of it.

    `aspect` is width by height: as ordered, or else the first frame's, or else the model's own. `fps`, `has_audio` and
    `codec` (such as h264) are the model's own. None where that is not known.
    """

    duration_s: int
    size: str
    has_first_frame: bool = False
    short_side: int | None = None
    aspect: float | None = 16 / 9
    fps: float | None = None
    has_audio: bool | None = None
    codec: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The measured columns of the manifest, named as they are there; None: not measured, or there is none.

    `unplayable` says why no player shows the clip; whatever was found before that is kept. `unchecked` says why
    it could not be looked at, for a reason that is not the clip's. `undecoded_frames` are those that the container
    promises and the decoder does not give. `width` and `height` are px as shown: turned by the display matrix, with
    square pixels; `coded_width` and `coded_height` are px as stored.
    """

    schema: Literal["hailuo.inspection/1.0"] = "hailuo.inspection/1.0"
    qa_version: str = QA_VERSION
    sha256: str | None
    bytes: int | None
    unplayable: str | None = None
    unchecked: str | None = None

    container: str | None = None
    video_codec: str | None = None
    video_tag: str | None = None
    profile: str | None = None
    pix_fmt: str | None = None
    width: int | None = None
    height: int | None = None
    coded_width: int | None = None
    coded_height: int | None = None
    aspect: float | None = None
    fps: float | None = None
    frames: int | None = None
    undecoded_frames: int | None = None
    duration_s: float | None = None
    bitrate_bps: int | None = None
    faststart: bool | None = None
    pts_regular: bool | None = None
    has_audio: bool | None = None
    audio_codec: str | None = None
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None

    black_s: float | None = None
    black_first: bool | None = None
    frozen_longest_s: float | None = None
    luma_flicker_pct: float | None = None
    motion_flow_mean: float | None = None
    motion_flow_top5: float | None = None
    mafd: float | None = None
    vbench_temporal_flickering: float | None = None
    warp_error: float | None = None
    sharpness_lapvar: float | None = None
    colourfulness: float | None = None
    luma_mean: float | None = None
    contrast_std: float | None = None
    clipped_pct: float | None = None
    scene_cuts: int | None = None

    ff_ssim: float | None = None
    ff_psnr_db: float | None = None
    ff_phash_dist: int | None = None
    phash: tuple[str, ...] = ()
    pdq: tuple[str, ...] = ()
    aigc_metadata_present: bool | None = None
    __pydantic_config__ = DEFERRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What placements ask of a clip, measured or foreseen, named as the manifest's columns.

    Units: px as shown, 1/s, s, LUFS, bit/s, bytes. None: not known. `loudness_lufs` is None where there is no audio, or
    where it is silence all through.
    """

    width: int | None = None
    height: int | None = None
    fps: float | None = None
    duration_s: float | None = None
    has_audio: bool | None = None
    loudness_lufs: float | None = None
    container: str | None = None
    video_codec: str | None = None
    video_tag: str | None = None
    profile: str | None = None
    pix_fmt: str | None = None
    audio_codec: str | None = None
    bitrate_bps: int | None = None
    bytes: int | None = None


ClipFacts = Facts | Inspection
"""What a placement can judge a clip by: both have every field of `Facts`."""


class Preview(StrEnum):
    """The small pictures and films of a clip; the value ends its file's name."""

    POSTER = "poster.webp"  # one picture, 640 px wide
    SHEET = "sheet.webp"  # contact sheet, 3 x 3
    SPRITE = "sprite.webp"  # 24 pictures in a row, 240 px wide each, for the pointer to run over
    PROXY = "proxy.mp4"  # the clip at 240 lines, 12 frames a second


_PROXY_FPS: Final = 12


def every_nth(fps: float) -> int:
    """Which frames of a clip its small film has: every n-th."""
    return max(1, round(fps / _PROXY_FPS))


def proxy_fps(fps: float) -> int:
    """Frames a second of the small film of a clip."""
    return max(1, round(fps / every_nth(fps)))


PREVIEW_TYPES: Final[Mapping[Preview, str]] = {
    Preview.POSTER: "image/webp",
    Preview.SHEET: "image/webp",
    Preview.SPRITE: "image/webp",
    Preview.PROXY: "video/mp4",
}

_ADAPTER: Final = TypeAdapter(Inspection)


def to_json(inspection: Inspection) -> bytes:
    """The inspection as it is kept in the store."""
    return _ADAPTER.dump_json(inspection, indent=1)


def from_json(content: bytes) -> Inspection:
    """Read an inspection. Raises: ValueError for anything else, and for an unknown schema."""
    return _ADAPTER.validate_json(content)


async def keep_inspection(store: Store, inspection: Inspection, creative_id: str, edition: Edition) -> None:
    """Write it over the previous one, atomically. Raises: StoreUnavailableError."""
    await store.put(edition.inspection(creative_id), to_json(inspection), content_type="application/json")


async def read_inspections(store: Store, edition: Edition) -> Mapping[str, Inspection]:
    """The inspections by creative id, with what an older version did not measure as None; one that none knows is left out.

    Raises: StoreUnavailableError.
    """
    found: dict[str, Inspection] = {}
    keys = [entry.key for entry in await store.listing(edition.checks)]
    for key, content in (await read_many(store, keys)).items():
        try:
            inspection = from_json(content)
        except ValueError:  # of another version of this program, or edited by hand: the clip is checked again
            _log.warning("hailuo.check.not_readable", extra={"key": key})
            continue
        if inspection.qa_version in _STILL_READ:
            found[PurePosixPath(key).stem] = inspection
    return found
