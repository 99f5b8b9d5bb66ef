"""The deployments of prefect.yaml on a real server with real workers, started as the UI starts them."""

import re
from datetime import timedelta

import httpx
import pytest

from hailuo.clock import SystemClock
from tests.live.conftest import answer, api, over, started_slowly, until, wait_for_clips
from tests.support.servers.house import ROOT

pytestmark = [pytest.mark.prefect, pytest.mark.slow, pytest.mark.enable_socket]

DEPLOYMENTS = {
    "render-campaign/render-campaign",
    "render-shard/render-shard",
    "nightly/nightly",
    "approve-campaign/approve-campaign",
    "reconcile/reconcile",
    "ad-report/ad-report",
}
SCHEDULED = {"nightly/nightly", "ad-report/ad-report"}
CAMPAIGN_FORM = ["autumn.yaml", "spring.yaml", "summer.yaml", "tonight.yaml"]


def artifacts_of(house, run_id):
    wanted = {"artifacts": {"flow_run_id": {"any_": [run_id]}}}
    return {a["key"]: a for a in api(house, "POST", "/artifacts/filter", wanted)}


def log_of(house, run_id, *, until):
    """The log of a run, once it holds what `until` asks for: a run sends its last lines after its last state."""
    wanted = {"logs": {"flow_run_id": {"any_": [run_id]}}, "limit": 200}
    for _ in range(1200):
        log = "\n".join(line["message"] for line in api(house, "POST", "/logs/filter", wanted))
        if until(log):
            break
        house.wait(0.5)
    return log


def deployment(house, name):
    return api(house, "GET", f"/deployments/name/{name}")


def test_every_deployment_is_there_with_a_form_and_every_schedule_is_off(house):
    """`prefect deploy --all` made them all; each field of each form says what it is for; nothing fires by itself."""
    found = {name: deployment(house, name) for name in DEPLOYMENTS}

    for name, one in found.items():
        for field, schema in one["parameter_openapi_schema"]["properties"].items():
            assert schema.get("description"), f"{name}: {field}"
        assert one["work_pool_name"] == "hailuo"
        assert one["description"]
        assert one["concurrency_limit"] is None
    schedules = [(name, schedule) for name, one in found.items() for schedule in one["schedules"]]
    assert {name for name, _ in schedules} == SCHEDULED
    assert not any(schedule["active"] for _, schedule in schedules)
    assert {schedule["schedule"]["timezone"] for _, schedule in schedules} == {"Europe/Berlin"}


def test_the_form_offers_the_campaigns_of_the_folder(house):
    """A list to pick from, and a field for a file that came later."""
    fields = deployment(house, "render-campaign/render-campaign")["parameter_openapi_schema"]["properties"]

    listed, other = fields["campaign"]["anyOf"]

    assert listed["enum"] == CAMPAIGN_FORM
    assert other["type"] == "string"
    assert "MiniMax-Hailuo-02" in fields["models"]["items"]["enum"]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"campaign": ""},
        {"campaign": "spring"},
        {"campaign": "../spring.yaml"},
        {"campaign": "spring.yaml", "models": ["no-model"]},
        {"campaign": "spring.yaml", "edition": "No Slug"},
        {"campaign": "spring.yaml", "only": ["model"]},
        {"campaign": "spring.yaml", "budget_usd": 0},
        {"campaign": "spring.yaml", "budget_usd": 2_000_000},
        {"campaign": "spring.yaml", "machines": 33},
        {"campaign": "spring.yaml", "machines": "many"},
    ],
    ids=str,
)
def test_what_the_form_does_not_allow_never_becomes_a_run(house, parameters):
    """Refused by the server, before any worker sees it."""
    with pytest.raises(httpx.HTTPStatusError, match=r"409|422"):
        house.server.create_run("render-campaign/render-campaign", parameters)


@pytest.fixture(scope="module")
def spring(house):
    """The flow run that rendered the campaign `spring` from the UI."""
    checking = {"env": {"HAILUO_CHECKS": "on"}}
    name, chosen = "render-campaign/render-campaign", {"campaign": "spring.yaml"}
    run = over(house, house.server.create_run(name, chosen, checking))
    assert run["state_name"] == "Completed", run["state"]["message"]
    return run


def test_a_campaign_runs_from_the_ui_and_leaves_everything_to_look_at(house, bought, spring):
    """Clips bought once with the key of the Secret block; plan, progress, comparison, unknowns; a log in words."""
    assert spring["state_name"] == "Completed"
    assert spring["name"] == "spring · main"
    assert bought("spring") == 4
    keys = {"plan-spring", "progress-spring", "comparison-spring", "unknown-spring"}
    assert keys <= set(artifacts_of(house, spring["id"]))
    submitted, stored = r"^[0-9A-Z]{10} \(.+\) submitted as ", r"^[0-9A-Z]{10} \(.+\) stored$"
    log = log_of(house, spring["id"], until=lambda log: len(re.findall(stored, log, re.MULTILINE)) >= 4)
    assert len(re.findall(submitted, log, re.MULTILINE)) == 4
    assert len(re.findall(stored, log, re.MULTILINE)) == 4
    assert "sk-simulated" not in log
    assert events_named(house, "hailuo.campaign.completed")


