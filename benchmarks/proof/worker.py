"""A worker process: a run on a quick clock, whose store and vendor connections may end it.

It tells the driver three things through a pipe, and nothing else: what its plan found (`Found`), that it
has begun to drive, and how it ended.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import httpx

from benchmarks.proof.assignment import Assignment, Killing, Step, step_after, step_before
from hailuo.clock import RehearsalClock, SystemClock
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.events import Event, EventKind, Observer
from hailuo.run.session import open_session
from hailuo.run.tools import Connections
from hailuo.settings import Settings
from hailuo.store.open import open_store
from hailuo.testing import WatchedStore, WatchedTransport
from hailuo.vendor import VideoClient


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


Message = Found | Driving | Happened | Ended


def work(assignment: Assignment, pipe: "Connection[Message, object]") -> None:
    """The whole life of a worker process, if it is allowed to end."""
    os.environ.update(assignment.place.environment)  # noqa: TID251 (boto3 reads its endpoint and keys there)
    sys.exit(asyncio.run(_drive(assignment, pipe.send)))


async def _drive(assignment: Assignment, send: Callable[[Message], None]) -> int:
    clock, settings = RehearsalClock(assignment.speed), assignment.settings
    request = CampaignRequest(path=assignment.campaign, at=clock.now())
    prepared = prepare(request, settings)
    async with (
        _connected(settings, Steps(assignment.killing, send)) as connections,
        open_session(prepared, settings, clock=clock, connections=connections) as session,
    ):
        plan = await session.plan()
        found = Found(to_buy=len(plan.to_buy), to_collect=len(plan.to_collect))
        send(found)
        if found.is_finished:
            return 0
        await session.admit(plan)
        send(Driving())
        report = await session.runner(plan, observe=_observer(send, assignment.most_events)).run()
    send(Ended(report.exit_code, report.stopped))
    return report.exit_code


@asynccontextmanager
async def _connected(settings: Settings, steps: "Steps") -> AsyncIterator[Connections]:
    """Store and vendor of the settings, with every effect on them announced to `steps`."""
    if settings.api_key is None:
        raise ValueError("a worker needs the vendor's key")
    sockets = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=None, max_keepalive_connections=0))
    transport = WatchedTransport(sockets, steps)
    async with VideoClient(base_url=settings.base_url, key=settings.api_key, transport=transport) as client:
        yield Connections(store=WatchedStore(open_store(settings), steps), client=client)


class Steps:
    """Tells every step that a run passes, and kills the process at one of them."""

    def __init__(self, killing: Killing | None, send: Callable[[Message], None]) -> None:
        self._killing = killing
        self._send = send
        self._passed: Counter[Step] = Counter()
        self._clock = SystemClock()

    async def before(self, effect: str) -> None:
        self._pass(step_before(effect))

    async def after(self, effect: str) -> None:
        self._pass(step_after(effect))

    def _pass(self, step: Step | None) -> None:
        if step is None:
            return
        self._passed[step] += 1
        if self._killing == Killing(step=step, passing=self._passed[step]):
            os.kill(os.getpid(), signal.SIGKILL)
        self._send(Happened(step, self._clock.monotonic()))


def _observer(send: Callable[[Message], None], most: int | None) -> Observer:
    clock = SystemClock()
    left = most

    def observe(event: Event) -> None:
        nonlocal left
        if event.kind in {EventKind.SUBMITTED, EventKind.STORED}:
            send(Happened(event.kind, clock.monotonic()))
            left = None if left is None else left - 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return observe
