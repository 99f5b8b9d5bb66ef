"""One night in virtual time: the engine as shipped, a simulated vendor in-process, and a store that keeps no clips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from starlette.types import ASGIApp

from hailuo.plan.plan import Plan
from hailuo.plan.prepare import PreparedCampaign
from hailuo.run.events import Observer, RunReport, no_observer
from hailuo.run.session import open_session
from hailuo.run.tools import Connections
from hailuo.settings import Settings
from hailuo.simulator import Invoice, Simulator, SimulatorOptions, SimulatorTransport, Trace
from hailuo.store.port import Entry
from hailuo.testing import MemoryStore, VirtualClock
from hailuo.vendor import VideoClient

BASE_URL: Final = "http://127.0.0.1:9"
"""Never connected to: the simulator answers in this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedRun:
    """What a run in virtual time left. `began` is its start in the vendor's seconds, as in the trace."""

    plan: Plan
    report: RunReport
    trace: Trace
    invoice: Invoice
    began: float
    seconds: float


class ClipfreeStore(MemoryStore):
    """A store in memory that keeps of each clip its hash and length alone: ten thousand clips fit anywhere."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self._lengths: dict[str, int] = {}

    async def put_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> None:
        self._lengths[key] = path.stat().st_size  # noqa: ASYNC240 (a small file, in virtual time)
        await self.put(key, sha256.encode(), content_type=content_type)

    async def create_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> bool:
        del content_type
        self._lengths[key] = path.stat().st_size  # noqa: ASYNC240 (a small file, in virtual time)
        return await self.create(key, sha256.encode())

    async def listing(self, prefix: str) -> Sequence[Entry]:
        return [
            Entry(entry.key, self._lengths.get(entry.key, entry.bytes), entry.modified_at)
            for entry in await super().listing(prefix)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """A campaign to be run, and the vendor that it meets, whose last refresh was `tick_seconds_ago`."""

    prepared: PreparedCampaign
    settings: Settings
    vendor: SimulatorOptions
    tick_seconds_ago: float = 0.0


def play(
    staging: Staging,
    *,
    clock: VirtualClock,
    observe: Observer = no_observer,
    wrap: Callable[[ASGIApp], ASGIApp] = lambda app: app,
) -> PlayedRun:
    """Run the campaign to its end in virtual time; `wrap` may watch the vendor's application.

    Raises: AdmissionError where the run is refused.
    """
    trace = Trace()
    simulator = Simulator(staging.vendor, clock=clock, trace=trace)
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
    connections = Connections(store=ClipfreeStore(clock), client=client)
    opened = open_session(staging.prepared, staging.settings, clock=clock, connections=connections)
    async with client, opened as session:
        plan = await session.plan()
        return plan, await session.run(plan, observe=observe)
