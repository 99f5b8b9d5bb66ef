"""A ratio of two sums is as sure as its days are alike."""

import numpy as np
import pytest

from hailuo.report.findings import Interval
from hailuo.report.stats.bootstrap import DAYS_NEEDED, ratio_by_days


def _days(count: int, seed: int) -> tuple[list[float], list[float]]:
    """Revenue and spend of days: orders are Poisson, their values lognormal."""
    rng = np.random.default_rng(seed)
    spend = rng.gamma(20, 5, count)
    revenue = [rng.lognormal(3, 0.8, orders).sum() for orders in rng.poisson(spend * 0.05)]
    return [float(value) for value in revenue], spend.tolist()


TRUE_RATIO = 0.05 * float(np.exp(3 + 0.8**2 / 2))


def _ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


def test_thirteen_days_are_too_few() -> None:
    """Below 14 days with spend there is no interval; the fourteenth brings one."""
    tops, bottoms = _days(DAYS_NEEDED, seed=1)
    assert ratio_by_days(tops[:-1], bottoms[:-1], seed=1) is None
    assert ratio_by_days(tops, [*bottoms[:-1], 0.0], seed=1) is None
    assert ratio_by_days(tops, bottoms, seed=1) is not None
    assert ratio_by_days([], [], seed=1) is None


def test_the_seed_decides() -> None:
    """The same days and seed give the same interval; another seed a slightly different one."""
    days = _days(20, seed=1)
    assert ratio_by_days(*days, seed=1) == ratio_by_days(*days, seed=1)
    assert ratio_by_days(*days, seed=1) != ratio_by_days(*days, seed=2)


def test_days_that_are_alike_leave_no_doubt() -> None:
    """Where every day has the same ratio, so has every resample, however much was spent."""
    spend = [float(day) for day in range(1, 21)]
    assert _ends(ratio_by_days([3 * s for s in spend], spend, seed=1)) == pytest.approx((3, 3))


def test_unknown_days_do_not_count() -> None:
    """A day whose revenue the export does not tell changes nothing."""
    tops, bottoms = _days(20, seed=1)
    gaps = ratio_by_days([*tops, float("nan"), 5.0], [*bottoms, 5.0, float("nan")], seed=1)
    assert gaps == ratio_by_days(tops, bottoms, seed=1)


def test_the_interval_holds_the_ratio_and_grows_with_confidence() -> None:
    """The ratio of the sums is inside, and 99 % says less than 80 %."""
    tops, bottoms = _days(20, seed=3)
    low, high = _ends(ratio_by_days(tops, bottoms, seed=1, confidence=0.8))
    surer_low, surer_high = _ends(ratio_by_days(tops, bottoms, seed=1, confidence=0.99))
    assert surer_low < low < sum(tops) / sum(bottoms) < high < surer_high


def test_every_top_needs_its_bottom() -> None:
    """Days are pairs."""
    with pytest.raises(ValueError, match="zip"):
        ratio_by_days([1.0], [1.0, 2.0], seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("days", [14, 28])
def test_it_covers_the_truth_as_often_as_it_says(days: int) -> None:
    """Of 300 worlds with skewed order values, 95 % intervals hold the true ratio in 90 % or more."""
    hits = 0
    for seed in range(300):
        low, high = _ends(ratio_by_days(*_days(days, seed), seed=seed))
        hits += low <= TRUE_RATIO <= high
    assert 0.90 <= hits / 300 <= 0.99
