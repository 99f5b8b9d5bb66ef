"""The flow `nightly` against a real embedded server: what a night buys, what it survives, and the page it leaves."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from hailuo.clock import SystemClock
from hailuo.errors import ExitCode
from hailuo.flows.nightly import nightly
from hailuo.run.environment import RunEnvironment, within
from hailuo.simulator import FaultName, FaultPlan, ScriptedFault
from tests.support.rehearsals import accepted

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore"),  # Prefect leaves sockets open and deprecates itself
]

DUE_AT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
CAMPAIGN = """\
campaign: {name}
edition: "{edition}"
takes: {takes}
nightly: {mark}
defaults: {{size: 768p, duration: 6, model: MiniMax-Hailuo-02}}
matrix: {{prompt: [{{id: stone, text: Perfume bottle on black stone}}]}}
budget: {{usd: {budget}}}
"""

Lay = Callable[..., Path]


@pytest.fixture
def env(rehearsal: RunEnvironment, tmp_path: Path) -> Iterator[RunEnvironment]:
    """The rehearsal, with a folder of campaigns."""
    settings = rehearsal.settings.model_copy(update={"campaigns": tmp_path / "campaigns"})
    in_folder = replace(rehearsal, settings=settings)
    settings.campaigns.mkdir()
    with within(in_folder):
        yield in_folder


@pytest.fixture
def lay(env: RunEnvironment) -> Lay:
    """Put a campaign of two jobs into the folder, marked unless said otherwise."""

    def laid(name: str, **values: object) -> Path:
        path = env.settings.campaigns / f"{name}.yaml"
        defaults = {"edition": "night-{date}", "takes": 2, "mark": "true", "budget": 5}
        path.write_text(CAMPAIGN.format(name=name, **{**defaults, **values}))
        return path

    return laid


def run_night(**parameters):
    async def run():
        return await nightly(return_state=True, **{"due_at": DUE_AT, **parameters})

    return asyncio.run(run())


def report_of(state):
    return state.result(raise_on_failure=False)


def endings(state):
    return {result.due.name: result.exit_code for result in report_of(state).results}


def page_of(state):
    """As it reads, without the escapes of its Markdown."""

    async def read():
        run_filter = ArtifactFilter(
            flow_run_id=ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id])
        )
        async with get_client() as client:
            return await client.read_artifacts(artifact_filter=run_filter)

    return next(a.data for a in asyncio.run(read()) if a.key == "night").replace("\\", "")


def events_about(*campaigns):
    """The events that automations get about these campaigns: event and payload by name, once every campaign has one."""

    async def read():
        clock = SystemClock()
        now = clock.now()
        wanted = {
            "filter": {
                "resource": {"id": [f"hailuo.campaign.{name}" for name in campaigns]},
                "occurred": {"since": str(now - timedelta(hours=1)), "until": str(now + timedelta(hours=1))},
            }
        }
        seen = {}
        async with get_client() as client:
            for _ in range(600):  # the server takes events in behind our back
                said = (await client.request("POST", "/events/filter", json=wanted)).json()["events"]
                seen = {
                    one["resource"]["prefect.resource.name"]: (one["event"], one["payload"]) for one in said
                }
                if set(campaigns) <= set(seen):
                    break
                await clock.sleep(0.1)
        return seen

    return asyncio.run(read())


def test_a_night_renders_the_marked_campaigns_and_says_so(env, lay):
    """Every clip bought and stored; what is skipped is listed, what is not marked is not."""
    lay("autumn")
    lay("spring", takes=1)
    lay("paused", mark="{paused: true}")
    lay("draft", mark="false")

    state = run_night()

    assert (state.name, state.message) == (
        "Completed",
        "2 campaigns: 2 complete; 3 clips bought: $0.84 spent, estimated $0.84",
    )
    assert accepted(env) == 3
    page = page_of(state)
    assert "| autumn · night-2026-11-22 | complete | 2 of 2 | $0.56 | $0.56 | 2 of 2 |" in page
    assert f"{env.settings.store}/autumn/night-2026-11-22/gallery.html" in page
    assert "| **Total** | | 3 of 3 | $0.84 | $0.84 | 3 of 3 |" in page
    assert "**paused.yaml**: paused" in page
    assert "draft" not in page


def test_a_deployed_night_renders_the_same_files(env, lay, monkeypatch):
    """A deployment takes names of the folder alone; the night gives it nothing else."""
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", "every-night")
    lay("autumn", takes=1)

    state = run_night()

    assert endings(state) == {"autumn.yaml": ExitCode.COMPLETE}


def test_a_night_on_several_machines_without_workers_renders_by_itself(env, lay):
    """`machines` is handed to each campaign's run; where no shard can be started nothing is stuck or bought twice."""
    lay("spring")

    state = run_night(machines=3)

    assert state.name == "Completed", state.message
    assert accepted(env) == 2
    assert run_night(machines=3).name == "Completed"
    assert accepted(env) == 2


