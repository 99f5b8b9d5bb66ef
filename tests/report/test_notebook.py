"""The report's steps in a notebook: `hailuo.read_results`, `hailuo.read_ads`, `hailuo.judge_results`."""

import asyncio
import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import hailuo
from hailuo.errors import RefusedError
from hailuo.report.analysis.options import AnalysisOptions, ReportOptionsError
from hailuo.report.archive import from_json
from hailuo.report.exports import ExportError
from hailuo.report.findings import VerdictOutcome
from hailuo.report.inputs import FoundFiles, InputError
from hailuo.report.make import ReportOptions, report
from hailuo.run.environment import RunEnvironment, within
from hailuo.settings import Settings
from hailuo.store import FolderStore
from hailuo.store.layout import Edition
from hailuo.testing import VirtualClock
from tests.report.editions import keep_edition, meta_export, prepared_from

pytestmark = pytest.mark.slow

SHOP = b"""\
platform = "other"
currency = "EUR"
[columns]
ad_name = "Creative"
day = "Date"
impressions = "Imps"
clicks_link = "Clicks"
spend = "Spent"
"""


@dataclass(frozen=True)
class Desk:
    """A store with a rendered edition, an export of it, and the report that was made of both."""

    folder: Path
    edition: Path
    export: bytes
    report: Path
    name: str


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    clock, store = VirtualClock(), FolderStore(folder / "store")
    prepared = prepared_from(folder / "launch.yaml")
    jobs = clock.run(keep_edition(store, clock, prepared))
    export = meta_export(jobs)
    (folder / "meta.csv").write_bytes(export)
    wish = ReportOptions(files=FoundFiles(files={"meta.csv": export}, where=()), analysis=AnalysisOptions())
    made = clock.run(report(store, clock, wish, edition=Edition("launch", "main")))
    return Desk(
        folder,
        folder / "store" / "launch" / "main",
        export,
        folder / "store" / made.folder,
        jobs[0].creative_id,
    )


def test_a_notebook_finds_what_the_report_finds(desk: Desk) -> None:
    """The same numbers from the same exports, manifest and seed: as values, as a tidy table, row by row."""
    found = hailuo.judge_results(hailuo.read_results(desk.folder / "meta.csv"), desk.edition)
    written = from_json((desk.report / "findings.json").read_bytes())

    assert found.findings.platforms == written.platforms
    assert found.findings.health == written.health
    table = pd.read_parquet(desk.report / "estimates.parquet").drop(columns="made_at")
    assert_frame_equal(found.estimates.drop(columns="made_at"), table, check_dtype=False)
    assert found.joined["creative_id"].notna().all()


def test_a_table_is_read_like_the_file_it_was(desk: Desk) -> None:
    """A warehouse's table with a platform's headers goes in as it is; an index with a name is a column of it."""
    table = pd.read_csv(io.BytesIO(desk.export), parse_dates=["Reporting starts", "Reporting ends"])
    from_file = hailuo.read_results(desk.folder / "meta.csv").drop(columns="source_file")

    assert_frame_equal(hailuo.read_results(table).drop(columns="source_file"), from_file)
    assert_frame_equal(hailuo.read_results(table.set_index("Ad ID")).drop(columns="source_file"), from_file)


def test_a_mapping_tells_what_a_tables_columns_mean(desk: Desk, tmp_path: Path) -> None:
    """Any table will do, with the mapping file beside it that an export would need."""
    (tmp_path / "shop.toml").write_bytes(SHOP)
    shop = pd.DataFrame(
        {
            "Creative": [f"HV-{desk.name}"],
            "Date": ["2026-11-01"],
            "Imps": [900],
            "Clicks": [9],
            "Spent": [7.5],
        }
    )

    rows = hailuo.read_results(shop, tmp_path / "shop.toml")

    assert rows[["platform", "currency", "impressions", "clicks_link", "spend"]].to_numpy().tolist() == [
        ["other", "EUR", 900, 9, 7.5]
    ]
    assert hailuo.judge_results(rows, desk.edition).joined["creative_id"].tolist() == [desk.name]


