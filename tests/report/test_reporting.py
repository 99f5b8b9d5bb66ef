"""From dropped exports to a report in the store: what is read, what is written, what is refused, what is new."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from hailuo.campaign.job import Job
from hailuo.errors import CampaignError, RefusedError
from hailuo.plan.prepare import PreparedCampaign
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.archive import from_json
from hailuo.report.exports import ExportError
from hailuo.report.findings import JoinMethod, Recommendation, VerdictOutcome
from hailuo.report.inputs import FoundFiles, InputError, editions_with_exports, find_files
from hailuo.report.make import Report, ReportOptions, report
from hailuo.report.metrics import Design, Metric
from hailuo.settings import Settings
from hailuo.store import FolderStore
from hailuo.store.layout import Edition
from hailuo.testing import VirtualClock
from tests.report.editions import CAMPAIGN, META_HEADER, keep_edition, meta_export, prepared_from

pytestmark = pytest.mark.slow

EDITION = Edition("launch", "main")


@dataclass(frozen=True)
class Desk:
    """A store with a rendered edition, and a clock that stands."""

    clock: VirtualClock
    store: FolderStore
    folder: Path
    prepared: PreparedCampaign
    jobs: Sequence[Job]

    @property
    def exports(self) -> Path:
        """Where people drop files."""
        folder = self.folder / "store" / "launch" / "main" / "exports"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def dropped(self, *sources: str | Path) -> FoundFiles:
        named = [str(source) for source in sources]
        return self.clock.run(find_files(self.store, Settings(), named, edition=EDITION))

    def report(self, *sources: str | Path, **wish: object) -> Report:
        """As the command makes it, of what lies in the store unless sources are named."""
        given = {"analysis": AnalysisOptions(), "prepared": self.prepared, **wish}
        asked = ReportOptions(files=self.dropped(*sources), **given)  # type: ignore[arg-type]  # a test names any field
        return self.clock.run(report(self.store, self.clock, asked, edition=EDITION))

    def written(self, made: Report, name: str) -> bytes:
        return (self.folder / "store" / made.folder / name).read_bytes()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    clock, store = VirtualClock(), FolderStore(tmp_path / "store")
    prepared = prepared_from(tmp_path / "launch.yaml")
    jobs = clock.run(keep_edition(store, clock, prepared))
    return Desk(clock, store, tmp_path, prepared, jobs)


def test_exports_that_lie_in_the_store_become_a_report(desk):
    """Everything in one folder named by the time: page, findings, estimates, results, the next campaign file."""
    (desk.exports / "Ads report, 1-14 Nov.csv").write_bytes(meta_export(desk.jobs))

    made = desk.report()

    assert made.is_new
    assert made.folder == "launch/main/reports/2026-11-22T220000Z/"
    assert sorted(path.name for path in (desk.folder / "store" / made.folder).iterdir()) == [
        *("estimates.csv", "estimates.parquet", "findings.json", "next.yaml", "report.html"),
        "results.parquet",
    ]
    assert from_json(desk.written(made, "findings.json")) == made.findings
    assert made.page.address == f"{desk.store.uri}/{made.folder}report.html"


def test_the_report_finds_what_is_there_to_find(desk):
    """One prompt has twice the click rate: the verdict is about it, and every row found its creative by the ad's name."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))

    found = desk.report().findings

    (platform,) = found.platforms
    assert platform.verdict.outcome is VerdictOutcome.FACTOR
    assert (platform.verdict.factor, platform.verdict.level) == ("prompt", "dawn")
    assert (found.health.rows, found.health.rows_matched) == (12 * 14, 12 * 14)
    assert {tally.method for tally in found.health.by_method if tally.rows} == {JoinMethod.NAME_TOKEN}


def test_every_exported_row_stands_in_the_results(desk):
    """One row per row of the export, joined or not, with the reason: a statistician can start from there."""
    stranger = f"{','.join(META_HEADER)}\n2026-11-01,2026-11-01,L,B,Brand film,99,1000,8.00,9,300,0\n"
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))
    (desk.exports / "other.csv").write_text(stranger)

    made = desk.report()

    rows = pd.read_parquet(io.BytesIO(desk.written(made, "results.parquet")))
    assert len(rows) == 12 * 14 + 1
    assert rows["creative_id"].notna().sum() == 12 * 14
    assert made.findings.health.unmatched[0].ad == "Brand film"


