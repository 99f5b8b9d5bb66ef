"""Reading what the vendor sends, tolerantly: JSON, ids, texts, amounts, and the shapes of an error body.

Nothing here raises, whatever arrives; a value that makes no sense is read as absent.
Source of the shapes: docs/vendor.md#submit, docs/vendor.md#status and docs/vendor.md#errors.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from pydantic import SecretStr

_TEXT_LIMIT = 500
_TASK_ID = re.compile(r"[!-~]{1,128}")  # the vendor's are up to 64 characters; opaque
_SECRET_KEY = re.compile(r"\bsk-[\w-]{8,}")
_GRANT = re.compile(r"""(https?:[\\/]+[^\s"'<>?]*)\?[^\s"'<>]*""", re.IGNORECASE)
"""A URL with a query, also where JSON has escaped its slashes: the query may be a signature."""
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # controls, bidi and zero-width marks, surrogates
_SUCCESS_WORDS = frozenset({"", "0", "200", "ok", "success"})
_AMOUNT_LIMIT_USD = Decimal(1_000_000)


class Shape(StrEnum):
    """What kind of error body this is."""

    FLAT = "flat"  # {"code": "...", "message": "..."}
    NESTED = "nested"  # {"error": {"message": "...", "code": ""}}, or {"error": "..."}
    TASK = "task"  # says no, and yet names a task
    NONE = "none"  # empty, HTML, or JSON of another kind: perhaps not the gateway's own words


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """What an error body says; `code` is lower case, None where it is missing or empty."""

    shape: Shape
    code: str | None = None
    message: str = ""


def parse_json(body: bytes) -> object:
    """The JSON value, its fractions as Decimal; None where the bytes are no JSON."""
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, InvalidOperation, RecursionError):
        return None


def plain(value: object, *, secret: SecretStr | None = None) -> str:
    """Text that may be shown and stored: one line, no control characters, no secret, at most 500 characters."""
    text = " ".join(str("" if value is None else value).split())
    text = "".join(c for c in text if unicodedata.category(c) not in _UNPRINTABLE)
    # Secrets go before the cut, which might else leave half of one.
    return without_secrets(text, secret=secret)[:_TEXT_LIMIT]


def without_secrets(text: str, *, secret: SecretStr | None = None) -> str:
    """The text without the key, in any case, without what looks like a key, and without queries of URLs."""
    if secret:
        text = re.sub(re.escape(secret.get_secret_value()), "***", text, flags=re.IGNORECASE)
    return _GRANT.sub(r"\1?***", _SECRET_KEY.sub("sk-***", text))


def mapping_of(value: object) -> Mapping[str, object]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def code_of(value: object) -> str | None:
    """An error code as lower-case text; the vendor sends text and numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    return plain(value).lower() or None


def task_id_of(document: object) -> str | None:
    """The task id: `task_id`, else `id`, else the same under `data`."""
    outer = mapping_of(document)
    inner = mapping_of(outer.get("data"))
    named = (_usable_id(layer.get(name)) for layer in (outer, inner) for name in ("task_id", "id"))
    return next((task_id for task_id in named if task_id), None)


def _usable_id(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if _TASK_ID.fullmatch(text) and text not in {".", ".."} else None


def error_body(document: object, *, secret: SecretStr | None = None) -> ErrorBody:
    """What an answer that is no success says, in whichever shape."""
    body = mapping_of(document)
    said = _flat(body, secret) or _nested(body, secret) or ErrorBody(shape=Shape.NONE)
    if said.shape is not Shape.NONE and _names_a_task(body):
        return ErrorBody(shape=Shape.TASK, code=said.code, message=said.message)
    return said


def _flat(body: Mapping[str, object], secret: SecretStr | None) -> ErrorBody | None:
    code = code_of(body.get("code"))
    if code is None or code in _SUCCESS_WORDS:
        return None
    return ErrorBody(shape=Shape.FLAT, code=code, message=plain(body.get("message"), secret=secret))


def _nested(body: Mapping[str, object], secret: SecretStr | None) -> ErrorBody | None:
    error = body.get("error")
    if not error or not isinstance(error, dict | str):
        return None
    inner = mapping_of(error)
    message = inner.get("message") if inner else error
    return ErrorBody(
        shape=Shape.NESTED, code=code_of(inner.get("code")), message=plain(message, secret=secret)
    )


def _names_a_task(body: Mapping[str, object]) -> bool:
    """Whether it holds a task id; a bare `id` may be a request's and counts only when it looks like a task's."""
    layers = (body, mapping_of(body.get("data")))
    ids = (_usable_id(layer.get("id")) or "" for layer in layers)
    return any(_usable_id(layer.get("task_id")) for layer in layers) or any(
        task_id.startswith("task_") for task_id in ids
    )


def amount_of(value: object) -> Decimal | None:
    """An amount in USD from a JSON number or numeric text; None unless finite and sensible."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < _AMOUNT_LIMIT_USD else None


def read_balance(document: object) -> Decimal | None:
    """The account's balance in USD, from `data.balance_usd`."""
    return amount_of(mapping_of(mapping_of(document).get("data")).get("balance_usd"))
