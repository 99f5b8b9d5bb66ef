"""The flow `approve-campaign` against a real embedded server: what a yes starts, and what starts nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterName,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.responses import SetStateStatus
from prefect.flow_engine import run_flow_async
from prefect.states import AwaitingRetry, Cancelled, Cancelling, Completed, Crashed, Failed, Pending, Running

from hailuo.clock import SystemClock
from hailuo.flows.approve_campaign import approve_campaign
from hailuo.flows.machinery.launch import RENDER_DEPLOYMENT, Launch, launch
from hailuo.flows.machinery.parameters import CampaignForm
from hailuo.flows.render_campaign import render_campaign
from hailuo.plan.plan import Plan
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.environment import RunEnvironment, within
from hailuo.run.session import open_session
from hailuo.text import slug_of
from tests.support.rehearsals import accepted

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore"),  # Prefect leaves sockets open and deprecates itself
]

DUE_AT = datetime(2026, 11, 22, tzinfo=UTC)
YES = {"approve": "yes", "approved_by": "Ann Buyer", "note": "go ahead"}
NO = {"approve": "no", "approved_by": "Bo", "note": "too dear"}
NO_ANSWERS: tuple[dict[str, str], ...] = (
    {},
    {"approve": "yes"},
    {"approve": "yes", "approved_by": "   "},
    {"approve": "yes", "approved_by": "x" * 101},
    {"approve": "perhaps", "approved_by": "Ann"},
    {"approve": "yes", "approved_by": "Ann", "note": "x" * 2001},
    {"approve": "yes", "approved_by": "Ann", "budget_usd": "9"},
)
"""Nothing; no name, a blank one, a long one; neither yes nor no; a long note; a foreign field."""

CAMPAIGN = """\
campaign: {name}
takes: 2
defaults: {{size: 768p, duration: 6}}
matrix:
  model: [MiniMax-Hailuo-02, MiniMax-Hailuo-2.3]
  prompt:
    - {{id: stone, text: Perfume bottle on black stone}}
