"""Whatever the store does once a submit was accepted, the task id is in the ledger, or in an alarm that names it.

And a store that is slow before the submit costs a few attempts, and no POST.
"""

from collections.abc import Callable

import pytest

from hailuo.errors import LedgerError, MissingKeyError, StoreUnavailableError, UnsafeStoreError
from hailuo.ledger.facts import JobState
from hailuo.ledger.ledger import HORIZON
from hailuo.run.events import Event, EventKind, RunReport
from hailuo.run.runner import Runner
from hailuo.simulator import SimulatorTransport
from hailuo.testing import MemoryStore, WatchedStore, WatchedTransport
from tests.support.worlds import World

MakeWorld = Callable[..., World]
ERRORS = [StoreUnavailableError, MissingKeyError, UnsafeStoreError, LedgerError, RuntimeError]


class FailingEffects:
    """The effect number `number` (from 1) on claims and facts after the POST raises, before or after it takes place.

    With `for_good`, all later ones too.
    """

    def __init__(self, number: int, error: type[Exception], *, takes_place: bool, for_good: bool) -> None:
        self.failed = 0
        self._number, self._error = number, error
        self._takes_place, self._for_good = takes_place, for_good
        self._posted, self._seen = False, 0

    async def before(self, effect: str) -> None:
        if self._posted and _is_about_tasks(effect):
            self._seen += 1
            if not self._takes_place:
                self._fail()

    async def after(self, effect: str) -> None:
        if effect.startswith("POST"):
            self._posted = True
        elif self._posted and self._takes_place and _is_about_tasks(effect):
            self._fail()

    def _fail(self) -> None:
        if self._seen == self._number or (self._for_good and self._seen > self._number):
            self.failed += 1
            raise self._error("the store failed")


def _is_about_tasks(effect: str) -> bool:
    return "/ledger/v1/" in effect or " tasks/v1/" in effect


def run(world: World, effects: FailingEffects) -> tuple[MemoryStore, RunReport, list[Event]]:
    """One run with these effects. Gives the store itself, as the next process sees it."""
    store, events = world.store, list[Event]()
    assert isinstance(store, MemoryStore)
    world.store = WatchedStore(store, effects)
    world.wire = lambda: WatchedTransport(SimulatorTransport(world.simulator.app), effects)
    world.observe = events.append
    report = world.run()
    world.store, world.wire = store, None
    return store, report, events


def recorded_in(world: World, task_id: str) -> bool:
    """Whether a fact of the ledger names the task."""

    async def look() -> bool:
        keys = [entry.key for entry in await world.store.listing("") if "/ledger/v1/" in entry.key]
        return any([task_id.encode() in await world.store.read(key) for key in keys])

    return world.clock.run(look())


@pytest.mark.slow
@pytest.mark.parametrize("takes_place", [True, False], ids=["answer lost", "not written"])
@pytest.mark.parametrize("error", ERRORS)
def test_the_task_is_in_the_ledger_whatever_fails_once(
    make_world: MakeWorld, error: type[Exception], takes_place: bool
) -> None:
    """One effect of the claim or the outcome fails; the others do not."""
    for number in range(1, 4):
        world = make_world(jobs=1)
        effects = FailingEffects(number, error, takes_place=takes_place, for_good=False)
        run(world, effects)

        (line,) = world.simulator.invoice().lines
        assert effects.failed == 1
        assert recorded_in(world, line.task_id), number


@pytest.mark.slow
@pytest.mark.parametrize("takes_place", [True, False], ids=["answer lost", "not written"])
@pytest.mark.parametrize("error", ERRORS)
def test_the_task_is_in_the_ledger_or_in_an_alarm_when_the_store_is_away_for_good(
    make_world: MakeWorld, error: type[Exception], takes_place: bool
) -> None:
    """From the claim on, or from the outcome on: what no record has, a person reads."""
    for number in (1, 2):
        world = make_world(jobs=1)
        effects = FailingEffects(number, error, takes_place=takes_place, for_good=True)
        _, _, events = run(world, effects)

        (line,) = world.simulator.invoice().lines
        alarms = [event.text for event in events if event.kind is EventKind.ALARM]
        assert recorded_in(world, line.task_id) or any(line.task_id in text for text in alarms), number


