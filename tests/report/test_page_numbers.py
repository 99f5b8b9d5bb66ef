"""Numbers, axes and drawings of the report's page."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.report import formatting
from hailuo.report.findings import Interval
from hailuo.report.formatting import MetricFormatter
from hailuo.report.metrics import Metric
from hailuo.report.page.drawing import ChartAxis, Mark, axis_of, element, strip

FINITE = st.floats(-1e6, 1e6)


def plainly(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0123, "1.23 %"),
        (0.2704, "27.0 %"),
        (0.0087, "0.87 %"),
        (0.00053, "0.053 %"),
        (0, "0.00 %"),
        (1, "100.0 %"),
    ],
)
def test_a_rate_has_as_many_digits_as_matter(share: float, said: str) -> None:
    """Two digits for most, so that a column reads well; more for rare events."""
    assert plainly(formatting.percent(share)) == said


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (12.3, "USD", "$12.30"),
        (1234.5, "EUR", "€1,234"),
        (-0.5, "GBP", "−£0.50"),
        (7, "SEK", "SEK 7.00"),
        (7, None, "7.00"),
        (-0.001, "USD", "$0.00"),
    ],
)
def test_money_is_in_the_accounts_currency(amount: float, currency: str | None, said: str) -> None:
    """By its sign where it has one, else by its code; nothing is rounded to minus zero."""
    assert plainly(formatting.money(amount, currency)) == said


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.968, "97 %"), (0.9999, "> 99 %"), (1.0, "> 99 %"), (0.0, "< 1 %"), (None, "–")],
)
def test_no_chance_is_told_as_certain(probability: float | None, said: str) -> None:
    """Finite data gives neither 0 nor 100 %."""
    assert plainly(formatting.chance(probability)) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(999_999, 1_000_000, "99.9 %"), (5, 5, "100 %"), (0, 5, "0.0 %"), (0, 0, "–")]
)
def test_all_but_a_little_is_not_all(part: float, whole: float, said: str) -> None:
    """Matched spend is never rounded up to 100 %."""
    assert plainly(formatting.share(part, whole)) == said


@pytest.mark.parametrize(
    ("metric", "interval", "said"),
    [
        (Metric.CTR, Interval(0.0102, 0.0141), "1.02–1.41 %"),
        (Metric.CPA, Interval(12.1, 15.2), "$12.10–$15.20"),
        (Metric.CPA, Interval(12.1, None), "more than $12.10"),
        (Metric.CPA, Interval(None, 12.1), "less than $12.10"),
        (Metric.ROAS, Interval(1.2, 2.5), "1.20–2.50×"),
        (Metric.AVG_WATCH, Interval(2.24, 3.06), "2.2–3.1 s"),
        (Metric.CTR, None, "no interval"),
        (Metric.CTR, Interval(None, None), "no interval"),
    ],
)
def test_an_interval_reads_as_people_say_it(metric: Metric, interval: Interval | None, said: str) -> None:
    """With its unit, and an open end in words."""
    assert plainly(MetricFormatter(metric, "USD").interval(interval)) == said


@pytest.mark.parametrize(
    ("metric", "value", "interval", "said"),
    [
        (Metric.CTR, 0.0028, Interval(0.0018, 0.0037), "+0.28 points, +0.18 to +0.37 points"),
        (Metric.CTR, -0.000016, Interval(-0.0009, 0.0009), "0.00 points, −0.09 to +0.09 points"),
        (Metric.CPA, -3.5, Interval(-4.13, None), "−$3.50, more than −$4.13"),
    ],
)
def test_a_difference_is_as_fine_as_its_interval(
    metric: Metric, value: float, interval: Interval, said: str
) -> None:
    """In points, for 10 % more of 1 % could mean two things; with its sign."""
    metric_formatter = MetricFormatter(metric, "USD")

    told = f"{metric_formatter.difference(value, interval)}, {metric_formatter.difference_interval(interval)}"

    assert plainly(told) == said


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("currency", ["USD", None])
def test_every_metric_has_a_unit_and_an_n(metric: Metric, currency: str | None) -> None:
    """Captions need both."""
    metric_formatter = MetricFormatter(metric, currency)

    assert metric_formatter.unit
    assert metric_formatter.difference_unit
    assert metric_formatter.trials


@given(low=FINITE, width=st.floats(1e-6, 1e6), value=FINITE)
def test_every_value_has_a_place_on_its_axis(low: float, width: float, value: float) -> None:
    """Between its edges, whatever the value."""
    axis = ChartAxis(low, low + width)

    assert 0 <= axis.at(value) <= 100


@given(low=FINITE, width=st.floats(1e-3, 1e6))
def test_ticks_are_few_and_within_the_axis(low: float, width: float) -> None:
    """Two to six of them, rising, evenly spaced."""
    axis = ChartAxis(low, low + width)
    ticks = axis.ticks()
    spare = axis.step() * 1e-6 + abs(low) * 1e-9

    assert 2 <= len(ticks) <= 6
    assert axis.low - spare <= ticks[0] < ticks[-1] <= axis.high + spare
    assert all(one < other for one, other in pairwise(ticks))


@given(st.lists(st.tuples(FINITE, st.floats(0, 1e3)), max_size=30))
def test_every_value_is_on_the_axis_made_for_it(pairs: list[tuple[float, float]]) -> None:
    """Only ends of intervals may lie beyond it."""
    intervals = [Interval(value - half, value + half) for value, half in pairs]

    axis = axis_of(intervals, [value for value, _ in pairs])

    assert all(axis.low <= value <= axis.high for value, _ in pairs)
    assert axis.low < axis.high


def test_one_clip_without_data_does_not_press_the_others_together() -> None:
    """Its bar runs off the edge, with an arrow head."""
    narrow, wide = Interval(0.010, 0.014), Interval(0.0, 0.9)
    axis = axis_of([narrow] * 11 + [wide], [0.012] * 12)
    mark = Mark(title="t", desc="d", value=0.012, interval=wide)

    assert axis.high < 0.05
    assert "beyond" in strip(axis, mark)
    assert "beyond" not in strip(axis, Mark(title="t", desc="d", value=0.012, interval=narrow))


def test_the_widest_bar_is_whole_where_there_is_room() -> None:
    """The leader's interval is not cut for being a little wider than the others'."""
    intervals = [Interval(0.010 + step / 10_000, 0.012 + step / 10_000) for step in range(12)]

    axis = axis_of(intervals, [])

    assert axis.high >= intervals[-1].high  # type: ignore[operator]  # known here


def test_drawings_escape_their_texts() -> None:
    """A label is text in a drawing too."""
    assert element("title", '<a b="c">&') == "<title>&lt;a b=&#34;c&#34;&gt;&amp;</title>"
    assert element("g", class_='"><script>') == '<g class="&#34;&gt;&lt;script&gt;"/>'
