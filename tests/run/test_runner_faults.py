"""Every fault of docs/reference/vendor.md#errors, injected: every job ends in the right state, and none is charged twice.

Driven by the simulator's own table: a fault without an expectation here fails the completeness test.
"""

from collections import Counter
from decimal import Decimal

import pytest

from hailuo.errors import ExitCode
from hailuo.ledger.facts import JobState
from hailuo.simulator import FAULTS, FaultName, FaultPlan, ScriptedFault, Strikes

JOBS = 8
STRUCK = 3
"""How many jobs meet the fault; the canary goes first and does not."""

STORED, UNKNOWN, REFUSED, FAILED = JobState.STORED, JobState.UNKNOWN, JobState.REFUSED, JobState.FAILED

# What becomes of a job that meets the fault once: it is asked again, held, given up, or stops the run.
HARMLESS = {
    *(fault for fault, row in FAULTS.items() if row.strikes in {Strikes.STATUS, Strikes.DOWNLOAD}),
    FaultName.FAILED_WITH_URL,
    FaultName.RATE_LIMIT_1002,
    FaultName.TOKEN_LIMIT_1039,
    FaultName.CONNECTION_LIMIT_1041,
    FaultName.GROWTH_LIMIT_2045,
    FaultName.UNKNOWN_1000,
    FaultName.TIMEOUT_1001,
    FaultName.INTERNAL_1024,
    FaultName.SYSTEM_1033,
    FaultName.BUSY_429_FLAT,
    FaultName.BUSY_429_NESTED,
    FaultName.BUSY_429_EMPTY,
    FaultName.BUSY_429_RETRY_AFTER,
    FaultName.DO_REQUEST_FAILED,
    FaultName.GET_CHANNEL_FAILED,
    FaultName.UPSTREAM_5XX,
    FaultName.MODEL_NOT_FOUND,
    FaultName.SLOW_SUBMIT,
    FaultName.FAILED_OBJECT,
    FaultName.FAILED_STRING,
    FaultName.FAILED_WITHOUT_ERROR,
    FaultName.FAILED_TEXT_IN_URL,
    FaultName.FAILED_FRAME_DOWNLOAD,
    FaultName.URL_LATE,
    FaultName.URL_ON_GATEWAY,
    FaultName.URL_NEVER,
    FaultName.URL_RELATIVE,
    FaultName.END_IN_UNKNOWN_WORD,
    FaultName.SHAPE_KLING,
    FaultName.SHAPE_MINIMAX,
    FaultName.STATUS_FAILS_WHEN_READY,
    FaultName.CLIP_TINY,
    FaultName.MINIMAX_1002,
}
HELD = {
    FaultName.TIMEOUT_408,
    FaultName.HTML_502,
    FaultName.HTML_504,
    FaultName.HTML_524,
    FaultName.DROPPED,
    FaultName.ERROR_IN_200,
    FaultName.CHARGED_THEN_DROPPED,
    FaultName.CHARGED_THEN_SILENCE,
    FaultName.CHARGED_THEN_408,
    FaultName.CHARGED_THEN_502,
    FaultName.CHARGED_THEN_WITHOUT_ID,
    FaultName.CHARGED_THEN_UNREADABLE,
    FaultName.CHARGED_THEN_402_WITH_TASK,
    FaultName.CHARGED_THEN_404_PAGE,
    FaultName.CHARGED_THEN_OTHER_TASK,
    FaultName.PAGE_404,
}
FOR_GOOD = {
    FaultName.INVALID_REQUEST: REFUSED,
    FaultName.SENSITIVE_1026: REFUSED,
    FaultName.MINIMAX_1026: REFUSED,
    FaultName.INVISIBLE_1042: REFUSED,
    FaultName.INVALID_2013: REFUSED,
    FaultName.TOO_LARGE: REFUSED,
    FaultName.UPSTREAM_4XX: REFUSED,
    FaultName.FAILED_MODERATED_1027: FAILED,
}
STOPPING = {
    FaultName.KEY_REFUSED,
    FaultName.PAYMENT_REQUIRED,
    FaultName.BALANCE_EMPTY,
    FaultName.KEY_QUOTA,
    FaultName.ACCESS_DENIED,
    FaultName.WRONG_ROUTE,
    FaultName.MINIMAX_1008,
}
LATER = {
    FaultName.VENDOR_BALANCE_1008,
    FaultName.VENDOR_WINDOW_2056,
    FaultName.VENDOR_KEY_1004,
    FaultName.VENDOR_KEY_2049,
    FaultName.MODEL_PRICE,
}


def striking(fault: FaultName, times: int = STRUCK) -> FaultPlan:
    """The fault, a few times in a row, after the canary is through."""
    return FaultPlan(script=(ScriptedFault(fault=fault, skip=2, times=times),))


def states_of(report) -> Counter:
    return Counter(ending.state for ending in report.endings)


