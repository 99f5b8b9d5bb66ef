"""Day by day: wear is found where a clip falls against the others, and not where all fall or days scatter."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from hailuo.report.analysis.analyse import analyse
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.analysis.wear import day_dispersion, worn_since
from hailuo.report.findings import PlatformFindings, WearCurve
from hailuo.report.metrics import Count, Metric
from hailuo.report.stats.intervals import wilson
from tests.report.pages import page_of
from tests.report.worlds import World, make_health

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
WORLD = World(prompts=3, models=1, takes=1, impressions=20_000.0, days=14)


def of(joined: pd.DataFrame, variants: pd.DataFrame, **options: object) -> PlatformFindings:
    found = analyse(
        joined,
        variants,
        options=AnalysisOptions(**{"metric": Metric.CTR, **options}),  # type: ignore[arg-type]  # a test names any
        health=make_health(),
        made_at=AT,
        version="0.1.0",
    )
    assert page_of(found).section("days").all("h2")
    return found.platforms[0]


def fallen(*, all_fall: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One of three clips, or all of them, lose half of their clicks from the ninth day on."""
    joined, variants, _ = WORLD.draw(1)
    late = joined["date_start"] >= date(2026, 11, 9)
    who = late if all_fall else late & (joined["creative_id"] == variants["creative_id"].iloc[0])
    joined.loc[who, "clicks_link"] = (joined.loc[who, "clicks_link"] // 2).to_numpy()
    return joined, variants


@pytest.mark.slow
def test_a_clip_that_falls_is_worn_out_since_that_day() -> None:
    """The day and the size of the fall; the clips that did not fall are not."""
    joined, variants = fallen(all_fall=False)

    curves = {one.creative_id: one for one in of(joined, variants, relevant_lift=0.2).wear}

    worn = {name: one.worn_since for name, one in curves.items() if one.worn_since}
    first = variants["creative_id"].iloc[0]
    assert set(worn) <= {first}
    if first in curves:
        assert worn[first] == date(2026, 11, 9)
        assert 0.3 < (curves[first].drop or 0) < 0.7


@pytest.mark.slow
def test_a_season_that_takes_all_clips_down_is_no_wear() -> None:
    """They fall together: nothing is said of one clip."""
    assert [one.worn_since for one in of(*fallen(all_fall=True)).wear] == [None] * 3


@pytest.mark.slow
def test_a_report_for_every_look_shows_no_wear() -> None:
    """The test of a fall is for one look."""
    assert of(*fallen(all_fall=False), sequential=True).wear == ()


@pytest.mark.parametrize("scatter", [0.0, 0.3], ids=["chance alone", "days that scatter"])
@pytest.mark.slow
def test_days_without_a_fall_are_seldom_called_worn(scatter: float) -> None:
    """At 5 % no more than about one in twenty, however much days scatter."""
    rng = np.random.default_rng(5)
    ps = []
    for _ in range(120):
        rates = 60 * np.exp(rng.normal(0, scatter, 10))
        ps.append(worn_since(rng.poisson(rates), np.ones(10), seed=1)[2])

    assert np.mean(np.array(ps) <= 0.05) <= 0.1


@pytest.mark.slow
def test_parts_of_the_delivery_are_shown_and_add_up() -> None:
    """Each dimension by itself adds up to the whole; rows without a part are named so."""
    joined, variants, _ = WORLD.draw(1)
    joined["breakdown"] = np.where(np.arange(len(joined)) % 2 == 0, "age=18-24; gender=female", "age=25-34")

    found = of(joined, variants)

    parts = {(one.dimension, one.name): one.counts[Count.IMPRESSIONS] for one in found.parts}
    even = joined["impressions"][joined["breakdown"] != "age=25-34"].sum()
    assert parts["age", "18-24"] == parts["gender", "female"] == even
    assert parts["age", "18-24"] + parts["age", "25-34"] == joined["impressions"].sum()
    assert ("gender", "not broken down") in parts


@pytest.mark.slow
def test_exports_without_parts_say_so() -> None:
    """No table of one row."""
    assert of(*WORLD.draw(1)[:2]).parts == ()


@pytest.mark.parametrize("trials", [[1000.0] * 6, [100.0, 5000.0, 20.0, 900.0, 900.0, 900.0]])
def test_a_day_alone_is_as_uncertain_as_its_part_of_the_clip(trials: list[float]) -> None:
    """Days of these dispersions, added up, have the clip's own; and a day of one trial has next to none."""
    each = np.array(trials)

    of_day = day_dispersion(4.0, each)

    assert (each * of_day).sum() / each.sum() == pytest.approx(4.0)
    assert day_dispersion(1.0, each) == pytest.approx(1.0)
    assert (np.argsort(of_day, kind="stable") == np.argsort(each, kind="stable")).all()


def test_a_curve_of_days_that_swing_has_wider_intervals() -> None:
    """By each clip's own days: chance alone does not say how far the next day may be."""
    calm, wild = (
        of(*World(prompts=3, models=1, takes=1, impressions=20_000.0, days=14, day_sd=sd).draw(1)[:2]).wear[0]
        for sd in (0.0, 0.4)
    )

    def width(curve: WearCurve) -> float:
        """Of the typical interval, against that of chance alone."""
        spans = [
            (point.interval.high - point.interval.low) / (alone.high - alone.low)  # type: ignore[operator]  # of a rate both ends are known
            for point in curve.points
            if point.interval and (alone := wilson(point.top, point.bottom))
        ]
        return float(np.median(spans))

    assert width(calm) < 1.3
    assert width(wild) > 2
