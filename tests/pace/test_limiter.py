"""One gate for every submit of a run: never too many a minute, never too many at once, first come, first served."""

import asyncio
from dataclasses import dataclass, field
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.run.pace import Aimd, Limiter
from hailuo.testing import VirtualClock


class NoChance(Random):
    """Draws the same number every time."""

    def __init__(self, drawn: float) -> None:
        super().__init__()
        self._drawn = drawn

    def random(self) -> float:
        return self._drawn


def make_limiter(
    clock: VirtualClock, *, submits_per_minute: float = 60, in_flight: int = 100, random: Random | None = None
) -> Limiter:
    return Limiter(
        submits_per_minute=submits_per_minute,
        in_flight=in_flight,
        clock=clock,
        random=random or NoChance(0.0),
    )


@dataclass(frozen=True)
class Visit:
    """One job: when it comes, how long its task takes, and what the vendor says to its submit."""

    comes_after: float
    holds: float
    busy: bool
    retry_after: float | None


@dataclass
class Seen:
    """What went through the gate."""

    starts: list[float] = field(default_factory=list)
    in_flight: list[int] = field(default_factory=list)


visits = st.lists(
    st.builds(
        Visit,
        comes_after=st.floats(0, 120),
        holds=st.floats(0, 300),
        busy=st.sampled_from([False, False, False, True]),
        retry_after=st.none() | st.floats(0, 100),
    ),
    min_size=2,
    max_size=25,
)
rates = st.floats(0.5, 120)
rooms = st.integers(1, 8)


def _let_through(visits: list[Visit], rate: float, room: int, seed: int) -> Seen:
    """Send them all through one gate, in virtual time."""
    clock = VirtualClock()
    gate = make_limiter(clock, submits_per_minute=rate, in_flight=room, random=Random(seed))  # noqa: S311 (jitter)
    seen = Seen()

    async def visit(job: Visit) -> None:
        await clock.sleep(job.comes_after)
        await gate.turn()
        seen.starts.append(clock.monotonic())
        seen.in_flight.append(gate.in_flight)
        if job.busy:
            gate.slow_down(job.retry_after)
        else:
            gate.accepted()
            await clock.sleep(job.holds)
        gate.leave()

    async def everybody() -> None:
        await asyncio.gather(*map(visit, visits))

    clock.run(everybody())
    return seen


@given(visits=visits, rate=rates, room=rooms, seed=st.integers(0, 9))
def test_no_window_holds_more_starts_than_promised(
    visits: list[Visit], rate: float, room: int, seed: int
) -> None:
    """In any window of w seconds at most rate * w / 60 + 1 submits start, whatever the vendor answers."""
    starts = _let_through(visits, rate, room, seed).starts

    ends = combinations(range(len(starts)), 2)
    assert all(j - i + 1 <= rate * (starts[j] - starts[i]) / 60 + 1 + 1e-6 for i, j in ends)


@given(visits=visits, rate=rates, room=rooms, seed=st.integers(0, 9))
def test_never_more_in_flight_than_there_is_room(
    visits: list[Visit], rate: float, room: int, seed: int
) -> None:
    """And everybody gets through in the end."""
    seen = _let_through(visits, rate, room, seed)

    assert max(seen.in_flight) <= room
    assert len(seen.starts) == len(visits)


def test_a_pace_of_five_a_minute() -> None:
    """The first goes at once, the others twelve seconds apart."""
    visits = [Visit(0, 0, False, None)] * 4

    assert _let_through(visits, 5, 8, 0).starts == pytest.approx([0, 12, 24, 36], rel=0.01)


def test_a_pause_saves_up_no_turns() -> None:
    """After a quiet hour the pace is the same: there is no burst."""
    visits = [Visit(0, 0, False, None)] + [Visit(3600, 0, False, None)] * 3

    assert _let_through(visits, 60, 8, 0).starts == pytest.approx([0, 3600, 3601, 3602], abs=0.02)


