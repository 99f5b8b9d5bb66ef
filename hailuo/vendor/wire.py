"""Reading what the vendor sends, tolerantly: JSON, ids, texts, amounts, and the shapes of an error body.

Nothing here raises, whatever arrives; a value that makes no sense is read as absent.
Source of the shapes: docs/reference/vendor.md#submit, docs/reference/vendor.md#status and docs/reference/vendor.md#errors.
"""

import json
import re
import string
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from pydantic import SecretStr

_TEXT_LIMIT = 500
_READ_LIMIT = 8_192
"""So much of a text is looked through for secrets. Some patterns take quadratic time, and an answer has a megabyte."""

_KEY_LETTERS = string.ascii_letters + string.digits + "-_"
_INTEGER_DIGITS = 40  # Python refuses to convert more than 4,300
_TASK_ID = re.compile(r"[!-~]{1,128}")  # the vendor's are up to 64 characters; opaque
_NO_IDS = frozenset({".", "..", "0", "-1", "null", "none", "nil", "false", "undefined"})
_LIKE_A_TASK = re.compile(r"\btask_[A-Za-z0-9]{8,120}\b")
_TASK_IN_TEXT = re.compile(r"""task_?id[\\"'\s]{0,8}[:=][\\"'\s]{0,8}([\w.-]{1,128})""", re.IGNORECASE)
_ENVELOPES = ("data", "task", "result", "response", "output", "video")
"""Keys under which a gateway puts the task's own fields."""

_SECRET_KEY = re.compile(r"\bsk-[\w-]{8,}")
_GRANT = re.compile(r"""(https?:[\\/]+[^\s"'<>?]*)\?[^\s"'<>]*""", re.IGNORECASE)
"""A URL with a query, also where JSON has escaped its slashes: the query may be a signature."""
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # controls, bidi and zero-width marks, surrogates
_SUCCESS_WORDS = frozenset({"", "0", "200", "ok", "success"})
_AMOUNT_LIMIT_USD = Decimal(1_000_000)
_AMOUNT_STEP_USD = Decimal("0.00000001")
_AMOUNT_DIGITS = 20
_USD_TEXT = re.compile(
    r"(?P<before>-?(?:US)?\$|USD)?\s*(?P<number>[+-]?\d{1,40}(?:\.\d*)?(?:E[+-]?\d{1,18})?)\s*(?:USD|US\$)?",
    re.ASCII | re.IGNORECASE,
)
"""`0.28`, `$0.28`, `US$0.28`, `USD 0.28`, `0.28 USD`; no other currency, and no comma, which can mean two things."""


class Shape(StrEnum):
    """What kind of error body this is."""

    FLAT = "flat"  # {"code": "...", "message": "..."}
    NESTED = "nested"  # {"error": {"message": "...", "code": ""}}, or {"error": "..."}
    MINIMAX = "minimax"  # {"base_resp": {"status_code": 1008, "status_msg": "..."}}, MiniMax's own
    TASK = "task"  # names a task, whatever else it says
    EMPTY = "empty"  # no body
    NONE = "none"  # HTML, or JSON of another kind: perhaps not the gateway's own words


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """What an error body says; `code` is lower case, None where it is missing or empty."""

    shape: Shape
    code: str | None = None
    message: str = ""


def parse_json(body: bytes) -> object:
    """The JSON value, with Decimal for fractions and for very long integers; None where the bytes are no JSON.

    Of a key that comes twice, the last value that is not empty counts. Bytes that are no Unicode are replaced, so that
    a message in another encoding does not cost the task id beside it.
    """
    try:
        return json.loads(
            _decoded(body),
            parse_float=_fraction,
            parse_int=_integer,
            object_pairs_hook=_last_that_is_not_empty,
        )
    except (ValueError, RecursionError):
        return None


def _decoded(body: bytes) -> str:
    return body.decode(json.detect_encoding(body), "replace")


def _fraction(digits: str) -> Decimal | float:
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent that no Decimal has
        return float(digits)


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _INTEGER_DIGITS else Decimal(digits)


