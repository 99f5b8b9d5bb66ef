"""What the judgement claims, held against worlds whose truth is known."""

import tomllib
from datetime import UTC, datetime
from importlib import resources

import pandas as pd
import pytest

from hailuo.report.analysis.analyse import analyse
from hailuo.report.analysis.options import AnalysisOptions, ReportThresholds, load_thresholds
from hailuo.report.findings import CreativeStanding, PlatformFindings, ReportFindings, VerdictOutcome
from hailuo.report.metrics import AdPlatform, Metric
from hailuo.thresholds import thresholds_from
from tests.report.worlds import World, joined_rows, make_health

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
NOTHING_SHOWN = {VerdictOutcome.NO_DIFFERENCE, VerdictOutcome.NOT_ENOUGH_DATA}


def judged(joined: pd.DataFrame, variants: pd.DataFrame, **options: object) -> ReportFindings:
    return analyse(
        joined,
        variants,
        options=AnalysisOptions(**{"metric": Metric.CTR, **options}),  # type: ignore[arg-type]  # a test names any option
        health=make_health(),
        made_at=AT,
        version="0.1.0",
    )


def of_world(world: World, *, seed: int = 1, **options: object) -> PlatformFindings:
    joined, variants, _ = world.draw(seed)
    return judged(joined, variants, **options).platforms[0]


def outcomes(world: World, seeds: int) -> list[VerdictOutcome]:
    return [of_world(world, seed=seed).verdict.outcome for seed in range(seeds)]


ONE_STANDS_OUT = World(takes=1, models=1, effects={"prompt-a": 0.6}, impressions=3000.0)
A_PROMPT_MATTERS = World(effects={"prompt-a": 0.4}, take_sd=0.1)
TAKES_DIFFER = World(take_sd=0.25, takes=3, prompts=3, models=2, impressions=3000.0)


def test_one_creative_far_ahead_wins() -> None:
    """Near certainty and distance to every other: a winner, by id, and nothing more to find out."""
    found = of_world(ONE_STANDS_OUT)

    first = found.creatives[0]
    assert found.verdict.outcome is VerdictOutcome.WINNER
    assert found.verdict.creative_id == first.creative_id
    assert (first.prompt, first.standing) == ("prompt-a", CreativeStanding.LEADS)
    assert found.verdict.need is None


def test_takes_that_share_the_lead_are_no_winner() -> None:
    """Two takes of the best order are alike: which of them is better is luck, so the factor is told instead."""
    found = of_world(A_PROMPT_MATTERS)

    assert found.verdict.outcome is VerdictOutcome.FACTOR
    assert (found.verdict.factor, found.verdict.level) == ("prompt", "prompt-a")
    assert found.verdict.creative_id is None
    assert any("takes of the leader's combination" in sentence for sentence in found.verdict.sentences)


def test_takes_of_one_combination_lead_together() -> None:
    """The combination is far ahead, and which of its two takes is better is luck: the verdict names the combination."""
    found = of_world(World(takes=2, models=1, effects={"prompt-a": 0.6}, impressions=3000.0), seed=2)

    verdict = found.verdict
    takes = [one for one in found.creatives if one.cell_id == verdict.cell_id]
    assert (verdict.outcome, verdict.combination) == (VerdictOutcome.COMBINATION, "prompt-a")
    assert sum(one.p_best or 0.0 for one in takes) > 0.95
    assert max(one.p_best or 0.0 for one in takes) < 0.95
    assert verdict.headline.startswith("The combination “prompt-a”")
    assert verdict.creative_id is None


def test_cost_is_that_of_the_clips_that_may_be_best() -> None:
    """Two takes share the lead, six clips are far behind: nothing more is paid for those."""
    found = of_world(World(takes=2, models=1, effects={"prompt-a": 0.6}, impressions=3000.0), seed=2)

    need = found.verdict.need
    assert need is not None
    assert need.clips == 2
    assert need.more_trials <= 2 * need.trials_each


