"""Reading a task's status from every shape the vendor uses."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.vendor.status import TaskPhase, TaskStatus, read_status
from hailuo.vendor.wire import parse_json, task_id_of

MP4 = "https://oss.example.com/a.mp4"
PENDING, RENDERING = TaskPhase.PENDING, TaskPhase.RENDERING
COMPLETED, FAILED = TaskPhase.COMPLETED, TaskPhase.FAILED

G1 = {
    "id": "task_1",
    "task_id": "task_1",
    "object": "video",
    "model": "MiniMax-Hailuo-2.3",
    "status": "completed",
    "progress": 100,
    "amount_usd": 0.60984,
    "created_at": 1773395498,
    "completed_at": 1773395598,
    "results": [{"url": MP4, "width": 1366, "height": 768, "content_type": "video"}],
    "metadata": {"url": "https://oss.example.com/b.mp4"},
    "usage": {"total_tokens": 7},
}
G2 = {"id": "task_1", "object": "video", "status": "completed", "progress": 100, "metadata": {"url": MP4}}
TASK_DTO = {
    "code": "success",
    "data": {
        "task_id": "task_1",
        "status": "SUCCESS",
        "progress": "100%",
        "result_url": MP4,
        "finish_time": 1773395598,
        "data": {"status": "Success", "file_id": "77"},
    },
}


def told(document: object) -> TaskStatus:
    """The status as read from the bytes on the wire."""
    status = read_status(parse_json(json.dumps(document).encode()))
    assert status is not None
    return status


def test_imarouter_shape_is_read_whole() -> None:
    """G1, as documented and observed: price to the last digit, times aware, URLs in order."""
    assert told(G1) == TaskStatus(
        phase=COMPLETED,
        word="completed",
        progress=100,
        clip_urls=(MP4, "https://oss.example.com/b.mp4"),
        amount_usd=Decimal("0.60984"),
        created_at=datetime(2026, 3, 13, 9, 51, 38, tzinfo=UTC),
        completed_at=datetime(2026, 3, 13, 9, 53, 18, tzinfo=UTC),
        model="MiniMax-Hailuo-2.3",
    )


@pytest.mark.parametrize(
    "document",
    [G1, {"code": "success", "data": G1}, G2, {"code": "success", "message": "", "data": G2}, TASK_DTO],
    ids=["G1", "G1 enveloped", "G2", "G2 enveloped", "TaskDto"],
)
def test_every_shape_tells_of_the_clip(document: object) -> None:
    """Whatever the envelope, a finished task is finished and its clip is found."""
    status = told(document)

    assert (status.phase, status.progress, status.clip_urls[0]) == (COMPLETED, 100, MP4)


WORDS = [
    *((word, PENDING) for word in ["", None, "unknown", "NOT_START", "queued", "submitted", "pending"]),
    *((word, PENDING) for word in ["Preparing", "Queueing", "QUEUED", "SUBMITTED", "UNKNOWN"]),
    *((word, RENDERING) for word in ["in_progress", "processing", "running", "Processing", "IN_PROGRESS"]),
    *((word, COMPLETED) for word in ["completed", "succeeded", "success", "SUCCESS", "Success", "Completed"]),
    *((word, FAILED) for word in ["failed", "error", "FAILURE", "FAILED", "Fail", "cancelled", "canceled"]),
    ("rejected", FAILED),
]


@pytest.mark.parametrize(("word", "phase"), WORDS)
def test_every_known_word_has_its_phase(word: str | None, phase: TaskPhase) -> None:
    """The words of docs/reference/vendor.md#status-words, whatever their case."""
    status = told({"id": "task_1", "status": word})

    assert (status.phase, status.known_word) == (phase, True)


@pytest.mark.parametrize("word", ["paused", "archived", 7, True, {"state": "x"}])
def test_unknown_word_means_keep_polling(word: object) -> None:
    """A word never seen before neither completes nor fails a task, and is flagged."""
    status = told({"id": "task_1", "status": word, "metadata": {"url": MP4}})

    assert (status.phase, status.known_word) == (RENDERING, False)


def test_more_words_can_be_given() -> None:
    """A word of another gateway means what the setting says, whatever its case."""
    document = parse_json(b'{"id": "task_1", "status": "Archived"}')

    status = read_status(document, words={"archived": COMPLETED})

    assert status is not None
    assert (status.phase, status.known_word) == (COMPLETED, True)


