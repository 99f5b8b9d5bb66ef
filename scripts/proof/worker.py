"""A worker process: the library's own pipeline on a quick clock, with a listener that may end it.

It tells the driver three things through a pipe, and nothing else: what its plan found (`Found`), that it
has begun to drive, and how it ended.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

from hailuo.clock import RehearsalClock, SystemClock
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.events import Event, EventKind, Observer
from hailuo.run.session import open_session
from hailuo.run.steps import Reached, Step
from proof.assignment import Assignment, Killing


@dataclass(frozen=True, slots=True)
class Found:
    """What the plan of this process found: jobs to buy, and to collect."""

    to_buy: int
    to_collect: int

    @property
    def is_finished(self) -> bool:
        return not (self.to_buy or self.to_collect)


@dataclass(frozen=True, slots=True)
class Driving:
    """The plan is admitted; from here on money moves."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A step was passed, a job submitted or a clip stored, at this monotonic second of the machine."""

    what: Step | EventKind
    at_seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The run came to its own end. `stopped` says why it bought nothing more, if it did."""

    exit_code: int
    stopped: str | None


Told = Found | Driving | Happened | Ended


def work(assignment: Assignment, pipe: "Connection[Told, object]") -> None:
    """The whole life of a worker process, if it is allowed to end."""
    os.environ.update(assignment.place.environment)  # noqa: TID251 (boto3 reads its endpoint and keys there)
    sys.exit(asyncio.run(_drive(assignment, pipe.send)))


async def _drive(assignment: Assignment, tell: Callable[[Told], None]) -> int:
    clock, settings = RehearsalClock(assignment.speed), assignment.settings
    choice = CampaignRequest(path=assignment.campaign, at=clock.now())
    prepared = prepare(choice, settings)
    listener = _listener(assignment.killing, tell)
    async with open_session(prepared, settings, clock=clock, reached=listener) as session:
        plan = await session.plan()
        found = Found(to_buy=len(plan.to_buy), to_collect=len(plan.to_collect))
        tell(found)
        if found.is_finished:
            return 0
        await session.admit(plan)
        tell(Driving())
        report = await session.runner(plan, observe=_observer(tell)).run()
    tell(Ended(report.exit_code, report.stopped))
    return report.exit_code


def _listener(killing: Killing | None, tell: Callable[[Told], None]) -> Reached:
    passed: Counter[Step] = Counter()
    clock = SystemClock()

    def reached(step: Step) -> None:
        passed[step] += 1
        if killing and step is killing.step and passed[step] == killing.passing:
            os.kill(os.getpid(), signal.SIGKILL)
        tell(Happened(step, clock.monotonic()))

    return reached


def _observer(tell: Callable[[Told], None]) -> Observer:
    clock = SystemClock()

    def observe(event: Event) -> None:
        if event.kind in {EventKind.SUBMITTED, EventKind.STORED}:
            tell(Happened(event.kind, clock.monotonic()))

    return observe
