"""What became of the money of every attempt: row by row of the table in `hailuo.ledger.money`, and what it rolls up to."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from hailuo.campaign.pricing import price_key_of
from hailuo.ledger import money as money_module
from hailuo.ledger.facts import Attempt, Fact, JobRecord, Orphan
from hailuo.ledger.life import with_fact
from hailuo.ledger.money import Fate, Item, Sums, by_day, by_job, items_of, money_of, sums_of, sums_of_jobs
from tests.support.factories import (
    ABANDONED,
    AT,
    BASE_URL,
    BUSY,
    DOUBT,
    INTENT,
    JOB,
    KEPT,
    MODERATED,
    PRICE,
    REFUNDED,
    REFUSED,
    SUBMITTED,
    UNSAID,
    UNSENT,
    VARIANT,
    make_done,
    make_job,
)

CENT = Decimal("0.01")
SECOND = replace(INTENT, price_usd=PRICE + CENT, at=AT + timedelta(days=3))
LATE = Orphan(task_id="task_late", base_url=BASE_URL, at=AT + timedelta(hours=1))
ADOPTS = replace(SECOND, price_usd=PRICE, adopts="task_late")
ADOPTED = replace(SUBMITTED, task_id="task_late")
CHARGED = make_done(amount_usd=PRICE + 4 * CENT)
NOTHING = Decimal(0)

Life = Sequence[Fact | Orphan]


def record_of(life: Life) -> JobRecord:
    """The record after these facts; an orphan belongs to the first attempt."""
    record = JobRecord(creative_id=JOB.creative_id)
    for fact in life:
        if isinstance(fact, Orphan):
            first, *rest = record.attempts
            record = replace(record, attempts=(replace(first, orphans=(*first.orphans, fact)), *rest))
        else:
            number = len(record.attempts) + isinstance(fact, type(INTENT))
            record = with_fact(record, number, fact)
    return record


def sums_after(*life: Fact | Orphan) -> Sums:
    return sums_of(items_of(record_of(life)))


ROWS: list[tuple[str, Life, list[tuple[Fate, Decimal]]]] = [
    # the row of the table, what happened, (fate, amount) of every item
    ("stored", (INTENT, SUBMITTED, CHARGED), [(Fate.CHARGED, PRICE + 4 * CENT)]),
    ("stored", (INTENT, SUBMITTED, make_done()), [(Fate.CHARGED, PRICE)]),
    ("failed, no refund reported", (INTENT, SUBMITTED, KEPT), [(Fate.LOST, PRICE)]),
    ("failed, no refund reported", (INTENT, SUBMITTED, UNSAID), [(Fate.LOST, PRICE)]),
    (
        "late task, something else bought",
        (INTENT, ABANDONED, SECOND, SUBMITTED, LATE),
        [(Fate.FREE, NOTHING), (Fate.RENDERING, PRICE + CENT), (Fate.PAID_TWICE, PRICE)],
    ),
    ("submitted, no verdict on the task", (INTENT, SUBMITTED), [(Fate.RENDERING, PRICE)]),
    ("sent or perhaps sent, no answer", (INTENT,), [(Fate.MAYBE_CHARGED, PRICE)]),
    ("sent or perhaps sent, no answer", (INTENT, DOUBT), [(Fate.MAYBE_CHARGED, PRICE)]),
    (
        "late task, to be adopted",
        (INTENT, ABANDONED, SECOND, UNSENT, LATE),
        [(Fate.FREE, NOTHING), (Fate.FREE, NOTHING), (Fate.MAYBE_CHARGED, PRICE)],
    ),
    ("failed and refunded", (INTENT, SUBMITTED, REFUNDED), [(Fate.REFUNDED, PRICE)]),
    ("failed and refunded", (INTENT, SUBMITTED, MODERATED), [(Fate.REFUNDED, PRICE)]),
    ("abandoned, no task id came late", (INTENT, ABANDONED), [(Fate.ABANDONED, PRICE)]),
    ("refused, unsent, its task adopted", (INTENT, BUSY), [(Fate.FREE, NOTHING)]),
    ("refused, unsent, its task adopted", (INTENT, REFUSED), [(Fate.FREE, NOTHING)]),
    ("refused, unsent, its task adopted", (INTENT, UNSENT), [(Fate.FREE, NOTHING)]),
    (
        "refused, unsent, its task adopted",
        (INTENT, ABANDONED, LATE, ADOPTS, ADOPTED),
        [(Fate.FREE, NOTHING), (Fate.RENDERING, PRICE)],
    ),
]


@pytest.mark.parametrize(("row", "life", "items"), ROWS)
def test_the_facts_tell_what_became_of_the_money(
    row: str, life: Life, items: list[tuple[Fate, Decimal]]
) -> None:
    """One test per row of the table in the module's docstring."""
    found = items_of(record_of(life))

    assert [(item.fate, item.amount_usd) for item in found] == items
    assert re.search(rf"^{re.escape(row)}\s+[A-Z_]+\b", money_module.__doc__ or "", re.MULTILINE)


