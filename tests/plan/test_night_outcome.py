"""The outcome of a night: what counts as bought and spent between two plans, and what the night may still spend."""

from dataclasses import replace
from decimal import Decimal

import pytest

from hailuo.campaign.job import Job
from hailuo.night.outcome import NightBudget, outcome_between, total_of
from tests.plan.conftest import Desk, make_campaign
from tests.support.factories import (
    ABANDONED,
    DOUBT,
    KEPT,
    PRICE,
    REFUNDED,
    REFUSED,
    SUBMITTED,
    make_done,
    make_job,
)

NOTHING = Decimal(0)
CHARGED = Decimal("0.31")


def test_what_was_ordered_since_the_first_plan_is_the_nights(desk: Desk, jobs: list[Job]) -> None:
    """One stored, one unknown, one not bought; the estimate is of the plan that was let in."""
    before = desk.plan(jobs)
    desk.happened(jobs[0], SUBMITTED, make_done(jobs[0], amount_usd=CHARGED))
    desk.happened(jobs[1], DOUBT)

    outcome = outcome_between(before, desk.plan(jobs))

    assert (outcome.jobs, outcome.stored, outcome.failed, outcome.unknown, outcome.unfinished) == (
        3,
        1,
        0,
        1,
        1,
    )
    assert (outcome.to_buy, outcome.estimate_usd) == (3, 3 * PRICE)
    assert (outcome.bought, outcome.spent_usd, outcome.reserved_usd) == (2, CHARGED, PRICE)
    assert outcome.unknown_usd == PRICE


def test_what_was_bought_before_is_no_cost_of_this_night(desk: Desk, jobs: list[Job]) -> None:
    """A clip of last night that is collected tonight was paid last night; its unknown still holds money."""
    desk.happened(jobs[0], SUBMITTED)
    desk.happened(jobs[1], DOUBT)
    before = desk.plan(jobs[:2])
    desk.clock.run(desk.ledger.finish(jobs[0].creative_id, make_done(jobs[0])))

    outcome = outcome_between(before, desk.plan(jobs[:2]))

    assert (outcome.stored, outcome.unknown, outcome.unknown_usd) == (1, 1, PRICE)
    assert (outcome.to_buy, outcome.bought, outcome.spent_usd, outcome.reserved_usd) == (
        0,
        0,
        NOTHING,
        NOTHING,
    )


def test_failures_cost_what_was_not_given_back(desk: Desk, jobs: list[Job]) -> None:
    """Refused and refunded are free; a failure that was kept is spent."""
    before = desk.plan(jobs)
    desk.happened(jobs[0], REFUSED)
    desk.happened(jobs[1], SUBMITTED, KEPT)
    desk.happened(jobs[2], SUBMITTED, REFUNDED)

    outcome = outcome_between(before, desk.plan(jobs))

    assert (outcome.failed, outcome.unfinished) == (2, 1)
    assert (outcome.bought, outcome.spent_usd, outcome.reserved_usd) == (2, PRICE, NOTHING)


def test_a_plan_that_was_not_let_in_estimates_nothing(desk: Desk, jobs: list[Job]) -> None:
    """The total of a night compares the cost with what was let in, and still tells the unknown."""
    desk.happened(jobs[0], DOUBT)
    plan = desk.plan(jobs)

    outcome = outcome_between(plan, plan).as_refused

    assert (outcome.to_buy, outcome.estimate_usd, outcome.unknown_usd) == (0, NOTHING, PRICE)


def test_the_total_adds_every_column(desk: Desk, jobs: list[Job]) -> None:
    """And nothing is the total of nothing."""
    before = desk.plan(jobs)
    desk.happened(jobs[0], SUBMITTED)
    outcome = outcome_between(before, desk.plan(jobs))

    total = total_of([outcome, outcome])

    assert total.jobs == 6
    assert (total.estimate_usd, total.reserved_usd, total.bought) == (6 * PRICE, 2 * PRICE, 2)
    assert total_of([]).jobs == 0
    assert total == replace(
        outcome,
        jobs=6,
        to_buy=6,
        bought=2,
        estimate_usd=6 * PRICE,
        reserved_usd=2 * PRICE,
    )


@pytest.mark.parametrize(("left", "fits"), [(None, True), ("0.84", True), ("0.83", False), ("0", False)])
def test_a_plan_fits_into_the_night_or_is_refused_whole(
    desk: Desk, jobs: list[Job], left: str | None, fits: bool
) -> None:
    """To the cent; without a budget everything fits."""
    budget = NightBudget(left_usd=None if left is None else Decimal(left))

    assert bool(budget.problems(desk.plan(jobs))) is not fits


def test_a_plan_that_buys_nothing_always_fits(desk: Desk, jobs: list[Job]) -> None:
    """What was paid is collected, however little is left; no cap is put on it."""
    desk.happened(jobs[0], SUBMITTED)
    plan, budget = desk.plan(jobs[:1]), NightBudget(left_usd=NOTHING)

    assert budget.problems(plan) == []
    assert budget.budget_of(plan) is None


@pytest.mark.parametrize(
    ("file_budget", "cap"), [(None, "2.12"), ("5", "2.12"), ("1.5", "1.5")], ids=["none", "larger", "smaller"]
)
def test_the_rest_of_the_night_caps_the_edition(
    desk: Desk, jobs: list[Job], file_budget: str | None, cap: str
) -> None:
    """What may have left the account, an abandoned submit included, and what the night has left; never above the file's."""
    desk.happened(jobs[0], SUBMITTED, KEPT)
    desk.happened(jobs[1], SUBMITTED)
    desk.happened(make_job(take=4), ABANDONED)
    campaign = make_campaign(budget_usd=None if file_budget is None else Decimal(file_budget))

    plan = desk.plan([*jobs, make_job(take=4)], campaign=campaign)

    assert NightBudget(left_usd=Decimal("1.28")).budget_of(plan) == Decimal(cap)


def test_what_is_taken_is_gone() -> None:
    """It does not go below nothing, and no limit stays none."""
    assert NightBudget(left_usd=Decimal(1)).less(PRICE).left_usd == Decimal("0.72")
    assert NightBudget(left_usd=PRICE).less(CHARGED).left_usd == NOTHING
    assert NightBudget(left_usd=None).less(PRICE).left_usd is None