@pytest.mark.parametrize(
    ("details", "phase", "urls", "ended"),
    [
        ({"progress": 100, "metadata": {"url": MP4}}, COMPLETED, (MP4,), True),
        ({"progress": "100%", "url": MP4, "error": "x"}, COMPLETED, (MP4,), True),
        ({"metadata": {"url": MP4}}, RENDERING, (MP4,), True),
        ({"progress": 100}, RENDERING, (), True),
        ({"progress": 100, "error": {"message": "x"}}, RENDERING, (), True),
        ({"fail_reason": "x"}, RENDERING, (), True),
        ({"progress": 50, "metadata": {"url": MP4}}, RENDERING, (), False),
        ({"progress": 50}, RENDERING, (), False),
        ({}, RENDERING, (), False),
    ],
)
def test_an_unknown_word_is_judged_by_what_is_beside_it(
    details: dict[str, object], phase: TaskPhase, urls: tuple[str, ...], ended: bool
) -> None:
    """Progress at its end and a URL: it is tried. A URL while it still renders may be a preview."""
    status = told({"id": "task_1", "status": "reticulated", **details})

    assert (status.phase, status.clip_urls, status.has_ended) == (phase, urls, ended)


@pytest.mark.parametrize(
    "document",
    [{"code": "success", "data": None}, {"code": "", "data": {}}, {"data": None}, {"id": "task_1"}],
)
def test_nothing_told_yet_is_pending(document: object) -> None:
    """G4, an empty envelope, and an id alone: accepted, nothing known yet."""
    assert told(document).phase is PENDING


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "completed",
        {},
        {"code": "task_not_exist", "message": "x", "data": None},
        {"error": {"message": "x", "code": ""}, "data": None},
        {"success": False, "message": "no", "data": None},
    ],
)
def test_an_answer_about_no_task_is_no_status(document: object) -> None:
    """An error in a 200 is a missed poll, not a task without a state."""
    assert read_status(document) is None


def test_running_task_has_neither_clip_nor_end() -> None:
    """While it runs, `metadata.url` is empty or rubbish and `completed_at` is only its last update."""
    status = told({**G1, "status": "in_progress", "progress": 50})

    assert (status.phase, status.progress) == (RENDERING, 50)
    assert (status.clip_urls, status.completed_at) == ((), None)


FAILURES = [
    ({"error": {"code": "1027", "message": "output sensitive"}}, ("1027", "output sensitive", True)),
    ({"error": {"code": 1026, "message": "x"}}, ("1026", "x", True)),
    (
        {"error": {"code": "OutputVideoSensitiveContentDetected", "message": "x"}},
        ("OutputVideoSensitiveContentDetected", "x", True),
    ),
    ({"error": {"code": "", "message": "wget download failed"}}, (None, "wget download failed", False)),
    ({"error": "rendering failed, 1027"}, (None, "rendering failed, 1027", False)),
    ({"error": None, "fail_reason": "upstream"}, (None, "upstream", False)),
    ({"metadata": {"url": "image could not be read"}}, (None, "image could not be read", False)),
    ({}, (None, None, False)),
]


@pytest.mark.parametrize(("details", "expected"), FAILURES)
def test_failure_is_read_in_every_form(
    details: dict[str, object], expected: tuple[str | None, str | None, bool]
) -> None:
    """G5: `error` as object, text or absent; moderated by the code alone; never a clip."""
    status = told({"id": "task_1", "status": "failed", **details})

    assert (status.error_code, status.error_message, status.moderated) == expected
    assert (status.phase, status.clip_urls) == (FAILED, ())


def test_a_url_beside_a_failure_is_no_reason_but_an_address() -> None:
    """A failed answer that carries a clip says so, and its address is not taken for the failure's text."""
    status = told({"id": "task_1", "status": "failed", "metadata": {"url": MP4}})

    assert (status.phase, status.error_message, status.clip_urls) == (FAILED, None, (MP4,))


