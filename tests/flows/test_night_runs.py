"""A deployed night against a real embedded server: campaigns as flow runs of their own, and nights that were missed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.blocks.notifications import SlackWebhook
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.schemas.automations import Automation
from prefect.flow_engine import run_flow_async
from prefect.states import Cancelled, Completed, Crashed, Failed, Paused, Running
from pydantic import SecretStr

from hailuo.clock import SystemClock
from hailuo.errors import ExitCode
from hailuo.flows.automations import BLOCK, NOTICES, automate
from hailuo.flows.nightly import nightly
from hailuo.flows.render_campaign import render_campaign
from hailuo.run.environment import RunEnvironment, within
from tests.support.rehearsals import accepted

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore"),  # Prefect leaves sockets open and deprecates itself
]

CAMPAIGN = """\
campaign: {name}
edition: "night-{{date}}"
nightly: true
defaults: {{size: 768p, duration: 6, model: MiniMax-Hailuo-02}}
matrix: {{prompt: [{{id: stone, text: Perfume bottle on black stone}}]}}
budget: {{usd: 5}}
"""
DUE_AT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
Fate = Callable[[PrefectClient, UUID], Awaitable[object]]


@pytest.fixture
def env(rehearsal: RunEnvironment, tmp_path: Path) -> Iterator[RunEnvironment]:
    """The rehearsal, with a folder of campaigns; first looks wait for ten minutes."""
    settings = rehearsal.settings.model_copy(update={"campaigns": tmp_path / "campaigns", "wait_minutes": 10})
    settings.campaigns.mkdir()
    with within(replace(rehearsal, settings=settings)):
        yield replace(rehearsal, settings=settings)


def lay(env: RunEnvironment, *names: str) -> None:
    """Campaigns of one clip."""
    for name in names:
        (env.settings.campaigns / f"{name}.yaml").write_text(CAMPAIGN.format(name=name))


@pytest.fixture
def deploy(server: None) -> Iterator[Callable[[Any], UUID]]:
    """Deploys a flow under its own name, without a worker, until the test is over."""
    made: list[UUID] = []

    async def create(flow: Any) -> UUID:
        async with get_client() as client:
            flow_id = await client.create_flow(flow)
            return await client.create_deployment(flow_id, flow.name, enforce_parameter_schema=False)

    async def delete() -> None:
        async with get_client() as client:
            for one in made:
                await client.delete_deployment(one)

    def deployed(flow: Any) -> UUID:
        made.append(asyncio.run(create(flow)))
        return made[-1]

    yield deployed
    asyncio.run(delete())


async def night(deployment: UUID) -> Any:
    """A night that was started from its deployment, as a worker runs it."""
    async with get_client() as client:
        parameters = {"due_at": DUE_AT.isoformat()}
        run = await client.create_flow_run_from_deployment(deployment, parameters=parameters)
    return await run_by_worker(nightly, run)


async def run_by_worker(flow: Any, run: FlowRun) -> Any:
    return await run_flow_async(flow, flow_run=run, parameters=run.parameters, return_type="state")


async def runs_of(client: PrefectClient, deployment: UUID) -> list[FlowRun]:
    mine = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
    return await client.read_flow_runs(deployment_filter=mine)


def becomes(state: State) -> Fate:
    """The run gets this state, whoever sets it."""
    return lambda client, run: client.set_flow_run_state(run, state, force=True)


async def deleted(client: PrefectClient, run: UUID) -> None:
    await client.delete_flow_run(run)


FATES: dict[str, tuple[Fate, str]] = {
    "a-completed": (becomes(Completed()), "complete"),
    "b-cancelled": (becomes(Cancelled(message="by a person")), "cancelled"),
    "c-crashed": (becomes(Crashed(message="its machine died")), "crashed"),
    "d-paused": (becomes(Paused()), "paused"),
    "e-deleted": (deleted, "cancelled"),
    "f-incomplete": (becomes(Failed(name="Incomplete", message="3 of 4 clips stored")), "incomplete"),
    "g-refused": (becomes(Failed(name="Refused", message="over the budget")), "refused"),
    "h-failed": (becomes(Failed(message="a defect")), "failed"),
    "i-running": (becomes(Running()), "completed in the end"),
}
"""A campaign for each end that its flow run can take, and the word for it on the night's page."""


