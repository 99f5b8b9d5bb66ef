"""The flow `reconcile` against a real embedded server: what it lists, what it records, and what it refuses."""

import asyncio
from pathlib import Path

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from hailuo.flows.reconcile import reconcile
from hailuo.flows.render_campaign import render_campaign
from hailuo.run.environment import RunEnvironment
from hailuo.simulator import FaultName, FaultPlan, ScriptedFault

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore"),  # Prefect leaves sockets open and deprecates itself
]

NAME = "flow-test"


@pytest.fixture
def faults() -> FaultPlan:
    """The answer to the last of four submits is lost: the clip was bought, and the answer never came."""
    return FaultPlan(script=(ScriptedFault(fault=FaultName.CHARGED_THEN_502, skip=3),))


@pytest.fixture
def lost(rehearsal: RunEnvironment, campaign: Path) -> str:
    """The creative id of the one job whose submit is unknown."""
    render(campaign)
    (unsettled,) = settled().result(raise_on_failure=False).unknown
    return str(unsettled.creative_id)


def render(campaign: Path):
    async def run():
        return await render_campaign(str(campaign), return_state=True)

    return asyncio.run(run())


def settled(campaign: str = NAME, **form):
    """The state in which `reconcile` ends, with this form filled in."""

    async def run():
        return await reconcile(campaign, return_state=True, **form)

    return asyncio.run(run())


def invoice(rehearsal: RunEnvironment) -> dict:
    headers = {"Authorization": "Bearer sk-test"}
    return dict(httpx.get(f"{rehearsal.settings.base_url}/_sim/invoice", headers=headers).json())


def artifact_of(state):
    async def read():
        async with get_client() as client:
            mine = ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id])
            return await client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id=mine))

    (artifact,) = asyncio.run(read())
    return artifact


def test_what_is_unknown_is_listed_with_the_money_it_holds(rehearsal, lost):
    """A row per attempt: when, what was asked for, the money, and from when it may be settled."""
    state = settled()

    assert (state.type, state.name) == ("FAILED", "InDoubt")
    assert state.message == "1 unknown, 0 in doubt: $0.28 reserved"
    shown = artifact_of(state)
    assert shown.key == f"unknown-{NAME}"
    assert "$0.28 may have been spent on 1 unknown submits" in shown.description
    for name, value in {
        "id": lost,
        "state": "unknown",
        "reserved": "$0.28",
        "prompt": "stone",
        "size": "768p",
    }.items():
        assert f'"{name}": "{value}"' in shown.data


def test_an_adopted_task_is_collected_by_the_next_run(rehearsal, campaign, lost):
    """The person's task id makes the list empty, and the clip comes without being bought again."""
    (task,) = [line["task_id"] for line in invoice(rehearsal)["lines"] if not line["answered"]]

    state = settled(action="adopt", creative_id=lost, task_id=task)

    assert (state.type, state.name) == ("COMPLETED", "Completed")
    assert f"task {task} is adopted" in state.message
    assert "nothing is unknown" in state.message
    assert "no money is in doubt" in artifact_of(state).data
    assert render(campaign).name == "Completed"
    assert invoice(rehearsal)["accepted"] == 4


def test_an_abandoned_attempt_is_bought_again_by_the_next_run(rehearsal, campaign, lost):
    """Giving up costs one more clip, and the state says so."""
    state = settled(action="abandon", creative_id=lost, why="support: no such task")

    assert state.name == "Completed"
    assert "abandoned; the next run may buy the clip again, for $0.28 more" in state.message
    assert render(campaign).name == "Completed"
    assert invoice(rehearsal)["accepted"] == 5


def test_a_refused_decision_fails_and_writes_nothing(rehearsal, lost):
    """A task that the vendor does not know is not believed; what was unknown still is."""
    state = settled(action="adopt", creative_id=lost, task_id="task_of_nobody")

    assert state.is_failed()
    assert "is not known" in state.message
    assert settled().name == "InDoubt"


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({"action": "adopt"}, ["creative_id", "task_id"]),
        ({"action": "abandon", "creative_id": "  "}, ["creative_id", "why"]),
        ({"action": "abandon", "task_id": "t1"}, ["creative_id", "why", "task_id"]),
        ({"action": "adopt", "why": "x", "creative_id": "A"}, ["task_id", "why"]),
        ({"action": "list", "creative_id": "A", "why": "x"}, ["creative_id", "why"]),
    ],
    ids=["adopt nothing", "abandon a blank", "abandon a task", "adopt with a reason", "list with a decision"],
)
def test_a_form_that_does_not_fit_its_action_gets_every_problem(rehearsal, form, fields):
    """Every missing and every idle field in one message, before anything is opened."""
    state = settled(**form)

    assert state.is_failed()
    assert state.message.count("\n") == len(fields) - 1
    assert all(f"{field}: " in state.message for field in fields)


