"""A new project: whatever it is made of, its campaign can be planned as it is, or is refused with a reason."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.campaign.expand import expand
from hailuo.campaign.files import load_campaign, load_catalog
from hailuo.campaign.files.starter import Starter, startable_models
from hailuo.campaign.pricing import quote
from hailuo.errors import CampaignError

CATALOG: Final = load_catalog()
STARTER: Final = Starter(
    name="spring",
    product="A red shoe",
    models=("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3"),
    takes=1,
    budget_usd=Decimal(10),
    store="./store",
)


@given(
    product=st.text(max_size=60) | st.sampled_from(['a "b" c', "a: b # c", "“x”", "- x", "{surface}", "\\n"]),
    models=st.lists(st.sampled_from(startable_models(CATALOG)), min_size=1, unique=True),
    takes=st.integers(1, 20),
    budget=st.decimals("0.01", "50", places=2),
)
def test_what_it_writes_can_be_planned_as_it_is(product, models, takes, budget):
    """Its campaign has no problem and fits its budget; anything else is refused before a file is written."""
    starter = replace(STARTER, product=product, models=tuple(models), takes=takes, budget_usd=budget)
    try:
        text = starter.campaign_text(CATALOG)
    except CampaignError:
        return
    loaded = load_campaign(Path("x.yaml"), catalog=CATALOG, at=datetime(2026, 11, 29, tzinfo=UTC), text=text)

    assert loaded.problems == ()
    assert loaded.campaign is not None
    jobs = expand(loaded.campaign, CATALOG).jobs
    prices = [quote(job.variant, CATALOG, {}).price_usd for job in jobs]
    assert jobs
    assert sum(price for price in prices if price) <= budget
    assert None not in prices


@given(store=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
@pytest.mark.slow
def test_the_project_file_names_the_store_as_it_was_given(store):
    """Quotes, backslashes and # in a folder's name change nothing."""
    files = replace(STARTER, store=store).files(CATALOG, project_file="hailuo.toml")

    assert tomllib.loads(files["hailuo.toml"]) == {"store": store, "campaigns": "./campaigns"}


@pytest.mark.parametrize(
    ("store", "ignored"),
    [
        ("./store", ["/store/", "/store-simulated/"]),
        ("clips/all", ["/clips/all/", "/clips/all-simulated/"]),
        ("s3://bucket/clips", ["/store-simulated/"]),
        ("~/clips", ["/store-simulated/"]),
        ("/srv/clips", ["/store-simulated/"]),
        ("../clips", ["/store-simulated/"]),
    ],
)
def test_clips_in_the_project_are_ignored_by_git(store, ignored):
    """A store inside the project, and the simulator's beside it."""
    files = replace(STARTER, store=store).files(CATALOG, project_file="hailuo.toml")

    assert files[".gitignore"].splitlines() == [*ignored, "/demo-store/", ".env"]
