"""A night of three families in two shapes: killed twice at any effect, one family down for an hour, one picture refused."""

import io
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random

import httpx
import pandas as pd
import pytest
from PIL import Image

from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.campaign.model import Campaign
from hailuo.ledger.facts import JobState
from hailuo.ledger.ledger import HORIZON
from hailuo.ledger.money import items_of, sums_of
from hailuo.publish import manifest
from hailuo.publish.publish import publish
from hailuo.simulator import ClipDetail, FaultName, FaultPlan, ScriptedFault, SimulatorOptions
from tests.support.processes import Process, Scene
from tests.support.worlds import World

CATALOG = load_catalog()
HAILUO, SEEDANCE, KLING = "MiniMax-Hailuo-2.3", "seedance-2.0-fast", "kling-v3-omni-video"
NIGHT = f"""campaign: night
models:
  {HAILUO}: {{duration: 6, takes: 2}}
  {SEEDANCE}: {{duration: 5, audio: false}}
  {KLING}: {{duration: 5, audio: false, takes: 2}}
defaults: {{size: hd}}
matrix:
  shape: ["16:9", "9:16"]
  prompt: [{{id: a, text: A perfume bottle}}, {{id: b, text: A sneaker}}]
frames: {{"9:16": "https://pictures.example/tall.png"}}
include:
  - {{model: {SEEDANCE}, prompt: a, shape: "16:9", duration: 5, audio: false, takes: 2, first_frame: {{id: ann, file: "https://pictures.example/ann.png"}}}}
"""
OUTAGE = ScriptedFault(fault=FaultName.MODEL_NOT_FOUND, times=100_000, model=KLING, until=3600)
REFUSED = ScriptedFault(fault=FaultName.ASSET_REFUSED)


def campaign(folder: Path) -> Campaign:
    path = folder / "night.yaml"
    path.write_text(NIGHT, encoding="utf-8")
    loaded = load_campaign(path, catalog=CATALOG, at=datetime(2026, 11, 30, tzinfo=UTC))
    assert loaded.campaign, loaded.problems
    assert expand(loaded.campaign, CATALOG).problems == loaded.problems == ()
    return loaded.campaign


def picture(request: httpx.Request) -> httpx.Response:
    written = io.BytesIO()
    Image.new("RGB", (360, 640) if "tall" in request.url.path else (640, 360)).save(written, "PNG")
    return httpx.Response(200, content=written.getvalue())


def scene_in(folder: Path) -> Scene:
    options = SimulatorOptions(
        catalog=CATALOG, clip_detail=ClipDetail.SMALL, faults=FaultPlan(script=(OUTAGE, REFUSED))
    )
    made = World(
        catalog=CATALOG,
        options=options,
        campaign=campaign(folder),
        frames=httpx.MockTransport(picture),
    )
    return Scene(world=made, scratch=folder)


async def night(scene: Scene, *deaths: Process) -> None:
    """The runs that die, an hour later two whole ones, and a person who settles what is in doubt."""
    for process in deaths:
        await process.lives(scene.run(process))
        await scene.check_promises()
    scene.world.clock.advance(3600 + HORIZON.total_seconds())
    for _ in range(4):
        await scene.settle_unknown()
        await scene.run(Process())
        scene.world.clock.advance(HORIZON.total_seconds() + 1)


def states(scene: Scene) -> Mapping[str, Counter[JobState]]:
    ledger = scene.world.clock.run(scene.ledger())
    found: dict[str, Counter[JobState]] = {}
    for job in scene.world.jobs:
        found.setdefault(job.variant.model, Counter())[scene.state(ledger, job.creative_id)] += 1
    return found


def check(scene: Scene) -> None:
    """Everything but the refused picture's clips is stored, once, and the ledger equals the invoice."""
    invoice = scene.world.simulator.invoice()
    ledger = scene.world.clock.run(scene.ledger())
    sums = sums_of(item for record in ledger.records.values() for item in items_of(record))
    assert states(scene) == {
        HAILUO: {JobState.STORED: 8},
        SEEDANCE: {JobState.STORED: 4, JobState.REFUSED: 2},
        KLING: {JobState.STORED: 8},
    }
    assert Counter(line.model for line in invoice.lines) == {HAILUO: 8, SEEDANCE: 4, KLING: 8}
    assert sums.spent_usd + sums.reserved_usd == invoice.net_usd
    assert len(scene.world.simulator.assets.assets) == 1


def effects_of(folder: Path) -> int:
    """How many effects the first run has that lives to its end."""
    scene, whole = scene_in(folder), Process()
    scene.world.clock.run(scene.run(whole))
    return len(whole.effects)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_mixed_night_that_is_killed_twice_buys_each_clip_once(tmp_path: Path, seed: int) -> None:
    """Two deaths at random effects, drawn anew for each seed."""
    dice, most = Random(seed), effects_of(tmp_path)  # noqa: S311 (where it dies)
    scene = scene_in(tmp_path)

    scene.world.clock.run(night(scene, Process(dice.randrange(1, most)), Process(dice.randrange(1, most))))

    check(scene)


@pytest.mark.slow
@pytest.mark.long
def test_a_mixed_night_that_dies_at_any_effect_buys_each_clip_once(tmp_path: Path) -> None:
    """Every effect of the first run, and one after it."""
    for stops_at in count(1):
        scene, first, second = scene_in(tmp_path), Process(stops_at), Process(stops_at // 2 + 1)

        scene.world.clock.run(night(scene, first, second))

        check(scene)
        if not first.stopped.is_set():
            break


def test_one_manifest_and_one_gallery_show_all_families(tmp_path: Path) -> None:
    """Families, models, shapes and how they were got, in one table of one edition; the refused picture with its reason."""
    scene = scene_in(tmp_path)
    scene.world.clock.run(night(scene, Process(60), Process(200)))
    check(scene)

    edition = scene.world.campaign.this_edition
    made = scene.world.clock.run(publish(scene.world.store, scene.world.clock, edition))
    rows = manifest.read_jsonl(scene.world.clock.run(scene.world.store.read(edition.manifest_jsonl)))
    gallery = scene.world.clock.run(scene.world.store.read(edition.gallery)).decode()

    assert made.edition == edition
    assert set(zip(rows["family"], rows["model"], strict=True)) == {
        ("minimax", HAILUO),
        ("seedance", SEEDANCE),
        ("kling", KLING),
    }
    wide = rows[(rows["status"] == "stored") & (rows["first_frame_id"].isna())]
    assert set(zip(wide["family"], wide["shape_req"], wide["shape_by"], strict=True)) == {
        ("minimax", "16:9", "native"),
        ("seedance", "16:9", "setting"),
        ("seedance", "9:16", "setting"),
        ("kling", "16:9", "setting"),
        ("kling", "9:16", "setting"),
    }
    refused = rows[rows["state"] == "refused"]
    assert set(refused["error_code"]) == {"inputimagesensitivecontentdetected.privacyinformation"}
    assert pd.isna(refused["task_id"]).all()
    assert all(model in gallery for model in ("Hailuo-2.3", SEEDANCE, KLING))