def test_a_second_run_of_the_night_buys_nothing(env, lay):
    """Running twice is resuming, also for a whole night; another night is another shoot."""
    lay("autumn")
    run_night()

    again = run_night()
    tomorrow = run_night(due_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC))

    assert again.message == "1 campaign: 1 complete; nothing bought"
    assert tomorrow.is_completed()
    assert accepted(env) == 4


def test_a_night_that_overlaps_another_joins_in(env, lay):
    """Two runs at once over one store: one submit for each job, and both see the clips stored."""
    lay("autumn", takes=3)
    lay("spring", takes=3, edition="main")

    async def both():
        return await asyncio.gather(*(nightly(return_state=True, due_at=DUE_AT) for _ in range(2)))

    states = asyncio.run(both())

    assert accepted(env) == 6
    assert [report_of(state).total.unknown for state in states] == [0, 0]
    assert [report_of(state).total.stored for state in states] == [6, 6]


def test_a_campaign_that_fails_stops_no_other(env, lay):
    """Over its budget, without a place to write, unreadable: three ways to end, and the fourth campaign is rendered all the same."""
    lay("a-refused", budget="0.30")
    lay("b-no-store", edition="main")
    edition = Path(env.settings.store) / "b-no-store/main"
    edition.mkdir(parents=True)
    (edition / "plan.json").mkdir()  # where the run wants to write a file
    lay("c-broken", takes=0)
    lay("d-sound")

    state = run_night()

    assert (state.name, state.is_failed()) == ("Stopped", True)
    assert endings(state) == {
        "a-refused.yaml": ExitCode.REFUSED,
        "b-no-store.yaml": ExitCode.REFUSED,
        "d-sound.yaml": ExitCode.COMPLETE,
    }
    assert accepted(env) == 2
    assert state.message.startswith(
        "3 campaigns: 2 refused, 1 complete; 2 clips bought: $0.56 spent, estimated $0.56"
    )
    assert state.message.endswith("invalid: c-broken.yaml")
    page = page_of(state)
    assert "is over the budget of" in page
    assert "takes is '0'" in page


def test_every_campaign_of_the_night_has_an_event_also_one_that_never_began(env, lay):
    """Over the night's budget, over its own, or unreadable: each is reported as stopped, with its reason."""
    lay("seen-complete")
    lay("seen-dear", takes=3)
    lay("seen-over", takes=1, budget="0.10")
    lay("seen-broken", takes=0)

    run_night(budget_usd_for_the_night=0.9)

    seen = events_about("seen-complete", "seen-dear", "seen-over", "seen-broken.yaml")
    assert seen["seen-complete"][0] == "hailuo.campaign.completed"
    assert {event for name, (event, _) in seen.items() if name != "seen-complete"} == {
        "hailuo.campaign.stopped"
    }
    assert "of the night's budget are left" in seen["seen-dear"][1]["reason"]
    assert seen["seen-dear"][1]["edition"] == "night-2026-11-22"
    assert "is over the budget of" in seen["seen-over"][1]["reason"]
    assert "takes is '0'" in seen["seen-broken.yaml"][1]["reason"]


class TestWithAFaultyVendor:
    """One submit ends without a verdict."""

    @pytest.fixture
    def faults(self):
        return FaultPlan(script=(ScriptedFault(fault=FaultName.CHARGED_THEN_502, skip=1),))

    def test_an_unknown_submit_makes_the_night_incomplete(self, env, lay):
        """The money that it reserves is shown apart from what is spent."""
        lay("autumn")

        state = run_night()

        assert (state.name, state.is_completed()) == ("Incomplete", False)
        assert state.message == (
            "1 campaign: 1 incomplete; 2 clips bought: $0.28 spent and $0.28 reserved, estimated $0.56; "
            "$0.28 in unknown submits"
        )
        page = page_of(state)
        assert "| $0.28 + $0.28 reserved | $0.56 | 1 ($0.28) | 1 of 2 |" in page
        assert "$0.28 may have been spent on 1 unknown submit" in page

    def test_money_in_doubt_has_an_event(self, env, lay):
        """With the clip's id, which `reconcile` asks for."""
        lay("doubted")

        run_night()

        event, payload = events_about("doubted")["doubted"]
        assert event == "hailuo.campaign.unknown"
        assert (payload["jobs"], payload["stored"], len(payload["unknown"])) == (2, 1, 1)


