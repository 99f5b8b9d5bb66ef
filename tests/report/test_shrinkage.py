"""Creatives shrunk towards a prior mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.report.stats.shrinkage import (
    LEAST_STRENGTH,
    MOST_STRENGTH,
    USUAL_SPREAD,
    concentration,
    prior_strength,
    shrink,
)
from tests.support.report.baseball import AT_BATS, BATTERS, ERROR_RATIO, SHRINKING_FACTOR

HITS = np.array([batter.hits for batter in BATTERS])
AFTERWARDS = np.array([batter.afterwards for batter in BATTERS])


def test_shrinks_batters_as_efron_and_morris_did() -> None:
    """Efron & Morris 1975: what is left of a batter's distance from the mean is .212."""
    k = concentration(HITS, np.full(18, AT_BATS), HITS.mean() / AT_BATS)

    assert AT_BATS / (AT_BATS + k) == pytest.approx(SHRINKING_FACTOR, abs=0.001)


def test_predicts_batters_three_and_a_half_times_better() -> None:
    """Efron & Morris 1975: the squared error for the rest of the season is 3.5 times smaller than that of the averages."""
    mean, at_bats = HITS.mean() / AT_BATS, np.full(18, AT_BATS)

    shrunk = shrink(HITS, at_bats, mean, concentration(HITS, at_bats, mean)).mean

    ratio = np.sum((HITS / AT_BATS - AFTERWARDS) ** 2) / np.sum((shrunk - AFTERWARDS) ** 2)
    assert ratio == pytest.approx(ERROR_RATIO, abs=0.05)


@pytest.mark.parametrize("true_k", [300.0, 2_000.0, 20_000.0])
def test_finds_the_concentration_that_made_the_data(true_k: float) -> None:
    """500 creatives shown unequally often tell k to a fifth."""
    rng = np.random.default_rng(4)
    trials = rng.integers(1_000, 40_000, 500)
    events = rng.binomial(trials, rng.beta(0.02 * true_k, 0.98 * true_k, 500))

    assert concentration(events, trials, 0.02) == pytest.approx(true_k, rel=0.2)


def test_collapses_where_creatives_scatter_no_more_than_chance() -> None:
    """Equal creatives are all their prior mean: k is at its clamp, and stays a number."""
    assert concentration([50, 51, 49, 50, 50], [5_000] * 5, 0.01) == MOST_STRENGTH


def test_does_not_shrink_what_is_a_world_apart() -> None:
    """Creatives that share nothing keep their own rates: the clamp's other end."""
    assert concentration([10, 990, 5, 995, 0, 1_000], [1_000] * 6, 0.5) == LEAST_STRENGTH


def test_too_few_creatives_are_as_different_as_in_other_tests() -> None:
    """Two clips cannot tell how much clips differ: the spread of Upworthy's tests is taken."""
    k = concentration([120, 150], [10_000, 10_000], 0.0135)

    assert k == pytest.approx(1 / (USUAL_SPREAD**2 * 0.0135 * 0.9865))


def test_a_creative_never_shown_is_its_prior() -> None:
    """Nothing is known of it but what its factors say."""
    posterior = shrink([0.0], [0.0], [0.02], 1_000)

    assert posterior.mean[0] == pytest.approx(0.02)
    assert posterior.intervals()[0].low == pytest.approx(0.0122, abs=1e-3)


def test_more_conversions_than_clicks_count_as_all_clicks() -> None:
    """View-through conversions make no impossible posterior."""
    posterior = shrink([12.4], [10.0], [0.1], 10)

    assert posterior.beta[0] == pytest.approx(9.0)


@given(
    events=st.integers(0, 500),
    more=st.integers(0, 50_000),
    prior=st.floats(0.001, 0.5),
    k=st.floats(1, 1e6),
)
def test_the_shrunk_rate_lies_between_the_own_and_the_prior(
    events: int, more: int, prior: float, k: float
) -> None:
    """Shrinking never overshoots."""
    trials = events + more + 1
    own = events / trials

    shrunk = float(shrink([events], [trials], prior, k).mean[0])

    assert min(own, prior) - 1e-12 <= shrunk <= max(own, prior) + 1e-12


def test_an_uncertain_prior_is_worth_less() -> None:
    """However alike creatives are, their prior mean is known no better than its standard error says."""
    k = prior_strength([0.01, 0.01], [0.0, 0.001], MOST_STRENGTH)

    assert k[0] == pytest.approx(MOST_STRENGTH)
    assert k[1] == pytest.approx(0.01 * 0.99 / 0.001**2, rel=0.01)
