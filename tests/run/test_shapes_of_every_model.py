"""Every model of the built-in catalog, every shape that it can have: ordered, rendered, and delivered as ordered."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import httpx
import pytest
from PIL import Image

from hailuo.campaign.asked import ShapeBy
from hailuo.campaign.catalog import FirstFrameRule, Model
from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.campaign.model import Campaign
from hailuo.campaign.portable import is_ratio
from hailuo.errors import ExitCode
from hailuo.media.conform import measure
from hailuo.simulator import ClipDetail, SimulatorOptions
from tests.support.worlds import World

pytestmark = pytest.mark.slow

BUILT_IN = load_catalog()
PRICED: Final = {
    name: replace(
        model, price=None, offers=tuple(replace(one, price_usd=Decimal("0.10")) for one in model.offers)
    )
    for name, model in BUILT_IN.models.items()
}
CATALOG: Final = replace(BUILT_IN, models=PRICED)
"""With a price for every cell: nothing is bought without one."""
MODELS = tuple(CATALOG.models.values())
BY_FRAME: Final = ("16:9", "9:16", "1:1", "4:5")
ALL_SHAPES: Final = ("16:9", "9:16", "1:1", "4:5", "4:3", "3:4", "21:9")
TOLERANCE: Final = 0.02
"""Sides are whole numbers, and even."""


def ways(model: Model) -> dict[str, ShapeBy]:
    """Every shape that clips of the model can have, and how the catalog says that they get it."""
    family = CATALOG.family_of(model)
    shape = family.shape
    if shape is None:
        return {}
    setting = family.settings[shape.setting].labels if shape.setting else ()
    needs_frame = model.first_frame is FirstFrameRule.REQUIRED
    takes_frame = shape.from_frame and model.first_frame is not FirstFrameRule.NONE
    found = dict.fromkeys(BY_FRAME, ShapeBy.FIRST_FRAME) if takes_frame else {}
    if needs_frame:
        return found or dict.fromkeys(filter(is_ratio, setting), ShapeBy.SETTING)
    native = {shape.native: ShapeBy.NATIVE} if shape.native else {}
    return {**found, **dict.fromkeys(filter(is_ratio, setting), ShapeBy.SETTING), **native}


def campaign_of(folder: Path, model: Model, shapes: tuple[str, ...]) -> Campaign:
    """One prompt in each shape, at the least length and size; pictures for the shapes that a frame gives."""
    offer = min(model.offers, key=lambda one: (one.duration, one.price_usd or 0))
    own = CATALOG.family_of(model).settings.values()
    needed = (setting.name for setting in own if setting.is_always_sent and setting.default is None)
    values = [f"duration: {offer.duration}", f"size: {offer.size}", *(f"{name}: false" for name in needed)]
    frames = ", ".join(
        f'"{ratio}": "https://pictures.example/{ratio.replace(":", "x")}.png"' for ratio in BY_FRAME
    )
    asked = ", ".join(f'"{ratio}"' for ratio in shapes)
    path = folder / "shapes.yaml"
    path.write_text(
        f"campaign: shapes\ntrust: guessed\nmodels: {{{model.name}: {{{', '.join(values)}}}}}\n"
        f"matrix: {{prompt: [{{id: a, text: A shoe}}], shape: [{asked}]}}\n"
        + (f"frames: {{{frames}}}\n" if model.first_frame is not FirstFrameRule.NONE else "")
    )
    loaded = load_campaign(path, catalog=CATALOG, at=datetime(2026, 11, 30, tzinfo=UTC))
    assert loaded.campaign, loaded.problems
    return loaded.campaign


def picture(request: httpx.Request) -> httpx.Response:
    """A picture of the shape that its address says."""
    width, height = map(int, Path(request.url.path).stem.split("x"))
    written, scale = io.BytesIO(), 480 // min(width, height)
    Image.new("RGB", (width * scale, height * scale), (90, 60, 30)).save(written, "PNG")
    return httpx.Response(200, content=written.getvalue())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_shape_of_a_model_is_delivered_as_it_was_ordered(tmp_path: Path, model: Model) -> None:
    """By a setting, as the model makes it, or from a first frame; the manifest's word for it is the catalog's."""
    wanted = ways(model)
    assert wanted, "the catalog says no shape of this model"
    options = SimulatorOptions(catalog=CATALOG, clip_detail=ClipDetail.SMALL)
    world = World(
        catalog=CATALOG,
        options=options,
        campaign=campaign_of(tmp_path, model, tuple(wanted)),
        frames=httpx.MockTransport(picture),
    )

    report = world.run()

    assert expand(world.campaign, CATALOG).problems == ()
    assert report.exit_code is ExitCode.COMPLETE
    got = {}
    for job in world.jobs:
        assert job.asked
        assert job.asked.shape
        path = tmp_path / f"{job.creative_id}.mp4"
        path.write_bytes(world.clock.run(world.store.read(job.clip_key)))
        facts, (width, height) = measure(path), map(int, job.asked.shape.split(":"))
        assert (facts.width or 0) / (facts.height or 1) == pytest.approx(width / height, rel=TOLERANCE), (
            job.asked
        )
        got[job.asked.shape] = job.asked.shape_by
    assert got == wanted


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_shape_that_a_model_cannot_have_is_refused_with_a_way_that_exists(
    tmp_path: Path, model: Model
) -> None:
    """Before anything is bought: a picture where one gives it, another shape, or to leave the model out."""
    others = [ratio for ratio in ALL_SHAPES if ratio not in ways(model)]

    for ratio in others:
        found = expand(campaign_of(tmp_path, model, (ratio,)), CATALOG)
        assert found.jobs == ()
        for problem in found.problems:
            assert "none" not in problem.remedy.split()
            assert any(way in problem.remedy for way in ("first frame", "leave", "choose"))
