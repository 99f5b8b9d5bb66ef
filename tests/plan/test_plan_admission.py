"""A plan runs as a whole or not at all: budget, balance and prices, each with its sum and its remedy."""

from decimal import Decimal

import pytest

from hailuo.campaign.job import Job
from hailuo.plan.problems import admission_problems
from tests.plan.conftest import UNPRICED, Desk, make_campaign
from tests.support.factories import KEPT, PRICE, SUBMITTED, make_done, make_job

RICH = Decimal(1000)


@pytest.mark.parametrize(("budget", "admitted"), [("0.84", True), ("0.83", False), ("0", False)])
def test_the_budget_is_a_limit(desk: Desk, jobs: list[Job], budget: str, admitted: bool) -> None:
    """To the cent: three takes at $0.28."""
    plan = desk.plan(jobs, campaign=make_campaign(budget_usd=Decimal(budget)))

    assert (admission_problems(plan, balance_usd=RICH) == []) is admitted


def test_no_budget_is_no_limit(desk: Desk, jobs: list[Job]) -> None:
    """Who gives none has the balance only."""
    assert admission_problems(desk.plan(jobs), balance_usd=RICH) == []


def test_the_budget_counts_all_runs_of_the_edition(desk: Desk, jobs: list[Job]) -> None:
    """Spent last night, held at the vendor, and planned now; also for jobs no longer in the file."""
    stray, lost = make_job(take=8), make_job(take=9)
    desk.happened(jobs[0], SUBMITTED, make_done(jobs[0], amount_usd=Decimal("0.50")))
    desk.happened(jobs[1], SUBMITTED)
    desk.happened(stray, SUBMITTED)
    desk.happened(lost, SUBMITTED, KEPT)
    plan = desk.plan(jobs, campaign=make_campaign(budget_usd=Decimal("1.50")))

    (problem,) = admission_problems(plan, balance_usd=RICH)

    assert problem.reason == (
        "$0.78 spent + $0.56 reserved + $0.50 planned = $1.84 is over the budget of $1.50"
    )
    assert problem.remedy == "raise the budget, or buy less with --only"
    assert problem.place == plan.campaign.place


def test_an_overspent_budget_stops_no_collecting(desk: Desk, jobs: list[Job]) -> None:
    """What is paid is brought home, whatever the budget says now."""
    for job in jobs:
        desk.happened(job, SUBMITTED)
    plan = desk.plan(jobs, campaign=make_campaign(budget_usd=Decimal("0.01")))

    assert admission_problems(plan, balance_usd=None) == []


@pytest.mark.parametrize(("balance", "admitted"), [("0.84", True), ("0.83", False), ("-2", False)])
def test_the_balance_is_a_limit(desk: Desk, jobs: list[Job], balance: str, admitted: bool) -> None:
    """A run does not begin what it cannot pay."""
    problems = admission_problems(desk.plan(jobs), balance_usd=Decimal(balance))

    assert (problems == []) is admitted


def test_the_balance_need_not_pay_twice(desk: Desk, jobs: list[Job]) -> None:
    """What is at the vendor has been taken from it already."""
    desk.happened(jobs[0], SUBMITTED)
    desk.happened(jobs[1], SUBMITTED)

    assert admission_problems(desk.plan(jobs), balance_usd=PRICE) == []


def test_an_unknown_balance_is_no_problem(desk: Desk, jobs: list[Job]) -> None:
    """Some gateways do not tell it; an empty one stops the run later."""
    assert admission_problems(desk.plan(jobs), balance_usd=None) == []


def test_a_low_balance_is_told_with_both_sums(desk: Desk, jobs: list[Job]) -> None:
    """And with what to do."""
    (problem,) = admission_problems(desk.plan(jobs), balance_usd=Decimal("0.10"))

    assert problem.reason == "the plan costs $0.84, and the vendor's balance is $0.10"
    assert problem.remedy == "top up the balance, or buy less with --only"


def test_a_clip_without_a_price_is_not_bought(desk: Desk) -> None:
    """Each cell is named once, however many takes it has."""
    plan = desk.plan([make_job(UNPRICED, take=1), make_job(UNPRICED, take=2), make_job()])

    (problem,) = admission_problems(plan, balance_usd=RICH)

    assert problem.reason == "no price is known for MiniMax-Hailuo-02 at 10 s, 768p"
    assert "HAILUO_CATALOG" in problem.remedy


def test_an_unknown_price_of_a_stored_clip_is_no_problem(desk: Desk) -> None:
    """Only what would be bought needs one."""
    job = make_job(UNPRICED)
    desk.happened(job, SUBMITTED, make_done(job))

    assert admission_problems(desk.plan([job]), balance_usd=None) == []


def test_every_reason_is_told_at_once(desk: Desk, jobs: list[Job]) -> None:
    """Price, budget and balance together."""
    plan = desk.plan([*jobs, make_job(UNPRICED)], budget_usd=Decimal("0.01"))

    reasons = [problem.reason for problem in admission_problems(plan, balance_usd=Decimal(0))]

    assert [word for word in ("price", "budget", "balance") if any(word in r for r in reasons)] == [
        "price",
        "budget",
        "balance",
    ]
    assert len(reasons) == 3
