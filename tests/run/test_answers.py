"""Answers that no document foresees: each ends with the clip, or with a reason that says what the vendor said."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from hailuo.ledger.facts import JobState
from hailuo.run.events import Event, EventKind
from hailuo.simulator import SimulatorTransport
from hailuo.vendor import TaskPhase
from tests.support.worlds import World, campaign_of

Change = Callable[[httpx.Request, httpx.Response, dict[str, Any]], httpx.Response]
MakeWorld = Callable[..., World]


class Changed(httpx.AsyncBaseTransport):
    """The simulator, with its JSON answers changed on the way."""

    def __init__(self, world: World, change: Change) -> None:
        self._simulator = SimulatorTransport(world.simulator.app)
        self._change = change

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The simulator's answer, after the change."""
        response = await self._simulator.handle_async_request(request)
        await response.aread()
        is_json = "json" in response.headers.get("content-type", "")
        return self._change(request, response, response.json() if is_json else {})


@pytest.fixture
def run(make_world: MakeWorld):
    """Runs a world whose answers are changed; gives world, report and events."""

    def go(change: Change, *, jobs: int = 1, runs: int = 1, **client: object):
        world = make_world(jobs=jobs)
        world.wire = lambda: Changed(world, change)
        world.client_options = client
        events: list[Event] = []
        world.observe = events.append
        reports = [world.run() for _ in range(runs)]
        return world, reports[-1], events

    return go


def is_poll(request: httpx.Request) -> bool:
    return (
        request.method == "GET"
        and "/v1/videos/" in request.url.path
        and not request.url.path.endswith("/content")
    )


def at_the_end(reshape: Callable[[dict[str, Any], str], object], status: int = 200) -> Change:
    """Changes the answers to polls once the task has completed; `reshape` gets the body and the clip's URL."""

    def change(request: httpx.Request, response: httpx.Response, body: dict[str, Any]) -> httpx.Response:
        if not is_poll(request) or body.get("status") != "completed":
            return response
        return httpx.Response(status, json=reshape(body, body["metadata"]["url"]))

    return change


def bare(body: dict[str, Any], **fields: object) -> dict[str, object]:
    """A completed task's own fields, without any URL."""
    return {"id": body["id"], "status": "completed", "progress": 100, **fields}