@pytest.mark.parametrize(
    "form",
    [
        {"campaign": "../other"},
        {"edition": "a/b"},
        {"action": "forget"},
        {"action": "abandon", "why": "x" * 501},
    ],
    ids=["a path", "a path as edition", "no such action", "a long reason"],
)
def test_what_is_no_name_is_refused_by_the_form(rehearsal, form):
    """The bounds of the run form are enforced, not only shown."""
    state = settled(**form)

    assert state.is_failed()
    assert "ParameterTypeError" in state.message or "validation" in state.message.lower()


def test_a_campaign_that_never_ran_is_an_error(rehearsal):
    """A name mistyped is not a clean bill."""
    state = settled(campaign="never-ran")

    assert state.is_failed()
    assert "holds no run of never-ran" in state.message


class TestSeveralAtOnce:
    """Two editions of a campaign, each with lost answers; one form lists and settles them all."""

    @pytest.fixture
    def faults(self) -> FaultPlan:
        """The answers to the last submit of each edition are lost."""
        lost = FaultName.CHARGED_THEN_502
        return FaultPlan(script=(ScriptedFault(fault=lost, skip=3), ScriptedFault(fault=lost, skip=6)))

    @pytest.fixture
    def lost(self, rehearsal: RunEnvironment, campaign: Path) -> list[str]:
        """The creative ids of the jobs whose submits are unknown: one in each edition."""
        render(campaign)
        second = campaign.with_name("second.yaml")
        second.write_text(campaign.read_text().replace("flow-test", "second").replace("black", "white"))
        render(second)
        found = settled(campaign="").result(raise_on_failure=False)
        return [one.creative_id for one in found.unknown]

    def test_without_a_campaign_every_edition_is_listed(self, rehearsal, lost):
        """One table, with whose clip each row is."""
        state = settled(campaign="")

        assert state.name == "InDoubt"
        assert state.message == "2 unknown, 0 in doubt: $0.56 reserved"
        shown = artifact_of(state)
        assert shown.key == "unknown-submits"
        assert '"campaign": "flow-test"' in shown.data
        assert '"campaign": "second"' in shown.data

    def test_several_clips_of_several_editions_are_adopted_at_once(self, rehearsal, campaign, lost):
        """Pasted as two columns of a sheet; the next runs collect them, and nothing is bought again."""
        tasks = [line["task_id"] for line in invoice(rehearsal)["lines"] if not line["answered"]]

        state = settled(campaign="", action="adopt", creative_id="\n".join(lost), task_id=", ".join(tasks))

        assert state.name == "Completed", state.message
        assert all(f"task {task} is adopted" in state.message for task in tasks)
        assert render(campaign).name == "Completed"
        assert render(campaign.with_name("second.yaml")).name == "Completed"
        assert invoice(rehearsal)["accepted"] == 8

    def test_a_decision_that_is_refused_stops_no_other(self, rehearsal, lost):
        """The message says what was recorded and what was not."""
        (task, _) = [line["task_id"] for line in invoice(rehearsal)["lines"] if not line["answered"]]

        state = settled(campaign="", action="adopt", creative_id=" ".join(lost), task_id=f"{task} task_x")

        assert (state.name, state.is_failed()) == ("Refused", True)
        assert "task_x" in state.message
        assert f"task {task} is adopted" in state.message
        assert [one.creative_id for one in settled(campaign="").result(raise_on_failure=False).unknown] == [
            lost[1]
        ]

    @pytest.mark.parametrize(
        ("form", "words"),
        [
            ({"creative_id": "AAAAAAAAAA", "task_id": "t"}, "is not unknown in any of these editions"),
            ({"creative_id": "A B", "task_id": "t"}, "has 1 ids for 2 clips"),
            ({"creative_id": "A A", "task_id": "t u"}, "names A more than once"),
        ],
        ids=["no such clip", "a task too few", "a clip twice"],
    )
    def test_what_does_not_fit_is_refused_before_anything_is_recorded(self, rehearsal, lost, form, words):
        """And named."""
        state = settled(campaign="", action="adopt", **form)

        assert state.name == "Refused"
        assert words in state.message
        assert len(settled(campaign="").result(raise_on_failure=False).unknown) == 2


def test_an_edition_without_its_campaign_is_refused(rehearsal):
    """Editions of several campaigns have the same name."""
    state = settled(campaign="", edition="main")

    assert state.name == "Refused"
    assert "name the campaign too" in state.message
