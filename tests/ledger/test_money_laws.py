"""One truth: whatever happened, plan, progress, caps and every roll-up tell the same sums, to the cent."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from hailuo.campaign.files import load_catalog
from hailuo.campaign.job import Job
from hailuo.campaign.model import Campaign
from hailuo.campaign.pricing import Basis, Quote, price_key_of
from hailuo.errors import IllegalMoveError, Place
from hailuo.ledger.facts import Abandoned, Attempt, Fact, Intent, JobRecord, Orphan
from hailuo.ledger.ledger import HORIZON, Ledger
from hailuo.ledger.life import state_of, with_fact
from hailuo.ledger.money import Fate, Sums, by_day, by_job, items_of, sums_of_jobs
from hailuo.plan.plan import RESERVED_STATES, Plan, PlannedJob
from hailuo.run.pace import Limiter, PollSchedule
from hailuo.run.runner import Runner
from hailuo.run.spending import SpendingGrant, spent_by
from hailuo.run.tools import Tools
from hailuo.settings import Settings
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock
from hailuo.vendor import VideoClient
from tests.support.examples import examples
from tests.support.factories import (
    ABANDONED,
    AT,
    BASE_URL,
    BUSY,
    DOUBT,
    INTENT,
    KEPT,
    MODERATED,
    REFUNDED,
    REFUSED,
    SUBMITTED,
    UNSAID,
    UNSENT,
    VARIANT,
    make_done,
    make_job,
)

pytestmark = pytest.mark.slow

ZERO = Decimal(0)
CATALOG = load_catalog()
NEXT_PRICE = Decimal("0.31")
amounts = st.decimals(min_value=0, max_value=2, places=2)
workers = st.sampled_from(["ann", "bea"])
steps = st.builds(
    lambda which, amount, worker, days: Step(which, amount, worker, AT + timedelta(days=days)),
    st.integers(0, 10_000),
    amounts,
    workers,
    st.integers(0, 40),
)
AGAIN = (INTENT, ABANDONED, INTENT, replace(SUBMITTED, task_id="task_2"))
LATE = Orphan(task_id="late_0", base_url=BASE_URL, at=AT)
BEGINNINGS: tuple[tuple[Fact | Orphan, ...], ...] = (
    (),
    (INTENT, SUBMITTED, REFUNDED),
    (*AGAIN, LATE),
    (*AGAIN, KEPT, LATE),
)
"""From where chance finds what it would seldom come upon by itself."""
lives = st.lists(st.tuples(st.sampled_from(BEGINNINGS), st.lists(steps, max_size=10)), min_size=1, max_size=4)


class Step(NamedTuple):
    """Which of the things that may happen next happens, with its numbers."""

    which: int
    amount: Decimal
    worker: str
    at: datetime


Life = tuple[Sequence[Fact | Orphan], Sequence[Step]]


def lived(creative_id: str, life: Life) -> JobRecord:
    """The record after the beginning and one legal fact for each step, for as long as any is legal."""
    beginning, steps = life
    record = JobRecord(creative_id=creative_id)
    for fact in beginning:
        record = told(record, fact) or record
    for step in steps:
        after = [moved for fact in what_may_follow(record, step) if (moved := told(record, fact))]
        record = after[step.which % len(after)] if after else record
    return record


def told(record: JobRecord, fact: Fact | Orphan) -> JobRecord | None:
    """The record after one more fact; None where it may not follow."""
    if isinstance(fact, Orphan):
        return with_orphan(record, fact)
    try:
        return with_fact(record, len(record.attempts) + isinstance(fact, Intent), fact)
    except IllegalMoveError:
        return None


def what_may_follow(record: JobRecord, step: Step) -> list[Fact | Orphan]:
    """Every kind of fact, with the names and prices that it has in this record."""
    last, late = record.last, record.adoptable
    number, intent = (last.number, last.intent) if last else (1, None)
    task_id = intent.adopts if intent and intent.adopts else f"task_{number}"
    done = replace(make_done(attempt=number), task_id=task_id, price_usd=intent.price_usd if intent else ZERO)
    take_over = (
        replace(late.attempt.intent, adopts=late.orphan.task_id) if late and late.attempt.intent else None
    )
    return [
        replace(INTENT, price_usd=step.amount, worker=step.worker, at=step.at),
        *([replace(take_over, worker="reconcile", at=step.at)] if take_over else []),
        *(DOUBT, BUSY, UNSENT, REFUSED, ABANDONED, replace(SUBMITTED, task_id=task_id)),
        *(REFUNDED, KEPT, UNSAID, MODERATED),
        *(done, replace(done, amount_usd=step.amount)),
        Orphan(task_id=f"late_{step.which}", base_url=BASE_URL, at=AT),
    ]


def with_orphan(record: JobRecord, orphan: Orphan) -> JobRecord | None:
    """A task id comes late to the first attempt that was abandoned without one."""
    for index, attempt in enumerate(record.attempts):
        abandoned = attempt.outcome and isinstance(attempt.outcome, Abandoned)
        if abandoned and not attempt.orphans:
            known = replace(attempt, orphans=(orphan,))
            return replace(record, attempts=(*record.attempts[:index], known, *record.attempts[index + 1 :]))
    return None


def planned(job: Job, record: JobRecord) -> PlannedJob:
    state = state_of(record, store_now=AT, horizon=HORIZON, failed_retries=1)
    return PlannedJob(
        job=job, record=record, state=state, quote=Quote(price_usd=NEXT_PRICE, basis=Basis.LIST)
    )


def plan_of(lives: Sequence[Life]) -> Plan:
    jobs = [make_job(replace(VARIANT, duration=6 + 4 * (n % 2)), take=n) for n in range(1, len(lives) + 1)]
    pairs = zip(jobs, lives, strict=True)
    return Plan(
        campaign=Campaign(name="shoe", grids=(), place=Place("shoe.yaml")),
        jobs=tuple(planned(job, lived(job.creative_id, life)) for job, life in pairs),
    )


def as_a_plan_reads(record: JobRecord) -> JobRecord:
    """Of a finished job only `done`, unless a task id came late (see `Ledger.load`)."""
    if record.done is None or any(attempt.orphans for attempt in record.attempts):
        return record
    bare = (Attempt(number=a.number, recorded_at=a.recorded_at) for a in record.attempts)
    return replace(record, attempts=tuple(bare))


def ledger_with(plan: Plan) -> Ledger:
    clock = VirtualClock()
    ledger = Ledger(MemoryStore(clock), clock, Edition("shoe", "main"), worker="w")
    ledger._records = {p.job.creative_id: p.record for p in plan.jobs}
    return ledger


@settings(max_examples=examples(20))  # each opens a client
@given(lives)
def test_a_run_shows_the_money_of_its_plan(lives: list[Life]) -> None:
    """The progress of a run that has done nothing yet is the plan's spent and held."""
    plan = plan_of(lives)

    async def progress() -> tuple[Decimal, Decimal]:
        ledger, clock, random = ledger_with(plan), VirtualClock(), Random(0)  # noqa: S311 (jitter)
        async with VideoClient(base_url=BASE_URL, key=SecretStr("sk-test")) as client:
            tools = Tools(
                ledger=ledger,
                store=MemoryStore(clock),
                client=client,
                limiter=Limiter(submits_per_minute=5, in_flight=8, clock=clock, random=random),
                schedule=PollSchedule(),
                clock=clock,
                random=random,
                catalog=CATALOG,
                scratch=Path(),
            )
            now = Runner(plan, tools, spending=SpendingGrant(tools, Settings(), run="run")).progress()
        return now.spent_usd, now.reserved_usd

    assert asyncio.run(progress()) == (plan.money.spent, plan.money.reserved)