ENDS = {
    "ark": lambda body, url: {"id": body["id"], "status": "succeeded", "content": {"video_url": url}},
    "kling": lambda body, url: {
        "code": 0,
        "data": {"task_id": body["id"], "task_status": "succeed", "task_result": {"videos": [{"url": url}]}},
    },
    "videos": lambda body, url: bare(body, videos=[{"url": url}]),
    "minimax": lambda body, url: {
        "task": {"id": body["id"], "status": "succeeded", "content": {"url": url}},
        "base_resp": {"status_code": 0},
    },
    "picture first": lambda body, url: bare(
        body,
        results=[{"url": url + "&picture", "content_type": "image"}, {"url": url, "content_type": "video"}],
    ),
    "no URL": lambda body, url: bare(body),
    "relative": lambda body, url: bare(body, metadata={"url": f"/v1/videos/{body['id']}/content"}),
    "unknown word": lambda body, url: bare(body, status="reticulated", metadata={"url": url}),
    "unknown word, no progress": lambda body, url: {"id": body["id"], "status": "reticulated", "url": url},
    "unknown word, no URL": lambda body, url: bare(body, status="reticulated"),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_clip_that_is_ready_is_stored(run, name: str) -> None:
    """In whatever shape and word the vendor says that it has ended."""
    world, report, _ = run(at_the_end(ENDS[name]))

    assert [ending.state for ending in report.endings] == [JobState.STORED]
    assert len(world.simulator.invoice().lines) == 1


def test_a_status_that_only_fails_once_the_clip_is_ready_is_no_obstacle(run) -> None:
    """The API's own address has the clip."""
    _, report, _ = run(
        at_the_end(lambda body, url: {"error": {"message": "database", "code": ""}}, status=500)
    )

    assert [ending.state for ending in report.endings] == [JobState.STORED]


LACKING = {
    "amount": lambda body, url: bare(body, metadata={"url": url}),
    "URL and amount": lambda body, url: bare(body),
}


def test_one_patience_is_for_all_that_an_end_lacks(run) -> None:
    """A vendor that names neither the URL nor the amount is asked no longer than one that only hides the amount."""
    polls: dict[str, int] = {}

    for name, reshape in LACKING.items():
        asked: list[str] = []

        def counted(body: dict[str, Any], url: str, asked=asked, reshape=reshape) -> object:
            asked.append(url)
            return reshape(body, url)

        _, report, _ = run(at_the_end(counted))
        assert [ending.state for ending in report.endings] == [JobState.STORED]
        polls[name] = len(asked)

    assert polls["amount"] > 3
    assert polls["URL and amount"] <= polls["amount"] + 1


UNREADY = {
    "5xx": (
        {"error": {"message": "database", "code": ""}},
        500,
        "polls_missed",
        "server_error (500 database)",
    ),
    "word": ({"status": "reticulating", "progress": 40}, 200, "unknown_status", '"reticulating", 40 %'),
    "word and error": (
        {"status": "odd", "progress": 100, "error": {"code": "77", "message": "boom"}},
        200,
        "unknown_status",
        '"odd", 100 %, error 77 boom',
    ),
    "rendering": ({"status": "in_progress", "progress": 30}, 200, "overdue", '"in_progress", 30 %'),
    "another": ({"task_id": "task_of_somebody", "status": "failed"}, 200, "polls_missed", "task_of_somebody"),
    "wait": ({"code": "", "error": "slow down"}, 429, "polls_missed", "slow down"),
}


@pytest.mark.parametrize("name", UNREADY)
def test_what_the_vendor_said_is_in_the_reason(run, name: str) -> None:
    """A job that this run cannot collect says why in the vendor's words, and is bought no second time."""
    body, status, cause, said = UNREADY[name]

    def change(request: httpx.Request, response: httpx.Response, real: dict[str, Any]) -> httpx.Response:
        if is_poll(request):
            return httpx.Response(status, json=body)
        return httpx.Response(404) if request.url.path.endswith("/content") else response

    world, report, _ = run(change, runs=2)

    [ending] = report.endings
    assert (ending.state, ending.overdue, ending.cause) == (JobState.SUBMITTED, True, cause)
    assert said in ending.reason
    assert len(world.simulator.invoice().lines) == 1


def test_a_word_that_the_setting_knows_is_the_end(run) -> None:
    """HAILUO_STATUS_WORDS gives it a meaning."""
    change = at_the_end(
        lambda body, url: {"id": body["id"], "status": "Reticulated", "progress": 7, "url": url}
    )

    _, report, _ = run(change, status_words={"reticulated": TaskPhase.COMPLETED})

    assert [ending.state for ending in report.endings] == [JobState.STORED]


def test_an_answer_about_another_task_changes_nothing_and_is_said(run) -> None:
    """B's answers to polls of A: neither its clip nor its failure becomes A's."""
    seen: dict[str, dict[str, Any]] = {}

    def swap(request: httpx.Request, response: httpx.Response, body: dict[str, Any]) -> httpx.Response:
        if not is_poll(request):
            return response
        seen[body["id"]] = body
        other = next((answer for task, answer in seen.items() if task != body["id"]), None)
        return httpx.Response(200, json=other) if other and turns.pop() else response

    turns = [False] * 1000 + [True] * 6
    world, report, events = run(swap, jobs=3)

    assert [ending.state for ending in report.endings] == [JobState.STORED] * 3
    assert any(event.kind is EventKind.ALARM for event in events)
    ledger = world.ledger()
    world.clock.run(ledger.load())
    for record in ledger.records.values():
        content = world.clock.run(world.store.read(record.done.key))
        assert record.done.task_id.encode() in content


def test_a_task_that_another_job_has_is_held_with_an_alarm(run) -> None:
    """One task cannot be two clips: the second submit is unknown, and is not repeated."""
    first: list[dict[str, Any]] = []

    def repeat(request: httpx.Request, response: httpx.Response, body: dict[str, Any]) -> httpx.Response:
        if request.method == "POST":
            first.append(body)
            return httpx.Response(200, json=first[0])
        return response

    world, report, events = run(repeat, jobs=2, runs=2)

    assert sorted(ending.state for ending in report.endings) == [JobState.STORED, JobState.UNKNOWN]
    [held] = [ending for ending in report.endings if ending.state is JobState.UNKNOWN]
    assert first[0]["id"] in held.reason
    assert any(event.kind is EventKind.ALARM and first[0]["id"] in event.text for event in events)
    assert len(world.simulator.invoice().lines) == 2


def test_a_task_that_another_campaign_has_is_held_too(run, make_world) -> None:
    """The claim is in the whole store: another campaign's worker knows it as well."""
    first: list[dict[str, Any]] = []

    def repeat(request: httpx.Request, response: httpx.Response, body: dict[str, Any]) -> httpx.Response:
        if request.method == "POST":
            first.append(body)
            return httpx.Response(200, json=first[0])
        return response

    world, _, _ = run(repeat)
    world.campaign = replace(campaign_of(1, prompts="Another bottle"), name="another")
    report = world.run()

    [held] = report.endings
    assert held.state is JobState.UNKNOWN
    assert "rehearsal/main/ledger" in held.reason


def test_two_jobs_with_the_same_bytes_are_said(run) -> None:
    """Both are stored, for both were paid; an alarm names the other."""
    urls: list[str] = []

    def same_url(request: httpx.Request, response: httpx.Response, body: dict[str, Any]) -> httpx.Response:
        if not is_poll(request) or body["status"] != "completed":
            return response
        urls.append(body["metadata"]["url"])
        return httpx.Response(200, json=bare(body, metadata={"url": urls[0]}))

    _, report, events = run(same_url, jobs=2)

    assert [ending.state for ending in report.endings] == [JobState.STORED] * 2
    [alarm] = [event for event in events if event.kind is EventKind.ALARM]
    assert "byte for byte" in alarm.text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("status", "code"), [(429, ""), (400, "1002"), (400, "1000"), (503, "fail_to_fetch_task")]
)
def test_no_retry_after_is_longer_than_the_deadline(run, method: str, status: int, code: str) -> None:
    """A day is asked for: the run ends long before, and says what was asked."""

    def refuse(request: httpx.Request, response: httpx.Response, body: dict[str, Any]) -> httpx.Response:
        if request.method != method or "balance" in request.url.path:
            return response
        error = {"error": {"message": "slow", "code": code}}
        return httpx.Response(status, json=error, headers={"Retry-After": "86400"})

    world, report, events = run(refuse, jobs=2)

    assert world.clock.monotonic() < 3 * 1800
    said = " ".join(
        [report.stopped or "", *(event.text for event in events), *(e.reason or "" for e in report.endings)]
    )
    assert "24 h" in said
