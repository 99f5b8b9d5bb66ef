"""Plan, run, crash, reopen, a second worker, a person who abandons, in any order: the promises hold after every step."""

import asyncio
import tempfile
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from pydantic import SecretStr

from hailuo.campaign.files import load_catalog
from hailuo.ledger.facts import Abandoned, JobState
from hailuo.ledger.grants import LIFETIME
from hailuo.ledger.ledger import HORIZON, Ledger
from hailuo.run.runner import Runner
from hailuo.run.spending import SpendingGrant
from hailuo.settings import Settings
from hailuo.simulator import ClipDetail, FaultName, FaultPlan, SimulatorOptions, SimulatorTransport
from hailuo.testing import WatchedStore, WatchedTransport
from hailuo.vendor import VideoClient
from tests.support.examples import examples
from tests.support.processes import Process
from tests.support.worlds import BASE_URL, World, campaign_of

JOBS = 4
CAP_USD = Decimal("0.40")
"""Of all runs together: each job once at ten cents. Every decision to buy again meets it."""
FAULTS = {
    FaultName.CHARGED_THEN_DROPPED: 0.2,
    FaultName.CHARGED_THEN_502: 0.1,
    FaultName.RATE_LIMIT_1002: 0.1,
    FaultName.DO_REQUEST_FAILED: 0.05,
    FaultName.FAILED_OBJECT: 0.1,
    FaultName.DOWNLOAD_TRUNCATED: 0.1,
    FaultName.URL_EXPIRED: 0.1,
}
deaths = st.integers(1, 80)
"""The effect (store call or vendor request) at which a process dies; most runs have fewer than eighty."""


class Night(RuleBasedStateMachine):
    """A small campaign at a faulty vendor, over as many runs as it takes."""

    @initialize(seed=st.integers(0, 10_000))
    def begin(self, seed: int) -> None:
        options = SimulatorOptions(
            catalog=load_catalog(),
            clip_detail=ClipDetail.SMALL,
            faults=FaultPlan(rates=FAULTS),
            seed=seed,
        )
        campaign = replace(campaign_of(JOBS), budget_usd=CAP_USD)
        self.world = World(catalog=options.catalog, options=options, campaign=campaign)
        self.released = 0
        self.runs = 0
        self.stored: dict[str, int] = {}

    async def one_run(self, death: int | None) -> None:
        process = Process(death)
        await process.lives(self.work(process))

    async def work(self, process: Process) -> None:
        store = WatchedStore(self.world.store, process)
        campaign = self.world.campaign
        self.runs += 1
        run = f"run{self.runs}"
        ledger = Ledger(store, self.world.clock, campaign.this_edition, worker=run)
        plan = await self.world.plan(ledger)
        transport = WatchedTransport(SimulatorTransport(self.world.simulator.app), process)
        with tempfile.TemporaryDirectory() as scratch:
            async with VideoClient(base_url=BASE_URL, key=SecretStr("sk-x"), transport=transport) as client:
                tools = replace(self.world.tools(ledger, client, Path(scratch)), store=store)
                spending = SpendingGrant(tools, Settings(), run=run)
                if await spending.take(plan):
                    return  # the cap forbids the plan
                await Runner(plan, tools, spending=spending).run()
                await spending.close()

    @rule()
    def run(self) -> None:
        """A run that nobody disturbs."""
        self.world.clock.run(self.one_run(None))

    @rule(death=deaths)
    def run_and_die(self, death: int) -> None:
        """A run whose process dies at some effect."""
        self.world.clock.run(self.one_run(death))

    @rule(first=st.none() | deaths, second=st.none() | deaths)
    def two_runs_at_once(self, first, second) -> None:
        """Two workers on one store, either of which may die."""

        async def both() -> None:
            await asyncio.gather(self.one_run(first), self.one_run(second))

        self.world.clock.run(both())

    @rule(until=st.sampled_from([HORIZON, LIFETIME]))
    def sleep_in(self, until: timedelta) -> None:
        """Time passes until no intent is in doubt, or until the grants of dead runs may be closed."""
        self.world.clock.advance(until.total_seconds() + 1)

    @rule()
    def give_one_up(self) -> None:
        """A person abandons one unknown attempt: a recorded decision, which may cost a second price."""
        ledger = self.read()
        unknown = [
            cid
            for cid, record in ledger.records.items()
            if ledger.state(cid, failed_retries=1) is JobState.UNKNOWN
            and record.last
            and not record.last.outcome
        ]
        if unknown:
            gone = Abandoned(at=self.world.clock.now(), by="somebody", message="why not")
            self.world.clock.run(ledger.close(unknown[0], gone))
            self.released += 1

    @invariant()
    def the_promises_hold(self) -> None:
        if not hasattr(self, "world"):
            return
        ledger, lines = self.read(), self.world.simulator.invoice().lines
        refunded = sum(1 for line in lines if line.refunded_usd)
        assert len(lines) - refunded <= JOBS + self.released, "accepted at most once per job and decision"
        self.check_stored(ledger, [line.prompt for line in lines])
        money = self.world.clock.run(self.world.plan(ledger)).money
        kept = self.world.simulator.invoice().net_usd
        assert kept <= money.spent + money.reserved + self.released * Decimal("0.10"), (
            "all money is accounted for"
        )
        assert kept <= CAP_USD, "the vendor never keeps more than the cap"
        assert money.spent + money.reserved <= CAP_USD

    def check_stored(self, ledger: Ledger, prompts: list[str]) -> None:
        """A stored job is never submitted again."""
        for cid, record in ledger.records.items():
            if record.done and record.job:
                accepted = prompts.count(record.job.variant.prompt)
                assert self.stored.setdefault(cid, accepted) == accepted

    def read(self) -> Ledger:
        ledger = self.world.ledger("reader")
        self.world.clock.run(ledger.load())
        return ledger


Night.TestCase.settings = settings(max_examples=examples(40), stateful_step_count=8, deadline=None)
TestNight = Night.TestCase
