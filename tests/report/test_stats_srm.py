"""A split is checked against its plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.report.analysis.srm import sample_ratio


@pytest.mark.parametrize("trials", [[], [100], [0, 0], [0.0, 0.0, 0.0]])
def test_nothing_to_compare_is_no_mismatch(trials: list[float]) -> None:
    """One arm or no data raises no alarm."""
    assert sample_ratio(trials) == 1.0


def test_a_plan_of_unequal_arms_is_kept_by_unequal_trials() -> None:
    """Ten per cent of the traffic is as planned when ten per cent were planned, and a scandal when half was."""
    assert sample_ratio([10_000, 90_000], [1, 9]) == pytest.approx(1.0)
    assert sample_ratio([10_000, 90_000]) < 1e-6


@given(st.lists(st.floats(1, 1e6), min_size=2, max_size=8), st.floats(0.01, 1000))
def test_the_unit_of_the_plan_does_not_matter(trials: list[float], unit: float) -> None:
    """Shares, per cent or users: only their ratio counts; a plan kept exactly gives 1."""
    plan = [1.0 + i for i in range(len(trials))]
    scaled = sample_ratio(trials, [weight * unit for weight in plan])
    assert scaled == pytest.approx(sample_ratio(trials, plan), rel=1e-6, abs=1e-12)
    assert sample_ratio(trials, trials) == pytest.approx(1.0)


@pytest.mark.parametrize("planned", [[1], [1, 0], [1, -1], [1, float("nan")]])
def test_a_plan_that_is_none_is_refused(planned: list[float]) -> None:
    """A plan must say something above zero for every arm."""
    with pytest.raises(ValueError, match="2 arms need as many weights above zero"):
        sample_ratio([10, 10], planned)