def _last_that_is_not_empty(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    return {key: value for key, value in pairs if not value} | {key: value for key, value in pairs if value}


def fields_of(document: object) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every value in a JSON document with the keys that lead to it, at any depth, from outside in."""
    layer: list[tuple[tuple[str, ...], object]] = [((), document)]
    while layer:
        below: list[tuple[tuple[str, ...], object]] = []
        for keys, value in layer:
            yield keys, value
            if isinstance(value, dict):
                below += (((*keys[-8:], key), inner) for key, inner in value.items())
            elif isinstance(value, list):
                below += ((keys, inner) for inner in value)
        layer = below


def plain(value: object, *, secret: SecretStr | None = None) -> str:
    """Text that may be shown and stored: one line, no control characters, no secret, at most 500 characters."""
    try:
        whole = str("" if value is None else value)
    except (RecursionError, ValueError):  # nested too deeply, or an integer of thousands of digits
        return "a value that cannot be shown"
    text = whole[:_READ_LIMIT]
    if len(whole) > _READ_LIMIT:
        text = text.rstrip(
            _KEY_LETTERS
        )  # the cut must not leave half of a key, which nothing would recognise
    text = " ".join(text.split())
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
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _INTEGER_DIGITS:
        value = int(value) if value == int(value) else value
    return plain(value).lower() or None


def layers_of(document: object) -> Sequence[Mapping[str, object]]:
    """The document and the objects in its envelopes, from outside in, three deep at most; lists of one are opened."""
    found = [mapping_of(document)]
    layer = found
    for _ in range(3):
        inner = (_only(outer.get(name)) for outer in layer for name in _ENVELOPES)
        layer = [mapping_of(value) for value in inner if mapping_of(value)]
        found = [*found, *layer]
    return found


def _only(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def task_id_of(document: object) -> str | None:
    """The task id: `task_id`, else `id`, from outside in; else the only `task_id` at any depth.

    An id that looks like a task's goes before one that does not: that may be a request's.
    """
    named = [
        found
        for layer in layers_of(document)
        for name in ("task_id", "id")
        if (found := id_of(layer.get(name)))
    ]
    like_a_task = (task_id for task_id in named if task_id.startswith("task_"))
    if named:
        return next(like_a_task, named[0])
    anywhere = {
        found for keys, value in fields_of(document) if keys[-1:] == ("task_id",) and (found := id_of(value))
    }
    return anywhere.pop() if len(anywhere) == 1 else None


def id_of(value: object) -> str | None:
    """The value if it can be a task id: text or a number, printable ASCII without blanks."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if _TASK_ID.fullmatch(text) and text.lower() not in _NO_IDS else None


def task_named_in(body: bytes) -> str | None:
    """The task that an answer names anywhere: as a field, in a text, or in a body that is no JSON."""
    document = parse_json(body)
    if document is None:
        return _task_in_text(_decoded(body))
    for keys, value in fields_of(document):
        name = keys[-1].replace("_", "").lower() if keys else ""
        task_id = id_of(value)
        if task_id and (name == "taskid" or (name == "id" and task_id.startswith("task_"))):
            return task_id
        if isinstance(value, str) and (found := _task_in_text(value)):
            return found
    return None


def _task_in_text(text: str) -> str | None:
    like_a_task = _LIKE_A_TASK.search(text)
    if like_a_task:
        return like_a_task[0]
    return next((found for match in _TASK_IN_TEXT.finditer(text) if (found := id_of(match[1]))), None)


def error_body(document: object, *, secret: SecretStr | None = None) -> ErrorBody:
    """What an answer that is no success says, in whichever shape."""
    body = mapping_of(document)
    return (
        _flat(body, secret) or _nested(body, secret) or _minimax(body, secret) or ErrorBody(shape=Shape.NONE)
    )


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


def _minimax(body: Mapping[str, object], secret: SecretStr | None) -> ErrorBody | None:
    """MiniMax's own answer, which says no inside a 200. Source: MiniMax, error codes."""
    for keys, value in fields_of(body):
        code = code_of(mapping_of(value).get("status_code")) if keys[-1:] == ("base_resp",) else None
        if code and code not in _SUCCESS_WORDS:
            message = plain(mapping_of(value).get("status_msg"), secret=secret)
            return ErrorBody(shape=Shape.MINIMAX, code=code, message=message)
    return None


def amount_of(value: object) -> Decimal | None:
    """An amount in USD from a JSON number or from text, to eight decimals; None unless below a million.

    Text may name US dollars. Text that names another unit is no amount in USD.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        amount = _usd_in(value) if isinstance(value, str) else Decimal(value)
    except InvalidOperation:
        return None
    if amount is None or not amount.is_finite() or amount.copy_abs() >= _AMOUNT_LIMIT_USD:
        return None
    if amount.adjusted() < _AMOUNT_STEP_USD.adjusted() - 1:
        return Decimal(0)
    rounded = amount.quantize(_AMOUNT_STEP_USD)
    short = rounded == amount and len(amount.as_tuple().digits) <= _AMOUNT_DIGITS
    return amount if short else Decimal(f"{rounded:f}".rstrip("0").rstrip("."))


def _usd_in(text: str) -> Decimal | None:
    found = _USD_TEXT.fullmatch(text.strip())
    if found is None:
        return None
    amount = Decimal(found["number"])
    return amount.copy_negate() if (found["before"] or "").startswith("-") else amount


def read_balance(document: object) -> Decimal | None:
    """The account's balance in USD, from `data.balance_usd`; None where the answer says no, or names another unit."""
    outer = mapping_of(document)
    data = mapping_of(outer.get("data"))
    units = {str(data[name]).upper() for name in ("currency", "unit") if data.get(name)}
    if (
        outer.get("success") is False
        or error_body(outer).shape is not Shape.NONE
        or units - {"USD", "US$", "$"}
    ):
        return None
    return amount_of(data.get("balance_usd"))


def read_models(document: object) -> frozenset[str] | None:
    """The ids of a list of models, from `data[].id`; None where there is no list."""
    listed = mapping_of(document).get("data")
    if not isinstance(listed, list):
        return None
    return frozenset(str(found) for one in listed if (found := mapping_of(one).get("id")))
