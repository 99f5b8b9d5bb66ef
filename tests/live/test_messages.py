"""From a message to its answer: the link of an approval, Retry of what failed or died, and messages that say where to look."""

import re
import shutil
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.live.conftest import (
    answer,
    api,
    automate,
    over,
    retry,
    started_slowly,
    wait_for_clips,
    write_campaign,
)
from tests.support.servers.house import House, open_house
from tests.support.servers.inbox import Inbox

pytestmark = [pytest.mark.long, pytest.mark.prefect, pytest.mark.slow, pytest.mark.enable_socket]

RENDER, APPROVE = "render-campaign/render-campaign", "approve-campaign/approve-campaign"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


@pytest.fixture(scope="module")
def house(inbox: Inbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One worker; the automations send to the inbox, as operations.md says how."""
    folder = tmp_path_factory.mktemp("messages")
    campaigns = folder / "campaigns"
    campaigns.mkdir()
    for name in ("by-api", "in-browser"):
        write_campaign(campaigns, name, takes=1)
    for name in ("killed", "broken"):
        write_campaign(campaigns, name, takes=3)
    environment = {"HAILUO_CHECKS": "off", "PREFECT_WORKER_QUERY_SECONDS": "2"}
    with open_house(folder, campaigns=campaigns, environment=environment) as house:
        automate(house, inbox)
        yield house


def says_yes_by_api(house: House, run_id: str, link: str) -> None:
    """What the button *Resume* sends."""
    del link
    answer(house, run_id, approve="yes", approved_by="Kim", note="from the message")


def says_yes_in_a_browser(house: House, run_id: str, link: str) -> None:
    """As a person does: open the link, choose *Resume* in the menu, choose yes, type a name, press *Resume*."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (only where there is a chromium)

    del house, run_id
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page()
        page.goto(link, wait_until="domcontentloaded")
        page.get_by_role("button", name="Open menu").first.click()
        page.get_by_role("menuitem", name="Resume").click()
        form = page.get_by_role("dialog")
        form.get_by_label("Select Approve?").click()
        page.get_by_role("option", name="yes").click()
        form.get_by_label("Your name").fill("Kim")
        form.get_by_role("button", name="Resume").click()
        form.wait_for(state="hidden")
        browser.close()


@pytest.mark.parametrize(
    ("campaign", "say_yes"),
    [
        ("by-api", says_yes_by_api),
        pytest.param(
            "in-browser",
            says_yes_in_a_browser,
            marks=pytest.mark.skipif(not shutil.which("chromium"), reason="needs a chromium"),
        ),
    ],
    ids=["by api", "in a browser"],
)
def test_the_link_of_a_message_leads_to_the_answer_and_a_yes_starts_exactly_that_plan(
    house: House, inbox: Inbox, bought: Callable[[str], int], campaign: str, say_yes: Callable[..., None]
) -> None:
    """The link opens the run's page in the V2 UI; the run that a yes starts has the digest that was asked about."""
    asked = house.server.create_run(APPROVE, {"campaign": f"{campaign}.yaml"})

    message = inbox.wait_for(f"Approve? {campaign}")
    (link,) = re.findall(r"http://\S+", message.body)
    assert link == f"{house.ui}/runs/flow-run/{asked}"
    as_a_browser = {"Accept": "text/html"}
    assert httpx.get(link, trust_env=False, headers=as_a_browser).status_code == 200
    assert "Resume" in message.body
    say_yes(house, asked, link)

    approved = over(house, asked)
    assert approved["state_name"] == "Approved", approved["state"]["message"]
    assert "approved by Kim" in approved["state"]["message"]
    wait_for_clips(house, bought, campaign, 4)
    (started,) = [
        one for one in house.server.flow_runs() if one.name == f"{campaign} \u00b7 main" and one.id != asked
    ]
    question = api(house, "POST", f"/flow_runs/{asked}/input/filter", {"prefix": "hailuo-asked-"})
    assert str(started.parameters["plan_digest"]) in question[0]["value"].replace("\\", "")
    assert over(house, started.id)["state_name"] == "Completed"
    assert bought(campaign) == 4


def open_task_runs(house: House, run_id: str) -> int:
    return sum(
        number
        for (run, state), number in house.server.task_runs().items()
        if run == run_id and state in {"RUNNING", "PENDING"}
    )


def test_retry_of_a_run_that_died_collects_what_is_paid_and_buys_the_rest_once(
    house: House, inbox: Inbox, bought: Callable[[str], int]
) -> None:
    """Its machine lost its power: the message says Retry, and Retry is right. The task runs of the dead try end."""
    paid = house.accepted()
    run_id = started_slowly(house, "killed.yaml")
    wait_for_clips(house, bought, "killed", 3)
    (machine,) = house.machines
    machine.lose_power()
    machine.service.start()

    message = inbox.wait_for("Crashed: killed", seconds=300)
    assert "press Retry" in message.text
    at_death = bought("killed")
    retry(house, run_id, env={"HAILUO_SUBMITS_PER_MINUTE": "300"})
    run = over(house, run_id)

    assert 3 <= at_death < 12
    assert run["run_count"] == 2
    assert house.accepted() - paid <= 12
    held = 12 - bought("killed")  # a submit that was under way in that moment
    assert 0 <= held <= 2
    assert run["state_name"] == ("Incomplete" if held else "Completed"), run["state"]["message"]
    assert open_task_runs(house, run_id) == 0


def test_retry_of_a_failed_run_starts_the_same_campaign_again(
    house: House, inbox: Inbox, bought: Callable[[str], int]
) -> None:
    """A broken file is refused, and a message says so; once it is corrected, Retry renders it once."""
    file = house.campaigns / "broken.yaml"
    sound = file.read_text()
    file.write_text(sound.replace("duration: 6", "duration: 7"))
    run_id = house.server.create_run(RENDER, {"campaign": "broken.yaml"})
    assert over(house, run_id)["state_name"] == "Refused"
    message = inbox.wait_for("Refused", seconds=60)
    assert "duration" in message.text
    file.write_text(sound)

    retry(house, run_id)
    first = over(house, run_id)
    retry(house, run_id)
    again = over(house, run_id)

    assert (first["state_name"], again["state_name"]) == ("Completed", "Completed")
    assert bought("broken") == 12
    assert "nothing to buy" in again["state"]["message"]


def test_a_campaign_that_came_later_is_offered_after_the_next_run(house: House) -> None:
    """Without a deploy: every run makes the lists of the forms anew."""

    def offered() -> list[str]:
        form = api(house, "GET", f"/deployments/name/{RENDER}")["parameter_openapi_schema"]
        return list(form["properties"]["campaign"]["anyOf"][0]["enum"])

    write_campaign(house.campaigns, "came-later", takes=1)
    assert "came-later.yaml" not in offered()

    run = over(house, house.server.create_run(RENDER, {"campaign": "came-later.yaml", "preview": True}))

    assert run["state_name"] == "Previewed"
    assert "came-later.yaml" in offered()
    schedules = api(house, "GET", "/deployments/name/nightly/nightly")["schedules"]
    assert [one["active"] for one in schedules] == [False]


def test_the_gallery_in_the_page_of_a_run_opens(house: House, bought: Callable[[str], int]) -> None:
    """From a folder store too: it is served beside the UI, and the comparison links to it."""
    write_campaign(house.campaigns, "shown", takes=1)
    run_id = house.server.create_run(RENDER, {"campaign": "shown.yaml", "limit": 1})
    over(house, run_id)

    wanted = {"artifacts": {"flow_run_id": {"any_": [run_id]}}}
    shown = {one["key"]: one for one in api(house, "POST", "/artifacts/filter", wanted)}
    (link,) = re.findall(r"\[Gallery\]\(<(\S+)>\)", shown["comparison-shown"]["description"])

    assert httpx.get(link, trust_env=False).status_code == 200
    assert "publishing-shown" in shown
    assert bought("shown") == 1
