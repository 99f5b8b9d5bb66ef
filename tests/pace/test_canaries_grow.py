"""While the first jobs of a model are at work more may go, as long as they cost little together."""

import asyncio
from asyncio import run
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.run.stopping import Canary

MODEL, PRICE = "MiniMax-Hailuo-02", Decimal("0.28")


async def _gone(jobs: int, canary: Canary, seen: Callable[[], None]) -> list[int]:
    """How many are out after each round, in which the vendor has shown all before it at work."""
    tasks = [asyncio.create_task(canary.turn(MODEL, PRICE)) for _ in range(jobs)]
    found, out = [], 0
    for _ in range(6):
        for _ in range(3 * jobs):
            await asyncio.sleep(0)  # noqa: TID251 (gives way, does not wait)
        new = sum(task.done() for task in tasks) - out
        out += new
        found.append(out)
        for _ in range(new):
            seen()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return found


@pytest.mark.parametrize(
    ("exposure", "out"),
    [
        ("100", [1, 2, 4, 8, 16, 30]),
        ("2", [1, 2, 4, 7, 7, 7]),
        ("1", [1, 2, 3, 3, 3, 3]),
        ("0.28", [1] * 6),
        ("0", [1] * 6),
    ],
)
def test_they_double_within_the_exposure(exposure: str, out: list[int]) -> None:
    """1, 2, 4, 8 of $0.28 each; one always goes."""

    async def story() -> list[int]:
        canary = Canary(exposure_usd=Decimal(exposure))
        return await _gone(30, canary, lambda: canary.at_work(MODEL))

    assert run(story()) == out


def test_while_none_is_at_work_one_stays_alone() -> None:
    """Whatever the exposure allows: a vendor that only queues has shown nothing."""

    async def story() -> list[int]:
        return await _gone(10, Canary(exposure_usd=Decimal(100)), lambda: None)

    assert run(story())[-1] == 1


@given(failures=st.integers(0, 7), exposure=st.decimals("0", "2", places=2))
def test_what_failed_stays_at_risk(failures: int, exposure: Decimal) -> None:
    """Failed clips and those under way never cost more than the exposure, but for the one that always goes."""

    async def story() -> int:
        canary = Canary(exposure_usd=exposure)
        for number in range(failures):
            await canary.turn(MODEL, PRICE)
            canary.fail(MODEL, cause=f"cause {number}", witness=str(number))
        return (await _gone(30, canary, lambda: canary.at_work(MODEL)))[-1]

    out = run(story())

    assert out == 1 or (failures + out) * PRICE <= exposure


def test_after_a_failure_they_begin_with_one_again() -> None:
    """What was at work before it says nothing any more."""

    async def story() -> list[int]:
        canary = Canary(exposure_usd=Decimal(100))
        await canary.turn(MODEL, PRICE)
        canary.at_work(MODEL)
        canary.fail(MODEL, cause="vendor_failure", witness="a")
        return await _gone(10, canary, lambda: None)

    assert run(story())[-1] == 1


def test_one_that_cost_nothing_makes_room_for_another() -> None:
    """It was not sent, or another machine was quicker."""

    async def story() -> list[int]:
        canary = Canary(exposure_usd=Decimal("0.56"))
        for _ in range(5):
            await canary.turn(MODEL, PRICE)
            canary.pass_on(MODEL, PRICE)
        return await _gone(10, canary, lambda: canary.at_work(MODEL))

    assert run(story())[-1] == 2


def test_while_a_price_is_measured_one_goes_alone() -> None:
    """Of any model: the balance shows a price only then."""

    async def story() -> list[int]:
        canary = Canary(exposure_usd=Decimal(100), alone=lambda: True)
        return await _gone(10, canary, lambda: canary.at_work(MODEL))

    assert run(story())[-1] == 1
