"""One plan on several machines, in virtual time: shards, their lead, and what happens when one dies."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign
from hailuo.errors import AdmissionError, ExitCode
from hailuo.ledger.facts import JobState
from hailuo.ledger.grants import Grants
from hailuo.ledger.ledger import HORIZON
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign
from hailuo.run.lead import ShardState
from hailuo.run.pace import Limiter
from hailuo.run.session import Session
from hailuo.run.shards import Share, deal
from hailuo.run.spending import SpendingGrant
from hailuo.settings import Settings
from hailuo.simulator import (
    ClipDetail,
    FaultName,
    FaultPlan,
    ScriptedFault,
    SimulatorOptions,
    SimulatorTransport,
)
from tests.support.worlds import World, campaign_of

SETTINGS = Settings(api_key=SecretStr("sk-test"), submits_per_minute=5, in_flight=8)


@contextlib.asynccontextmanager
async def session(world, folder: Path, *, share: Share | None = None) -> AsyncIterator[Session]:
    """A process of its own over the world's store: the lead, or with a share a shard."""
    settings = share.limits(SETTINGS) if share else SETTINGS
    expansion = expand(world.campaign, world.catalog)
    prepared = PreparedCampaign(
        request=CampaignRequest(path=Path("campaign.yaml"), at=world.clock.now()),
        campaign=world.campaign,
        catalog=world.catalog,
        expansion=expansion,
        chosen=None,
        problems=(),
        warnings=(),
    )
    ledger = world.ledger(share.worker if share else "lead")
    async with world.client() as client:
        limiter = Limiter(
            submits_per_minute=settings.submits_per_minute,
            in_flight=settings.in_flight,
            clock=world.clock,
            random=Random(0),  # noqa: S311 (jitter)
        )
        tools = replace(world.tools(ledger, client, folder), limiter=limiter)
        spending = SpendingGrant(tools, settings, run="lead")
        yield Session(prepared, settings, tools=tools, spending=spending)
        if share is None:
            await spending.close()


async def work(world, folder: Path, share: Share, *, dies_after: float | None = None) -> None:
    """A shard, from its start to its account, or to its sudden death."""
    async with session(world, folder, share=share) as shard:
        plan = await shard.part(share)
        runner = shard.runner(plan, observe=lambda _: None)
        driving = asyncio.create_task(runner.run())
        async with shard.noting(share, runner):
            if dies_after is not None:
                await world.clock.sleep(dies_after)
                driving.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await driving
                return
            await driving
        await shard.give_account(share, runner)


async def until_ended(world, lead, numbers):
    while {await lead.shard_state(n) for n in numbers} != {ShardState.ENDED}:
        await world.clock.sleep(20)


@given(
    jobs=st.integers(0, 50), machines=st.integers(1, 32), minute=st.floats(0.5, 60), tasks=st.integers(1, 20)
)
def test_a_deal_holds_every_job_once_and_no_more_than_the_limits(jobs, machines, minute, tasks):
    """Whatever is dealt: no job twice or lost, every shard can work, and all together keep to the limits."""
    settings = SETTINGS.model_copy(update={"submits_per_minute": minute, "in_flight": tasks})
    ids = [f"J{n}" for n in range(jobs)]

    shares = deal(ids, run="r", machines=machines, settings=settings)

    assert sorted(cid for share in shares for cid in share.creative_ids) == sorted(ids)
    assert 1 <= len(shares) <= machines
    assert all(share.submits_per_minute >= 1 and share.in_flight >= 1 for share in shares)
    assert sum(share.submits_per_minute for share in shares) <= max(1, minute)
    assert sum(share.in_flight for share in shares) <= tasks


def test_three_machines_render_one_plan_within_one_limit(make_world, tmp_path):
    """Every clip once, never more than five submits in any minute of the vendor's, the grant closed to the cent."""
    world = make_world(jobs=30)

    async def run():
        async with session(world, tmp_path) as boss:
            plan = await boss.plan()
            await boss.admit(plan)
            lead = boss.lead(plan, machines=3)
            await boss.runner(lead.canaries, observe=lambda _: None).run()
            shares = lead.deal()
            await asyncio.gather(
                *(work(world, tmp_path, s) for s in shares), until_ended(world, lead, [1, 2, 3])
            )
            return await lead.report(), lead.progress(), shares

    report, progress, shares = world.clock.run(run())

    assert [len(share.creative_ids) for share in shares] == [10, 10, 9]  # one was the canary
    assert {ending.state for ending in report.endings} == {JobState.STORED}
    assert len(report.endings) == 30
    assert progress.stored == 30
    invoice = world.simulator.invoice()
    assert len(invoice.lines) == 30
    times = sorted(line.at for line in invoice.lines)
    assert all((later - first).total_seconds() >= 60 for first, later in zip(times, times[5:], strict=False))
    assert committed_in(world) == invoice.charged_usd


