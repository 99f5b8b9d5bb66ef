"""The error table: what each answer means for the money."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from hailuo.vendor.error_table import TABLE, Cause, Meaning, Row, exceptions
from hailuo.vendor.read_fault import fault_of, read_fault
from hailuo.vendor.wire import Shape

FLAT, NESTED, NONE, EMPTY, MINIMAX = "flat", "nested", "none", "empty", "minimax"


def body_of(shape: str, code: str) -> bytes:
    """A body as the vendor sends it."""
    match shape:
        case "flat":
            return json.dumps({"code": code or "any_other", "message": "no", "data": None}).encode()
        case "nested":
            return json.dumps({"error": {"message": "no", "type": "new_api_error", "code": code}}).encode()
        case "minimax":
            return json.dumps(
                {"task_id": "", "base_resp": {"status_code": int(code or "9"), "status_msg": "no"}}
            ).encode()
        case "empty":
            return b""
        case "task":
            return json.dumps({"code": code or "any_other", "data": {"task_id": "task_1"}}).encode()
        case _:
            return b"<html><body>no</body></html>"


def example_of(row: Row) -> tuple[int, bytes]:
    """The plainest answer that the row describes."""
    status = int(row.statuses[0].replace("?", "7").replace("*", "699"))
    code = row.codes[0].replace("*", "") if row.codes else ""
    shape = row.shapes[0] if len(row.shapes) < len(Shape) else Shape.NONE
    return status, body_of(shape, code)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_row_decides_its_own_example(row: Row) -> None:
    """No row is hidden by one above it, and a fault carries what its row says."""
    status, body = example_of(row)

    fault = read_fault(status, body, {})

    assert fault.name == row.name
    assert (fault.meaning, fault.cause, fault.most_repeats) == (row.meaning, row.cause, row.most_repeats)
    assert fault.remedy == row.remedy


# The table of docs/reference/vendor.md#errors, line by line, in the vendor's words.
CONTRACT = [
    (400, FLAT, "invalid_request", Meaning.REFUSED_JOB, Cause.INVALID_REQUEST),
    (400, NESTED, "", Meaning.REFUSED_JOB, Cause.INVALID_REQUEST),
    (400, FLAT, "model_price_error", Meaning.REFUSED_WAIT, Cause.CONFIGURATION),
    (400, FLAT, "invalid_api_platform", Meaning.REFUSED_WAIT, Cause.CONFIGURATION),
    (400, FLAT, "model_mapping_failed", Meaning.REFUSED_WAIT, Cause.CONFIGURATION),
    (400, FLAT, "1002", Meaning.REFUSED_WAIT, Cause.RATE_LIMIT),
    (400, FLAT, "1039", Meaning.REFUSED_WAIT, Cause.RATE_LIMIT),
    (400, FLAT, "1041", Meaning.REFUSED_WAIT, Cause.RATE_LIMIT),
    (400, FLAT, "2045", Meaning.REFUSED_WAIT, Cause.RATE_LIMIT),
    (400, FLAT, "1000", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (400, FLAT, "1001", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (400, FLAT, "1024", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (400, FLAT, "1033", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (400, FLAT, "1008", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (400, FLAT, "2056", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (400, FLAT, "1004", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (400, FLAT, "2049", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (400, FLAT, "1026", Meaning.REFUSED_JOB, Cause.MODERATION),
    (400, FLAT, "InputImageSensitiveContentDetected.X", Meaning.REFUSED_JOB, Cause.MODERATION),
    (400, FLAT, "InputImageSensitiveContentDetected.PrivacyInformation", Meaning.REFUSED_JOB, Cause.PEOPLE),
    (400, FLAT, "601400", Meaning.REFUSED_JOB, Cause.PEOPLE),
    (400, FLAT, "1042", Meaning.REFUSED_JOB, Cause.INVALID_REQUEST),
    (400, FLAT, "2013", Meaning.REFUSED_JOB, Cause.INVALID_REQUEST),
    (400, FLAT, "task_not_exist", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (401, NESTED, "", Meaning.REFUSED_RUN, Cause.KEY),
    (402, NESTED, "", Meaning.REFUSED_RUN, Cause.BALANCE),
    (403, FLAT, "insufficient_user_quota", Meaning.REFUSED_RUN, Cause.BALANCE),
    (403, FLAT, "pre_consume_token_quota_failed", Meaning.REFUSED_RUN, Cause.BALANCE),
    (403, NESTED, "", Meaning.REFUSED_RUN, Cause.KEY),
    (403, NESTED, "access_denied", Meaning.REFUSED_RUN, Cause.KEY),
    (404, NESTED, "", Meaning.REFUSED_RUN, Cause.CONFIGURATION),
    (408, FLAT, "1002", Meaning.UNCLEAR, Cause.NETWORK),
    (413, FLAT, "read_request_body_failed", Meaning.REFUSED_JOB, Cause.INVALID_REQUEST),
    (429, FLAT, "fail_to_fetch_task", Meaning.REFUSED_WAIT, Cause.RATE_LIMIT),
    (429, NESTED, "", Meaning.REFUSED_WAIT, Cause.RATE_LIMIT),
    (429, EMPTY, "", Meaning.REFUSED_WAIT, Cause.RATE_LIMIT),
    (500, FLAT, "do_request_failed", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (500, FLAT, "read_response_body_failed", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (500, FLAT, "unmarshal_response_body_failed", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (500, FLAT, "get_channel_failed", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (500, FLAT, "gen_relay_info_failed", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (500, FLAT, "build_request_failed", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (500, NESTED, "query_data_error", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (503, FLAT, "fail_to_fetch_task", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (422, FLAT, "fail_to_fetch_task", Meaning.REFUSED_JOB, Cause.INVALID_REQUEST),
    (403, FLAT, "fail_to_fetch_task", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (503, NESTED, "model_not_found", Meaning.REFUSED_WAIT, Cause.CONFIGURATION),
    (501, FLAT, "not_implemented", Meaning.UNCLEAR, Cause.VENDOR_FAULT),
    (502, NONE, "", Meaning.UNCLEAR, Cause.NETWORK),
    (504, NONE, "", Meaning.UNCLEAR, Cause.NETWORK),
    (524, NONE, "", Meaning.UNCLEAR, Cause.NETWORK),
    (200, NONE, "", Meaning.UNCLEAR, Cause.VENDOR_FAULT),
    (200, FLAT, "1002", Meaning.REFUSED_WAIT, Cause.RATE_LIMIT),
    (200, FLAT, "1026", Meaning.REFUSED_JOB, Cause.MODERATION),
    (200, FLAT, "never_seen", Meaning.UNCLEAR, Cause.VENDOR_FAULT),
    (307, FLAT, "1002", Meaning.UNCLEAR, Cause.CONFIGURATION),
    (418, FLAT, "never_seen", Meaning.REFUSED_JOB, Cause.INVALID_REQUEST),
    (400, NONE, "", Meaning.UNCLEAR, Cause.CONFIGURATION),
    (403, NONE, "", Meaning.UNCLEAR, Cause.CONFIGURATION),
    (404, NONE, "", Meaning.UNCLEAR, Cause.CONFIGURATION),
    (200, MINIMAX, "1002", Meaning.REFUSED_WAIT, Cause.RATE_LIMIT),
    (200, MINIMAX, "1039", Meaning.REFUSED_WAIT, Cause.RATE_LIMIT),
    (200, MINIMAX, "1041", Meaning.REFUSED_WAIT, Cause.RATE_LIMIT),
    (200, MINIMAX, "2045", Meaning.REFUSED_WAIT, Cause.RATE_LIMIT),
    (200, MINIMAX, "1000", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (200, MINIMAX, "1001", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (200, MINIMAX, "1003", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (200, MINIMAX, "1013", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (200, MINIMAX, "1024", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (200, MINIMAX, "1033", Meaning.REFUSED_WAIT, Cause.VENDOR_FAULT),
    (200, MINIMAX, "1008", Meaning.REFUSED_RUN, Cause.BALANCE),
    (200, MINIMAX, "2056", Meaning.REFUSED_RUN, Cause.BALANCE),
    (200, MINIMAX, "1004", Meaning.REFUSED_RUN, Cause.KEY),
    (200, MINIMAX, "2049", Meaning.REFUSED_RUN, Cause.KEY),
    (200, MINIMAX, "1026", Meaning.REFUSED_JOB, Cause.MODERATION),
    (200, MINIMAX, "1027", Meaning.REFUSED_JOB, Cause.MODERATION),
    (200, MINIMAX, "1042", Meaning.REFUSED_JOB, Cause.INVALID_REQUEST),
    (200, MINIMAX, "2013", Meaning.REFUSED_JOB, Cause.INVALID_REQUEST),
    (200, MINIMAX, "7777", Meaning.UNCLEAR, Cause.VENDOR_FAULT),
    (200, MINIMAX, "0", Meaning.UNCLEAR, Cause.VENDOR_FAULT),
    (500, FLAT, "never_seen", Meaning.UNCLEAR, Cause.VENDOR_FAULT),
    (503, NESTED, "", Meaning.UNCLEAR, Cause.VENDOR_FAULT),
    (500, NONE, "", Meaning.UNCLEAR, Cause.VENDOR_FAULT),
]


@pytest.mark.parametrize(("status", "shape", "code", "meaning", "cause"), CONTRACT)
def test_answer_means_what_the_contract_says(
    status: int, shape: str, code: str, meaning: Meaning, cause: Cause
) -> None:
    """Every line of the error table gives the meaning written there."""
    fault = read_fault(status, body_of(shape, code), {})

    assert (fault.meaning, fault.cause) == (meaning, cause)


def test_row_names_are_unique_and_every_remedy_is_a_sentence() -> None:
    """A fault is told from another by its name, and each tells people what to do."""
    rows = {*TABLE, *exceptions().values()}

    assert len({row.name for row in rows}) == len(rows)
    assert {row.remedy[-1] for row in rows} == {"."}


def test_only_rate_limits_are_waited_out_without_limit() -> None:
    """Any other refusal is given up after a few repeats, so that a run ends."""
    endless = {row.cause for row in (*TABLE, *exceptions().values()) if row.most_repeats is None}

    assert endless == {Cause.RATE_LIMIT}


def test_what_is_never_repeated_has_no_repeats() -> None:
    """An unknown, a refused job and a refused run are never sent again in the same run."""
    final = {Meaning.UNCLEAR, Meaning.REFUSED_JOB, Meaning.REFUSED_RUN}

    assert {row.most_repeats for row in TABLE if row.meaning in final} == {0}


@given(
    status=st.integers(100, 999),
    body=st.binary(max_size=300) | st.sampled_from([b"[" * 100_000, b'{"error": 1e999999999999999999999}']),
    headers=st.dictionaries(st.sampled_from(["Retry-After", "Date"]), st.text(max_size=40)),
)
def test_any_answer_has_a_meaning(status: int, body: bytes, headers: dict[str, str]) -> None:
    """The table is total: whatever comes, there is a row, and reading never raises."""
    fault = read_fault(status, body, headers)

    assert fault.name in {row.name for row in TABLE}
    assert len(fault.message) <= 500


@given(status=st.sampled_from([*range(500, 600), 408, *range(300, 400)]), body=st.binary(max_size=200))
def test_server_errors_without_a_known_code_are_unknown(status: int, body: bytes) -> None:
    """A 5xx, 408 or 3xx that does not speak the gateway's language never counts as a no."""
    assert read_fault(status, body, {}).meaning is Meaning.UNCLEAR