def test_the_night_survives_every_end_of_a_campaigns_run_and_says_it(env, deploy):
    """Each campaign is a flow run of its own, with its name; whatever becomes of it, the next one begins."""
    lay(env, *FATES)
    render, due = deploy(render_campaign), deploy(nightly)
    names: list[str] = []

    async def people() -> None:
        """Workers and persons: each run meets its fate as soon as it is there."""
        async with get_client() as client:
            while True:
                for run in await runs_of(client, render):
                    if run.name in names or run.state is None or not run.state.is_scheduled():
                        continue
                    names.append(run.name)
                    await FATES[str(run.parameters["campaign"]).removesuffix(".yaml")][0](client, run.id)
                    if "i-running" in run.name:
                        await SystemClock().sleep(2)
                        await client.set_flow_run_state(run.id, Completed(), force=True)
                await SystemClock().sleep(0.1)

    async def scenario() -> Any:
        beside = asyncio.create_task(people())
        try:
            return await night(due)
        finally:
            beside.cancel()
            with suppress(asyncio.CancelledError):
                await beside

    state = asyncio.run(scenario())

    report = state.result(raise_on_failure=False)
    assert names == [f"{name} · night-2026-11-23" for name in FATES] or names == [
        f"{name} · night-2026-11-22" for name in FATES
    ]
    said = {one.due.campaign.name: one.word for one in report.results}
    assert said == {name: word if name != "i-running" else "complete" for name, (_, word) in FATES.items()}
    assert (state.name, state.is_failed()) == ("Stopped", True)
    reasons = {one.due.campaign.name: " ".join(one.reasons) for one in report.results}
    assert "by a person" in reasons["b-cancelled"]
    assert "deleted" in reasons["e-deleted"]
    assert "3 of 4 clips stored" in reasons["f-incomplete"]


def test_a_campaign_that_no_worker_begins_is_not_waited_for_all_night(env, deploy):
    """After HAILUO_WAIT_MINUTES it is cancelled, and the night says so."""
    lay(env, "spring")
    render, due = deploy(render_campaign), deploy(nightly)
    settings = env.settings.model_copy(update={"wait_minutes": 0})

    async def scenario() -> tuple[Any, list[FlowRun]]:
        state = await night(due)
        async with get_client() as client:
            return state, await runs_of(client, render)

    with within(replace(env, settings=settings)):
        state, (run,) = asyncio.run(scenario())

    (result,) = state.result(raise_on_failure=False).results
    assert (result.word, result.exit_code) == ("notstarted", ExitCode.STOPPED)
    assert "start a worker of its pool" in result.reasons[0]
    assert (run.state_name, run.state_type and run.state_type.value) == ("NotStarted", "CANCELLED")
    assert accepted(env) == 0


def test_a_cancelled_night_cancels_its_campaign(env, deploy):
    """The buying stops with it."""
    lay(env, "spring")
    render, due = deploy(render_campaign), deploy(nightly)

    async def scenario() -> FlowRun:
        running = asyncio.create_task(night(due))
        async with get_client() as client:
            while not (found := await runs_of(client, render)):
                assert not running.done(), running.result()
                await SystemClock().sleep(0.1)
            await client.set_flow_run_state(found[0].id, Running(), force=True)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            return await client.read_flow_run(found[0].id)

    run = asyncio.run(scenario())

    assert run.state is not None
    assert run.state.is_cancelling()
    assert "the night was cancelled" in str(run.state.message)


