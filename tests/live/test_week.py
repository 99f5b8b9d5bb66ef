"""A week of nights, each with an outage, on a real server with a real scheduler, real workers and a simulated vendor.

The nights are those of a week in October in which Berlin leaves summer time. The server plans each of them by the cron
and the zone of the schedule, and a worker begins it at once, because it is in the past: so a week passes in minutes.
What is real: server, schedule, queue, workers, automations, messages, outages. What is not: the vendor, sixty times as
quick as the real one, and the hours between the nights.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.live.conftest import answer, api, automate, over, retry, until, write_campaign
from tests.support.servers.house import ROOT, House, open_house
from tests.support.servers.inbox import Inbox
from tests.support.servers.processes import wait_until

pytestmark = [pytest.mark.long, pytest.mark.prefect, pytest.mark.slow, pytest.mark.enable_socket]

NIGHTLY = """\
campaign: {name}
edition: "night-{{date}}"
nightly: true
defaults: {{size: 768p, duration: 6, model: MiniMax-Hailuo-02}}
matrix: {{prompt: [{{id: stone, text: Perfume bottle on black stone}}]}}
budget: {{usd: 5}}
"""
DUE = ("alpha", "beta")
CLOCKS_CHANGE = date(2026, 10, 25)


@pytest.fixture(scope="module")
def house(inbox: Inbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One worker. The night is due at 02:30 in Berlin, an hour that comes twice on the last Sunday of October."""
    folder = tmp_path_factory.mktemp("week")
    campaigns = folder / "campaigns"
    campaigns.mkdir()
    for name in DUE:
        (campaigns / f"{name}.yaml").write_text(NIGHTLY.format(name=name))
    write_campaign(campaigns, "asked", takes=1)
    environment = {"HAILUO_CHECKS": "off", "PREFECT_WORKER_QUERY_SECONDS": "2"}
    with open_house(folder, campaigns=campaigns, environment=environment) as house:
        automate(house, inbox)
        night = api(house, "GET", "/deployments/name/nightly/nightly")
        (schedule,) = night["schedules"]
        at = {"schedule": {"cron": "30 2 * * *", "timezone": "Europe/Berlin"}, "active": True}
        api(house, "PATCH", f"/deployments/{night['id']}/schedules/{schedule['id']}", at)
        yield house


def planned(house: House, day: date) -> list[dict[str, Any]]:
    """The runs of the night of this day, as the server's scheduler plans them, in their order."""
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/Berlin"))
    night = api(house, "GET", "/deployments/name/nightly/nightly")["id"]
    between = {"start_time": str(start), "end_time": str(start + timedelta(hours=12))}
    api(house, "POST", f"/deployments/{night}/schedule", {**between, "min_runs": 1, "max_runs": 3})
    wanted = {
        "deployments": {"id": {"any_": [night]}},
        "flow_runs": {
            "expected_start_time": {"after_": str(start), "before_": str(start + timedelta(hours=12))}
        },
        "sort": "EXPECTED_START_TIME_ASC",
    }
    return list(api(house, "POST", "/flow_runs/filter", wanted))


def clips(house: House, campaign: str, edition: str) -> int:
    return len(list((house.store / campaign / edition / "clips").glob("*.mp4")))


def campaign_runs(house: House, day: date) -> list[Any]:
    """The flow runs of the night's campaigns, in their order."""
    names = {f"{campaign} \u00b7 night-{day}" for campaign in DUE}
    return [one for one in house.server.flow_runs() if one.name in names]


def wait_for_submit(house: House, before: int) -> None:
    """Until the vendor has taken one more submit: then the first campaign of the night is under way."""
    wait_until(lambda: house.accepted() > before, seconds=300, what="a submit of the night")