@given(lives)
def test_every_roll_up_adds_up(lives: list[Life]) -> None:
    """Per job, cell, day and month: each column sums to the total's."""
    bills = plan_of(lives).bills
    total = sums_of_jobs(bills)
    views: list[Mapping[Any, Sums]] = [
        by_job(bills, lambda job: job.creative_id),
        by_job(bills, lambda job: price_key_of(job.variant)),
        by_day(bills),
        by_day(bills, spelt="%Y-%m"),
    ]

    for column in (
        "spent_usd",
        "reserved_usd",
        "estimate_usd",
        "refunded_usd",
        "abandoned_usd",
        "bought",
        "paid_retries",
    ):
        sums = [sum(getattr(row, column) for row in view.values()) for view in views]
        assert sums == [getattr(total, column)] * len(views), column


@given(lives)
def test_a_plan_that_read_less_tells_the_same_bill(lives: list[Life]) -> None:
    """Attempts of finished jobs that nobody read cost nothing that counts."""
    whole = plan_of(lives)
    quick = replace(whole, jobs=tuple(planned(p.job, as_a_plan_reads(p.record)) for p in whole.jobs))

    assert (quick.money, quick.paid_twice_usd, quick.digest) == (
        whole.money,
        whole.paid_twice_usd,
        whole.digest,
    )
    assert quick.sums.estimate_usd == whole.sums.estimate_usd


@given(lives)
def test_the_caps_count_what_the_plan_counts_and_what_was_abandoned(lives: list[Life]) -> None:
    """Over all runs: never less than the plan, and more only by what a person's word released."""
    plan = plan_of(lives)
    ledger = ledger_with(plan)

    counted = sum((sum(spent_by(run, ledger).values(), ZERO) for run in ("ann", "bea")), ZERO)

    assert counted == plan.money.spent + plan.money.reserved + plan.sums.abandoned_usd


@given(lives)
def test_only_held_states_hold_money(lives: list[Life]) -> None:
    """And every one of them has exactly one attempt, or late task, that holds it."""
    for job in plan_of(lives).jobs:
        held = [item for item in items_of(job.record) if item.fate in {Fate.RENDERING, Fate.MAYBE_CHARGED}]
        assert len(held) == (job.state in RESERVED_STATES)
