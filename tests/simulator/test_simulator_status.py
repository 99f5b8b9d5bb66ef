"""How a task's life shows: only at the ticks, and in four dialects."""

import statistics
from decimal import Decimal
from random import Random

import pytest

from hailuo.simulator import FaultName, FaultPlan
from hailuo.simulator.orders import VideoOrder
from hailuo.simulator.tasks import render_seconds

ORDER = VideoOrder(
    model="MiniMax-Hailuo-02",
    prompt="A shoe",
    duration=6,
    size="768p",
    frame_url=None,
    price_usd=Decimal("0.28"),
    request_sha256="5e" * 32,
)


def walk(desk, task_id, *, step=1.0, until=900.0):
    """What each GET shows, from now on: (seconds, status, progress), where it changed."""
    seen: list[tuple] = []
    for second in range(int(until / step)):
        body = desk.status(task_id).json()
        shown = (body.get("data", body)["status"], body.get("data", body)["progress"])
        if not seen or seen[-1][1:] != shown:
            seen.append((second * step, *shown))
        desk.advance(step)
    return seen


@pytest.mark.slow
def test_a_task_changes_only_at_the_ticks(desk):
    """queued 0, in_progress 30, in_progress 50, completed 100: each seen first at a multiple of 15 s."""
    seen = walk(desk, desk.order(), step=5)

    assert [shown for _, *shown in seen] == [
        ["queued", 0],
        ["in_progress", 30],
        ["in_progress", 50],
        ["completed", 100],
    ]
    assert {second % 15 for second, *_ in seen} == {0}


def test_a_task_accepted_between_ticks_waits_for_the_next_one(desk):
    """Accepted at second 7, it is first seen in progress at second 15."""
    desk.advance(7)
    seen = walk(desk, desk.order(), step=1, until=30)

    assert seen == [(0, "queued", 0), (8, "in_progress", 30)]


def test_speed_makes_simulated_time_of_clock_time(make_desk):
    """At speed 60 a tick comes every quarter of a second."""
    desk = make_desk(speed=60)
    seen = walk(desk, desk.order(), step=0.25, until=15)

    assert seen[1] == (0.25, "in_progress", 30)
    assert seen[-1][1] == "completed"


def test_the_documented_dialect_shows_everything_when_completed(desk):
    """G1: results, amount_usd and both ids."""
    task_id = desk.order()
    desk.advance(3600)

    body = desk.status(task_id).json()

    assert (body["id"], body["task_id"], body["object"]) == (task_id, task_id, "video")
    assert (body["status"], body["progress"], body["amount_usd"]) == ("completed", 100, 0.28)
    assert body["results"][0].items() >= {"width": 1366, "height": 768, "duration": 6}.items()
    assert body["results"][0]["url"] == body["metadata"]["url"]
    assert body["completed_at"] > body["created_at"]


def test_a_running_task_sets_the_vendors_traps(desk):
    """metadata.url is "" and completed_at is not 0, long before anything is completed."""
    task_id = desk.order()
    desk.advance(20)

    body = desk.status(task_id).json()

    assert (body["status"], body["metadata"]) == ("in_progress", {"url": ""})
    assert body["completed_at"] > 0
    assert not {"results", "amount_usd", "error"} & set(body)


def test_plain_new_api_says_unknown_at_first_and_names_no_task_id(make_desk):
    """G2: no task_id, results or amount."""
    desk = make_desk(profile="newapi")
    task_id = desk.order()
    first = desk.status(task_id).json()
    desk.advance(3600)

    last = desk.status(task_id).json()

    assert first["status"] == "unknown"
    assert (last["id"], last["status"]) == (task_id, "completed")
    assert not {"task_id", "results", "amount_usd"} & set(last)
    assert last["metadata"]["url"].startswith("http://simulator/")


def test_the_enveloped_dialect_wraps_the_documented_one(make_desk):
    """G3."""
    desk = make_desk(profile="enveloped")
    task_id = desk.order()
    desk.advance(3600)

    body = desk.status(task_id).json()

    assert (body["code"], body["data"]["task_id"], body["data"]["amount_usd"]) == ("success", task_id, 0.28)


def test_the_product_pages_dialect_has_two_places_for_the_url(make_desk):
    """video.url, or output[0].url."""
    desk = make_desk(profile="seed")
    tasks = [desk.order(), desk.order()]
    desk.advance(3600)

    first, second = (desk.status(task_id).json() for task_id in tasks)

    assert first["video"]["url"].startswith("http")
    assert second["output"][0]["url"].startswith("http")


def test_the_legacy_route_speaks_another_vocabulary(desk):
    """new-api's TaskDto: NOT_START, IN_PROGRESS, SUCCESS, progress as text, result_url."""
    task_id = desk.order()
    shown = []
    for wait in (0, 20, 3600):
        desk.advance(wait)
        shown.append(desk.status(task_id, "/v1/video/generations").json()["data"])

    assert [one["status"] for one in shown] == ["NOT_START", "IN_PROGRESS", "SUCCESS"]
    assert [one["progress"] for one in shown] == ["0%", "30%", "100%"]
    assert [bool(one["result_url"]) for one in shown] == [False, False, True]


def test_the_legacy_route_gives_the_reason_of_a_failure(make_desk):
    """FAILURE with fail_reason."""
    desk = make_desk(faults=FaultPlan(rates={FaultName.FAILED_STRING: 1}))
    task_id = desk.order()
    desk.advance(3600)

    body = desk.status(task_id, "/v1/video/generations").json()["data"]

    assert (body["status"], body["fail_reason"]) == ("FAILURE", "render failed")


@pytest.mark.parametrize("route", ["/v1/videos", "/v1/video/generations"])
def test_an_unknown_id_is_400_not_404(desk, route):
    """task_not_exist, flat."""
    answer = desk.status("task_1", route)

    assert (answer.status_code, answer.json()["code"]) == (400, "task_not_exist")


def test_the_same_seed_and_orders_give_the_same_life(make_desk):
    """Ids and render times depend on seed and body, not on the order of arrival."""

    def lives(*prompts):
        desk = make_desk(seed=7)
        tasks = {prompt: desk.order(prompt=prompt) for prompt in prompts}
        desk.advance(3600)
        return {prompt: desk.status(task).json()["completed_at"] for prompt, task in tasks.items()}, tasks

    assert lives("a", "b") == lives("b", "a")


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({}, 1),
        ({"duration": 10}, 1.6),
        ({"size": "1080p"}, 1.5),
        ({"model": "MiniMax-Hailuo-2.3-Fast"}, 0.6),
    ],
    ids=["768p 6 s", "10 s", "1080p", "Fast"],
)
def test_render_times_are_distributed_as_published(changes, factor):
    """Median 90 s and 95th percentile 240 s; longer for 10 s and 1080p, shorter for Fast."""
    order = VideoOrder(**{name: getattr(ORDER, name) for name in VideoOrder.__slots__} | changes)
    dice = Random(0)  # noqa: S311 (a draw to be measured)
    drawn = sorted(render_seconds(order, dice=dice, median=90, p95=240) for _ in range(4000))

    assert statistics.median(drawn) == pytest.approx(90 * factor, rel=0.05)
    assert drawn[3800] == pytest.approx(240 * factor, rel=0.1)
