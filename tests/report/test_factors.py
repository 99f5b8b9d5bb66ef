"""Main effects of prompt, model, duration and any other axis."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import chi2_contingency

from benchmarks.judge.coverage import coverage
from hailuo.report.findings import Factor
from hailuo.report.stats.factors import LEAST_A_CELL, FactorFit, fit_factors

AXES = ("prompt", "model")


def make_creatives(
    cells: Sequence[tuple[str, ...]], axes: tuple[str, ...] = AXES, *, takes: int = 3
) -> pd.DataFrame:
    """Takes of cells, 5,000 impressions each at about 2 %, with prompt p2 a fifth above the others."""
    rows = [cell for cell in cells for _ in range(takes)]
    rng = np.random.default_rng(7)
    log_odds = [logit(0.02) + 0.2 * ("p2" in row) + rng.normal(0, 0.1) for row in rows]
    return pd.DataFrame(rows, columns=list(axes)).assign(
        creative_id=[f"C{at:03}" for at in range(len(rows))],
        events=rng.binomial(5_000, expit(log_odds)).astype(float),
        trials=5_000.0,
    )


CROSSED = make_creatives(list(product(("p1", "p2", "p3"), ("m1", "m2"))))


def named(fit: FactorFit, name: str) -> Factor:
    """One factor of a fit."""
    return next(factor for factor in fit.factors if factor.name == name)


def test_a_level_has_its_average_prediction() -> None:
    """With equal cells and impressions the marginal rate is the level's own rate, drawn a little towards the others."""
    found = named(fit_factors(CROSSED, AXES), "prompt")

    own = CROSSED.groupby("prompt")[["events", "trials"]].sum()
    assert [level.rate for level in found.levels] == pytest.approx(own["events"] / own["trials"], rel=0.03)


def test_an_imbalance_is_adjusted_for() -> None:
    """A prompt that ran mostly on the better model is no better prompt: its raw rate says so, its marginal rate not."""
    cells = [("p1", "m1")] * 9 + [("p1", "m2")] + [("p2", "m1")] + [("p2", "m2")] * 9
    frame = pd.DataFrame(cells, columns=list(AXES)).assign(creative_id="C", trials=10_000.0)
    frame["events"] = np.where(frame["model"] == "m1", 300.0, 150.0) + np.tile([-9.0, 9.0], 10)

    prompt = named(fit_factors(frame, AXES), "prompt")

    assert prompt.levels[0].rate / prompt.levels[1].rate == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("axis", AXES)
def test_differences_are_from_the_mean_of_the_levels(axis: str) -> None:
    """They add up to 0 and lie in their intervals."""
    found = named(fit_factors(CROSSED, AXES), axis)

    differences = [level.difference for level in found.levels]
    assert sum(difference.value for difference in differences) == pytest.approx(0, abs=1e-12)
    assert all((d.interval.low or 0) < d.value < (d.interval.high or 0) for d in differences)
    assert all(
        (d.lift_interval.low or 0) < (d.lift or 0) < (d.lift_interval.high or 0)
        for d in differences
        if d.lift_interval
    )


def test_finds_the_effect_that_is_there_and_none_that_is_not() -> None:
    """p2 is a fifth above the others; the models are alike."""
    fit = fit_factors(CROSSED, AXES)

    best = max(named(fit, "prompt").levels, key=lambda level: level.rate)
    assert best.name == "p2"
    assert (named(fit, "prompt").p_value or 1) < 0.01
    assert (named(fit, "model").p_value or 0) > 0.05


def test_without_overdispersion_the_omnibus_test_is_the_chi_square_test() -> None:
    """With takes alike and many impressions F is Pearson's chi-square over its degrees of freedom."""
    frame = pd.DataFrame({"prompt": ["p1", "p2"] * 200, "trials": 5_000.0, "creative_id": "C"})
    frame["events"] = [100.0, 103.0] * 200
    sums = frame.groupby("prompt")[["events", "trials"]].sum()

    p_value = named(fit_factors(frame, ["prompt"]), "prompt").p_value

    table = [sums["events"], sums["trials"] - sums["events"]]
    assert p_value == pytest.approx(chi2_contingency(table, correction=False).pvalue, abs=0.01)


