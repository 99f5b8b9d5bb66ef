"""Settings with a number for each take, and with a trust of their own."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from hailuo.campaign.catalog import Price, PriceKind, Setting
from hailuo.campaign.expand import expand
from hailuo.campaign.files import LoadedCampaign, load_campaign, load_catalog
from hailuo.errors import CatalogError
from hailuo.simulator import ClipDetail, SimulatorOptions
from tests.support.worlds import World

VIDU = "viduq3-turbo"
BUILT_IN = load_catalog()
MODEL = BUILT_IN.models[VIDU]
PRICE = Price(kind=PriceKind.SECOND, rates={"720p": Decimal("0.05")}, source=MODEL.prompt_source)
CATALOG = replace(BUILT_IN, models={**BUILT_IN.models, VIDU: replace(MODEL, price=PRICE)})


def read(folder: Path, seed: object, trust: str = "trust: guessed") -> LoadedCampaign:
    path = folder / "c.yaml"
    text = f"campaign: c\n{trust}\ntakes: 3\ndefaults: {{size: 720p, duration: 5, model: {VIDU}}}\n"
    path.write_text(
        f"{text}matrix: {{seed: [{seed}], prompt: [{{id: a, text: A shoe}}]}}\n", encoding="utf-8"
    )
    return load_campaign(path, catalog=CATALOG, at=datetime(2026, 11, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("seed", "seeds"),
    [(7, ["7", "8", "9"]), (2147483646, ["2147483646", "2147483647", "0"]), ("none", [None] * 3)],
)
def test_each_take_has_the_next_number(tmp_path: Path, seed: object, seeds: list[str | None]) -> None:
    """Takes are one variant; what is sent of each is its own, and is recorded with the job."""
    campaign = read(tmp_path, seed).campaign
    assert campaign

    jobs = expand(campaign, CATALOG).jobs

    assert len({job.variant.variant_id for job in jobs}) == 1
    assert [job.settings.get("seed") for job in jobs] == seeds


def test_the_number_of_the_take_is_sent(tmp_path: Path) -> None:
    """Three takes of one seed are three different orders."""
    campaign = read(tmp_path, 7).campaign
    assert campaign
    options = SimulatorOptions(catalog=CATALOG, clip_detail=ClipDetail.SMALL)
    world = World(catalog=CATALOG, options=options, campaign=campaign)

    world.run()

    lines = world.simulator.invoice().lines
    assert len({line.request_sha256 for line in lines}) == len(lines) == 3


def test_a_setting_that_is_known_less_well_must_be_accepted(tmp_path: Path) -> None:
    """The model is documented, its seed is a guess: refused with the source, or a warning where the file accepts it."""
    refused, taken = read(tmp_path, 7, trust=""), read(tmp_path, 7)
    without = read(tmp_path, "none", trust="")
    assert taken.campaign

    (problem,) = refused.problems
    assert "the setting seed is guessed (Vidu's own API" in problem.reason
    assert "`trust: guessed`" in problem.remedy
    assert without.problems == ()
    assert any(
        "the setting seed of viduq3-turbo is guessed" in w.reason
        for w in expand(taken.campaign, CATALOG).warnings
    )


def test_only_a_range_has_a_number_for_each_take(tmp_path: Path) -> None:
    """Refused when the catalog is read, at its line."""
    path = tmp_path / "own.yaml"
    settings = 'aspect_ratio: {values: ["16:9"], per_take: true}, seed: {from: 0, to: 9}'
    path.write_text(f"families:\n  vidu:\n    settings: {{{settings}}}\n")

    with pytest.raises(CatalogError, match="aspect_ratio has no range") as caught:
        load_catalog(path)

    assert "own.yaml:3" in str(caught.value)


def test_a_setting_without_it_is_the_same_for_every_take() -> None:
    """What a campaign gave is what is sent."""
    assert Setting(name="x", lowest=0, highest=9).of_take("4", 3) == "4"
