"""What was submitted before is not sent again, and asked for only where it was bought."""

import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from hailuo.errors import ExitCode
from hailuo.ledger.facts import JobState, Submitted
from hailuo.ledger.ledger import Ledger
from hailuo.plan.plan import Plan
from hailuo.run.events import RunReport
from hailuo.run.runner import Runner
from hailuo.simulator import Call, FaultName, FaultPlan, ScriptedFault, SimulatorTransport
from hailuo.testing import WatchedTransport
from tests.support.worlds import World, granted

MakeWorld = Callable[..., World]


async def driven(world: World, plan: Plan, ledger: Ledger) -> RunReport:
    with tempfile.TemporaryDirectory() as scratch:
        async with world.client() as client:
            tools = world.tools(ledger, client, Path(scratch))
            return await Runner(plan, tools, spending=await granted(plan, tools)).run()


def test_an_intent_that_another_run_took_is_not_sent(make_world: MakeWorld) -> None:
    """Its plan still says that every job is to be bought; each intent shows that it is not."""
    world = make_world(jobs=3)
    late = world.ledger("late")
    plan = world.clock.run(world.plan(late))
    world.run()

    report = world.clock.run(driven(world, plan, late))

    assert report.exit_code is ExitCode.COMPLETE
    assert world.simulator.invoice().calls[Call.SUBMITS] == 3


def test_a_task_is_asked_for_only_where_it_was_bought(make_world: MakeWorld) -> None:
    """Another vendor may have a task of that name, with another clip."""
    world, elsewhere = make_world(jobs=1), "https://api.elsewhere.example"
    (job,), ledger = world.jobs, world.ledger("earlier")
    right = {"request_sha256": "5e" * 32, "base_url": elsewhere}
    world.clock.run(ledger.intend(job, price_usd=Decimal("0.10"), **right))
    task = Submitted(at=world.clock.now(), task_id="task_1", base_url=elsewhere)
    world.clock.run(ledger.close(job.creative_id, task))

    (ending,) = world.run().endings

    assert ending.state is JobState.SUBMITTED
    assert f"was bought at {elsewhere}; set IMAROUTER_BASE_URL to it" in (ending.reason or "")
    assert world.simulator.invoice().calls.get(Call.STATUSES, 0) == 0


def test_a_submit_without_a_clear_answer_is_never_sent_again(make_world: MakeWorld) -> None:
    """The vendor charged, and a 502 came back: the job is unknown, in this run and in every later one."""
    world = make_world(jobs=1, faults=FaultPlan(script=(ScriptedFault(fault=FaultName.CHARGED_THEN_502),)))

    endings = [world.run().endings[0] for _ in range(3)]

    assert [ending.state for ending in endings] == [JobState.UNKNOWN] * 3
    assert world.simulator.invoice().calls[Call.SUBMITS] == 1


class IntentsAtSubmits:
    """How many intents the store has when each submit leaves."""

    def __init__(self, world: World) -> None:
        self.counts: list[int] = []
        self._world = world

    async def before(self, effect: str) -> None:
        if effect.startswith("POST"):
            listed = await self._world.store.listing("")
            self.counts.append(sum(entry.key.endswith("/intent") for entry in listed))

    async def after(self, effect: str) -> None:
        """Nothing."""


def test_no_submit_leaves_before_its_intent_is_on_record(make_world: MakeWorld) -> None:
    """A crash just after a submit then leaves an unknown job, and not one that is bought again."""
    world = make_world(jobs=4)
    seen = IntentsAtSubmits(world)
    world.wire = lambda: WatchedTransport(SimulatorTransport(world.simulator.app), seen)

    world.run()

    assert len(seen.counts) == 4
    assert all(intents >= submits for submits, intents in enumerate(seen.counts, start=1))