def events_named(house, name):
    """The events of the last hour with this name."""
    now = SystemClock().now()
    occurred = {"since": str(now - timedelta(hours=1)), "until": str(now + timedelta(hours=1))}
    wanted = {"filter": {"event": {"name": [name]}, "occurred": occurred, "order": "DESC"}}
    for _ in range(1200):  # the server takes events in behind our back
        found = api(house, "POST", "/events/filter", wanted)["events"]
        if found:
            return found
        house.wait(0.5)
    return []


def test_a_campaign_pasted_as_text_runs_on_several_machines(house, bought):
    """No file anywhere: the text travels to the shards, which buy each clip once between them."""
    text = pasted(house, "pasted")

    run = over(
        house,
        house.server.create_run("render-campaign/render-campaign", {"campaign": text, "machines": 2}),
    )

    assert run["state_name"] == "Completed", run["state"]["message"]
    assert bought("pasted") == 4
    shards = [
        one for one in house.server.flow_runs() if one.name.endswith("· pasted") and "shard" in one.name
    ]
    assert len(shards) == 2
    # a shard says that it is done before its flow run is
    assert {over(house, one.id)["state_name"] for one in shards} == {"Completed"}


def test_a_cancelled_run_goes_on_where_it_stood(house, bought):
    """Cancelled from the UI half-way: what was bought is in the ledger, and the next run buys only the rest."""
    run_id = started_slowly(house, "summer.yaml")
    wait_for_clips(house, bought, "summer", 2)

    cancelling = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    api(house, "POST", f"/flow_runs/{run_id}/set_state", cancelling)
    cancelled = over(house, run_id)

    assert cancelled["state_type"] == "CANCELLED"
    at_cancel = bought("summer")
    assert 2 <= at_cancel < 12
    assert events_named(house, "hailuo.campaign.stopped")
    run = over(house, house.server.create_run("render-campaign/render-campaign", {"campaign": "summer.yaml"}))
    assert run["state_name"] == "Completed", run["state"]["message"]
    assert bought("summer") == 12
    assert re.search(rf"{12 - at_cancel} planned to buy", run["state"]["message"])


def test_the_run_of_a_worker_that_lost_its_power_is_finished_by_the_next(house, bought):
    """SIGKILL to worker and flow: the vendor was paid once for each clip, by its own books."""
    before = house.accepted()
    started_slowly(house, "autumn.yaml")
    wait_for_clips(house, bought, "autumn", 2)

    killed = [machine for machine in house.machines if machine.is_busy]
    for machine in killed:
        machine.lose_power()
        machine.service.start()
    at_death = bought("autumn")
    run = over(house, house.server.create_run("render-campaign/render-campaign", {"campaign": "autumn.yaml"}))

    assert killed
    assert 2 <= at_death < 12
    assert run["state_type"] == "COMPLETED", run["state"]["message"]
    unknown = artifacts_of(house, run["id"])["unknown-autumn"]
    held = 0 if "no money is in doubt" in str(unknown["data"]) else len(unknown["data"])
    assert house.accepted() - before <= 12
    assert bought("autumn") + held == 12
    assert held <= 3  # the submits that were under way in that moment


def schedules_of(house, name):
    """The schedules of a deployment, as a person set them."""
    return [
        (one["active"], one["schedule"]["cron"], one["schedule"]["timezone"], one["parameters"])
        for one in deployment(house, name)["schedules"]
    ]


def test_a_redeploy_keeps_what_people_set(house):
    """Switch, cron, zone and parameters of a schedule, a limit of the queue; no doubles of anything."""
    night = deployment(house, "nightly/nightly")
    (schedule,) = night["schedules"]
    by_hand = {
        "active": True,
        "schedule": {"cron": "30 2 * * 1-5", "timezone": "America/New_York"},
        "parameters": {"budget_usd_for_the_night": 25},
    }
    api(house, "PATCH", f"/deployments/{night['id']}/schedules/{schedule['id']}", by_hand)
    api(house, "PATCH", "/work_pools/hailuo/queues/nights", {"concurrency_limit": 2})
    api(house, "PATCH", "/work_pools/hailuo", {"concurrency_limit": 9})
    before = schedules_of(house, "nightly/nightly")
    automations = {one["name"] for one in api(house, "POST", "/automations/filter", {})}

    settings = {"HAILUO_CAMPAIGNS": str(house.campaigns)}
    said = house.server.module("hailuo.flows.setup", folder=ROOT, environment=settings)

    assert before == [(True, "30 2 * * 1-5", "America/New_York", {"budget_usd_for_the_night": 25})]
    assert schedules_of(house, "nightly/nightly") == before
    assert len(schedules_of(house, "ad-report/ad-report")) == 1
    assert api(house, "GET", "/work_pools/hailuo/queues/nights")["concurrency_limit"] == 2
    assert api(house, "GET", "/work_pools/hailuo")["concurrency_limit"] == 9
    again = [one["name"] for one in api(house, "POST", "/automations/filter", {})]
    assert sorted(again) == sorted(automations) == ["hailuo-zombies"]
    assert "there is no block named hailuo-notifications" in said
    as_before = {name: schedule[name] for name in ("active", "schedule", "parameters")}
    api(house, "PATCH", f"/deployments/{night['id']}/schedules/{schedule['id']}", as_before)


