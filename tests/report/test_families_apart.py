"""Several families in one report: they are a factor beside the models, and substitutes are in no comparison."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from hailuo.report.analysis.analyse import analyse
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.cautions import cautions
from hailuo.report.findings import PlatformFindings
from hailuo.report.metrics import Metric
from tests.report.worlds import joined_rows, make_health, variants_of

FAMILIES = {
    "MiniMax-Hailuo-02": "minimax",
    "MiniMax-Hailuo-2.3": "minimax",
    "seedance-2.0": "seedance",
    "seedance-2.0-fast": "seedance",
}
RATES = {"minimax": 0.010, "seedance": 0.016}


def night(models: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three prompts and two takes on each model; a clip does as its family does."""
    cells = [(f"p{n}", model, 6, take) for n in range(3) for model in models for take in (1, 2)]
    variants = variants_of(cells)
    variants["family"] = [models[model] for model in variants["model"]]
    clicks = [40_000 * RATES[models[model]] for model in variants["model"]]
    counts = pd.DataFrame(
        {"creative_id": variants["creative_id"], "impressions": 40_000.0, "clicks_link": clicks}
    )
    return joined_rows(counts.assign(clicks_all=clicks)), variants


def judged(joined: pd.DataFrame, variants: pd.DataFrame) -> PlatformFindings:
    found = analyse(
        joined,
        variants,
        options=AnalysisOptions(metric=Metric.CTR),
        health=make_health(),
        made_at=datetime(2026, 11, 30, tzinfo=UTC),
        version="0.1.0",
    )
    return found.platforms[0]


@pytest.mark.parametrize(
    "models",
    [FAMILIES, {"MiniMax-Hailuo-2.3": "minimax", "seedance-2.0": "seedance"}],
    ids=["two models each", "one model each"],
)
def test_the_difference_between_families_is_said(models: dict[str, str]) -> None:
    """The models of a family together, also where a family has one model; the models are a factor of their own."""
    found = judged(*night(models))

    factors = {factor.name: factor for factor in found.factors}
    rates = {level.name: level.rate for level in factors["family"].levels}
    assert {level.name for level in factors["model"].levels} == set(models)
    assert rates["seedance"] / rates["minimax"] == pytest.approx(1.6, rel=0.05)
    assert all(level.difference.p_value < 0.01 for level in factors["family"].levels)


def test_one_family_is_no_factor() -> None:
    """There is nothing to compare it with."""
    joined, variants = night({"MiniMax-Hailuo-02": "minimax", "MiniMax-Hailuo-2.3": "minimax"})

    assert [factor.name for factor in judged(joined, variants).factors] == ["prompt", "model"]


def test_a_substitute_is_in_no_comparison_and_is_named() -> None:
    """Nothing of the others changes, and a caution says what it had."""
    joined, variants = night(FAMILIES)
    variants["fallback_for"] = None
    substitute = str(variants["creative_id"].iloc[-1])
    variants.loc[variants["creative_id"] == substitute, "fallback_for"] = "C000000000"

    found = judged(joined, variants)
    without = judged(
        joined[joined["creative_id"] != substitute], variants[variants["creative_id"] != substitute]
    )
    (said,) = [text for text in cautions(joined, variants) if "replaced" in text]

    assert substitute not in {one.creative_id for one in found.creatives}
    assert found.factors == without.factors
    assert f"{substitute} for C000000000" in said
    assert "40,000 impressions" in said
