"""The flow `approve-campaign` against a real embedded server: what a yes starts, and what starts nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.responses import SetStateStatus
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow_async
from prefect.states import AwaitingRetry, Cancelled, Cancelling, Completed, Crashed, Failed, Pending, Running

from hailuo.clock import SystemClock
from hailuo.flows.approve_campaign import approve_campaign
from hailuo.flows.machinery.launch import Launch, launch
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
def rehearsal(rehearsal: RunEnvironment, tmp_path: Path) -> Iterator[RunEnvironment]:
    """The rehearsal, with the campaign in the folder of campaigns: a deployed flow takes names of that folder alone."""
    place = replace(rehearsal, settings=rehearsal.settings.model_copy(update={"campaigns": tmp_path}))
    with within(place):
        yield place


@pytest.fixture
def deployed(server: None) -> Iterator[None]:
    """`render-campaign` and `approve-campaign`, without a worker."""

    async def deploy() -> list[UUID]:
        return [await deployment_of(render_campaign), await deployment_of(approve_campaign)]

    async def withdraw(deployments: list[UUID]) -> None:
        async with get_client() as client:
            for one in deployments:
                await client.delete_deployment(one)

    made = asyncio.run(deploy())
    yield
    asyncio.run(withdraw(made))


async def deployment_of(flow: Any) -> UUID:
    """The deployment of a flow under its own name."""
    async with get_client() as client:
        flow_id = await client.create_flow(flow)
        return await client.create_deployment(flow_id, flow.name, enforce_parameter_schema=False)


async def runs_of(flow: str, campaign: Path) -> list[FlowRun]:
    """The flow runs for the campaign."""
    async with get_client() as client:
        found = await client.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])))
    return [run for run in found if run.parameters.get("campaign") == campaign.name]


async def asking(campaign: Path, **form: object) -> tuple[UUID, Any]:
    """An approval that was started from its deployment, and the state in which its process ended."""
    async with get_client() as client:
        deployment = await client.read_deployment_by_name("approve-campaign/approve-campaign")
        run = await client.create_flow_run_from_deployment(
            deployment.id, parameters={"campaign": campaign.name, **form}
        )
    return run.id, await work(run.id)


async def work(run_id: UUID) -> Any:
    """What a worker does with a scheduled run: a process begins it from the top, and ends."""
    async with get_client() as client:
        run = await client.read_flow_run(run_id)
    approval: Any = approve_campaign
    try:
        return await run_flow_async(approval, flow_run=run, parameters=run.parameters, return_type="state")
    except Pause as suspended:  # the process ends
        return suspended.state


async def answer(run_id: UUID, given: dict[str, str]) -> SetStateStatus:
    """Press Resume, with the form filled in."""
    async with get_client() as client:
        return (await client.resume_flow_run(run_id, run_input=given)).status


async def nothing_else() -> None:
    """Nothing happens during the pause."""


async def approved(
    campaign: Path,
    given: dict[str, str],
    meanwhile: Callable[[], Awaitable[None]] = nothing_else,
    **form: object,
) -> Any:
    """The state in which the approval ends that is answered so."""
    run, waiting = await asking(campaign, **form)
    assert waiting.name == "Suspended", waiting.message
    await meanwhile()
    assert await answer(run, given) is SetStateStatus.ACCEPT
    return await work(run)


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
        return await launch(plan, CampaignForm(campaign=campaign.name, due_at=DUE_AT), machines=1)

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


def test_without_an_answer_in_time_a_yes_is_refused(rehearsal, deployed, campaign):
    """Silence is no yes: after its hours the run fails, and no answer starts anything."""

    async def scenario() -> tuple[SetStateStatus, str]:
        run, waiting = await asking(campaign, wait_hours=1)
        due = waiting.state_details.pause_timeout
        assert due is not None
        assert timedelta(minutes=50) < due - SystemClock().now() <= timedelta(hours=1)
        details = waiting.state_details.model_copy(update={"pause_timeout": due - timedelta(hours=2)})
        await end(run, waiting.model_copy(update={"state_details": details}))
        status = await answer(run, YES)
        async with get_client() as client:
            return status, (await client.read_flow_run(run)).state_name or ""

    status, name = asyncio.run(scenario())

    assert (status, name) == (SetStateStatus.REJECT, "Failed")
    assert started(campaign) == []


def test_an_answer_that_is_none_is_refused_and_asked_again(rehearsal, deployed, campaign):
    """The form's bounds are the server's: the run stays suspended, and the next answer counts."""

    async def scenario():
        run, _ = await asking(campaign)
        statuses = [await answer(run, given) for given in NO_ANSWERS]
        await answer(run, NO)
        return statuses, await work(run)

    statuses, state = asyncio.run(scenario())

    assert statuses == [SetStateStatus.REJECT] * len(NO_ANSWERS)
    assert state.name == "Declined"


def test_while_it_waits_no_process_is_needed_and_the_answer_finds_its_question(rehearsal, deployed, campaign):
    """The worker is restarted and everything is deployed anew: the yes starts exactly the plan that was shown."""

    async def scenario() -> Any:
        run, waiting = await asking(campaign)
        assert waiting.name == "Suspended"  # its process has ended
        await deployment_of(render_campaign)
        await deployment_of(approve_campaign)
        await answer(run, YES)
        return await work(run)

    assert asyncio.run(scenario()).name == "Approved"
    (run,) = started(campaign)
    plan = asyncio.run(plan_of(campaign, rehearsal))
    assert run.parameters["plan_digest"] == plan.digest


def test_a_process_that_dies_after_the_yes_starts_the_plan_once(rehearsal, deployed, campaign):
    """Begun again by a worker, it finds question and answer, and joins the run that it has started."""

    async def scenario() -> Any:
        run, _ = await asking(campaign)
        await answer(run, YES)
        await work(run)
        await forget_that_it_is_settled(run)
        await end(run, AwaitingRetry())
        return await work(run)

    state = asyncio.run(scenario())

    assert state.name == "Approved"
    assert "joins the run" in state.message
    assert len(started(campaign)) == 1


async def forget_that_it_is_settled(run: UUID) -> None:
    """As if the process had died just before it wrote that down."""
    async with get_client() as client:
        await client.delete_flow_run_input(run, "hailuo-settled-1")


def test_a_file_that_is_gone_when_the_yes_comes_is_named(rehearsal, deployed, campaign):
    """A yes starts the plan that was shown, or says why not."""

    async def delete() -> None:
        campaign.unlink()

    state = asyncio.run(approved(campaign, YES, meanwhile=delete))

    assert (state.type, state.name) == ("FAILED", "Refused")
    assert campaign.name in state.message
    assert started(campaign) == []


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
        runs = [(await asking(campaign))[0] for _ in range(2)]
        for run in runs:
            await answer(run, YES)
        return [await work(run) for run in runs]

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

    async def scenario() -> Any:
        run, _ = await asking(campaign)
        await answer(run, YES)
        await work(run)
        (old,) = await runs_of("render-campaign", campaign)
        await end(old.id, Failed(message="no key"))
        await end(run, AwaitingRetry())
        assert (await work(run)).name == "Suspended"
        await answer(run, YES)
        return await work(run)

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
    [({"budget_usd": 0.5}, "over the budget"), ({"edition": "No Slug"}, "edition is 'No Slug'")],
    ids=["over the budget", "a bad edition"],
)
def test_a_plan_that_cannot_run_is_not_put_up_for_approval(rehearsal, deployed, campaign, form, reason):
    """Admission's reasons come before the pause."""

    async def scenario():
        return (await asking(campaign, **form))[1]

    state = asyncio.run(scenario())

    assert state.is_failed()
    assert reason in state.message


def test_without_a_deployment_there_is_no_question(rehearsal, campaign):
    """It could not wait: the remedy is in the state."""

    async def scenario():
        return await approve_campaign(str(campaign), return_state=True)

    state = asyncio.run(scenario())

    assert (state.type, state.name) == ("FAILED", "Refused")
    assert "start approve-campaign/approve-campaign in the UI" in state.message


def test_a_pasted_campaign_travels_with_the_approval(rehearsal, deployed, campaign):
    """The run gets the very text that was priced, and the approval's own night for its edition."""
    text = campaign.read_text()

    async def scenario():
        await approved(Path(text), YES)
        return await runs_of("render-campaign", Path(text))

    (run,) = asyncio.run(scenario())

    assert run.parameters["campaign"] == text
