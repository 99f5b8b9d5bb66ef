"""Looking often does no harm: the sequential methods hold at all looks together (goal G7)."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.report.findings import Interval
from hailuo.report.stats.effects import difference, fixed_interval, fixed_p, relative
from hailuo.report.stats.intervals import newcombe
from hailuo.report.stats.sequential import (
    confidence_sequence,
    mixture_interval,
    sequence_interval,
    sequence_p,
    sequential_p,
    surprise_needed,
)
from tests.support.report.looks import arm_misses, crossing, naive_false_alarms, sequence_alarms

Arm = tuple[float, float]
ARMS = st.tuples(st.floats(0.001, 0.9), st.floats(100, 1e6)).map(
    lambda drawn: (drawn[0] * drawn[1], drawn[1])
)
HORIZONS = st.floats(100, 1e6)


def _ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.002, 0.01, 0.25])
def test_sixty_looks_raise_few_false_alarms(rate: float) -> None:
    """Between equal ads, 60 looks at the always valid p-value find a difference in at most 5 % of 1,000 worlds."""
    assert sequence_alarms(rate, rate, worlds=1_000, looks=60, per_look=1_000, seed=6) <= 0.05


def test_sixty_naive_looks_find_a_difference_in_a_third() -> None:
    """What we protect from is real: the naive test errs as often as theory says, so the simulation can be trusted."""
    found = naive_false_alarms(0.01, worlds=4_000, looks=60, per_look=1_000, seed=6)
    assert found == pytest.approx(crossing([1.959964] * 60), abs=0.02)
    assert found > 0.3


def test_a_real_lift_is_still_found() -> None:
    """A lift of 30 % at 60,000 an arm is found in more than nine worlds of ten."""
    assert sequence_alarms(0.013, 0.01, worlds=200, looks=60, per_look=1_000, seed=6) > 0.9


@pytest.mark.slow
def test_the_interval_of_an_arm_holds_at_all_looks() -> None:
    """In at most 5 % of worlds does the true rate ever leave the mixture interval."""
    assert arm_misses(0.01, worlds=200, looks=30, per_look=500, seed=6) <= 0.05


@given(ARMS, ARMS, HORIZONS, st.floats(1, 10))
def test_the_interval_and_the_p_value_agree(arm: Arm, ref: Arm, horizon: float, phi: float) -> None:
    """Zero is outside the interval just when the p-value is below 5 %."""
    low, high = _ends(confidence_sequence(*arm, *ref, horizon=horizon, dispersion=phi))
    p = sequential_p(*arm, *ref, horizon=horizon, dispersion=phi)
    assert (p < 0.05) == (not low <= 0 <= high) or p == pytest.approx(0.05)


@given(ARMS, ARMS, HORIZONS, st.floats(1, 10))
def test_a_sequence_turns_with_the_arms_and_widens(arm: Arm, ref: Arm, horizon: float, phi: float) -> None:
    """Swapped arms negate it, overdispersion widens it, and the estimate is inside, within -1 and 1."""
    low, high = _ends(confidence_sequence(*arm, *ref, horizon=horizon))
    value = arm[0] / arm[1] - ref[0] / ref[1]
    wider = _ends(confidence_sequence(*arm, *ref, horizon=horizon, dispersion=phi))
    assert -1 <= low <= value <= high <= 1
    assert _ends(confidence_sequence(*ref, *arm, horizon=horizon)) == pytest.approx((-high, -low), abs=1e-12)
    assert wider[0] <= low + 1e-12
    assert wider[1] >= high - 1e-12


@given(HORIZONS)
def test_the_price_of_peeking_is_half_as_wide_again(horizon: float) -> None:
    """At its horizon the sequence is 1.55 times the plain interval, and wider everywhere else."""
    effect = difference(1_200, 60_000, 1_000, 60_000)
    assert effect is not None
    plain = 2 * 1.959964 * math.sqrt(effect.variance)
    low, high = _ends(sequence_interval(effect, horizon=horizon))
    best_low, best_high = _ends(sequence_interval(effect, horizon=effect.trials))
    assert (best_high - best_low) / plain == pytest.approx(1.55, abs=0.005)
    assert high - low >= (best_high - best_low) * 0.999  # the horizon's formula is itself an approximation


def test_before_anything_has_varied_all_is_possible() -> None:
    """No click on either ad is not proof of equality, and one look at it is no alarm."""
    assert confidence_sequence(0, 500, 0, 500, horizon=1_000) == Interval(-1.0, 1.0)
    assert sequential_p(0, 500, 0, 500, horizon=1_000) == 1.0


@pytest.mark.parametrize("arm", [(0, 0), (5, 3), (math.nan, 10), (-1, 10)])
def test_what_is_no_rate_has_no_sequence(arm: Arm) -> None:
    """Undefined is None, or nothing that speaks against equality."""
    assert confidence_sequence(*arm, 1, 10, horizon=100) is None
    assert sequential_p(1, 10, *arm, horizon=100) == 1.0
    assert mixture_interval(*arm, horizon=100) is None
    assert relative(*arm, 1, 10) is None


@given(
    st.one_of(ARMS, st.floats(1, 1e6).flatmap(lambda n: st.sampled_from([(0.0, n), (n, n)]))),
    HORIZONS,
    st.floats(1, 10),
)
def test_the_interval_of_an_arm_holds_its_rate_and_widens(arm: Arm, horizon: float, phi: float) -> None:
    """The observed rate is inside, within 0 and 1, and overdispersion with its smaller horizon only widens."""
    low, high = _ends(mixture_interval(*arm, horizon=horizon))
    wider_low, wider_high = _ends(mixture_interval(*arm, horizon=horizon, dispersion=phi))
    assert 0 <= low <= arm[0] / arm[1] <= high <= 1
    assert wider_low <= low + 1e-9
    assert wider_high >= high - 1e-9


@given(ARMS, ARMS)
def test_welch_and_newcombe_agree_on_much_data(arm: Arm, ref: Arm) -> None:
    """Two roads to the same interval: with many events they end at the same place."""
    arm, ref = (arm[0] * 1e4, arm[1] * 1e4), (ref[0] * 1e4, ref[1] * 1e4)
    effect = difference(*arm, *ref)
    assert effect is not None
    plain = _ends(fixed_interval(effect))
    assert _ends(newcombe(*arm, *ref)) == pytest.approx(plain, abs=0.05 * (plain[1] - plain[0]))
    assert 0 <= fixed_p(effect) <= 1


@given(ARMS, HORIZONS, st.sampled_from([0.05, 0.01, 0.0005]))
def test_the_surprise_needed_is_what_the_p_value_asks_for(arm: Arm, horizon: float, p: float) -> None:
    """An effect so many standard errors from 0 has just that p-value."""
    events, trials = arm
    effect = difference(events, trials, events / 2, trials)
    assert effect is not None
    needed = surprise_needed(effect.trials, horizon=horizon, p=p)

    there = replace(effect, value=math.sqrt(needed * effect.variance))

    assert sequence_p(there, horizon=horizon) == pytest.approx(p, rel=1e-6)
