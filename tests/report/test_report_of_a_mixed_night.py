"""From a night of three families in two shapes to its report: rendered, published, exported twice, joined, compared."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from PIL import Image

from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.campaign.job import Job
from hailuo.errors import ExitCode
from hailuo.publish.publish import publish
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.inputs import find_files
from hailuo.report.make import ReportOptions, report
from hailuo.settings import Settings
from hailuo.simulator import ClipDetail, SimulatorOptions
from tests.publish.gallery.pages import Page
from tests.report.editions import FIRST_DAY, meta_export
from tests.support.worlds import World

pytestmark = pytest.mark.slow

CATALOG = load_catalog()
OLD, NEW, SEEDANCE, KLING = (
    "MiniMax-Hailuo-02",
    "MiniMax-Hailuo-2.3",
    "seedance-2.0-fast",
    "kling-v3-omni-video",
)
FAMILIES = {OLD: "minimax", NEW: "minimax", SEEDANCE: "seedance", KLING: "kling"}
NIGHT = f"""campaign: night
models:
  {OLD}: {{duration: 6}}
  {NEW}: {{duration: 6}}
  {SEEDANCE}: {{duration: 6, audio: false}}
  {KLING}: {{duration: 6, audio: false}}
defaults: {{size: hd}}
matrix:
  shape: ["16:9", "9:16"]
  prompt: [{{id: a, text: A perfume bottle}}, {{id: b, text: A sneaker}}, {{id: c, text: A watch}}]
frames: {{"9:16": "https://pictures.example/tall.png"}}
budget: {{usd: 100}}
"""


def picture(request: httpx.Request) -> httpx.Response:
    written = io.BytesIO()
    Image.new("RGB", (360, 640)).save(written, "PNG")
    return httpx.Response(200, content=written.getvalue(), request=request)


def rate(job: Job) -> float:
    """Clicks per impression: Seedance is clicked on twice as often, and tall clips a third more often."""
    return (
        0.012
        * (2 if job.variant.model == SEEDANCE else 1)
        * (4 / 3 if job.asked and job.asked.shape == "9:16" else 1)
    )


def test_a_night_of_three_families_is_one_report(tmp_path: Path) -> None:
    """Families, models and shapes are factors; every ad of both exports finds its clip; the gallery has the results."""
    (tmp_path / "night.yaml").write_text(NIGHT)
    loaded = load_campaign(tmp_path / "night.yaml", catalog=CATALOG, at=datetime(2026, 11, 30, tzinfo=UTC))
    assert loaded.campaign, loaded.problems
    options = SimulatorOptions(catalog=CATALOG, clip_detail=ClipDetail.TINY)
    world = World(
        catalog=CATALOG, options=options, campaign=loaded.campaign, frames=httpx.MockTransport(picture)
    )
    assert world.run().exit_code is ExitCode.COMPLETE
    edition, store, clock = loaded.campaign.this_edition, world.store, world.clock
    clock.run(publish(store, clock, edition))
    for week in range(2):
        first_day = FIRST_DAY + timedelta(days=7 * week)
        export = meta_export(world.jobs, rate=rate, days=7, first_day=first_day, seed=week)
        (tmp_path / f"week{week}.csv").write_bytes(export)

    async def made() -> None:
        paths = [str(tmp_path / name) for name in ("week0.csv", "week1.csv")]
        files = await find_files(store, Settings(), paths, edition=edition)
        await report(store, clock, ReportOptions(files=files, analysis=AnalysisOptions()), edition=edition)

    clock.run(made())

    (key,) = [
        one.key for one in clock.run(store.listing(edition.reports)) if one.key.endswith("findings.json")
    ]
    findings = json.loads(clock.run(store.read(key)))
    (meta,) = findings["platforms"]
    factors = {factor["name"]: factor for factor in meta["factors"]}
    rates = {level["name"]: level["rate"] for level in factors["family"]["levels"]}
    assert len(world.jobs) == len(meta["creatives"]) == 24
    health = findings["health"]
    assert (health["rows_matched"], health["days"], health["missing"]) == (24 * 14, 14, [])
    assert factors.keys() >= {"family", "model", "shape", "prompt"}
    assert {level["name"] for level in factors["model"]["levels"]} == set(FAMILIES)
    assert max(rates, key=lambda name: rates[name]) == "seedance"
    assert rates["seedance"] / rates["minimax"] > 1.3  # the rest of 2 may be that of its only model
    assert max(factors["model"]["levels"], key=lambda level: level["rate"])["name"] == SEEDANCE
    assert max(factors["shape"]["levels"], key=lambda level: level["rate"])["name"] == "9:16"
    assert {one["creative_id"]: one["family"] for one in meta["creatives"]} == {
        job.creative_id: FAMILIES[job.variant.model] for job in world.jobs
    }
    page = Page(clock.run(store.read(edition.gallery)).decode())
    assert [len(job["results"][0]) for job in page.jobs] == [1] * 24
