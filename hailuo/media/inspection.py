"""An inspection: what one decode of a clip found. Measured values only; what they amount to is `hailuo.media.verdict`."""

from dataclasses import dataclass
from typing import Final, Literal

from pydantic import TypeAdapter

from hailuo.campaign.job import Job

QA_VERSION: Final = "qa/1.0"
"""Of the measurements: another one makes every clip due for another look. Thresholds have a version of their own."""

HASHED_FRAMES: Final = 8
"""Perceptual hashes are taken of so many frames, evenly over the clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was ordered: seconds, the resolution tier, and the aspect that must come of it.

    `aspect` is width by height: 16:9 without a first frame, else the first frame's; None where that is not known.
    """

    duration_s: int
    size: str
    has_first_frame: bool = False
    aspect: float | None = 16 / 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The measured columns of the manifest, named as they are there; None: not measured, or there is none.

    `unplayable` says why no player shows the clip; whatever was found before that is kept. `unchecked` says why
    it could not be looked at, for a reason that is not the clip's. `undecoded_frames` are those that the container
    promises and the decoder does not give.
    """

    schema: Literal["hailuo.inspection/1.0"] = "hailuo.inspection/1.0"
    qa_version: str = QA_VERSION
    sha256: str | None
    bytes: int | None
    unplayable: str | None = None
    unchecked: str | None = None

    container: str | None = None
    video_codec: str | None = None
    profile: str | None = None
    pix_fmt: str | None = None
    width: int | None = None
    height: int | None = None
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


_ADAPTER: Final = TypeAdapter(Inspection)


def to_json(inspection: Inspection) -> bytes:
    """The inspection as it is kept in the store."""
    return _ADAPTER.dump_json(inspection, indent=1)


def from_json(content: bytes) -> Inspection:
    """The same again. Raises: ValueError for what is no inspection of a known schema."""
    return _ADAPTER.validate_json(content)


def order_of(job: Job) -> Order:
    """What a job ordered. Text-to-video comes out 16:9, else the first frame's aspect (docs/vendor.md#submit)."""
    variant, frame = job.variant, job.variant.first_frame
    bare = Order(duration_s=variant.duration, size=variant.size)
    if frame is None:
        return bare
    aspect = frame.width / frame.height if frame.width and frame.height else None
    return Order(duration_s=variant.duration, size=variant.size, has_first_frame=True, aspect=aspect)
