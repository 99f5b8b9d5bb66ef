"""What an interval promises, whatever the counts."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hailuo.report.findings import Interval
from hailuo.report.stats.intervals import cost_per_event, is_rate, lift, newcombe, two_sample_p, wilson

Arm = tuple[float, float]
NAN = math.nan


@st.composite
def arms(draw: st.DrawFn) -> Arm:
    """Events of trials, whole or fractional, from none to all."""
    trials = draw(st.one_of(st.integers(1, 10**7).map(float), st.floats(0.5, 1e7)))
    share = draw(st.one_of(st.sampled_from([0.0, 1.0]), st.floats(1e-9, 1.0), st.floats(0.001, 0.05)))
    return share * trials, trials


def _ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


@pytest.mark.parametrize(
    ("events", "trials"),
    [(0, 0), (5, 3), (-1, 10), (NAN, 10), (1, NAN), (0, math.inf)],
    ids=[
        "no trials",
        "conversions after a view",
        "taken back",
        "events unknown",
        "trials unknown",
        "endless",
    ],
)
def test_what_is_no_rate_has_no_interval(events: float, trials: float) -> None:
    """Undefined is None or "nothing speaks against it", never a number that looks like a finding."""
    assert not is_rate(events, trials)
    assert wilson(events, trials) is None
    for pair in ((events, trials, 1, 10), (1, 10, events, trials)):
        assert newcombe(*pair) is None
        assert lift(*pair) == (None, None)
        assert two_sample_p(*pair) == 1.0


@given(arms(), st.floats(0.5, 0.999))
def test_wilson_holds_the_rate_within_0_and_1(arm: Arm, confidence: float) -> None:
    """The observed rate is inside, and no end leaves the scale."""
    low, high = _ends(wilson(*arm, confidence=confidence))
    assert 0 <= low <= arm[0] / arm[1] <= high <= 1
    assert low < high


@given(arms())
def test_wilson_of_failures_mirrors_that_of_events(arm: Arm) -> None:
    """Counting the misses instead of the hits says the same."""
    low, high = _ends(wilson(*arm))
    mirrored = _ends(wilson(arm[1] - arm[0], arm[1]))
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(arms(), st.floats(1.0, 50.0))
def test_overdispersion_only_widens(arm: Arm, phi: float) -> None:
    """More scatter than chance never makes a rate surer, and less than chance changes nothing."""
    low, high = _ends(wilson(*arm))
    wider_low, wider_high = _ends(wilson(*arm, dispersion=phi))
    assert wider_low <= low + 1e-12
    assert wider_high >= high - 1e-12
    assert wilson(*arm, dispersion=0.3) == wilson(*arm)


def test_dispersion_widens_by_its_root() -> None:
    """Four times the scatter doubles the interval, where there is data enough for it to be symmetric."""
    low, high = _ends(wilson(50_000, 1_000_000))
    wider_low, wider_high = _ends(wilson(50_000, 1_000_000, dispersion=4))
    assert (wider_high - wider_low) / (high - low) == pytest.approx(2, rel=1e-4)


@given(arms(), st.floats(0.5, 0.98))
def test_more_confidence_is_wider(arm: Arm, confidence: float) -> None:
    """To be surer is to say less."""
    low, high = _ends(wilson(*arm, confidence=confidence))
    surer_low, surer_high = _ends(wilson(*arm, confidence=confidence + 0.01))
    assert surer_low <= low + 1e-15  # the last digit of a float
    assert surer_high >= high


@given(arms(), arms(), st.floats(1.0, 20.0))
def test_newcombe_turns_with_the_arms(arm: Arm, ref: Arm, phi: float) -> None:
    """Swapping the arms swaps and negates the ends; the difference is inside, within -1 and 1."""
    low, high = _ends(newcombe(*arm, *ref, dispersion=phi))
    assert -1 <= low <= arm[0] / arm[1] - ref[0] / ref[1] + 1e-12
    assert arm[0] / arm[1] - ref[0] / ref[1] - 1e-12 <= high <= 1
    assert _ends(newcombe(*ref, *arm, dispersion=phi)) == pytest.approx((-high, -low), abs=1e-12)


@given(arms(), arms())
def test_p_is_the_same_from_both_sides(arm: Arm, ref: Arm) -> None:
    """Who is called the reference does not matter to how surprising a difference is."""
    p = two_sample_p(*arm, *ref)
    assert 0 <= p <= 1
    assert two_sample_p(*ref, *arm) == pytest.approx(p, rel=1e-6, abs=1e-12)
    assert two_sample_p(*arm, *ref, dispersion=3) >= p - 1e-9


@pytest.mark.slow
@given(arms(), arms())
def test_lift_holds_its_own_value(arm: Arm, ref: Arm) -> None:
    """The interval is around the lift, and a lift cannot be below -100 %."""
    value, interval = lift(*arm, *ref)
    assume(value is not None and interval is not None)
    assert value is not None
    assert interval is not None
    assert interval.low is not None
    assert -1 <= interval.low <= value + 1e-9 * (1 + abs(value))
    assert interval.high is None or interval.high >= value - 1e-9 * (1 + abs(value))


def test_lift_needs_a_reference_with_events() -> None:
    """Against nothing there is no percentage."""
    assert lift(5, 1000, 0, 1000) == (None, None)


def test_lift_of_nothing_is_minus_all_with_an_upper_end() -> None:
    """Three events against none is not proof of none: the upper end stays above zero."""
    value, interval = lift(0, 4000, 3, 4000)
    low, high = _ends(interval)
    assert (value, low) == (-1.0, -1.0)
    assert high > 0


def test_lift_of_two_full_rates_has_no_interval() -> None:
    """All of ten against all of ten: equal, and nothing shows how much they vary."""
    assert lift(10, 10, 10, 10) == (0.0, None)


def test_everyday_cells_with_a_zero_work() -> None:
    """Three clicks of 4,000 against none: where the library's score method fails, ours answers."""
    low, high = _ends(newcombe(3, 4000, 0, 4000))
    assert low < 0.00075 < high
    assert 0.05 < two_sample_p(3, 4000, 0, 4000) < 0.1


