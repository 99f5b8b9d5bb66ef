"""Picks drive the report and the next batch: only chosen clips are compared, and no more of the others is rendered."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from hailuo.errors import AdmissionError
from hailuo.publish.picks import Choice, judge
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.findings import Recommendation
from hailuo.report.inputs import find_files
from hailuo.report.make import Report, ReportOptions, report
from hailuo.settings import Settings
from hailuo.store import FolderStore
from hailuo.store.layout import Edition
from hailuo.testing import VirtualClock
from tests.report.editions import keep_edition, meta_export, prepared_from

pytestmark = pytest.mark.slow

EDITION = Edition("launch", "main")
PICKED = Choice(picked=True)


class Shop:
    """Twelve clips with two weeks of results; people picked both takes of one prompt on both models."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.store, self.folder = VirtualClock(), FolderStore(folder / "store"), folder
        self.prepared = prepared_from(folder / "launch.yaml")
        self.jobs = self.clock.run(keep_edition(self.store, self.clock, self.prepared))
        (folder / "meta.csv").write_bytes(meta_export(self.jobs))

    @property
    def rain(self) -> set[str]:
        return {job.creative_id for job in self.jobs if job.levels["prompt"] == "rain"}

    def judged(self, picks: Sequence[str], pairs: Sequence[object] = (), name: str = "Ana") -> None:
        said = {"pick": "pick", "reviewer": name, "reviewed_at": "2026-11-22T12:00:00Z"}
        names = {"campaign": "launch", "edition": "main", "reviewer": name, "source": name}
        judgements = [{"creative_id": one, **said} for one in picks]
        path = self.folder / f"{name}.json"
        path.write_text(
            json.dumps(
                {"schema": "hailuo.judgements/1.0", **names, "judgements": judgements, "pairs": list(pairs)}
            )
        )
        self.clock.run(judge(self.store, [path], EDITION, clock=self.clock))

    def report(self, choice: Choice = PICKED) -> Report:
        async def made() -> Report:
            files = await find_files(self.store, Settings(), [str(self.folder / "meta.csv")], edition=EDITION)
            options = ReportOptions(
                files=files, analysis=AnalysisOptions(), prepared=self.prepared, choice=choice
            )
            return await report(self.store, self.clock, options, edition=EDITION)

        return self.clock.run(made())


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_only_picked_clips_are_compared(shop: Shop) -> None:
    """The others are no unmatched rows: the data before the verdict is still that of all clips, and a note says it."""
    shop.judged(sorted(shop.rain))

    found = shop.report().findings

    (platform,) = found.platforms
    assert {one.creative_id for one in platform.creatives} == shop.rain
    assert (found.health.rows_matched, found.health.missing) == (12 * 14, ())
    assert found.health.notes[-1] == (
        "Only the 4 clips with results that are picked are compared: 8 clips with results are left out."
    )
    assert found.labels["choice"] == "picked"


def test_the_next_batch_renders_nothing_that_nobody_picked(shop: Shop) -> None:
    """Each combination without a pick is listed as left out; a pick of one take is enough."""
    dawn = next(job.creative_id for job in shop.jobs if job.levels["prompt"] == "dawn")
    shop.judged([*sorted(shop.rain), dawn])

    made = shop.report()

    assert made.findings.proposal
    rows = made.findings.proposal.rows
    left = [row for row in rows if "none of its clips is picked" in row.reason]
    assert len(left) == 3  # dawn on the other model, and studio on both
    assert all((row.action, row.takes) == (Recommendation.DROP, 0) for row in left)
    rendered = {(row.cell["prompt"], row.cell["model"]) for row in rows if row.takes}
    assert rendered.isdisjoint((row.cell["prompt"], row.cell["model"]) for row in left)
    assert rendered


def test_the_gallery_keeps_the_results_of_all_clips(shop: Shop) -> None:
    """A report on picks is a report beside the one on all of them, and does not replace it."""
    shop.judged(sorted(shop.rain))
    shop.report(Choice())
    kept = (shop.folder / "store" / EDITION.results).read_bytes()
    shop.clock.advance(3600)

    picked = shop.report()

    assert picked.is_new
    assert (shop.folder / "store" / EDITION.results).read_bytes() == kept
    assert picked.findings.changes[0].sentence.startswith("The last report compared other clips")


def test_a_choice_that_keeps_nothing_is_refused(shop: Shop) -> None:
    """Before anything of a report is written."""
    with pytest.raises(AdmissionError, match="none of them is picked"):
        shop.report()

    assert not (shop.folder / "store" / EDITION.reports).exists()


def test_blind_pairs_are_on_the_report(shop: Shop) -> None:
    """Which model people prefer, and whether their taste is that of the audience; new choices make a new report."""
    shop.judged([])
    first = shop.report(Choice())
    levels = {job.creative_id: (job.levels["model"], job.levels["prompt"]) for job in shop.jobs}
    whose = {"reviewer": "Ben", "reviewed_at": "2026-11-22T12:00:00Z"}
    pairs = [
        {"left": one, "right": other, "preferred": "left", **whose}
        for one, (model, prompt) in levels.items()
        for other, (rival, same) in levels.items()
        if prompt == same and model < rival
    ]
    shop.judged([], pairs, name="Ben")
    shop.clock.advance(3600)

    made = shop.report(Choice())

    assert made.is_new
    assert not first.findings.preferences.axes
    (model,) = made.findings.preferences.axes
    assert (model.axis, model.choices, model.levels[0].level) == ("model", 12, "MiniMax-Hailuo-02")
    assert made.findings.preferences.agreement[0].clips == 12
    page = (shop.folder / "store" / made.folder / "report.html").read_text()
    assert "Which model do people prefer in blind pairs? 12 choices by 1 person." in page
    assert "rank correlation" in page


def test_clips_have_their_numbers_in_report_and_exports(shop: Shop) -> None:
    """The same as in the gallery, on the page, in the estimates and beside every exported row."""
    made = shop.report(Choice())

    folder = shop.folder / "store" / made.folder
    table = (shop.folder / "store" / EDITION.manifest_jsonl).read_text().splitlines()
    numbers = {row["creative_id"]: row["clip_number"] for row in map(json.loads, table)}
    assert sorted(numbers.values()) == list(range(1, 13))
    assert {one.creative_id: one.clip_number for one in made.findings.platforms[0].creatives} == numbers
    estimates = pd.read_csv(io.BytesIO((folder / "estimates.csv").read_bytes()))
    rows = estimates[estimates["level_of"] == "creative"]
    assert dict(zip(rows["id"], rows["clip_number"], strict=True)) == numbers
    results = pd.read_parquet(folder / "results.parquet")
    assert dict(zip(results["creative_id"], results["clip_number"], strict=True)) == numbers
    page = (folder / "report.html").read_text()
    assert all(f"<b>#{number}</b>" in page for number in numbers.values())