def test_every_row_of_the_table_is_tested_and_every_fate_is_in_it() -> None:
    """A fate that the docstring does not explain does not exist."""
    documented = re.findall(r"^(\S.*?) {2,}([A-Z_]+)  ", money_module.__doc__ or "", re.MULTILINE)

    assert {row for row, _ in documented} == {row for row, _, _ in ROWS}
    assert {fate for _, fate in documented} == {fate.name for fate in Fate}


def test_the_vendors_amount_goes_before_ours_and_ours_is_marked() -> None:
    """A price of our own in the books says that it is one."""
    told, assumed = (sums_after(INTENT, SUBMITTED, done) for done in (CHARGED, make_done()))

    assert (told.spent_usd, told.assumed_usd) == (PRICE + 4 * CENT, NOTHING)
    assert (assumed.spent_usd, assumed.assumed_usd) == (PRICE, PRICE)


def test_a_refund_is_told_and_costs_nothing() -> None:
    """Bought twice, paid once; the second attempt is a paid retry."""
    sums = sums_after(INTENT, SUBMITTED, REFUNDED, SECOND, SUBMITTED, replace(CHARGED, attempt=2))

    assert (sums.bought, sums.clips, sums.refunds, sums.paid_retries) == (2, 1, 1, 1)
    assert (sums.refunded_usd, sums.spent_usd, sums.reserved_usd) == (PRICE, CHARGED.amount_usd, NOTHING)


def test_the_estimate_is_the_price_of_the_attempt_that_delivered() -> None:
    """Not that of one refunded before it: the difference compares one attempt with itself."""
    done = replace(make_done(), attempt=2, price_usd=PRICE + CENT, amount_usd=PRICE)

    sums = sums_after(INTENT, SUBMITTED, REFUNDED, SECOND, SUBMITTED, done)

    assert (sums.estimate_usd, sums.difference_usd) == (PRICE + CENT, -CENT)


@pytest.mark.parametrize(
    ("life", "estimate", "difference"),
    [
        ((INTENT, SUBMITTED), NOTHING, NOTHING),
        ((INTENT, SUBMITTED, KEPT), PRICE, NOTHING),
        ((INTENT, SUBMITTED, CHARGED), PRICE, 4 * CENT),
        ((INTENT, ABANDONED, SECOND, SUBMITTED, replace(CHARGED, attempt=2), LATE), PRICE, PRICE + 4 * CENT),
    ],
    ids=["held", "lost", "dearer", "paid twice"],
)
def test_the_difference_is_what_surprises(life: Life, estimate: Decimal, difference: Decimal) -> None:
    """Each job is estimated once: what is held is not compared yet, what was paid twice is all difference."""
    sums = sums_after(*life)

    assert (sums.estimate_usd, sums.difference_usd) == (estimate, difference)


def test_a_difference_from_nothing_has_no_per_cent() -> None:
    """Not a division by zero."""
    assert sums_after().difference_percent is None
    assert sums_after(INTENT, SUBMITTED, replace(CHARGED, amount_usd=PRICE / 2)).difference_percent == -50


def test_a_lost_attempt_before_an_adopted_clip_stays_spent() -> None:
    """Bought again, failed and kept, then the first task comes late and delivers: both are paid."""
    life = (INTENT, ABANDONED, SECOND, SUBMITTED, KEPT, LATE, ADOPTS, ADOPTED)

    rendering, stored = (
        sums_after(*life),
        sums_after(*life, replace(make_done(), attempt=3, task_id="task_late")),
    )

    assert (rendering.spent_usd, rendering.reserved_usd) == (PRICE + CENT, PRICE)
    assert (stored.lost_usd, stored.charged_usd, stored.reserved_usd) == (PRICE + CENT, PRICE, NOTHING)