def test_minimaxs_own_code_tells_of_moderation() -> None:
    """A failed task with nothing but `base_resp` is judged by its code."""
    status = told({"task_id": "1", "status": "Fail", "base_resp": {"status_code": 1027, "status_msg": "x"}})

    assert (status.error_code, status.error_message, status.moderated) == ("1027", "x", True)


URLS = [
    {"results": [{"url": MP4}]},
    {"metadata": {"url": MP4}},
    {"video": {"url": MP4}},
    {"output": [{"url": MP4}]},
    {"output": [MP4]},
    {"output": {"url": MP4}},
    {"output": MP4},
    {"video_url": MP4},
    {"result_url": MP4},
    {"url": MP4},
    {"data": {"video_url": MP4}},
    {"metadata": {"url": ""}, "url": MP4},
    {"content": {"video_url": MP4}},
    {"content": {"url": MP4}},
    {"content": [{"type": "video_url", "video_url": {"url": MP4}}]},
    {"videos": [{"url": MP4}]},
    {"videos": [{"video_url": MP4}]},
    {"task_result": {"videos": [{"id": "1", "url": MP4}]}},
    {"creations": [{"cover_url": "https://oss.example.com/a.jpg", "url": MP4}]},
    {"outputs": [MP4]},
    {"file": {"download_url": MP4}},
    {"results": [], "metadata": None, "url": f" {MP4} "},
]


@pytest.mark.parametrize("places", URLS, ids=json.dumps)
def test_clip_is_found_wherever_the_vendor_puts_it(places: dict[str, object]) -> None:
    """Every place of docs/reference/vendor.md#fetching-the-clip is looked at."""
    assert told({"status": "completed", **places}).clip_urls == (MP4,)


WHOLE = [
    {"id": "task_1", "status": "succeeded", "content": {"video_url": MP4}},
    {
        "code": 0,
        "data": {"task_id": "task_1", "task_status": "succeed", "task_result": {"videos": [{"url": MP4}]}},
    },
    {
        "task": {"id": "task_1", "status": "succeeded", "content": {"url": MP4}},
        "base_resp": {"status_code": 0},
    },
    {"task": {"task_id": "task_1", "status": "succeeded"}, "videos": [{"video_url": MP4}]},
    {"request_id": "r", "output": {"task_id": "task_1", "task_status": "SUCCEEDED", "video_url": MP4}},
    {"status": "success", "data": {"task_id": "task_1", "status": "completed", "url": MP4}},
    {"code": "success", "data": [{"task_id": "task_1", "state": "success", "url": MP4}]},
    {"id": "task_1", "status": "completed", "data": {"status": "Processing", "task_id": "9"}, "url": MP4},
    [
        {"id": "task_2", "status": "failed", "url": f"{MP4}?2"},
        {"id": "task_1", "status": "completed", "url": MP4},
    ],
    {"items": [{"id": "task_2", "status": "running"}, {"id": "task_1", "status": "completed", "url": MP4}]},
]


@pytest.mark.parametrize("document", WHOLE, ids=json.dumps)
def test_the_shapes_of_other_gateways_are_read_too(document: object) -> None:
    """Whatever object holds the task: its own word counts, and its clip is found."""
    status = read_status(document, asked="task_1")

    assert status is not None
    assert (status.phase, status.clip_urls) == (COMPLETED, (MP4,))


def test_the_word_of_an_envelope_is_not_the_tasks() -> None:
    """`{"status": "success"}` around a running task says that the call went well."""
    document = {"status": "success", "data": {"task_id": "task_1", "status": "processing", "progress": 30}}

    assert told(document).phase is RENDERING


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/v1/videos/task_1/content", "https://gateway.example/v1/videos/task_1/content"),
        ("//cdn.example/a.mp4", "https://cdn.example/a.mp4"),
        ("//[::1", None),
        ("/a b", None),
    ],
)
def test_a_path_is_relative_to_the_api(path: str, url: str | None) -> None:
    """A gateway may give the path of its own route to the clip."""
    document = {"status": "completed", "metadata": {"url": path}}

    status = read_status(document, base_url="https://gateway.example")

    assert status is not None
    assert status.clip_urls == ((url,) if url else ())