budget: {{usd: 5}}
"""


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """Four jobs, in a campaign that no other test has: the server remembers the plans of all tests."""
    path = tmp_path / f"{slug_of(tmp_path.name)}.yaml"
    path.write_text(CAMPAIGN.format(name=path.stem))
    return path


@pytest.fixture
def deployed(server: None) -> Iterator[None]:
    """`render-campaign/render-campaign`, without a worker."""

    async def deploy() -> UUID:
        async with get_client() as client:
            flow_id = await client.create_flow(render_campaign)
            name = RENDER_DEPLOYMENT.partition("/")[2]
            return await client.create_deployment(flow_id, name, enforce_parameter_schema=False)

    async def withdraw(deployment: UUID) -> None:
        async with get_client() as client:
            await client.delete_deployment(deployment)

    made = asyncio.run(deploy())
    yield
    asyncio.run(withdraw(made))


async def runs_of(flow: str, campaign: Path, *states: str) -> list[FlowRun]:
    """The flow runs for the campaign, those in one of these states if any are named."""
    async with get_client() as client:
        found = await client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
            flow_run_filter=FlowRunFilter(
                name=FlowRunFilterName(any_=[f"{campaign.stem} · main"])
                if flow == "approve-campaign"
                else None,
                state=FlowRunFilterState(name=FlowRunFilterStateName(any_=list(states))) if states else None,
            ),
        )
    return [run for run in found if run.parameters.get("campaign") == str(campaign)]


async def paused(campaign: Path, running: asyncio.Task, number: int = 1) -> list[FlowRun]:
    """So many approvals of the campaign, as soon as they wait for an answer."""
    while not running.done():
        found = await runs_of("approve-campaign", campaign, "Paused")
        if len(found) >= number:
            return found
        await SystemClock().sleep(0.1)
    raise AssertionError(f"it ended before it was paused: {await running}")


async def answer(run: FlowRun, given: dict[str, str]):
    """Press Resume, with the form filled in."""
    async with get_client() as client:
        while True:
            resumed = await client.resume_flow_run(run.id, run_input=given)
            if "schema not found" not in str(resumed.details):  # paused, and the form not yet there
                return resumed
            await SystemClock().sleep(0.1)


async def nothing_else() -> None:
    """Nothing happens during the pause."""


def asking(campaign: Path | str, **form) -> asyncio.Task:
    """An approval under way."""

    async def ask():
        return await approve_campaign(str(campaign), return_state=True, **form)

    return asyncio.create_task(ask())


async def approved(
    campaign: Path, given: dict[str, str], meanwhile: Callable[[], Awaitable[None]] = nothing_else, **form
):
    """The state in which the approval ends that is answered so."""
    running = asking(campaign, **form)
    (run,) = await paused(campaign, running)
    await meanwhile()
    await answer(run, given)
    return await running


async def end(run: UUID, state: State) -> None:
    """Let a run be in that state, whatever it was doing."""
    async with get_client() as client:
        await client.set_flow_run_state(run, state, force=True)


async def plan_of(campaign: Path, rehearsal: RunEnvironment) -> Plan:
    request = CampaignRequest(path=campaign, at=rehearsal.clock.now())
    prepared = prepare(request, rehearsal.settings)
    async with open_session(prepared, rehearsal.settings, clock=rehearsal.clock) as session:
        return await session.plan()


async def launching(plan: Plan, campaign: Path) -> Launch:
    """The plan started by a flow run of its own, as an approval starts it."""

    @flow(persist_result=False)
    async def approval() -> Launch:
        return await launch(plan, CampaignForm(campaign=str(campaign), due_at=DUE_AT), machines=1)

    return await approval()


def started(campaign: Path) -> list[FlowRun]:
    return asyncio.run(runs_of("render-campaign", campaign))


def artifacts_of(state) -> dict:
    async def read():
        async with get_client() as client:
            mine = ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id])
            return await client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id=mine))

    return {artifact.key: artifact for artifact in asyncio.run(read())}


def test_a_yes_starts_exactly_the_plan_that_was_shown(rehearsal, deployed, campaign):
    """One run with the form's values, the plan's digest and the night of the approval; the approval itself buys nothing."""
    state = asyncio.run(approved(campaign, YES, budget_usd=3, only=["model=MiniMax-Hailuo-02"], machines=2))

    assert (state.type, state.name) == ("COMPLETED", "Approved")
    (run,) = started(campaign)
    assert run.parameters["only"] == ["model=MiniMax-Hailuo-02"]
    assert (run.parameters["budget_usd"], run.parameters["machines"]) == ("3", 2)
    assert run.parameters["due_at"]
    assert run.idempotency_key == run.parameters["plan_digest"]
    assert run.name in state.message
    assert accepted(rehearsal) == 0
    found = artifacts_of(state)
    assert set(found) == {f"plan-{campaign.stem}", f"approval-{campaign.stem}"}
    page = found[f"approval-{campaign.stem}"].data
    assert all(word in page for word in ["Ann Buyer", "go ahead", "2 clips", "$0.56", run.idempotency_key])


@pytest.mark.parametrize(
    "form", [{}, {"budget_usd": 3}, {"budget_usd": 3.5}, {"budget_usd": "3.50"}], ids=str
)
def test_the_run_of_an_approved_plan_buys_it(rehearsal, deployed, campaign, form):
    """The digest that the approval hands over is the one that admission asks for, whatever the budget looks like."""
    asyncio.run(approved(campaign, YES, **form))
    (run,) = started(campaign)

    async def work():
        return await render_campaign(**run.parameters, return_state=True)

    assert asyncio.run(work()).is_completed()
    assert accepted(rehearsal) == 4


def test_a_file_changed_after_the_yes_is_refused_by_the_run(rehearsal, deployed, campaign):
    """What is bought is what was approved: between approval and run nothing may slip in."""
    asyncio.run(approved(campaign, YES))
    (run,) = started(campaign)
    campaign.write_text(campaign.read_text().replace("takes: 2", "takes: 3"))

    async def work():
        return await render_campaign(**run.parameters, return_state=True)

    state = asyncio.run(work())

    assert state.is_failed()
    assert "not the approved plan" in state.message
    assert accepted(rehearsal) == 0


def test_a_no_starts_nothing_and_says_who_and_why(rehearsal, deployed, campaign):
    """Declined is an answer, not a failure."""
    state = asyncio.run(approved(campaign, NO))

    assert (state.type, state.name) == ("COMPLETED", "Declined")
    assert "Bo: too dear" in state.message
    assert started(campaign) == []


class HeldClock(SystemClock):
    """The machine's clock, on which an hour passes when the test says so."""

    def __init__(self) -> None:
        self.hour_passes = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if seconds < 3600:
            await super().sleep(seconds)
        else:
            await self.hour_passes.wait()


def test_without_an_answer_it_expires(rehearsal, deployed, campaign):
    """Silence is no yes; the state says so."""
    clock = HeldClock()

    async def scenario():
        running = asking(campaign, wait_hours=1)
        await paused(campaign, running)
        clock.hour_passes.set()
        return await running

    with within(replace(rehearsal, clock=clock)):
        state = asyncio.run(scenario())

    assert (state.type, state.name) == ("FAILED", "Expired")
    assert "nothing was bought" in state.message
    assert started(campaign) == []


def test_an_answer_that_is_none_is_refused_and_asked_again(rehearsal, deployed, campaign):
    """The form's bounds are the server's: the run stays paused, and the next answer counts."""

    async def scenario():
        running = asking(campaign)
        (run,) = await paused(campaign, running)
        answers = [await answer(run, given) for given in NO_ANSWERS]
        await answer(run, NO)
        return [refused.status for refused in answers], await running

    statuses, state = asyncio.run(scenario())

    assert statuses == [SetStateStatus.REJECT] * len(NO_ANSWERS)
    assert state.name == "Declined"