@pytest.mark.parametrize("room", [1, 3, 100])
def test_first_come_first_served(room: int) -> None:
    """Whether they wait for the pace or for room."""
    clock = VirtualClock()
    gate = make_limiter(clock, in_flight=room)
    served: list[int] = []

    async def visit(number: int) -> None:
        await gate.turn()
        served.append(number)
        await clock.sleep(90)
        gate.leave()

    async def everybody() -> None:
        await asyncio.gather(*map(visit, range(12)))

    clock.run(everybody())

    assert served == list(range(12))


def test_tasks_found_in_the_ledger_take_room() -> None:
    """What is at the vendor already counts."""
    clock = VirtualClock()
    gate = make_limiter(clock, in_flight=2)
    gate.occupy()
    gate.occupy()

    async def wait_for_room() -> float:
        waiting = asyncio.create_task(gate.turn())
        await clock.sleep(500)
        gate.leave()
        await waiting
        return clock.monotonic()

    assert clock.run(wait_for_room()) == 500
    assert gate.in_flight == 2


@pytest.mark.parametrize("waits_for", ["room", "pace"])
def test_a_cancelled_waiter_takes_nothing_with_it(waits_for: str) -> None:
    """Neither a place in flight nor the place in the queue: the next one goes."""
    clock = VirtualClock()
    gate = make_limiter(clock, submits_per_minute=1, in_flight={"room": 1, "pace": 9}[waits_for])

    async def story() -> None:
        await gate.turn()
        waiter, next_one = asyncio.create_task(gate.turn()), asyncio.create_task(gate.turn())
        await clock.sleep(1)
        waiter.cancel()
        gate.leave()
        await next_one

    clock.run(story())

    assert gate.in_flight == 1
    assert clock.seconds == pytest.approx(60, rel=0.01)


def _pause_after(gate: Limiter, clock: VirtualClock, retry_after: float | None) -> float:
    """Seconds from a refusal to the next turn."""
    gate.slow_down(retry_after)
    before = clock.seconds
    clock.run(gate.turn())
    gate.leave()
    return clock.seconds - before


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [(None, 15), (0, 15), (7, 15), (30, 30), (1000, 1000), (90_000, 3600)]
)
def test_retry_after_is_a_floor(retry_after: float | None, seconds: float) -> None:
    """The vendor's wait or our own, whichever is longer; no answer stops a run for more than an hour."""
    clock = VirtualClock()

    assert _pause_after(make_limiter(clock), clock, retry_after) == pytest.approx(seconds)


@given(retry_after=st.none() | st.floats(0, 10_000), drawn=st.floats(0, 1, exclude_max=True))
def test_chance_only_lengthens_a_pause(retry_after: float | None, drawn: float) -> None:
    """By up to half: workers that were refused together do not come back together, nor too early."""
    clock = VirtualClock()
    floor = max(15.0, min(retry_after or 0.0, 3600.0))

    pause = _pause_after(make_limiter(clock, random=NoChance(drawn)), clock, retry_after)

    assert floor * 0.999999 <= pause <= floor * 1.500001


def test_refusals_in_a_row_wait_longer() -> None:
    """15, 30, then 60 seconds, and never more of our own will."""
    clock = VirtualClock()
    gate = make_limiter(clock, submits_per_minute=600)

    pauses = [_pause_after(gate, clock, None) for _ in range(5)]

    assert pauses == pytest.approx([15, 30, 60, 60, 60])


def test_a_refusal_holds_up_who_is_already_waiting() -> None:
    """Everybody slows down together."""
    clock = VirtualClock()
    gate = make_limiter(clock, submits_per_minute=60)

    async def story() -> None:
        await gate.turn()
        waiting = asyncio.create_task(gate.turn())
        await clock.sleep(0.5)
        gate.slow_down(40)
        await waiting

    clock.run(story())

    assert clock.seconds == pytest.approx(40.5)


def test_a_shorter_wait_does_not_cut_a_longer_one() -> None:
    """Eight answers to one burst come in any order."""
    clock = VirtualClock()
    gate = make_limiter(clock)
    gate.slow_down(300)

    assert _pause_after(gate, clock, 20) == pytest.approx(300)


