"""What a queue waited for, second by second."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.rehearsal.waits import Queue, united, uses_of
from hailuo.run.pace import Hold, LimitName

SPANS = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0, 20)).map(lambda s: (s[0], s[0] + s[1])), max_size=12
)
LIMITS = st.sampled_from([LimitName.IN_FLIGHT, LimitName.SUBMITS, LimitName.SLOWED])


def hold(limit: LimitName, since: float, until: float, of: str | None = None) -> Hold:
    return Hold(limit=limit, since=since, until=until, of=of)


@given(
    spans=SPANS,
    limits=st.lists(LIMITS, min_size=12, max_size=12),
    since=st.floats(0, 60),
    long=st.floats(0, 60),
)
def test_a_span_holds_no_more_waits_than_seconds(spans, limits, since, long):
    """However many waits overlap, each second counts for one limit at most."""
    queue = Queue(hold(limit, *span) for limit, span in zip(limits, spans, strict=False))

    waited = queue.between(since, since + long)

    assert all(seconds >= -1e-9 for seconds in waited.values())
    assert sum(waited.values()) <= long + 1e-9


@given(spans=SPANS, limits=st.lists(LIMITS, min_size=12, max_size=12), cut=st.floats(0, 120))
def test_two_parts_of_a_night_are_the_night(spans, limits, cut):
    """What was waited until a moment and after it is what was waited in all."""
    queue = Queue(hold(limit, *span) for limit, span in zip(limits, spans, strict=False))

    whole, before, after = queue.between(0, 200), queue.between(0, cut), queue.between(cut, 200)

    assert {limit: before[limit] + after[limit] for limit in whole} == pytest.approx(whole)


@given(spans=SPANS)
def test_united_spans_cover_the_same_seconds(spans):
    """In order, apart from each other, and none longer or shorter in all."""
    found = united(spans)

    assert all(before[1] < after[0] for before, after in itertools.pairwise(found))
    assert all(any(a <= since and until <= b for a, b in found) for since, until in spans)


def test_a_limit_of_a_family_is_its_own():
    """The account's limit and that of a family have a row each; jobs that wait alone share one."""
    holds = [
        hold(LimitName.IN_FLIGHT, 10, 20),
        hold(LimitName.IN_FLIGHT, 10, 40, "wan"),
        hold(LimitName.FIRST_JOBS, 0, 10, "0ABC"),
        hold(LimitName.FIRST_JOBS, 5, 12, "0DEF"),
    ]

    uses = uses_of(holds, families=["wan", "hailuo"], began=0, night=100)

    assert [(use.limit, use.of, use.seconds) for use in uses] == [
        (LimitName.IN_FLIGHT, "wan", 30),
        (LimitName.FIRST_JOBS, None, 12),
        (LimitName.IN_FLIGHT, None, 10),
    ]
