"""The price in a plan: the dearer of the list and a robust recent charge, and when a person is asked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hailuo.campaign.expand import Expansion
from hailuo.campaign.pricing import Basis, price_key_of
from hailuo.ledger.facts import Done
from hailuo.ledger.prices import AcceptedPrice, OddCharge, PriceRecords, new_nonce, read_prices, record_price
from hailuo.plan.plan import Plan, make_plan
from hailuo.plan.problems import admission_problems
from tests.plan.conftest import Desk, make_campaign, make_catalog
from tests.support.factories import AT, PRICE, SUBMITTED, VARIANT, make_done, make_job

NEW = make_job(take=99)
CELL = price_key_of(VARIANT)
YEAR = timedelta(days=365)


def plan_after(desk: Desk, amounts: Sequence[str | None]) -> Plan:
    """The plan for one more clip after these charges, oldest first, by what the store has on record."""
    for take, amount in enumerate(amounts, start=1):
        job = make_job(take=take)
        done: Done = make_done(job, amount_usd=None if amount is None else Decimal(amount))
        stored = replace(done, stored_at=AT + timedelta(minutes=take), task_id=f"task_{take}")
        desk.happened(job, SUBMITTED, stored)
    records = desk.clock.run(read_prices(desk.store))
    desk.clock.run(desk.ledger.load({NEW.creative_id}))
    return make_plan(make_campaign(), Expansion(jobs=(NEW,)), desk.ledger, make_catalog(), prices=records)


def accept(desk: Desk, price: str, *, clock_ahead: timedelta = timedelta(0)) -> None:
    """A person's answer, from a machine whose clock may be wrong, a minute after all that was recorded before."""
    desk.clock.advance(60)
    answer = AcceptedPrice(nonce=new_nonce(), at=AT + clock_ahead, cell=CELL, price_usd=Decimal(price))
    desk.clock.run(record_price(desk.store, answer))
    desk.clock.advance(60)


def odd_charge(usd: str, *, clock_ahead: timedelta = timedelta(0)) -> OddCharge:
    """A charge that a run stopped at, from a machine whose clock may be wrong."""
    return OddCharge(
        nonce=new_nonce(),
        at=AT + clock_ahead,
        cell=CELL,
        with_frame=False,
        parameters=(),
        amount_usd=Decimal(usd),
        creative_id="0123456789",
    )


def reasons(plan: Plan) -> list[str]:
    return [str(problem) for problem in admission_problems(plan, balance_usd=None)]


@pytest.mark.parametrize(
    ("amounts", "price", "basis"),
    [
        ([], PRICE, Basis.LIST),
        ([None], PRICE, Basis.LIST),
        (["0"], PRICE, Basis.LIST),
        (["0.01"], PRICE, Basis.LIST),
        (["0.28"], PRICE, Basis.CHARGED),
        (["0.35"], Decimal("0.35"), Basis.CHARGED),
        (["0.35", "0"], Decimal("0.35"), Basis.CHARGED),
        (["0.28", "0.28", "5000"], PRICE, Basis.CHARGED),
        (["0.30", "0.31", "0.32", "0.33", "0.34", "0.28"], Decimal("0.32"), Basis.CHARGED),
    ],
)
def test_the_price_is_the_dearer_of_list_and_recent_charges(
    desk: Desk, amounts: list[str | None], price: Decimal, basis: Basis
) -> None:
    """The median of the last five that are above nothing: one odd amount decides nothing."""
    plan = plan_after(desk, amounts)

    (new,) = plan.to_buy
    assert (new.quote.price_usd, new.quote.basis) == (price, basis)
    assert reasons(plan) == []


@pytest.mark.parametrize("amounts", [["2.80"], ["5000"], ["0.28", "5000"], ["0.57", "0.57", "0.57"]])
def test_a_price_far_above_the_list_asks_a_person(desk: Desk, amounts: list[str]) -> None:
    """The plan is refused, with the command that records the answer."""
    plan = plan_after(desk, amounts)

    assert any("hailuo price MiniMax-Hailuo-02 6 768p USD" in reason for reason in reasons(plan))


