"""What one answer, or none at all, means: the row of the table in `faults` that fits it, and what was said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from hailuo.vendor.error_table import (
    ABOUT_ANOTHER,
    LOST_AFTER_SEND,
    PICTURE_REFUSED,
    TABLE,
    WITHOUT_ANSWER,
    Cause,
    Meaning,
    exceptions,
)
from hailuo.vendor.wire import ErrorBody, Shape, error_body, parse_json, plain, task_named_in

if TYPE_CHECKING:
    import httpx

_RETRY_AFTER_LIMIT_SECONDS: Final = 86_400.0
_SECONDS: Final = re.compile(r"\d{1,9}(\.\d{1,6})?")
_ROWS: Final = {row.name: row for row in (*TABLE, *WITHOUT_ANSWER, ABOUT_ANOTHER, PICTURE_REFUSED)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An answer that is no success, or none at all. `name` is the row's; `code` and `message` the vendor's.

    `message` is one line of at most 500 characters without the key. `retry_after_seconds` is what
    the vendor asked for, None if it did not.
    """

    meaning: Meaning
    name: str
    http_status: int | None
    code: str | None
    message: str
    retry_after_seconds: float | None
    request_id: str | None
    most_repeats: int | None
    cause: Cause

    @property
    def remedy(self) -> str:
        """What a person can do about it, in one sentence."""
        row = _ROWS.get(self.name)
        return row.remedy if row else ""

    @property
    def is_of_model(self) -> bool:
        """Whether a refusal of the run may hold for the model of the order alone."""
        row = _ROWS.get(self.name)
        return row is not None and row.of_model

    def __str__(self) -> str:
        said = " ".join(str(part) for part in (self.http_status, self.code, self.message) if part)
        return f"{self.name} ({said})" if said else self.name


def read_fault(
    status: int,
    body: bytes,
    headers: Mapping[str, str],
    *,
    secret: SecretStr | None = None,
    asked: str | None = None,
) -> Fault:
    """What an answer means that is no success; `secret` is cut out of its text. Never raises.

    `asked` is the task id of a poll: an answer to it may name a task and refuse all the same.
    """
    said = _said(body, secret=secret, may_name_a_task=asked is not None)
    row = next(row for row in TABLE if row.fits(status, said))
    lower = {name.lower(): value for name, value in headers.items()}
    return Fault(
        meaning=row.meaning,
        name=row.name,
        http_status=status,
        code=plain(said.code, secret=secret) or None,
        message=said.message or _unreadable(body, secret),
        retry_after_seconds=_retry_after_seconds(lower),
        request_id=request_id_of(lower, secret=secret),
        most_repeats=row.most_repeats,
        cause=row.cause,
    )


def _said(body: bytes, *, secret: SecretStr | None, may_name_a_task: bool) -> ErrorBody:
    if not body.strip():
        return ErrorBody(shape=Shape.EMPTY)
    said = error_body(parse_json(body), secret=secret)
    task_id = None if may_name_a_task else task_named_in(body)
    if task_id is None:
        return said
    message = f"it names task {plain(task_id, secret=secret)}: {said.message or _unreadable(body, secret)}"
    return ErrorBody(shape=Shape.TASK, code=said.code, message=message)


def _unreadable(body: bytes, secret: SecretStr | None) -> str:
    """What to show of a body that is no answer of the gateway's; a proxy's page says nothing more."""
    text = plain(body.decode("utf-8", "replace"), secret=secret)
    return "a web page in place of an answer" if text.startswith("<") else text


def fault_about_another(
    status: int, headers: Mapping[str, str], *, other: str, secret: SecretStr | None = None
) -> Fault:
    """A poll that was answered about the task `other`: it says nothing about the one that was asked for."""
    lower = {name.lower(): value for name, value in headers.items()}
    return Fault(
        meaning=ABOUT_ANOTHER.meaning,
        name=ABOUT_ANOTHER.name,
        http_status=status,
        code=None,
        message=f"it is about task {plain(other, secret=secret)}",
        retry_after_seconds=None,
        request_id=request_id_of(lower, secret=secret),
        most_repeats=ABOUT_ANOTHER.most_repeats,
        cause=ABOUT_ANOTHER.cause,
    )


def fault_about_picture(
    status: int,
    headers: Mapping[str, str],
    said: tuple[str | None, str],
    *,
    secret: SecretStr | None = None,
) -> Fault:
    """A picture that the vendor does not register, with its code and message."""
    code, message = said
    lower = {name.lower(): value for name, value in headers.items()}
    return Fault(
        meaning=PICTURE_REFUSED.meaning,
        name=PICTURE_REFUSED.name,
        http_status=status,
        code=plain(code, secret=secret) or None,
        message=message,
        retry_after_seconds=None,
        request_id=request_id_of(lower, secret=secret),
        most_repeats=PICTURE_REFUSED.most_repeats,
        cause=PICTURE_REFUSED.cause,
    )


def fault_of(error: "httpx.RequestError | OSError", *, secret: SecretStr | None = None) -> Fault:
    """What it means that no answer came; anything after bytes may have left is UNCLEAR."""
    known = exceptions()
    row = next((known[kind] for kind in type(error).__mro__ if kind in known), LOST_AFTER_SEND)
    return Fault(
        meaning=row.meaning,
        name=row.name,
        http_status=None,
        code=None,
        message=plain(f"{type(error).__name__}: {error}", secret=secret),
        retry_after_seconds=None,
        request_id=None,
        most_repeats=row.most_repeats,
        cause=row.cause,
    )


def request_id_of(headers: Mapping[str, str], *, secret: SecretStr | None = None) -> str | None:
    """The id to quote to the vendor's support; header names in lower case."""
    named = headers.get("x-oneapi-request-id") or headers.get("x-request-id")
    return plain(named, secret=secret) or None


def _retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, at most a day; its date form is counted from the answer's own Date."""
    text = headers.get("retry-after", "").strip()
    seconds = float(text) if _SECONDS.fullmatch(text) else _seconds_until(text, headers.get("date", ""))
    return None if seconds is None else min(max(0.0, seconds), _RETRY_AFTER_LIMIT_SECONDS)


def _seconds_until(then: str, now: str) -> float | None:
    try:
        return (parsedate_to_datetime(then) - parsedate_to_datetime(now)).total_seconds()
    except (TypeError, ValueError, OverflowError):  # no dates, or one of them without its zone
        return None
