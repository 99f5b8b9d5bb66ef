"""What is looked at in the Upworthy archive, held on tests made up in its form: the data itself is not part of the project."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from benchmarks.judge.upworthy import upworthy

TESTS = 900
ARMS = 4


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Headline tests of a fifth of log-odds apart, with splits that are broken in the weeks known to be faulty."""
    rng = np.random.default_rng(1)
    week = np.repeat(rng.choice([201310, 201320, 201330, 201340, 201410], TESTS), ARMS)
    broken = (week == 201330) | (week == 201340)
    shown = rng.poisson(3_000, TESTS * ARMS) * np.where(broken, rng.uniform(0.8, 1.2, TESTS * ARMS), 1.0)
    rates = expit(rng.normal(-4.1, 0.4, TESTS).repeat(ARMS) + rng.normal(0, 0.21, TESTS * ARMS))
    frame = pd.DataFrame(
        {
            "clickability_test_id": np.repeat(np.arange(TESTS), ARMS),
            "impressions": shown.astype(int),
            "clicks": rng.binomial(shown.astype(int), rates),
            "test_week": week,
        }
    )
    path = tmp_path_factory.mktemp("upworthy") / "tests.parquet"
    frame.to_parquet(path)
    return path


def test_without_the_archive_its_goals_are_not_run():
    """Nobody fails for data that is not here."""
    assert [line.held for line in upworthy(None)] == [None, None]


def test_broken_splits_and_luck_are_found(archive: Path):
    """Splits are flagged where they are broken; shrunk rates are nearer to what was held out, and not flattered."""
    flagged, elsewhere, error, bias, curse = upworthy(archive)

    assert flagged.held
    assert elsewhere.held
    assert percent(error.found) < 70
    assert percent(bias.found) < 5 < percent(curse.found)


def percent(told: str) -> float:
    return float(told.removesuffix(" %"))