def test_clip_urls_come_in_the_contracts_order_and_once() -> None:
    """Videos among `results` first, then the other places; the same URL is not tried twice."""
    letters = {name: f"https://x.example/{name}.mp4" for name in "abcdefg"}
    document = {
        "status": "completed",
        "url": letters["g"],
        "result_url": letters["f"],
        "output": [{"url": letters["e"]}],
        "video": {"url": letters["d"]},
        "metadata": {"url": letters["c"]},
        "results": [
            {"url": letters["b"], "content_type": "image"},
            {"url": letters["a"], "content_type": "video/mp4"},
        ],
        "data": {"url": letters["a"]},
    }

    assert told(document).clip_urls == tuple(letters.values())


@pytest.mark.parametrize(
    "url",
    ["", "failed: no such file", "ftp://x/a.mp4", "file:///etc/passwd", "javascript:alert(1)", "https://",
     "http://[::1", "https://x/a b", "https://x/\x00", 7, None, ["x"], "https://x/" + "a" * 9000],
)  # fmt: skip
def test_only_web_addresses_are_clips(url: object) -> None:
    """Failure texts, other schemes and rubbish are never taken for a clip."""
    assert told({"status": "completed", "metadata": {"url": url}}).clip_urls == ()


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        (30, 30),
        ("50%", 50),
        (" 50 ", 50),
        (99.9, 99),
        (-1, 0),
        (250, 100),
        ("1e1000000", None),
        ("1e-1000000", 0),
        ("x", None),
        (None, None),
        (True, None),
    ],
)
def test_progress_is_read_as_percent(value: object, percent: int | None) -> None:
    """Number or text, with or without its sign."""
    assert told({"status": "running", "progress": value}).progress == percent


@pytest.mark.parametrize(
    ("wire", "amount"),
    [("0.1", Decimal("0.1")), ("3", Decimal(3)), ('"0.28"', Decimal("0.28")), ("0", Decimal(0)),
     ('"$0.28"', Decimal("0.28")), ('"US$ 0.28"', Decimal("0.28")), ('"0.28 USD"', Decimal("0.28")),
     ('"usd 0.28"', Decimal("0.28")), ("0.28000000000000000000000000000000000000001", Decimal("0.28")),
     ("0.60984", Decimal("0.60984")), ("1e-999999", Decimal(0)), ("100.0000000000", Decimal(100)),
     ('"2.00 CNY"', None), ('"\\u00a52"', None), ('"0,28"', None), ('"-$0.28"', None), ('"28 cents"', None),
     ("-1", None), ("1e400", None), ("1e1000000", None), ("-1e1000000", None), ("1" * 5000, None),
     ("1e999999999999999999999", None), ('"1e1000000"', None), ("Infinity", None), ("-Infinity", None), ("NaN", None), ("true", None), ("null", None), ('"free"', None)],
)  # fmt: skip
def test_price_has_no_float_noise(wire: str, amount: Decimal | None) -> None:
    """The price is the vendor's digits; what is no price is None."""
    status = read_status(parse_json(f'{{"status": "completed", "amount_usd": {wire}}}'.encode()))

    assert status is not None
    assert status.amount_usd == amount
    assert status.amount_usd is None or isinstance(status.amount_usd, Decimal)


@pytest.mark.parametrize(
    ("value", "year"),
    [(1773395498, 2026), (1773395498000, 2026), ("1773395498", 2026), ("2026-03-13T10:31:38Z", 2026),
     ("2026-03-13 10:31:38", 2026), (0, None), (-5, None), (10**30, None), ("soon", None), (True, None)],
)  # fmt: skip
def test_times_are_aware_or_absent(value: object, year: int | None) -> None:
    """Seconds, milliseconds or ISO text become UTC; 0 and rubbish become nothing."""
    created_at = told({"status": "queued", "created_at": value}).created_at

    assert (created_at.year if created_at else None) == year
    assert created_at is None or created_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("document", "task_id"),
    [
        ({"id": "task_b", "task_id": "task_a"}, "task_a"),
        ({"id": "task_b"}, "task_b"),
        ({"code": "success", "data": {"id": "task_d", "task_id": "task_c"}}, "task_c"),
        ({"code": "success", "data": {"id": "task_d"}}, "task_d"),
        ({"task_id": "", "id": "task_b"}, "task_b"),
        ({"id": 401012345}, "401012345"),
        ({"id": "a b"}, None),
        ({"id": ".."}, None),
        ({"id": True}, None),
        ({"id": "x" * 200}, None),
        ({"id": None, "data": None}, None),
        ({"id": "req_1", "data": {"task_id": "task_c"}}, "task_c"),
        ({"task": {"id": "task_t"}}, "task_t"),
        ({"output": {"task_id": "abc", "task_status": "PENDING"}}, "abc"),
        ({"choices": [{"task_id": "abc"}]}, "abc"),
        ({"choices": [{"task_id": "abc"}, {"task_id": "def"}]}, None),
        ({"task_id": 0, "base_resp": {"status_code": 1002}}, None),
        ({"task_id": "null"}, None),
        ([{"id": "task_1"}], None),
        (None, None),
    ],
)
def test_task_id_is_found_in_order(document: object, task_id: str | None) -> None:
    """task_id, id, data.task_id, data.id: the first that can be an id."""
    assert task_id_of(document) == task_id