def test_the_page_shows_the_clips_and_links_to_them(desk):
    """Links lead from the report's folder to clips and gallery in the same store; posters are inside the page."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))

    made = desk.report()

    page = desk.written(made, "report.html").decode()
    folder = desk.folder / "store" / made.folder
    assert "data:image/webp;base64," in page
    assert f"../../clips/{desk.jobs[0].creative_id}.mp4" in page
    (gallery,) = set(re.findall(r'href="([^"]*gallery.html)"', page))
    assert (folder / gallery).resolve().is_file()


def test_the_same_exports_make_no_second_report(desk):
    """A schedule may look every hour: where nothing is new nothing is written, and it says which report stands."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))
    first = desk.report()
    desk.clock.advance(3600)

    second = desk.report()

    assert not second.is_new
    assert second.folder == first.folder
    assert second.findings == first.findings
    assert len(list((desk.folder / "store/launch/main/reports").iterdir())) == 1


@pytest.mark.parametrize(
    "wish",
    [
        {"analysis": AnalysisOptions(metric=Metric.HOOK)},
        {"analysis": AnalysisOptions(seed=2)},
        {"budget_usd": Decimal(3)},
        {"prepared": None},
        {"again": True},
    ],
    ids=["another metric", "another seed", "another budget", "without the file", "asked for again"],
)
def test_another_question_gets_another_report(desk, wish):
    """What was asked is a part of the answer; the old report stays as it is."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))
    first = desk.report()

    second = desk.report(**wish)

    assert second.is_new
    assert first.folder < second.folder
    assert desk.written(first, "findings.json")


@pytest.mark.parametrize(
    "changed",
    ["budget: {usd: 2}", "budget: {usd: 8}\nexclude:\n  - {prompt: studio, model: MiniMax-Hailuo-2.3}"],
    ids=["its budget", "what it leaves out"],
)
def test_a_campaign_file_that_bounds_the_next_batch_otherwise_makes_a_new_report(desk, changed):
    """The next batch depends on more of the file than its clips."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))
    desk.report()

    other = prepared_from(desk.folder / "launch.yaml", CAMPAIGN.replace("budget: {usd: 8}", changed))

    assert desk.report(prepared=other).is_new


def test_a_report_of_a_machine_whose_clock_is_ahead_is_followed_by_the_next(desk):
    """By name too: the newest report is the last of the folder, whatever the clocks say."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))
    desk.clock.advance(3600)
    ahead = desk.report()

    behind = replace(desk, clock=VirtualClock()).report(again=True)

    assert behind.folder == f"{ahead.folder.removesuffix('/')}_2/"
    assert behind.findings.previous == "2026-11-22 23:00 UTC"


def test_more_days_make_a_new_report_that_says_what_changed(desk):
    """The last report is found in the store; the new one names it and what is different."""
    (desk.exports / "week-1.csv").write_bytes(meta_export(desk.jobs, days=7))
    first = desk.report()
    desk.clock.advance(86_400)
    later = meta_export(
        desk.jobs, days=7, first_day=first.findings.health.last_day + timedelta(days=1), seed=2
    )
    (desk.exports / "week-2.csv").write_bytes(later)

    second = desk.report().findings

    assert first.findings.changes == ()
    assert second.previous == "2026-11-22 22:00 UTC"
    assert any("7" in change.sentence and "day" in change.sentence for change in second.changes)


def test_an_unreadable_last_report_stops_nothing(desk):
    """Of a foreign version nothing can be said, so nothing is compared."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))
    made = desk.report()
    (desk.folder / "store" / made.folder / "findings.json").write_text('{"schema": "hailuo.report/9.0"}')
    desk.clock.advance(60)

    again = desk.report()

    assert (again.is_new, again.findings.previous) == (True, None)


def test_a_filled_ads_table_is_recognised_wherever_it_lies(desk):
    """Beside the exports, or where `hailuo upload-plan` wrote it: ads with other names find their creative by id."""
    export = meta_export(desk.jobs).decode()
    nameless = re.sub(r"HV-[^,]*", "Summer ad", export).encode()
    ads = "creative_id,platform,ad_id,platform_video_id,ad_name\n" + "".join(
        f"{job.creative_id},meta,{120_200_000_000_001 + number},,\n" for number, job in enumerate(desk.jobs)
    )
    (desk.exports / "meta.csv").write_bytes(nameless)
    alone = desk.report()
    (desk.exports / "our ads.csv").write_text(ads)

    beside = desk.report()
    (desk.exports / "our ads.csv").unlink()
    uploads = desk.folder / "store/launch/main/uploads/meta"
    uploads.mkdir(parents=True)
    (uploads / "ads.csv").write_text(ads)
    uploaded = desk.report()

    assert alone.findings.health.rows_matched == 0
    assert beside.findings.health.rows_matched == uploaded.findings.health.rows_matched == 12 * 14
    assert {t.method for t in beside.findings.health.by_method if t.rows} == {JoinMethod.AD_ID}