def test_a_creative_never_shown_is_what_its_factors_say() -> None:
    """Its interval is wider than that of a take of the same combination that was shown."""
    frame = CROSSED.assign(trials=[0.0, *[5_000.0] * 17], events=[0.0, *CROSSED["events"][1:]])

    posterior = fit_factors(frame, AXES).posterior

    unseen, seen = posterior.intervals()[:2]
    assert posterior.mean[0] == pytest.approx(posterior.mean[1:3].mean(), rel=0.05)
    assert (unseen.high or 0) - (unseen.low or 0) > (seen.high or 0) - (seen.low or 0)


def test_two_levels_are_one_test() -> None:
    """Each is the other's opposite: both have the p-value of the factor."""
    found = named(fit_factors(CROSSED, AXES), "model")

    assert [level.difference.p_value for level in found.levels] == pytest.approx([found.p_value] * 2)


def test_a_large_creative_does_not_decide_a_factor_alone() -> None:
    """One take with a million impressions is one take: its luck is not the prompt's effect."""
    luck = CROSSED.assign(events=100.0, trials=5_000.0)
    luck.loc[0, ["events", "trials"]] = [25_000.0, 1_000_000.0]

    assert (named(fit_factors(luck, ["prompt"]), "prompt").p_value or 0) > 0.05


@pytest.mark.parametrize(
    ("frame", "axes", "axis", "reason"),
    [
        pytest.param(
            CROSSED.assign(model="m1"), AXES, "model", "only one model to compare: m1", id="one level"
        ),
        pytest.param(
            CROSSED.assign(first_frame=CROSSED["prompt"].map({"p1": "hero", "p2": "sole", "p3": "sole"})),
            (*AXES, "first_frame"),
            "first_frame",
            "cannot be separated from prompt: every prompt had one first_frame only",
            id="nested",
        ),
        pytest.param(
            make_creatives(
                [
                    ("p1", "m1"),
                    ("p1", "m2"),
                    ("p2", "m1"),
                    ("p2", "m2"),
                    ("p3", "m3"),
                    ("p3", "m4"),
                    ("p4", "m3"),
                    ("p4", "m4"),
                ]
            ),
            AXES,
            "prompt",
            "cannot be separated from model: too few combinations were run",
            id="two islands",
        ),
        pytest.param(
            make_creatives([("p1", "m1"), ("p2", "m1"), ("p1", "m2")], takes=1),
            AXES,
            "prompt",
            "3 creatives are too few for 3 parameters: run more combinations or takes",
            id="too few creatives",
        ),
        pytest.param(
            CROSSED.assign(events=0.0), AXES, "prompt", "no creative has events yet", id="no events"
        ),
        pytest.param(
            CROSSED.assign(events=0.0, trials=0.0), AXES, "model", "no creative has events yet", id="no data"
        ),
    ],
)
def test_what_cannot_be_told_is_said_in_words(
    frame: pd.DataFrame, axes: tuple[str, ...], axis: str, reason: str
) -> None:
    """No number without meaning: a factor that the creatives cannot show has no levels, and a reason."""
    found = named(fit_factors(frame, axes), axis)

    assert found.levels == ()
    assert found.p_value is None
    assert found.note == reason


def test_a_prompt_that_fixes_its_first_frame_speaks_for_both() -> None:
    """The finer of two nested factors is estimated, and says what its effect includes."""
    frames = CROSSED["prompt"].map({"p1": "hero", "p2": "sole", "p3": "sole"})

    found = named(fit_factors(CROSSED.assign(first_frame=frames), (*AXES, "first_frame")), "prompt")

    assert len(found.levels) == 3
    assert found.note == "includes the effect of first_frame, which changed with it"


