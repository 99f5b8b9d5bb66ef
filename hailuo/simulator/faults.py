"""Everything that can go wrong at the vendor, as one table: where it happens, the answer, and who pays.

Source: docs/reference/vendor.md#errors.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from hailuo.simulator.answers import HttpAnswer, empty, flat, html, nested, ok, plain


class Strikes(StrEnum):
    """Where a fault happens."""

    SUBMIT = "submit"  # the answer to a POST; by rate at every POST
    TASK = "task"  # how an accepted task ends
    STATUS = "status"  # the answer to a GET; by rate at most once per task
    DOWNLOAD = "download"  # the answer to a clip download; by rate at most once per task
    ASSET = "asset"  # the registration of a picture


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
    PERSON_IN_FRAME = "person_in_frame"
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
    MINIMAX_1002 = "minimax_1002"
    MINIMAX_1008 = "minimax_1008"
    MINIMAX_1026 = "minimax_1026"
    PAGE_404 = "page_404"
    DROPPED = "dropped"
    CHARGED_THEN_DROPPED = "charged_then_dropped"
    CHARGED_THEN_SILENCE = "charged_then_silence"
    CHARGED_THEN_408 = "charged_then_408"
    CHARGED_THEN_502 = "charged_then_502"
    CHARGED_THEN_WITHOUT_ID = "charged_then_without_id"
    CHARGED_THEN_UNREADABLE = "charged_then_unreadable"
    CHARGED_THEN_402_WITH_TASK = "charged_then_402_with_task"
    CHARGED_THEN_404_PAGE = "charged_then_404_page"
    CHARGED_THEN_OTHER_TASK = "charged_then_other_task"
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
    URL_NEVER = "url_never"
    URL_RELATIVE = "url_relative"
    END_IN_UNKNOWN_WORD = "end_in_unknown_word"
    SHAPE_KLING = "shape_kling"
    SHAPE_MINIMAX = "shape_minimax"
    STATUS_FAILS_WHEN_READY = "status_fails_when_ready"
    CLIP_TINY = "clip_tiny"

    TASK_NOT_EXIST = "task_not_exist"
    DATA_NULL = "data_null"
    STATUS_429 = "status_429"
    STATUS_500 = "status_500"
    STATUS_502 = "status_502"
    STATUS_UNKNOWN_WORD = "status_unknown_word"
    STATUS_OF_ANOTHER = "status_of_another"
    STATUS_WAIT_A_DAY = "status_wait_a_day"
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

    ASSET_REFUSED = "asset_refused"
    ASSET_DROPPED = "asset_dropped"
    ASSET_502 = "asset_502"
    ASSET_NO_ROUTE = "asset_no_route"


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


_Faults = Mapping[FaultName, tuple[HttpAnswer | ConnectionEnd, str]]
"""How each fault ends, with an answer or without one, and what it is."""


def _minimax(code: str, text: str) -> HttpAnswer:
    """MiniMax's own codes reach the client as HTTP 400, whatever their meaning."""
    return flat(400, code, f"hailuo api error: {text}")


def _in_200(code: int, text: str) -> HttpAnswer:
    """MiniMax's own answer, as it comes without a gateway's conversion."""
    return ok({"task_id": "", "base_resp": {"status_code": code, "status_msg": text}})


PERSON_CODE = "InputImageSensitiveContentDetected.PrivacyInformation"
_SATURATED = "当前分组上游负载已饱和，请稍后再试"
_WINDOW = "You have reached the request limit: maximum 5 requests in 1 minutes"
_WGET = "wget download failed: exit status 8"

