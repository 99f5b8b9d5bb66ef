"""Simulated campaigns are what they say: drawn from a known truth, written as platforms write, lost nowhere on the way."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.judge.calibration import NATURES, NULL, bins, calibrate, goals, judged
from benchmarks.judge.durations import duration_safe
from benchmarks.judge.golden import golden_exports
from benchmarks.judge.lines import missed
from benchmarks.judge.logs import MAPPING, report_of
from benchmarks.judge.oracle import GRID, ours
from benchmarks.judge.stage import demo_manifest
from benchmarks.judge.worlds import PLATFORMS, Nature, world
from hailuo.report.exports import read_exports
from hailuo.report.findings import VerdictOutcome
from hailuo.report.join import join
from hailuo.report.metrics import AdPlatform, Count

QUICK = Nature(days=5, daily_impressions=200)


@pytest.fixture(scope="module")
def variants() -> pd.DataFrame:
    return demo_manifest()


def test_the_stage_is_the_demo(variants):
    """Worlds are about the thirty clips that `hailuo demo` renders, one of them its control cell."""
    assert len(variants) == 30
    assert set(variants["status"]) == {"stored"}
    assert variants["is_control"].sum() == 2


def test_a_seed_makes_the_same_world(variants):
    """Whoever repeats a simulation gets the same bytes; another seed, others."""
    first, again, other = (world(variants, seed=seed, nature=QUICK) for seed in (3, 3, 4))

    assert first == again
    assert first.exports != other.exports


@pytest.mark.parametrize("lean", [True, False])
def test_no_simulated_row_is_lost_on_the_way(variants, lean):
    """Totals, blanks, mangled names: every impression is joined with its clip but those of the ad that is not ours."""
    made = world(variants, seed=5, nature=QUICK, lean=lean)

    joined = join(read_exports(made.exports), variants)

    for platform in PLATFORMS:
        rows = joined[(joined["platform"] == platform.value) & joined["creative_id"].notna()]
        assert len(rows) == 30 * QUICK.days
        assert rows["impressions"].sum() == made.impressions[platform]
    assert joined["creative_id"].isna().sum() == len(PLATFORMS)


def test_synthetic_results_say_so(variants):
    """Nobody takes a simulated export for a measured one: file and campaign names say it."""
    made = world(variants, seed=5, nature=QUICK)

    assert all(name.startswith("SYNTHETIC") for name in made.exports)
    assert all(b"SYNTHETIC (simulated, not measured)" in content for content in made.exports.values())


def test_a_world_without_effects_has_no_best_clip(variants):
    """In a null world every clip and every level has one rate."""
    truth = world(variants, seed=6, nature=NULL[0]).truth[AdPlatform.META]

    assert np.ptp(list(truth.rates.values())) == pytest.approx(0, abs=1e-12)
    assert np.ptp(list(truth.levels.values())) == pytest.approx(0, abs=1e-12)


def test_click_rates_come_out_as_they_were_set(variants):
    """What is drawn scatters around the truth, not around something near it."""
    made = world(variants, seed=7, nature=Nature(daily_impressions=20_000, day_sd=0.05))
    rows = join(read_exports(made.exports), variants)
    meta = rows[rows["platform"] == "meta"].groupby("creative_id")[["clicks_link", "impressions"]].sum()

    off = meta["clicks_link"] / meta["impressions"] / pd.Series(made.truth[AdPlatform.META].rates) - 1

    assert abs(off.mean()) < 0.01
    assert off.abs().max() < 0.08


@pytest.mark.slow
def test_a_small_calibration_holds(variants):
    """A world of each kind: null worlds stay quiet, intervals hold the truth about as often as they say."""
    effects = calibrate(variants, NATURES, worlds=1, first_seed=1)
    null = calibrate(variants, NULL, worlds=1, first_seed=100_001)

    assert null.false_words == 0
    assert sum(null.outcomes.values()) == 2
    assert 0.85 < effects.rates_held <= 1
    assert 0.7 < effects.levels_held <= 1
    assert sum(one.clips for one in bins(effects)) == len(effects.chances) == 2 * 30
    assert len({line.what for line in goals(effects, null)}) >= 8


@pytest.mark.slow
def test_a_strong_effect_is_told_on_both_platforms(variants):
    """Where factors matter much and data is plenty, the report says that something differs."""
    nature = Nature(effect_sd=0.6, daily_impressions=4_000)

    found = judged(world(variants, seed=2, nature=nature), variants, seed=2)

    assert {one.platform for one in found.platforms} == set(PLATFORMS)
    quiet = {VerdictOutcome.NO_DIFFERENCE, VerdictOutcome.NOT_ENOUGH_DATA}
    assert not {one.verdict.outcome for one in found.platforms} & quiet


@pytest.mark.slow
def test_metrics_of_other_durations_never_rank(variants):
    """G18, on the demo's clips of 6 and 10 s."""
    assert not missed(duration_safe(variants))


def test_golden_exports_are_read():
    """G10: the benchmark looks at the same files as the tests, and finds the same."""
    assert not missed(golden_exports())


def test_a_log_of_events_is_counted_as_pandas_counts_it():
    """One row per impression becomes one clip's sums, found by an ads.csv."""
    rng = np.random.default_rng(1)
    log = pd.DataFrame(
        {
            "timestamp": pd.date_range("2019-11-24", periods=600, freq="min", tz="UTC").astype(str),
            "item_id": rng.integers(0, 6, 600),
            "position": rng.integers(1, 4, 600),
            "click": rng.binomial(1, 0.1, 600),
        }
    )

    (platform,) = report_of(log, name="log.csv").platforms

    counted = log.groupby("item_id")["click"].agg(["size", "sum"])
    told = {int(one.factors["item"]): one.counts for one in platform.creatives}
    assert {item: counts[Count.IMPRESSIONS] for item, counts in told.items()} == counted["size"].to_dict()
    assert {item: counts[Count.CLICKS_LINK] for item, counts in told.items()} == counted["sum"].to_dict()
    assert b"clicks_link" in MAPPING


def test_the_grid_for_the_other_engine_has_numbers_everywhere():
    """No pair of ads in the grid is one about which we say nothing."""
    assert np.isfinite([ours(case) for case in GRID]).all()
    assert len(set(GRID)) == len(GRID)
