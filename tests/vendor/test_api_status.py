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
    """The words of docs/vendor.md#status-words, whatever their case."""
    status = told({"id": "task_1", "status": word})

    assert (status.phase, status.known_word) == (phase, True)


@pytest.mark.parametrize("word", ["paused", "archived", 7, True, {"state": "x"}])
def test_unknown_word_means_keep_polling(word: object) -> None:
    """A word never seen before neither completes nor fails a task, and is flagged."""
    status = told({"id": "task_1", "status": word, "metadata": {"url": MP4}})

    assert (status.phase, status.known_word, status.clip_urls) == (RENDERING, False, ())


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
    {"results": [], "metadata": None, "url": f" {MP4} "},
]


@pytest.mark.parametrize("places", URLS, ids=json.dumps)
def test_clip_is_found_wherever_the_vendor_puts_it(places: dict[str, object]) -> None:
    """Every place of docs/vendor.md#fetching-the-clip is looked at."""
    assert told({"status": "completed", **places}).clip_urls == (MP4,)


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
     "http://[::1", "https://x/a b", "https://x/\x00", 7, None, ["x"], {"href": MP4}, "https://x/" + "a" * 9000],
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
     ("-1", None), ("1e400", None), ("NaN", None), ("true", None), ("null", None), ('"free"', None)],
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

    assert status is None or status.phase is COMPLETED or not status.clip_urls
    assert task_id_of(document) is None or isinstance(document, dict)


@given(body=st.binary(max_size=200))
def test_any_bytes_are_json_or_none(body: bytes) -> None:
    """Bytes that are no JSON, in any encoding, are None and no exception."""
    assert read_status(parse_json(body)) is None or parse_json(body) is not None
