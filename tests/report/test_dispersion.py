"""How far days scatter beyond chance."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from hailuo.report.stats.dispersion import dispersion
from tests.support.examples import examples


def make_days(
    *, ads: int, days: int, impressions: int, rate: float, sd: float, seed: int = 1
) -> pd.DataFrame:
    """Days of ads whose log-odds differ from day to day by `sd`."""
    rng = np.random.default_rng(seed)
    log_odds = np.log(rate / (1 - rate)) + rng.normal(0, sd, ads * days)
    return pd.DataFrame(
        {
            "unit": np.repeat([f"ad{at}" for at in range(ads)], days),
            "events": rng.binomial(impressions, 1 / (1 + np.exp(-log_odds))),
            "trials": impressions,
        }
    )


def test_pearsons_chi_square_over_its_degrees_of_freedom() -> None:
    """For one ad it is the chi-square of the days' table, as scipy computes it, over days minus one."""
    days = make_days(ads=1, days=14, impressions=3_000, rate=0.012, sd=0.2)
    table = np.array([days["events"], days["trials"] - days["events"]])
    total = days["trials"].sum()

    found = dispersion(days)

    expected = chi2_contingency(table, correction=False).statistic / 13 * (total - 1) / total
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("sd", "impressions", "least", "most"),
    [
        pytest.param(0.0, 3_000, 0.9, 1.1, id="chance alone"),
        pytest.param(0.0, 150, 0.9, 1.1, id="chance alone, two clicks a day"),
        pytest.param(0.2, 3_000, 2.1, 2.9, id="days differ: 1 + n p sd^2 = 2.4"),
    ],
)
def test_phi_is_1_for_chance_and_grows_with_what_days_add(
    sd: float, impressions: int, least: float, most: float
) -> None:
    """Few clicks a day do not look like scatter, and scatter is found at its size."""
    days = make_days(ads=60, days=20, impressions=impressions, rate=0.012, sd=sd)

    assert least <= (dispersion(days) or 0) <= most


def test_ads_of_different_rates_are_no_scatter() -> None:
    """Every ad is compared with its own rate."""
    low = make_days(ads=20, days=20, impressions=3_000, rate=0.01, sd=0)
    high = make_days(ads=20, days=20, impressions=3_000, rate=0.05, sd=0).assign(
        unit=lambda rows: rows["unit"] + "b"
    )

    assert dispersion(pd.concat([low, high])) == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize(
    "days",
    [
        pytest.param(make_days(ads=1, days=5, impressions=3_000, rate=0.01, sd=0), id="five days"),
        pytest.param(make_days(ads=40, days=1, impressions=3_000, rate=0.01, sd=0), id="one day each"),
        pytest.param(make_days(ads=5, days=10, impressions=10, rate=0.001, sd=0), id="nothing expected"),
        pytest.param(make_days(ads=5, days=10, impressions=0, rate=0.01, sd=0), id="never shown"),
        pytest.param(pd.DataFrame({"unit": [], "events": [], "trials": []}), id="no rows"),
    ],
)
def test_none_where_days_are_too_few_to_tell(days: pd.DataFrame) -> None:
    """A guess would widen or narrow every interval of the report."""
    assert dispersion(days) is None


@pytest.mark.slow
@given(st.permutations(range(60)))
@settings(max_examples=examples(20))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    """Exports come in any order."""
    days = make_days(ads=3, days=20, impressions=2_000, rate=0.02, sd=0.1)

    assert dispersion(days.iloc[order]) == pytest.approx(dispersion(days))