def test_two_tables_of_one_name_are_both_read(desk: Desk) -> None:
    """None hides the other; and the same rows twice are counted once, as of files."""
    rows = pd.read_csv(io.BytesIO(desk.export))
    parts = [rows.iloc[:80].copy(), rows.iloc[60:].copy()]
    for part in parts:
        part.attrs["name"] = "meta"

    together = hailuo.read_results(*parts)

    assert len(together) == len(rows)
    assert together.attrs["duplicates"] == 20
    assert set(together["source_file"]) == {"meta", "meta (2)"}


def test_rows_may_be_taken_out_before_judging(desk: Desk) -> None:
    """What a notebook is for: the first week alone, with other options."""
    results = hailuo.read_results(desk.folder / "meta.csv")
    first = results[results["date_start"].astype(str) < "2026-11-08"]

    found = hailuo.judge_results(first, desk.edition, design="randomised_split", sequential=True).findings

    assert found.health.days == 7
    assert found.design == "randomised_split"
    assert found.platforms[0].srm is not None


def test_ads_are_found_beside_the_exports(desk: Desk, tmp_path: Path) -> None:
    """A folder holds both; each function takes its own, and the ads' word stands above names."""
    ads = f"creative_id,platform,ad_id,platform_video_id\n{desk.name},meta,77,\n"
    (tmp_path / "ads.csv").write_text(ads, encoding="utf-8")
    (tmp_path / "meta.csv").write_text(
        "Day,Ad name,Ad ID,Impressions,Link clicks,Amount spent (USD),Reach,Results\n"
        "2026-11-01,renamed,77,1000,10,8.00,900,1\n",
        encoding="utf-8",
    )

    found = hailuo.judge_results(
        hailuo.read_results(tmp_path), hailuo.read_manifest(desk.edition), ads=hailuo.read_ads(tmp_path)
    )

    assert found.joined[["creative_id", "join_method"]].to_numpy().tolist() == [[desk.name, "ad_id"]]


def test_it_works_inside_a_running_loop(desk: Desk) -> None:
    """As Jupyter has one."""

    async def cell() -> VerdictOutcome:
        results = hailuo.read_results(desk.folder / "meta.csv")
        return hailuo.judge_results(results, desk.edition).findings.platforms[0].verdict.outcome

    assert asyncio.run(cell()) is VerdictOutcome.FACTOR


@pytest.mark.parametrize(
    ("design", "metric", "message"),
    [
        ("split", "ctr", "'split' is no design"),
        ("auction", "hold", "hold cannot decide"),
        ("auction", "clicks", "no metric"),
    ],
)
def test_options_that_cannot_be_used_are_refused(desk: Desk, design: str, metric: str, message: str) -> None:
    """By name, with what could be meant."""
    results = hailuo.read_results(desk.folder / "meta.csv")

    with pytest.raises(ReportOptionsError, match=message):
        hailuo.judge_results(results, desk.edition, design=design, metric=metric)


def test_what_cannot_be_read_is_refused_as_by_the_command(tmp_path: Path) -> None:
    """No export, no ads.csv, no such file, and a cell that cannot be meant."""
    wrong = pd.DataFrame(
        {"Ad name": ["a"], "Impressions": ["many"], "Amount spent (USD)": [1], "Link clicks": [1]}
    )

    with pytest.raises(InputError, match=r"no ads\.csv"):
        hailuo.read_ads(tmp_path)
    with pytest.raises(RefusedError, match="no export"):
        hailuo.read_results(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        hailuo.read_results(tmp_path / "missing.csv")
    with pytest.raises(ExportError, match="table 1"):
        hailuo.read_results(wrong)


def test_a_notebook_in_a_rehearsal_has_its_clock(desk: Desk) -> None:
    """`made_at` is the time of the environment."""
    clock = VirtualClock()
    with within(RunEnvironment(settings=Settings(), clock=clock)):
        found = hailuo.judge_results(hailuo.read_results(desk.folder / "meta.csv"), desk.edition)

    assert found.findings.made_at == clock.now()


def test_importing_the_package_loads_nothing() -> None:
    """pandas and scipy come when a function is asked for."""
    code = "import sys, hailuo; sys.exit('pandas' in sys.modules or 'scipy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 (ours)