@pytest.mark.parametrize(
    "world", [World(impressions=300.0), World(takes=2, models=1, effects={"prompt-a": 0.5})]
)
def test_the_table_and_the_verdict_say_one_number(world: World) -> None:
    """For the same lift, the same impressions and the same money, whatever the outcome."""
    found = of_world(world, relevant_lift=0.5)

    need = found.verdict.need
    assert need is not None
    assert need.lift == 0.5
    assert need in found.power


def test_a_clip_with_little_data_is_not_spoken_of() -> None:
    """Two clips have enough to find a lead of 10 %, a third has four impressions: only the two are found alike."""
    joined, variants, _ = World(prompts=3, models=1, takes=1, impressions=40_000.0).draw(1)
    small = variants["creative_id"].iloc[-1]
    starved = joined[(joined["creative_id"] != small) | (joined["date_start"] == joined["date_start"].min())]
    starved.loc[starved["creative_id"] == small, ["impressions", "clicks_link"]] = [4.0, 0.0]

    found = judged(starved, variants).platforms[0]

    standing = {one.creative_id: one.standing for one in found.creatives}
    assert found.verdict.outcome is VerdictOutcome.NO_DIFFERENCE
    assert "2 clips with enough data" in found.verdict.headline
    assert standing[small] is CreativeStanding.TOO_LITTLE_DATA


def test_the_smallest_clip_decides_what_would_have_been_found() -> None:
    """One clip has a hundredth of the others' data: in it a lead of 10 % would not have been found, so nothing is said."""
    joined, variants, _ = World(prompts=3, models=1, takes=1, impressions=40_000.0).draw(1)
    small = joined["creative_id"] == variants["creative_id"].iloc[-1]
    joined.loc[small, ["impressions", "clicks_link"]] = (
        joined.loc[small, ["impressions", "clicks_link"]] // 100
    ).to_numpy()

    found = judged(joined, variants).platforms[0]

    assert found.verdict.outcome is VerdictOutcome.NOT_ENOUGH_DATA


def test_a_level_that_is_worse_is_told_where_none_is_better() -> None:
    """One prompt drags, the others are alike: the claim is about the one that drags."""
    found = of_world(World(effects={"prompt-d": -0.5}, impressions=2000.0, prompts=4))

    assert (found.verdict.outcome, found.verdict.level) == (VerdictOutcome.FACTOR, "prompt-d")


def test_takes_that_differ_are_told_as_different() -> None:
    """No factor matters, yet the clips differ by more than chance."""
    found = of_world(TAKES_DIFFER, seed=3)

    assert found.verdict.outcome in {VerdictOutcome.DIFFERENT, VerdictOutcome.WINNER}
    assert found.verdict.factor is None


def test_much_data_without_a_difference_is_no_difference() -> None:
    """A lift that matters would have been found: that is worth knowing."""
    found = of_world(World(prompts=2, models=1, takes=1, impressions=25_000.0))

    assert found.verdict.outcome is VerdictOutcome.NO_DIFFERENCE
    assert found.verdict.need is not None
    assert found.verdict.need.more_trials == 0


def test_little_data_without_a_difference_says_what_it_would_take() -> None:
    """Impressions and money, for the smallest lift that matters."""
    found = of_world(World(impressions=100.0), relevant_lift=0.2)

    need = found.verdict.need
    assert found.verdict.outcome is VerdictOutcome.NOT_ENOUGH_DATA
    assert need is not None
    assert need.lift == 0.2
    assert need.spend is not None
    assert need.spend == pytest.approx(need.more_trials * 0.0085, rel=0.01)
    assert [one.lift for one in found.power] == [0.05, 0.1, 0.2, 0.3, 0.5]
    assert [one.trials_each for one in found.power] == sorted(
        (one.trials_each for one in found.power), reverse=True
    )


def test_too_few_events_never_make_a_claim() -> None:
    """Below a hundred events even a tenfold difference is not told as one."""
    cells = pd.DataFrame(
        {
            "creative_id": ["C000000000", "C000000001"],
            "impressions": [1000.0, 1000.0],
            "clicks_link": [50.0, 5.0],
        }
    )

    found = judged(joined_rows(cells), World(prompts=2, models=1, takes=1).variants()).platforms[0]

    assert found.verdict.outcome in NOTHING_SHOWN