def test_what_cannot_be_told_is_still_adjusted_for() -> None:
    """Two islands of prompts and models: durations are compared inside them, not across."""
    islands = [("p1", "m1", "6"), ("p1", "m1", "10"), ("p2", "m2", "6")]
    frame = make_creatives(islands, ("prompt", "model", "duration"), takes=4)
    frame["events"] = np.where(frame["prompt"] == "p2", 900.0, 100.0) + np.tile([-5.0, 5.0], 6)

    duration = named(fit_factors(frame, ("prompt", "duration")), "duration")

    assert abs(duration.levels[0].difference.lift or 0) < 0.05


def test_a_level_without_events_is_left_out_and_named() -> None:
    """Its log-odds are minus infinity; the others are compared nearly as they would be without it."""
    without = CROSSED.assign(events=CROSSED["events"].where(CROSSED["prompt"] != "p3", 0.0))

    found = named(fit_factors(without, AXES), "prompt")

    others = named(fit_factors(CROSSED[CROSSED["prompt"] != "p3"], AXES), "prompt")
    rates = [level.rate for level in others.levels]
    assert [level.rate for level in found.levels] == pytest.approx(rates, rel=0.03)
    assert found.note == ("left out, as there is no rate to compare yet: p3 (no events in 30,000 trials)")


def test_more_conversions_than_clicks_count_as_all_and_are_said() -> None:
    """View-through conversions make no rate above 1."""
    frame = CROSSED.assign(events=[5_001.0, *CROSSED["events"][1:]])

    found = named(fit_factors(frame, AXES), "prompt")

    assert found.note == "creatives with more events than trials, which count as all of them: 1"


def test_a_missing_level_is_a_level() -> None:
    """Some creatives have no first frame: that is one of the things compared."""
    frames = pd.Series([None, "hero", "sole"] * 6)

    found = named(fit_factors(CROSSED.assign(first_frame=frames), (*AXES, "first_frame")), "first_frame")

    assert [level.name for level in found.levels] == ["hero", "none", "sole"]


@pytest.mark.parametrize(
    ("takes", "note"),
    [
        pytest.param(LEAST_A_CELL, "", id="enough"),
        pytest.param(4, "needs 5 creatives for every prompt on every model; one has 4", id="too few"),
    ],
)
def test_prompt_by_model_is_asked_only_with_enough_creatives(takes: int, note: str) -> None:
    """An interaction of single takes would be the takes' luck."""
    cells = list(product(("p1", "p2", "p3"), ("m1", "m2")))

    fit = fit_factors(make_creatives(cells, takes=takes), AXES)

    assert fit.interaction_note == note
    assert (fit.interaction_p is None) == bool(note)


def test_a_prompt_that_works_on_one_model_only_is_an_interaction() -> None:
    """p1 does twice as well on m1, p2 on m2: no main effect, all interaction."""
    frame = make_creatives(list(product(("p1", "p2"), ("m1", "m2"))), takes=6)
    matches = frame["prompt"].str[1] == frame["model"].str[1]
    frame["events"] = np.where(matches, 200.0, 100.0) + np.tile([-6.0, 6.0], 12)

    fit = fit_factors(frame, AXES)

    assert (fit.interaction_p or 1) < 1e-6
    assert (named(fit, "prompt").p_value or 0) > 0.5


@pytest.mark.slow
@pytest.mark.parametrize("take_sd", [0.0, 0.3])
def test_intervals_hold_the_truth_as_often_as_they_say(take_sd: float) -> None:
    """G6 in small: 20 campaigns of 144 creatives; `make judge` runs 250.

    The failing baseline, a plain fit, is too sure where takes differ: its 95 % intervals hold the truth in two cases of
    three at best.
    """
    found = coverage(20, 11, take_sd=take_sd)

    assert 0.91 <= found.differences <= 0.99
    assert 0.90 <= found.rates <= 0.995
    assert (found.plain < 0.75) == (take_sd > 0)
