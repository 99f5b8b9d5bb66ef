"""Where a flow finds the key: the environment first, then the Secret block of the UI."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from pydantic import SecretStr

from flows.machinery.flow_run import KEY_BLOCK, flow_environment
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
