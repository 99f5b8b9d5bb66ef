"""The circuit breaker: five failures for one cause and nothing stored in between."""

import pytest

from hailuo.run.stopping import FAILURES_TO_BREAK, REMEDIES, Breaker
from hailuo.vendor import Cause


def failures(breaker: Breaker, cause: str, count: int) -> list[bool]:
    return [breaker.failed(cause, witness=f"job {number}") for number in range(count)]


def test_five_failures_for_one_cause_break() -> None:
    """Not four."""
    assert failures(Breaker(), "download", FAILURES_TO_BREAK) == [False] * 4 + [True]


def test_a_stored_clip_begins_the_count_anew() -> None:
    """Something comes through: it is no standing trouble."""
    breaker = Breaker()
    failures(breaker, "download", FAILURES_TO_BREAK - 1)

    breaker.stored()

    assert failures(breaker, "download", FAILURES_TO_BREAK - 1) == [False] * 4


def test_causes_are_counted_apart() -> None:
    """Four of one and four of another are bad luck."""
    breaker = Breaker()

    assert not any(failures(breaker, "download", 4) + failures(breaker, "vendor_failure", 4))


def test_the_same_witness_speaks_once() -> None:
    """Ten takes of one refused prompt are one refusal."""
    breaker = Breaker()

    assert not any(breaker.failed("moderation", witness="one prompt") for _ in range(10))


@pytest.mark.parametrize("cause", [cause.value for cause in Cause if cause is not Cause.RATE_LIMIT])
def test_every_cause_of_the_vendors_table_has_a_way_back(cause: str) -> None:
    """A stop without a next step is no message for 3 a.m."""
    assert REMEDIES[cause]