def test_a_schedule_fires_and_the_night_renders_what_is_marked(house, bought):
    """Each campaign in a flow run of its own; one whose file came after the deploy is rendered too; one is cancelled."""
    later = (house.campaigns / "tonight.yaml").read_text()
    (house.campaigns / "a-later.yaml").write_text(later.replace("tonight", "later"))
    night = deployment(house, "nightly/nightly")["id"]
    at = SystemClock().now() + timedelta(seconds=45)  # the server looks for new schedules every five seconds
    soon = {"schedule": {"interval": 3600, "anchor_date": at.isoformat(), "timezone": "UTC"}, "active": True}
    (made,) = api(house, "POST", f"/deployments/{night}/schedules", [soon])

    try:
        wait_for_clips(house, bought, "later", 1)
        (first,) = [one for one in house.server.flow_runs() if one.name == "later · main"]
        cancelling = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
        api(house, "POST", f"/flow_runs/{first.id}/set_state", cancelling)
        wait_for_clips(house, bought, "tonight", 4)
    finally:
        api(house, "DELETE", f"/deployments/{night}/schedules/{made['id']}")

    (one,) = [one for one in house.server.flow_runs() if one.flow == "nightly"]
    run = over(house, one.id)
    assert run["auto_scheduled"]
    assert (run["state_name"], run["state_type"]) == ("Stopped", "FAILED"), run["state"]["message"]
    assert bought("tonight") == 4
    assert over(house, first.id)["state_type"] == "CANCELLED"
    assert bought("later") < 4
    assert any("night" in key for key in artifacts_of(house, run["id"]))


def test_an_approved_plan_is_started(house, bought):
    """It waits for a yes, also while the workers restart; then exactly that plan is rendered by a run of its own."""
    name = "approved"
    text = pasted(house, name)
    asked = house.server.create_run("approve-campaign/approve-campaign", {"campaign": text})
    assert until(house, asked, "PAUSED")["state_name"] == "Suspended"
    for machine in house.machines:  # nothing of the approval is in a process
        machine.service.stop()
        machine.service.start()
    answer(house, asked, approve="yes", approved_by="Kim", note="for the spring launch")

    approved = over(house, asked)
    assert approved["state_name"] == "Approved", approved["state"]["message"]
    assert "Kim" in approved["state"]["message"]
    wait_for_clips(house, bought, name, 4)
    assert bought(name) == 4


def pasted(house, name):
    """A campaign of four clips as text, under a name of its own."""
    return (house.campaigns / "spring.yaml").read_text().replace("spring", name)


@pytest.mark.parametrize(
    "parameters",
    [
        {"campaign": "winter"},
        {"design": "guess"},
        {"metric": "reach"},
        {"relevant_lift_percent": 0},
        {"relevant_lift_percent": 1_001},
        {"next_batch_budget_usd": 0},
        {"edition": "e" * 61},
        {"sequential": "sometimes"},
    ],
    ids=str,
)
def test_what_the_form_of_a_report_does_not_allow_never_becomes_a_run(house, parameters):
    """Refused by the server: a design or a metric that is none, a lift or a budget out of its bounds."""
    with pytest.raises(httpx.HTTPStatusError, match=r"409|422"):
        house.server.create_run("ad-report/ad-report", parameters)


def test_the_form_of_a_report_offers_designs_and_metrics(house):
    """To pick from, with what they mean; all but metrics that may decide are left out."""
    schema = deployment(house, "ad-report/ad-report")["parameter_openapi_schema"]

    offered = {name: schema["definitions"][name]["enum"] for name in ("Design", "DecidedBy")}

    assert offered == {
        "Design": ["randomised_split", "platform_ab_test", "auction"],
        "DecidedBy": ["auto", "hook", "ctr", "cvr", "cpa", "roas"],
    }
    assert all(name in schema["properties"]["design"]["description"] for name in offered["Design"])
