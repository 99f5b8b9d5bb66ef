"""A task's status as the vendor reports it, read from every shape seen.

Source: docs/reference/vendor.md#status (shapes G1 to G5, words, traps) and docs/reference/vendor.md#fetching-the-clip (where the URL is).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final, Literal

from pydantic import SecretStr

from hailuo.vendor.clip_urls import clip_urls, is_web_url
from hailuo.vendor.wire import (
    Shape,
    amount_of,
    code_of,
    error_body,
    fields_of,
    id_of,
    layers_of,
    mapping_of,
    plain,
)

MODERATION_CODES = ("1026", "1027", "601400", "*sensitivecontentdetected*", "sensitive_words_detected")
"""Codes (patterns, lower case) of a refusal by content: MiniMax's, Seedance's, new-api's."""

PEOPLE_CODES = ("601400", "inputimagesensitivecontentdetected.privacyinformation")
"""Those of a picture that shows a real person, which must be registered first."""


class TaskPhase(StrEnum):
    """The phase of a task at the vendor."""

    PENDING = "pending"
    RENDERING = "rendering"
    COMPLETED = "completed"
    FAILED = "failed"


_WORDS = {
    TaskPhase.PENDING: "unknown not_start queued submitted pending preparing queueing",
    TaskPhase.RENDERING: "in_progress processing running",
    TaskPhase.COMPLETED: "completed succeeded success succeed",
    TaskPhase.FAILED: "failed failure error fail cancelled canceled rejected",
}
_PHASES = {"": TaskPhase.PENDING} | {word: phase for phase, words in _WORDS.items() for word in words.split()}
_NO_WORDS: Final[Mapping[str, TaskPhase]] = MappingProxyType({})
_WORD_KEYS = ("status", "task_status", "state")
_PROGRESS_KEYS = ("progress", "progress_percent", "percentage")
_ID_KEYS = ("task_id", "id")
_ID_NAMES = frozenset({"id", "taskid", "videoid", "jobid"})
"""Names of fields with the id of a task, in lower case without underscores."""
_DONE_PERCENT = 100
_REFUND_FLAGS = ("refunded", "refund", "is_refunded")
_REFUND_AMOUNTS = ("refund_usd", "refunded_usd", "refund_amount_usd", "refunded_amount_usd")
_AMOUNT_TEXT_LIMIT = 40
_MILLISECONDS_FROM = 100_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatus:
    """What one poll reported. `word` is the vendor's own.

    A word that is not known, with progress at 100 and a URL beside it, is COMPLETED: a download is free and verified.
    Any other word that is not known is RENDERING. `progress` is percent (coarse: 0, 30, 50, 100; no ETA).
    `clip_urls` come in the order to try them: of a task that is COMPLETED (perhaps none) or FAILED, or whose word is
    not known while its progress is not below 100. `moderated` is by the code, not by text.
    `amount_usd` is the charge, 0 or more; `amount_text` is what was said of it where that is no such amount. A run that
    sees the charge in the balance instead says so in `amount_by`.
    `refunded` is what a failed task says of its refund; None where it says nothing.
    `changed_at` is when the vendor last changed the task, whatever its phase: a tick of its refresh.
    """

    phase: TaskPhase
    word: str = ""
    known_word: bool = True
    progress: int | None = None
    clip_urls: tuple[str, ...] = ()
    amount_usd: Decimal | None = None
    amount_text: str | None = None
    amount_by: Literal["vendor", "balance"] = "vendor"
    refunded: bool | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    changed_at: datetime | None = field(default=None, compare=False)
    error_code: str | None = None
    error_message: str | None = None
    moderated: bool = False
    model: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it looks as if nothing more will come, in whatever word the vendor says so."""
        if self.known_word:
            return self.phase in {TaskPhase.COMPLETED, TaskPhase.FAILED}
        return bool(self.clip_urls or self.error_message or self.progress == _DONE_PERCENT)


def is_moderation(code: str | None) -> bool:
    """Whether the code says that prompt, image or clip was refused for its content."""
    return any(fnmatchcase((code or "").lower(), pattern) for pattern in MODERATION_CODES)


def is_about_people(code: str | None) -> bool:
    """Whether the code says that a picture was refused because it shows a real person."""
    return any(fnmatchcase((code or "").lower(), pattern) for pattern in PEOPLE_CODES)


def read_status(
    document: object,
    *,
    asked: str | None = None,
    secret: SecretStr | None = None,
    base_url: str | None = None,
    words: Mapping[str, TaskPhase] = _NO_WORDS,
) -> TaskStatus | None:
    """The status in an answer's JSON; None where the answer has no task.

    `asked` is the task id of the poll, `base_url` what relative URLs are relative to, and `words` more status words,
    in lower case. An envelope without content (G4: `{"code": "success", "data": null}`) is a task not yet visible.
    """
    outer = mapping_of(_about(document, asked))
    task = _task_in(outer, asked)
    if any(key in task for key in (*_WORD_KEYS, *_PROGRESS_KEYS, *_ID_KEYS)):
        return _status_of(task, outer, words, base_url=base_url, secret=secret)
    is_empty_envelope = "data" in outer and not outer["data"]
    if is_empty_envelope and error_body(outer).shape is Shape.NONE and outer.get("success") is not False:
        return TaskStatus(phase=TaskPhase.PENDING)
    return None


def other_task_in(document: object, asked: str) -> str | None:
    """The task that an answer to a poll of `asked` is about, where it is another one.

    An answer that names tasks somewhere, and never the one that was asked for, is about another too.
    """
    about = _about(document, asked)
    if about is document and (strange := _only_others_in(document, asked)):
        return strange
    task = _task_in(mapping_of(about), asked)
    task_id, bare_id = (id_of(task.get(key)) for key in _ID_KEYS)
    # Beside a task id, a bare id may be a row's number or a request's.
    named = [
        found
        for found in (task_id, bare_id)
        if found and (found == task_id or not task_id or _is_like_a_task(found))
    ]
    return next((found for found in named if found != asked), None)


def _about(document: object, asked: str | None) -> object:
    """The answer; of one with several tasks, such as a list, the one that was asked for."""
    if not asked or any(_names(layer, asked) for layer in layers_of(document)):
        return document
    objects = (mapping_of(value) for _, value in fields_of(document))
    return next((found for found in objects if _names(found, asked)), document)


def _names(fields: Mapping[str, object], asked: str) -> bool:
    """Whether these are a task's own fields, with a status and the id that was asked for."""
    has_word = any(key in fields for key in _WORD_KEYS)
    return has_word and asked in {id_of(fields.get(key)) for key in _ID_KEYS}


