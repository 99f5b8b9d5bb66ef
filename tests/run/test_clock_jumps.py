"""Clocks that jump, stop or are wrong: no late POST, no clip given up too early, no run delayed by a day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from hailuo.clock import Stopwatch
from hailuo.ledger.facts import JobState, Unsent
from hailuo.run.events import Progress
from hailuo.run.lanes import Turn
from hailuo.run.runner import Runner
from hailuo.run.shards import ShardNote, ShardNotes
from hailuo.simulator import FaultName, FaultPlan, ScriptedFault, SimulatorTransport
from hailuo.store import Store
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock, WatchedStore
from hailuo.vendor import VideoClient
from tests.support.factories import WrongClock
from tests.support.worlds import BASE_URL, granted

NIGHT = timedelta(hours=8)
JOBS = 3


class SleepingClock(VirtualClock):
    """A machine's clock. While the machine sleeps, its wall time goes on and its monotonic time stops."""

    def __init__(self) -> None:
        super().__init__()
        self.slept = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.slept


class After:
    """Does something once, after the first effect whose name ends so."""

    def __init__(self, ending: str, act: Callable[[], None]) -> None:
        self._ending, self._act, self._done = ending, act, False

    async def before(self, effect: str) -> None:
        """Nothing."""

    async def after(self, effect: str) -> None:
        if effect.endswith(self._ending) and not self._done:
            self._done = True
            self._act()


class Offline(httpx.AsyncBaseTransport):
    """The vendor, while the network is away for so many of the next requests."""

    def __init__(self, vendor: httpx.AsyncBaseTransport) -> None:
        self._vendor = vendor
        self.for_requests = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.for_requests:
            self.for_requests -= 1
            raise httpx.ConnectError("no route to host", request=request)
        return await self._vendor.handle_async_request(request)


class RightTime(WatchedStore):
    """The store of a wrong clock, seen by a reader whose clock is right."""

    def __init__(self, store: Store, clock: VirtualClock) -> None:
        super().__init__(store, After("nothing", lambda: None))
        self._clock = clock

    async def now(self) -> datetime:
        return self._clock.now()


NOTE = ShardNote(
    number=1,
    at=datetime(2026, 11, 22, 22, tzinfo=UTC),
    progress=Progress(
        jobs=1, stored=0, in_flight=1, queued=0, ended=0, spent_usd=Decimal(0), reserved_usd=Decimal(0)
    ),
)


@pytest.fixture
def world(make_world):
    world = make_world(jobs=JOBS)
    world.clock = SleepingClock()
    world.__post_init__()
    return world


def run(world, scratch: Path, *, store=None, ledger=None, transport=None):
    async def go():
        world.store = store or world.store
        own = ledger or world.ledger()
        plan = await world.plan(own)
        vendor = transport or SimulatorTransport(world.simulator.app)
        async with VideoClient(base_url=BASE_URL, key=SecretStr("sk-test"), transport=vendor) as client:
            tools = world.tools(own, client, scratch)
            report = await Runner(plan, tools, spending=await granted(plan, tools)).run()
        return report, own

    return world.clock.run(go())


@pytest.mark.parametrize("what", ["the machine sleeps", "the machine is paused", "the clock is set forward"])
def test_a_worker_that_was_away_between_intent_and_post_does_not_send(world, tmp_path, what):
    """Its attempt is recorded as not sent; the job is bought once, by the next attempt."""
    stores_clock = SleepingClock()
    world.store = MemoryStore(WrongClock(world.clock, timedelta(0)))

    def away() -> None:
        if what != "the machine is paused":
            world.clock.slept += NIGHT
        stores_clock.slept += NIGHT

    class StoresTime(WatchedStore):
        async def now(self) -> datetime:
            here = VirtualClock.now(world.clock)
            return here + stores_clock.slept

    report, ledger = run(world, tmp_path, store=StoresTime(world.store, After("/a001/intent", away)))

    attempts = [record.attempts for record in ledger.records.values()]
    assert [ending.state for ending in report.endings] == [JobState.STORED] * JOBS
    assert sorted(len(tried) for tried in attempts) == [1, 1, 2]
    assert [type(tried[0].outcome) for tried in attempts if len(tried) == 2] == [Unsent]
    assert len(world.simulator.invoice().lines) == JOBS