def test_a_planned_split_comes_from_the_ads_table(desk):
    """Where the design splits people, the shares that ads.csv plans are those that are checked."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))
    shares = [90, *[1] * 11]
    ads = "creative_id,platform,ad_id,platform_video_id,planned_split\n" + "".join(
        f"{job.creative_id},meta,,,{share}%\n" for job, share in zip(desk.jobs, shares, strict=True)
    )
    (desk.exports / "ads.csv").write_text(ads)

    split = desk.report(analysis=AnalysisOptions(design=Design.RANDOMISED_SPLIT)).findings.platforms[0].srm

    assert split is not None
    assert split.flagged


def test_a_mapping_beside_an_export_explains_it(desk):
    """An export that no platform's headers explain is read by the TOML file that lies with it."""
    rows = "".join(f"HV-{job.creative_id},2026-11-02,1000,{10 + n}\n" for n, job in enumerate(desk.jobs))
    (desk.exports / "house.csv").write_text(f"Werbemittel,Datum,Sichtkontakte,Klicker\n{rows}")
    (desk.exports / "house.toml").write_text(
        'platform = "other"\n[columns]\nad_name = "Werbemittel"\nday = "Datum"\n'
        'impressions = "Sichtkontakte"\nclicks_link = "Klicker"\n'
    )

    health = desk.report().findings.health

    assert (health.rows, health.rows_matched) == (12, 12)


def test_without_an_export_it_says_where_it_looked(desk):
    """And what to do; an empty folder is no report."""
    with pytest.raises(InputError, match=r"launch/main/exports/: has no export of an ad platform"):
        desk.report()


def test_a_bad_export_is_refused_and_nothing_is_written(desk):
    """Every problem with file and row; the reports' folder stays as it was."""
    bad = meta_export(desk.jobs).decode().replace(",2000,16.00,", ",-5,abc,", 3)
    (desk.exports / "meta.csv").write_text(bad)

    with pytest.raises(ExportError) as refused:
        desk.report()

    assert {problem.place.file for problem in refused.value.every} == {"meta.csv"}
    assert not (desk.folder / "store/launch/main/reports").exists()


def test_named_files_and_folders_are_read_in_place_of_the_stores(desk):
    """What is named counts alone; hidden files and pictures in a folder are passed over."""
    (desk.exports / "broken.csv").write_text("not,an,export\n1,2,3\n")
    folder = desk.folder / "downloads"
    (folder / "november").mkdir(parents=True)
    (folder / "november" / "meta.csv").write_bytes(meta_export(desk.jobs))
    (folder / ".DS_Store").write_bytes(b"\0")
    (folder / "~$meta.xlsx").write_bytes(b"\0")
    (folder / "screenshot.png").write_bytes(b"\0")

    assert list(desk.dropped(folder).files) == ["november/meta.csv"]
    assert desk.report(folder).findings.health.rows_matched == 12 * 14
    assert desk.report(folder / "november/meta.csv", again=True).is_new


def test_two_folders_may_have_files_of_one_name(desk):
    """Neither hides the other."""
    for name in ("a", "b"):
        (desk.folder / name).mkdir()
        (desk.folder / name / "meta.csv").write_text(name)

    dropped = desk.dropped(desk.folder / "a", desk.folder / "b")

    assert dropped.files == {"meta.csv": b"a", "meta (2).csv": b"b"}


@pytest.mark.parametrize("name", ["november.xlsb", "all.7z", "ads.numbers", "table.ods"])
def test_a_format_that_is_not_read_is_not_passed_over(desk, name):
    """Rows would be missing, and nobody would know."""
    (desk.exports / name).write_bytes(b"\0")

    with pytest.raises(InputError, match="is of a format that is not read; export it as CSV or XLSX"):
        desk.dropped()