async def grants_of(world):
    grants = Grants(world.store)
    await grants.load()
    return grants


def committed_in(world):
    """US dollars that count against a cap, once the lead has closed its grant."""
    grants = world.clock.run(grants_of(world))
    assert grants.open_grant("lead") is None
    return grants.committed(lambda grant: True)


def test_the_jobs_of_a_dead_shard_are_taken_over(make_world, tmp_path):
    """One of three dies at work: another takes its jobs, everything is stored once, and the grant stays open."""
    world = make_world(jobs=24)

    async def run():
        async with session(world, tmp_path) as boss:
            plan = await boss.plan()
            await boss.admit(plan)
            lead = boss.lead(plan, machines=3)
            first, second, third = lead.deal()
            crew = asyncio.gather(work(world, tmp_path, first), work(world, tmp_path, second))
            await work(world, tmp_path, third, dies_after=200)
            while await lead.shard_state(third.number) is not ShardState.SILENT:
                await world.clock.sleep(20)
            heir = await lead.replace(third.number)
            assert heir is not None
            await work(world, tmp_path, heir)
            await crew
            await until_ended(world, lead, [first.number, second.number, heir.number])
            return await lead.report(), third, heir

    report, third, heir = world.clock.run(run())

    assert set(heir.creative_ids) <= set(third.creative_ids)
    assert heir.number == 4
    assert {ending.state for ending in report.endings} == {JobState.STORED}
    assert len(world.simulator.invoice().lines) == 24
    grants = world.clock.run(grants_of(world))
    assert grants.open_grant("lead")  # whoever is only taken for dead may still buy on it


def test_a_shard_buys_nothing_without_an_open_grant_or_with_other_files(make_world, tmp_path):
    """Both reasons at once, and nothing is asked of the vendor."""
    world = make_world(jobs=3)
    stranger = Share(run="gone", number=1, submits_per_minute=1, in_flight=1, creative_ids=("0000000000",))

    with pytest.raises(AdmissionError) as caught:
        world.clock.run(work(world, tmp_path, stranger))

    assert "no open grant" in str(caught.value)
    assert "does not contain 1 of the 1 jobs" in str(caught.value)
    assert len(world.simulator.invoice().lines) == 0


def test_a_shard_that_never_began_is_driven_by_its_lead(make_world, tmp_path):
    """No worker took it up: its lead renders the jobs, and closes the grant."""
    world = make_world(jobs=4)

    async def run():
        async with session(world, tmp_path) as boss:
            plan = await boss.plan()
            await boss.admit(plan)
            lead = boss.lead(plan, machines=2)
            shares = lead.deal()
            assert {await lead.shard_state(share.number) for share in shares} == {ShardState.UNSEEN}
            for share in shares:
                await boss.runner(lead.recall(share.number), observe=lambda _: None).run()
            return await lead.report()

    report = world.clock.run(run())

    assert {ending.state for ending in report.endings} == {JobState.STORED}
    assert committed_in(world) == world.simulator.invoice().charged_usd


def test_when_shard_after_shard_dies_the_lead_drives_the_rest(make_world, tmp_path):
    """What a dead shard left is driven here; nothing that it bought is bought again."""
    world = make_world(jobs=6)

    async def run():
        async with session(world, tmp_path) as boss:
            plan = await boss.plan()
            await boss.admit(plan)
            lead = boss.lead(plan, machines=2)
            first, second = lead.deal()
            await work(world, tmp_path, first, dies_after=30)
            await work(world, tmp_path, second)
            assert await lead.shard_state(second.number) is ShardState.ENDED
            await boss.runner(await lead.take_over(first.number), observe=lambda _: None).run()
            return await lead.report()

    report = world.clock.run(run())

    assert {ending.state for ending in report.endings} == {JobState.STORED}
    assert len(world.simulator.invoice().lines) == 6