@pytest.mark.parametrize(("hours", "bought"), [(22, JOBS), (24, 1)])
def test_a_run_that_slept_longer_than_its_grant_buys_nothing_more(world, tmp_path, hours, bought):
    """Others may count on what it did not buy in time; what it bought is still collected."""

    def asleep() -> None:
        world.clock.slept += timedelta(hours=hours)

    report, _ = run(world, tmp_path, store=WatchedStore(world.store, After("/a001/outcome", asleep)))

    states = [ending.state for ending in report.endings]
    assert states.count(JobState.STORED) == len(world.simulator.invoice().lines) == bought
    assert ("grant expired" in (report.stopped or "")) == (bought < JOBS)


def test_a_stopwatch_counts_sleep_and_never_runs_back():
    """Whichever clock saw more time is right: the wall saw the sleep, and only it can be set back."""
    clock = SleepingClock()
    watch, aged = Stopwatch(clock), Stopwatch(clock, started_seconds_ago=60)

    clock.advance(10)
    clock.slept -= timedelta(days=1)
    set_back = watch.seconds
    clock.slept += timedelta(days=1) + NIGHT

    assert set_back == 10
    assert watch.seconds == 10 + NIGHT.total_seconds()
    assert aged.seconds == watch.seconds + 60


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_after_a_sleep_the_clips_in_flight_are_asked_for_before_they_are_given_up(world, tmp_path, lost):
    """Also where the network comes back later than the machine."""
    offline = Offline(SimulatorTransport(world.simulator.app))

    def wake() -> None:
        world.clock.slept += NIGHT
        offline.for_requests = lost

    world.store = WatchedStore(world.store, After("/a001/outcome", wake))

    report, _ = run(world, tmp_path, transport=offline)

    states = [ending.state for ending in report.endings]
    assert states == [JobState.STORED] * JOBS, [ending.reason for ending in report.endings]


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=-1)], ids=["ahead", "behind"])
@pytest.mark.parametrize("stuck", [False, True], ids=["done in time", "stuck"])
def test_a_dead_workers_wrong_clock_delays_nobody(make_world, tmp_path, ahead, stuck):
    """What it submitted is collected as if its clock had been right; what never ends is left after the deadline."""
    faults = FaultPlan(script=(ScriptedFault(fault=FaultName.STUCK, times=JOBS),) if stuck else ())
    world = make_world(jobs=JOBS, faults=faults)
    wrong = WrongClock(world.clock, ahead)

    async def submit() -> None:
        ledger = world.ledger("dead")
        ledger._clock = wrong
        plan = await world.plan(ledger)
        async with world.client() as client:
            tools = world.tools(ledger, client, tmp_path)
            runner = Runner(plan, replace(tools, clock=wrong), spending=await granted(plan, tools))
            for planned in plan.to_buy:
                await runner._orders.place(planned.priced, turn=Turn((0,)))

    world.clock.run(submit())
    began = world.clock.seconds

    report, _ = run(world, tmp_path)

    wanted = JobState.SUBMITTED if stuck else JobState.STORED
    assert [ending.state for ending in report.endings] == [wanted] * JOBS
    assert world.clock.seconds - began < 2400
    assert not stuck or world.clock.seconds - began >= 1700


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(0), timedelta(days=-1)])
def test_a_dead_shards_wrong_clock_does_not_make_it_seem_alive(ahead):
    """A note that has not changed for three minutes is silent, whatever time it bears."""
    clock = VirtualClock()
    store = MemoryStore(WrongClock(clock, ahead))
    edition = Edition("shoe", "main")

    async def look() -> list[frozenset[int]]:
        await ShardNotes(store, clock, edition, run="run").write(NOTE)
        reader = ShardNotes(RightTime(store, clock), clock, edition, run="run")
        found = [await reader.silent()]
        for _ in range(20):
            await clock.sleep(10)
            found.append(await reader.silent())
        return found

    first, *_, last = clock.run(look())

    assert first == (frozenset({1}) if ahead < timedelta(0) else frozenset())
    assert last == {1}


def test_a_damaged_note_of_a_shard_is_named_and_replaced():
    """The lead goes on; the shard's next note takes its place."""
    clock = VirtualClock()
    store = MemoryStore(clock)
    notes = ShardNotes(store, clock, Edition("shoe", "main"), run="run")

    async def look():
        await notes.write(NOTE)
        (entry,) = await store.listing("")
        await store.put(entry.key, b"{half", content_type="application/json")
        damaged = await notes.read(1)
        await notes.write(NOTE)
        return entry.key, damaged, await notes.read(1)

    key, damaged, mended = clock.run(look())

    assert str(damaged).startswith(f"{key}: is no note of a shard: it is damaged")
    assert mended == NOTE
