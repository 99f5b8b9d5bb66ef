"""The columns of `hailuo.manifest/1.0`, in order. A minor version adds columns, a major one breaks."""

__all__ = ["COLUMNS", "CURRENCY", "MONEY_COLUMNS", "SCHEMA"]

SCHEMA = "hailuo.manifest/1.0"
CURRENCY = "USD"

_IDENTITY = (
    *("schema", "creative_id", "campaign_id", "campaign_name", "batch_id", "cell_id", "ad_name"),
    "utm_content",
)
_ORDER = (
    *("prompt_id", "prompt_label", "prompt", "prompt_sha256", "prompt_vars"),
    *("model", "duration_req", "size_req", "first_frame_id", "first_frame_sha256", "first_frame_uri"),
    *("take", "params", "factors", "is_control"),
)
_LIFE = (
    *("provider", "task_id", "request_id", "status", "attempts", "error_code", "error_message"),
    *("submitted_at", "completed_at", "stored_at", "queue_s", "render_s"),
    *("cost_est", "cost_actual", "cost_currency"),
)
_FILE = (
    *("s3_uri", "s3_version_id", "s3_etag", "bytes", "sha256", "derived_from", "derivation"),
    *("container", "video_codec", "profile", "pix_fmt", "width", "height", "aspect", "fps", "frames"),
    *("duration_s", "bitrate_bps", "faststart", "pts_regular"),
    *("has_audio", "audio_codec", "loudness_lufs", "true_peak_dbtp"),
)
_CHECKS = (
    *("qa_version", "black_s", "frozen_longest_s", "luma_flicker_pct"),
    *("motion_flow_mean", "motion_flow_top5", "mafd", "vbench_temporal_flickering", "warp_error"),
    *("sharpness_lapvar", "colourfulness", "luma_mean", "contrast_std", "clipped_pct", "scene_cuts"),
    *("ff_ssim", "ff_psnr_db", "ff_phash_dist", "phash", "pdq", "near_dup_of", "near_dup_dist"),
    *("qa_verdict", "qa_flags", "placements", "poster_uri", "sheet_uri", "proxy_uri", "strip_uri"),
)
_DISCLOSURE_AND_JUDGEMENT = (
    *("ai_generated", "digital_source_type", "synthetic_performer"),
    *("c2pa_state", "aigc_metadata_present", "watermark_visible"),
    *("pick", "rating", "tags", "reviewer", "reviewed_at", "note"),
)
# Ours, after the published schema: `state` is the exact word of `hailuo.job.JobState`, of which `status`
# is the coarser published one; `refunded` says whether a failed job's money came back (null: not told);
# `paid_twice_usd` is at the vendor for tasks that came late and that the job no longer needed; `lost_usd` for
# attempts that the vendor failed and did not refund, as far as it told.
_OURS = ("variant_id", "edition", "state", "refunded", "paid_twice_usd", "lost_usd")

COLUMNS: tuple[str, ...] = (
    *_IDENTITY,
    *_ORDER,
    *_LIFE,
    *_FILE,
    *_CHECKS,
    *_DISCLOSURE_AND_JUDGEMENT,
    *_OURS,
)
"""Every column of every manifest; what is not known is null, never absent."""

MONEY_COLUMNS = ("cost_est", "cost_actual", "paid_twice_usd", "lost_usd")
"""Columns that hold Decimal, in `CURRENCY`."""