def assert_nothing_is_paid_twice(world) -> None:
    """For every prompt the vendor keeps at most one price."""
    assert max(world.net_usd_by_prompt().values()) <= Decimal("0.10")


@pytest.mark.parametrize("fault", sorted(HARMLESS))
def test_a_passing_fault_costs_time_and_nothing_else(make_world, fault):
    """The job is asked for again, later, and every clip is stored."""
    times = 1 if fault is FaultName.STATUS_FAILED_ONCE else STRUCK  # in a row it is no longer once
    world = make_world(jobs=JOBS, faults=striking(fault, times=times))

    report = world.run()

    assert states_of(report) == {STORED: JOBS}
    assert report.exit_code is ExitCode.COMPLETE
    assert_nothing_is_paid_twice(world)


@pytest.mark.parametrize("fault", sorted(HELD))
def test_a_submit_without_a_verdict_is_held_and_never_repeated(make_world, fault):
    """Nobody knows whether it was bought: it keeps its money, also through the next run."""
    world = make_world(jobs=JOBS, faults=striking(fault))

    first, second = world.run(), world.run()

    for report in (first, second):
        assert states_of(report) == {STORED: JOBS - STRUCK, UNKNOWN: STRUCK}
        assert report.exit_code is ExitCode.INCOMPLETE
    assert_nothing_is_paid_twice(world)
    assert world.simulator.invoice().calls["submits"] == JOBS


@pytest.mark.parametrize(("fault", "state"), sorted(FOR_GOOD.items()))
def test_a_job_refused_for_good_is_given_up_and_not_asked_again(make_world, fault, state):
    """The same request will never pass: the others go on, and no run asks again."""
    world = make_world(jobs=JOBS, faults=striking(fault))

    first, second = world.run(), world.run()

    for report in (first, second):
        assert states_of(report) == {STORED: JOBS - STRUCK, state: STRUCK}
    assert world.simulator.invoice().calls["submits"] == JOBS
    assert_nothing_is_paid_twice(world)


@pytest.mark.parametrize("fault", sorted(STOPPING))
def test_a_refused_run_buys_no_more_and_collects_what_it_bought(make_world, fault):
    """Key, balance or address: buying stops, what is in flight is stored, and the next run goes on."""
    world = make_world(jobs=JOBS, faults=striking(fault, times=1))

    first = world.run()
    second = world.run()

    assert first.exit_code is ExitCode.STOPPED
    assert first.stopped
    assert set(states_of(first)) == {STORED, JobState.NEW}
    assert states_of(second) == {STORED: JOBS}
    assert_nothing_is_paid_twice(world)


@pytest.mark.parametrize("fault", sorted(LATER))
def test_trouble_on_the_vendors_side_leaves_the_job_for_a_later_run(make_world, fault):
    """Nothing was charged, and the next run buys the job."""
    world = make_world(jobs=JOBS, faults=striking(fault))

    first = world.run()
    second = world.run()

    assert states_of(first)[STORED] >= JOBS - STRUCK
    assert set(states_of(first)) <= {STORED, JobState.NEW}
    assert states_of(second) == {STORED: JOBS}
    assert_nothing_is_paid_twice(world)


def test_a_task_stuck_for_ever_is_overdue_and_kept(make_world):
    """The deadline ends the waiting, not the job: each further run asks again, and buys nothing."""
    world = make_world(jobs=JOBS, faults=striking(FaultName.STUCK))

    first = world.run()
    second = world.run()

    for report in (first, second):
        assert states_of(report) == {STORED: JOBS - STRUCK, JobState.SUBMITTED: STRUCK}
        assert sum(ending.overdue for ending in report.endings) == STRUCK
    assert len(world.simulator.invoice().lines) == JOBS


def test_every_fault_of_the_table_has_an_expectation():
    """A new fault is not forgotten. Those of pictures of people are tried in test_pictures_of_people.py."""
    of_pictures = {
        *(fault for fault, row in FAULTS.items() if row.strikes is Strikes.ASSET),
        FaultName.PERSON_IN_FRAME,
    }
    expected = HARMLESS | HELD | set(FOR_GOOD) | STOPPING | LATER | {FaultName.STUCK} | of_pictures

    assert expected == set(FAULTS)


def test_a_failure_is_bought_anew_only_as_often_as_the_campaign_allows(make_world):
    """Failed and refunded twice: the second failure is the last, and nothing is charged for it."""
    world = make_world(
        jobs=4, faults=FaultPlan(script=(ScriptedFault(fault=FaultName.FAILED_OBJECT, skip=1, times=99),))
    )

    report = world.run()

    assert states_of(report) == {STORED: 1, FAILED: 3}
    assert len(world.simulator.invoice().lines) == 1 + 3 * 2
    assert world.simulator.invoice().net_usd == Decimal("0.10")
