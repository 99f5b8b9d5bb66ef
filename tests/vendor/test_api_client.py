"""Submit, status and balance against a vendor that speaks through httpx's own transport."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from hailuo.vendor import Accepted, Fault, Meaning, TaskPhase, TaskStatus, VideoClient, request_sha256
from hailuo.vendor.error_table import exceptions

Ask = Callable[..., Any]
REQUEST = {"model": "MiniMax-Hailuo-02", "prompt": "Schuh auf Stein, 8 °C", "duration": 6, "size": "768p"}
HTML = "<html><title>502 Bad Gateway</title></html>"


def submit(client: VideoClient) -> Coroutine[Any, Any, Accepted | Fault]:
    return client.submit(REQUEST)


ACCEPTANCES = [
    {"id": "task_1", "task_id": "task_1", "object": "video", "status": "", "progress": 0},
    {"id": "task_1", "task_id": "task_1", "object": "video", "status": "queued"},
    {"code": "success", "data": {"task_id": "task_1", "status": "NOT_START"}},
    {"id": "task_1"},
    {"task_id": "task_1"},
    {"code": "weird", "message": "x", "id": "task_1"},
]


@pytest.mark.parametrize(
    "body", ACCEPTANCES, ids=["S1", "S2", "S3", "S4 id", "S4 task_id", "error with an id"]
)
def test_every_shape_of_yes_gives_the_task_id(ask: Ask, vendor_of: Any, body: object) -> None:
    """A 200 that names a task is an accepted order, whatever surrounds the id."""
    vendor = vendor_of(httpx.Response(200, json=body, headers={"X-Oneapi-Request-Id": "r1"}))

    assert ask(vendor, submit) == Accepted(task_id="task_1", request_id="r1")


NOES = [
    httpx.Response(200, json={"object": "video"}),
    httpx.Response(200, text=HTML),
    httpx.Response(200, text='{"id": "task_1", "sta'),
    httpx.Response(200, content=b'{"pad": "' + b"x" * 2_000_000 + b'", "id": "task_1"}'),
    httpx.Response(307, headers={"Location": "https://elsewhere.example/v1/videos"}),
    httpx.Response(400, json={"code": "1002", "message": "rate limit", "data": None}),
    httpx.Response(401, json={"error": {"message": "Invalid token", "code": ""}}),
    httpx.Response(408),
    httpx.Response(429, headers={"Retry-After": "3"}),
    httpx.Response(500, json={"code": "do_request_failed", "message": "x", "data": None}),
    httpx.Response(502, text=HTML),
    httpx.Response(503, json={"error": {"message": "No channel", "code": "model_not_found"}}),
    httpx.Response(524),
    *(kind("gone") for kind in exceptions()),
    TimeoutError(),
]


@pytest.mark.slow
@pytest.mark.parametrize("answer", NOES, ids=lambda a: str(getattr(a, "status_code", type(a).__name__)))
def test_submit_is_sent_once(ask: Ask, vendor_of: Any, answer: httpx.Response | Exception) -> None:
    """Whatever comes back, or nothing, the POST leaves once and a fault value says what it means."""
    vendor = vendor_of(answer)

    outcome = ask(vendor, submit)

    assert isinstance(outcome, Fault)
    assert [request.method for request in vendor.asked] == ["POST"]


@pytest.mark.slow
def test_answer_too_big_to_be_honest_is_unknown(ask: Ask, vendor_of: Any) -> None:
    """A body without end is not read to the end, and decides nothing."""
    vendor = vendor_of(httpx.Response(200, content=b'{"id": "task_1", "pad": "' + b"x" * 2_000_000 + b'"}'))

    assert ask(vendor, submit).meaning is Meaning.UNCLEAR


def test_submit_sends_exactly_the_bytes_that_were_hashed(ask: Ask, vendor_of: Any) -> None:
    """The ledger's request hash is the hash of what went over the wire."""
    vendor = vendor_of(httpx.Response(200, json={"id": "task_1"}))

    ask(vendor, submit)

    body = vendor.asked[0].content
    assert json.loads(body) == REQUEST
    assert hashlib.sha256(body).hexdigest() == request_sha256(REQUEST)


