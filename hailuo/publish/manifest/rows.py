"""The rows of the manifest, made from jobs and what the ledger has of them."""

import hashlib
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import pandas as pd

from hailuo.campaign.ad_names import ad_name, utm_content
from hailuo.campaign.job import Job
from hailuo.campaign.model import SETTING_AXES, SyntheticPerformer
from hailuo.campaign.variant import canonical_json, crockford
from hailuo.ledger.facts import Doubt, End, JobRecord, JobState, Refused, Submitted
from hailuo.ledger.money import Fate, items_of, sums_of
from hailuo.media.mark import TRAINED_ALGORITHMIC_MEDIA
from hailuo.publish.manifest.columns import COLUMNS, CURRENCY, SCHEMA, Pick, Status
from hailuo.publish.manifest.judgements import Judgement

SIMULATOR: Final = "simulator"
"""The `provider` of clips that a simulator made: they cost nothing."""
FINISH: Final = "finish"
"""The factor by which finished copies of one clip differ; where an axis has its name, `OTHER_FINISH`."""
OTHER_FINISH: Final = "finish_of_copy"
_WATERMARK: Final = "aigc_watermark"  # the vendor's parameter for a mark that people see
_SIGNATURE: Final = re.compile(r"sig|token|credential|expires|key|auth|policy", re.IGNORECASE)

