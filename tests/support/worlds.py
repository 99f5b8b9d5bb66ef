"""A whole rehearsal in virtual time: a campaign, a store in memory, the simulator in-process."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import httpx
from pydantic import SecretStr

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.expand import expand
from hailuo.campaign.job import Job
from hailuo.campaign.model import Axis, Campaign, Grid, Level
from hailuo.errors import Place
from hailuo.ledger.ledger import Ledger
from hailuo.plan.plan import Plan, make_plan
from hailuo.run.events import Observer, RunReport, no_observer
from hailuo.run.pace import Limiter, PollSchedule
from hailuo.run.runner import Runner
from hailuo.run.spending import SpendingGrant
from hailuo.run.tools import Tools
from hailuo.settings import Settings
from hailuo.simulator import ClipDetail, FaultPlan, Simulator, SimulatorOptions, SimulatorTransport
from hailuo.store import Store
from hailuo.testing import MemoryStore, VirtualClock
from hailuo.vendor import VideoClient

T = TypeVar("T")
BASE_URL = "http://127.0.0.1:9"
HERE = Place("campaign.yaml", 1)


async def granted(plan: Plan, tools: Tools) -> SpendingGrant:
    """The grant of a run without caps, taken."""
    spending = SpendingGrant(tools, Settings(), run=tools.ledger.worker)
    assert await spending.take(plan) == []
    return spending


def campaign_of(jobs: int, *, prompts: str = "Perfume bottle") -> Campaign:
    """A campaign of so many jobs, each with a prompt of its own."""
    levels = tuple(
        Level(axis="prompt", label=f"p{n:03}", value=f"{prompts} number {n} on black stone", place=HERE)
        for n in range(jobs)
    )

    def one(axis: str, value: str | int) -> Axis:
        return Axis(name=axis, levels=(Level(axis=axis, label=str(value), value=value, place=HERE),))

    axes = (
        Axis(name="prompt", levels=levels),
        one("model", "MiniMax-Hailuo-02"),
        one("duration", 6),
        one("size", "512p"),
    )
    return Campaign(name="rehearsal", grids=(Grid(axes=axes),), place=HERE, budget_usd=Decimal(100))


@dataclass(kw_only=True)
class World:
    """One vendor, one store, one clock; runs come and go."""

    catalog: Catalog
    options: SimulatorOptions
    clock: VirtualClock = field(default_factory=VirtualClock)
    campaign: Campaign = field(default_factory=lambda: campaign_of(30))
    chosen: frozenset[str] | None = None
    wire: Callable[[], httpx.AsyncBaseTransport] | None = None
    client_options: Mapping[str, Any] = field(default_factory=dict)
    observe: Observer = no_observer
    frames: httpx.AsyncBaseTransport | None = None
    runs: int = 0

    def __post_init__(self) -> None:
        self.simulator = Simulator(self.options, clock=self.clock, frames=self.frames)
        self.store: Store = MemoryStore(self.clock)

    @property
    def jobs(self) -> tuple[Job, ...]:
        return expand(self.campaign, self.catalog).jobs

    def ledger(self, worker: str = "worker") -> Ledger:
        return Ledger(self.store, self.clock, self.campaign.this_edition, worker=worker)

    async def plan(self, ledger: Ledger) -> Plan:
        await ledger.load({job.creative_id for job in self.jobs})
        await ledger.check_clips()
        expansion = expand(self.campaign, self.catalog)
        return make_plan(self.campaign, expansion, ledger, self.catalog, chosen=self.chosen)

    def run(self, *, during: Callable[[Runner], Coroutine[None, None, None]] | None = None) -> RunReport:
        """One run of the campaign, from a fresh process's point of view, to its end in virtual time."""
        return self.clock.run(self._run(during))

    async def _run(self, during: Callable[[Runner], Coroutine[None, None, None]] | None) -> RunReport:
        self.runs += 1
        ledger = self.ledger(f"worker{self.runs}")
        plan = await self.plan(ledger)
        with tempfile.TemporaryDirectory() as scratch:
            async with self.client() as client:
                tools = self.tools(ledger, client, Path(scratch))
                spending = await granted(plan, tools)
                runner = Runner(plan, tools, observe=self.observe, spending=spending)
                beside = asyncio.ensure_future(during(runner)) if during else None
                report = await runner.run()
                if beside:
                    await beside
                await spending.close()
                return report

    def client(self) -> VideoClient:
        transport = self.wire() if self.wire else SimulatorTransport(self.simulator.app)
        return VideoClient(
            base_url=BASE_URL, key=SecretStr("sk-test"), transport=transport, **self.client_options
        )

    def tools(self, ledger: Ledger, client: VideoClient, scratch: Path) -> Tools:
        random = Random(0)  # noqa: S311 (jitter)
        return Tools(
            ledger=ledger,
            store=self.store,
            client=client,
            limiter=Limiter(submits_per_minute=5, in_flight=8, clock=self.clock, random=random),
            schedule=PollSchedule(is_learned=True),
            clock=self.clock,
            random=random,
            catalog=self.catalog,
            scratch=scratch,
        )

    def net_usd_by_prompt(self) -> dict[str, Decimal]:
        """What the vendor keeps for each prompt, refunds taken off."""
        net: dict[str, Decimal] = {}
        for line in self.simulator.invoice().lines:
            net[line.prompt] = net.get(line.prompt, Decimal(0)) + line.price_usd - line.refunded_usd
        return net


def world_of(
    catalog: Catalog, *, faults: FaultPlan | None = None, jobs: int = 30, **options: object
) -> World:
    """A world with these faults and options of the simulator; `jobs` prompts on one model."""
    chosen = SimulatorOptions(
        catalog=catalog,
        clip_detail=ClipDetail.SMALL,
        faults=faults or FaultPlan(),
        **options,  # type: ignore[arg-type]  # each test names options of the right type
    )
    return World(catalog=catalog, options=chosen, campaign=campaign_of(jobs))
