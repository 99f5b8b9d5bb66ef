"""Everything that can go wrong at the vendor, as one table: where it happens, the answer, and who pays.

Source: docs/vendor.md#errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hailuo.simulator.answers import HttpAnswer, empty, flat, html, nested, ok, plain


class Strikes(StrEnum):
    """Where a fault happens."""

    SUBMIT = "submit"  # the answer to a POST; by rate at every POST
    TASK = "task"  # how an accepted task ends
    STATUS = "status"  # the answer to a GET; by rate at most once per task
    DOWNLOAD = "download"  # the answer to a clip download; by rate at most once per task


class ConnectionEnd(StrEnum):
    """How the connection ends on which the fault happens."""

    ANSWER = "answer"  # with the row's answer
    CUT = "cut"  # without an answer, at once
    SILENCE = "silence"  # without an answer, until the client gives up
    OTHERWISE = "otherwise"  # with the usual answer, changed as the row says


class Failure(StrEnum):
    """Where a failed task shows its error."""

    OBJECT = "object"  # error: {code, message}
    STRING = "string"  # error: "text"
    ABSENT = "absent"  # no error at all
    IN_URL = "in_url"  # no error; the text is in metadata.url
    WITH_URL = "with_url"  # an error, and beside it the URL of a whole clip, which is not refunded


class FaultName(StrEnum):
    """The name of a fault, as `--faults` takes it."""

    INVALID_REQUEST = "invalid_request"
    RATE_LIMIT_1002 = "rate_limit_1002"
    TOKEN_LIMIT_1039 = "token_limit_1039"  # noqa: S105 (a name, no secret)
    CONNECTION_LIMIT_1041 = "connection_limit_1041"
    GROWTH_LIMIT_2045 = "growth_limit_2045"
    UNKNOWN_1000 = "unknown_1000"
    TIMEOUT_1001 = "timeout_1001"
    INTERNAL_1024 = "internal_1024"
    SYSTEM_1033 = "system_1033"
    VENDOR_BALANCE_1008 = "vendor_balance_1008"
    VENDOR_WINDOW_2056 = "vendor_window_2056"
    VENDOR_KEY_1004 = "vendor_key_1004"
    VENDOR_KEY_2049 = "vendor_key_2049"
    SENSITIVE_1026 = "sensitive_1026"
    INVISIBLE_1042 = "invisible_1042"
    INVALID_2013 = "invalid_2013"
    MODEL_PRICE = "model_price"
    KEY_REFUSED = "key_refused"
    PAYMENT_REQUIRED = "payment_required"
    BALANCE_EMPTY = "balance_empty"
    KEY_QUOTA = "key_quota"
    ACCESS_DENIED = "access_denied"
    WRONG_ROUTE = "wrong_route"
    TIMEOUT_408 = "timeout_408"
    TOO_LARGE = "too_large"
    BUSY_429_FLAT = "busy_429_flat"
    BUSY_429_NESTED = "busy_429_nested"
    BUSY_429_EMPTY = "busy_429_empty"
    BUSY_429_RETRY_AFTER = "busy_429_retry_after"
    DO_REQUEST_FAILED = "do_request_failed"
    GET_CHANNEL_FAILED = "get_channel_failed"
    UPSTREAM_4XX = "upstream_4xx"
    UPSTREAM_5XX = "upstream_5xx"
    MODEL_NOT_FOUND = "model_not_found"
    HTML_502 = "html_502"
    HTML_504 = "html_504"
    HTML_524 = "html_524"
    ERROR_IN_200 = "error_in_200"
    DROPPED = "dropped"
    CHARGED_THEN_DROPPED = "charged_then_dropped"
    CHARGED_THEN_SILENCE = "charged_then_silence"
    CHARGED_THEN_408 = "charged_then_408"
    CHARGED_THEN_502 = "charged_then_502"
    CHARGED_THEN_WITHOUT_ID = "charged_then_without_id"
    CHARGED_THEN_UNREADABLE = "charged_then_unreadable"
    SLOW_SUBMIT = "slow_submit"

    FAILED_OBJECT = "failed_object"
    FAILED_STRING = "failed_string"
    FAILED_WITHOUT_ERROR = "failed_without_error"
    FAILED_TEXT_IN_URL = "failed_text_in_url"
    FAILED_MODERATED_1027 = "failed_moderated_1027"
    FAILED_FRAME_DOWNLOAD = "failed_frame_download"
    FAILED_WITH_URL = "failed_with_url"
    STUCK = "stuck"
    URL_LATE = "url_late"
    URL_ON_GATEWAY = "url_on_gateway"

    TASK_NOT_EXIST = "task_not_exist"
    DATA_NULL = "data_null"
    STATUS_429 = "status_429"
    STATUS_500 = "status_500"
    STATUS_502 = "status_502"
    STATUS_UNKNOWN_WORD = "status_unknown_word"
    STATUS_FAILED_ONCE = "status_failed_once"
    STATUS_DROPPED = "status_dropped"
    STATUS_SILENCE = "status_silence"

    URL_EXPIRED = "url_expired"
    DOWNLOAD_TRUNCATED = "download_truncated"
    DOWNLOAD_HALF = "download_half"
    DOWNLOAD_HTML = "download_html"
    DOWNLOAD_REDIRECT = "download_redirect"
    DOWNLOAD_502 = "download_502"
    DOWNLOAD_DROPPED = "download_dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """One fault. `charged` says whether the vendor took the price and made a task.

    `answer` belongs to the ending ANSWER; `failure`, `code` and `message` to a task that fails.
    """

    fault: FaultName
    strikes: Strikes
    says: str
    charged: bool = False
    ending: ConnectionEnd = ConnectionEnd.ANSWER
    answer: HttpAnswer | None = None
    failure: Failure | None = None
    code: str = ""
    message: str = ""


def _refused(fault: FaultName, answer: HttpAnswer, says: str) -> FaultRow:
    return FaultRow(fault=fault, strikes=Strikes.SUBMIT, says=says, answer=answer)


def _minimax(fault: FaultName, code: str, text: str, says: str) -> FaultRow:
    """MiniMax's own codes reach the client as HTTP 400, whatever their meaning."""
    return _refused(fault, flat(400, code, f"hailuo api error: {text}"), says)