_STATUS: Final[Mapping[JobState, Status]] = {
    JobState.NEW: Status.PLANNED,
    JobState.SUBMITTED: Status.SUBMITTED,
    JobState.IN_DOUBT: Status.SUBMITTED,  # it may have been paid, and must not look free to buy
    JobState.UNKNOWN: Status.SUBMITTED,
    JobState.REFUSED: Status.REJECTED,
    JobState.FAILED: Status.FAILED,
    JobState.STORED: Status.STORED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFinish:
    """The version of the finish of a copy. Of an earlier text or picture of the version, `is_newest` is False."""

    name: str
    finish_id: str
    text: str
    is_newest: bool

    @property
    def label(self) -> str:
        """The level of the factor `finish`: an earlier text or picture is another one."""
        return self.name if self.is_newest else f"{self.name}.{self.finish_id[:6]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipCopy:
    """A conformed copy: `name` is the placement or aspect that it was made for, `derivation` how it was made."""

    name: str
    key: str
    sha256: str
    derivation: str
    made_at: datetime
    measured: Mapping[str, object] = field(default_factory=dict)
    finish: CopyFinish | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """A job with everything that its row is made of.

    `price_usd` is what its next attempt would cost; None: unknown. Nothing is bought for a job that is not `in_plan`.
    `measured` are columns known from the clip itself, previews by their keys; `judgements` are newest first.
    """

    job: Job
    record: JobRecord
    state: JobState
    price_usd: Decimal | None = None
    in_plan: bool = True
    measured: Mapping[str, object] = field(default_factory=dict)
    judgements: Sequence[Judgement] = ()
    copies: Sequence[ClipCopy] = ()


def build(
    entries: Sequence[ManifestEntry],
    *,
    store_uri: str,
    synthetic_performer: SyntheticPerformer = SyntheticPerformer.UNDECLARED,
    numbers: Mapping[str, int] | None = None,
    is_simulated: bool = False,
) -> pd.DataFrame:
    """One row per job in the order given, each followed by its clip's copies, with every column of `COLUMNS`.

    All columns have dtype object and hold plain values: str, int, float, bool, Decimal (money), dict, list, and None
    for what is not known; times are RFC 3339 in UTC. Clips and frames are named `{store_uri}/{key}`, or by the key
    alone if `store_uri` is empty. `numbers` (creative id -> clip number) are those of the manifest before: they stay, and
    jobs without one get the next. If `is_simulated`, a simulator made the clips, and nothing was billed.
    """
    # The axes with more than one level: settings first, then by name.
    ordered_jobs = [entry.job for entry in entries if entry.job.fallback_for is None]
    levels = [job.levels for job in ordered_jobs]  # a substitute varies nothing: it is compared with no clip
    named = {axis for own in levels for axis in own}
    ordered = [axis for axis in SETTING_AXES if axis in named] + sorted(named - set(SETTING_AXES))
    axes = [axis for axis in ordered if len({own.get(axis) for own in levels}) > 1]
    numbered = dict(numbers or {})
    following = itertools.count(max(numbered.values(), default=0) + 1)
    rows = []
    for entry in entries:
        clip_number = numbered.get(entry.job.creative_id) or next(following)
        made = [_job_row(entry, axes, store_uri)]
        made += [_copy_row(entry, copy, axes, store_uri) for copy in entry.copies]
        rows += [row | {"clip_number": clip_number} for row in made]
    always = {
        "cost_currency": CURRENCY,
        "synthetic_performer": synthetic_performer.value,
        "provider": SIMULATOR if is_simulated else "imarouter",
    }
    complete = [dict.fromkeys(COLUMNS) | always | row for row in rows]
    return pd.DataFrame(complete, columns=list(COLUMNS), dtype=object)


def _job_row(entry: ManifestEntry, axes: Sequence[str], store_uri: str) -> dict[str, object]:
    done = entry.record.clip
    clip = {"s3_uri": _uri(store_uri, done.key), "bytes": done.bytes, "sha256": done.sha256} if done else {}
    return {
        **_ordered(entry.job, axes, store_uri),
        **_life(entry),
        **_times(entry.record),
        **_money(entry),
        **_measured(entry.job, entry.measured, store_uri),
        **clip,
        **_judged(entry.judgements),
    }


def _copy_row(entry: ManifestEntry, copy: ClipCopy, axes: Sequence[str], store_uri: str) -> dict[str, object]:
    """A copy was not ordered and cost nothing: it has no task, no attempt and no price.

    Its creative id is of the original's id and the copy's name, so an ad keeps its id if the copy is made again.
    """
    digest = hashlib.sha256(canonical_json(["copy", entry.job.creative_id, copy.name])).digest()
    job = replace(entry.job, creative_id=crockford(digest, characters=10))
    ordered = _ordered(job, axes, store_uri)
    return {
        **ordered,
        "status": Status.STORED.value,
        "state": JobState.STORED.value,
        "attempts": 0,
        "stored_at": _rfc3339(copy.made_at),
        **_measured(job, copy.measured, store_uri),
        "s3_uri": _uri(store_uri, copy.key),
        "sha256": copy.sha256,
        "derived_from": entry.job.creative_id,
        "derivation": copy.derivation,
        **(_finished(job, copy.finish, ordered["factors"]) if copy.finish else {}),
        **_judged([]),
    }


def _finished(job: Job, finish: CopyFinish, factors: object) -> dict[str, object]:
    """What tells finished copies of one clip apart."""
    axes = dict(factors) if isinstance(factors, Mapping) else {}
    factor = OTHER_FINISH if FINISH in axes else FINISH
    return {
        "finish": finish.name,
        "finish_id": finish.finish_id,
        "finish_text": finish.text or None,
        "is_newest_finish": finish.is_newest,
        "factors": {**axes, factor: finish.label},
        "ad_name": ad_name(job, finish=finish.label),
    }


def _ordered(job: Job, axes: Sequence[str], store_uri: str) -> dict[str, object]:
    """Who the job is, and what it ordered."""
    variant, frame, label = job.variant, job.variant.first_frame, job.levels.get("prompt")
    settings = {*SETTING_AXES, *variant.parameters}
    row: dict[str, object] = {
        "schema": SCHEMA,
        "creative_id": job.creative_id,
        "campaign_id": job.campaign,
        "campaign_name": job.campaign,
        "batch_id": job.edition,
        "edition": job.edition,
        "cell_id": variant.variant_id,
        "variant_id": variant.variant_id,
        "ad_name": ad_name(job),
        "utm_content": utm_content(job),
        "prompt_id": label,
        "prompt_label": label,
        "prompt": variant.prompt,
        "prompt_sha256": hashlib.sha256(variant.prompt.encode()).hexdigest(),
        "prompt_vars": {axis: level for axis, level in sorted(job.levels.items()) if axis not in settings},
        "model": variant.model,
        "duration_req": variant.duration,
        "size_req": variant.size,
        "take": job.take,
        "params": dict(sorted(job.settings.items())),
        "factors": {axis: job.levels.get(axis) for axis in axes},
        "is_control": job.is_control,
        "columns": dict(job.columns),
        "fallback_for": job.fallback_for,
    }
    if asked := job.asked:
        row |= {"family": asked.family, "trust": asked.trust.value, "audio_req": asked.audio}
        row |= {"shape_req": asked.shape, "shape_by": asked.shape_by.value if asked.shape_by else None}
    if job.synthetic_performer:
        row["synthetic_performer"] = job.synthetic_performer.value
    if frame:
        row["first_frame_id"], row["first_frame_sha256"] = frame.label, frame.sha256
        row["first_frame_uri"] = _unsigned(frame.url) if frame.url else _uri(store_uri, job.frame_key)
    return row


def _unsigned(url: str) -> str:
    """The URL without a signature or password: a manifest is passed on."""
    parts = urlsplit(url)
    query = "" if _SIGNATURE.search(parts.query) else parts.query
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


def _life(entry: ManifestEntry) -> dict[str, object]:
    """Where the job is; `error_...` are the last thing that went wrong, and a stored job has none."""
    last, done = entry.record.last, entry.record.done
    damage, fault = entry.record.damage, entry.record.clip_fault
    trouble = last and not done and (last.end or last.outcome or last.doubt)
    return {
        "task_id": _task_id(entry.record),
        "request_id": next((found.request_id for found in (done, last) if found and found.request_id), None),
        "status": _STATUS[entry.state].value,
        "state": entry.state.value,
        "attempts": len(entry.record.attempts),
        "refunded": last.end.refunded if last and last.end and not done else None,
        "error_code": trouble.code if isinstance(trouble, End | Refused | Doubt) else None,
        "error_message": trouble.message if trouble else None,
        **({"error_code": fault.value, "error_message": fault.words} if fault else {}),
        **(
            {"error_code": "damaged", "error_message": str(damage[0])}
            if damage and not entry.record.clip
            else {}
        ),
    }


def _task_id(record: JobRecord) -> str | None:
    """The vendor's id of the task, also of one that came late and waits to be adopted."""
    if record.done or record.last is None:
        return record.done.task_id if record.done else None
    if record.adoptable:
        return record.adoptable.orphan.task_id
    if record.last.outcome:
        return record.last.task_id
    return record.last.intent.adopts if record.last.intent else None


def _times(record: JobRecord) -> dict[str, object]:
    done, end = record.done, record.last.end if record.last else None
    if done is None:
        return {"submitted_at": _rfc3339(_sent_at(record)), "completed_at": _rfc3339(end.at if end else None)}
    seconds = (done.completed_at - done.submitted_at).total_seconds() if done.completed_at else -1
    return {
        "submitted_at": _rfc3339(done.submitted_at),
        "completed_at": _rfc3339(done.completed_at),
        "stored_at": _rfc3339(done.stored_at),
        "render_s": round(seconds, 3) if seconds >= 0 else None,  # below 0: the two clocks disagree
    }


def _sent_at(record: JobRecord) -> datetime | None:
    """Since when the vendor has it, or may have it; None once it is known that the vendor does not."""
    late, last = record.adoptable, record.last
    if late or last is None:
        return late.orphan.at if late else None
    if last.outcome is None:
        return last.intent.at if last.intent else None
    return last.outcome.at if isinstance(last.outcome, Submitted) else None


def _money(entry: ManifestEntry) -> dict[str, object]:
    """By the rules of `hailuo.ledger.money`; all who show a job's money read it from here."""
    items = items_of(entry.record)
    sums, ordered = sums_of(items), [item for item in items if item.fate is not Fate.PAID_TWICE]
    is_new = entry.state is JobState.NEW
    return {
        "cost_est": entry.price_usd if is_new or not ordered else ordered[-1].price_usd,
        "cost_actual": entry.record.done.charge_usd if entry.record.done else None,
        "paid_twice_usd": sums.paid_twice_usd,
        "lost_usd": sums.lost_usd,
        "spent_usd": sums.spent_usd,
        "assumed_usd": sums.assumed_usd,
        "reserved_usd": sums.reserved_usd,
        "to_buy_usd": entry.price_usd if is_new and entry.in_plan else Decimal(0),
    }


def _measured(job: Job, measured: Mapping[str, object], store_uri: str) -> dict[str, object]:
    """What is known of the file, and what must be disclosed about it."""
    row = {
        column: _uri(store_uri, value) if column.endswith("_uri") and isinstance(value, str) else value
        for column, value in measured.items()
    }
    watermark = job.variant.parameters.get(_WATERMARK)
    return {
        **row,
        "ai_generated": True,
        "digital_source_type": measured.get("digital_source_type") or TRAINED_ALGORITHMIC_MEDIA,
        "watermark_visible": None if watermark is None else str(watermark).casefold() == "true",
    }


def _judged(judgements: Sequence[Judgement]) -> dict[str, object]:
    """The newest judgement in the columns, the newest of each reviewer in the list."""
    if not judgements:
        return {"pick": Pick.NONE.value}
    last = judgements[0]
    return {
        "pick": last.pick.value,
        "rating": last.rating,
        "tags": list(last.tags),
        "reviewer": last.reviewer,
        "reviewed_at": _rfc3339(last.reviewed_at),
        "note": last.note,
        "judgements": [judgement.model_dump(mode="json") for judgement in judgements],
    }


def _rfc3339(at: datetime | None) -> str | None:
    """UTC with milliseconds always, so that text sorts as time."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _uri(store_uri: str, key: str | None) -> str | None:
    return f"{store_uri.rstrip('/')}/{key}" if store_uri and key else key
