"""Two runs at once on one store, as from two machines: they share the work, and never pay for the same clip."""

import asyncio
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random

from hailuo.campaign.job import Job
from hailuo.errors import ExitCode
from hailuo.ledger.facts import JobState, Refused, Submitted
from hailuo.run.events import RunReport
from hailuo.run.pace import Limiter
from hailuo.run.runner import Runner
from hailuo.simulator import Call
from hailuo.vendor import Accepted, build_request, request_sha256
from tests.support.worlds import BASE_URL, World, granted

JOBS = 60
VENDORS_LIMIT = 5  # submits a minute: docs/reference/vendor.md#limits-and-times


def runs_beside_each_other(world: World, *names: str) -> list[RunReport]:
    """A run for each name, all begun at the same moment, each with a limiter and a ledger of its own."""

    async def all_of_them() -> list[RunReport]:
        return await asyncio.gather(*(one_run(world, name) for name in names))

    return world.clock.run(all_of_them())


async def one_run(world: World, name: str) -> RunReport:
    ledger, chance = world.ledger(name), Random(name)  # noqa: S311 (jitter)
    plan = await world.plan(ledger)
    limiter = Limiter(submits_per_minute=VENDORS_LIMIT, in_flight=30, clock=world.clock, random=chance)
    with tempfile.TemporaryDirectory() as scratch:
        async with world.client() as client:
            tools = replace(world.tools(ledger, client, Path(scratch)), limiter=limiter, random=chance)
            return await Runner(plan, tools, spending=await granted(plan, tools)).run()


def submits_by_worker(world: World) -> Counter[str]:
    ledger = world.ledger()
    world.clock.run(ledger.load())
    return Counter(
        record.last.intent.worker for record in ledger.records.values() if record.last and record.last.intent
    )


def charges_by_prompt(world: World) -> Counter[str]:
    return Counter(line.prompt for line in world.simulator.invoice().lines)


def test_two_runs_in_step_share_the_work(make_world):
    """A job that the other was quicker to take costs no turn: both buy, and the edition is ready sooner."""
    alone, together = make_world(jobs=JOBS), make_world(jobs=JOBS)

    runs_beside_each_other(alone, "one")
    reports = runs_beside_each_other(together, "one", "other")

    assert [report.exit_code for report in reports] == [ExitCode.COMPLETE] * 2
    assert set(charges_by_prompt(together).values()) == {1}
    assert min(submits_by_worker(together).values()) > JOBS / 4
    assert together.clock.seconds < 0.8 * alone.clock.seconds


def test_two_runs_fetch_each_clip_about_once(make_world):
    """The worker that bought a clip has a tick to bring it home before the other downloads it too."""
    world = make_world(jobs=JOBS)

    runs_beside_each_other(world, "one", "other")

    assert world.simulator.invoice().calls[Call.DOWNLOADS] < 1.1 * JOBS


def test_two_runs_keep_to_the_vendors_limit_together(make_world):
    """Each alone may send as much as the vendor takes from both: refusals stay few, and nobody starves."""
    alone = make_world(jobs=JOBS, submits_per_minute=VENDORS_LIMIT)
    together = make_world(jobs=JOBS, submits_per_minute=VENDORS_LIMIT)

    runs_beside_each_other(alone, "one")
    reports = runs_beside_each_other(together, "one", "other")

    invoice = together.simulator.invoice()
    refusals = invoice.calls[Call.SUBMITS] - len(invoice.lines)
    assert [report.exit_code for report in reports] == [ExitCode.COMPLETE] * 2
    assert set(charges_by_prompt(together).values()) == {1}
    assert 0 < refusals < 0.2 * JOBS
    assert min(submits_by_worker(together).values()) > JOBS / 4
    assert together.clock.seconds < 1.5 * alone.clock.seconds


@dataclass(kw_only=True)
class OtherMachine:
    """Another worker, driven by hand."""

    world: World

    def __post_init__(self) -> None:
        self.ledger = self.world.ledger("the other machine")

    async def intend(self, job: Job) -> None:
        """Take the right to POST, and be slow with it."""
        sha256 = request_sha256(self._request(job))
        assert await self.ledger.intend(job, price_usd=Decimal("0.28"), request_sha256=sha256)

    async def submit(self, job: Job) -> None:
        """Send what was intended, and record the task. The machine dies just after that."""
        async with self.world.client() as client:
            answer = await client.submit(self._request(job))
        assert isinstance(answer, Accepted)
        at = self.world.clock.now()
        outcome = Submitted(at=at, task_id=answer.task_id, base_url=BASE_URL)
        await self.ledger.close(job.creative_id, outcome)

    def _request(self, job: Job) -> dict[str, object]:
        catalog = self.world.catalog
        family = catalog.family_of(catalog.models[job.variant.model])
        return build_request(job.variant, family, first_frame_url=None)


def test_what_the_other_submits_late_is_collected_while_this_run_goes_on(make_world):
    """A job in another's hand is looked at every tick, not only when everything else is done."""
    world = make_world(jobs=JOBS)
    other, job = OtherMachine(world=world), world.jobs[10]
    stored_at: dict[str, float] = {}

    async def submit_late(runner: Runner) -> None:
        await other.intend(job)
        await world.clock.sleep(300)
        await other.submit(job)
        while runner.progress().stored < JOBS:
            stored_at.setdefault("all", 0.0)
            if runner.report().endings[10].state is JobState.STORED:
                stored_at.setdefault("job", world.clock.seconds)
            await world.clock.sleep(5)
        stored_at["all"] = world.clock.seconds

    report = world.run(during=submit_late)

    assert report.exit_code is ExitCode.COMPLETE
    assert charges_by_prompt(world)[job.variant.prompt] == 1
    assert stored_at["job"] < stored_at["all"] - 300


def test_canaries_in_another_machines_hand_stop_nobody(make_world):
    """Three first jobs are taken by a machine that dies: they are held, the others are rendered, nothing stops."""
    world = make_world(jobs=12)
    other, taken = OtherMachine(world=world), world.jobs[:3]

    async def take_and_die(runner: Runner) -> None:
        del runner
        for job in taken:
            await other.intend(job)

    report = world.run(during=take_and_die)

    assert report.stopped is None
    assert [ending.creative_id for ending in report.in_state(JobState.IN_DOUBT, JobState.UNKNOWN)] == [
        job.creative_id for job in taken
    ]
    assert len(report.in_state(JobState.STORED)) == len(world.simulator.invoice().lines) == 9


def test_a_refusal_of_the_other_machines_lets_this_one_buy(make_world):
    """The other was told to come back later, and never did: the job is free, and is bought here."""
    world = make_world(jobs=12)
    other, job = OtherMachine(world=world), world.jobs[4]

    async def be_refused(runner: Runner) -> None:
        del runner
        await other.intend(job)
        await world.clock.sleep(100)
        refusal = Refused(at=world.clock.now(), cause="rate_limit")
        await other.ledger.close(job.creative_id, refusal)

    report = world.run(during=be_refused)

    assert report.exit_code is ExitCode.COMPLETE
    assert set(charges_by_prompt(world).values()) == {1}
