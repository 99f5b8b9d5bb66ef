"""From jobs and what the ledger knows of them to rows of the manifest."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

import pandas as pd

from hailuo.campaign.ad_names import ad_name, utm_content
from hailuo.campaign.job import Job
from hailuo.campaign.model import SETTING_AXES, SyntheticPerformer
from hailuo.ledger.facts import Attempt, JobRecord, JobState, OutcomeKind
from hailuo.ledger.money import Fate, items_of, sums_of
from hailuo.publish.manifest.columns import COLUMNS, CURRENCY, SCHEMA, Pick, Status
from hailuo.publish.manifest.copies import Copy, copy_job
from hailuo.publish.manifest.judgements import Judgement

_PROVIDER = "imarouter"
_WATERMARK = "aigc_watermark"  # the vendor's parameter for a mark that people see
_MADE_BY_A_MODEL = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_GRANTS = re.compile(r"sig|token|credential|expires|key|auth|policy", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A job with everything its row is made of.

    `price_usd` is what its next attempt would cost, None where none will be bought; one made brings its own price.
    `clip_uri` says where the clip lies, where that is not simply its key in the store. `measured` are columns that
    somebody knows from the clip itself, previews by their keys; `judgements` are newest first.
    """

    job: Job
    record: JobRecord
    state: JobState
    price_usd: Decimal | None = None
    clip_uri: str | None = None
    measured: Mapping[str, object] = field(default_factory=dict)
    judgements: Sequence[Judgement] = ()
    copies: Sequence[Copy] = ()


def build(
    entries: Sequence[Entry],
    *,
    store_uri: str,
    synthetic_performer: SyntheticPerformer = SyntheticPerformer.UNKNOWN,
) -> pd.DataFrame:
    """One row per job in the order given, each followed by its clip's copies, with every column of `COLUMNS`; what is
    not known is None.

    All columns have dtype object and hold plain values: str, int, float, bool, Decimal (money), dict, list;
    times are RFC 3339 in UTC. Clips and frames are named `{store_uri}/{key}`, or by the key alone where
    `store_uri` is empty.
    """
    axes = _varying_axes([entry.job for entry in entries])
    rows = [
        {**row, "synthetic_performer": synthetic_performer.value}
        for entry in entries
        for row in (
            _row(entry, axes=axes, store_uri=store_uri),
            *(_copy_row(entry, copy, axes=axes, store_uri=store_uri) for copy in entry.copies),
        )
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


def _row(entry: Entry, *, axes: Sequence[str], store_uri: str) -> dict[str, object]:
    known = {
        **_identity(entry.job),
        **_ordered(entry.job, axes),
        **_first_frame(entry.job, store_uri),
        **_life(entry),
        **_times(entry.record),
        **_money(entry),
        **_measured(entry.measured, store_uri),
        **_clip(entry, store_uri),
        **_disclosed(entry.job, entry.measured),
        **_judged(entry.judgements),
    }
    return {column: known.get(column) for column in COLUMNS}


def _copy_row(entry: Entry, copy: Copy, *, axes: Sequence[str], store_uri: str) -> dict[str, object]:
    """A copy was not ordered and cost nothing: it has no task, no attempt and no price."""
    job = copy_job(entry.job, copy)
    known = {
        **_identity(job),
        **_ordered(job, axes),
        **_first_frame(job, store_uri),
        "provider": _PROVIDER,
        "status": Status.STORED.value,
        "state": JobState.STORED.value,
        "attempts": 0,
        "stored_at": _rfc3339(copy.made_at),
        "cost_currency": CURRENCY,
        **_measured(copy.measured, store_uri),
        "s3_uri": _uri(store_uri, copy.key),
        "sha256": copy.sha256,
        "derived_from": entry.job.creative_id,
        "derivation": copy.derivation,
        **_disclosed(job, copy.measured),
        **_judged([]),
    }
    return {column: known.get(column) for column in COLUMNS}


def _measured(measured: Mapping[str, object], store_uri: str) -> dict[str, object]:
    return {
        column: _uri(store_uri, value) if column.endswith("_uri") and isinstance(value, str) else value
        for column, value in measured.items()
    }


def _disclosed(job: Job, measured: Mapping[str, object]) -> dict[str, object]:
    told = job.variant.parameters.get(_WATERMARK)
    return {
        "ai_generated": True,
        "digital_source_type": measured.get("digital_source_type") or _MADE_BY_A_MODEL,
        "watermark_visible": None if told is None else str(told).casefold() == "true",
    }


def _judged(judgements: Sequence[Judgement]) -> dict[str, object]:
    """The newest word in the columns, everybody's newest word in the list."""
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


def _identity(job: Job) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "creative_id": job.creative_id,
        "campaign_id": job.campaign,
        "campaign_name": job.campaign,
        "batch_id": job.edition,
        "edition": job.edition,
        "cell_id": job.variant.variant_id,
        "variant_id": job.variant.variant_id,
        "ad_name": ad_name(job),
        "utm_content": utm_content(job),
    }


def _ordered(job: Job, axes: Sequence[str]) -> dict[str, object]:
    variant = job.variant
    label = job.levels.get("prompt")
    return {
        "prompt_id": label,
        "prompt_label": label,
        "prompt": variant.prompt,
        "prompt_sha256": hashlib.sha256(variant.prompt.encode()).hexdigest(),
        "prompt_vars": _prompt_vars(job),
        "model": variant.model,
        "duration_req": variant.duration,
        "size_req": variant.size,
        "take": job.take,
        "params": dict(sorted(variant.parameters.items())),
        "factors": {axis: job.levels.get(axis) for axis in axes},
        "is_control": job.is_control,
    }


