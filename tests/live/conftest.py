"""A real Prefect server with a pool, workers and every deployment, and a simulator: as `make ui` starts them."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import enable_socket

from tests.support.servers.house import House, open_house

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
        save_key(house)
        yield house


def api(house: House, method: str, path: str, body: Mapping[str, object] | list[object] | None = None) -> Any:
    """What the UI asks of the server."""
    return house.server.ask(method, path, body)


def save_key(house: House) -> None:
    """As a person does in the UI: a block of type Secret named imarouter-api-key."""
    kind = api(house, "GET", "/block_types/slug/secret")["id"]
    wanted = {"block_schemas": {"block_type_id": {"any_": [kind]}}}
    schema = api(house, "POST", "/block_schemas/filter", wanted)[0]["id"]
    block = {"name": "imarouter-api-key", "data": {"value": "sk-simulated"}}
    api(house, "POST", "/block_documents/", {**block, "block_type_id": kind, "block_schema_id": schema})


@pytest.fixture
def bought(house: House) -> Callable[[str], int]:
    """How many clips of a campaign the ledger says were submitted."""

    def count(campaign: str) -> int:
        outcomes = (house.store / campaign).glob("*/ledger/v1/*/a*/outcome")
        return sum(json.loads(path.read_text())["kind"] == "submitted" for path in outcomes)

    return count