class TestWithAKeyThatIsRefused:
    """The vendor refuses the key once, at the first submit."""

    @pytest.fixture
    def faults(self):
        return FaultPlan(script=(ScriptedFault(fault=FaultName.KEY_REFUSED),))

    def test_a_campaign_that_stops_makes_the_night_stopped_and_stops_no_other(self, env, lay):
        """It bought nothing and says why; the next campaign is rendered, and another night renders both."""
        lay("a-stopped")
        lay("b-sound")

        state = run_night()

        assert (state.name, state.is_failed()) == ("Stopped", True)
        assert endings(state) == {"a-stopped.yaml": ExitCode.STOPPED, "b-sound.yaml": ExitCode.COMPLETE}
        assert accepted(env) == 2
        page, (event, payload) = page_of(state), events_about("a-stopped")["a-stopped"]
        assert "| a-stopped · night-2026-11-22 | stopped | 0 of 2 |" in page
        assert "the vendor refused the run" in page
        assert event == "hailuo.campaign.stopped"
        assert "the vendor refused the run" in payload["reason"]
        assert set(endings(run_night()).values()) == {ExitCode.COMPLETE}
        assert accepted(env) == 4


def test_the_budget_of_a_night_is_kept_before_any_money_moves(env, lay):
    """The campaign that would overshoot is not run; a later one that fits into what is left is."""
    lay("a-first", takes=2)
    lay("b-dear", takes=3)
    lay("c-cheap", takes=1)

    state = run_night(budget_usd_for_the_night=0.9)

    assert list(endings(state).values()) == [ExitCode.COMPLETE, ExitCode.REFUSED, ExitCode.COMPLETE]
    assert accepted(env) == 3
    assert "the plan would cost $0.84, and $0.34 of the night's budget are left" in page_of(state).replace(
        "\\", ""
    )


def test_a_dry_run_prices_the_night_and_buys_nothing(env, lay):
    """It also says what would be refused."""
    lay("autumn")
    lay("spring", budget="0.30")

    state = run_night(dry_run=True)

    assert state.name == "Stopped"
    assert state.message == ("2 campaigns priced, nothing bought; 2 clips would be bought for $0.56")
    assert accepted(env) == 0
    page = page_of(state)
    assert "| autumn · night-2026-11-22 | started | 0 of 2 |" in page
    assert "| spring · night-2026-11-22 | refused | 0 of 0 |" in page


def test_only_the_campaigns_named_are_rendered(env, lay):
    """The others are not even mentioned."""
    lay("autumn", takes=1)
    lay("spring")

    state = run_night(only_campaigns=["autumn.yaml"])

    assert endings(state) == {"autumn.yaml": ExitCode.COMPLETE}
    assert accepted(env) == 1


def test_a_name_that_is_not_marked_refuses_the_night(env, lay):
    """Before anything is bought, with the nearest name."""
    lay("autumn")

    state = run_night(only_campaigns=["autumn.yml"])

    assert state.is_failed()
    assert "'autumn.yml' is not marked for the night; did you mean 'autumn.yaml'?" in state.message
    assert accepted(env) == 0


def test_a_night_with_nothing_to_do_is_complete(env, lay):
    """And says so."""
    lay("draft", mark="false")

    state = run_night()

    assert (state.name, state.message) == ("Completed", "no campaign is due tonight")


def test_a_folder_without_any_campaign_is_no_quiet_night(env):
    """It is not mounted, perhaps: the night is red and says where it looked."""
    state = run_night()

    assert (state.name, state.is_failed()) == ("Refused", True)
    assert f"{env.settings.campaigns} holds no campaign file" in state.message


@pytest.mark.parametrize("budget", [0, -1, 2_000_000])
def test_a_budget_out_of_bounds_is_refused_by_the_form(env, lay, budget):
    """The bounds of the run form are enforced."""
    lay("autumn")

    state = run_night(budget_usd_for_the_night=budget)

    assert state.is_failed()
    assert accepted(env) == 0


class TestADownloadThatFails:
    """The clip of the first night cannot be fetched while that night runs."""

    @pytest.fixture
    def faults(self):
        return FaultPlan(script=(ScriptedFault(fault=FaultName.DOWNLOAD_HTML, times=5),))

    def test_the_next_night_collects_it_and_says_so(self, env, lay):
        """Into its own edition; the next night buys only its own clip."""
        lay("autumn", takes=1)
        given_up = run_night()

        state = run_night(due_at=DUE_AT + timedelta(days=1))

        left = "1 paid, not collected: run hailuo collect autumn/night-2026-11-22"
        assert left in page_of(given_up)
        assert "1 paid clip not collected" in given_up.message
        assert accepted(env) == 2
        assert len(list(Path(env.settings.store).glob("autumn/night-2026-11-2[23]/clips/*.mp4"))) == 2
        assert "collected 1 of 1 clips that were paid before, of autumn/night-2026-11-22" in page_of(state)
        assert left not in page_of(state)