def _prompt_vars(job: Job) -> dict[str, str]:
    settings = {*SETTING_AXES, *job.variant.parameters}
    return {axis: label for axis, label in sorted(job.levels.items()) if axis not in settings}


def _first_frame(job: Job, store_uri: str) -> dict[str, object]:
    frame = job.variant.first_frame
    if frame is None:
        return {}
    return {
        "first_frame_id": frame.label,
        "first_frame_sha256": frame.sha256,
        "first_frame_uri": _without_grant(frame.url) if frame.url else _uri(store_uri, job.frame_key),
    }


def _without_grant(url: str) -> str:
    """The URL without a signature or password: a manifest is passed on."""
    parts = urlsplit(url)
    query = "" if _GRANTS.search(parts.query) else parts.query
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


def _varying_axes(jobs: Sequence[Job]) -> list[str]:
    """The axes with more than one level over these jobs: settings first, then by name."""
    named = {axis for job in jobs for axis in job.levels}
    ordered = [axis for axis in SETTING_AXES if axis in named] + sorted(named - set(SETTING_AXES))
    return [axis for axis in ordered if _several(job.levels.get(axis) for job in jobs)]


def _several(levels: Iterable[str | None]) -> bool:
    return len(set(levels)) > 1


def _life(entry: Entry) -> dict[str, object]:
    record = entry.record
    last = record.last
    return {
        "provider": _PROVIDER,
        "task_id": _task_id(record),
        "request_id": _request_id(last),
        "status": _status(entry.state).value,
        "state": entry.state.value,
        "attempts": len(record.attempts),
        "refunded": last.end.refunded if last and last.end and record.done is None else None,
        **_error(record),
    }


def _status(state: JobState) -> Status:
    """A submit in doubt counts as submitted: it may have been paid, and must not look free to buy."""
    match state:
        case JobState.NEW:
            return Status.PLANNED
        case JobState.SUBMITTED | JobState.IN_DOUBT | JobState.UNKNOWN:
            return Status.SUBMITTED
        case JobState.REFUSED:
            return Status.REJECTED
        case JobState.FAILED:
            return Status.FAILED
        case JobState.STORED:
            return Status.STORED


def _task_id(record: JobRecord) -> str | None:
    """The vendor's name for it; also one that came too late, for whoever has to adopt it."""
    if record.done or record.last is None:
        return record.done.task_id if record.done else None
    if record.adoptable:
        return record.adoptable.orphan.task_id
    if record.last.outcome:
        return record.last.outcome.task_id
    return record.last.intent.adopts if record.last.intent else None


def _request_id(attempt: Attempt | None) -> str | None:
    answer = attempt and (attempt.outcome or attempt.doubt)
    return answer.request_id if answer else None


def _error(record: JobRecord) -> dict[str, object]:
    """Why the job has no clip yet: the last thing that went wrong. A stored job has no error."""
    if record.done or record.last is None:
        return {}
    trouble = record.last.end or record.last.outcome or record.last.doubt
    if trouble is None:
        return {}
    return {"error_code": trouble.code, "error_message": trouble.message}


def _times(record: JobRecord) -> dict[str, object]:
    if done := record.done:
        return {
            "submitted_at": _rfc3339(done.submitted_at),
            "completed_at": _rfc3339(done.completed_at),
            "stored_at": _rfc3339(done.stored_at),
            "render_s": _seconds_between(done.submitted_at, done.completed_at),
        }
    end = record.last.end if record.last else None
    return {
        "submitted_at": _rfc3339(_sent_at(record)),
        "completed_at": _rfc3339(end.at) if end else None,
    }


def _sent_at(record: JobRecord) -> datetime | None:
    """Since when the vendor has it, or may have it; None once it is known that it has not."""
    late, last = record.adoptable, record.last
    if late or last is None:
        return late.orphan.at if late else None
    if last.outcome is None:
        return last.intent.at if last.intent else None
    return last.outcome.at if last.outcome.kind is OutcomeKind.SUBMITTED else None


def _rfc3339(at: datetime | None) -> str | None:
    """UTC with milliseconds always, so that text sorts as time."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds_between(start: datetime, end: datetime | None) -> float | None:
    """None where it is not known, or where two clocks disagree so far that it is negative."""
    if end is None or end < start:
        return None
    return round((end - start).total_seconds(), 3)


def _money(entry: Entry) -> dict[str, object]:
    items = items_of(entry.record)
    sums, ordered = sums_of(items), [item for item in items if item.fate is not Fate.PAID_TWICE]
    is_new = entry.state is JobState.NEW
    return {
        "cost_est": entry.price_usd if is_new or not ordered else ordered[-1].price_usd,
        "cost_actual": entry.record.done.amount_usd if entry.record.done else None,
        "cost_currency": CURRENCY,
        "paid_twice_usd": sums.paid_twice_usd,
        "lost_usd": sums.lost_usd,
        "spent_usd": sums.spent_usd,
        "assumed_usd": sums.assumed_usd,
        "reserved_usd": sums.reserved_usd,
        "to_buy_usd": entry.price_usd if is_new else Decimal(0),
    }


def _clip(entry: Entry, store_uri: str) -> dict[str, object]:
    done = entry.record.done
    if done is None:
        return {}
    uri = entry.clip_uri or _uri(store_uri, done.key)
    return {"s3_uri": uri, "bytes": done.bytes, "sha256": done.sha256}


def _uri(store_uri: str, key: str | None) -> str | None:
    return f"{store_uri.rstrip('/')}/{key}" if store_uri and key else key
