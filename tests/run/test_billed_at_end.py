"""A family that is billed at the end: its submits move no balance, and its earlier tasks are charged in later runs."""

from dataclasses import replace
from decimal import Decimal

import pytest

from hailuo.campaign.catalog import Billing, Catalog
from hailuo.campaign.files import load_catalog
from hailuo.ledger.facts import JobState
from hailuo.ledger.money import items_of, sums_of
from hailuo.run.balances import Taken
from hailuo.run.runner import Runner
from hailuo.simulator import FaultName, FaultPlan, Profile, ScriptedFault
from tests.support.worlds import World, world_of

LIST = Decimal("0.10")


def billed(billing: Billing) -> Catalog:
    built_in = load_catalog()
    family = replace(built_in.families["minimax"], billing=billing)
    return replace(built_in, families={**built_in.families, "minimax": family})


def spent(world: World) -> Decimal:
    ledger = world.ledger("auditor")
    world.clock.run(ledger.load())
    return sums_of(item for record in ledger.records.values() for item in items_of(record)).spent_usd


@pytest.mark.parametrize(
    ("taken", "price", "refunded"),
    [
        (Taken(at_submit=Decimal(0), at_end=LIST, billing=Billing.AT_END), LIST, None),
        (Taken(at_submit=Decimal(0), at_end=Decimal(0), billing=Billing.AT_END), None, True),
        (Taken(at_submit=Decimal(0), at_end=-LIST, billing=Billing.AT_END), None, None),
        (Taken(at_submit=Decimal(0), at_end=LIST), None, None),
    ],
)
def test_only_the_end_says_what_was_taken(taken: Taken, price: Decimal | None, refunded: bool | None) -> None:
    """A balance that stays at the submit proves nothing, and one that stays to the end proves a failure free."""
    assert (taken.price_usd, taken.refunded) == (price, refunded)


def test_the_ledger_equals_the_invoice() -> None:
    """The vendor names no amounts: prices are measured at the end of a task, and none is refunded twice."""
    script = (ScriptedFault(fault=FaultName.FAILED_OBJECT),)
    world = world_of(billed(Billing.AT_END), jobs=6, profile=Profile.NEWAPI, faults=FaultPlan(script=script))

    report = world.run()

    assert {ending.state for ending in report.endings} == {JobState.STORED}
    assert report.stopped is None
    assert (
        spent(world)
        == world.simulator.invoice().net_usd
        == sum(
            (line.price_usd for line in world.simulator.invoice().lines if line.status == "completed"),
            Decimal(0),
        )
    )


def test_what_an_earlier_run_bought_is_no_unexplained_charge() -> None:
    """A run was killed after its submit; the next one sees the balance fall by that price too, and goes on."""
    world = world_of(billed(Billing.AT_END), jobs=4, profile=Profile.NEWAPI)
    ids = [job.creative_id for job in world.jobs]
    world.chosen = frozenset(ids[:1])
    world.run()

    async def killed(runner: Runner) -> None:
        await world.clock.sleep(40)
        runner.interrupt("killed")

    world.chosen = frozenset(ids[:2])
    world.run(during=killed)
    world.chosen = None
    report = world.run()

    assert report.stopped is None
    assert {ending.state for ending in report.endings} == {JobState.STORED}
    assert spent(world) == world.simulator.invoice().net_usd == 4 * LIST
