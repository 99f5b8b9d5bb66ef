"""How much data a lift needs, and what given data can show."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import chi2, ncx2
from statsmodels.stats.proportion import power_proportions_2indep

from hailuo.report.stats.power import evidence_per_trial, sample_size, sample_size_among
from tests.support.report.published import sixteen_rule

BASES = st.floats(0.0005, 0.6)
LIFTS = st.floats(0.02, 0.6)


@pytest.mark.parametrize(
    ("base", "lift"),
    [(0.0, 0.2), (1.0, 0.2), (0.7, 0.5), (0.01, 0.0), (0.01, -1.0), (float("nan"), 0.2)],
    ids=["no base", "full base", "beyond all", "no lift", "down to none", "unknown base"],
)
def test_there_is_no_size_for_what_cannot_be_tested(base: float, lift: float) -> None:
    """None instead of a number of impressions that nobody could spend."""
    assert sample_size(base, lift) is None


@given(BASES, LIFTS)
def test_the_size_has_the_power_it_promises(base: float, lift: float) -> None:
    """The trials we ask for have the power asked for, and one less has not."""
    size = sample_size(base, lift)
    assume(size is not None and size > 2)
    assert size is not None
    enough, too_few = (
        float(power_proportions_2indep(base * lift, base, n, return_results=False)) for n in (size, size - 1)
    )
    assert enough >= 0.8 - 1e-9
    assert too_few < 0.8 + 1e-6


@given(BASES, LIFTS)
def test_a_smaller_lift_and_a_rarer_event_need_more(base: float, lift: float) -> None:
    """Half the lift, or half the rate, never needs fewer trials; nor does more power."""
    size = sample_size(base, lift)
    assume(size is not None)
    others = [sample_size(base, lift / 2), sample_size(base / 2, lift), sample_size(base, lift, power=0.9)]
    assert all(other is not None and size is not None and other >= size for other in others)


def test_overdispersion_costs_in_proportion() -> None:
    """Twice the scatter, twice the impressions."""
    assert sample_size(0.01, 0.2, dispersion=2) == pytest.approx(2 * (sample_size(0.01, 0.2) or 0), abs=1)
    assert sample_size(0.01, 0.2, dispersion=0.5) == sample_size(0.01, 0.2)


def test_the_rule_of_thumb_is_near() -> None:
    """16 p (1 - p) / difference^2 is the same within 3 % where lifts are small."""
    assert sixteen_rule(0.05, 0.05) == pytest.approx(sample_size(0.05, 0.05), rel=0.03)


@given(st.floats(0.0005, 0.1), st.floats(0.02, 0.3), st.integers(2, 60), st.sampled_from([0.05, 0.01, 0.005]))
def test_one_ahead_of_many_is_found_with_the_power_promised(
    base: float, lift: float, arms: int, alpha: float
) -> None:
    """The chi-square of all arms is beyond its limit in 80 % of tests with so many trials each."""
    size = sample_size_among(base, lift, arms, alpha=alpha)
    assert size is not None
    evidence = size * evidence_per_trial(base, lift, arms)

    power = float(ncx2.sf(chi2.isf(alpha, arms - 1), arms - 1, evidence))

    assert power == pytest.approx(0.8, abs=0.005)


@given(st.floats(0.0005, 0.1), st.floats(0.02, 0.3))
def test_two_arms_are_the_test_of_two_proportions(base: float, lift: float) -> None:
    """With nobody else to be told apart from it is the same question."""
    assert sample_size_among(base, lift, 2) == pytest.approx(sample_size(base, lift), rel=0.02)


def test_more_arms_and_a_stricter_limit_need_more() -> None:
    """One ahead of a hundred is harder to see than one ahead of ten; and alone there is nothing to see."""
    sizes = [sample_size_among(0.012, 0.1, arms, alpha=0.01) or 0 for arms in (10, 30, 100)]

    assert sizes == sorted(sizes)
    assert (sample_size_among(0.012, 0.1, 10, alpha=0.05) or 0) < sizes[0]
    assert sample_size_among(0.012, 0.1, 1) is None
    assert sample_size_among(0.0, 0.1, 10) is None
