"""What admission would refuse, asked beforehand: the same reasons, and nothing taken."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from hailuo.campaign.expand import expand
from hailuo.errors import AdmissionError
from hailuo.ledger.grants import Grants
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign
from hailuo.run.session import Session
from hailuo.run.spending import SpendingGrant
from hailuo.settings import Settings

SETTINGS = Settings(api_key=SecretStr("sk-test"))
KEYLESS = Settings(api_key=None)


@contextlib.asynccontextmanager
async def session(
    world, folder: Path, settings: Settings = SETTINGS, *, run: str = "gate"
) -> AsyncIterator[Session]:
    """A process of its own over the world's store. Its grant stays open, as while it runs."""
    prepared = PreparedCampaign(
        request=CampaignRequest(path=Path("campaign.yaml"), at=world.clock.now()),
        campaign=world.campaign,
        catalog=world.catalog,
        expansion=expand(world.campaign, world.catalog),
        chosen=None,
        problems=(),
        warnings=(),
    )
    async with world.client() as client:
        tools = world.tools(world.ledger(run), client, folder)
        spending = SpendingGrant(tools, settings, run=run)
        yield Session(prepared, settings, tools=tools, spending=spending)


@pytest.mark.parametrize(
    ("settings", "campaign", "reason"),
    [
        (KEYLESS, {}, "is not set"),
        (SETTINGS, {"budget_usd": Decimal("0.10")}, "is over the budget"),
        (SETTINGS.model_copy(update={"max_usd_per_run": Decimal("0.10")}), {}, "one run may spend at most"),
        (SETTINGS.model_copy(update={"max_usd_per_month": Decimal("0.10")}), {}, "HAILUO_MAX_USD_PER_MONTH"),
        (SETTINGS, {"campaign_budget_usd": Decimal("0.10")}, "the budget of the campaign"),
    ],
    ids=["no key", "budget", "cap of a run", "cap of a month", "budget of the campaign"],
)
def test_a_refusal_is_told_beforehand_in_the_words_of_admission(
    make_world, tmp_path, settings, campaign, reason
):
    """Who asks hears exactly what the run would hear."""
    world = make_world(jobs=3)
    world.campaign = replace(world.campaign, **campaign)

    async def ask():
        async with session(world, tmp_path, settings) as gate:
            plan = await gate.plan()
            told = await gate.refusals(plan)
            with pytest.raises(AdmissionError) as refused:
                await gate.admit(plan)
            return told, refused.value.problems

    told, refused = world.clock.run(ask())

    assert tuple(told) == refused
    assert reason in str(told[0])


def test_asking_takes_nothing_and_stands_in_nobodys_way(make_world, tmp_path):
    """No grant, no plan and no fact is left behind, and the run that follows is let in."""
    world = make_world(jobs=3)

    async def ask():
        async with session(world, tmp_path) as gate:
            told = await gate.refusals(await gate.plan())
        left = [entry.key for entry in await world.store.listing("")]
        async with session(world, tmp_path, run="later") as later:
            await later.admit(await later.plan())
        return told, left

    told, left = world.clock.run(ask())

    assert told == []
    assert [key for key in left if key.startswith(("money/", f"{world.campaign.name}/"))] == []


def test_what_another_run_holds_counts_when_asked(make_world, tmp_path):
    """A month that is granted to a run under way is full for the next campaign."""
    world = make_world(jobs=3)
    full = SETTINGS.model_copy(update={"max_usd_per_month": Decimal("0.30")})

    async def ask():
        async with session(world, tmp_path, full, run="first") as first:
            await first.admit(await first.plan())
        world.campaign = replace(world.campaign, name="another")
        async with session(world, tmp_path, full) as gate:
            told = await gate.refusals(await gate.plan())
        grants = Grants(world.store)
        await grants.load()
        return told, grants.committed(lambda _: True)

    (told,), committed = world.clock.run(ask())

    assert "HAILUO_MAX_USD_PER_MONTH" in str(told)
    assert committed == Decimal("0.30")