@pytest.mark.parametrize(
    ("life", "retries"),
    [
        ((INTENT, SUBMITTED, REFUNDED), 0),
        ((INTENT, SUBMITTED, REFUNDED, SECOND), 1),
        ((INTENT, SUBMITTED, REFUNDED, SECOND, BUSY, SECOND, SUBMITTED), 1),
        ((INTENT, SUBMITTED, REFUNDED, SECOND, SUBMITTED, REFUNDED, SECOND), 2),
        ((INTENT, BUSY, SECOND, UNSENT, SECOND, ABANDONED, SECOND), 0),
        ((INTENT, ABANDONED, SECOND, SUBMITTED, REFUNDED, LATE, ADOPTS, ADOPTED), 0),
    ],
    ids=["not yet", "one", "one, busy at first", "two", "no failure", "adopted instead"],
)
def test_a_paid_retry_is_an_attempt_opened_after_a_refund(life: Life, retries: int) -> None:
    """The count that `retries: {failed: N}` limits."""
    assert sums_after(*life).paid_retries == retries


def test_an_adopted_task_belongs_to_the_day_and_the_run_of_its_post() -> None:
    """The vendor took the money then, whoever found the task three days later."""
    adopts = replace(ADOPTS, worker="reconcile")

    *_, adopted = items_of(record_of((INTENT, ABANDONED, LATE, adopts, ADOPTED)))

    assert (adopted.attempt, adopted.day, adopted.worker) == (2, AT.date(), INTENT.worker)


def test_a_day_is_of_utc() -> None:
    """Wherever the worker stood."""
    west = timezone(timedelta(hours=-8))
    item = items_of(record_of((replace(INTENT, at=datetime(2026, 11, 30, 20, 0, tzinfo=west)),)))[0]

    assert item.day == date(2026, 12, 1)


def test_days_and_months_add_up() -> None:
    """Reserve and charge of one attempt stand in one row, also when the clip came after midnight."""
    done = replace(CHARGED, attempt=2, stored_at=AT + timedelta(days=20))
    bill = money_of(JOB, record_of((INTENT, SUBMITTED, REFUNDED, SECOND, SUBMITTED, done)))

    days, months = by_day([bill]), by_day([bill], spelt="%Y-%m")

    assert {day: (sums.spent_usd, sums.refunded_usd) for day, sums in days.items()} == {
        "2026-11-22": (NOTHING, PRICE),
        "2026-11-25": (CHARGED.amount_usd, NOTHING),
    }
    assert months.keys() == {"2026-11"}
    assert months["2026-11"] == bill.sums


def test_cells_count_jobs_that_nothing_was_ordered_for_too() -> None:
    """Three jobs in two cells, one of them bought."""
    longer = make_job(replace(VARIANT, duration=10))
    bills = [
        money_of(JOB, record_of((INTENT, SUBMITTED, CHARGED))),
        money_of(make_job(take=2), JobRecord(creative_id="2")),
        money_of(longer, JobRecord(creative_id="3")),
    ]

    cells = by_job(bills, lambda job: price_key_of(job.variant).duration)

    assert {cell: (sums.jobs, sums.bought) for cell, sums in cells.items()} == {6: (2, 1), 10: (1, 0)}
    assert sums_of_jobs(bills).spent_usd == CHARGED.amount_usd


def test_a_finished_job_whose_attempts_were_not_read_shows_its_clip() -> None:
    """As a plan reads it: one fact."""
    bare = (Attempt(number=1, recorded_at=AT), Attempt(number=2, recorded_at=AT))
    record = JobRecord(creative_id=JOB.creative_id, attempts=bare, done=replace(CHARGED, attempt=2))

    (item,) = items_of(record)

    assert isinstance(item, Item)
    assert (item.attempt, item.amount_usd, item.worker, item.at) == (
        2,
        CHARGED.amount_usd,
        None,
        AT.astimezone(UTC),
    )
