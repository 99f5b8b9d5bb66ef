"""The admitted plan is in the store: manifest and gallery need nothing else."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from hailuo.campaign.pricing import Basis
from hailuo.campaign.variant import FirstFrame
from hailuo.plan.file import read_plan, write_plan
from hailuo.store.layout import Edition
from tests.plan.conftest import UNPRICED, Desk, make_campaign
from tests.support.factories import AT, PRICE, SUBMITTED, VARIANT, make_job

CAMPAIGN = replace(make_campaign(), control={"model": VARIANT.model}, failed_retries=2)


def test_a_plan_is_read_as_it_was_written(desk: Desk) -> None:
    """Jobs in the order of the file, with prices and what they rest on."""
    jobs = [make_job(take=2), make_job(UNPRICED), make_job(take=1)]
    plan = desk.plan(jobs, campaign=CAMPAIGN, budget_usd=Decimal("40.00"))

    desk.clock.run(write_plan(desk.store, plan, at=AT))
    kept = desk.clock.run(read_plan(desk.store, Edition("shoe", "main")))

    assert kept
    assert [line.job for line in kept.lines] == jobs
    assert [(line.price_usd, line.price_basis) for line in kept.lines] == [
        (PRICE, Basis.LIST),
        (None, Basis.NO_PRICE),
        (PRICE, Basis.LIST),
    ]
    assert (kept.digest, kept.admitted_at, kept.budget_usd) == (plan.digest, AT, Decimal(40))
    assert (kept.failed_retries, kept.control) == (2, {"model": VARIANT.model})
    assert kept.schema == "hailuo.plan/1.0"


def test_strays_are_no_part_of_it(desk: Desk) -> None:
    """They are in the ledger; the file says what was wanted."""
    desk.happened(make_job(take=9), SUBMITTED)
    plan = desk.plan([make_job()], campaign=CAMPAIGN)

    desk.clock.run(write_plan(desk.store, plan, at=AT))
    kept = desk.clock.run(read_plan(desk.store, Edition("shoe", "main")))

    assert kept
    assert [line.job for line in kept.lines] == [make_job()]


def test_the_newest_plan_counts(desk: Desk) -> None:
    """A run writes over the plan of the run before."""
    for takes in (1, 2):
        jobs = [make_job(take=take) for take in range(1, takes + 1)]
        desk.clock.run(write_plan(desk.store, desk.plan(jobs, campaign=CAMPAIGN), at=AT))

    kept = desk.clock.run(read_plan(desk.store, Edition("shoe", "main")))

    assert kept
    assert len(kept.lines) == 2


def test_where_nothing_ever_ran_there_is_no_plan(desk: Desk) -> None:
    """Neither of another edition's."""
    desk.clock.run(write_plan(desk.store, desk.plan([make_job()], campaign=CAMPAIGN), at=AT))

    assert desk.clock.run(read_plan(desk.store, Edition("shoe", "night"))) is None


def test_no_path_of_this_machine_is_in_it(desk: Desk) -> None:
    """A frame is known by its bytes."""
    frame = FirstFrame(label="hero", sha256="fa" * 32, path=Path("homes/ann/hero.png"), suffix=".png")
    plan = desk.plan([make_job(replace(VARIANT, first_frame=frame))], campaign=CAMPAIGN)

    desk.clock.run(write_plan(desk.store, plan, at=AT))

    content = desk.clock.run(desk.store.read(Edition("shoe", "main").plan))
    assert b"homes" not in content
    assert frame.sha256.encode() in content
