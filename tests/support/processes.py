"""Processes that stop at one effect, for ever or until they are woken, and what must be true afterwards."""

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_catalog
from hailuo.ledger.facts import JobRecord, JobState
from hailuo.ledger.grants import Grants
from hailuo.ledger.ledger import HORIZON, Ledger
from hailuo.ledger.life import with_fact
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign
from hailuo.reconcile.reconciler import Reconciler
from hailuo.run.pace import PollSchedule
from hailuo.run.session import Session
from hailuo.run.spending import SpendingGrant
from hailuo.settings import Settings
from hailuo.simulator import ClipDetail, FaultPlan, SimulatorOptions, SimulatorTransport
from hailuo.simulator.charges import InvoiceLine
from hailuo.testing import WatchedStore, WatchedTransport
from hailuo.vendor import VideoClient
from tests.support.worlds import BASE_URL, World, campaign_of

T = TypeVar("T")
KEY = SecretStr("sk-test")
SETTINGS = Settings(api_key=KEY, base_url=BASE_URL, checks="off")


class Process:
    """One process as the store and the vendor see it.

    It stops before its effect number `stops_at` (from 1), or before the first effect whose name ends in `stops_before`.
    From then on no effect of it takes place; `wake` lets it go on.
    """

    def __init__(self, stops_at: int | None = None, *, stops_before: str | None = None) -> None:
        self.effects: list[str] = []
        self.stopped = asyncio.Event()
        self._awake = asyncio.Event()
        self._stops_at = stops_at
        self._stops_before = stops_before

    async def before(self, effect: str) -> None:
        self.effects.append(effect)
        counted = self._stops_at is not None and len(self.effects) >= self._stops_at
        if counted or (self._stops_before and effect.endswith(self._stops_before)):
            self.stopped.set()
        if self.stopped.is_set():
            await self._awake.wait()

    async def after(self, effect: str) -> None:
        del effect

    def wake(self) -> None:
        self._awake.set()

    async def until_stopped(self, life: "asyncio.Future[T]") -> T | None:
        """The result of its life, or None when it was stopped before the end."""
        bell = asyncio.ensure_future(self.stopped.wait())
        waiting: set[asyncio.Future[Any]] = {life, bell}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        bell.cancel()
        return None if self.stopped.is_set() else life.result()

    async def lives(self, life: Coroutine[None, None, T]) -> T | None:
        """The result of its life, or None when it died: nothing of it reaches the store or the vendor any more."""
        task = asyncio.ensure_future(life)
        result = await self.until_stopped(task)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return result