def test_one_burst_is_one_refusal() -> None:
    """Eight tasks in flight that are all told to slow down halve the pace once."""
    clock = VirtualClock()
    gate = make_limiter(clock, submits_per_minute=10)

    for _ in range(8):
        gate.slow_down(None)

    assert gate.submits_per_minute == 5


def test_the_next_refusal_halves_again_down_to_the_floor() -> None:
    """A run never stops by itself: every two minutes somebody asks."""
    clock = VirtualClock()
    gate = make_limiter(clock, submits_per_minute=10)

    paces = []
    for _ in range(7):
        gate.slow_down(None)
        paces.append(gate.submits_per_minute)
        clock.advance(200)

    assert paces == [5, 2.5, 1.25, 0.625, 0.5, 0.5, 0.5]


def test_a_pace_below_the_floor_stays() -> None:
    """Who asks for one submit in five minutes is not hurried by a refusal."""
    gate = make_limiter(VirtualClock(), submits_per_minute=0.2)

    gate.slow_down(None)

    assert gate.submits_per_minute == 0.2


def test_every_acceptance_recovers_a_step_up_to_the_ceiling() -> None:
    """A twentieth of the pace each; never beyond what the user allowed."""
    gate = make_limiter(VirtualClock(), submits_per_minute=10)
    gate.slow_down(None)

    paces = []
    for _ in range(12):
        gate.accepted()
        paces.append(gate.submits_per_minute)

    assert paces == pytest.approx([5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10, 10, 10])


def _most_in_flight(gate: Limiter, clock: VirtualClock) -> int:
    """How many of nine get in within ten minutes while nobody leaves."""

    async def crowd() -> int:
        waiting = [asyncio.create_task(gate.turn()) for _ in range(9)]
        await clock.sleep(600)
        count = gate.in_flight
        for task in waiting:
            task.cancel()
        return count

    return clock.run(crowd())


@pytest.mark.parametrize(("refusals", "room"), [(0, 8), (1, 4), (2, 2), (3, 1), (9, 1)])
def test_a_refusal_halves_the_room_too(refusals: int, room: int) -> None:
    """Down to one task at a time."""
    clock = VirtualClock()
    gate = make_limiter(clock, in_flight=8)
    for _ in range(refusals):
        gate.slow_down(None)
        clock.advance(200)

    assert _most_in_flight(gate, clock) == room


def test_room_that_grows_lets_the_next_one_in() -> None:
    """Who waits for room need not wait until somebody leaves: a clip takes minutes."""
    clock = VirtualClock()
    gate = make_limiter(clock, in_flight=2)
    gate.slow_down(None)

    async def story() -> None:
        await gate.turn()
        waiting = asyncio.create_task(gate.turn())
        await clock.sleep(100)
        for _ in range(4):
            gate.accepted()
        await asyncio.wait_for(waiting, timeout=60)

    clock.run(story())

    assert gate.in_flight == 2


def test_how_long_the_vendor_refuses_is_told() -> None:
    """From the first refusal in a row to the first acceptance."""
    clock = VirtualClock()
    gate = make_limiter(clock)
    told = [gate.refused_for_seconds]

    for _ in range(2):
        gate.slow_down(None)
        clock.advance(100)
        told.append(gate.refused_for_seconds)
    gate.accepted()
    clock.advance(100)
    told.append(gate.refused_for_seconds)

    assert told == [0, 100, 200, 0]


@given(value=st.floats(1, 100), steps=st.lists(st.booleans(), max_size=50), floor=st.floats(0.1, 1))
def test_a_limit_stays_within_its_bounds(value: float, steps: list[bool], floor: float) -> None:
    """Whatever comes, in whatever order."""
    limit = Aimd(value=value, floor=floor, ceiling=100, step=3)

    for grows in steps:
        limit = limit.grown() if grows else limit.cut()

    assert floor <= limit.value <= 100
