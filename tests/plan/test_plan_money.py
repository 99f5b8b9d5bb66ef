"""The money of a plan: spent, reserved and planned; and the digest of it all."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hailuo.campaign.expand import Expansion, IllegalCell
from hailuo.campaign.job import Job
from hailuo.campaign.pricing import Basis
from hailuo.errors import Problem
from hailuo.ledger.facts import Done, Doubt, End, JobState, Outcome
from hailuo.ledger.ledger import HORIZON, Ledger
from hailuo.plan.plan import RESERVED_STATES, Money, Plan, make_plan
from hailuo.store.layout import Edition
from tests.plan.conftest import UNPRICED, Desk, make_campaign, make_catalog
from tests.support.factories import (
    ABANDONED,
    AT,
    BUSY,
    DOUBT,
    KEPT,
    MODERATED,
    PRICE,
    REFUNDED,
    REFUSED,
    SUBMITTED,
    UNSAID,
    UNSENT,
    bought,
    make_done,
    make_job,
    tell,
)

JOB = make_job()
OTHER = make_job(take=2)
BOUGHT_AT = Decimal("0.31")
NOTHING = Decimal(0)

Fact = Outcome | Doubt | End | Done
ROWS: list[tuple[str, list[Fact], JobState, tuple[Decimal, Decimal, Decimal]]] = [
    # what happened, the facts, the state: (spent, reserved, planned)
    ("intent", [], JobState.IN_DOUBT, (NOTHING, BOUGHT_AT, NOTHING)),
    ("doubt", [DOUBT], JobState.UNKNOWN, (NOTHING, BOUGHT_AT, NOTHING)),
    ("submitted", [SUBMITTED], JobState.SUBMITTED, (NOTHING, BOUGHT_AT, NOTHING)),
    ("unsent", [UNSENT], JobState.NEW, (NOTHING, NOTHING, PRICE)),
    ("abandoned", [ABANDONED], JobState.NEW, (NOTHING, NOTHING, PRICE)),
    ("busy", [BUSY], JobState.NEW, (NOTHING, NOTHING, PRICE)),
    ("refused for good", [REFUSED], JobState.REFUSED, (NOTHING, NOTHING, NOTHING)),
    ("failed, again", [SUBMITTED, REFUNDED], JobState.NEW, (NOTHING, NOTHING, PRICE)),
    ("failed, kept", [SUBMITTED, KEPT], JobState.FAILED, (BOUGHT_AT, NOTHING, NOTHING)),
    ("failed, not told", [SUBMITTED, UNSAID], JobState.FAILED, (BOUGHT_AT, NOTHING, NOTHING)),
    ("moderated, refunded", [SUBMITTED, MODERATED], JobState.FAILED, (NOTHING, NOTHING, NOTHING)),
    (
        "moderated, kept",
        [SUBMITTED, replace(MODERATED, refunded=False)],
        JobState.FAILED,
        (BOUGHT_AT, NOTHING, NOTHING),
    ),
]


@pytest.mark.parametrize(("facts", "state", "money"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_every_state_has_its_money(
    desk: Desk, facts: list[Fact], state: JobState, money: tuple[Decimal, Decimal, Decimal]
) -> None:
    """Spent for good, held at the vendor, or still to buy: never in two places."""
    desk.happened(JOB, *facts, price_usd=BOUGHT_AT)

    plan = desk.plan([JOB])

    assert plan.jobs[0].state is state
    assert (plan.money.spent, plan.money.reserved, plan.money.planned) == money


def test_a_new_job_is_planned_at_its_price(desk: Desk, jobs: list[Job]) -> None:
    """Nothing has happened yet: three takes, three prices."""
    plan = desk.plan(jobs)

    assert plan.to_buy == plan.jobs
    assert plan.money == Money(spent=NOTHING, reserved=NOTHING, planned=3 * PRICE)
    assert plan.money.total == 3 * PRICE


@pytest.mark.parametrize(
    ("charged", "spent"),
    [(None, PRICE), (Decimal("0.35"), Decimal("0.35")), (NOTHING, PRICE), (Decimal(5000), PRICE)],
)
def test_a_stored_clip_costs_what_was_charged(desk: Desk, charged: Decimal | None, spent: Decimal) -> None:
    """The amount the vendor names goes before the price reserved, above it or below, if it is credible."""
    desk.happened(JOB, SUBMITTED, make_done(JOB, amount_usd=charged))

    money = desk.plan([JOB]).money

    assert money == Money(spent=spent, reserved=NOTHING, planned=NOTHING)


def test_an_old_intent_is_unknown_and_holds_its_money(desk: Desk) -> None:
    """Neither bought again nor forgotten."""
    desk.happened(JOB)
    desk.clock.advance(HORIZON.total_seconds())

    plan = desk.plan([JOB])

    assert [planned.state for planned in plan.jobs] == [JobState.UNKNOWN]
    assert (plan.money.reserved, plan.to_buy) == (PRICE, ())


def test_held_states_are_those_with_money_at_the_vendor() -> None:
    """Or perhaps at the vendor: the budget counts it."""
    assert {JobState.SUBMITTED, JobState.UNKNOWN, JobState.IN_DOUBT} == RESERVED_STATES


@pytest.mark.parametrize(
    ("facts", "spent", "reserved"),
    [([SUBMITTED], NOTHING, PRICE), ([], NOTHING, PRICE), ([SUBMITTED, make_done(OTHER)], PRICE, NOTHING)],
    ids=["at the vendor", "in doubt", "stored"],
)
def test_a_job_no_longer_in_the_file_still_counts(
    desk: Desk, facts: list[Fact], spent: Decimal, reserved: Decimal
) -> None:
    """It was bought for this edition: a stray keeps its money in the budget."""
    desk.happened(OTHER, *facts)

    plan = desk.plan([JOB])

    assert [orphan.job for orphan in plan.orphaned_jobs] == [OTHER]
    assert plan.money == Money(spent=spent, reserved=reserved, planned=PRICE)


@pytest.mark.parametrize(
    "facts",
    [[UNSENT], [ABANDONED], [REFUSED], [SUBMITTED, REFUNDED], [SUBMITTED, MODERATED]],
    ids=["unsent", "abandoned", "refused", "refunded", "moderated"],
)
def test_a_stray_that_cost_nothing_is_forgotten(desk: Desk, facts: list[Fact]) -> None:
    """Who removed it from the file does not want it bought."""
    desk.happened(OTHER, *facts)

    plan = desk.plan([JOB])

    assert plan.orphaned_jobs == ()
    assert plan.money.total == PRICE


def test_money_lost_on_a_job_no_longer_in_the_file_is_spent(desk: Desk) -> None:
    """The vendor kept it: removing the line brings it back into no budget, and nothing more is driven for it."""
    desk.happened(OTHER, SUBMITTED, KEPT)

    plan = desk.plan([JOB])

    assert plan.everything == plan.jobs
    assert plan.money == Money(spent=PRICE, reserved=NOTHING, planned=PRICE)


def test_strays_are_collected_and_not_bought(desk: Desk) -> None:
    """A paid task is brought home whatever the file says now."""
    desk.happened(OTHER, SUBMITTED)

    plan = desk.plan([JOB])

    assert [planned.job for planned in plan.to_collect] == [OTHER]
    assert [planned.job for planned in plan.to_buy] == [JOB]
    assert plan.everything == (*plan.jobs, *plan.orphaned_jobs)


def test_the_last_charge_goes_before_the_list(desk: Desk, jobs: list[Job]) -> None:
    """By the time it was stored, not by the order of the file."""
    for job, amount, hour in ((jobs[0], "0.40", 2), (jobs[1], "0.30", 1)):
        done = make_done(job, amount_usd=Decimal(amount))
        desk.happened(job, SUBMITTED, replace(done, stored_at=AT + timedelta(hours=hour)))

    (new,) = desk.plan(jobs).to_buy

    assert (new.quote.price_usd, new.quote.basis) == (Decimal("0.40"), Basis.CHARGED)


def test_a_charge_for_another_cell_says_nothing(desk: Desk) -> None:
    """Ten seconds do not cost what six did."""
    longer = make_job(UNPRICED)
    desk.happened(longer, SUBMITTED, make_done(longer, amount_usd=Decimal("0.61")))

    plan = desk.plan([longer, JOB])

    assert [p.quote.basis for p in plan.jobs] == [Basis.CHARGED, Basis.LIST]


def test_a_stray_tells_its_price_too(desk: Desk) -> None:
    """What was charged for it last night is the best estimate tonight."""
    desk.happened(OTHER, SUBMITTED, make_done(OTHER, amount_usd=Decimal("0.33")))

    assert desk.plan([JOB]).jobs[0].quote.price_usd == Decimal("0.33")


def test_a_clip_without_a_named_charge_tells_no_price(desk: Desk) -> None:
    """A reserved price is a guess, and stays one."""
    desk.happened(OTHER, SUBMITTED, make_done(OTHER))

    assert desk.plan([JOB]).jobs[0].quote.basis is Basis.LIST


def test_an_unknown_price_is_planned_at_nothing_and_marked(desk: Desk) -> None:
    """Admission refuses it; the plan shows it."""
    plan = desk.plan([make_job(UNPRICED)])

    assert plan.jobs[0].quote.basis is Basis.NO_PRICE
    assert plan.money.planned == NOTHING


def test_the_campaigns_retries_decide(desk: Desk) -> None:
    """`retries: {failed: 0}` buys nothing after a failure."""
    desk.happened(JOB, SUBMITTED, REFUNDED)

    plans = [desk.plan([JOB], campaign=make_campaign(failed_retries=n)) for n in (0, 1)]

    assert [plan.jobs[0].state for plan in plans] == [JobState.FAILED, JobState.NEW]


def test_making_a_plan_changes_nothing(desk: Desk, jobs: list[Job]) -> None:
    """Computed without doing it: as often as one likes, with the same digest."""
    desk.happened(jobs[0], SUBMITTED)
    before = desk.clock.run(desk.store.listing(""))

    plans = [desk.plan(jobs) for _ in range(3)]

    assert desk.clock.run(desk.store.listing("")) == before
    assert plans[0] == plans[1] == plans[2]
    assert len({plan.digest for plan in plans}) == 1


def _with_other_catalog(desk: Desk, jobs: list[Job]) -> Plan:
    return desk.plan(jobs, catalog=make_catalog(PRICE + Decimal("0.01")))


def _with_a_task(desk: Desk, jobs: list[Job]) -> Plan:
    desk.happened(jobs[0], SUBMITTED)
    return desk.plan(jobs)


def _with_a_stray(desk: Desk, jobs: list[Job]) -> Plan:
    desk.happened(make_job(take=9), SUBMITTED)
    return desk.plan(jobs)


def _with_money_lost(desk: Desk, jobs: list[Job]) -> Plan:
    desk.happened(make_job(take=9), SUBMITTED, KEPT)
    return desk.plan(jobs)


def _with_one_job_less(desk: Desk, jobs: list[Job]) -> Plan:
    return desk.plan(jobs[1:])


def _with_a_budget(desk: Desk, jobs: list[Job]) -> Plan:
    return desk.plan(jobs, budget_usd=Decimal(40))


def _of_another_edition(desk: Desk, jobs: list[Job]) -> Plan:
    return desk.plan(jobs, campaign=replace(make_campaign(), edition="night"))


@pytest.mark.parametrize(
    "changed",
    [
        _with_other_catalog,
        _with_a_task,
        _with_a_stray,
        _with_money_lost,
        _with_one_job_less,
        _with_a_budget,
        _of_another_edition,
    ],
)
def test_the_digest_changes_with_whatever_costs(desk: Desk, jobs: list[Job], changed: object) -> None:
    """A plan that was agreed to is the plan that runs: price, state, jobs, money and budget are in it."""
    before = desk.plan(jobs).digest

    assert callable(changed)
    assert changed(desk, jobs).digest != before


def test_what_was_paid_twice_is_spent_and_in_the_digest(desk: Desk) -> None:
    """Given up, bought again, then answered after all: the vendor has both, and a plan agreed to before is another."""
    owner = Ledger(desk.store, desk.clock, Edition("shoe", "main"), worker="owner")
    desk.clock.run(bought(owner, JOB, price_usd=BOUGHT_AT))
    desk.clock.run(desk.ledger.load())
    desk.clock.run(tell(desk.ledger, JOB, ABANDONED))
    desk.happened(JOB, replace(SUBMITTED, task_id="task_2"))
    before = desk.plan([JOB])

    desk.clock.run(tell(owner, JOB, SUBMITTED))

    after = desk.plan([JOB])
    assert (before.money.spent, after.money.spent) == (NOTHING, BOUGHT_AT)
    assert (before.paid_twice_usd, after.paid_twice_usd) == (NOTHING, BOUGHT_AT)
    assert after.money.reserved == before.money.reserved == PRICE
    assert after.digest != before.digest


def test_a_late_task_of_a_job_given_up_is_held(desk: Desk) -> None:
    """It is to be adopted: neither spent nor bought again."""
    owner = Ledger(desk.store, desk.clock, Edition("shoe", "main"), worker="owner")
    desk.clock.run(bought(owner, JOB, price_usd=BOUGHT_AT))
    desk.clock.run(desk.ledger.load())
    desk.clock.run(tell(desk.ledger, JOB, ABANDONED))
    desk.clock.run(tell(owner, JOB, SUBMITTED))

    plan = desk.plan([JOB])

    assert plan.money == Money(spent=NOTHING, reserved=BOUGHT_AT, planned=NOTHING)
    assert plan.unknown_usd == BOUGHT_AT


def test_a_late_task_is_held_at_its_own_price(desk: Desk) -> None:
    """Not at that of an attempt that came to nothing after it."""
    owner = Ledger(desk.store, desk.clock, Edition("shoe", "main"), worker="owner")
    desk.clock.run(bought(owner, JOB, price_usd=BOUGHT_AT))
    desk.clock.run(desk.ledger.load())
    desk.clock.run(tell(desk.ledger, JOB, ABANDONED))
    desk.happened(JOB, UNSENT)
    desk.clock.run(tell(owner, JOB, SUBMITTED))

    assert desk.plan([JOB]).money == Money(spent=NOTHING, reserved=BOUGHT_AT, planned=NOTHING)


def test_the_digest_says_nothing_about_words(desk: Desk, jobs: list[Job]) -> None:
    """A warning, or a combination left out, changes no bill."""
    plan = desk.plan(jobs)
    problem = Problem(plan.campaign.place, "is odd", "look at it")
    talked = replace(plan, warnings=(problem,), illegal=(IllegalCell(levels={}, rule=problem),))

    assert talked.digest == plan.digest


@pytest.mark.parametrize(
    ("in_file", "asked", "counts"), [("40", None, "40"), ("40", "5", "5"), (None, "5", "5"), ("40", "0", "0")]
)
def test_a_budget_asked_for_takes_the_place_of_the_files(
    desk: Desk, in_file: str | None, asked: str | None, counts: str
) -> None:
    """Also when it is nothing at all."""
    campaign = make_campaign(budget_usd=Decimal(in_file) if in_file else None)

    plan = desk.plan([JOB], campaign=campaign, budget_usd=Decimal(asked) if asked else None)

    assert plan.budget_usd == Decimal(counts)


def test_what_was_left_out_and_warned_about_is_passed_on(desk: Desk) -> None:
    """People see it in the plan."""
    problem = Problem(make_campaign().place, "is odd", "look at it")
    cell = IllegalCell(levels={"model": "x"}, rule=problem)
    expansion = Expansion(jobs=(), illegal=(cell,), warnings=(problem,))

    plan = make_plan(make_campaign(), expansion, desk.ledger, make_catalog())

    assert (plan.illegal, plan.warnings) == ((cell,), (problem,))
