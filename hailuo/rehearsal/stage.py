"""One night in virtual time: the engine as shipped, a simulated vendor in-process, and a store that keeps no clips."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom
from typing import Final

from pydantic import SecretStr
from starlette.types import ASGIApp

from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan
from hailuo.plan.prepare import PreparedCampaign
from hailuo.rehearsal.store import ClipfreeStore
from hailuo.run.events import Observer, RunReport, no_observer
from hailuo.run.pace import HoldObserver, no_hold_observer
from hailuo.run.session import open_session
from hailuo.run.tools import Connections
from hailuo.settings import Settings
from hailuo.simulator import AnyFrame, Invoice, Simulator, SimulatorOptions, SimulatorTransport, Trace
from hailuo.store import Store
from hailuo.testing import VirtualClock
from hailuo.vendor import VideoClient

BASE_URL: Final = "http://127.0.0.1:9"
"""Never connected to: the simulator answers in this process."""

_VENDOR_BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_HERE: Final = frozenset({JobState.NEW, JobState.STORED, JobState.REFUSED, JobState.FAILED})
"""States of a job of which nothing is at the real vendor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedRun:
    """What a run in virtual time left. `began` is its start in the vendor's seconds, as in the trace."""

    plan: Plan
    report: RunReport
    trace: Trace
    invoice: Invoice
    began: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """A campaign to be run, and the vendor that it meets, whose last refresh was `tick_seconds_ago`.

    `store` is an empty one unless given. `random` gives the run's jitter; `held` hears of its waits for limits.
    """

    prepared: PreparedCampaign
    settings: Settings
    vendor: SimulatorOptions
    tick_seconds_ago: float = 0.0
    store: Store | None = None
    random: Random = field(default_factory=SystemRandom)
    held: HoldObserver = no_hold_observer


@dataclass(frozen=True, slots=True)
class _VendorClock:
    """The vendor's own clock: its dates, and so its task ids, are the same whenever the night is played."""

    clock: VirtualClock

    def now(self) -> datetime:
        return _VENDOR_BEGAN + timedelta(seconds=self.clock.monotonic())

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)


def play(
    staging: Staging,
    *,
    clock: VirtualClock,
    observe: Observer = no_observer,
    wrap: Callable[[ASGIApp], ASGIApp] = lambda app: app,
) -> PlayedRun:
    """Run the campaign to its end in virtual time; `wrap` may watch the vendor's application.

    What is at the real vendor already is left alone. Raises: AdmissionError where the run is refused.
    """
    trace = Trace()
    simulator = Simulator(staging.vendor, clock=_VendorClock(clock), trace=trace, frames=AnyFrame())
    clock.advance(staging.tick_seconds_ago)
    client = VideoClient(
        base_url=BASE_URL,
        key=SecretStr("sk-simulated"),
        transport=SimulatorTransport(wrap(simulator.app)),
    )
    began = clock.monotonic()
    plan, report = clock.run(_play(staging, client, clock, observe))
    return PlayedRun(
        plan=plan,
        report=report,
        trace=trace,
        invoice=simulator.invoice(),
        began=staging.tick_seconds_ago,
        seconds=clock.monotonic() - began,
    )


async def _play(
    staging: Staging, client: VideoClient, clock: VirtualClock, observe: Observer
) -> tuple[Plan, RunReport]:
    store = staging.store or ClipfreeStore(clock)
    connections = Connections(store=store, client=client, random=staging.random, held=staging.held)
    opened = open_session(staging.prepared, staging.settings, clock=clock, connections=connections)
    async with client, opened as session:
        plan = await session.plan()
        await session.admit(plan)
        here = replace(
            plan, jobs=tuple(planned for planned in plan.jobs if planned.state in _HERE), orphaned_jobs=()
        )
        return plan, await session.runner(here, observe=observe).run()
