"""A run whose view of the ledger is older than another run's submits sends none of them again."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from hailuo.errors import ExitCode
from hailuo.ledger.ledger import Ledger
from hailuo.plan.plan import Plan
from hailuo.run.events import RunReport
from hailuo.run.runner import Runner
from hailuo.simulator import Call
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