class Paid:
    """The vendor's books, over its restarts."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._before = 0

    def restart(self, pause: float) -> None:
        """The vendor is away for so many seconds. Nothing is under way there."""
        self._before += self._house.accepted()
        self._house.vendor.service.stop()
        self._house.wait(pause)
        self._house.vendor.service.start()
        wait_until(self._answers, seconds=120, what="the simulator answers")

    def clips(self) -> int:
        return self._before + self._house.accepted()

    def _answers(self) -> bool:
        try:
            self._house.accepted()
        except OSError:
            return False
        except Exception as error:  # noqa: BLE001 (httpx's errors are no OSErrors)
            return "onnect" not in type(error).__name__
        return True


def vendor_is_away(house: House, inbox: Inbox, paid: Paid, day: date) -> None:
    """At the time of the night, for twenty seconds: it waits, and then renders."""
    paid.restart(pause=20)
    for run in planned(house, day):
        assert over(house, run["id"])["state_name"] == "Completed"


def store_is_away(house: House, inbox: Inbox, paid: Paid, day: date) -> None:
    """A mount that is gone for twenty seconds: nothing is bought meanwhile, and nothing begins anew."""
    away = house.store.with_name("away")
    house.store.rename(away)
    house.store.symlink_to(house.store)  # every access fails: too many levels of symbolic links
    before = paid.clips()
    runs = planned(house, day)
    house.wait(20)
    assert paid.clips() == before
    house.store.unlink()
    away.rename(house.store)
    for run in runs:
        assert over(house, run["id"])["state_name"] == "Completed"


def server_is_away(house: House, inbox: Inbox, paid: Paid, day: date) -> None:
    """Prefect's server restarts while a campaign renders; a message names what it lost of the night, and Retry ends it."""
    before, so_far = house.accepted(), len(inbox.messages)
    runs = planned(house, day)
    wait_for_submit(house, before)
    house.server.service.stop()
    house.wait(10)
    house.server.service.start()
    house.server.wait()
    for run in runs:
        if over(house, run["id"])["state_name"] != "Completed":
            inbox.wait_for("night 2026", after=so_far)
            retry(house, run["id"])
            assert over(house, run["id"])["state_name"] == "Completed"


def worker_loses_its_power(house: House, inbox: Inbox, paid: Paid, day: date) -> None:
    """In the night in which 02:30 comes twice. The message says Retry, and Retry is right."""
    before, so_far = house.accepted(), len(inbox.messages)
    runs = planned(house, day)
    wait_for_submit(house, before)
    (machine,) = house.machines
    machine.lose_power()
    machine.service.start()
    dead = [run for run in runs if over(house, run["id"])["state_name"] in {"Crashed", "Stopped"}]
    assert dead
    assert "Retry" in inbox.wait_for("Crashed: night", after=so_far, seconds=300).text
    for run in dead:
        retry(house, run["id"])
        assert over(house, run["id"])["state_name"] == "Completed"


def folder_is_empty(house: House, inbox: Inbox, paid: Paid, day: date) -> None:
    """The mount of the campaigns is lost: the night is refused, and a message says so."""
    so_far = len(inbox.messages)
    away = house.campaigns.with_name("campaigns-away")
    house.campaigns.rename(away)
    house.campaigns.mkdir()
    runs = planned(house, day)
    states = [over(house, run["id"])["state_name"] for run in runs]
    house.campaigns.rmdir()
    away.rename(house.campaigns)
    assert states[-1] == "Refused"
    assert "holds no campaign file" in inbox.wait_for("Refused: night", after=so_far).text
    retry(house, runs[-1]["id"])
    assert over(house, runs[-1]["id"])["state_name"] == "Completed"


