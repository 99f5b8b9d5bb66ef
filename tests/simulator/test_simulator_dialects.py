"""The four dialects, body by body: what a client has to understand.

The bodies are S1 to S4 and G1 to G5 of docs/reference/vendor.md; TASK and URL stand for what differs.
"""

import json

import pytest

from hailuo.simulator import FaultName, FaultPlan

CREATED = 1795384800
"""2026-11-22 22:00 UTC, when the clock of the tests starts."""

WAITING = {
    "id": "TASK",
    "object": "video",
    "model": "MiniMax-Hailuo-02",
    "created_at": CREATED,
    "status": "queued",
    "progress": 0,
    "completed_at": CREATED,
    "metadata": {"url": ""},
}
RENDERING = WAITING | {"status": "in_progress", "progress": 30, "completed_at": CREATED + 15}
COMPLETED = WAITING | {"status": "completed", "progress": 100, "metadata": {"url": "URL"}}
FAILED = WAITING | {"status": "failed", "progress": 100}
BOTH_IDS = {"task_id": "TASK"}
BILL = {
    "amount_usd": 0.28,
    "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    "results": [{"url": "URL", "width": 1366, "height": 768, "duration": 6, "content_type": "video"}],
}
REFUND = {"amount_usd": 0}
ERROR = {"error": {"code": "1000", "message": "unknown error"}}


def enveloped(body):
    return {"code": "success", "message": "", "data": body}


DIALECTS = {
    "imarouter": [
        WAITING | BOTH_IDS,
        RENDERING | BOTH_IDS,
        COMPLETED | BOTH_IDS | BILL,
        FAILED | BOTH_IDS | ERROR | REFUND,
    ],
    "newapi": [WAITING | {"status": "unknown"}, RENDERING, COMPLETED, FAILED | ERROR],
    "enveloped": [
        enveloped(WAITING | BOTH_IDS),
        enveloped(RENDERING | BOTH_IDS),
        enveloped(COMPLETED | BOTH_IDS | BILL),
        enveloped(FAILED | BOTH_IDS | ERROR | REFUND),
    ],
    "seed": [
        {"id": "TASK", "status": "queued"},
        {"id": "TASK", "status": "in_progress"},
        {"id": "TASK", "status": "completed", "video": {"url": "URL"}},
        {"id": "TASK", "status": "failed", "error": "unknown error"},
    ],
}


def shown(desk, task_id):
    """A GET body, with TASK and URL for what differs from task to task."""
    body = desk.status(task_id).json()
    text = json.dumps(body)
    for url in {part for part in text.split('"') if part.startswith("http://simulator/_clips/")}:
        text = text.replace(url, "URL")
    return json.loads(text.replace(task_id, "TASK"))


def completed_at(body):
    return body.get("data", body).get("completed_at")


def with_completed_at(body, seconds):
    """The body, with the moment that depends on the render time."""
    if "data" in body:
        return body | {"data": with_completed_at(body["data"], seconds)}
    return body | ({"completed_at": seconds} if "completed_at" in body else {})


@pytest.mark.parametrize(("profile", "bodies"), DIALECTS.items(), ids=DIALECTS.keys())
def test_a_dialect_tells_a_tasks_life_in_its_own_words(make_desk, profile, bodies):
    """Accepted, rendering, completed; failed, for another one."""
    desk = make_desk(profile=profile)
    task_id = desk.order()
    waiting = shown(desk, task_id)
    desk.advance(15)
    rendering = shown(desk, task_id)
    desk.advance(3585)
    completed = shown(desk, task_id)

    assert [waiting, rendering] == bodies[:2]
    assert completed == with_completed_at(bodies[2], completed_at(completed))


@pytest.mark.parametrize(("profile", "bodies"), DIALECTS.items(), ids=DIALECTS.keys())
def test_a_dialect_tells_a_failure_in_its_own_words(make_desk, profile, bodies):
    """G5, with the error as an object where the dialect has one."""
    desk = make_desk(profile=profile, faults=FaultPlan(rates={FaultName.FAILED_OBJECT: 1}))
    task_id = desk.order()
    desk.advance(3600)

    failed = shown(desk, task_id)

    assert failed == with_completed_at(bodies[3], completed_at(failed))


SUBMITS = {
    "imarouter": WAITING | BOTH_IDS | {"status": ""},
    "newapi": WAITING | BOTH_IDS,
    "enveloped": enveloped(WAITING | BOTH_IDS | {"status": ""}),
    "seed": {"id": "TASK"},
}


def without_reading(body):
    """A submit's body has no field that only a GET has."""
    if "data" in body:
        return body | {"data": without_reading(body["data"])}
    return {key: value for key, value in body.items() if key not in {"completed_at", "metadata"}}


@pytest.mark.parametrize(("profile", "body"), SUBMITS.items(), ids=SUBMITS.keys())
def test_a_dialect_accepts_in_its_own_words(make_desk, profile, body):
    """S1 to S4; the status of ImaRouter's own is the empty string."""
    answer = make_desk(profile=profile).post()
    accepted = answer.json()
    inner = accepted.get("data", accepted)
    text = json.dumps(accepted).replace(inner.get("task_id") or inner["id"], "TASK")

    assert json.loads(text) == without_reading(body)
    assert answer.headers["Content-Type"] == "application/json"
