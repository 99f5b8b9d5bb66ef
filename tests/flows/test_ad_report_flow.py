"""The flow `ad-report` against a real embedded server: what it leaves, when it leaves nothing, and how it ends."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from hailuo.campaign.job import Job
from hailuo.flows.ad_report import ad_report
from hailuo.flows.machinery.due_reports import due_reports
from hailuo.flows.machinery.parameters import CampaignForm
from hailuo.flows.ui.markdown import escaped
from hailuo.publish.picks import judge
from hailuo.run.environment import RunEnvironment, within
from hailuo.settings import Settings
from hailuo.store import FolderStore
from hailuo.store.layout import Edition
from hailuo.testing import VirtualClock
from tests.report.editions import CAMPAIGN, keep_edition, meta_export, prepared_from

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore"),  # Prefect leaves sockets open and deprecates itself
]


@pytest.fixture
def jobs(tmp_path: Path) -> Sequence[Job]:
    """A rendered edition in a store, its campaign in the folder."""
    (tmp_path / "campaigns").mkdir()
    clock = VirtualClock()
    prepared = prepared_from(tmp_path / "campaigns" / "launch.yaml")
    return clock.run(keep_edition(FolderStore(tmp_path / "store"), clock, prepared))


@pytest.fixture
def exports(tmp_path: Path, jobs: Sequence[Job]) -> Path:
    """Where people put exports."""
    folder = tmp_path / "store" / "launch" / "main" / "exports"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(autouse=True)
def env(server: None, tmp_path: Path) -> Iterator[RunEnvironment]:
    settings = Settings(store=str(tmp_path / "store"), campaigns=tmp_path / "campaigns")
    env = RunEnvironment(settings=settings, clock=VirtualClock())
    with within(env):
        yield env


def reported(**form):
    """The state in which the flow ends, with this form filled in."""

    async def run():
        return await ad_report(return_state=True, **form)

    return asyncio.run(run())


def artifacts_of(state):
    """By key, of the flow run; tables as the text that they are kept as."""

    async def read():
        async with get_client() as client:
            mine = ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id])
            return await client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id=mine))

    return {artifact.key: artifact for artifact in asyncio.run(read())}


def test_a_report_leaves_verdict_leaderboard_and_next_batch(jobs, exports):
    """The verdict is in the state and on the page; the tables have a row per clip and per combination."""
    (exports / "meta.csv").write_bytes(meta_export(jobs))

    state = reported(campaign="launch.yaml")

    assert (state.type, state.name) == ("COMPLETED", "Completed")
    assert state.message.startswith("launch · main: Meta: ")
    assert "dawn" in state.message
    found = artifacts_of(state)
    assert set(found) == {"report-launch", "leaderboard-launch-meta", "next-batch-launch"}
    assert "168 of 168 rows and 100" in found["report-launch"].data.replace("\\", "")
    assert all(job.creative_id in found["leaderboard-launch-meta"].data for job in jobs)
    assert "next.yaml" in found["next-batch-launch"].description
    (report,) = state.result().values()
    assert all(escaped(row.reason) in found["report-launch"].data for row in report.findings.proposal.rows)


def test_where_nothing_is_new_nothing_is_left(jobs, exports):
    """A schedule that runs every day fills no page with what was said before."""
    (exports / "meta.csv").write_bytes(meta_export(jobs))
    reported(campaign="launch.yaml")

    again = reported(campaign="launch.yaml")

    assert again.name == "Unchanged"
    assert "nothing new since 2026-11-22 22:00 UTC" in again.message
    assert artifacts_of(again) == {}


def test_without_a_campaign_every_edition_with_exports_is_reported(tmp_path, jobs, exports):
    """So a schedule needs no names; whatever is wrong with one ends no other."""
    (exports / "meta.csv").write_bytes(meta_export(jobs))
    other = prepared_from(tmp_path / "campaigns" / "second.yaml", CAMPAIGN.replace("launch", "second"))
    clock = VirtualClock()
    clock.run(keep_edition(FolderStore(tmp_path / "store"), clock, other))
    (tmp_path / "store/second/main/exports").mkdir()
    (tmp_path / "store/second/main/exports/broken.csv").write_text("Ad name,Impressions\nx,many\n")

    state = reported()

    assert state.is_failed()
    assert "second · main: " in state.message
    assert "broken.csv" in state.message
    assert "launch · main: Meta: " in state.message
    assert "report-launch" in artifacts_of(state)


def test_a_next_batch_in_the_folder_is_no_second_report_of_the_first(tmp_path, jobs, exports):
    """Two files of one campaign: each edition is reported once, by the file that renders it, and once is enough."""
    (exports / "meta.csv").write_bytes(meta_export(jobs))
    later = CAMPAIGN.replace("campaign: launch", "campaign: launch\nedition: next-2026-11-22-2200")
    (tmp_path / "campaigns" / "launch-next.yaml").write_text(later.replace("takes: 2", "takes: 9"))

    first, second = reported(), reported()

    assert (first.name, second.name) == ("Completed", "Unchanged")
    (report,) = first.result().values()
    assert report.findings.edition == "main"
    assert len(list((tmp_path / "store/launch/main/reports").iterdir())) == 1


def test_an_edition_with_a_date_belongs_to_the_file_that_says_so(tmp_path, jobs):
    """A night of last week is reported by the nightly file, not by its next batch."""
    nightly = CAMPAIGN.replace("campaign: launch", 'campaign: launch\nedition: "night-{date}"')
    (tmp_path / "campaigns" / "launch.yaml").write_text(nightly)
    (tmp_path / "campaigns" / "after.yaml").write_text(CAMPAIGN.replace("takes: 2", "takes: 9"))
    folder = tmp_path / "store/launch/night-2026-11-01/exports"
    folder.mkdir(parents=True)
    (folder / "meta.csv").write_bytes(b"x")
    env = RunEnvironment(
        settings=Settings(store=str(tmp_path / "store"), campaigns=tmp_path / "campaigns"),
        clock=VirtualClock(),
    )
    form = CampaignForm(due_at=datetime(2026, 11, 22, tzinfo=UTC))

    (due,) = asyncio.run(due_reports(env, form, exports=""))

    assert due.edition == Edition("launch", "night-2026-11-01")
    assert len(due.prepared.expansion.jobs) == 12


def test_a_folder_that_is_no_edition_ends_no_other(tmp_path, jobs, exports):
    """It is reported as such; it is not taken for the edition `main`."""
    (exports / "meta.csv").write_bytes(meta_export(jobs))
    (tmp_path / "store/launch/Main/exports").mkdir(parents=True)
    (tmp_path / "store/launch/Main/exports/meta.csv").write_bytes(meta_export(jobs))

    state = reported()

    assert state.is_failed()
    assert "launch · Main: " in state.message
    assert "launch · main: Meta: " in state.message


def test_before_anything_is_dropped_it_waits(jobs):
    """No export yet is no failure."""
    named, everywhere = reported(campaign="launch.yaml"), reported()

    assert (named.name, everywhere.name) == ("Waiting", "Waiting")
    assert named.message == "launch · main: no exports yet"


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"campaign": "launch.yaml", "exports": "nowhere"}, "nowhere: cannot be read"),
        ({"exports": "somewhere"}, "pick the campaign that it belongs to"),
        ({"campaign": "launch.yaml", "edition": "Second Night"}, "edition is 'Second Night'"),
        ({"edition": "main"}, "pick the campaign that it belongs to"),
        ({"studies": ["/srv/holdout.csv"]}, "is empty, but a study is given"),
        ({"only_picked": True, "edition": "main"}, "but an edition and a choice of clips is given"),
        ({"campaign": "launch.yaml", "studies": ["/srv/no-such.csv"]}, "/srv/no-such.csv: cannot be read"),
        ({"campaign": "launch.yaml", "only_rated": 6}, "only_rated"),
        ({"campaign": "launch.yaml", "metric": "completion"}, "metric"),
        ({"campaign": "launch.yaml", "design": "guess"}, "design"),
        ({"campaign": "launch.yaml", "relevant_lift_percent": 0}, "relevant_lift_percent"),
        ({"campaign": "gone.yaml"}, "gone.yaml"),
    ],
    ids=[
        "no such place",
        "exports without a campaign",
        "no edition",
        "an edition without a campaign",
        "a study without a campaign",
        "a choice without a campaign",
        "no such study",
        "no rating",
        "no metric",
        "no design",
        "no lift",
        "no file",
    ],
)
def test_a_form_that_cannot_be_used_fails_with_the_reason(jobs, form, message):
    """In the state, where people look."""
    state = reported(**form)

    assert state.is_failed()
    assert message in state.message


def test_exports_may_lie_in_a_folder_of_the_worker(tmp_path, jobs):
    """Or in another bucket: the campaign says whose they are, a pasted one too."""
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "Meta Ads.csv").write_bytes(meta_export(jobs))

    state = reported(campaign=CAMPAIGN, exports=str(tmp_path / "downloads"), next_batch_budget_usd=2.0)

    assert state.name == "Completed"
    (report,) = state.result().values()
    assert report.findings.proposal.usd <= 2.0


def judged(folder, clips):
    """A person picks these clips, rates them 4 and gives them the tag `Hero`."""
    said = {"reviewer": "Ana", "reviewed_at": "2026-11-22T12:00:00Z"}
    names = {"campaign": "launch", "edition": "main", "reviewer": "Ana", "source": "Ana"}
    given = [{"creative_id": one, "pick": "pick", "rating": 4, "tags": ["Hero"], **said} for one in clips]
    path = folder / "judgements.json"
    path.write_text(json.dumps({"schema": "hailuo.judgements/1.0", **names, "judgements": given}))
    clock, store = VirtualClock(), FolderStore(folder / "store")
    clock.run(judge(store, [path], Edition("launch", "main"), clock=clock))


@pytest.mark.parametrize(
    "choice",
    [{"only_picked": True}, {"only_rated": 4}, {"only_tagged": ["hero"]}],
    ids=["picked", "rated", "tagged"],
)
def test_only_chosen_clips_are_compared_and_rendered_again(tmp_path, jobs, exports, choice):
    """As `hailuo report` does with --picked, --rated and --tag; the next batch leaves out the other clips."""
    (exports / "meta.csv").write_bytes(meta_export(jobs))
    rain = {job.creative_id for job in jobs if job.levels["prompt"] == "rain"}
    judged(tmp_path, sorted(rain))

    state = reported(campaign="launch.yaml", **choice)

    (report,) = state.result().values()
    (platform,) = report.findings.platforms
    assert {one.creative_id for one in platform.creatives} == rain
    assert not report.is_in_gallery


def test_a_choice_that_keeps_no_clip_fails_with_the_reason(tmp_path, jobs, exports):
    """And writes no report of nothing."""
    (exports / "meta.csv").write_bytes(meta_export(jobs))
    judged(tmp_path, [jobs[0].creative_id])

    state = reported(campaign="launch.yaml", only_rated=5)

    assert state.is_failed()
    assert "none of them is rated 5+" in state.message


def test_a_study_is_read_beside_the_exports(tmp_path, jobs, exports):
    """From a file of the worker: the page says what it changes."""
    (exports / "meta.csv").write_bytes(meta_export(jobs))
    study = tmp_path / "holdout.csv"
    header = "platform,cell,clip,date_start,date_end,people,conversions,holdout_people,holdout_conversions"
    study.write_text(f"{header}\nmeta,all,,2026-11-01,2026-11-21,100000,1200,100000,1000\n")

    state = reported(campaign="launch.yaml", studies=[str(study)])

    (report,) = state.result().values()
    (platform,) = report.findings.platforms
    assert platform.study_says
