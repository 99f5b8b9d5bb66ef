"""The flow `render-campaign` against a real embedded server: what it buys, and what it leaves to look at."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from hailuo.errors import AdmissionError, ExitCode
from hailuo.flows.machinery.clips import bundles_of
from hailuo.flows.render_campaign import drive, render_campaign
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.session import open_session
from hailuo.simulator import FaultName, FaultPlan, ScriptedFault
from tests.support.rehearsals import accepted

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings(
        "ignore"
    ),  # Prefect leaves sockets open and deprecates itself: not ours to mend
]


def run_flow(campaign: Path, **parameters):
    async def run():
        return await render_campaign(str(campaign), return_state=True, **parameters)

    return asyncio.run(run())


def report_of(state):
    return state.result(raise_on_failure=False)


def artifacts_of(state):
    async def read():
        async with get_client() as client:
            run_filter = ArtifactFilter(
                flow_run_id=ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id])
            )
            return await client.read_artifacts(artifact_filter=run_filter)

    return {artifact.key: artifact for artifact in asyncio.run(read())}


def run_name(state):
    async def read():
        async with get_client() as client:
            return await client.read_flow_run(state.state_details.flow_run_id)

    return asyncio.run(read()).name


def test_the_flow_stores_every_clip_and_says_what_it_did(rehearsal, campaign):
    """Four clips bought, a run named by campaign and edition, and every artifact in its place."""
    state = run_flow(campaign)

    assert state.is_completed()
    assert report_of(state).exit_code is ExitCode.COMPLETE
    assert accepted(rehearsal) == 4
    assert run_name(state) == "flow-test · main"
    found = artifacts_of(state)
    left = {"plan", "progress", "publishing", "comparison", "unknown"}
    assert set(found) == {f"{key}-flow-test" for key in left}
    assert "4 clips to buy" in found["plan-flow-test"].description
    assert found["progress-flow-test"].data == 100.0


def test_a_second_flow_run_buys_nothing(rehearsal, campaign):
    """Running twice is resuming: no task run, no submit."""
    run_flow(campaign)

    state = run_flow(campaign)

    assert state.is_completed()
    assert "nothing to buy" in state.message
    assert accepted(rehearsal) == 4


def test_a_plan_over_the_budget_fails_the_run_and_buys_nothing(rehearsal, campaign):
    """The reason is in the state; nothing was asked of the vendor."""
    state = run_flow(campaign, budget_usd=0.5)

    assert state.is_failed()
    assert "over the budget" in state.message
    assert accepted(rehearsal) == 0


def test_a_run_on_several_machines_without_workers_is_driven_by_its_lead(rehearsal, campaign):
    """No deployment of shards here: nothing is stuck, nothing bought twice; again, and nothing is even dealt."""
    state = run_flow(campaign, machines=3)

    assert state.name == "Completed", state.message
    assert accepted(rehearsal) == 4
    assert run_flow(campaign, machines=3).name == "Completed"
    assert accepted(rehearsal) == 4


@pytest.mark.parametrize("budget", [-1, 0, 2_000_000])
def test_a_budget_out_of_bounds_is_refused_by_the_form(rehearsal, campaign, budget):
    """The bounds of the run form are enforced, not only shown."""
    state = run_flow(campaign, budget_usd=budget)

    assert state.is_failed()
    assert accepted(rehearsal) == 0


def test_a_plan_that_changed_after_it_was_agreed_to_is_refused(rehearsal, campaign):
    """What is bought is the plan that a person has seen."""
    state = run_flow(campaign, plan_digest="0" * 64)

    assert state.is_failed()
    assert "not the approved plan" in state.message
    assert accepted(rehearsal) == 0


class TestWithAFaultyVendor:
    """One submit ends without a verdict."""

    @pytest.fixture
    def faults(self):
        return FaultPlan(script=(ScriptedFault(fault=FaultName.CHARGED_THEN_502, skip=3),))

    def test_an_unknown_submit_is_shown_with_the_money_it_holds(self, rehearsal, campaign):
        """The run is incomplete, not failed, and the artifact says how much may have been spent."""
        state = run_flow(campaign)

        assert (state.name, state.is_failed()) == ("Incomplete", True)
        assert report_of(state).exit_code is ExitCode.INCOMPLETE
        assert "$0.28 may have been spent" in artifacts_of(state)["unknown-flow-test"].description


class TestWithEveryClipRefused:
    """The vendor's filter refuses every prompt."""

    @pytest.fixture
    def faults(self) -> FaultPlan:
        return FaultPlan(script=(ScriptedFault(fault=FaultName.SENSITIVE_1026, times=20),))

    def test_a_run_without_a_single_clip_is_never_green(self, rehearsal, campaign):
        """The state says how many, and why."""
        state = run_flow(campaign)

        assert state.is_failed()
        assert "0 of 4 clips stored" in state.message


def test_the_command_line_drives_the_flow_and_gets_its_report(rehearsal, campaign):
    """The entry point that `hailuo run` uses where a server is set."""
    request = CampaignRequest(path=campaign, at=rehearsal.clock.now())

    with pytest.raises(AdmissionError, match="not the approved plan"):
        drive(request, "0" * 64)

    assert accepted(rehearsal) == 0


@pytest.mark.parametrize("budget", ["4", "4.00", "4.5"])
def test_a_plan_that_was_agreed_to_on_the_command_line_is_the_plan_of_the_flow(rehearsal, campaign, budget):
    """Its digest depends on every digit of the budget."""
    request = CampaignRequest(path=campaign, at=rehearsal.clock.now(), budget_usd=Decimal(budget))

    report = drive(request, digest_of(request, rehearsal))

    assert report.exit_code is ExitCode.COMPLETE
    assert accepted(rehearsal) == 4


def test_a_limit_is_of_the_form_and_of_the_command_line(rehearsal, campaign):
    """At most so many clips are bought now, and the others later."""
    request = CampaignRequest(path=campaign, limit=2)

    run_flow(campaign, limit=1)
    by_form = accepted(rehearsal)
    drive(request, digest_of(request, rehearsal))

    assert (by_form, accepted(rehearsal)) == (1, 3)


def digest_of(request, rehearsal):
    async def plan():
        prepared = prepare(request, rehearsal.settings)
        async with open_session(prepared, rehearsal.settings, clock=rehearsal.clock) as session:
            return await session.plan()

    return asyncio.run(plan()).digest


@pytest.mark.parametrize(("jobs", "task_runs"), [(1, 1), (400, 400), (401, 400), (10_000, 400)])
def test_a_run_never_makes_more_than_400_task_runs(jobs, task_runs):
    """Above 400 jobs a task run drives a shard, and the shards hold every job once."""
    shards = bundles_of(list(range(jobs)))

    assert len(shards) == task_runs
    assert sorted(number for shard in shards for number in shard) == list(range(jobs))
    assert max(map(len, shards)) - min(map(len, shards)) <= 1