_UNCHARGED: _Faults = {
    FaultName.RATE_LIMIT_1002: (_minimax("1002", "rate limit"), "MiniMax's rate limit, shown as HTTP 400"),
    FaultName.TOKEN_LIMIT_1039: (_minimax("1039", "token limit"), "MiniMax's token limit"),
    FaultName.CONNECTION_LIMIT_1041: (_minimax("1041", "conn limit"), "MiniMax's connection limit"),
    FaultName.GROWTH_LIMIT_2045: (
        _minimax("2045", "rate growth limit"),
        "too many requests more than a moment ago",
    ),
    FaultName.UNKNOWN_1000: (_minimax("1000", "unknown error"), "MiniMax does not know what went wrong"),
    FaultName.TIMEOUT_1001: (_minimax("1001", "timeout"), "MiniMax timed out; the gateway made no task"),
    FaultName.INTERNAL_1024: (_minimax("1024", "internal error"), "MiniMax's internal error"),
    FaultName.SYSTEM_1033: (_minimax("1033", "system error"), "MiniMax's system error"),
    FaultName.VENDOR_BALANCE_1008: (
        _minimax("1008", "insufficient balance"),
        "the gateway's own balance is used up",
    ),
    FaultName.VENDOR_WINDOW_2056: (
        _minimax("2056", "usage limit exceeded"),
        "the gateway's own plan is used up",
    ),
    FaultName.VENDOR_KEY_1004: (_minimax("1004", "not authorized"), "the gateway's own key is refused"),
    FaultName.VENDOR_KEY_2049: (_minimax("2049", "invalid api key"), "the gateway's own key is invalid"),
    FaultName.SENSITIVE_1026: (
        _minimax("1026", "input new_sensitive"),
        "prompt or image refused by moderation",
    ),
    FaultName.PERSON_IN_FRAME: (
        flat(400, PERSON_CODE, "the request failed because the input image may contain real person"),
        "the first frame shows a real person and is not registered",
    ),
    FaultName.INVISIBLE_1042: (_minimax("1042", "invisible characters"), "too many invisible characters"),
    FaultName.INVALID_2013: (_minimax("2013", "invalid params"), "MiniMax refuses the parameters"),
    FaultName.INVALID_REQUEST: (flat(400, "invalid_request", "bad field"), "the gateway refuses a field"),
    FaultName.MODEL_PRICE: (flat(400, "model_price_error", "price not set"), "the model has no price"),
    FaultName.KEY_REFUSED: (nested(401, "Invalid token"), "the key is not, or no longer, accepted"),
    FaultName.PAYMENT_REQUIRED: (nested(402, "Payment required"), "another gateway's word for no balance"),
    FaultName.BALANCE_EMPTY: (
        flat(403, "insufficient_user_quota", "用户额度不足"),
        "the balance does not cover",
    ),
    FaultName.KEY_QUOTA: (
        flat(403, "pre_consume_token_quota_failed", "token quota"),
        "the key's own limit is used up",
    ),
    FaultName.ACCESS_DENIED: (
        nested(403, "Access denied", code="access_denied"),
        "this key or address may not",
    ),
    FaultName.WRONG_ROUTE: (
        nested(404, "Invalid URL (POST /v1/videos)", kind="invalid_request_error"),
        "the route is not there",
    ),
    FaultName.TIMEOUT_408: (nested(408, "Request timeout"), "the gateway timed out; nothing was made"),
    FaultName.TOO_LARGE: (flat(413, "read_request_body_failed", "body too large"), "the body is too large"),
    FaultName.BUSY_429_FLAT: (flat(429, "fail_to_fetch_task", _SATURATED), "every channel is busy"),
    FaultName.BUSY_429_NESTED: (nested(429, _WINDOW), "the user's own request limit"),
    FaultName.BUSY_429_EMPTY: (empty(429), "the address's request limit, without a body"),
    FaultName.BUSY_429_RETRY_AFTER: (
        nested(429, _WINDOW, headers={"Retry-After": "30"}),
        "a request limit that says how long to wait",
    ),
    FaultName.DO_REQUEST_FAILED: (
        flat(500, "do_request_failed", "EOF"),
        "the gateway cannot talk to MiniMax",
    ),
    FaultName.GET_CHANNEL_FAILED: (flat(500, "get_channel_failed", "database"), "a fault before sending"),
    FaultName.UPSTREAM_4XX: (flat(422, "fail_to_fetch_task", "{}"), "MiniMax's HTTP 422 passed through"),
    FaultName.UPSTREAM_5XX: (flat(503, "fail_to_fetch_task", "{}"), "MiniMax's HTTP 503 passed through"),
    FaultName.MODEL_NOT_FOUND: (
        nested(503, "No available channel for this model under group default", code="model_not_found"),
        "all channels of the model are down",
    ),
    FaultName.HTML_502: (html(502, "502 Bad Gateway"), "a proxy gave up; nothing was made"),
    FaultName.HTML_504: (html(504, "504 Gateway Time-out"), "a proxy gave up; nothing was made"),
    FaultName.HTML_524: (html(524, "524: A timeout occurred"), "a proxy gave up; nothing was made"),
    FaultName.ERROR_IN_200: (
        ok({"code": "fail_to_fetch_task", "message": "", "data": None}),
        "an error inside a 200",
    ),
    FaultName.MINIMAX_1002: (_in_200(1002, "rate limit"), "MiniMax's own rate limit, inside a 200"),
    FaultName.MINIMAX_1008: (
        _in_200(1008, "insufficient balance"),
        "MiniMax's own word for no balance, inside a 200",
    ),
    FaultName.MINIMAX_1026: (_in_200(1026, "input new_sensitive"), "MiniMax's own moderation, inside a 200"),
    FaultName.PAGE_404: (html(404, "404 Not Found"), "a firewall's page; nothing was made"),
    FaultName.DROPPED: (ConnectionEnd.CUT, "cut before anything was made"),
}
_CHARGED: _Faults = {
    FaultName.CHARGED_THEN_DROPPED: (ConnectionEnd.CUT, "made and charged, then the connection is cut"),
    FaultName.CHARGED_THEN_SILENCE: (ConnectionEnd.SILENCE, "made and charged, but no answer ever comes"),
    FaultName.CHARGED_THEN_408: (nested(408, "Request timeout"), "made and charged, then 408"),
    FaultName.CHARGED_THEN_502: (html(502, "502 Bad Gateway"), "made and charged, then a proxy's 502"),
    FaultName.CHARGED_THEN_402_WITH_TASK: (
        nested(402, "Payment required for {task_id}"),
        "made and charged, then a refusal that names the task",
    ),
    FaultName.CHARGED_THEN_404_PAGE: (
        html(404, "404 Not Found"),
        "made and charged, then a firewall's page in place of the answer",
    ),
    FaultName.CHARGED_THEN_OTHER_TASK: (
        ok({"id": "{first_task_id}", "task_id": "{first_task_id}", "status": "queued", "progress": 0}),
        "made and charged, then answered with the first task's id",
    ),
    FaultName.CHARGED_THEN_WITHOUT_ID: (
        ok({"object": "video", "status": "", "progress": 0}),
        "made and charged, then 200 without an id",
    ),
    FaultName.CHARGED_THEN_UNREADABLE: (
        plain(200, '{"id": "ta'),
        "made and charged, then 200 that is no JSON",
    ),
    FaultName.SLOW_SUBMIT: (ConnectionEnd.OTHERWISE, "the proper answer, after 90 s"),
}
_TASK: Mapping[FaultName, tuple[Failure | None, str, str, str]] = {
    # where the error is shown, its code, its message; what it is
    FaultName.FAILED_OBJECT: (Failure.OBJECT, "1000", "unknown error", "fails, error is an object"),
    FaultName.FAILED_STRING: (Failure.STRING, "", "render failed", "fails, error is a string"),
    FaultName.FAILED_WITHOUT_ERROR: (Failure.ABSENT, "", "", "fails, and no error is given"),
    FaultName.FAILED_TEXT_IN_URL: (
        Failure.IN_URL,
        "",
        "task failed upstream",
        "fails, the reason is in metadata.url",
    ),
    FaultName.FAILED_MODERATED_1027: (
        Failure.OBJECT,
        "1027",
        "output new_sensitive",
        "the clip is moderated",
    ),
    FaultName.FAILED_FRAME_DOWNLOAD: (Failure.OBJECT, "", _WGET, "the first frame cannot be fetched"),
    FaultName.FAILED_WITH_URL: (
        Failure.WITH_URL,
        "",
        "poll timeout",
        "says failed, charges, and has the clip",
    ),
    FaultName.STUCK: (None, "", "", "stays in_progress for ever"),
    FaultName.URL_LATE: (None, "", "", "completed two ticks before its URL comes"),
    FaultName.URL_ON_GATEWAY: (None, "", "", "the URL is the gateway's own /content, which wants the key"),
    FaultName.URL_NEVER: (None, "", "", "completed, and no URL ever comes; /content has the clip"),
    FaultName.URL_RELATIVE: (None, "", "", "the URL is only a path"),
    FaultName.END_IN_UNKNOWN_WORD: (
        None,
        "",
        "",
        "ends in a word that no client knows, with progress and URL",
    ),
    FaultName.SHAPE_KLING: (None, "", "", "reported in Kling's shape"),
    FaultName.SHAPE_MINIMAX: (None, "", "", "reported in MiniMax's own shape"),
    FaultName.STATUS_FAILS_WHEN_READY: (None, "", "", "polls answer 500 once the clip is ready"),
    FaultName.CLIP_TINY: (None, "", "", "a whole film of a kilobyte or two, not as ordered"),
}
_STATUS: _Faults = {
    FaultName.TASK_NOT_EXIST: (flat(400, "task_not_exist", "task_not_exist"), "unknown at first"),
    FaultName.DATA_NULL: (ok({"code": "success", "message": "", "data": None}), "an empty envelope"),
    FaultName.STATUS_429: (empty(429), "too many reads, without a body"),
    FaultName.STATUS_500: (nested(500, "database error"), "a database error"),
    FaultName.STATUS_502: (html(502, "502 Bad Gateway"), "a proxy gave up"),
    FaultName.STATUS_UNKNOWN_WORD: (ConnectionEnd.OTHERWISE, "a status word that no client knows"),
    FaultName.STATUS_OF_ANOTHER: (ConnectionEnd.OTHERWISE, "an answer about another task"),
    FaultName.STATUS_WAIT_A_DAY: (
        empty(429, headers={"Retry-After": "86400"}),
        "too many reads, and a day to wait",
    ),
    FaultName.STATUS_FAILED_ONCE: (ConnectionEnd.OTHERWISE, "one poll says failed, the next does not"),
    FaultName.STATUS_DROPPED: (ConnectionEnd.CUT, "the connection is cut"),
    FaultName.STATUS_SILENCE: (ConnectionEnd.SILENCE, "no answer ever comes"),
}
_DOWNLOAD: _Faults = {
    FaultName.URL_EXPIRED: (
        ConnectionEnd.OTHERWISE,
        "the URL is no longer honoured; the next GET has a fresh one",
    ),
    FaultName.DOWNLOAD_TRUNCATED: (ConnectionEnd.OTHERWISE, "fewer bytes come than Content-Length says"),
    FaultName.DOWNLOAD_HALF: (
        ConnectionEnd.OTHERWISE,
        "half the clip, with a Content-Length that fits the half",
    ),
    FaultName.DOWNLOAD_HTML: (html(200, "Welcome"), "200, but a web page"),
    FaultName.DOWNLOAD_REDIRECT: (ConnectionEnd.OTHERWISE, "a redirect to where the clip is"),
    FaultName.DOWNLOAD_502: (html(502, "502 Bad Gateway"), "a proxy gave up"),
    FaultName.DOWNLOAD_DROPPED: (ConnectionEnd.CUT, "the connection is cut halfway"),
}