def redeploy_and_cancel(house: House, inbox: Inbox, paid: Paid, day: date) -> None:
    """A redeploy while a campaign renders, and a person who cancels it: the night goes on, and its message says so."""
    before, so_far = house.accepted(), len(inbox.messages)
    runs = planned(house, day)
    wait_for_submit(house, before)
    settings = {"HAILUO_CAMPAIGNS": str(house.campaigns)}
    first = campaign_runs(house, day)[0]
    cancelling = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    api(house, "POST", f"/flow_runs/{first.id}/set_state", cancelling)
    house.server.module("hailuo.flows.setup", folder=ROOT, environment=settings)
    for run in runs:
        over(house, run["id"])
    end = over(house, first.id)
    if end["state_type"] == "CANCELLED":  # else it was quicker than the person
        inbox.wait_for(f"Cancelled: {first.name}", after=so_far)
        assert "alpha.yaml: cancelled" in inbox.wait_for("The night:", after=so_far).text
        retry(house, first.id)
        assert over(house, first.id)["state_name"] == "Completed"
    night = api(house, "GET", "/deployments/name/nightly/nightly")
    assert [one["active"] for one in night["schedules"]] == [True]
    assert night["schedules"][0]["schedule"]["cron"] == "30 2 * * *"


def approval_over_a_restart(house: House, inbox: Inbox, paid: Paid, day: date) -> None:
    """It is asked before the night, the worker restarts, the night runs, and the yes of the morning starts the plan."""
    asked = house.server.create_run("approve-campaign/approve-campaign", {"campaign": "asked.yaml"})
    inbox.wait_for("Approve? asked")
    until(house, asked, "PAUSED")
    for machine in house.machines:
        machine.service.stop()
        machine.service.start()
    for run in planned(house, day):
        assert over(house, run["id"])["state_name"] == "Completed"
    answer(house, asked, approve="yes", approved_by="Kim")
    assert over(house, asked)["state_name"] == "Approved"
    (started,) = [
        one for one in house.server.flow_runs() if one.name == "asked \u00b7 main" and one.id != asked
    ]
    assert over(house, started.id)["state_name"] == "Completed"


Outage = Callable[[House, Inbox, Paid, date], None]
WEEK: tuple[tuple[date, Outage], ...] = (
    (date(2026, 10, 22), vendor_is_away),
    (date(2026, 10, 23), store_is_away),
    (date(2026, 10, 24), server_is_away),
    (CLOCKS_CHANGE, worker_loses_its_power),
    (date(2026, 10, 26), folder_is_empty),
    (date(2026, 10, 27), redeploy_and_cancel),
    (date(2026, 10, 28), approval_over_a_restart),
)


def test_a_week_of_outages_loses_no_night_pays_for_nothing_twice_and_is_never_silent(
    house: House, inbox: Inbox, tmp_path: Path
) -> None:
    """Every campaign of every night is rendered once, by itself or by the Retry that a message names."""
    first = api(house, "GET", "/deployments/name/nightly/nightly")["id"]
    new_store = {"parameters": {"new_store": True}}
    schedule = api(house, "GET", f"/deployments/{first}")["schedules"][0]["id"]
    api(house, "PATCH", f"/deployments/{first}/schedules/{schedule}", new_store)
    paid = Paid(house)

    for day, outage in WEEK:
        so_far = len(inbox.messages)
        outage(house, inbox, paid, day)
        inbox.wait_for("The night:", after=so_far)

    editions = [(campaign, f"night-{day}") for day, _ in WEEK for campaign in DUE]
    stored = {edition: clips(house, *edition) for edition in editions}
    assert stored == dict.fromkeys(editions, 1)
    assert clips(house, "asked", "main") == 4
    assert paid.clips() == len(editions) + 4
    outcomes = [
        json.loads(path.read_text())["kind"] for path in house.store.glob("*/*/ledger/v1/*/a*/outcome")
    ]
    assert outcomes == ["submitted"] * (len(editions) + 4)


def test_a_pool_without_a_worker_is_reported(house: House, inbox: Inbox) -> None:
    """Nothing can begin then, and no run fails: only this message says so."""
    so_far = len(inbox.messages)
    for machine in house.machines:
        machine.service.stop()

    message = inbox.wait_for("No worker: hailuo", after=so_far, seconds=400)

    assert "Start one" in message.body
    for machine in house.machines:
        machine.service.start()