def test_a_plan_that_changed_during_the_pause_is_not_started(rehearsal, deployed, campaign):
    """The yes was to another bill: the state says both, and what to do."""

    async def edit() -> None:
        campaign.write_text(campaign.read_text().replace("takes: 2", "takes: 3"))

    state = asyncio.run(approved(campaign, YES, meanwhile=edit))

    assert (state.type, state.name) == ("FAILED", "Changed")
    assert "4 clips for $1.12" in state.message
    assert "6 clips for $1.68" in state.message
    assert started(campaign) == []


def test_two_approvals_of_one_plan_start_one_run(rehearsal, deployed, campaign):
    """The second joins the first's run, and says so."""

    async def scenario():
        running = [asking(campaign), asking(campaign)]
        for run in await paused(campaign, running[0], number=2):
            await answer(run, YES)
        return await asyncio.gather(*running)

    states = asyncio.run(scenario())

    assert len(started(campaign)) == 1
    assert sorted("joins the run" in state.message for state in states) == [False, True]


def test_an_old_run_that_failed_swallows_no_new_approval(rehearsal, deployed, campaign):
    """Prefect would answer the used key with the old run; a yes is followed by a run that is at work."""
    asyncio.run(approved(campaign, YES))
    (old,) = started(campaign)

    async def scenario():
        await end(old.id, Failed(message="no key"))
        return await approved(campaign, YES)

    state = asyncio.run(scenario())

    assert (state.name, "joins the run" in state.message) == ("Approved", False)
    assert len(started(campaign)) == 2


def test_an_approval_that_is_retried_asks_again(rehearsal, deployed, campaign):
    """The answer to the first try is not the answer to the second: what it started has failed since."""

    async def tried(run: FlowRun):
        approval: Any = approve_campaign
        trying = run_flow_async(approval, flow_run=run, parameters=run.parameters, return_type="state")
        running = asyncio.create_task(trying)
        (waiting,) = await paused(campaign, running)
        await answer(waiting, YES)
        return await running

    async def scenario():
        async with get_client() as client:
            form = {"campaign": str(campaign)}
            run = await client.create_flow_run(approve_campaign, parameters=form, state=Pending())
            await tried(run)
            (old,) = await runs_of("render-campaign", campaign)
            await end(old.id, Failed(message="no key"))
            await end(run.id, AwaitingRetry())
            return await tried(await client.read_flow_run(run.id))

    state = asyncio.run(scenario())

    assert (state.name, "joins the run" in state.message) == ("Approved", False)
    assert len(started(campaign)) == 2


@pytest.mark.parametrize(
    ("state", "runs"),
    [
        (Failed(), 2),
        (Crashed(), 2),
        (Cancelled(), 2),
        (Cancelling(), 2),
        (Completed(name="Incomplete"), 2),
        (Running(), 1),
        (Pending(), 1),
    ],
    ids=lambda value: value.name if isinstance(value, State) else str(value),
)
def test_a_run_is_joined_only_while_it_is_at_work(rehearsal, deployed, campaign, state, runs):
    """Three starts for one plan, the first run in this state: those after it never make more than one."""

    async def scenario():
        plan = await plan_of(campaign, rehearsal)
        first = await launching(plan, campaign)
        await end(first.flow_run.id, state)
        return [await launching(plan, campaign), await launching(plan, campaign)]

    second, third = asyncio.run(scenario())

    assert len(started(campaign)) == runs
    assert second.is_joined is (runs == 1)
    assert third.is_joined
    assert third.flow_run.id == second.flow_run.id


@pytest.mark.parametrize(
    ("form", "reason"),
    [({"budget_usd": 0.5}, "over the budget"), ({"edition": "No Slug"}, "No Slug")],
    ids=["over the budget", "a bad edition"],
)
def test_a_plan_that_cannot_run_is_not_put_up_for_approval(rehearsal, deployed, campaign, form, reason):
    """Admission's reasons come before the pause."""

    async def scenario():
        return await asking(campaign, **form)

    state = asyncio.run(scenario())

    assert state.is_failed()
    assert reason in state.message


def test_without_a_deployment_to_start_there_is_no_question(rehearsal, campaign):
    """The remedy is in the state."""

    async def scenario():
        return await asking(campaign)

    state = asyncio.run(scenario())

    assert state.is_failed()
    assert "prefect --no-prompt deploy --all" in state.message


def test_a_pasted_campaign_travels_with_the_approval(rehearsal, deployed, campaign):
    """The run gets the very text that was priced, and the approval's own night for its edition."""
    text = campaign.read_text()

    async def scenario():
        running = asking("", campaign_text=text)
        while not (found := await pasted("approve-campaign", text, "Paused")):
            assert not running.done(), f"it ended before it was paused: {await running}"
            await SystemClock().sleep(0.1)
        await answer(found[0], YES)
        await running
        return await pasted("render-campaign", text, "Scheduled")

    (run,) = asyncio.run(scenario())

    assert run.parameters["campaign_text"] == text


async def pasted(flow: str, text: str, state: str) -> list[FlowRun]:
    async with get_client() as client:
        found = await client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(name=FlowRunFilterStateName(any_=[state]))
            ),
        )
    return [run for run in found if run.parameters.get("campaign_text") == text]
