"""A flow asks no question: a new, empty store needs a word in its form, as it does with `hailuo run --yes`."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hailuo.flows.approve_campaign import approve_campaign
from hailuo.flows.nightly import nightly
from hailuo.flows.render_campaign import render_campaign
from hailuo.run.environment import RunEnvironment, within
from tests.support.rehearsals import accepted

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore"),  # Prefect leaves sockets open and deprecates itself
]


@pytest.fixture
def billed(rehearsal: RunEnvironment, campaign: Path) -> Iterator[RunEnvironment]:
    """The same vendor by a name that is no simulator's: what it makes costs money."""
    campaign.write_text(campaign.read_text() + "nightly: true\n")
    fields = {"vendor": "https://vendor.example", "campaigns": campaign.parent}
    real = replace(rehearsal, settings=rehearsal.settings.model_copy(update=fields))
    with within(real):
        yield real


def state_of(flow, **parameters):
    """How a run of the flow ended."""

    async def run():
        return await flow(return_state=True, **parameters)

    return asyncio.run(run())


@pytest.mark.parametrize("flow", [render_campaign, approve_campaign, nightly], ids=lambda flow: flow.name)
def test_a_flow_begins_no_store_without_a_word(billed, campaign, flow):
    """A slip in the worker's HAILUO_STORE would buy everything again."""
    given = {} if flow is nightly else {"campaign": str(campaign)}

    state = state_of(flow, **given)

    found = state.result(raise_on_failure=False)
    reasons = found.results[0].reasons if flow is nightly else [str(found)]
    assert "would be a new store" in reasons[0]
    assert "pass new_store" in reasons[0]
    assert accepted(billed) == 0
    assert not Path(billed.settings.store).exists()


@pytest.mark.parametrize("flow", [render_campaign, nightly], ids=lambda flow: flow.name)
def test_a_flow_begins_a_store_when_it_is_asked_to(billed, campaign, flow):
    """Once; then the store is known, and the same run needs no word."""
    given = {} if flow is nightly else {"campaign": str(campaign)}

    states = [state_of(flow, new_store=True, **given), state_of(flow, **given)]

    assert [state.is_completed() for state in states] == [True, True]
    assert accepted(billed) == 4
