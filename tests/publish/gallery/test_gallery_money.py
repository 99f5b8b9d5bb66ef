"""One bill: what stands on top of the page is what the plan says of the same jobs."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hailuo.campaign.model import Campaign
from hailuo.campaign.pricing import Basis, Quote, usd
from hailuo.errors import Place
from hailuo.ledger.facts import Fact, JobRecord, Orphan
from hailuo.ledger.life import state_of, with_fact
from hailuo.plan.plan import Plan, PlannedJob
from hailuo.publish.gallery.page import facts
from hailuo.publish.manifest import ManifestEntry, build
from tests.support.factories import (
    ABANDONED,
    AT,
    BASE_URL,
    BUSY,
    DONE,
    DOUBT,
    INTENT,
    JOB,
    KEPT,
    MODERATED,
    REFUNDED,
    REFUSED,
    SUBMITTED,
    UNSAID,
    UNSENT,
    make_done,
)

NEXT_PRICE = Decimal("0.31")
ORPHAN = Orphan(task_id="task_late", base_url=BASE_URL, at=AT)
LIVES: dict[str, tuple[Fact | Orphan, ...]] = {
    "new": (),
    "being sent": (INTENT,),
    "in doubt": (INTENT, DOUBT),
    "unsent": (INTENT, UNSENT),
    "busy": (INTENT, BUSY),
    "refused": (INTENT, REFUSED),
    "abandoned": (INTENT, ABANDONED),
    "given up too early": (INTENT, ABANDONED, ORPHAN),
    "paid twice": (INTENT, ABANDONED, replace(INTENT, price_usd=NEXT_PRICE), SUBMITTED, ORPHAN),
    "submitted": (INTENT, SUBMITTED),
    "refunded": (INTENT, SUBMITTED, REFUNDED),
    "kept": (INTENT, SUBMITTED, KEPT),
    "refund not told": (INTENT, SUBMITTED, UNSAID),
    "moderated": (INTENT, SUBMITTED, MODERATED),
    "stored by estimate": (INTENT, SUBMITTED, DONE),
    "stored and charged": (INTENT, SUBMITTED, make_done(amount_usd=Decimal("0.27"))),
}


def record_of(life: tuple[Fact | Orphan, ...]) -> JobRecord:
    """The record after these facts; an orphan belongs to the first attempt."""
    record = JobRecord(creative_id=JOB.creative_id)
    for fact in life:
        if isinstance(fact, Orphan):
            first, *rest = record.attempts
            record = replace(record, attempts=(replace(first, orphans=(fact,)), *rest))
        else:
            number = len(record.attempts) + (type(fact) is type(INTENT))
            record = with_fact(record, number, fact)
    return record


def planned(life: tuple[Fact | Orphan, ...]) -> PlannedJob:
    record = record_of(life)
    state = state_of(record, store_now=AT, horizon=timedelta(minutes=10), failed_retries=1)
    return PlannedJob(
        job=JOB, record=record, state=state, quote=Quote(price_usd=NEXT_PRICE, basis=Basis.LIST)
    )


@pytest.mark.parametrize("names", [*([name] for name in LIVES), list(LIVES)], ids=" ".join)
def test_the_page_and_the_plan_tell_one_bill(names: list[str]) -> None:
    """Spent, reserved and still to buy are the same to the cent, whatever became of the jobs."""
    jobs = tuple(planned(LIVES[name]) for name in names)
    money = Plan(campaign=Campaign(name="shoe", grids=(), place=Place("shoe.yaml")), jobs=jobs).money
    entries = [
        ManifestEntry(job=p.job, record=p.record, state=p.state, price_usd=p.quote.price_usd) for p in jobs
    ]

    rows = build(entries, store_uri="").to_dict("records")

    on_top = facts([{str(column): value for column, value in row.items()} for row in rows])

    told = (on_top["spent"], on_top["reserved"], on_top["to_buy"])
    assert told == (usd(money.spent), usd(money.reserved), usd(money.planned))