def _only_others_in(document: object, asked: str) -> str | None:
    """The first task that is named at any depth, where none of them is the one that was asked for."""
    ids = [
        found
        for keys, value in fields_of(document)
        if keys and keys[-1].replace("_", "").lower() in _ID_NAMES and (found := id_of(value))
    ]
    return None if asked in ids else next(filter(_is_like_a_task, ids), None)


def _is_like_a_task(text: str) -> bool:
    return text.startswith("task_")


def _task_in(outer: Mapping[str, object], asked: str | None) -> Mapping[str, object]:
    """The task's own fields: the outermost object with a status and the id that was asked for, or the next best.

    An envelope may have a `status` of its own, and a task may hold the raw answer of its maker, with another status.
    """
    layers = layers_of(outer)
    with_word = [layer for layer in layers if any(key in layer for key in _WORD_KEYS)]
    asked_for = (
        layer for layer in with_word if asked and asked in {id_of(layer.get(key)) for key in _ID_KEYS}
    )
    named = (layer for layer in with_word if any(key in layer for key in (*_ID_KEYS, *_PROGRESS_KEYS)))
    any_id = (layer for layer in layers if any(key in layer for key in (*_ID_KEYS, *_PROGRESS_KEYS)))
    found = next(asked_for, None) or next(named, None) or next(iter(with_word), None) or next(any_id, None)
    return found or outer