def test_an_interrupted_run_names_the_task_that_it_could_not_record(make_world: MakeWorld) -> None:
    """The store is away, and the run waits for it no longer."""
    world = make_world(jobs=1)
    effects = FailingEffects(1, StoreUnavailableError, takes_place=False, for_good=True)
    store, events = world.store, list[Event]()
    world.store = WatchedStore(store, effects)
    world.wire = lambda: WatchedTransport(SimulatorTransport(world.simulator.app), effects)
    world.observe = events.append

    async def soon(runner: Runner) -> None:
        while not effects.failed:
            await world.clock.sleep(1)
        runner.interrupt("Ctrl-C")

    world.run(during=soon)

    (line,) = world.simulator.invoice().lines
    (alarm,) = [event.text for event in events if event.kind is EventKind.ALARM]
    assert f"accepted it as task {line.task_id}" in alarm


def test_a_submit_whose_claim_cannot_be_read_is_held_and_named(make_world: MakeWorld) -> None:
    """Whose the task is, is not known: it is held, and the doubt has its id."""
    world = make_world(jobs=1)

    class Damaged(MemoryStore):
        async def create(self, key: str, content: bytes) -> bool:
            if key.startswith("tasks/"):
                content = b"{"
                await super().create(key, content)
                return False
            return await super().create(key, content)

    world.store = Damaged(world.clock)
    report = world.run()

    (line,), (ending,) = world.simulator.invoice().lines, report.endings
    assert ending.state is JobState.UNKNOWN
    assert f"answered this submit with task {line.task_id}" in (ending.reason or "")
    world.clock.advance(HORIZON.total_seconds())
    assert [e.state for e in world.run().endings] == [JobState.UNKNOWN]
    assert len(world.simulator.invoice().lines) == 1


class SlowIntents:
    """Each of the first `times` intents takes 40 s; outcomes fail as often as `fails` says."""

    def __init__(self, world: World, *, times: float, fails: int = 0) -> None:
        self.intents = 0
        self._world, self._times, self._fails = world, times, fails

    async def before(self, effect: str) -> None:
        if effect.endswith("/outcome") and self._fails:
            self._fails -= 1
            raise StoreUnavailableError("the store failed")

    async def after(self, effect: str) -> None:
        if effect.startswith("create") and effect.endswith("/intent"):
            self.intents += 1
            if self.intents <= self._times:
                await self._world.clock.sleep(40)


def test_a_store_that_is_always_slow_is_tried_a_few_times_with_pauses(make_world: MakeWorld) -> None:
    """Nothing is sent; the job is left to the next run, which buys it."""
    world = make_world(jobs=1)
    store, effects = world.store, SlowIntents(world, times=float("inf"))
    world.store = WatchedStore(store, effects)

    report = world.run()

    (ending,) = report.endings
    assert (ending.state, ending.cause, effects.intents) == (JobState.NEW, "store", 4)
    assert "its record took longer than 30 s, 4 times; nothing was charged" in (ending.reason or "")
    assert world.clock.seconds > 4 * 40 + 15 + 30 + 60
    assert world.simulator.invoice().lines == ()
    world.store = store
    assert [e.state for e in world.run().endings] == [JobState.STORED]


def test_an_outage_while_an_unsent_attempt_is_closed_ends_no_job(make_world: MakeWorld) -> None:
    """The record that nothing was sent is repeated as every other is."""
    world = make_world(jobs=1)
    world.store = WatchedStore(world.store, SlowIntents(world, times=1, fails=2))

    assert [e.state for e in world.run().endings] == [JobState.STORED]
    assert len(world.simulator.invoice().lines) == 1
