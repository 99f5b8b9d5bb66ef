"""A rehearsal in which submits were lost, and the reconciler that looks for them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import pytest
from pydantic import SecretStr

from hailuo.campaign.job import Job
from hailuo.ledger.facts import Outcome, Submitted
from hailuo.ledger.ledger import Ledger
from hailuo.plan.plan import Money, Plan
from hailuo.reconcile.reconciler import Adopted, Findings, Reconciler, Released
from hailuo.simulator import FaultName, FaultPlan, ScriptedFault, SimulatorTransport
from hailuo.vendor import Accepted, VideoClient
from tests.support.worlds import BASE_URL, World

T = TypeVar("T")
PRICE = Decimal("0.10")
"""One clip of the campaign: 512p, six seconds."""


@dataclass
class Office:
    """One world, and a desk at which its unknown attempts are settled, as a new process each time."""

    world: World
    key: str = "sk-test"

    @property
    def job(self) -> Job:
        """The first job of the campaign."""
        return self.world.jobs[0]

    def at_the_desk(self, act: Callable[[Reconciler], Awaitable[T]]) -> T:
        """What `act` gives, done by a reconciler whose ledger has just been read."""
        return self.world.clock.run(self._at_the_desk(act))

    async def _at_the_desk(self, act: Callable[[Reconciler], Awaitable[T]]) -> T:
        ledger = self.world.ledger("reconcile")
        await ledger.load({job.creative_id for job in self.world.jobs})
        transport = SimulatorTransport(self.world.simulator.app)
        async with VideoClient(base_url=BASE_URL, key=SecretStr(self.key), transport=transport) as client:
            return await act(Reconciler(ledger, self.world.store, client, self.world.clock))

    def settle(self) -> Findings:
        return self.at_the_desk(lambda desk: desk.settle())

    def adopt(self, creative_id: str, task_id: str) -> Adopted:
        return self.at_the_desk(lambda desk: desk.adopt(creative_id, task_id))

    def abandon(self, creative_id: str, why: str = "not in the vendor's list") -> Released:
        return self.at_the_desk(lambda desk: desk.abandon(creative_id, why=why))

    def plan(self) -> Plan:
        return self.world.clock.run(self.world.plan(self.world.ledger("planner")))

    def money(self) -> Money:
        return self.plan().money

    def states(self) -> list[str]:
        return sorted(planned.state.value for planned in self.plan().jobs)

    def facts(self) -> dict[str, bytes]:
        """Everything in any ledger of the store."""

        async def read() -> dict[str, bytes]:
            keys = [e.key for e in await self.world.store.listing("") if "/ledger/v1/" in e.key]
            return {key: await self.world.store.read(key) for key in keys}

        return self.world.clock.run(read())

    def lost_task(self) -> str:
        """The one task that the vendor made and of which we were not told."""
        (line,) = [line for line in self.world.simulator.invoice().lines if not line.answered]
        return line.task_id

    def intended(self, job: Job, worker: str = "ann") -> Ledger:
        """A worker that holds the right to POST for the job, and has not heard the answer."""
        ledger = self.world.ledger(worker)

        async def intend() -> None:
            await ledger.load()
            assert await ledger.intend(job, price_usd=PRICE, request_sha256="5e" * 32)

        self.world.clock.run(intend())
        return ledger

    def posted(self, job: Job, **other: object) -> str:
        """A task of the job's own request, made at the vendor now, by whomever; changed as `other` says."""
        variant = job.variant
        request = {
            "model": variant.model,
            "prompt": variant.prompt,
            "duration": variant.duration,
            "size": variant.size,
        }

        async def post() -> str:
            async with self.world.client() as client:
                answer = await client.submit(request | other)
                assert isinstance(answer, Accepted), answer
                return answer.task_id

        return self.world.clock.run(post())

    def heard_late(self, ledger: Ledger, job: Job, task_id: str) -> None:
        """The owner's POST is answered after all."""
        assert not self.world.clock.run(ledger.close(job.creative_id, self.submitted(task_id)))

    def submitted(self, task_id: str) -> Outcome:
        """What an owner records when its POST is answered."""
        now = self.world.clock.now()
        return Submitted(at=now, task_id=task_id, base_url=BASE_URL)

    def planted(self, key: str, fact: bytes) -> None:
        self.world.clock.run(self.world.store.create(key, fact))


@pytest.fixture
def make_office(make_world: Callable[..., World]) -> Callable[..., Office]:
    """A campaign of so many jobs; with faults it has been run once, unless `run` is False.

    The answer to the last submit is lost as `lost` says; `script` names any other faults.
    """

    def make(
        lost: FaultName | None = None,
        *,
        jobs: int = 1,
        script: Sequence[ScriptedFault] = (),
        run: bool = True,
        **options: object,
    ) -> Office:
        faults = (*script, *([ScriptedFault(fault=lost, skip=jobs - 1)] if lost else []))
        office = Office(make_world(faults=FaultPlan(script=faults), jobs=jobs, **options))
        if faults and run:
            office.world.run()
        return office

    return make