def test_submit_carries_key_language_and_patience(ask: Ask, vendor_of: Any, key: str) -> None:
    """Bearer key, JSON, English messages, undisguised answers, and 300 s to answer."""
    vendor = vendor_of(httpx.Response(200, json={"id": "task_1"}))

    ask(vendor, submit)

    sent = vendor.asked[0]
    assert sent.url == "https://api.imarouter.com/v1/videos"
    assert sent.headers["Authorization"] == f"Bearer {key}"
    assert sent.headers["Content-Type"] == "application/json"
    assert (sent.headers["Accept-Language"], sent.headers["Accept-Encoding"]) == ("en", "identity")
    assert sent.extensions["timeout"]["read"] == 300.0


def test_cancelled_submit_stays_cancelled() -> None:
    """A cancellation goes through: it is not turned into a fault that somebody might act upon."""

    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def main() -> None:
        transport = httpx.MockTransport(never)
        base_url, key = "https://api.example", SecretStr("k")
        async with VideoClient(base_url=base_url, key=key, transport=transport) as client:
            submitting = asyncio.create_task(client.submit(REQUEST))
            await asyncio.wait([submitting], timeout=0.01)
            submitting.cancel()
            await submitting

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())


def test_request_that_is_no_json_is_not_sent(ask: Ask, vendor_of: Any) -> None:
    """A lone surrogate cannot be written as UTF-8: refused before anything leaves."""
    vendor = vendor_of(httpx.Response(200, json={"id": "task_1"}))

    with pytest.raises(ValueError, match="surrogates"):
        ask(vendor, lambda client: client.submit({"prompt": "\ud800"}))

    assert vendor.asked == []


def test_status_asks_for_the_task_by_its_id(ask: Ask, vendor_of: Any) -> None:
    """The id is one segment of the path, whatever it holds."""
    vendor = vendor_of(httpx.Response(200, json={"status": "in_progress", "progress": 30}))

    status = ask(vendor, lambda client: client.status("task_1/../?a#b"))

    assert status == TaskStatus(phase=TaskPhase.RENDERING, word="in_progress", progress=30)
    assert vendor.asked[0].url.raw_path == b"/v1/videos/task_1%2F..%2F%3Fa%23b"


