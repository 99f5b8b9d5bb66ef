"""How far each clip's days scatter beyond chance."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from hailuo.report.stats.dispersion import ClipDispersion, clip_dispersion
from tests.support.examples import examples


def make_days(
    *,
    clips: int = 30,
    days: int = 14,
    impressions: float = 3_000,
    rate: float = 0.012,
    sd: float = 0.0,
    shared: float = 0.0,
    volume_sd: float = 0.0,
    seed: int = 1,
) -> pd.DataFrame:
    """Days of clips whose log-odds swing by `sd` each for itself and by `shared` all together."""
    rng = np.random.default_rng(seed)
    odds = np.log(rate / (1 - rate)) + rng.normal(0, sd, (clips, days)) + rng.normal(0, shared, days)
    volume = impressions * rng.lognormal(-(volume_sd**2) / 2, volume_sd, (clips, 1))
    shown = np.maximum(1, rng.poisson(volume * np.ones((1, days))))
    return pd.DataFrame(
        {
            "clip": np.repeat([f"clip{at}" for at in range(clips)], days),
            "ad": "only",
            "day": np.tile(np.arange(days), clips),
            "events": rng.binomial(shown, 1 / (1 + np.exp(-odds))).ravel().astype(float),
            "trials": shown.ravel().astype(float),
        }
    )


def totals_of(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby("clip")[["events", "trials"]].sum()


def found_in(rows: pd.DataFrame) -> ClipDispersion:
    found = clip_dispersion(rows, totals_of(rows))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("sd", "impressions", "least", "most"),
    [
        pytest.param(0.0, 3_000, 1.0, 1.15, id="chance alone"),
        pytest.param(0.0, 150, 1.0, 1.15, id="chance alone, two clicks a day"),
        pytest.param(0.2, 3_000, 2.0, 2.9, id="days differ: 1 + n p sd^2 = 2.4"),
        pytest.param(0.3, 30_000, 25, 41, id="large: 1 + n p sd^2 = 33"),
    ],
)
def test_phi_is_1_for_chance_and_grows_with_what_days_add(
    sd: float, impressions: float, least: float, most: float
) -> None:
    """Few clicks a day do not look like scatter, and scatter is found at its size."""
    assert least <= np.median(found_in(make_days(sd=sd, impressions=impressions)).phi) <= most


def test_every_clip_has_the_phi_of_its_own_volume() -> None:
    """Of 20 clicks chance is nearly all the scatter, of 20,000 the days are: one phi for both would be wrong for both."""
    rows = make_days(sd=0.2, volume_sd=2.0, clips=40)
    totals = totals_of(rows)

    phi = found_in(rows).phi

    usual = 1 + 0.2**2 * totals["events"].to_numpy() / 14
    assert np.median(np.abs(np.log(phi / usual))) < 0.25
    assert phi[totals["events"].argmax()] > 10 * phi[totals["events"].argmin()]


@pytest.mark.slow
def test_intervals_hold_for_clips_of_every_size() -> None:
    """Volumes a factor of 20 apart: 95 % reaches hold the truth in 92 % to 98 % of the smaller and of the larger half."""
    held: dict[bool, list[bool]] = {False: [], True: []}
    for seed in range(25):
        rows = make_days(sd=0.2, volume_sd=1.5, clips=30, seed=seed)
        totals, phi = totals_of(rows), found_in(rows).phi
        away = (totals["events"] / totals["trials"] - 0.012 * np.exp(0.02)) / np.sqrt(
            0.012 * 0.988 * phi / totals["trials"]
        )
        for large in (False, True):
            half = (totals["trials"] > totals["trials"].median()) == large
            held[large] += list((np.abs(away) < norm.isf(0.025))[half])

    assert all(0.92 <= np.mean(one) <= 0.98 for one in held.values())


def test_what_all_clips_share_is_no_scatter() -> None:
    """A weekend moves all alike; but a clip that ran on other days than the rest gets its part of it."""
    rows = make_days(shared=0.3, sd=0.05, days=14)
    phi = found_in(rows).phi
    first = rows[(rows["clip"] != "clip0") | (rows["day"] < 4)]

    apart = found_in(first).phi

    assert np.median(phi) < 1.4
    assert apart[0] > 2 * np.median(apart[1:])


def test_wild_days_of_one_clip_widen_that_clip() -> None:
    """One clip swings ten times as far as the rest: the others are not blamed for it."""
    rows = make_days(sd=0.1, clips=20)
    wild = rows["clip"] == "clip3"
    rows.loc[wild, "events"] = np.where(rows.loc[wild, "day"] % 2 == 0, 8.0, 110.0)

    found = found_in(rows)

    place = list(totals_of(rows).index).index("clip3")
    others = np.delete(found.phi, place)
    assert found.phi[place] > 5 * others.max()
    assert found.freedom.min() > 2


def test_ads_of_different_rates_are_no_scatter() -> None:
    """Every ad is compared with its own rate."""
    low, high = make_days(rate=0.01, clips=20), make_days(rate=0.05, clips=20)

    both = pd.concat([low, high.assign(ad="other")])

    assert np.median(found_in(both).phi) < 1.2


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(make_days(clips=1, days=4), id="four days"),
        pytest.param(make_days(clips=40, days=1), id="one day each"),
        pytest.param(make_days(clips=5, days=10, impressions=10, rate=0.001), id="nothing expected"),
        pytest.param(make_days().assign(trials=0.0, events=0.0), id="never shown"),
        pytest.param(make_days().iloc[:0], id="no rows"),
    ],
)
def test_none_where_days_are_too_few_to_tell(rows: pd.DataFrame) -> None:
    """A guess would widen or narrow every interval of the report."""
    totals = pd.DataFrame({"events": [40.0], "trials": [3_000.0]}, index=pd.Index(["clip0"], name="clip"))

    assert clip_dispersion(rows, totals) is None


def test_few_days_lean_on_what_is_usual() -> None:
    """Two clips of four days say little themselves: a swing between 5 % and 50 % is taken, never none."""
    found = found_in(make_days(clips=2, days=4, impressions=20_000))

    assert 0.03 < found.swing < 0.5
    assert (found.phi > 1.02).all()


def test_a_clip_without_days_is_taken_to_run_like_the_others() -> None:
    """Its export row spans a week: its phi is that of a clip of its volume."""
    rows = make_days(sd=0.3, clips=20)
    totals = totals_of(rows)

    found = clip_dispersion(rows[rows["clip"] != "clip7"], totals)

    assert found is not None
    place = list(totals.index).index("clip7")
    assert found.phi[place] == pytest.approx(np.median(found.phi), rel=0.5)


@pytest.mark.slow
@given(st.permutations(range(60)))
@settings(max_examples=examples(10))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    """Exports come in any order."""
    days = make_days(clips=6, days=10, sd=0.2)

    assert found_in(days.iloc[order]).phi == pytest.approx(found_in(days).phi, rel=1e-6)