TASK_BODIES = [
    {"task_id": "task_abc"},
    {"code": "1002", "message": "rate limit", "data": {"id": "task_abc"}},
    {"code": "insufficient_user_quota", "message": "no", "task_id": "202603131631387"},
    {"error": {"message": "no", "code": "", "details": [{"task": {"taskId": "abc-7"}}]}},
    {"error": {"message": 'upstream said {"task_id": "abc-7"}', "code": "fail_to_fetch_task"}},
    {"error": "task_202603131631387ETKUBM91MTD72X9 was queued"},
    {"base_resp": {"status_code": 1008}, "output": {"task_id": 176843862716480}},
    [{"task_id": "abc-7"}],
]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 413, 418, 422, 429, 431, 500, 503])
@pytest.mark.parametrize("body", TASK_BODIES, ids=str)
def test_an_answer_that_names_a_task_is_never_a_refusal(status: int, body: object) -> None:
    """Whatever the status and wherever the id: the task may be charged, so the submit is held and its id is shown."""
    fault = read_fault(status, json.dumps(body).encode(), {})

    assert (fault.meaning, fault.name) == (Meaning.UNCLEAR, "refusal_names_a_task")
    assert any(task_id in fault.message for task_id in ("abc", "2026", "176843862716480"))


@pytest.mark.parametrize(
    "body",
    [
        b"<p>task_202603131631387ETKUBM91MTD72X9</p>",
        b'{"id": "x", "task_id": "abc-7", "sta',
        b"task_id=abc-7",
    ],
)
def test_a_body_that_is_no_json_can_name_a_task_too(body: bytes) -> None:
    """A page that shows the answer, or an answer that was cut, is no refusal."""
    assert read_fault(403, body, {}).name == "refusal_names_a_task"