def _status_of(
    task: Mapping[str, object],
    outer: Mapping[str, object],
    words: Mapping[str, TaskPhase],
    *,
    base_url: str | None,
    secret: SecretStr | None,
) -> TaskStatus:
    word = plain(_first(task, *_WORD_KEYS), secret=secret)
    known = words.get(word.lower()) or _PHASES.get(word.casefold())
    progress = _percent(_first(task, *_PROGRESS_KEYS))
    urls = tuple(clip_urls(task, outer, base_url)) if _may_have_clip(known, progress) else ()
    ended = known is None and progress == _DONE_PERCENT and urls
    phase = known or (TaskPhase.COMPLETED if ended else TaskPhase.RENDERING)
    amount = task.get("amount_usd")
    charge = _charge(amount)
    status = TaskStatus(
        phase=phase,
        word=word,
        known_word=known is not None,
        progress=progress,
        clip_urls=urls,
        amount_usd=charge,
        amount_text=plain(amount, secret=secret)[:_AMOUNT_TEXT_LIMIT] or None if charge is None else None,
        created_at=_time(task, "created_at", "submit_time"),
        changed_at=_time(task, "completed_at", "finish_time"),
        model=plain(task.get("model"), secret=secret) or None,
    )
    if phase in {TaskPhase.COMPLETED, TaskPhase.FAILED}:  # while a task runs, this is merely its last update
        status = replace(status, completed_at=status.changed_at)
    if phase is TaskPhase.COMPLETED:
        return status
    code, message = _failure(task, outer, secret, failed=phase is TaskPhase.FAILED)
    return replace(
        status,
        error_code=code,
        error_message=message,
        moderated=phase is TaskPhase.FAILED and is_moderation(code),
        refunded=_refund(status.amount_usd, task) if phase is TaskPhase.FAILED else None,
    )


def _first(task: Mapping[str, object], *names: str) -> object:
    return next((task[name] for name in names if name in task), None)


def _may_have_clip(known: TaskPhase | None, progress: int | None) -> bool:
    if known:
        return known in {TaskPhase.COMPLETED, TaskPhase.FAILED}
    return progress is None or progress == _DONE_PERCENT


def _failure(
    task: Mapping[str, object], outer: Mapping[str, object], secret: SecretStr | None, *, failed: bool
) -> tuple[str | None, str | None]:
    """Code and message: `error` is an object, a text or absent; of a failed task the reason may hide in `metadata.url`.

    MiniMax's own code is in `base_resp`.
    """
    error = task.get("error")
    details = mapping_of(error)
    texts = [details.get("message") if details else error, task.get("fail_reason")]
    hidden = mapping_of(task.get("metadata")).get("url")
    if failed and isinstance(hidden, str) and not is_web_url(hidden.strip()):
        texts.append(hidden)
    message = next((plain(text, secret=secret) for text in texts if text and isinstance(text, str)), "")
    code = _code_as_sent(details.get("code"), secret)
    minimax = error_body({"base_resp": _first_base_resp(task, outer)}, secret=secret)
    return code or minimax.code, message or minimax.message or None


def _first_base_resp(*layers: Mapping[str, object]) -> object:
    return next((layer["base_resp"] for layer in layers if "base_resp" in layer), None)


def _code_as_sent(value: object, secret: SecretStr | None) -> str | None:
    return plain(value, secret=secret) if code_of(value) else None


def _percent(value: object) -> int | None:
    """Progress from 50, 50.0, "50" or "50%"; kept within 0 to 100."""
    percent = amount_of(value.strip().rstrip("%") if isinstance(value, str) else value)
    return None if percent is None else max(0, min(100, int(percent)))


def _charge(value: object) -> Decimal | None:
    amount = amount_of(value)
    return None if amount is None or amount < 0 else amount


def _refund(charge_usd: Decimal | None, task: Mapping[str, object]) -> bool | None:
    """What a failed task says of its refund: in words of its own, else by what it still charges."""
    said = next((task[key] for key in _REFUND_FLAGS if isinstance(task.get(key), bool)), None)
    if isinstance(said, bool):
        return said
    returned = next((usd for key in _REFUND_AMOUNTS if (usd := amount_of(task.get(key))) is not None), None)
    if returned is not None:
        return returned > 0 and returned >= (charge_usd or 0)
    return None if charge_usd is None else charge_usd == 0


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