_ASSET: _Faults = {
    FaultName.ASSET_REFUSED: (
        ConnectionEnd.OTHERWISE,
        "registered, and refused as a picture of a real person",
    ),
    FaultName.ASSET_DROPPED: (ConnectionEnd.CUT, "registered, then the connection is cut"),
    FaultName.ASSET_502: (html(502, "502 Bad Gateway"), "a proxy gave up; nothing was registered"),
    FaultName.ASSET_NO_ROUTE: (
        nested(404, "Invalid URL (POST /v1/assets/create)", kind="invalid_request_error"),
        "the gateway registers no pictures",
    ),
}


def _rows(strikes: Strikes, faults: _Faults, *, charged: bool = False) -> Iterator[FaultRow]:
    for fault, (end, says) in faults.items():
        row = FaultRow(fault=fault, strikes=strikes, says=says, charged=charged)
        yield replace(row, answer=end) if isinstance(end, HttpAnswer) else replace(row, ending=end)


FAULTS: Mapping[FaultName, FaultRow] = {
    row.fault: row
    for row in (
        *_rows(Strikes.SUBMIT, _UNCHARGED),
        *_rows(Strikes.SUBMIT, _CHARGED, charged=True),
        *(
            FaultRow(
                fault=fault, strikes=Strikes.TASK, says=says, failure=failure, code=code, message=message
            )
            for fault, (failure, code, message, says) in _TASK.items()
        ),
        *_rows(Strikes.STATUS, _STATUS),
        *_rows(Strikes.DOWNLOAD, _DOWNLOAD),
        *_rows(Strikes.ASSET, _ASSET),
    )
}


def submit_faults(*, charged: bool) -> tuple[FaultRow, ...]:
    """All faults of a POST after which the price is, or is not, taken."""
    return tuple(r for r in FAULTS.values() if r.strikes is Strikes.SUBMIT and r.charged == charged)
