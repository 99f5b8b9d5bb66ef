"""The one model behind every estimate: what it is held against, and that its parts agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import expit, logit
from scipy.stats import beta

from hailuo.report.stats.hierarchy import Counts, fit, modes
from tests.support.report.baseball import BATTERS

ALONE = np.zeros((2, 0))


def make_clips(
    prompts: int, models: int, takes: int, *, impressions: float, seed: int, effect: float = 0.2
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Codes, clicks, impressions and true rates of prompts x models x takes."""
    rng = np.random.default_rng(seed)
    codes = np.array([(p, m) for p in range(prompts) for m in range(models) for _ in range(takes)])
    effects = rng.normal(0, effect, prompts)[codes[:, 0]] + rng.normal(0, effect, models)[codes[:, 1]]
    rates = expit(logit(0.012) + effects + rng.normal(0, 0.1, len(codes)))
    shown = rng.poisson(impressions, len(codes))
    return codes, rng.binomial(shown, rates).astype(float), shown.astype(float), rates


@pytest.mark.parametrize("sd", [0.0, 0.1, 0.5])
def test_the_quick_way_is_the_plain_one(sd: float) -> None:
    """Newton's method with clips' own integrated out ends where that of the whole dense model ends."""
    codes, events, trials, _ = make_clips(3, 2, 3, impressions=2_000, seed=1)
    matrix = np.column_stack(
        [np.ones(len(codes)), codes[:, [0]] == np.arange(3), codes[:, [1]] == np.arange(2)]
    )
    counts = Counts(events=events, trials=trials, matrix=matrix.astype(float))
    precision = np.array([0.04, *[25.0] * 5])

    found = modes(counts, precision, np.array([sd]))

    cov = counts.matrix @ np.diag(1 / precision) @ counts.matrix.T + (sd**2 + 1e-9) * np.eye(len(events))
    odds, inverse = np.zeros(len(events)), np.linalg.inv(cov)
    for _ in range(50):
        rate = expit(counts.centre + odds)
        slope = events - trials * rate - inverse @ odds
        odds = odds + np.linalg.solve(inverse + np.diag(trials * rate * (1 - rate)), slope)
    assert found.log_odds[0] == pytest.approx(odds, abs=1e-3)


def test_two_clips_are_drawn_towards_each_other() -> None:
    """A lead of 3.5 % is believed less than two rates by themselves say, a lead of 25 % as much."""
    one, other = beta(2_000, 98_000), beta(2_070, 97_930)
    alone = quad(lambda rate: other.pdf(rate) * one.cdf(rate), 0.018, 0.024, limit=200)[0]
    everybody = np.ones(2, dtype=bool)

    small, large = (
        fit([2_000.0, ahead], [100_000.0] * 2, ALONE).chances(everybody, draws=20_000, seed=3)
        for ahead in (2_070.0, 2_500.0)
    )

    assert 0.5 < small.p_best[1] < alone - 0.1
    assert large.p_best[1] > 0.999


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9_000)), min_size=2, max_size=12),
    st.integers(0, 99),
)
@pytest.mark.slow
def test_chances_add_up_and_rates_lie_inside(arms: list[tuple[int, int]], seed: int) -> None:
    """One is the best, no loss is below 0, every rate lies in its interval, and a seed gives the same again."""
    events, misses = (np.array(one, dtype=float) for one in zip(*arms, strict=True))
    found = fit(events, events + misses, np.zeros((len(arms), 0)))
    everybody = np.ones(len(arms), dtype=bool)

    chances = found.chances(everybody, draws=400, seed=seed)

    assert chances.p_best.sum() == pytest.approx(1)
    assert (chances.expected_loss >= 0).all()
    assert (chances.p_best == found.chances(everybody, draws=400, seed=seed).p_best).all()
    for rate, interval in zip(found.mean, found.intervals(), strict=True):
        assert 0 < (interval.low or 0) < rate < (interval.high or 0) < 1


def test_levels_and_pairs_are_one_posterior() -> None:
    """The pairs of a prompt average to the prompt, draw by draw: heat map and factors cannot contradict each other."""
    codes, events, trials, _ = make_clips(4, 3, 2, impressions=3_000, seed=2)
    cells = [(0, -1), (0, 0), (0, 1), (0, 2)]

    drawn = fit(events, trials, codes).set_to(np.array(cells), draws=500, seed=1)

    assert drawn[:, 0] == pytest.approx(drawn[:, 1:].mean(axis=1), rel=1e-9)


@pytest.mark.slow
def test_the_leader_is_hardly_flattered_and_intervals_hold() -> None:
    """In 40 campaigns of 20 clips the rate of the pick is about right, and 95 % intervals hold in 92 % to 98 %."""
    flattered, held = [], []
    for seed in range(40):
        codes, events, trials, rates = make_clips(5, 4, 1, impressions=2_000, seed=seed)
        found = fit(events, trials, codes)
        pick = int(found.mean.argmax())
        flattered.append(found.mean[pick] / rates[pick] - 1)
        held += [
            (one.low or 0) <= rate <= (one.high or 1)
            for one, rate in zip(found.intervals(), rates, strict=True)
        ]

    assert abs(np.mean(flattered)) < 0.06
    assert 0.92 <= np.mean(held) <= 0.98


def test_a_clip_never_shown_is_its_levels() -> None:
    """Nothing is known of it but what its prompt and model do elsewhere."""
    codes, events, trials, _ = make_clips(2, 2, 2, impressions=20_000, seed=3)
    events[0] = trials[0] = 0.0

    found = fit(events, trials, codes).mean

    assert found[0] == pytest.approx(found[1], rel=0.1)


def test_more_conversions_than_clicks_count_as_all() -> None:
    """View-through conversions make no impossible rate."""
    assert 0.5 < fit([12.4, 9.0], [10.0, 10.0], ALONE).mean[0] < 1


def test_batters_are_predicted_three_times_better() -> None:
    """Efron & Morris 1975: 3.5 times, knowing that one spread holds for all; ours averages over spreads."""
    hits = np.array([one.hits for one in BATTERS], dtype=float)
    afterwards = np.array([one.afterwards for one in BATTERS])

    shrunk = fit(hits, np.full(18, 45.0), np.zeros((18, 0))).mean

    assert np.sum((hits / 45 - afterwards) ** 2) / np.sum((shrunk - afterwards) ** 2) > 3


@pytest.mark.slow
@pytest.mark.parametrize(("prompts", "takes"), [(5, 2), (20, 34)])
def test_thirty_clips_and_two_thousand_are_compared_whole(prompts: int, takes: int) -> None:
    """Each clip has a chance to be the best, and together they make one."""
    codes, events, trials, _ = make_clips(prompts, 3, takes, impressions=5_000, seed=4)

    found = fit(events, trials, codes)
    intervals = found.intervals()
    chances = found.chances(np.ones(len(events), dtype=bool), draws=20_000, seed=1)

    assert len(intervals) == len(events)
    assert chances.p_best.sum() == pytest.approx(1)
