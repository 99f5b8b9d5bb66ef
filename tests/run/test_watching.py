"""Watching never breaks doing: whatever observes, shows or logs a run may fail, and the run goes on."""

import asyncio
import contextlib
import errno
import logging
import os
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from hailuo.ledger.facts import JobState
from hailuo.run.events import Event
from hailuo.run.runner import Runner
from hailuo.run.watching import watched_by
from tests.support.worlds import granted

JOBS = 6
TROUBLES = {
    "full disk": OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "reader left": BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)),
    "closed terminal": OSError(errno.EIO, os.strerror(errno.EIO)),
    "closed file": ValueError("I/O operation on closed file"),
    "defect": RuntimeError("a defect of the observer"),
    "odd text": UnicodeEncodeError("ascii", "ü", 0, 1, "ordinal not in range"),
}
trouble = pytest.mark.parametrize("error", TROUBLES.values(), ids=TROUBLES)


class FailingHandler(logging.Handler):
    """A handler that raises for every record, as one of another program may."""

    def __init__(self, error: Exception) -> None:
        super().__init__(logging.DEBUG)
        self._error = error

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != "asyncio":  # the loop is made before there is a run
            raise self._error


@pytest.fixture
def failing_log(error: Exception) -> Iterator[None]:
    """Everything that is logged to the last detail fails."""
    root, handler = logging.getLogger(), FailingHandler(error)  # noqa: TID251 (as any other program)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield
    root.removeHandler(handler)
    root.setLevel(level)


def run_watched(world, scratch: Path, *, observe=lambda _: None, display=contextlib.nullcontext):
    """One run, watched by these."""

    async def run():
        ledger = world.ledger()
        plan = await world.plan(ledger)
        async with world.client() as client:
            tools = world.tools(ledger, client, scratch)
            runner = Runner(plan, tools, observe=observe, spending=await granted(plan, tools))
            async with watched_by(display()):
                return await runner.run()

    return world.clock.run(run())


def assert_complete(world, report):
    assert [ending.state for ending in report.endings] == [JobState.STORED] * JOBS
    invoice = world.simulator.invoice()
    assert len(invoice.lines) == JOBS
    assert invoice.net_usd == JOBS * Decimal("0.10")


@trouble
def test_an_observer_that_raises_costs_nothing(make_world, tmp_path, error):
    """Every event raises; every clip is bought once and stored."""
    world = make_world(jobs=JOBS)

    def observe(event: Event) -> None:
        raise error

    assert_complete(world, run_watched(world, tmp_path, observe=observe))


@trouble
def test_a_log_that_raises_costs_nothing(make_world, tmp_path, failing_log):
    """Also what httpx logs between the vendor's answer and its record."""
    world = make_world(jobs=JOBS)

    assert_complete(world, run_watched(world, tmp_path))


@trouble
@pytest.mark.parametrize("when", ["opens", "is open", "closes"])
def test_a_display_that_raises_costs_nothing(make_world, tmp_path, error, when):
    """Bars of a terminal, artifacts of Prefect: whenever they fail, the run's result is returned."""
    world = make_world(jobs=JOBS)

    async def draw() -> None:
        if when == "is open":
            raise error

    @contextlib.asynccontextmanager
    async def display() -> AsyncIterator[None]:
        if when == "opens":
            raise error
        drawing = asyncio.create_task(draw())
        yield
        await drawing
        raise error

    assert_complete(world, run_watched(world, tmp_path, display=display))


def test_what_the_run_raises_is_raised():
    """A display hides no error of the block that it shows."""

    async def run() -> None:
        async with watched_by(contextlib.nullcontext()):
            raise LookupError("of the block")

    with pytest.raises(LookupError, match="of the block"):
        asyncio.run(run())