def _charged(
    fault: FaultName, says: str, *, answer: HttpAnswer | None, ending: ConnectionEnd = ConnectionEnd.ANSWER
) -> FaultRow:
    return FaultRow(
        fault=fault, strikes=Strikes.SUBMIT, says=says, charged=True, ending=ending, answer=answer
    )


def _fails(fault: FaultName, failure: Failure, code: str, message: str, says: str) -> FaultRow:
    return FaultRow(fault=fault, strikes=Strikes.TASK, says=says, failure=failure, code=code, message=message)


def _status(
    fault: FaultName,
    says: str,
    answer: HttpAnswer | None = None,
    ending: ConnectionEnd = ConnectionEnd.ANSWER,
) -> FaultRow:
    return FaultRow(fault=fault, strikes=Strikes.STATUS, says=says, answer=answer, ending=ending)


def _download(
    fault: FaultName,
    says: str,
    answer: HttpAnswer | None = None,
    ending: ConnectionEnd = ConnectionEnd.OTHERWISE,
) -> FaultRow:
    return FaultRow(fault=fault, strikes=Strikes.DOWNLOAD, says=says, answer=answer, ending=ending)


_SATURATED = "当前分组上游负载已饱和，请稍后再试"
_WINDOW = "You have reached the request limit: maximum 5 requests in 1 minutes"
_WGET = "wget download failed: exit status 8"

