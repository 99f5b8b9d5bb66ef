"""Who is best, and what a wrong pick would cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln
from scipy.stats import beta

from hailuo.report.stats.chances import best_chances


def better_by_sum(one: tuple[int, int], other: tuple[int, int]) -> float:
    """P(other > one) for whole numbers (Miller 2015, "Formulas for Bayesian A/B testing")."""
    (a, b), (c, d) = one, other
    terms = [np.exp(betaln(a + i, b + d) - np.log(d + i) - betaln(1 + i, d) - betaln(a, b)) for i in range(c)]
    return float(np.sum(terms))


def better_by_quadrature(one: tuple[int, int], other: tuple[int, int]) -> float:
    """The same as an integral."""
    found = quad(lambda p: beta.pdf(p, *other) * beta.cdf(p, *one), 0, 1, epsabs=1e-13, limit=500)
    return float(found[0])


PAIRS = [((5, 20), (9, 18)), ((40, 160), (55, 150)), ((2, 2), (2, 2)), ((30, 70), (20, 80))]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_ways_of_computing_who_is_better_agree(one: tuple[int, int], other: tuple[int, int]) -> None:
    """The closed form and the integral, which judge the draws, are the same number."""
    assert better_by_sum(one, other) == pytest.approx(better_by_quadrature(one, other), abs=1e-12)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_draws_give_the_exact_chance(one: tuple[int, int], other: tuple[int, int]) -> None:
    """200,000 draws are within four standard errors of the exact chance of two."""
    found = best_chances([one[0], other[0]], [one[1], other[1]], draws=200_000, seed=3)

    assert found.p_best[1] == pytest.approx(better_by_quadrature(one, other), abs=0.0045)


def test_the_expected_loss_is_what_the_best_has_more() -> None:
    """Of two: the integral of how much the other is above it, where it is."""
    one, other = beta(40, 160), beta(55, 150)
    more = quad(lambda p: other.sf(p) * one.cdf(p), 0, 1)[0]

    found = best_chances([40, 55], [160, 150], draws=200_000, seed=3)

    assert found.expected_loss[0] == pytest.approx(more, rel=0.02)


@given(
    st.lists(st.tuples(st.floats(1, 500), st.floats(1, 5_000)), min_size=1, max_size=30), st.integers(0, 99)
)
def test_chances_add_up_and_losses_are_none_below_0(arms: list[tuple[float, float]], seed: int) -> None:
    """Somebody is the best; and a seed gives the same chances again."""
    alpha, rest = zip(*arms, strict=True)

    found = best_chances(alpha, rest, draws=400, seed=seed)

    assert found.p_best.sum() == pytest.approx(1)
    assert (found.expected_loss >= 0).all()
    assert (found.p_best == best_chances(alpha, rest, draws=400, seed=seed).p_best).all()


def test_the_hopeless_have_no_chance_and_a_loss_all_the_same() -> None:
    """Whoever is not drawn loses the distance of the means."""
    found = best_chances([2_000, 10], [98_000, 99_990], seed=1)

    assert found.p_best.tolist() == [1, 0]
    assert found.expected_loss[1] == pytest.approx(0.02 - 0.0001, rel=0.001)


def test_nobody_is_compared_with_nobody() -> None:
    """No creatives, no chances."""
    assert best_chances([], [], seed=1).p_best.size == 0