@pytest.mark.parametrize(
    ("body", "other"),
    [
        ({"task_id": "task_2", "status": "completed"}, "task_2"),
        ({"id": "task_2", "status": "failed"}, "task_2"),
        ({"code": "success", "data": {"task_id": "task_2", "status": "SUCCESS"}}, "task_2"),
        ({"task": {"id": "task_2", "status": "succeeded"}}, "task_2"),
        ({"task_id": "task_2", "id": "task_1", "status": "failed"}, "task_2"),
        ({"task_id": "task_1", "id": "task_2", "status": "failed"}, "task_2"),
        ({"id": 17, "status": "failed"}, "17"),
        ({"data": {"id": 17, "task_id": "task_1", "status": "FAILURE"}}, None),
        ({"request_id": "req_1", "id": "task_1", "status": "failed"}, None),
        ({"id": "task_1", "status": "failed", "data": {"task_id": "upstream-9", "status": "Fail"}}, None),
        ({"id": "req_1", "data": {"task_id": "task_1", "status": "failed"}}, None),
        ({"status": "failed"}, None),
        ([{"id": "task_2", "status": "failed"}, {"id": "task_3", "status": "failed"}], "task_2"),
        ([{"id": "task_2", "status": "completed"}, {"id": "task_1", "status": "failed"}], None),
        ({"items": [{"task_id": "task_1", "status": "failed"}]}, None),
        ({"data": [{"id": "task_2", "status": "failed"}]}, "task_2"),
        ({"taskId": "task_2", "status": "failed"}, "task_2"),
        ({"video_id": "task_2", "status": "completed", "url": "https://cdn.example.com/2.mp4"}, "task_2"),
        ({"request": {"task_id": "task_2"}, "status": "failed"}, "task_2"),
        ({"status": "failed", "data": {"task_id": "task_2"}}, "task_2"),
        ({"status": "failed", "remixed_from_video_id": "task_2"}, None),
        ({"taskId": "task_1", "status": "failed", "parent": {"id": "task_2"}}, None),
    ],
)
def test_an_answer_about_another_task_is_a_missed_poll(
    ask: Ask, vendor_of: Any, body: object, other: str | None
) -> None:
    """Whatever it says of that task, it says nothing of the one that was asked for."""
    answer = ask(vendor_of(httpx.Response(200, json=body)), lambda client: client.status("task_1"))

    if other is None:
        assert answer.phase is TaskPhase.FAILED
    else:
        assert answer.name == "answer_about_another_task"
        assert other in answer.message


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (
            httpx.Response(400, json={"code": "task_not_exist", "message": "x", "data": None}),
            "task_not_exist",
        ),
        (
            httpx.Response(200, json={"code": "task_not_exist", "message": "x", "data": None}),
            "task_not_exist",
        ),
        (httpx.Response(500), "server_error"),
        (httpx.Response(200, text=HTML), "accepted_without_id"),
        (httpx.ReadTimeout("slow"), "lost_after_send"),
    ],
)
def test_missed_poll_is_a_fault_with_a_name(ask: Ask, vendor_of: Any, answer: Any, name: str) -> None:
    """A poll that told nothing is no statement about the task; the unknown id has a name of its own."""
    assert ask(vendor_of(answer), lambda client: client.status("task_1")).name == name


def test_balance_is_read_to_the_cent(ask: Ask, vendor_of: Any) -> None:
    """The balance comes as Decimal, from ImaRouter's own route."""
    body = {"success": True, "message": "", "data": {"object": "user_balance", "balance_usd": 12.30}}
    vendor = vendor_of(httpx.Response(200, json=body))

    assert ask(vendor, lambda client: client.balance()) == Decimal("12.3")
    assert vendor.asked[0].url.path == "/api/usage/token/user-balance"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (httpx.Response(404, json={"error": {"message": "Invalid URL", "code": ""}}), "wrong_route"),
        (httpx.Response(401, json={"error": {"message": "Invalid token", "code": ""}}), "key_refused"),
        (httpx.Response(200, json={"success": False, "message": "no", "data": None}), "accepted_without_id"),
        (httpx.Response(200, json={"success": False, "data": {"balance_usd": 0}}), "accepted_without_id"),
        (httpx.Response(200, json={"error": "database", "data": {"balance_usd": 0}}), "accepted_without_id"),
        (
            httpx.Response(200, json={"data": {"balance_usd": 500, "currency": "CNY"}}),
            "accepted_without_id",
        ),
        (httpx.ConnectError("no"), "not_connected"),
    ],
)
def test_balance_that_is_not_told_is_a_fault(ask: Ask, vendor_of: Any, answer: Any, name: str) -> None:
    """No balance is not a balance of zero."""
    assert ask(vendor_of(answer), lambda client: client.balance()).name == name