@pytest.mark.parametrize("lost", ["before the run", "during the run"])
def test_a_clip_that_is_lost_is_not_reported_as_stored(make_world, tmp_path, lost):
    """Its `done` fact is there and the store has no such clip; the vendor has it no more either."""
    world = make_world(jobs=4)
    clip = world.jobs[0].clip_key

    async def run():
        async with session(world, tmp_path) as boss:
            plan = await boss.plan()
            await boss.admit(plan)
            lead = boss.lead(plan, machines=2)
            shares = lead.deal()
            await asyncio.gather(*(work(world, tmp_path, share) for share in shares))
            await until_ended(world, lead, [share.number for share in shares])
            if lost == "during the run":
                del world.store._objects[clip]
            return await lead.report()

    if lost == "before the run":
        world.run()
        del world.store._objects[clip]
        world.campaign = replace(world.campaign, grids=campaign_of(5).grids)
        world.wire = lambda: Forgetful(world)
    report = world.clock.run(run())

    (ending,) = [ending for ending in report.endings if ending.state is not JobState.STORED]
    assert (ending.creative_id, ending.state) == (world.jobs[0].creative_id, JobState.SUBMITTED)
    assert "its clip is missing from the store" in ending.reason
    assert report.exit_code is ExitCode.INCOMPLETE


class Forgetful(httpx.AsyncBaseTransport):
    """The vendor, which knows nothing of the first task any more."""

    def __init__(self, world):
        self._vendor = SimulatorTransport(world.simulator.app)
        self._forgotten = world.simulator.invoice().lines[0].task_id

    async def handle_async_request(self, request):
        if self._forgotten in request.url.path:
            error = {"code": "task_not_exist", "message": "task_not_exist"}
            return httpx.Response(404, json={"error": error})
        return await self._vendor.handle_async_request(request)


KLING, HAILUO = "kling-v3-omni-video", "MiniMax-Hailuo-2.3"
WITH_FALLBACK = f"""campaign: spring
defaults: {{size: hd}}
fallback: [{HAILUO}]
matrix:
  model: [{KLING}]
  duration: [6]
  audio: [false]
  prompt: [A shoe, A boot, A hat, A bag]
"""


@pytest.fixture
def failing(catalog, tmp_path):
    """Four jobs of a model that always fails free, each with a substitute of another model."""
    path = tmp_path / "spring.yaml"
    path.write_text(WITH_FALLBACK)
    loaded = load_campaign(path, catalog=catalog, at=datetime(2026, 11, 30, tzinfo=UTC))
    assert loaded.campaign
    script = (ScriptedFault(fault=FaultName.SENSITIVE_1026, times=999, model=KLING),)
    options = SimulatorOptions(catalog=catalog, clip_detail=ClipDetail.SMALL, faults=FaultPlan(script=script))
    return World(catalog=catalog, options=options, campaign=loaded.campaign)


@pytest.mark.parametrize("seconds", [1, 20, 60, 120, 200, 300])
@pytest.mark.parametrize("who", ["the shard", "the lead"])
def test_a_substitute_is_bought_once_whoever_dies(failing, tmp_path, who, seconds):
    """A shard dies with a job that failed free, or the lead with the first jobs of the model: another goes on."""

    async def first_lead():
        async with session(failing, tmp_path) as boss:
            plan = await boss.plan()
            await boss.admit(plan)
            lead = boss.lead(plan, machines=2)
            if who == "the lead":
                driving = asyncio.create_task(boss.runner(lead.canaries, observe=lambda _: None).run())
                await failing.clock.sleep(seconds)
                driving.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await driving
                return
            await boss.runner(lead.canaries, observe=lambda _: None).run()
            first, *others = lead.deal()
            crew = asyncio.gather(*(work(failing, tmp_path, share) for share in others))
            await work(failing, tmp_path, first, dies_after=seconds)
            while await lead.shard_state(first.number) is ShardState.AT_WORK:
                await failing.clock.sleep(20)
            await crew
            await boss.runner(await lead.take_over(first.number), observe=lambda _: None).run()
            assert len(failing.simulator.invoice().lines) == 4

    failing.clock.run(first_lead())
    for _ in range(2):
        failing.clock.advance(HORIZON.total_seconds() + 1)
        failing.run()

    assert [line.model for line in failing.simulator.invoice().lines] == [HAILUO] * 4
    plan = failing.clock.run(failing.plan(failing.ledger("looker")))
    assert {job.job.variant.model for job in plan.in_state(JobState.STORED)} == {HAILUO}
    assert len(plan.in_state(JobState.STORED)) == 4


def test_a_model_that_is_proven_needs_no_canary_again(make_world, tmp_path):
    """With one clip stored, the lead deals everything at once."""
    world = make_world(jobs=2)

    async def run():
        async with session(world, tmp_path) as boss:
            plan = await boss.plan()
            await boss.admit(plan)
            lead = boss.lead(plan, machines=2)
            await boss.runner(lead.canaries, observe=lambda _: None).run()
        async with session(world, tmp_path) as again:
            plan = await again.plan()
            return again.lead(plan, machines=2).canaries.to_buy

    assert world.clock.run(run()) == ()
