"""First frames of a family that wants them registered: once each, remembered, and a refused one ends only its own cells."""

import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import pytest
from PIL import Image

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.campaign.model import Campaign
from hailuo.ledger.facts import JobState, Refused
from hailuo.ledger.ledger import HORIZON
from hailuo.run.events import EventKind
from hailuo.simulator import ClipDetail, FaultName, FaultPlan, ScriptedFault, SimulatorOptions
from tests.support.processes import Process, Scene
from tests.support.worlds import World

FAST, CHINESE, HAILUO = "seedance-2.0-fast", "seedance-2.0-cn", "MiniMax-Hailuo-2.3"


def priced() -> Catalog:
    """The built-in catalog, with a price for the model of the other upload model."""
    built_in = load_catalog()
    model = replace(built_in.models[CHINESE], price=built_in.models[FAST].price)
    return replace(built_in, models={**built_in.models, CHINESE: model})


CATALOG = priced()
SPRING = """campaign: spring
takes: 2
trust: documented
defaults: {{size: 720p, duration: 5, audio: false}}
matrix:
  model: {models}
  first_frame: [{{id: ann, file: "https://pictures.example/ann.png"}}, {{id: bea, file: "https://pictures.example/bea.png"}}]
  prompt: [{{id: a, text: A shoe}}, {{id: b, text: A boot}}]
"""


def picture(request: httpx.Request) -> httpx.Response:
    written = io.BytesIO()
    Image.new("RGB", (640, 360), (90, 60, 30)).save(written, "PNG")
    return httpx.Response(200, content=written.getvalue())


def campaign(folder: Path, models: str = f"[{FAST}]", more: str = "") -> Campaign:
    path = folder / "spring.yaml"
    path.write_text(SPRING.format(models=models) + more, encoding="utf-8")
    loaded = load_campaign(path, catalog=CATALOG, at=datetime(2026, 11, 30, tzinfo=UTC))
    assert loaded.campaign, loaded.problems
    assert loaded.problems == ()
    return loaded.campaign


def world(made: Campaign, *script: ScriptedFault, **options: float) -> World:
    chosen = SimulatorOptions(
        catalog=CATALOG,
        clip_detail=ClipDetail.SMALL,
        faults=FaultPlan(script=script),
        **options,  # type: ignore[arg-type]  # render times in seconds
    )
    return World(catalog=CATALOG, options=chosen, campaign=made, frames=httpx.MockTransport(picture))


def states(made: World) -> Counter[JobState]:
    ledger = made.ledger("looker")
    made.clock.run(ledger.load())
    everyone = (*made.jobs, *expand(made.campaign, CATALOG).substitutes)
    return Counter(ledger.state(job.creative_id, failed_retries=1) for job in everyone)


def registered(made: World) -> Counter[str]:
    """How often each picture was registered, by the beginning of its name."""
    return Counter(asset.name[:40] for asset in made.simulator.assets.assets.values())


def test_every_picture_is_registered_once_and_remembered_over_nights(tmp_path: Path) -> None:
    """Eight clips of two pictures: two registrations; the next edition has none, and orders with the same two."""
    made = world(campaign(tmp_path))
    made.run()
    first = registered(made)
    made.campaign = replace(made.campaign, edition="next")
    made.run()

    assert states(made) == {JobState.STORED: 8}
    assert sorted(first.values()) == [1, 1]
    assert registered(made) == first
    assert len(made.simulator.invoice().lines) == 16


def test_models_of_another_upload_model_have_assets_of_their_own(tmp_path: Path) -> None:
    """What is registered for the one is refused for the other."""
    made = world(campaign(tmp_path, f"[{FAST}, {CHINESE}]"))

    made.run()

    groups = {group["Model"] for group in made.simulator.assets.groups.values()}
    assert groups == {"seedance-upload", "ima-pro-upload-cn"}
    assert len(made.simulator.assets.assets) == 4


def test_a_campaign_without_people_registers_nothing(tmp_path: Path) -> None:
    """`people: none`: the pictures are sent as they are, by the same ids."""
    plain, made = world(campaign(tmp_path)), world(campaign(tmp_path, more="people: none\n"))

    made.run()

    assert [job.creative_id for job in made.jobs] == [job.creative_id for job in plain.jobs]
    assert states(made) == {JobState.STORED: 8}
    assert made.simulator.assets.assets == {}