def test_a_source_that_is_not_there_is_refused(desk):
    """By its name, with what to do."""
    with pytest.raises(InputError, match="cannot be read"):
        desk.dropped(desk.folder / "nowhere.csv")


def test_every_source_that_cannot_be_read_is_told(desk):
    """All at once; and an address that is none is not called the store's."""
    with pytest.raises(InputError) as refused:
        desk.dropped(desk.folder / "a.csv", desk.folder / "b.csv", "ftp://somebody")

    assert len(refused.value.problems) == 3
    assert "HAILUO_STORE" not in str(refused.value)
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))
    with pytest.raises(InputError) as refused:
        desk.report(ads=(desk.folder / "c.csv",), mappings=(desk.folder / "d.toml",))
    assert len(refused.value.problems) == 2


def test_editions_with_exports_are_found(desk):
    """What a schedule looks at: every edition for which somebody dropped something."""
    (desk.exports / "meta.csv").write_bytes(b"x")

    assert desk.clock.run(editions_with_exports(desk.store, "launch")) == ("main",)
    assert desk.clock.run(editions_with_exports(desk.store, "lau")) == ()


def test_results_of_nobody_are_a_report_too(desk):
    """It says that no row found its creative, and proposes nothing."""
    (desk.exports / "meta.csv").write_text(
        f"{','.join(META_HEADER)}\n2026-11-01,2026-11-01,L,B,Brand film,99,1000,8.00,9,300,0\n"
    )

    found = desk.report().findings

    assert (found.platforms, found.proposal) == ((), None)
    assert found.health.rows_matched == 0


def test_the_next_batch_is_written_where_one_wants_it(desk):
    """Besides the store, beside the campaign; a file that is there already is never written over."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))
    wanted = desk.folder / "launch-next.yaml"

    made = desk.report(next_file=wanted)

    assert made.next_file == wanted
    assert wanted.read_bytes() == desk.written(made, "next.yaml")
    with pytest.raises(CampaignError, match="is there already"):
        desk.report(next_file=desk.folder / "launch.yaml", again=True)
    assert (desk.folder / "launch.yaml").read_text() == CAMPAIGN


def test_a_next_batch_that_is_wanted_later_is_written_from_the_report_that_stands(desk):
    """Nothing new to judge is no reason to withhold the file; a second look leaves it as it is."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))
    first = desk.report()
    desk.clock.advance(3600)
    wanted = desk.folder / "launch-next.yaml"

    second, third = desk.report(next_file=wanted), desk.report(next_file=wanted)

    assert not second.is_new
    assert (second.next_file, third.next_file) == (wanted, wanted)
    assert wanted.read_bytes() == desk.written(first, "next.yaml")
    wanted.write_text("edited since")
    with pytest.raises(CampaignError, match="is there already"):
        desk.report(next_file=wanted)
    assert wanted.read_text() == "edited since"


def test_a_place_where_the_next_batch_cannot_be_written_is_refused_before_anything_is_written(desk):
    """Exit code 2 says that there is no report."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))

    with pytest.raises(CampaignError, match="cannot be written there"):
        desk.report(next_file=desk.folder / "nowhere" / "next.yaml")

    assert not (desk.folder / "store/launch/main/reports").exists()


def test_without_the_campaign_file_there_is_a_proposal_and_no_file(desk):
    """An edition whose file is gone can still be judged; what it cannot have is said."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))

    made = desk.report(prepared=None)

    proposal = made.findings.proposal
    assert proposal is not None
    assert (proposal.file, made.next_file) == (None, None)
    assert "Name the campaign file" in proposal.note
    assert any(row.takes for row in proposal.rows if row.action is not Recommendation.DROP)


def test_a_campaign_file_with_problems_gets_no_next_file(desk):
    """What is left of such a file is never to be bought."""
    (desk.exports / "meta.csv").write_bytes(meta_export(desk.jobs))
    broken = prepared_from(desk.folder / "launch.yaml", CAMPAIGN.replace("size: 768p", "size: 769p"))

    proposal = desk.report(prepared=replace(desk.prepared, problems=broken.problems)).findings.proposal

    assert proposal is not None
    assert proposal.file is None
    assert "hailuo validate" in proposal.note


def test_options_that_cannot_be_used_are_refused():
    """Before anything is read."""
    with pytest.raises(RefusedError, match="cannot decide"):
        AnalysisOptions(metric=Metric.COMPLETION)