def test_an_answer_to_a_poll_may_name_its_task_and_refuse() -> None:
    """A gateway that does not know a task may repeat its id."""
    body = b'{"code": "task_not_exist", "message": "no task_202603131631387ETKUBM91MTD72X9", "data": null}'

    assert read_fault(400, body, {}, asked="task_202603131631387ETKUBM91MTD72X9").name == "task_not_exist"


STRANGERS = [
    b"<html><body><h1>Forbidden</h1></body></html>",
    b"no healthy upstream",
    b'{"message": "Forbidden"}',
    b'{"detail": "Not Found"}',
    b'{"success": false, "errors": [{"code": 1020, "message": "Access denied"}]}',
    b'{"code": 0, "message": "ok"}',
    b"[]",
    b"null",
]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 407, 411, 413, 414, 422, 429, 431, 451])
@pytest.mark.parametrize("body", STRANGERS, ids=lambda body: body.decode())
def test_a_refusal_that_is_not_in_the_vendors_shape_is_held(status: int, body: bytes) -> None:
    """A firewall may put its page in place of an answer that named a task: as ambiguous as a 502."""
    assert read_fault(status, body, {}).meaning is Meaning.UNCLEAR


@pytest.mark.parametrize(
    "piece", [b"http:/", b"http://x?", b"sk-", b"task_id ", b"[", b"<", b'{"a":', b"\xff"]
)
@pytest.mark.slow
def test_an_answer_of_a_megabyte_is_read(piece: bytes) -> None:
    """A pattern whose work grows with the square of the body would not come to an end here."""
    body = (piece * (1_048_576 // len(piece)))[:1_048_576]

    assert read_fault(502, body, {}).meaning is Meaning.UNCLEAR


def test_id_of_a_request_does_not_make_a_refusal_doubtful() -> None:
    """A bare `id` in an error may be the request's: the refusal stands."""
    body = b'{"error": {"message": "slow down", "code": ""}, "id": "req_77"}'

    assert read_fault(429, body, {}).meaning is Meaning.REFUSED_WAIT


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": 1002, "message": "rate limit", "data": null}',
        b'{"code": "1002", "message": "\xe9\x99\x90\xe6\xb5\x81"}',
        b'\xef\xbb\xbf{"code": " 1002 "}',
        b'{"error": {"code": "1002", "message": "rate limit"}}',
    ],
    ids=["number", "Chinese", "byte order mark", "nested"],
)
def test_code_is_read_whatever_its_dress(body: bytes) -> None:
    """The code decides, as text or number, in any language of the message."""
    assert read_fault(400, body, {}).name == "upstream_rate_limit"