@pytest.mark.parametrize(("answer", "price"), [("2.80", "2.80"), ("0.28", "0.28"), ("0.14", "0.14")])
def test_an_answer_takes_the_place_of_the_list_and_of_earlier_charges(
    desk: Desk, answer: str, price: str
) -> None:
    """Dearer or cheaper: there is a way on after every charge."""
    plan_after(desk, ["0.28", "5000"])
    accept(desk, answer)

    plan = plan_after(desk, [])

    (new,) = plan.to_buy
    assert (new.quote.price_usd, new.quote.basis) == (Decimal(price), Basis.ACCEPTED)
    assert reasons(plan) == []


def test_a_charge_after_the_answer_asks_again(desk: Desk) -> None:
    """The answer was for the price of its day."""
    accept(desk, "0.28")

    assert len(reasons(plan_after(desk, ["2.80"]))) == 1


@pytest.mark.parametrize("answer_ahead", [-YEAR, timedelta(0), YEAR])
@pytest.mark.parametrize("charge_ahead", [-YEAR, timedelta(0), YEAR])
@pytest.mark.parametrize("charged_first", [True, False], ids=["charge, answer", "answer, charge"])
def test_the_store_decides_which_is_newer(
    desk: Desk, charged_first: bool, charge_ahead: timedelta, answer_ahead: timedelta
) -> None:
    """A charge before the answer counts no more, one after it does: wherever the clocks of the two machines are."""
    charge = record_price(desk.store, odd_charge("2.80", clock_ahead=charge_ahead))
    if charged_first:
        desk.clock.run(charge)
        accept(desk, "0.30", clock_ahead=answer_ahead)
    else:
        accept(desk, "0.30", clock_ahead=answer_ahead)
        desk.clock.run(charge)

    plan = plan_after(desk, [])

    assert plan.money.planned == Decimal("0.30" if charged_first else "2.80")
    assert bool(reasons(plan)) is not charged_first


@pytest.mark.parametrize("clock_ahead", [-YEAR, timedelta(0), YEAR])
@pytest.mark.parametrize("charged_first", [True, False], ids=["charge, answer", "answer, charge"])
def test_the_store_decides_that_for_stored_clips_too(
    desk: Desk, charged_first: bool, clock_ahead: timedelta
) -> None:
    """Their facts say when by the worker's clock; the store has a time of its own."""
    if charged_first:
        plan_after(desk, ["2.80"])
    accept(desk, "0.30", clock_ahead=clock_ahead)

    plan = plan_after(desk, [] if charged_first else ["2.80"])

    assert plan.money.planned == Decimal("0.30" if charged_first else "2.80")


def test_the_newest_answer_is_the_one_with_the_highest_number(desk: Desk) -> None:
    """Whatever the two people's clocks say."""
    accept(desk, "0.31", clock_ahead=YEAR)
    accept(desk, "0.30", clock_ahead=-YEAR)

    assert desk.clock.run(read_prices(desk.store)).accepted == {CELL: Decimal("0.30")}


def test_a_charge_of_another_campaign_counts_here_too(desk: Desk) -> None:
    """Tomorrow's edition knows what today's run stopped at."""
    desk.clock.run(record_price(desk.store, odd_charge("2.80")))

    plan = plan_after(desk, [])

    assert plan.money.planned == Decimal("2.80")
    assert len(reasons(plan)) == 1


def test_a_charge_for_another_kind_of_clip_says_nothing(desk: Desk) -> None:
    """Settings that the list does not name may change the price."""
    loud = make_job(replace(VARIANT, parameters={"audio": "on"}))
    desk.happened(loud, SUBMITTED, make_done(loud, amount_usd=Decimal("0.40")))

    assert plan_after(desk, []).money.planned == PRICE


def test_records_of_two_people_are_both_kept(desk: Desk) -> None:
    """Equal or not, the newest answer counts."""
    accept(desk, "0.30")
    accept(desk, "0.30")

    records: PriceRecords = desk.clock.run(read_prices(desk.store))

    assert len(desk.clock.run(desk.store.listing("prices/v1/"))) == 2
    assert records.accepted == {CELL: Decimal("0.30")}