def test_cost_without_an_event_is_more_than() -> None:
    """No conversion for 100: more than 33 each, as three would have been likely to show one (ln 20 = 3.0)."""
    value, interval = cost_per_event(100, 0)
    assert value is None
    assert interval.low == pytest.approx(100 / math.log(20))
    assert interval.high is None


def test_cost_has_the_exact_limits() -> None:
    """Eight conversions: 3.4538 to 15.7632 by Garwood's table."""
    value, interval = cost_per_event(100, 8)
    assert value == 12.5
    assert _ends(interval) == pytest.approx((100 / 15.7632, 100 / 3.4538), rel=1e-4)


@pytest.mark.parametrize(("spend", "events"), [(NAN, 3), (10, NAN), (-1, 3), (10, -2)])
def test_cost_of_the_unknown_is_open(spend: float, events: float) -> None:
    """What the export does not tell is not zero."""
    assert cost_per_event(spend, events) == (None, Interval(None, None))


@given(st.floats(0, 1e6), st.floats(0, 1e5), st.floats(1, 20))
def test_cost_holds_its_value_and_widens(spend: float, events: float, phi: float) -> None:
    """The cost is inside its interval, and overdispersion only widens it."""
    value, interval = cost_per_event(spend, events)
    _, wider = cost_per_event(spend, events, dispersion=phi)
    assert interval.low is not None
    assert wider.low is not None
    assert wider.low <= interval.low * (1 + 1e-9)
    if value is not None and interval.high is not None:
        assert interval.low <= value * (1 + 1e-9)
        assert value <= interval.high * (1 + 1e-9)
        assert wider.high is None or wider.high >= interval.high * (1 - 1e-9)