def test_text_never_decides() -> None:
    """A message that speaks of a rate limit changes nothing without the code."""
    body = b'{"code": "other", "message": "1002 rate limit, too many requests"}'

    assert read_fault(400, body, {}).name == "request_refused"


def test_error_as_plain_string_is_readable() -> None:
    """`{"error": "..."}` is the gateway's no as well, and its text is kept."""
    fault = read_fault(400, b'{"error": "bad request"}', {})

    assert (fault.meaning, fault.message) == (Meaning.REFUSED_JOB, "bad request")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"Retry-After": "Sun, 22 Nov 2026 22:01:00 GMT", "Date": "Sun, 22 Nov 2026 22:00:00 GMT"}, 60.0),
        ({"Retry-After": "Sun, 22 Nov 2026 21:00:00 GMT", "Date": "Sun, 22 Nov 2026 22:00:00 GMT"}, 0.0),
        ({"Retry-After": "999999999"}, 86_400.0),
        ({"Retry-After": "Sun, 22 Nov 2026 22:01:00 GMT"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds or a date against the answer's own Date; nonsense counts as absent."""
    assert read_fault(429, b"", headers).retry_after_seconds == seconds


def test_message_is_one_clean_line_without_the_key() -> None:
    """Controls and zero-width marks go, then the key, then what exceeds 500 characters."""
    secret = "sk-Zx81never"
    text = "Invalid\r\n\x1b[31m token sk-Zx81\u200bnever \ud800" + "x" * 480 + secret
    body = json.dumps({"code": "nope", "message": text}).encode()

    message = read_fault(400, body, {}, secret=SecretStr(secret)).message

    assert message.startswith("Invalid [31m token *** xxx")
    assert len(message) == 500
    assert "sk-" not in message


def test_request_id_is_kept_for_the_support() -> None:
    """The gateway's own request id travels with the fault."""
    assert read_fault(500, b"", {"X-Oneapi-Request-Id": "2026-abc"}).request_id == "2026-abc"


def exceptions_of_httpx() -> list[type[httpx.RequestError]]:
    """Every kind of request error that httpx can raise, from its own classes."""

    def below(kind: type[httpx.RequestError]) -> set[type[httpx.RequestError]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    return sorted(below(httpx.RequestError), key=lambda kind: kind.__name__)


NOT_SENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"}


@pytest.mark.parametrize("kind", exceptions_of_httpx(), ids=lambda kind: kind.__name__)
def test_only_failures_before_the_first_byte_are_not_sent(kind: type[httpx.RequestError]) -> None:
    """Every exception of httpx has a meaning; anything after bytes may have left is UNCLEAR."""
    expected = Meaning.NOT_SENT if kind.__name__ in NOT_SENT else Meaning.UNCLEAR

    assert fault_of(kind("x")).meaning is expected


@pytest.mark.parametrize(
    "kind", [k for k in exceptions_of_httpx() if not k.__subclasses__()], ids=lambda kind: kind.__name__
)
def test_every_leaf_of_httpx_is_listed(kind: type[httpx.RequestError]) -> None:
    """A new exception in httpx fails here and gets a decision, not a default."""
    assert kind in exceptions()


def test_exception_text_never_shows_the_key() -> None:
    """httpx quotes an illegal header value, key and all; we do not."""
    error = httpx.LocalProtocolError("Illegal header value b'Bearer secret-key-1'")

    assert "secret-key-1" not in fault_of(error, secret=SecretStr("secret-key-1")).message


def test_a_proxys_page_is_not_shown_as_it_is() -> None:
    """People read reasons in tables and artifacts: a page of HTML there says nothing."""
    fault = read_fault(502, b"<html>\r\n<head><title>502 Bad Gateway</title></head></html>", {})

    assert fault.message == "a web page in place of an answer"
    assert fault.http_status == 502
