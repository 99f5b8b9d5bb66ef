"""Where a flow finds the key: the environment first, then the Secret block of the UI."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule
from pydantic import SecretStr

from hailuo.flows.machinery.flow_run import KEY_BLOCK, due_in_zone, flow_environment, is_generated
from hailuo.run.environment import RunEnvironment, within

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore"),  # Prefect leaves sockets open and deprecates itself
]


@pytest.fixture
def block(server: None) -> Iterator[None]:
    """A Secret block with the key, deleted afterwards."""

    async def put() -> None:
        await Secret(value=SecretStr("sk-of-the-block")).save(KEY_BLOCK, overwrite=True)

    async def take_away() -> None:
        async with get_client() as client:
            document = await client.read_block_document_by_name(KEY_BLOCK, "secret")
            await client.delete_block_document(document.id)

    asyncio.run(put())
    yield
    asyncio.run(take_away())


def key_of(env: RunEnvironment) -> str | None:
    with within(env):
        found = asyncio.run(flow_environment())
    key = found.settings.api_key
    return None if key is None else key.get_secret_value()


def without_key(env: RunEnvironment) -> RunEnvironment:
    return replace(env, settings=env.settings.model_copy(update={"api_key": None}))


def test_the_environment_goes_before_the_block(rehearsal: RunEnvironment, block: None) -> None:
    """A forgotten block never overrules the worker's own variable."""
    assert key_of(rehearsal) == "sk-test"


def test_the_block_serves_where_the_environment_has_no_key(rehearsal: RunEnvironment, block: None) -> None:
    """You need no shell on the worker to give it the key."""
    assert key_of(without_key(rehearsal)) == "sk-of-the-block"


def test_without_either_there_is_no_key(rehearsal: RunEnvironment) -> None:
    """Then admission says so, before anything is bought."""
    assert key_of(without_key(rehearsal)) is None


@pytest.mark.parametrize(
    ("zones", "named"),
    [(["Europe/Berlin"], "2027-03-29"), (["Europe/Berlin", "UTC"], None), ([], None)],
    ids=["one zone", "two zones", "no schedule"],
)
def test_a_run_is_due_in_the_zone_of_its_schedule(server: None, monkeypatch, zones, named) -> None:
    """23:00 UTC of the 28th is 01:00 of the 29th in Berlin, the first night of summer time."""
    due_at = datetime(2027, 3, 28, 23, tzinfo=UTC)

    async def deployed() -> str:
        async with get_client() as client:
            flow_id = await client.create_flow_from_name("of-a-schedule")
            schedules = [
                DeploymentScheduleCreate(
                    schedule=CronSchedule(cron="0 1 * * *", timezone=zone), active=False, slug=f"s{number}"
                )
                for number, zone in enumerate(zones)
            ]
            found = await client.create_deployment(flow_id, f"d{len(zones)}", schedules=schedules)
            return str(found)

    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", asyncio.run(deployed()))

    found = asyncio.run(due_in_zone(due_at))

    assert found == due_at
    assert str(found.date()) == (named or str(due_at.astimezone().date()))


@pytest.mark.parametrize(
    ("name", "made_up"),
    [
        ("unbiased-crocodile", True),
        ("Rustic-Oribi", True),
        ("Handmade-Ox", True),
        ("Small-Spring-Launch", False),
        ("Rustic", False),
        ("Spring-Launch", False),
        ("spring-launch", False),
        ("spring launch, second try", False),
    ],
)
def test_a_run_name_that_a_person_typed_is_told_apart_from_one_that_was_made_up(name, made_up):
    """The form of the V2 UI begins with a name of its own; what a person types in its place stays."""
    assert is_generated(name) is made_up