_MINIMAX = (
    _minimax(FaultName.RATE_LIMIT_1002, "1002", "rate limit", "MiniMax's rate limit, shown as HTTP 400"),
    _minimax(FaultName.TOKEN_LIMIT_1039, "1039", "token limit", "MiniMax's token limit"),
    _minimax(FaultName.CONNECTION_LIMIT_1041, "1041", "conn limit", "MiniMax's connection limit"),
    _minimax(
        FaultName.GROWTH_LIMIT_2045, "2045", "rate growth limit", "too many requests more than a moment ago"
    ),
    _minimax(FaultName.UNKNOWN_1000, "1000", "unknown error", "MiniMax does not know what went wrong"),
    _minimax(FaultName.TIMEOUT_1001, "1001", "timeout", "MiniMax timed out; the gateway made no task"),
    _minimax(FaultName.INTERNAL_1024, "1024", "internal error", "MiniMax's internal error"),
    _minimax(FaultName.SYSTEM_1033, "1033", "system error", "MiniMax's system error"),
    _minimax(
        FaultName.VENDOR_BALANCE_1008, "1008", "insufficient balance", "the gateway's own balance is used up"
    ),
    _minimax(
        FaultName.VENDOR_WINDOW_2056, "2056", "usage limit exceeded", "the gateway's own plan is used up"
    ),
    _minimax(FaultName.VENDOR_KEY_1004, "1004", "not authorized", "the gateway's own key is refused"),
    _minimax(FaultName.VENDOR_KEY_2049, "2049", "invalid api key", "the gateway's own key is invalid"),
    _minimax(
        FaultName.SENSITIVE_1026, "1026", "input new_sensitive", "prompt or image refused by moderation"
    ),
    _minimax(FaultName.INVISIBLE_1042, "1042", "invisible characters", "too many invisible characters"),
    _minimax(FaultName.INVALID_2013, "2013", "invalid params", "MiniMax refuses the parameters"),
)
_GATEWAY = (
    _refused(
        FaultName.INVALID_REQUEST, flat(400, "invalid_request", "bad field"), "the gateway refuses a field"
    ),
    _refused(
        FaultName.MODEL_PRICE, flat(400, "model_price_error", "price not set"), "the model has no price"
    ),
    _refused(FaultName.KEY_REFUSED, nested(401, "Invalid token"), "the key is not, or no longer, accepted"),
    _refused(
        FaultName.PAYMENT_REQUIRED, nested(402, "Payment required"), "another gateway's word for no balance"
    ),
    _refused(
        FaultName.BALANCE_EMPTY,
        flat(403, "insufficient_user_quota", "用户额度不足"),
        "the balance does not cover",
    ),
    _refused(
        FaultName.KEY_QUOTA,
        flat(403, "pre_consume_token_quota_failed", "token quota"),
        "the key's own limit is used up",
    ),
    _refused(
        FaultName.ACCESS_DENIED,
        nested(403, "Access denied", code="access_denied"),
        "this key or address may not",
    ),
    _refused(
        FaultName.WRONG_ROUTE,
        nested(404, "Invalid URL (POST /v1/videos)", kind="invalid_request_error"),
        "the route is not there",
    ),
    _refused(
        FaultName.TIMEOUT_408, nested(408, "Request timeout"), "the gateway timed out; nothing was made"
    ),
    _refused(
        FaultName.TOO_LARGE, flat(413, "read_request_body_failed", "body too large"), "the body is too large"
    ),
    _refused(FaultName.BUSY_429_FLAT, flat(429, "fail_to_fetch_task", _SATURATED), "every channel is busy"),
    _refused(FaultName.BUSY_429_NESTED, nested(429, _WINDOW), "the user's own request limit"),
    _refused(FaultName.BUSY_429_EMPTY, empty(429), "the address's request limit, without a body"),
    _refused(
        FaultName.BUSY_429_RETRY_AFTER,
        nested(429, _WINDOW, headers={"Retry-After": "30"}),
        "a request limit that says how long to wait",
    ),
    _refused(
        FaultName.DO_REQUEST_FAILED,
        flat(500, "do_request_failed", "EOF"),
        "the gateway cannot talk to MiniMax",
    ),
    _refused(
        FaultName.GET_CHANNEL_FAILED, flat(500, "get_channel_failed", "database"), "a fault before sending"
    ),
    _refused(
        FaultName.UPSTREAM_4XX, flat(422, "fail_to_fetch_task", "{}"), "MiniMax's HTTP 422 passed through"
    ),
    _refused(
        FaultName.UPSTREAM_5XX, flat(503, "fail_to_fetch_task", "{}"), "MiniMax's HTTP 503 passed through"
    ),
    _refused(
        FaultName.MODEL_NOT_FOUND,
        nested(503, "No available channel for this model under group default", code="model_not_found"),
        "all channels of the model are down",
    ),
    _refused(FaultName.HTML_502, html(502, "502 Bad Gateway"), "a proxy gave up; nothing was made"),
    _refused(FaultName.HTML_504, html(504, "504 Gateway Time-out"), "a proxy gave up; nothing was made"),
    _refused(FaultName.HTML_524, html(524, "524: A timeout occurred"), "a proxy gave up; nothing was made"),
    _refused(
        FaultName.ERROR_IN_200,
        ok({"code": "fail_to_fetch_task", "message": "", "data": None}),
        "an error inside a 200",
    ),
    FaultRow(
        fault=FaultName.DROPPED,
        strikes=Strikes.SUBMIT,
        ending=ConnectionEnd.CUT,
        says="cut before anything was made",
    ),
)
_AMBIGUOUS = (
    _charged(
        FaultName.CHARGED_THEN_DROPPED,
        "made and charged, then the connection is cut",
        answer=None,
        ending=ConnectionEnd.CUT,
    ),
    _charged(
        FaultName.CHARGED_THEN_SILENCE,
        "made and charged, but no answer ever comes",
        answer=None,
        ending=ConnectionEnd.SILENCE,
    ),
    _charged(FaultName.CHARGED_THEN_408, "made and charged, then 408", answer=nested(408, "Request timeout")),
    _charged(
        FaultName.CHARGED_THEN_502,
        "made and charged, then a proxy's 502",
        answer=html(502, "502 Bad Gateway"),
    ),
    _charged(
        FaultName.CHARGED_THEN_WITHOUT_ID,
        "made and charged, then 200 without an id",
        answer=ok({"object": "video", "status": "", "progress": 0}),
    ),
    _charged(
        FaultName.CHARGED_THEN_UNREADABLE,
        "made and charged, then 200 that is no JSON",
        answer=plain(200, '{"id": "ta'),
    ),
    _charged(
        FaultName.SLOW_SUBMIT, "the proper answer, after 90 s", answer=None, ending=ConnectionEnd.OTHERWISE
    ),
)
_TASK = (
    _fails(FaultName.FAILED_OBJECT, Failure.OBJECT, "1000", "unknown error", "fails, error is an object"),
    _fails(FaultName.FAILED_STRING, Failure.STRING, "", "render failed", "fails, error is a string"),
    _fails(FaultName.FAILED_WITHOUT_ERROR, Failure.ABSENT, "", "", "fails, and no error is given"),
    _fails(
        FaultName.FAILED_TEXT_IN_URL,
        Failure.IN_URL,
        "",
        "task failed upstream",
        "fails, the reason is in metadata.url",
    ),
    _fails(
        FaultName.FAILED_MODERATED_1027,
        Failure.OBJECT,
        "1027",
        "output new_sensitive",
        "the clip is moderated",
    ),
    _fails(FaultName.FAILED_FRAME_DOWNLOAD, Failure.OBJECT, "", _WGET, "the first frame cannot be fetched"),
    _fails(
        FaultName.FAILED_WITH_URL,
        Failure.WITH_URL,
        "",
        "poll timeout",
        "says failed, charges, and has the clip",
    ),
    FaultRow(fault=FaultName.STUCK, strikes=Strikes.TASK, says="stays in_progress for ever"),
    FaultRow(fault=FaultName.URL_LATE, strikes=Strikes.TASK, says="completed two ticks before its URL comes"),
    FaultRow(
        fault=FaultName.URL_ON_GATEWAY,
        strikes=Strikes.TASK,
        says="the URL is the gateway's own /content, which wants the key",
    ),
)
_STATUS = (
    _status(FaultName.TASK_NOT_EXIST, "unknown at first", flat(400, "task_not_exist", "task_not_exist")),
    _status(FaultName.DATA_NULL, "an empty envelope", ok({"code": "success", "message": "", "data": None})),
    _status(FaultName.STATUS_429, "too many reads, without a body", empty(429)),
    _status(FaultName.STATUS_500, "a database error", nested(500, "database error")),
    _status(FaultName.STATUS_502, "a proxy gave up", html(502, "502 Bad Gateway")),
    _status(
        FaultName.STATUS_UNKNOWN_WORD, "a status word that no client knows", ending=ConnectionEnd.OTHERWISE
    ),
    _status(
        FaultName.STATUS_FAILED_ONCE,
        "one poll says failed, the next does not",
        ending=ConnectionEnd.OTHERWISE,
    ),
    _status(FaultName.STATUS_DROPPED, "the connection is cut", ending=ConnectionEnd.CUT),
    _status(FaultName.STATUS_SILENCE, "no answer ever comes", ending=ConnectionEnd.SILENCE),
)
_DOWNLOAD = (
    _download(FaultName.URL_EXPIRED, "the URL is no longer honoured; the next GET has a fresh one"),
    _download(FaultName.DOWNLOAD_TRUNCATED, "fewer bytes come than Content-Length says"),
    _download(FaultName.DOWNLOAD_HALF, "half the clip, with a Content-Length that fits the half"),
    _download(FaultName.DOWNLOAD_HTML, "200, but a web page", html(200, "Welcome"), ConnectionEnd.ANSWER),
    _download(FaultName.DOWNLOAD_REDIRECT, "a redirect to where the clip is"),
    _download(FaultName.DOWNLOAD_502, "a proxy gave up", html(502, "502 Bad Gateway"), ConnectionEnd.ANSWER),
    _download(FaultName.DOWNLOAD_DROPPED, "the connection is cut halfway", ending=ConnectionEnd.CUT),
)


FAULTS: Mapping[FaultName, FaultRow] = {
    row.fault: row for row in _MINIMAX + _GATEWAY + _AMBIGUOUS + _TASK + _STATUS + _DOWNLOAD
}


def submit_faults(*, charged: bool) -> tuple[FaultRow, ...]:
    """All faults of a POST after which the price is, or is not, taken."""
    return tuple(r for r in FAULTS.values() if r.strikes is Strikes.SUBMIT and r.charged == charged)
