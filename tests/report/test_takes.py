"""How far takes of one combination lie apart: what is told is what was put in."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hailuo.report.analysis.analyse import analyse
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.estimates import estimates_table
from hailuo.report.findings import Interval, TakeSpread
from hailuo.report.metrics import Metric
from hailuo.report.stats.dispersion import take_spread
from tests.report.factories import make_findings, make_platform
from tests.report.pages import page_of
from tests.report.worlds import World, make_health

pytestmark = pytest.mark.slow

CELLS = [f"cell-{number // 3}" for number in range(60)]
SPREAD = TakeSpread(value=0.14, interval=Interval(0.06, 0.23), p_value=0.002, creatives=30, combinations=15)


def drawn(rng: np.random.Generator, *, sd: float, trials: float = 20_000.0) -> TakeSpread:
    """Twenty combinations of other rates, three takes each."""
    rates = np.repeat(rng.uniform(0.008, 0.02, 20), 3) * rng.normal(1, sd, 60)
    found = take_spread(CELLS, rng.binomial(int(trials), rates).tolist(), [trials] * 60)
    assert found is not None
    return found


def judged_world(world: World) -> TakeSpread | None:
    """What the report of a simulated campaign tells of takes."""
    joined, variants, _ = world.draw(seed=3)
    at = datetime(2026, 11, 22, tzinfo=UTC)
    found = analyse(
        joined,
        variants,
        options=AnalysisOptions(metric=Metric.CTR),
        health=make_health(),
        made_at=at,
        version="0.1.0",
    )
    return found.platforms[0].takes


@pytest.mark.parametrize("sd", [0.1, 0.2])
def test_the_interval_holds_the_spread_that_takes_have(sd: float) -> None:
    """As often as it says, and the estimates lie around the truth."""
    rng = np.random.default_rng(7)
    found = [drawn(rng, sd=sd) for _ in range(150)]
    held = [(one.interval.low or 0) <= sd <= (one.interval.high or 0) for one in found]

    assert 0.9 <= np.mean(held) <= 0.99
    assert np.mean([one.value for one in found]) == pytest.approx(sd, rel=0.1)


def test_takes_that_differ_by_chance_have_no_spread() -> None:
    """The interval reaches to 0, and p is below 5 % in about 5 % of worlds."""
    rng = np.random.default_rng(7)
    found = [drawn(rng, sd=0.0) for _ in range(150)]

    assert np.mean([one.interval.low == 0 for one in found]) >= 0.95
    assert np.mean([one.p_value < 0.05 for one in found]) <= 0.09


def test_what_days_scatter_is_not_the_takes() -> None:
    """The same clicks, of days that scatter twice as much as chance, leave less to the takes."""
    rng = np.random.default_rng(7)
    clicks, shown = rng.binomial(20_000, rng.normal(0.012, 0.0012, 60)).tolist(), [20_000.0] * 60
    calm, restless = take_spread(CELLS, clicks, shown), take_spread(CELLS, clicks, shown, dispersion=2.0)

    assert calm is not None
    assert restless is not None
    assert restless.value < calm.value
    assert restless.p_value > calm.p_value


@pytest.mark.parametrize(
    ("cells", "events"),
    [
        ([], []),
        (list("abcdefgh"), [100.0] * 8),
        (list("aabb"), [100.0] * 4),
        (list("aabbccddee"), [1.0] * 10),
        (list("aabbccddee"), [0.0] * 10),
    ],
    ids=["nothing", "single takes", "two pairs", "too few clicks", "no clicks"],
)
def test_too_little_to_tell_is_none(cells: list[str], events: list[float]) -> None:
    """Nothing is told of takes that are not there, or have no data."""
    assert take_spread(cells, events, [10_000.0] * len(cells)) is None


def test_conversions_of_every_click_are_no_reason_to_fail() -> None:
    """A rate of 1 has no chance in it: such combinations are left out."""
    found = take_spread([*CELLS, "full", "full"], [240.0] * 60 + [50.0, 50.0], [20_000.0] * 60 + [50.0, 50.0])

    assert found is not None
    assert found.creatives == 60


def test_the_page_and_the_table_tell_it_with_its_interval() -> None:
    """What another take may bring stands beside the factors; without it, the reason."""
    known = make_findings(platforms=(make_platform(takes=SPREAD),))
    row = estimates_table(known).query("level_of == 'takes'").iloc[0]

    assert (row["value"], row["low"], row["high"], row["n"]) == (0.14, 0.06, 0.23, 30)
    told = page_of(known).section("factors").text.replace("\N{NO-BREAK SPACE}", " ")
    assert (
        "From take to take 14 % of the CTR (6 % to 23 %, 95 % interval; 30 clips of 15 combinations)" in told
    )
    assert "another take of the same combination typically does that much better or worse" in told
    unsure = replace(SPREAD, interval=Interval(0.0, 0.1), p_value=0.4)
    told = page_of(make_findings(platforms=(make_platform(takes=unsure),))).section("factors").text
    assert "chance alone may make takes differ as they do" in told
    told = page_of(make_findings(platforms=(make_platform(takes=None),))).section("factors").text
    assert "From take to take Not estimated: it takes more combinations" in told


def test_a_report_says_how_far_takes_lie_apart() -> None:
    """From a campaign's results: a fifth where takes differ by a fifth, and nothing beyond chance where they do not."""
    far, near = (judged_world(World(takes=3, impressions=4_000, take_sd=sd)) for sd in (0.2, 0.0))

    assert far is not None
    assert near is not None
    assert (far.creatives, far.combinations) == (36, 12)
    assert far.value == pytest.approx(0.2, abs=0.08)
    assert far.interval.low
    assert near.interval.low == 0
