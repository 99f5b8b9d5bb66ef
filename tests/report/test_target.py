"""A target turns the verdict into a chance to meet it."""

import pytest

from hailuo.report.analysis.target import chance_to_meet
from hailuo.report.findings import Estimate, Interval
from hailuo.report.metrics import Metric
from tests.report.test_decides import CLICKS, of, rows


def estimate(metric: Metric, value: float | None, low: float | None, high: float | None) -> Estimate:
    return Estimate(metric=metric, value=value, interval=Interval(low, high), top=1, bottom=1, n=1)


@pytest.mark.parametrize(
    ("metric", "value", "ends", "target", "chance"),
    [
        (Metric.CPA, 10.0, (8.0, 12.5), 10.0, 0.5),
        (Metric.CPA, 10.0, (8.0, 12.5), 12.5, 0.975),
        (Metric.CPA, 10.0, (8.0, 12.5), 8.0, 0.025),
        (Metric.ROAS, 2.0, (1.0, 3.0), 1.0, 0.975),
        (Metric.ROAS, 2.0, (1.0, 3.0), 3.0, 0.025),
        (Metric.CPA, None, (30.0, None), 20.0, 0.025),
        (Metric.CPA, None, (30.0, None), 40.0, None),
        (Metric.ROAS, 0.0, (0.0, 0.8), 1.0, 0.025),
        (Metric.ROAS, 0.0, (0.0, 0.8), 0.5, None),
    ],
)
def test_the_chance_agrees_with_the_interval(
    metric: Metric,
    value: float | None,
    ends: tuple[float | None, float | None],
    target: float,
    chance: float | None,
) -> None:
    """At the ends of a 95 % interval it is 2.5 %; where only "more than" is known it may be unknown."""
    found = chance_to_meet(estimate(metric, value, *ends), target, 0.95)

    assert found == (None if chance is None else pytest.approx(chance, abs=1e-3))


@pytest.mark.slow
def test_a_target_makes_the_headline() -> None:
    """The likeliest clip with its chance, how many clips meet it, and what else was found."""
    found = of(rows(**CLICKS, conversions=[200.0, 60.0, 20.0, 60.0]), target_cpa=4.0)
    chances = {one.factors["prompt"]: one.target_chance for one in found.creatives}

    assert found.verdict.headline.startswith("“p0” meets the target CPA of $4.00 with a chance of more than")
    assert (found.target and found.target.meets, found.target and found.target.open) == (1, 0)
    assert (chances["p0"] or 0) > 0.99
    assert (chances["p2"] or 1) < 0.01


@pytest.mark.slow
def test_a_target_that_no_clip_meets_says_so() -> None:
    """The nearest clip is named; none is called a success."""
    found = of(rows(**CLICKS, conversions=60.0, revenue=500.0), target_roas=3.0)

    assert found.verdict.headline.startswith("No clip is likely to meet the target ROAS of 3.00×: ")
    assert (found.target and found.target.misses) == 4
