"""What Prefect's server stores of a run; see SECURITY.md."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from prefect.client.orchestration import get_client
from prefect.logging.handlers import APILogHandler
from prefect.settings import get_current_settings

from hailuo.flows.render_campaign import render_campaign
from tests.security.conftest import KEY, SIGNATURE

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings(
        "ignore"
    ),  # Prefect leaves sockets open and deprecates itself: not ours to mend
]


@pytest.fixture
def told_to_prefect() -> Iterator[None]:
    """Our own log goes to the server to the last detail, as with PREFECT_LOGGING_EXTRA_LOGGERS=hailuo."""
    logger, handler = logging.getLogger("hailuo"), APILogHandler()  # noqa: TID251 (as any other program)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield
    logger.removeHandler(handler)
    logger.setLevel(before)


def everything_stored() -> str:
    """The whole database, as text."""
    url = get_current_settings().server.database.connection_url
    assert url
    path = url.get_secret_value().partition("///")[2].partition("?")[0]
    with closing(sqlite3.connect(path)) as database:
        return "\n".join(database.iterdump())


async def _run(campaign) -> tuple[object, str]:
    state = await render_campaign(str(campaign), return_state=True)
    await APILogHandler.aflush()
    assert state.state_details.flow_run_id
    async with get_client() as client:
        run = await client.read_flow_run(state.state_details.flow_run_id)
    return state, json.dumps(run.parameters)


def test_prefect_learns_no_secret(server, echoing, parrot, campaign, told_to_prefect, caplog):
    """Parameters, states, artifacts and logs of a run whose vendor echoes the key and a signed URL hold neither."""
    caplog.set_level(logging.DEBUG)

    state, parameters = asyncio.run(_run(campaign))

    stored = everything_stored()
    assert len(parrot.posts) == 3
    for part in ("failed at the vendor", "may have been bought", "frame.png?***", "unknown-small"):
        assert part in stored
    assert "hailuo.ledger.intent" in stored
    for text in (stored, parameters, repr(state), caplog.text):
        assert KEY.lower() not in text.lower()
        assert SIGNATURE not in text
