"""Strengths from choices: held against another program, against worlds whose truth is known, and against their laws."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from hailuo.publish.bradley_terry import ComparedPair, fitted, strengths

TRUTH = np.array([0.9, 0.0, -0.9])


def drawn(rng: np.random.Generator, count: int) -> list[ComparedPair]:
    """Choices of people who follow the truth, each between two other clips."""
    sides = [tuple(int(side) for side in rng.permutation(3)[:2]) for _ in range(count)]
    chances = [1 / (1 + np.exp(TRUTH[second] - TRUTH[first])) for first, second in sides]
    return [
        ComparedPair(first, second, float(rng.random() < chance), group)
        for group, ((first, second), chance) in enumerate(zip(sides, chances, strict=True))
    ]


def test_the_strengths_are_those_of_a_logistic_regression() -> None:
    """Statsmodels, given the same choices and the same choice against something average."""
    choices = drawn(np.random.default_rng(3), 40)
    rows = [np.eye(3)[one.first] - np.eye(3)[one.second] for one in choices]
    design = np.vstack([*rows, np.eye(3), np.eye(3)])
    won = [*(one.won for one in choices), 1, 1, 1, 0, 0, 0]
    weights = [1.0] * len(choices) + [0.5] * 6
    other = sm.GLM(won, design, family=sm.families.Binomial(), freq_weights=np.array(weights)).fit()

    found, _ = fitted(choices, 3)

    assert found == pytest.approx(other.params, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("count", [20, 60])
def test_intervals_hold_the_truth_as_often_as_they_say(count: int) -> None:
    """In 95 of 100 worlds, less what chance takes from 300 of them."""
    rng = np.random.default_rng(11)
    truth = (1 / (1 + np.exp(TRUTH[1] - TRUTH[0])) + 1 / (1 + np.exp(TRUTH[2] - TRUTH[0]))) / 2

    worlds = [strengths(drawn(rng, count), 3)[0] for _ in range(300)]

    held = sum(one.low <= truth <= one.high for one in worlds) / len(worlds)
    assert held >= 0.92


@pytest.mark.slow
def test_one_pair_asked_of_many_people_is_not_much_evidence() -> None:
    """Ten pairs, each shown to twelve people who see the same clips: as sure as ten pairs make, not a hundred and twenty."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(200):
        sides = [
            float(rng.random() < 0.5) for _ in range(10)
        ]  # each pair has a better clip, whatever its model
        choices = [
            ComparedPair(0, 1, side if rng.random() < 0.95 else 1 - side, pair)
            for pair, side in enumerate(sides)
            for _ in range(12)
        ]
        found = strengths(choices, 2)[0]
        held += found.low <= 0.5 <= found.high

    assert held / 200 >= 0.85  # 0.4 if the choices counted as independent


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([0.0, 0.5, 1.0])).filter(
            lambda one: one[0] != one[1]
        ),
        max_size=40,
    )
)
def test_what_holds_of_all_choices(given_choices: list[tuple[int, int, float]]) -> None:
    """Shares and chances within their bounds; sides and the order of choices change nothing."""
    choices = [ComparedPair(*one, group=at) for at, one in enumerate(given_choices)]
    turned = [ComparedPair(one.second, one.first, 1 - one.won, one.group) for one in reversed(choices)]

    found, other = strengths(choices, 4), strengths(turned, 4)

    for one, two in zip(found, other, strict=True):
        assert 0 < one.low <= one.chance <= one.high < 1
        assert (one.chance, one.low) == pytest.approx((two.chance, two.low), abs=1e-6)
    assert sum(one.p_best for one in found) == pytest.approx(1)
    assert sum(one.chance for one in found) == pytest.approx(2, abs=1e-9)  # of each two, one is preferred


def test_a_level_that_always_wins_is_not_infinitely_strong() -> None:
    """Three wins of three are a hint."""
    (winner, _) = strengths([ComparedPair(0, 1, 1.0, at) for at in range(3)], 2)

    assert winner.chance < 0.95
    assert winner.low < 0.5
