"""When a clip may have ended, by those that ended before it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.campaign.job import Job
from hailuo.run.render_times import Render, RenderTimes
from tests.support.factories import VARIANT, make_job

SHORT = make_job(VARIANT)


def known(renders: list[Render], job: Job = SHORT) -> RenderTimes:
    times = RenderTimes()
    for render in renders:
        times.ended(job, render)
    return times


@given(
    seconds=st.lists(st.floats(10, 1000), max_size=30),
    age=st.floats(0, 1200),
    steps=st.lists(st.floats(0, 100), max_size=8),
)
def test_a_chance_only_grows(seconds: list[float], age: float, steps: list[float]) -> None:
    """From 0 to 1, whatever is known."""
    outlook = known([Render(seconds=s) for s in seconds]).outlook(SHORT, age=age, progress=0, entered=None)
    chances, by = [], age
    for step in steps:
        by += step
        chances.append(outlook.chance(by))

    assert chances == sorted(chances)
    assert all(0 <= chance <= 1 for chance in chances)


def test_a_clip_is_not_expected_before_any_other_ended() -> None:
    """Fifty took between 100 and 150 s: at 45 s there is next to no chance."""
    times = known([Render(seconds=100.0 + n) for n in range(50)])
    outlook = times.outlook(SHORT, age=0, progress=0, entered=None)

    assert outlook.chance(45) < 0.02
    assert outlook.chance(160) > 0.9


def test_one_that_is_older_than_all_others_is_always_worth_asking_for() -> None:
    """Nothing is known of it."""
    times = known([Render(seconds=60.0)] * 40)

    assert times.outlook(SHORT, age=5000, progress=0, entered=None).chance(5015) == 1.0


def test_progress_tells_clips_apart() -> None:
    """Those that began to render at 30 s ended at 100 s, those at 90 s at 300 s."""
    quick = [Render(seconds=100.0 + n % 5, entered={30: 10.0, 50: 30.0}) for n in range(20)]
    slow = [Render(seconds=300.0 + n % 5, entered={30: 10.0, 50: 90.0}) for n in range(20)]
    times = known(quick + slow)

    began_early = times.outlook(SHORT, age=45, progress=50, entered=30.0)
    not_begun = times.outlook(SHORT, age=60, progress=30, entered=10.0)

    assert began_early.chance(120) > 0.8
    assert not_begun.chance(250) < 0.1


def test_what_has_drifted_is_forgotten() -> None:
    """The vendor is slower tonight: the newest clips count."""
    times = known([Render(seconds=60.0)] * 100 + [Render(seconds=200.0)] * 64)

    assert times.outlook(SHORT, age=0, progress=0, entered=None).chance(90) < 0.1


@pytest.mark.parametrize(("change", "factor"), [({"duration": 10}, 1.6), ({"size": "1080p"}, 1.5)])
def test_a_new_cell_begins_with_the_documented_times(change: dict[str, object], factor: float) -> None:
    """Longer clips and larger ones take longer: docs/reference/vendor.md."""
    times, usual = RenderTimes(), make_job(replace(VARIANT, duration=6, size="768p"))
    other = make_job(replace(VARIANT, **{"duration": 6, "size": "768p", **change}))  # type: ignore[arg-type]

    assert times.typical_seconds(other) == pytest.approx(factor * times.typical_seconds(usual))