KEYS = st.sampled_from(
    [
        "id",
        "task_id",
        "status",
        "progress",
        "created_at",
        "completed_at",
        "data",
        "metadata",
        "results",
        "output",
        "video",
        "url",
        "error",
        "code",
        "message",
        "amount_usd",
        "fail_reason",
        "result_url",
        "model",
        "content_type",
        "success",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["completed", "failed", MP4, "task_1", "50%", "\ud800"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


@given(document=JSON)
def test_reading_never_raises(document: object) -> None:
    """Whatever JSON comes, a status or none is read; only a completed task has clips."""
    status = read_status(document)

    assert (
        status is None or status.phase in {COMPLETED, FAILED} or not status.clip_urls or not status.known_word
    )
    assert task_id_of(document) is None or isinstance(document, dict | list)


@pytest.mark.parametrize(
    ("body", "task_id"),
    [
        (b'\xef\xbb\xbf{"id": "task_1"}', "task_1"),
        (b'{"id": "task_1", "message": "\xcf\xde\xc1\xf7"}', "task_1"),
        (b'{"task_id": "task_1", "task_id": ""}', "task_1"),
        (b'{"task_id": "task_1", "progress": ' + b"9" * 5000 + b"}", "task_1"),
        (b'{"task_id": "task_1", "progress": NaN, "amount_usd": -Infinity}', "task_1"),
        ('{"id": "task_1"}'.encode("utf-16"), "task_1"),
    ],
    ids=["byte order mark", "another encoding", "twice", "long", "not a number", "utf-16"],
)
def test_an_id_is_not_lost_to_what_is_beside_it(body: bytes, task_id: str) -> None:
    """Bytes that no strict reader takes still hold the id of a task that was paid for."""
    assert task_id_of(parse_json(body)) == task_id


@given(body=st.binary(max_size=200))
def test_any_bytes_are_json_or_none(body: bytes) -> None:
    """Bytes that are no JSON, in any encoding, are None and no exception."""
    assert read_status(parse_json(body)) is None or parse_json(body) is not None


@pytest.mark.parametrize(
    ("fields", "refunded"),
    [
        ({}, None),
        ({"amount_usd": None}, None),
        ({"amount_usd": "free"}, None),
        ({"amount_usd": -0.28}, None),
        ({"amount_usd": 0}, True),
        ({"amount_usd": "$0.00"}, True),
        ({"amount_usd": 0.28}, False),
        ({"refunded": True}, True),
        ({"refunded": False, "amount_usd": 0}, False),
        ({"refund_usd": 0.28, "amount_usd": 0.28}, True),
        ({"refund_usd": 0.10, "amount_usd": 0.28}, False),
        ({"refund_usd": 0}, False),
    ],
)
def test_a_refund_is_what_the_vendor_says_of_it(fields: dict[str, object], refunded: bool | None) -> None:
    """Nothing said is nothing known."""
    assert told({"status": "failed"} | fields).refunded is refunded


def test_an_amount_that_is_none_is_kept_as_text() -> None:
    """People are shown what the vendor wrote."""
    assert told({"status": "completed", "amount_usd": "2.00 CNY"}).amount_text == "2.00 CNY"
    assert told({"status": "completed", "amount_usd": -0.28}).amount_text == "-0.28"
    assert told({"status": "completed", "amount_usd": 0.28}).amount_text is None