@dataclass(kw_only=True)
class Scene:
    """A world, the processes that work in it, and a person who settles what they leave in doubt."""

    world: World
    scratch: Path
    runs: int = field(default=0, init=False)

    def client(self, process: Process) -> VideoClient:
        transport = WatchedTransport(SimulatorTransport(self.world.simulator.app), process)
        return VideoClient(base_url=BASE_URL, key=KEY, transport=transport)

    async def run(self, process: Process) -> None:
        """What `hailuo run` does in this process: plan, admit, drive, close the grant."""
        self.runs += 1
        world, name = self.world, f"run{self.runs}"
        campaign, store = world.campaign, WatchedStore(world.store, process)
        ledger = Ledger(store, world.clock, campaign.this_edition, worker=name)
        prepared = PreparedCampaign(
            request=CampaignRequest(path=Path("campaign.yaml"), at=world.clock.now()),
            campaign=campaign,
            catalog=world.catalog,
            expansion=expand(campaign, world.catalog),
            chosen=None,
            problems=(),
            warnings=(),
        )
        async with self.client(process) as client:
            tools = replace(
                world.tools(ledger, client, self.scratch),
                store=store,
                schedule=PollSchedule(first_seconds=15.0),
            )
            spending = SpendingGrant(tools, SETTINGS, run=name)
            session = Session(prepared, SETTINGS, tools=tools, spending=spending)
            plan = await session.plan()
            if plan.may_be_bought or plan.to_collect:
                await session.admit(plan)
                await session.runner(plan, observe=lambda _: None).run()
                await spending.close()

    async def adopt(self, process: Process, creative_id: str, task_id: str) -> None:
        """What `hailuo reconcile --adopt` does in this process."""
        async with self.client(process) as client:
            await (await self._desk(process, client)).adopt(creative_id, task_id)

    async def abandon(self, creative_id: str) -> None:
        async with self.client(Process()) as client:
            await (await self._desk(Process(), client)).abandon(creative_id, why="not in the vendor's list")

    async def reconcile(self, process: Process) -> None:
        """What `hailuo reconcile` does in this process: adopt the task ids that came late."""
        async with self.client(process) as client:
            await (await self._desk(process, client)).settle()

    async def _desk(self, process: Process, client: VideoClient) -> Reconciler:
        store, campaign = WatchedStore(self.world.store, process), self.world.campaign
        ledger = Ledger(store, self.world.clock, campaign.this_edition, worker="reconcile")
        await ledger.load({job.creative_id for job in self.world.jobs})
        return Reconciler(ledger, store, client, self.world.clock)

    async def finish(self) -> None:
        """Fresh processes and a person who looks at the vendor's list, until nothing is left to do."""
        for _ in range(5):
            ledger = await self.ledger()
            states = [self.state(ledger, job.creative_id) for job in self.world.jobs]
            if set(states) == {JobState.STORED}:
                return
            self.world.clock.advance(HORIZON.total_seconds() + 1)
            await self.reconcile(Process())
            await self.settle_unknown()
            await self.run(Process())
        raise AssertionError(f"five runs did not finish it: {states}")

    async def settle_unknown(self) -> None:
        """Every unknown job is given the task that the vendor made of its body and no record names, or is released."""
        ledger = await self.ledger()
        expansion = expand(self.world.campaign, self.world.catalog)
        everyone = (*expansion.jobs, *expansion.substitutes)
        unknown = [job for job in everyone if self.state(ledger, job.creative_id) is JobState.UNKNOWN]
        for job in unknown:
            last = ledger.record(job.creative_id).last
            body = last.intent.request_sha256 if last and last.intent else None
            tasks = [line.task_id for line in self.unclaimed(ledger) if line.request_sha256 == body]
            if tasks:
                await self.adopt(Process(), job.creative_id, tasks[0])
            else:
                await self.abandon(job.creative_id)

    async def two_unknown(self) -> tuple[str, str, str]:
        """Two jobs whose submits were charged and not answered, and the task of the first."""
        await self.run(Process())
        self.world.clock.advance(HORIZON.total_seconds() + 1)
        first, second = (job.creative_id for job in self.world.jobs)
        return first, second, self.world.simulator.invoice().lines[0].task_id

    async def answer_after_abandoning(self) -> None:
        """A run that waits for the store after its POST, is abandoned by a person, and goes on afterwards."""
        process = Process(stops_before="/outcome")
        life = asyncio.ensure_future(self.run(process))
        await process.until_stopped(life)
        self.world.clock.advance(HORIZON.total_seconds() + 1)
        await self.abandon(self.world.jobs[0].creative_id)
        process.wake()
        await life
        assert (await self.ledger()).record(self.world.jobs[0].creative_id).adoptable

    async def holders(self, task_id: str) -> list[str]:
        """The attempts whose outcome names the task."""
        records = (await self.ledger()).records.values()
        return [
            f"{record.creative_id}/{attempt.number}"
            for record in records
            for attempt in record.attempts
            if attempt.task_id == task_id
        ]

    @property
    def charges(self) -> int:
        return len(self.world.simulator.invoice().lines)

    async def ledger(self) -> Ledger:
        ledger = self.world.ledger("reader")
        await ledger.load()
        return ledger

    def state(self, ledger: Ledger, creative_id: str) -> JobState:
        return ledger.state(creative_id, failed_retries=self.world.campaign.failed_retries)

    def unclaimed(self, ledger: Ledger) -> list[InvoiceLine]:
        """Charges whose task no outcome names."""
        known = {a.task_id for record in ledger.records.values() for a in record.attempts}
        return [line for line in self.world.simulator.invoice().lines if line.task_id not in known]

    async def check_promises(self) -> None:
        """What holds whenever a process stops, whatever it was doing."""
        ledger, lines = await self.ledger(), self.world.simulator.invoice().lines
        for record in ledger.records.values():
            replayed(record)
            if record.done:
                content = await self.world.store.read(record.done.key)
                assert hashlib.sha256(content).hexdigest() == record.done.sha256, "done without its clip"
        intents = Counter(
            attempt.intent.job.variant.prompt
            for record in ledger.records.values()
            for attempt in record.attempts
            if attempt.intent and attempt.intent.adopts is None
        )
        charges = Counter(line.prompt for line in lines)
        assert charges <= intents, "a POST without an intent"
        grants = Grants(self.world.store)
        await grants.load()
        granted = grants.committed(lambda _: True)
        kept = sum(line.price_usd - line.refunded_usd for line in lines)
        assert kept <= granted, "charged without a grant"

    async def check_end(self) -> None:
        """Once everything is finished: each job is charged once, and stored once, byte for byte."""
        await self.check_promises()
        ledger = await self.ledger()
        kept = [line for line in self.world.simulator.invoice().lines if not line.refunded_usd]
        prompts = {job.creative_id: job.variant.prompt for job in self.world.jobs}
        assert Counter(line.prompt for line in kept) == Counter(prompts.values()), "charges are not jobs"
        dones = {cid: record.done for cid, record in ledger.records.items() if record.done}
        assert {prompts[cid]: done.task_id for cid, done in dones.items()} == {
            line.prompt: line.task_id for line in kept
        }
        clips = [entry.key for entry in await self.world.store.listing("") if entry.key.endswith(".mp4")]
        assert sorted(clips) == sorted(done.key for done in dones.values())


_catalog = cache(load_catalog)


def new_scene(scratch: Path, faults: FaultPlan, *, jobs: int) -> Scene:
    """A vendor that renders within a poll or two, so that a whole run has few effects."""
    catalog = _catalog()
    options = SimulatorOptions(
        catalog=catalog,
        clip_detail=ClipDetail.SMALL,
        faults=faults,
        median_render_seconds=5.0,
        p95_render_seconds=10.0,
    )
    return Scene(scratch=scratch, world=World(catalog=catalog, options=options, campaign=campaign_of(jobs)))


def replayed(record: JobRecord) -> None:
    """Its facts in their order: each may follow those before it. Raises: IllegalMoveError."""
    empty = JobRecord(creative_id=record.creative_id)
    for attempt in record.attempts:
        assert attempt.intent, "an attempt without an intent"
        empty = with_fact(empty, attempt.number, attempt.intent)
        for fact in (attempt.doubt, attempt.outcome, attempt.end):
            if fact:
                empty = with_fact(empty, attempt.number, fact)
        if attempt.orphans:
            last = replace(empty.attempts[-1], orphans=attempt.orphans)
            empty = replace(empty, attempts=(*empty.attempts[:-1], last))
    if record.done:
        with_fact(empty, record.done.attempt, record.done)