def test_nobody_is_behind_while_nothing_is_shown() -> None:
    """Without a difference a low chance to be best is luck, not a standing."""
    found = of_world(World())

    assert found.verdict.outcome in NOTHING_SHOWN
    assert {one.standing for one in found.creatives} == {CreativeStanding.IN_THE_RUNNING}


def test_who_has_too_little_data_is_told_as_that() -> None:
    """Four impressions are no reason to drop a clip."""
    joined, variants, _ = ONE_STANDS_OUT.draw(1)
    small = variants["creative_id"].iloc[-1]
    starved = joined[(joined["creative_id"] != small) | (joined["date_start"] == joined["date_start"].min())]
    starved.loc[starved["creative_id"] == small, ["impressions", "clicks_link"]] = [4.0, 0.0]

    found = judged(starved, variants).platforms[0]

    standing = {one.creative_id: one.standing for one in found.creatives}
    assert standing.pop(small) is CreativeStanding.TOO_LITTLE_DATA
    assert set(standing.values()) == {CreativeStanding.LEADS, CreativeStanding.BEHIND}


def test_chances_add_up() -> None:
    """Somebody is the best."""
    found = of_world(A_PROMPT_MATTERS)

    assert sum(one.p_best or 0.0 for one in found.creatives) == pytest.approx(1)
    assert all((one.expected_loss or 0.0) >= 0 for one in found.creatives)


def test_one_creative_alone_is_not_judged() -> None:
    """There is nothing to compare it with, and its numbers are shown all the same."""
    joined, variants, _ = World().draw(1)
    alone = joined[joined["creative_id"] == variants["creative_id"].iloc[0]]

    found = judged(alone, variants).platforms[0]

    assert found.verdict.outcome is VerdictOutcome.NOT_ENOUGH_DATA
    assert found.verdict.headline.startswith("Only “prompt-a")
    assert found.creatives[0].estimates[Metric.CTR].value is not None


def test_a_metric_that_the_platform_lacks_is_not_judged() -> None:
    """Google tells no early views: the report says so instead of guessing."""
    found = of_world(World(platform=AdPlatform.GOOGLE), metric=Metric.HOOK)

    assert found.verdict.outcome is VerdictOutcome.NOT_ENOUGH_DATA
    assert "Google Ads" in found.verdict.headline


def test_platforms_share_the_chance_of_a_false_word() -> None:
    """Every further platform is a further chance to be fooled, so each gets its part of it."""
    limits = load_thresholds()

    told_limits = limits.in_words()

    assert told_limits["gate_p"].startswith("0.01 chance of a false alarm (")
    assert set(judged(*World().draw(1)[:2]).thresholds) > set(told_limits)


def test_a_threshold_without_an_origin_is_refused() -> None:
    """No number decides anything unless it says where it comes from."""
    table = tomllib.loads(
        resources.files("hailuo.report.analysis").joinpath("thresholds.toml").read_text(encoding="utf-8")
    )
    del table["gate_p"]["origin"]

    with pytest.raises(ValueError, match="origin"):
        thresholds_from(table, ReportThresholds)


@pytest.mark.parametrize(
    "world",
    [World(day_sd=0.2), World(day_sd=0.2, impressions=200.0), World(durations=(6, 10), models=2, takes=1)],
    ids=["scattered days", "little data", "two lengths"],
)
def test_a_world_without_difference_says_so(world: World) -> None:
    """In at least 19 of 20 seeds no difference is claimed; `make judge` runs 200."""
    shown = [outcome for outcome in outcomes(world, 20) if outcome not in NOTHING_SHOWN]

    assert len(shown) <= 1


def test_watching_a_world_without_difference_is_safe() -> None:
    """Read after every second day with always-valid intervals, a false word stays rare (here: none in 5 worlds)."""
    world = World(takes=1, prompts=3, models=2)
    wrong = 0
    for seed in range(5):
        joined, variants, _ = world.draw(seed)
        days = sorted(joined["date_start"].unique())
        looks = [judged(joined[joined["date_start"] <= day], variants, sequential=True) for day in days[1::2]]
        wrong += any(look.platforms[0].verdict.outcome not in NOTHING_SHOWN for look in looks)

    assert wrong == 0
