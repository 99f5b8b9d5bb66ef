"""Every campaign in campaigns/ is a test: it is read, expands, and costs what is recorded here."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from inline_snapshot import snapshot
from jsonschema import Draft202012Validator

from hailuo.campaign.expand import Expansion, expand
from hailuo.campaign.files import LoadedCampaign, campaign_schema, load_campaign, load_catalog
from hailuo.campaign.model import Campaign, IllegalPolicy
from hailuo.campaign.pricing import quote

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "campaigns"
YAMLS = sorted(path.name for path in FOLDER.glob("*.yaml"))
CAMPAIGNS = [*YAMLS, "automotive-night.csv"]
FRAMES = sorted(path.name for path in (FOLDER / "frames").iterdir())
CATALOG = load_catalog()


def load(name: str) -> LoadedCampaign:
    return load_campaign(FOLDER / name, catalog=CATALOG, at=datetime(2026, 11, 22, 21, 0, tzinfo=UTC))


def campaign_of(name: str) -> Campaign:
    campaign = load(name).campaign
    assert campaign is not None
    return campaign


def expansion_of(name: str) -> Expansion:
    return expand(campaign_of(name), CATALOG)


def estimate_of(name: str) -> dict[str, object]:
    """Jobs, dollars in all, and dollars by model, at list prices."""
    jobs = expansion_of(name).jobs
    cost: defaultdict[str, Decimal] = defaultdict(Decimal)
    for job in jobs:
        cost[job.variant.model] += quote(job.variant, CATALOG, {}).price_usd or Decimal("NaN")
    by_model = {model: str(amount) for model, amount in sorted(cost.items())}
    return {"jobs": len(jobs), "usd": str(sum(cost.values())), "by_model": by_model}


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_example_is_read_without_a_complaint(name: str) -> None:
    """An example teaches: it has neither problems nor warnings of its own."""
    loaded = load(name)

    assert loaded.problems == ()
    assert loaded.warnings == ()


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_example_expands_to_sound_jobs(name: str) -> None:
    """Nothing in an example is illegal, unless the example shows how illegal cells are skipped."""
    expansion = expansion_of(name)

    assert expansion.problems == ()
    assert expansion.jobs
    assert bool(expansion.illegal) == (campaign_of(name).illegal is IllegalPolicy.SKIP)


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_example_warns_of_nothing_but_frames_on_the_silent_page(name: str) -> None:
    """The camera commands are the vendor's own, and no cell is one that the sources disagree about."""
    reasons = [warning.reason for warning in expansion_of(name).warnings]

    assert [reason for reason in reasons if "first frame" not in reason] == []


def test_examples_cost_what_is_recorded_here() -> None:
    """A changed price, prompt axis or exclusion shows up as a difference in dollars."""
    assert {name: estimate_of(name) for name in CAMPAIGNS} == snapshot(
        {
            "demo.yaml": {
                "jobs": 30,
                "usd": "12.22",
                "by_model": {
                    "MiniMax-Hailuo-02": "5.32",
                    "MiniMax-Hailuo-2.3": "5.88",
                    "MiniMax-Hailuo-2.3-Fast": "1.02",
                },
            },
            "lifestyle-reveal.yaml": {
                "jobs": 13,
                "usd": "5.46",
                "by_model": {"MiniMax-Hailuo-02": "3.01", "MiniMax-Hailuo-2.3": "2.45"},
            },
            "luxury-launch.yaml": {
                "jobs": 44,
                "usd": "17.74",
                "by_model": {
                    "MiniMax-Hailuo-02": "6.16",
                    "MiniMax-Hailuo-2.3": "11.20",
                    "MiniMax-Hailuo-2.3-Fast": "0.38",
                },
            },
            "perfume-prices.yaml": {"jobs": 2, "usd": "0.56", "by_model": {"MiniMax-Hailuo-02": "0.56"}},
            "portrait-motion.yaml": {
                "jobs": 20,
                "usd": "6.34",
                "by_model": {"MiniMax-Hailuo-2.3": "3.92", "MiniMax-Hailuo-2.3-Fast": "2.42"},
            },
            "automotive-night.csv": {
                "jobs": 14,
                "usd": "5.69",
                "by_model": {
                    "MiniMax-Hailuo-02": "2.17",
                    "MiniMax-Hailuo-2.3": "3.01",
                    "MiniMax-Hailuo-2.3-Fast": "0.51",
                },
            },
        }
    )


@pytest.mark.parametrize("name", YAMLS)
def test_example_fits_its_budget_and_has_a_control(name: str) -> None:
    """Each YAML example can be run unchanged, and its report has a baseline."""
    campaign, jobs = campaign_of(name), expansion_of(name).jobs
    price = sum(quote(job.variant, CATALOG, {}).price_usd or Decimal("NaN") for job in jobs)

    assert campaign.budget_usd is not None
    assert price <= campaign.budget_usd
    assert any(job.is_control for job in jobs)
    assert campaign.placements


@pytest.mark.parametrize("name", YAMLS)
def test_example_satisfies_the_schema_its_first_line_names(name: str) -> None:
    """An editor that follows the first line underlines nothing."""
    text = (FOLDER / name).read_text(encoding="utf-8")

    assert text.startswith("# yaml-language-server: $schema=schema.json\n")
    Draft202012Validator(campaign_schema()).validate(yaml.safe_load(text))


def test_demo_shows_the_whole_comparison() -> None:
    """24 to 30 jobs: three models, both durations, two sizes, with and without a local first frame."""
    jobs = expansion_of("demo.yaml").jobs
    variants = [job.variant for job in jobs]
    frames = {
        variant.first_frame.label: variant.first_frame.path for variant in variants if variant.first_frame
    }

    assert 24 <= len(jobs) <= 30
    assert {variant.model for variant in variants} == {
        m.name for m in CATALOG.models.values() if m.family == "minimax"
    }
    assert {variant.duration for variant in variants} == {6, 10}
    assert {variant.size for variant in variants} == {"768p", "1080p"}
    assert {job.take for job in jobs} == {1, 2}
    assert sorted(frames) == ["perfume-black-stone-16x9", "perfume-black-stone-9x16"]
    assert None not in frames.values()
    assert any(variant.first_frame is None for variant in variants)


def test_portrait_frames_cover_the_three_shapes_of_ads() -> None:
    """The image-led example has an upright, a feed and a wide first frame."""
    jobs = expansion_of("portrait-motion.yaml").jobs
    sides = {(f.label, f.width, f.height) for job in jobs if (f := job.variant.first_frame)}

    assert sides == {("upright", 768, 1366), ("feed", 864, 1080), ("wide", 1366, 768)}


def test_nightly_example_is_a_fresh_edition_in_its_own_timezone() -> None:
    """A start at 23:30 UTC is already tomorrow's night in Berlin."""
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    campaign = load_campaign(FOLDER / "lifestyle-reveal.yaml", catalog=CATALOG, at=late).campaign

    assert campaign is not None
    assert campaign.edition == "night-2026-11-23"


def test_readme_names_every_example_and_every_example_is_tested() -> None:
    """The README of campaigns/ describes every file there."""
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    tables = {path.name for path in FOLDER.glob("*.csv")}

    assert [name for name in [*CAMPAIGNS, *tables] if f"`{name}`" not in readme] == []
    assert tables == {"automotive-night.csv", "lifestyle-reveal-rows.csv"}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_are_small_enough_for_the_repository(name: str) -> None:
    """Placeholders stay below 400 KB."""
    assert (FOLDER / "frames" / name).stat().st_size < 400_000