def test_a_refused_picture_ends_only_its_own_cells(tmp_path: Path) -> None:
    """With words and a remedy, no order, no charge; the other picture's clips are all there, also of the same prompts."""
    stops: list[str] = []
    made = world(campaign(tmp_path), ScriptedFault(fault=FaultName.ASSET_REFUSED))
    made.observe = lambda event: stops.append(event.text) if event.kind is EventKind.STOPPED else None

    report = made.run()
    again = made.run()

    refused = [ending for ending in report.endings if ending.state is JobState.REFUSED]
    assert states(made) == {JobState.STORED: 4, JobState.REFUSED: 4}
    assert {ending.cause for ending in refused} == {"people"}
    assert all("use another picture, without a real person" in str(ending.reason) for ending in refused)
    assert not stops
    assert len(made.simulator.invoice().lines) == 4
    assert {e.state for e in again.endings} <= {JobState.STORED, JobState.REFUSED}
    assert sorted(registered(made).values()) == [1, 1]


def test_a_refused_picture_may_be_replaced_by_another_model(tmp_path: Path) -> None:
    """It failed for good and cost nothing, so the fallback of the file holds."""
    more = f"fallback: {{{HAILUO}: {{duration: 6, size: 768p}}}}\n"
    made = world(campaign(tmp_path, more=more), ScriptedFault(fault=FaultName.ASSET_REFUSED))

    made.run()

    models = Counter(line.model for line in made.simulator.invoice().lines)
    assert models == {FAST: 4, HAILUO: 4}


def test_an_order_that_is_refused_for_a_person_ends_only_that_cell(tmp_path: Path) -> None:
    """Sent as it is, and refused by the submit: five of them stop no family."""
    script = ScriptedFault(fault=FaultName.PERSON_IN_FRAME, skip=1, times=6)
    made = world(campaign(tmp_path, more="people: none\n"), script)

    report = made.run()

    assert report.stopped is None
    assert states(made) == {JobState.STORED: 2, JobState.REFUSED: 6}


@pytest.mark.parametrize(
    ("fault", "times"),
    [(FaultName.ASSET_DROPPED, 1), (FaultName.ASSET_502, 2)],
)
def test_a_lost_answer_is_looked_up_and_no_picture_is_registered_twice(
    tmp_path: Path, fault: FaultName, times: int
) -> None:
    """The picture is found by its name, or it is not there and is registered anew."""
    made = world(campaign(tmp_path), ScriptedFault(fault=fault, times=times))

    for _ in range(3):
        made.run()

    assert states(made) == {JobState.STORED: 8}
    assert sorted(registered(made).values()) == [1, 1]


def test_a_gateway_that_registers_nothing_stops_its_family_with_a_remedy(tmp_path: Path) -> None:
    """Nothing is ordered with a picture that could not be registered."""
    made = world(campaign(tmp_path), ScriptedFault(fault=FaultName.ASSET_NO_ROUTE, times=99))

    report = made.run()

    assert "`people: none`" in str(report.stopped)
    assert made.simulator.invoice().lines == ()
    assert states(made) == {JobState.NEW: 8}


def test_an_asset_that_the_vendor_no_longer_has_is_registered_anew(tmp_path: Path) -> None:
    """How long one is kept is not known."""
    made = world(campaign(tmp_path))
    made.run()
    made.simulator.assets.assets.clear()
    made.campaign = replace(made.campaign, edition="next")

    made.run()

    assert states(made) == {JobState.STORED: 8}
    assert len(made.simulator.assets.assets) == 2


@pytest.mark.slow
def test_a_run_that_dies_at_any_effect_registers_no_picture_twice(tmp_path: Path) -> None:
    """Whatever it was about to do: later runs find what was registered, and order each clip once."""
    one = replace(campaign(tmp_path), takes=1)
    axes = tuple(replace(axis, levels=axis.levels[:1]) for axis in one.grids[0].axes)
    one = replace(one, grids=(replace(one.grids[0], axes=axes),))
    for stops_at in count(1):
        made = world(one, median_render_seconds=5.0, p95_render_seconds=10.0)
        scene, process = Scene(world=made, scratch=tmp_path), Process(stops_at)

        async def night(scene: Scene = scene, process: Process = process) -> None:
            await process.lives(scene.run(process))
            await scene.check_promises()
            scene.world.clock.advance(HORIZON.total_seconds() + 1)
            await scene.finish()
            await scene.check_end()

        made.clock.run(night())
        assert sorted(registered(made).values()) == [1], stops_at
        if not process.stopped.is_set():
            break
    assert stops_at > 20


def test_a_refusal_is_a_fact_with_the_vendor_s_code(tmp_path: Path) -> None:
    """It is in the ledger like any other: the manifest shows it, and no later run asks again."""
    made = world(campaign(tmp_path), ScriptedFault(fault=FaultName.ASSET_REFUSED, times=2))
    made.run()

    ledger = made.ledger("looker")
    made.clock.run(ledger.load())
    outcomes = [record.last.outcome for record in ledger.records.values() if record.last]

    assert len(outcomes) == 8
    assert {outcome.code for outcome in outcomes if isinstance(outcome, Refused)} == {
        "inputimagesensitivecontentdetected.privacyinformation"
    }
