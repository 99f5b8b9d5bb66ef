"""Caps that concurrency cannot overshoot: grants are numbered, and the later of two runs sees the earlier."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.errors import LedgerError
from hailuo.ledger.grants import LIFETIME, Cap, Grant, Grants, OverCapError
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


def grant_of(run: str, *, price: str = "1", jobs: int = 1, edition: str = "main", first: int = 0) -> Grant:
    prices = {f"JOB{first + number:07}": Decimal(price) for number in range(jobs)}
    return Grant(run=run, campaign="shoe", edition=edition, month=f"{NOW:%Y-%m}", at=NOW, prices=prices)


def cap_of(usd: str, **same: str) -> Cap:
    return Cap(
        name="the cap",
        usd=Decimal(usd),
        covers=lambda grant: all(getattr(grant, name) == value for name, value in same.items()),
    )


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(VirtualClock())


def take(store: MemoryStore, grant: Grant, *caps: Cap) -> None:
    asyncio.run(Grants(store).take(grant, caps))


def committed(store: MemoryStore) -> Decimal:
    grants = Grants(store)
    asyncio.run(grants.load())
    return grants.committed(lambda grant: True)


def test_a_grant_within_the_cap_is_taken(store: MemoryStore) -> None:
    """To the cent."""
    take(store, grant_of("a", price="5"), cap_of("5"))

    assert committed(store) == 5


def test_a_grant_over_the_cap_is_refused_and_takes_nothing(store: MemoryStore) -> None:
    """With what is committed, what was asked, and the cap."""
    take(store, grant_of("a", price="3"))

    with pytest.raises(OverCapError) as caught:
        take(store, grant_of("b", price="3", first=1), cap_of("5"))

    assert (caught.value.committed, caught.value.asked) == (Decimal(3), Decimal(6))
    assert committed(store) == 3


def test_of_two_runs_at_once_the_later_sees_the_earlier(store: MemoryStore) -> None:
    """Both read an empty list, both ask for 3 of 5: one is refused."""
    first, second = Grants(store), Grants(store)
    asyncio.run(first.load())
    asyncio.run(second.load())

    asyncio.run(first.take(grant_of("a", price="3"), [cap_of("5")]))
    with pytest.raises(OverCapError):
        asyncio.run(second.take(grant_of("b", price="3", first=1), [cap_of("5")]))

    assert committed(store) == 3


def test_two_runs_of_the_same_plan_share_their_grant(store: MemoryStore) -> None:
    """The same jobs are bought once, whoever buys them: a second machine is not refused."""
    take(store, grant_of("a", jobs=5), cap_of("5"))
    take(store, grant_of("b", jobs=5), cap_of("5"))

    assert committed(store) == 5


def test_what_a_run_did_not_spend_is_free_again(store: MemoryStore) -> None:
    """And what it spent stays."""
    take(store, grant_of("a", jobs=5))

    asyncio.run(Grants(store).close("a", {"JOB0000000": Decimal("0.30")}, at=NOW))

    assert committed(store) == Decimal("0.30")


def test_a_run_is_closed_once(store: MemoryStore) -> None:
    """A second close, by whomever, changes nothing."""
    take(store, grant_of("a"))
    asyncio.run(Grants(store).close("a", {"JOB0000000": Decimal(1)}, at=NOW))

    asyncio.run(Grants(store).close("a", {}, at=NOW))

    assert committed(store) == 1


def test_a_run_that_died_holds_its_grant_in_full(store: MemoryStore) -> None:
    """Too much is held, never too little; after a day the next run of the edition may close it."""
    take(store, grant_of("a", jobs=5))
    grants = Grants(store)
    asyncio.run(grants.load())

    def stale(age: timedelta) -> list[str]:
        return [grant.run for grant in grants.stale(edition=Edition("shoe", "main"), store_now=NOW + age)]

    assert committed(store) == 5
    assert stale(LIFETIME) == []
    assert stale(LIFETIME + timedelta(hours=1, seconds=1)) == ["a"]


def test_caps_count_only_what_they_cover(store: MemoryStore) -> None:
    """Another edition's money is not this edition's."""
    take(store, grant_of("a", price="9", edition="other"))

    take(store, grant_of("b", price="3", first=1), cap_of("5", edition="main"))

    with pytest.raises(OverCapError):
        take(store, grant_of("c", price="1", first=2), cap_of("12", campaign="shoe"))


def test_a_list_with_a_gap_forbids_everything(store: MemoryStore) -> None:
    """Somebody deleted a grant: nothing is bought on a torn list."""
    take(store, grant_of("a"))
    take(store, grant_of("b", first=1))
    del store._objects["money/v1/00000001"]

    with pytest.raises(LedgerError, match="gaps"):
        take(store, grant_of("c", first=2))


@given(
    prices=st.lists(st.integers(1, 9), min_size=2, max_size=8),
    cap=st.integers(1, 30),
    order=st.randoms(use_true_random=False),
)
def test_no_interleaving_overshoots(prices: list[int], cap: int, order) -> None:
    """Many runs, each with its own stale view, in any order: the sum never passes the cap."""
    store = MemoryStore(VirtualClock())
    views = [Grants(store) for _ in prices]
    for view in views:
        if order.random() < 0.5:
            asyncio.run(view.load())
    turns = list(enumerate(prices))
    order.shuffle(turns)

    async def ask(number: int, price: int) -> bool:
        try:
            await views[number].take(
                grant_of(f"run{number}", price=str(price), first=number), [cap_of(str(cap))]
            )
        except OverCapError:
            return False
        return True

    taken = [price for number, price in turns if asyncio.run(ask(number, price))]

    assert committed(store) == sum(taken) <= cap


records_of_a_run = st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=1, max_size=6)
"""None is a close, a number is what a later run found out that the run's job cost."""


@given(records=records_of_a_run, closed_at=st.integers(0, 9))
def test_the_order_of_the_records_decides_what_a_closed_run_cost(
    records: list[int | None], closed_at: int
) -> None:
    """A late cost after the close counts as it is; one before it is not lowered by the close, nor lowers it."""
    store = MemoryStore(VirtualClock())
    take(store, grant_of("a", price="5"))
    grants = Grants(store)
    job = "JOB0000000"

    async def write() -> None:
        for record in [*records, None]:
            if record is None:
                await grants.close("a", {job: Decimal(closed_at)}, at=NOW)
            else:
                await grants.add_late("a", {job: Decimal(record)}, at=NOW)

    asyncio.run(write())

    first_close = [*records, None].index(None)
    before = [amount for amount in records[:first_close] if amount is not None]
    after = [amount for amount in records[first_close:] if amount is not None]
    assert committed(store) == (after[-1] if after else max([closed_at, *before[-1:]]))


@given(found=st.integers(0, 9), price=st.integers(1, 9))
def test_an_open_run_holds_what_was_found_out_about_it(found: int, price: int) -> None:
    """The dearer of the price that was granted and the cost that a later run recorded."""
    store = MemoryStore(VirtualClock())
    take(store, grant_of("a", price=str(price)))

    asyncio.run(Grants(store).add_late("a", {"JOB0000000": Decimal(found)}, at=NOW))

    assert committed(store) == max(found, price)
