"""The columns of `hailuo.manifest/1.1`, in order. A minor version adds columns, a major one breaks.

One table: JSON Schema, Parquet types, `datapackage.json` and docs/reference/manifest.md are made from it.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from hailuo.campaign.model import SyntheticPerformer
from hailuo.ledger.facts import JobState
from hailuo.media.verdict import Verdict

SCHEMA = "hailuo.manifest/1.1"
CURRENCY = "USD"


class Kind(StrEnum):
    """The type of the values in a column."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MONEY = "money"  # Decimal, in `CURRENCY`
    TIME = "time"  # RFC 3339 in UTC with milliseconds: sorts as text
    TEXTS = "texts"  # a list of texts
    LIST = "list"  # a list of anything
    OBJECT = "object"


class Status(StrEnum):
    """A simpler form of a job's state."""

    PLANNED = "planned"
    SUBMITTED = "submitted"
    STORED = "stored"
    FAILED = "failed"
    REJECTED = "rejected"


class Pick(StrEnum):
    """A reviewer's decision about a creative."""

    NONE = "none"
    PICK = "pick"
    FINALIST = "finalist"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `words` is the closed set of its values, if there is one; `bounds` are the least and the greatest
    value. `required` columns are never null.
    """

    name: str
    kind: Kind
    about: str
    unit: str = ""
    words: tuple[str, ...] = ()
    bounds: tuple[int, int] | None = None
    required: bool = False


def _columns(kind: Kind, unit: str = "", *, required: bool = False, **about: str) -> tuple[Column, ...]:
    """Columns of one kind, by name with what each is about."""
    return tuple(
        Column(name=name, kind=kind, about=text, unit=unit, required=required) for name, text in about.items()
    )


def _words(name: str, words: type[StrEnum], about: str, *, required: bool = False) -> Column:
    return Column(name=name, kind=Kind.TEXT, about=about, words=tuple(words), required=required)


_texts = partial(_columns, Kind.TEXT)
_always = partial(_columns, Kind.TEXT, required=True)
_yes_or_no = partial(_columns, Kind.BOOLEAN)
_integers = partial(_columns, Kind.INTEGER)
_numbers = partial(_columns, Kind.NUMBER)
_amounts = partial(_columns, Kind.MONEY, CURRENCY)
_times = partial(_columns, Kind.TIME)

_IDENTITY = _always(
    schema="the version of this table",
    creative_id="the primary key: ten characters that stay the same from campaign file to ad report",
    campaign_id="the campaign",
    campaign_name="the campaign's name for people",
    batch_id="the edition",
    cell_id="the variant: the same for all its takes",
    ad_name="the name for the ad; the id is at its start, where platforms leave it intact",
    utm_content="the creative id in lower case, for `utm_content`",
)
_ORDER = (
    *_texts(prompt_id="the prompt's label", prompt_label="the prompt's name for people"),
    *_always(prompt="the prompt as sent", prompt_sha256="SHA-256 of the prompt"),
    *_columns(Kind.OBJECT, required=True, prompt_vars="what filled the {axes} of the prompt: axis to label"),
    *_always(model="the model, as the vendor spells it"),
    *_columns(Kind.INTEGER, "s", required=True, duration_req="the length ordered"),
    *_always(size_req="the size ordered"),
    *_texts(
        first_frame_id="the first frame's label",
        first_frame_sha256="SHA-256 of the first frame",
        first_frame_uri="the first frame's place; never a signed link",
    ),
    *_columns(Kind.INTEGER, required=True, take="the n-th clip of the variant"),
    *_columns(
        Kind.OBJECT,
        required=True,
        params="further parameters of the order",
        factors="axis to label, of the axes that vary; in the CSV one column each",
    ),
    *_columns(Kind.BOOLEAN, required=True, is_control="whether it is the baseline"),
)
_LIFE = (
    *_always(provider="who renders: `imarouter`, or `simulator` for clips that cost nothing"),
    *_texts(task_id="the vendor's id", request_id="the vendor's id of the request, for support"),
    _words("status", Status, "a simpler form of `state`", required=True),
    *_columns(Kind.INTEGER, required=True, attempts="submissions made"),
    *_texts(
        error_code="why there is no clip: the vendor's code", error_message="why there is no clip, in words"
    ),
    *_times(
        submitted_at="when the vendor accepted it",
        completed_at="when the vendor completed it",
        stored_at="when the clip's bytes were verified in the store",
    ),
    *_numbers("s", queue_s="waiting at the vendor", render_s="from submit to completion"),
    *_amounts(
        cost_est="the price reserved, or of the attempt to come",
        cost_actual="what the vendor charged, if known",
    ),
    *_always(cost_currency="the currency of all money in this table"),
)
_FILE = (
    *_texts(
        s3_uri="the clip's place: `s3://`, or a path within the store's folder",
        s3_version_id="the object's version",
        s3_etag="the object's entity tag",
    ),
    *_integers("B", bytes="the clip's size"),
    *_texts(
        sha256="SHA-256 of the clip as delivered",
        derived_from="the creative this is a copy of; null for what the vendor delivered",
        derivation="how the copy was made",
        container="mp4",
        video_codec="such as h264",
        profile="of the codec",
        pix_fmt="the pixel format",
    ),
    *_integers("px", width="as shown, with square pixels", height="as shown: turned as the file says"),
    *_numbers("", aspect="width by height"),
    *_numbers("1/s", fps="frames a second"),
    *_integers("", frames="decoded"),
    *_numbers("s", duration_s="as stored"),
    *_integers("bit/s", bitrate_bps="of the whole file"),
    *_yes_or_no(
        faststart="whether it plays before it is loaded", pts_regular="whether the frames are evenly spaced"
    ),
    *_yes_or_no(has_audio="whether there is a sound track"),
    *_texts(audio_codec="such as aac"),
    *_numbers("LUFS", loudness_lufs="integrated loudness (EBU R 128)"),
    *_numbers("dBTP", true_peak_dbtp="true peak"),
)
_CHECKS = (
    *_texts(qa_version="of checks and thresholds"),
    *_numbers("s", black_s="black picture, in all", frozen_longest_s="longest still"),
    *_numbers("%", luma_flicker_pct="flicker of the brightness"),
    *_numbers(
        "% of width/s",
        motion_flow_mean="motion on average",
        motion_flow_top5="motion of the 5 % with the most",
    ),
    *_numbers("0-255", mafd="mean absolute difference of neighbouring frames"),
    *_numbers("0-1", vbench_temporal_flickering="VBench's temporal flickering: 1 is none"),
    *_numbers("0-255", warp_error="what motion does not explain"),
    *_numbers("", sharpness_lapvar="variance of the Laplacian", colourfulness="after Hasler and Süsstrunk"),
    *_numbers("0-255", luma_mean="brightness", contrast_std="its standard deviation"),
    *_numbers("%", clipped_pct="pixels at black or white"),
    *_integers("", scene_cuts="cuts found"),
    *_numbers("0-1", ff_ssim="first frame against the one ordered: SSIM"),
    *_numbers("dB", ff_psnr_db="the same: PSNR"),
    *_integers("0-64", ff_phash_dist="the same: distance of the perceptual hashes"),
    *_columns(
        Kind.TEXTS,
        phash="perceptual hashes of eight frames, hex",
        pdq="PDQ hashes of eight frames, hex",
    ),
    *_texts(near_dup_of="another creative of the edition that looks the same"),
    *_numbers("bit of 256", near_dup_dist="mean PDQ distance to it"),
    _words("qa_verdict", Verdict, "the checks in one word"),
    *_columns(Kind.TEXTS, qa_flags="reason codes; `dispute_...` is not what was ordered"),
    *_columns(Kind.OBJECT, placements="placement to {verdict, reasons}"),
    *_texts(
        poster_uri="a still",
        sheet_uri="a contact sheet",
        proxy_uri="a small video",
        sprite_uri="the stills of the hover preview, side by side",
    ),
)
_DISCLOSURE = (
    *_yes_or_no(ai_generated="true of every clip here"),
    *_texts(digital_source_type="IPTC's term for how it was made"),
    _words(
        "synthetic_performer",
        SyntheticPerformer,
        "whether it shows a synthetic human performer, as a person said",
    ),
    *_texts(c2pa_state="Content Credentials in the file: none, or how they were found"),
    *_yes_or_no(
        aigc_metadata_present="whether the vendor's AIGC mark is in the file's metadata",
        watermark_visible="whether a visible mark was ordered",
    ),
)
_JUDGEMENT = (
    _words("pick", Pick, "the newest pick"),
    Column(name="rating", kind=Kind.INTEGER, about="the newest rating", bounds=(1, 5)),
    *_columns(Kind.TEXTS, tags="the newest tags"),
    *_texts(reviewer="whose newest judgement it is"),
    *_times(reviewed_at="when it was given"),
    *_texts(note="a note"),
)
# Ours, after the published schema.
_OURS = (
    *_always(variant_id="the variant", edition="the edition"),
    _words("state", JobState, "the job's state", required=True),
    *_yes_or_no(refunded="whether a failed job was refunded; null: unknown"),
    *_amounts(
        paid_twice_usd="paid for tasks that came late and were no longer needed",
        lost_usd="paid for attempts that the vendor failed and did not refund",
    ),
    *_columns(Kind.LIST, judgements="the newest judgement of every reviewer, newest first"),
    *_amounts(
        spent_usd="what is spent: the clip's cost, `lost_usd` and `paid_twice_usd`",
        assumed_usd="the part of `spent_usd` that is our own price, because the vendor reported no amount",
        reserved_usd="reserved for an attempt at the vendor, or perhaps at the vendor",
        to_buy_usd="the price of the attempt that the next run buys; null if no price is known",
    ),
    *_columns(
        Kind.OBJECT,
        columns="what travels with its row of a sheet: column to cell; in the CSV one column each",
    ),
    *_integers(
        "", clip_number="the clip's number on gallery and report, which it keeps; a copy has its original's"
    ),
    *_texts(
        family="the family of the model",
        trust="how well the facts of the model are known: verified, documented, reported or guessed",
        shape_req="the shape ordered, such as 9:16",
        shape_by="how the shape was ordered: setting, first_frame or native",
    ),
    *_yes_or_no(audio_req="whether sound was ordered, or is always there"),
    *_texts(
        finish="the version of the finish of a copy; null for clips, and for copies without a finish",
        finish_id="of what is drawn, and of the sound: the same on all placements; another text has another id",
        finish_text="what is written on the copy",
    ),
    *_yes_or_no(is_newest_finish="whether no newer copy of this version was made for this placement"),
    *_texts(fallback_for="the creative that this one replaces, because that one failed and cost nothing"),
)

COLUMN_TABLE: tuple[Column, ...] = (
    *(*_IDENTITY, *_ORDER, *_LIFE, *_FILE),
    *(*_CHECKS, *_DISCLOSURE, *_JUDGEMENT, *_OURS),
)
"""Every column of every manifest, in order; what is not known is null, never absent."""

COLUMNS: tuple[str, ...] = tuple(column.name for column in COLUMN_TABLE)
"""Their names."""

MONEY_COLUMNS: tuple[str, ...] = tuple(column.name for column in COLUMN_TABLE if column.kind is Kind.MONEY)
"""Columns that hold Decimal, in `CURRENCY`."""
