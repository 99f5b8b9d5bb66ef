"""A task's status as the vendor reports it, read from every shape seen.

Source: docs/vendor.md#status (shapes G1 to G5, words, traps) and docs/vendor.md#fetching-the-clip (where the URL is).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from pydantic import SecretStr

from hailuo.vendor.wire import Shape, amount_of, code_of, error_body, mapping_of, plain

MODERATION_CODES = ("1026", "1027", "*sensitivecontentdetected*", "sensitive_words_detected")
"""Codes (patterns, lower case) of a refusal by content: MiniMax's, Seedance's, new-api's."""


class TaskPhase(StrEnum):
    """The phase of a task at the vendor."""

    PENDING = "pending"
    RENDERING = "rendering"
    COMPLETED = "completed"
    FAILED = "failed"


_WORDS = {
    TaskPhase.PENDING: "unknown not_start queued submitted pending preparing queueing",
    TaskPhase.RENDERING: "in_progress processing running",
    TaskPhase.COMPLETED: "completed succeeded success",
    TaskPhase.FAILED: "failed failure error fail cancelled canceled rejected",
}
_PHASES = {"": TaskPhase.PENDING} | {word: phase for phase, words in _WORDS.items() for word in words.split()}
_STATUS_KEYS = ("status", "progress", "task_id", "id")
_ENDED = frozenset({TaskPhase.COMPLETED, TaskPhase.FAILED})
_MILLISECONDS_FROM = 100_000_000_000
_URL_LIMIT = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatus:
    """What one poll reported. `word` is the vendor's own; a word never seen before means: keep polling.

    `progress` is percent (coarse: 0, 30, 50, 100; no ETA). `clip_urls` come in the order to try
    them and only when COMPLETED; it can be empty even then. `moderated` is by the code, not by text.
    """

    phase: TaskPhase
    word: str = ""
    known_word: bool = True
    progress: int | None = None
    clip_urls: tuple[str, ...] = ()
    amount_usd: Decimal | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    error_code: str | None = None
    error_message: str | None = None
    moderated: bool = False
    model: str | None = None


def is_moderation(code: str | None) -> bool:
    """Whether the code says that prompt, image or clip was refused for its content."""
    return any(fnmatchcase((code or "").lower(), pattern) for pattern in MODERATION_CODES)


def read_status(document: object, *, secret: SecretStr | None = None) -> TaskStatus | None:
    """The status in an answer's JSON; None where the answer has no task.

    An envelope without content (G4: `{"code": "success", "data": null}`) is a task not yet visible.
    """
    outer = mapping_of(document)
    task = _task_in(outer)
    if any(key in task for key in _STATUS_KEYS):
        return _status_of(task, secret)
    is_empty_envelope = "data" in outer and not outer["data"]
    if is_empty_envelope and error_body(outer).shape is Shape.NONE and outer.get("success") is not False:
        return TaskStatus(phase=TaskPhase.PENDING)
    return None


def _task_in(outer: Mapping[str, object]) -> Mapping[str, object]:
    """The task's own fields: under `data` in an envelope, else the document (whose `data` may be raw upstream)."""
    inner = mapping_of(outer.get("data"))
    return inner if inner and "status" not in outer else outer


def _status_of(task: Mapping[str, object], secret: SecretStr | None) -> TaskStatus:
    word = plain(task.get("status"), secret=secret)
    phase = _PHASES.get(word.casefold())
    status = TaskStatus(
        phase=phase or TaskPhase.RENDERING,
        word=word,
        known_word=phase is not None,
        progress=_percent(task.get("progress")),
        amount_usd=_charge(task.get("amount_usd")),
        created_at=_time(task, "created_at", "submit_time"),
        model=plain(task.get("model"), secret=secret) or None,
    )
    return _ended(status, task, secret)


def _ended(status: TaskStatus, task: Mapping[str, object], secret: SecretStr | None) -> TaskStatus:
    """What may be believed only of a task that has ended."""
    # While a task runs, `completed_at` is merely its last update, and `metadata.url` is "".
    ended_at = _time(task, "completed_at", "finish_time")
    match status.phase:
        case TaskPhase.COMPLETED:
            return replace(status, completed_at=ended_at, clip_urls=tuple(_clip_urls(task)))
        case TaskPhase.FAILED:
            code, message = _failure(task, secret)
            return replace(
                status,
                completed_at=ended_at,
                error_code=code,
                error_message=message,
                moderated=is_moderation(code),
            )
        case TaskPhase.PENDING | TaskPhase.RENDERING:
            return status


def _failure(task: Mapping[str, object], secret: SecretStr | None) -> tuple[str | None, str | None]:
    """Code and message: `error` is an object, a text or absent; the reason may hide in `metadata.url`."""
    error = task.get("error")
    details = mapping_of(error)
    texts = (
        details.get("message") if details else error,
        task.get("fail_reason"),
        mapping_of(task.get("metadata")).get("url"),
    )
    message = next((plain(text, secret=secret) for text in texts if text and isinstance(text, str)), "")
    return _code_as_sent(details.get("code"), secret), message or None


def _code_as_sent(value: object, secret: SecretStr | None) -> str | None:
    return plain(value, secret=secret) if code_of(value) else None


def _clip_urls(task: Mapping[str, object]) -> Iterator[str]:
    """Every usable URL once, in the order of docs/vendor.md#fetching-the-clip, then the same under `data`."""
    layers = (task, mapping_of(task.get("data")))
    seen: set[str] = set()
    for url in (url for layer in layers for place in _places(layer) for url in _urls_at(place)):
        if url not in seen:
            seen.add(url)
            yield url


def _places(layer: Mapping[str, object]) -> Sequence[object]:
    return (
        _videos_first(layer.get("results")),
        layer.get("metadata"),
        layer.get("video"),
        layer.get("output"),
        layer.get("video_url"),
        layer.get("result_url"),
        layer.get("url"),
    )


def _videos_first(results: object) -> object:
    if not isinstance(results, list):
        return results
    return sorted(
        results, key=lambda result: not str(mapping_of(result).get("content_type")).startswith("video")
    )


def _urls_at(place: object) -> Iterator[str]:
    """The URLs of a text, of an object with `url`, or of a list of these."""
    for item in place if isinstance(place, list) else [place]:
        url = mapping_of(item).get("url") if isinstance(item, dict) else item
        if isinstance(url, str) and _is_web_url(url.strip()):
            yield url.strip()


def _is_web_url(text: str) -> bool:
    if len(text) > _URL_LIMIT or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname)


def _percent(value: object) -> int | None:
    """Progress from 50, 50.0, "50" or "50%"; kept within 0 to 100."""
    percent = amount_of(value.strip().rstrip("%") if isinstance(value, str) else value)
    return None if percent is None else max(0, min(100, int(percent)))


def _charge(value: object) -> Decimal | None:
    amount = amount_of(value)
    return None if amount is None or amount < 0 else amount


def _time(task: Mapping[str, object], *names: str) -> datetime | None:
    times = (_read_time(task.get(name)) for name in names)
    return next((time for time in times if time), None)


def _read_time(value: object) -> datetime | None:
    """An aware UTC time from Unix seconds or milliseconds, or from ISO 8601 text; 0 means none."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _iso_time(str(value))
    except OverflowError:
        return None
    return _unix_time(seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds)


def _unix_time(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, ValueError, OSError):
        return None


def _iso_time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
