"""When to ask for a task again: never too often, never all together, and not for ever."""

from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hailuo.run.pace import PollSchedule

DEFAULT = PollSchedule()
ages = st.floats(0, 10_000)
chances = st.randoms(use_true_random=False)


@given(age=ages, random=chances)
def test_the_vendor_is_never_asked_faster_than_every_8_seconds(age: float, random: Random) -> None:
    """After the first poll, at the defaults: it refreshes every 15."""
    wait = DEFAULT.wait_seconds(age_seconds=age, polled=True, random=random)

    assert wait >= 8


@given(age=st.floats(0, 299.999), random=chances)
def test_a_young_task_is_asked_for_at_the_pace(age: float, random: Random) -> None:
    """A fifth more or less."""
    assert 8 <= DEFAULT.wait_seconds(age_seconds=age, polled=True, random=random) <= 12


@given(age=st.floats(300, 10_000), random=chances)
def test_an_old_task_is_asked_for_less_often(age: float, random: Random) -> None:
    """After five minutes every 17 seconds, a fifth more or less."""
    assert 17 * 0.8 <= DEFAULT.wait_seconds(age_seconds=age, polled=True, random=random) <= 17 * 1.2


@given(age=st.floats(0, 19.999), random=chances)
def test_the_first_poll_is_not_early(age: float, random: Random) -> None:
    """At 20 seconds of age or up to a fifth later: before, no clip is ready."""
    wait = DEFAULT.wait_seconds(age_seconds=age, polled=False, random=random)

    assert 20 - age <= wait <= (20 - age) * 1.2


@given(age=st.floats(20, 10_000), random=chances)
def test_tasks_found_in_the_ledger_are_spread_over_one_pace(age: float, random: Random) -> None:
    """The next run does not ask for a hundred of them in the same second, nor let them wait."""
    assert 0 <= DEFAULT.wait_seconds(age_seconds=age, polled=False, random=random) <= 10


def test_waits_differ() -> None:
    """Jobs that were submitted together are not polled together."""
    random = Random(0)  # noqa: S311 (jitter)
    waits = {DEFAULT.wait_seconds(age_seconds=60, polled=True, random=random) for _ in range(50)}

    assert len(waits) > 25


@given(every=st.floats(0.1, 100), age=ages, random=chances)
def test_a_quicker_pace_is_the_users_own_wish(every: float, age: float, random: Random) -> None:
    """Below the vendor's pace it is kept exactly; above, never undercut by more than the jitter."""
    schedule = PollSchedule(every_seconds=every)

    wait = schedule.wait_seconds(age_seconds=age, polled=True, random=random)

    assert min(8.0, every) <= wait <= max(every, 17, 8) * 1.2


@pytest.mark.parametrize(
    ("misses", "seconds"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 30), (6, 30), (500, 30)]
)
def test_misses_in_a_row_wait_longer(misses: int, seconds: float) -> None:
    """Doubling, up to half a minute; a fifth more at the most."""
    random = Random(0)  # noqa: S311 (jitter)

    wait = DEFAULT.wait_after_miss_seconds(misses=misses, asked_seconds=None, random=random)

    assert seconds <= wait <= seconds * 1.2


@given(misses=st.integers(1, 50), asked=st.floats(0, 10_000), random=chances)
def test_retry_after_is_a_floor_for_polls_too(misses: int, asked: float, random: Random) -> None:
    """Chance only lengthens it."""
    wait = DEFAULT.wait_after_miss_seconds(misses=misses, asked_seconds=asked, random=random)

    assert asked <= wait <= max(asked, 30) * 1.2


@pytest.mark.parametrize(("age", "overdue"), [(0, False), (1799.999, False), (1800, True), (9999, True)])
def test_a_task_is_overdue_at_its_deadline(age: float, overdue: bool) -> None:
    """Half an hour: then the next run collects it."""
    assert DEFAULT.is_overdue(age) is overdue


@example(first=0.0, began=1657.2677446693208, misses=1, random=Random(0))  # noqa: S311 (jitter)
@given(
    first=st.floats(0.0, 1799.0), began=st.floats(0.0, 1e7), misses=st.integers(1, 30), random=st.randoms()
)
def test_a_wait_until_the_deadline_always_reaches_it(
    first: float, began: float, misses: int, random: Random
) -> None:
    """Whatever is lost in rounding: a task that is late by the schedule's waits is late by its age, too."""
    now = began
    for _ in range(3):
        age = first + now - began
        if not DEFAULT.is_overdue(age):
            left = DEFAULT.deadline_seconds - age
            asked = 86_400.0
            now += DEFAULT.wait_after_miss_seconds(
                misses=misses, asked_seconds=asked, random=random, left_seconds=left
            )

    assert DEFAULT.is_overdue(first + now - began)