async def planned(client: PrefectClient, night: UUID, number: int) -> list[FlowRun]:
    """So many nights that the scheduler plans and that are due already, the oldest first."""
    now = SystemClock().now()
    daily = CronSchedule(cron=f"{now.minute} {now.hour} * * *", timezone="UTC")
    await client.create_deployment_schedules(night, [DeploymentScheduleCreate(schedule=daily, active=True)])
    start = now - timedelta(days=number, hours=1)
    between = {"start_time": str(start), "end_time": str(now - timedelta(hours=1))}
    wanted = {**between, "min_runs": number, "max_runs": number}
    answer = await client.request(
        "POST", "/deployments/{id}/schedule", path_params={"id": night}, json=wanted
    )
    answer.raise_for_status()
    late = sorted((run for run in await runs_of(client, night) if _due(run) < now), key=_due)
    assert len(late) == number
    return late


def test_after_a_downtime_only_the_newest_night_runs_and_lists_the_others(env, deploy):
    """Three nights are due at once: two are superseded, and no clip is bought for them."""
    lay(env, "spring")
    due = deploy(nightly)

    async def scenario() -> list[Any]:
        async with get_client() as client:
            late = await planned(client, due, 3)
        return [await run_by_worker(nightly, run) for run in late]

    first, second, newest = asyncio.run(scenario())

    for state in (first, second):
        assert (state.name, state.is_cancelled()) == ("Superseded", True)
        assert "run it with due_at" in state.message
    assert newest.name == "Completed", newest.message
    report = newest.result()
    assert len(report.missed) == 2
    assert "not run: night " in newest.message
    assert accepted(env) == 1


def test_no_message_about_a_planned_night_waits_for_an_event_that_never_comes(env, deploy):
    """The server holds a state's event until that of the state before arrives, and its scheduler emits none."""
    lay(env, "spring")
    due = deploy(nightly)

    async def scenario() -> set[str]:
        async with get_client() as client:
            (run,) = await planned(client, due, 1)
            await run_by_worker(nightly, run)
            now = SystemClock().now()
            wanted = {
                "resource": {"id": [f"prefect.flow-run.{run.id}"]},
                "occurred": {"since": str(now - timedelta(hours=1)), "until": str(now + timedelta(hours=1))},
            }
            waited_for = {"an event"}
            for _ in range(100):  # the server takes events in behind our back
                answer = await client.request("POST", "/events/filter", json={"filter": wanted})
                found = answer.json()["events"]
                waited_for = {one["follows"] for one in found if one["follows"]} - {
                    one["id"] for one in found
                }
                if found and not waited_for:
                    break
                await SystemClock().sleep(0.1)
            return waited_for

    assert asyncio.run(scenario()) == set()


def _due(run: FlowRun) -> datetime:
    assert run.expected_start_time is not None
    return run.expected_start_time


def test_automations_are_made_once_and_follow_the_block_of_their_name(server):
    """Twice the command, no doubles; without a block nobody is notified, and it says so; what is off stays off."""

    async def scenario() -> tuple[list[str], list[str], list[Automation]]:
        without = await automate(heartbeat_seconds=60)
        block = SlackWebhook(url=SecretStr("https://hooks.example.com/services/x"))
        await block.save(BLOCK, overwrite=True)
        await automate(heartbeat_seconds=60)
        async with get_client() as client:
            (late,) = await client.read_automations_by_name("hailuo-late")
            await client.pause_automation(late.id)
            again = await automate(heartbeat_seconds=60)
            return without, again, await client.read_automations()

    without, again, made = asyncio.run(scenario())

    assert "there is no block named hailuo-notifications" in without[-1]
    assert all(line.startswith("updated hailuo-") for line in again)
    names = sorted(one.name for one in made)
    assert names == sorted(["hailuo-zombies", *(notice.name for notice in NOTICES)])
    assert [one.name for one in made if not one.enabled] == ["hailuo-late"]
