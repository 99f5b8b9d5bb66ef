"""A refund is shown, never assumed: what a failed task costs, and what may follow it."""

from decimal import Decimal

import pytest

from hailuo.ledger.facts import JobState
from hailuo.ledger.money import items_of, sums_of
from hailuo.simulator import FaultName, FaultPlan, Pricing, Profile, ScriptedFault
from tests.support.worlds import World

PRICE = Decimal("0.10")
ALL_FAIL = FaultPlan(rates={FaultName.FAILED_OBJECT: 1.0})


def sums(world: World):
    ledger = world.ledger()
    world.clock.run(ledger.load(histories=True))
    return sums_of(item for record in ledger.records.values() for item in items_of(record))


@pytest.mark.parametrize("refunds", [True, False], ids=["refunded", "kept"])
@pytest.mark.parametrize(
    "options",
    [{"profile": Profile.NEWAPI}, {"profile": Profile.SEED}, {"pricing": {"refund_shown": False}}],
    ids=["newapi", "seed", "amount left out"],
)
def test_a_failure_without_an_amount_counts_as_spent_and_is_not_bought_again(make_world, options, refunds):
    """Nothing shows that the money came back: one POST for each job, and no word of a refund."""
    pricing = Pricing(refunds=refunds, balance_shown=False, **options.get("pricing", {}))
    profile = options.get("profile", Profile.IMAROUTER)
    world = make_world(jobs=2, profile=profile, pricing=pricing, faults=ALL_FAIL)

    report = world.run()

    assert {ending.state for ending in report.endings} == {JobState.FAILED}
    assert len(world.simulator.invoice().lines) == 2
    assert sums(world).spent_usd == 2 * PRICE
    assert sums(world).refunds == 0
    assert all("no word of a refund" in (ending.reason or "") for ending in report.endings)


def test_a_failure_that_still_shows_its_amount_is_kept_money(make_world):
    """The vendor says that it charges: it is spent, and the job is not bought again."""
    world = make_world(jobs=1, pricing=Pricing(refunds=False), faults=ALL_FAIL)

    world.run()

    assert len(world.simulator.invoice().lines) == 1
    assert sums(world).spent_usd == world.simulator.invoice().net_usd == PRICE


def test_a_failure_at_no_charge_is_bought_again_as_often_as_the_campaign_allows(make_world):
    """`amount_usd: 0` shows the refund: one paid retry, and in the end nothing is spent."""
    world = make_world(jobs=1, faults=ALL_FAIL)

    world.run()

    assert len(world.simulator.invoice().lines) == 2
    assert (sums(world).refunds, sums(world).spent_usd) == (2, world.simulator.invoice().net_usd)


def test_one_answer_that_says_failed_is_asked_again(make_world):
    """The next poll says otherwise: the clip is stored, and was bought once."""
    world = make_world(
        jobs=1, faults=FaultPlan(script=(ScriptedFault(fault=FaultName.STATUS_FAILED_ONCE, times=1),))
    )

    report = world.run()

    assert [ending.state for ending in report.endings] == [JobState.STORED]
    assert len(world.simulator.invoice().lines) == 1


@pytest.mark.parametrize("profile", [Profile.IMAROUTER, Profile.NEWAPI, Profile.ENVELOPED, Profile.SEED])
def test_the_clip_of_a_failed_task_is_kept(make_world, profile):
    """It is paid, it downloads and it is whole: it is stored, and nothing is bought in its place."""
    world = make_world(jobs=2, profile=profile, faults=FaultPlan(rates={FaultName.FAILED_WITH_URL: 1.0}))

    report = world.run()

    assert {ending.state for ending in report.endings} == {JobState.STORED}
    assert sums(world).spent_usd == world.simulator.invoice().net_usd == 2 * PRICE


def test_a_failed_task_whose_clip_is_none_stays_failed(make_world):
    """A web page at the URL is no clip: nothing is stored, and the price counts as spent."""
    page = ScriptedFault(fault=FaultName.DOWNLOAD_HTML, times=99)
    faults = FaultPlan(rates={FaultName.FAILED_WITH_URL: 1.0}, script=(page,))
    world = make_world(jobs=1, faults=faults)

    report = world.run()

    assert [ending.state for ending in report.endings] == [JobState.FAILED]
    assert len(world.simulator.invoice().lines) == 1
