"""Results come back: after a report the gallery shows the metric that decides, platform by platform."""

import json
from pathlib import Path

import pytest

from hailuo.publish.publish import publish
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.inputs import find_files
from hailuo.report.make import ReportOptions, report
from hailuo.settings import Settings
from hailuo.store import FolderStore
from hailuo.store.layout import Edition
from hailuo.testing import VirtualClock
from tests.publish.gallery.pages import Page
from tests.report.editions import keep_edition, meta_export, prepared_from

pytestmark = pytest.mark.slow

EDITION = Edition("launch", "main")


class Shop:
    """An edition with two weeks of results on Meta."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.store, self.folder = VirtualClock(), FolderStore(folder / "store"), folder
        self.jobs = self.clock.run(
            keep_edition(self.store, self.clock, prepared_from(folder / "launch.yaml"))
        )
        (folder / "meta.csv").write_bytes(meta_export(self.jobs))

    def report(self) -> None:
        async def made() -> None:
            files = await find_files(self.store, Settings(), [str(self.folder / "meta.csv")], edition=EDITION)
            options = ReportOptions(files=files, analysis=AnalysisOptions())
            await report(self.store, self.clock, options, edition=EDITION)

        self.clock.run(made())

    def page(self) -> Page:
        return Page((self.folder / "store" / EDITION.gallery).read_text())

    def kept(self) -> Path:
        return self.folder / "store" / EDITION.results


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_every_clip_shows_its_metric_with_the_interval(shop: Shop) -> None:
    """The numbers of findings.json, with units; without a report there are none."""
    shop.clock.run(publish(shop.store, shop.clock, EDITION))
    assert shop.page().data["results"] == []

    shop.report()

    page = shop.page()
    (platform,) = page.data["results"]
    assert (platform["label"], platform["unit"], platform["compared"]) == ("Meta CTR", "%", True)
    assert "higher is better" in platform["about"]
    (folder,) = (shop.folder / "store" / EDITION.reports).iterdir()
    found = json.loads((folder / "findings.json").read_text())["platforms"][0]["creatives"]
    shown = {job["id"]: result for job in page.jobs for result in job["results"][0]}
    assert len(shown) == len(found) == len(shop.jobs)
    for creative in found:
        estimate, result = creative["estimates"]["ctr"], shown[creative["creative_id"]]
        assert result["value"] == pytest.approx(estimate["value"])
        assert result["said"] == f"{100 * estimate['value']:.2f} %"
        assert result["interval"].endswith(" %")
        assert result["restsOn"].endswith("clicks of 28,000 impressions")
    assert any(tag.get("href") == f"reports/{folder.name}/report.html" for tag in page.all("a"))


def test_results_stay_when_the_gallery_is_built_again(shop: Shop) -> None:
    """A run or `hailuo manifest` after the report loses nothing of it."""
    shop.report()
    before = shop.page()

    shop.clock.advance(3600)
    shop.clock.run(publish(shop.store, shop.clock, EDITION))

    assert shop.page().jobs == before.jobs


def test_a_report_without_news_shows_results_that_were_lost(shop: Shop) -> None:
    """Such as those of a report by an earlier version, which kept none for the gallery."""
    shop.report()
    shown = shop.page().jobs
    shop.kept().unlink()
    shop.clock.run(publish(shop.store, shop.clock, EDITION))
    assert shop.page().data["results"] == []

    shop.report()

    assert shop.page().jobs == shown


def test_a_report_that_finds_no_ad_takes_no_results_away(shop: Shop) -> None:
    """Such as one on the export of another account."""
    shop.report()
    before, kept = shop.page().jobs, shop.kept().read_bytes()
    (shop.folder / "meta.csv").write_text("Day,Ad name,Impressions,Clicks (all)\n2026-11-02,Other,1000,10\n")

    shop.report()

    assert shop.page().jobs == before
    assert shop.kept().read_bytes() == kept


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"schema": "hailuo.results/2.0"}'])
def test_results_that_cannot_be_read_stop_no_gallery(shop: Shop, content: bytes) -> None:
    """Edited by hand, or written by a later version."""
    shop.report()
    shop.kept().write_bytes(content)

    shop.clock.run(publish(shop.store, shop.clock, EDITION))

    assert shop.page().data["results"] == []
    assert shop.page().jobs
