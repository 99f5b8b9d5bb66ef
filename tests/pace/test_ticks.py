"""When the vendor refreshes is learned from the changes that polls saw."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.run.ticks import TICK_SECONDS, Ticks


def learned(phase: float, changes: int, *, pace: float = 5.0, seed: int = 0) -> Ticks:
    """What is known after so many changes, each seen by polls about `pace` seconds apart."""
    ticks, dice = Ticks(), Random(seed)  # noqa: S311 (an example)
    for number in range(changes):
        tick = 1000 + phase + TICK_SECONDS * number
        before = dice.uniform(0.01, pace - 0.01)
        ticks.changed(tick - before, tick - before + pace)
    return ticks


@given(phase=st.floats(0, 14.99), seed=st.integers(0, 1000))
def test_the_refresh_is_over_when_it_says_so_and_soon_after(phase: float, seed: int) -> None:
    """Wherever in the circle of 15 s it is."""
    ticks = learned(phase, 40, seed=seed)

    lag = (ticks.next_end(5000.0) - 1000 - phase) % TICK_SECONDS

    assert ticks.is_narrow
    assert 0 < lag <= 1.3


@given(phase=st.floats(0, 14.99), after=st.floats(0, 1e6))
def test_the_next_one_is_ahead_and_near(phase: float, after: float) -> None:
    """Never in the past, never more than one refresh away."""
    ticks = learned(phase, 10)

    assert after < ticks.next_end(after) <= after + TICK_SECONDS + 1e-6


def test_nothing_is_known_at_first() -> None:
    """Nor from a change that came some time in a whole refresh."""
    ticks = Ticks()

    ticks.changed(100.0, 116.0)

    assert not ticks.is_known


def test_a_refresh_that_moved_is_learned_anew() -> None:
    """A machine that slept has another phase."""
    ticks = learned(3.0, 12)

    for number in range(12):
        tick = 2000 + 9.0 + TICK_SECONDS * number
        ticks.changed(tick - 0.5, tick + 0.3)

    assert (ticks.next_end(5000.0) - 2009.0) % TICK_SECONDS <= 1.3


def test_a_vendor_without_a_refresh_is_found_out() -> None:
    """Its changes come at any time: no phase is claimed."""
    ticks, dice = Ticks(), Random(1)  # noqa: S311 (an example)

    for number in range(40):
        at = 100.0 * number + dice.uniform(0, TICK_SECONDS)
        ticks.changed(at - 1.0, at + 1.0)

    assert not ticks.is_known


@pytest.mark.parametrize(("after", "by"), [(10.0, 10.0), (10.0, 9.0), (10.0, 40.0)])
def test_what_says_nothing_changes_nothing(after: float, by: float) -> None:
    """No time passed, or too much."""
    ticks = learned(3.0, 12)
    before = ticks.next_end(500.0)

    ticks.changed(after, by)

    assert ticks.next_end(500.0) == before
