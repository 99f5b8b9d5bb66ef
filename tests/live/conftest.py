"""A real Prefect server with a pool, workers and every deployment, and a simulator: as `make ui` starts them."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import enable_socket

from hailuo.clock import SystemClock
from tests.support.servers.house import ROOT, House, open_house
from tests.support.servers.inbox import Inbox, open_inbox
from tests.support.servers.prefect import HEARTBEAT_SECONDS

CAMPAIGN = """\
campaign: {name}
takes: {takes}
defaults: {{size: 768p, duration: 6}}
matrix:
  model: [MiniMax-Hailuo-02, MiniMax-Hailuo-2.3]
  prompt:
    - {{id: stone, text: Perfume bottle on black stone}}
    - {{id: neon, text: Car under neon at night}}
budget: {{usd: 60}}
"""


@pytest.fixture(scope="module")
def campaigns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the forms offer."""
    folder = tmp_path_factory.mktemp("campaigns")
    write_campaign(folder, "spring", takes=1)
    write_campaign(folder, "summer", takes=3)
    write_campaign(folder, "autumn", takes=3)
    (folder / "tonight.yaml").write_text(CAMPAIGN.format(name="tonight", takes=1) + "nightly: true\n")
    return folder


def write_campaign(folder: Path, name: str, *, takes: int) -> None:
    (folder / f"{name}.yaml").write_text(CAMPAIGN.format(name=name, takes=takes))


@pytest.fixture(scope="module")
def house(campaigns: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two workers; the key is in a Secret block, not in their environment. Only `spring` has its clips checked."""
    enable_socket()
    folder = tmp_path_factory.mktemp("house")
    environment = {"IMAROUTER_API_KEY": "", "HAILUO_CHECKS": "off", "PREFECT_WORKER_QUERY_SECONDS": "2"}
    with open_house(folder, campaigns=campaigns, machines=2, environment=environment) as house:
        house.save_block("secret", "imarouter-api-key", {"value": "sk-simulated"})
        yield house


def api(house: House, method: str, path: str, body: Mapping[str, object] | list[object] | None = None) -> Any:
    """What the UI asks of the server."""
    return house.server.ask(method, path, body)


@pytest.fixture
def bought(house: House) -> Callable[[str], int]:
    """How many clips of a campaign the ledger says were submitted."""

    def count(campaign: str) -> int:
        outcomes = (house.store / campaign).glob("*/ledger/v1/*/a*/outcome")
        return sum(json.loads(path.read_text())["kind"] == "submitted" for path in outcomes)

    return count


def run_of(house, run_id):
    return api(house, "GET", f"/flow_runs/{run_id}")


def until(house, run_id, *states, seconds=1800):
    """The flow run, once it is in one of these states (by type)."""
    clock = SystemClock()
    end = clock.monotonic() + seconds
    while (run := run_of(house, run_id))["state_type"] not in states:
        assert clock.monotonic() < end, (
            f"{run['name']} is still {run['state_name']}: {run['state']['message']}"
        )
        house.wait(0.5)
    return run


def over(house, run_id):
    return until(house, run_id, "COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def wait_for_clips(house, bought, campaign, number):
    clock = SystemClock()
    end = clock.monotonic() + 240
    while bought(campaign) < number:
        assert clock.monotonic() < end, f"{bought(campaign)} of {number} bought; {house.server.flow_runs()}"
        house.wait(0.1)


def answer(house, run_id, **given):
    """What the form behind the button Resume sends."""
    said = api(house, "POST", f"/flow_runs/{run_id}/resume", {"run_input": {"note": "", **given}})
    assert said["status"] == "ACCEPT", said


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    """In place of Slack."""
    enable_socket()
    with open_inbox() as inbox:
        yield inbox


def automate(house: House, inbox: Inbox) -> None:
    """The automations send to the inbox, as operations.md says how."""
    house.save_block("custom-webhook", "hailuo-notifications", inbox.block)
    house.server.module("hailuo.flows.automations", "--heartbeat", str(HEARTBEAT_SECONDS), folder=ROOT)


def retry(house: House, run_id: str, env: Mapping[str, str] | None = None) -> None:
    """What the button *Retry* of the V2 UI sends; `env`: job variables that a person changes before the run begins."""
    at = SystemClock().now() + timedelta(seconds=15 if env else 0)
    details = {"scheduled_time": at.isoformat()}
    state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry", "state_details": details}
    api(house, "POST", f"/flow_runs/{run_id}/set_state", {"state": state, "force": True})
    if env:  # the server takes them of a scheduled run alone
        api(house, "PATCH", f"/flow_runs/{run_id}", {"job_variables": {"env": dict(env)}})


def started_slowly(house, campaign):
    """A run that submits every ten seconds: however busy the machine is, it is not over before it is stopped."""
    slowly = {"env": {"HAILUO_SUBMITS_PER_MINUTE": "6"}}
    return house.server.create_run("render-campaign/render-campaign", {"campaign": campaign}, slowly)