def test_key_shows_nowhere(ask: Ask, vendor_of: Any, key: str, caplog: pytest.LogCaptureFixture) -> None:
    """Not in a fault that echoes it, not in a status, not in logs, not in a repr."""
    echo = f"Invalid token {key}"
    vendor = vendor_of(
        httpx.Response(401, json={"error": {"message": echo, "code": key}}, headers={"X-Request-Id": echo}),
        httpx.Response(200, json={"status": "failed", "error": {"code": key, "message": echo}, "model": key}),
        httpx.LocalProtocolError(f"Illegal header value b'Bearer {key}'"),
    )

    async def everything(client: VideoClient) -> list[object]:
        return [await client.submit(REQUEST), await client.status("t"), await client.balance(), vars(client)]

    with caplog.at_level(logging.DEBUG):
        shown = repr(ask(vendor, everything)) + "".join(repr(vars(record)) for record in caplog.records)

    assert "Invalid token ***" in shown
    assert key not in shown


def test_prompts_are_not_logged(ask: Ask, vendor_of: Any, caplog: pytest.LogCaptureFixture) -> None:
    """One event per answer, with ids and no prompt."""
    vendor = vendor_of(httpx.Response(200, json={"id": "task_1"}))

    with caplog.at_level(logging.DEBUG, logger="hailuo.api"):
        ask(vendor, submit)

    events = [vars(record) for record in caplog.records if record.name == "hailuo.api"]
    assert [(event["action"], event["task_id"], event["levelname"]) for event in events] == [
        ("submit", "task_1", "DEBUG")
    ]
    assert str(REQUEST["prompt"]) not in repr(events)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://api.imarouter.com",
        "http://localhost.example.com",
        "http://10.0.0.5:8000",
        "https://user:secret@api.imarouter.com",
        "https://api.imarouter.com/v1",
        "https://api.imarouter.com?key=1",
        "api.imarouter.com",
        "ftp://api.imarouter.com",
        "https://",
        "",
    ],
)
def test_base_url_that_would_leak_or_fail_is_refused(base_url: str) -> None:
    """The key goes over TLS, or to our own machine; anything else is refused at once."""
    with pytest.raises(ValueError, match="base URL"):
        VideoClient(base_url=base_url, key=SecretStr("k"))


@pytest.mark.parametrize(
    "base_url",
    ["https://api.imarouter.com/", "http://127.0.0.1:8000", "http://localhost:8000/", "http://[::1]:80"],
)
def test_base_url_on_loopback_or_with_tls_is_taken(ask: Ask, vendor_of: Any, base_url: str) -> None:
    """The vendor, and the simulator on our own machine."""
    vendor = vendor_of(httpx.Response(200, json={"id": "task_1"}))

    ask(vendor, submit, base_url=base_url)

    assert vendor.asked[0].url.path == "/v1/videos"


def test_base_url_has_one_spelling() -> None:
    """The ledger compares base URLs: a slash at the end makes no other vendor."""
    clients = [
        VideoClient(base_url=url, key=SecretStr("k"))
        for url in ("https://api.example", " https://API.example/ ")
    ]

    assert {client.base_url for client in clients} == {"https://api.example"}


@given(
    st.sampled_from(["https://", "http://"]),
    st.one_of(
        st.from_regex(r"[a-z0-9.-]{1,12}", fullmatch=True),
        st.sampled_from(["127.0.0.1", "localhost", "10.0.0.1", "x--y.ab", "xn--bcher-kva.example"]),
    ),
    st.one_of(st.just(""), st.integers(0, 99_999).map(":{}".format)),
)
def test_an_address_has_the_spelling_of_httpx(scheme: str, host: str, port: str) -> None:
    """A plain address is read without httpx: it is recorded in the store, so both ways must write it alike."""
    text = f"{scheme}{host}{port}"
    try:
        client = VideoClient(base_url=text, key=SecretStr("k"))
    except ValueError:
        return

    assert client.base_url == str(httpx.URL(text))


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "ключ", "a\x00"])
def test_key_that_fits_no_header_is_refused(key: str) -> None:
    """Sent later, such a key would make every submit unknown."""
    with pytest.raises(ValueError, match="API key") as refusal:
        VideoClient(base_url="https://api.example", key=SecretStr(key))

    assert not key or key not in str(refusal.value)
