"""What the judgement promises about numbers; what it claims of them is in test_verdict.py."""

from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from hailuo.report.analysis.analyse import analyse
from hailuo.report.analysis.options import DECISION_METRICS, AnalysisOptions, ReportOptionsError
from hailuo.report.archive import from_json, to_json
from hailuo.report.findings import CreativeFinding, CreativeStanding, ReportFindings, VerdictOutcome
from hailuo.report.metrics import METRICS, AdPlatform, Count, Design, Metric
from tests.report.worlds import World, joined_rows, make_health, variants_of

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
TWO = variants_of([("dawn", "MiniMax-Hailuo-02", 6, 1), ("rain", "MiniMax-Hailuo-02", 6, 1)])
ONE, OTHER = TWO["creative_id"]


def judged(joined: pd.DataFrame, variants: pd.DataFrame = TWO, **options: object) -> ReportFindings:
    return analyse(
        joined,
        variants,
        options=AnalysisOptions(**{"metric": Metric.CTR, **options}),  # type: ignore[arg-type]  # a test names any option
        health=make_health(),
        made_at=AT,
        version="0.1.0",
    )


def rows(*cells: dict[str, object], platform: AdPlatform = AdPlatform.META) -> pd.DataFrame:
    return joined_rows(pd.DataFrame(list(cells)), platform=platform)


def creative(findings: ReportFindings, creative_id: str = ONE, platform: int = 0) -> CreativeFinding:
    return next(one for one in findings.platforms[platform].creatives if one.creative_id == creative_id)


def shown(creative_id: str, **counts: float) -> dict[str, object]:
    return {"creative_id": creative_id, "impressions": 1000.0, "clicks_link": 10.0, **counts}


def test_rates_are_computed_from_sums() -> None:
    """A day with ten impressions does not weigh like one with ten thousand."""
    joined = rows(
        shown(ONE, impressions=10.0, clicks_link=5.0),
        shown(ONE, impressions=9990.0, clicks_link=95.0),
        shown(OTHER),
    )

    found = creative(judged(joined)).estimates[Metric.CTR]

    assert (found.value, found.top, found.bottom) == (0.01, 100.0, 10_000.0)


def test_a_row_that_tells_only_one_count_is_left_out_of_both() -> None:
    """Clicks of one export are never divided by impressions of two."""
    joined = rows(shown(ONE), shown(ONE, clicks_link=np.nan), shown(OTHER))

    found = creative(judged(joined)).estimates[Metric.CTR]

    assert (found.top, found.bottom) == (10.0, 1000.0)


def test_reach_is_never_summed() -> None:
    """Whoever saw an ad on two days would count twice."""
    joined = rows(shown(ONE, reach=900.0), shown(ONE, reach=900.0), shown(OTHER, reach=800.0))

    findings = judged(joined)

    assert Count.REACH not in creative(findings).counts
    assert creative(findings, OTHER).counts[Count.REACH] == 800.0


def test_a_row_of_a_week_covers_seven_days() -> None:
    """An export of totals still tells how long an ad ran; how its days scatter it does not."""
    findings = judged(rows(shown(ONE), shown(OTHER)))

    assert creative(findings).days == 7
    assert findings.platforms[0].dispersion is None


def test_platforms_are_judged_apart() -> None:
    """A creative on two platforms has two findings, each with the platform's own hook; most spend comes first."""
    meta = rows(shown(ONE, v3s=300.0, spend=8.0), shown(OTHER, v3s=250.0, spend=8.0))
    tiktok = rows(
        shown(ONE, v2s=400.0, spend=9.0), shown(OTHER, v2s=350.0, spend=9.0), platform=AdPlatform.TIKTOK
    )

    findings = judged(pd.concat([meta, tiktok], ignore_index=True))

    assert [one.platform for one in findings.platforms] == [AdPlatform.TIKTOK, AdPlatform.META]
    assert creative(findings).estimates[Metric.HOOK].value == 0.4
    assert creative(findings, platform=1).estimates[Metric.HOOK].value == 0.3


def test_what_a_platform_does_not_count_is_none_with_a_reason() -> None:
    """Google tells no early views: hook is unknown there, not 0."""
    findings = judged(rows(shown(ONE), shown(OTHER), platform=AdPlatform.GOOGLE))

    found = creative(findings).estimates[Metric.HOOK]

    assert found.value is None
    assert found.interval is None
    assert "counts nothing of the kind" in found.note


@pytest.mark.parametrize(
    ("counts", "metric", "note"),
    [
        ({"clicks_link": 0.0, "conversions": 0.0}, Metric.CVR, "nothing to divide by"),
        ({"conversions": 0.0, "spend": 8.0}, Metric.CPA, "more than the lower limit"),
        ({"conversions": 12.4, "clicks_link": 10.0}, Metric.CVR, "more events than trials"),
        ({"spend": 8.0, "revenue": 20.0}, Metric.ROAS, "both conversions and their value"),
        ({}, Metric.CPA, "does not have"),
    ],
)
def test_whatever_is_missing_says_why(counts: dict[str, float], metric: Metric, note: str) -> None:
    """No value and no interval without a reason."""
    joined = rows(shown(ONE, day=0, **counts), shown(OTHER, day=0, **counts))

    found = creative(judged(joined)).estimates[metric]

    assert found.value is None or found.interval is None
    assert note in found.note


def test_a_cost_without_conversions_is_more_than_something() -> None:
    """The Poisson limit holds at zero: it cost more than the spend over three events."""
    joined = rows(shown(ONE, spend=30.0, conversions=0.0), shown(OTHER, spend=30.0, conversions=3.0))

    interval = creative(judged(joined)).estimates[Metric.CPA].interval

    assert interval is not None
    assert interval.low == pytest.approx(10.0, rel=0.01)
    assert interval.high is None


def test_fractional_conversions_are_counted_as_they_are() -> None:
    """Google attributes 12.4 conversions; nothing rounds them."""
    joined = rows(
        shown(ONE, clicks_link=100.0, conversions=12.4), shown(OTHER, clicks_link=100.0, conversions=9.1)
    )

    found = creative(judged(joined, metric=Metric.CVR))

    assert found.estimates[Metric.CVR].value == pytest.approx(0.124)
    assert found.shrunk is not None


def test_more_conversions_than_clicks_are_shown_but_not_ranked() -> None:
    """View-through conversions break the rate: the creative keeps its numbers and leaves the ranking, out loud."""
    world = World(cvr=0.3)
    joined, variants, _ = world.draw(1)
    odd = variants["creative_id"].iloc[0]
    joined.loc[joined["creative_id"] == odd, "conversions"] = joined["clicks_link"] * 2 + 1

    findings = judged(joined, variants, metric=Metric.CVR)

    found = creative(findings, odd)
    assert (found.p_best, found.shrunk, found.standing) == (None, None, CreativeStanding.TOO_LITTLE_DATA)
    assert any(
        sentence.startswith("1 clip with more conversions")
        for sentence in findings.platforms[0].verdict.sentences
    )


def test_scattered_days_widen_the_intervals() -> None:
    """Where days scatter beyond chance a total is worth less, and the report says by how much."""
    calm = judged(*World(takes=1).draw(1)[:2]).platforms[0]
    wild = judged(*World(takes=1, day_sd=0.8).draw(1)[:2]).platforms[0]

    assert not calm.widened
    assert wild.widened
    assert (wild.dispersion or 0) > 3
    assert _relative_width(wild.creatives[0]) > 1.5 * _relative_width(calm.creatives[0])


def test_ads_that_differ_widen_too() -> None:
    """A creative that ran as several ads to several audiences is less certain than its days alone tell."""
    world = World(takes=1)
    joined, variants, _ = world.draw(1)
    joined["ad_name"] = joined["creative_id"] + "-" + (joined["source_row"] % 4).astype(str)
    joined["clicks_link"] *= 1 + (joined["source_row"] % 4 == 0) * 2

    assert judged(joined, variants).platforms[0].widened


@pytest.mark.parametrize("metric", [metric for metric in Metric if metric not in DECISION_METRICS])
def test_metrics_that_mean_something_else_across_durations_never_decide(metric: Metric) -> None:
    """Half of a 6 s clip is not half of a 10 s clip (G18)."""
    with pytest.raises(ReportOptionsError, match="cannot decide"):
        AnalysisOptions(metric=metric)


def test_metrics_unsafe_across_durations_are_marked_and_never_move_anybody() -> None:
    """Completion and hold may be anything: order, chances and standings stay the same (G18)."""
    joined, variants, _ = World(durations=(6, 10), takes=1, effects={"prompt-b": 0.4}).draw(3)
    other = joined.assign(p100=joined["p100"][::-1].to_numpy(), thruplay=0.0)

    before, after = (judged(frame, variants).platforms[0] for frame in (joined, other))

    unsafe = tuple(metric for metric in Metric if not METRICS[metric].across_durations)
    assert before.unsafe_metrics == unsafe
    assert [_ranks(one) for one in before.creatives] == [_ranks(one) for one in after.creatives]
    assert before.verdict == after.verdict


def test_clips_of_one_length_have_no_unsafe_metrics() -> None:
    """Among clips of one length completion compares."""
    assert judged(*World().draw(1)[:2]).platforms[0].unsafe_metrics == ()


def test_only_a_randomised_split_is_checked_for_its_ratio() -> None:
    """An auction plans no split, so it cannot miss one."""
    joined = rows(shown(ONE, reach=9000.0), shown(OTHER, reach=7000.0))

    auction = judged(joined).platforms[0]
    split = judged(joined, design=Design.RANDOMISED_SPLIT).platforms[0]
    planned = judged(joined, design=Design.RANDOMISED_SPLIT, planned_split={ONE: 9, OTHER: 7}).platforms[0]

    assert auction.srm is None
    assert split.srm is not None
    assert split.srm.flagged
    assert planned.srm is not None
    assert not planned.srm.flagged


def test_all_problems_of_the_options_are_told_at_once() -> None:
    """One run of the command shows everything that has to be mended."""
    with pytest.raises(ReportOptionsError) as refused:
        AnalysisOptions(metric=Metric.HOLD, confidence=2, power=0, relevant_lift=0, planned_split={"X": -1})

    assert len(refused.value.problems) == 6


def test_the_order_of_rows_changes_nothing() -> None:
    """The same results give the same findings, however the exports were cut and sorted."""
    joined, variants, _ = World(effects={"prompt-a": 0.3}, take_sd=0.1).draw(2)

    shuffled = joined.sample(frac=1, random_state=7).reset_index(drop=True)

    assert judged(shuffled, variants) == judged(joined, variants)


@pytest.mark.parametrize("metric", DECISION_METRICS)
@pytest.mark.parametrize("sequential", [False, True])
def test_findings_hold_nothing_that_cannot_be_kept(metric: Metric, *, sequential: bool) -> None:
    """No NaN, no infinity, nothing that JSON does not give back: whatever is unknown is None."""
    joined, variants, _ = World(effects={"prompt-a": 0.3}, take_sd=0.1, takes=3).draw(2)

    findings = judged(joined, variants, metric=metric, sequential=sequential)

    assert from_json(to_json(findings)) == findings
    assert not [number for number in _numbers(asdict(findings)) if not np.isfinite(number)]


def test_watching_costs_width() -> None:
    """An interval that holds at every look is wider than one for a single look."""
    joined, variants, _ = World().draw(1)

    once = judged(joined, variants).platforms[0].creatives[0]
    always = creative(judged(joined, variants, sequential=True), once.creative_id)

    assert _relative_width(always) > 1.2 * _relative_width(once)


def test_the_control_is_what_others_are_held_against() -> None:
    """All takes of the control count together, and are not compared with themselves; without one it is all the others."""
    joined, variants, _ = World(prompts=2, models=1).draw(4)
    controls = variants.assign(is_control=variants["prompt_label"] == "prompt-a")
    names = list(controls.loc[controls["is_control"], "creative_id"])
    other = next(name for name in variants["creative_id"] if name not in names)

    findings = judged(joined, controls)

    pooled = joined[joined["creative_id"].isin(names)][["clicks_link", "impressions"]].sum()
    found = creative(findings, other)
    assert found.against_control is not None
    own = found.estimates[Metric.CTR].value or 0.0
    assert found.against_control.value == pytest.approx(own - pooled["clicks_link"] / pooled["impressions"])
    assert creative(findings, names[0]).against_control is None
    assert creative(judged(joined, variants), names[0]).against_control is not None


def test_a_control_without_results_is_not_missed() -> None:
    """Then everybody is held against all the others."""
    joined, variants, _ = World(prompts=2, models=1).draw(4)
    controls = variants.assign(is_control=variants.index == 0)
    control = variants["creative_id"].iloc[0]

    findings = judged(joined[joined["creative_id"] != control], controls)

    assert all(one.against_control is not None for one in findings.platforms[0].creatives)


def test_a_cost_is_judged_like_a_rate_turned_around() -> None:
    """The cheapest comes first; differences, lifts and levels are in money, and lower is better."""
    world = World(effects={"prompt-a": 0.8}, takes=2, impressions=20_000.0)
    findings = judged(*world.draw(1)[:2], metric=Metric.CPA)

    platform = findings.platforms[0]
    best = platform.creatives[0]
    prompt = next(factor for factor in platform.factors if factor.name == "prompt")
    level = next(level for level in prompt.levels if level.name == "prompt-a")
    assert best.prompt == "prompt-a"
    assert best.shrunk is not None
    assert best.shrunk.value == pytest.approx(best.estimates[Metric.CPA].value, rel=0.1)
    assert level.rate == min(one.rate for one in prompt.levels)
    assert level.difference.value < 0
    assert (level.difference.lift or 0) < 0
    assert level.interval.low is not None
    assert level.interval.high is not None
    assert level.interval.low < level.rate < level.interval.high


def test_the_heat_map_tells_pairs_that_ran() -> None:
    """Every prompt on every model, with its clips and trials."""
    platform = judged(*World().draw(1)[:2]).platforms[0]

    assert len(platform.heat) == 12
    assert {cell.creatives for cell in platform.heat} == {2}
    assert sum(cell.trials for cell in platform.heat) == pytest.approx(
        sum(one.counts[Count.IMPRESSIONS] for one in platform.creatives)
    )


def test_results_of_nobody_give_an_empty_report() -> None:
    """Nothing joined: there is no platform to judge, and nothing breaks."""
    joined = rows(shown(ONE)).assign(creative_id=None)

    assert judged(joined).platforms == ()


@pytest.mark.parametrize("counts", [{"clicks_link": 0.0}, {"impressions": 0.0, "clicks_link": 0.0}])
def test_nothing_that_happened_is_told_as_that(counts: dict[str, float]) -> None:
    """No clicks, or not even impressions: not enough data."""
    found = judged(rows(shown(ONE, **counts), shown(OTHER, **counts))).platforms[0]

    assert found.verdict.outcome is VerdictOutcome.NOT_ENOUGH_DATA
    assert [one.standing for one in found.creatives] == [CreativeStanding.TOO_LITTLE_DATA] * 2


@pytest.mark.slow
def test_two_thousand_creatives_of_thirty_days_are_judged() -> None:
    """Each of them is on the page; how long it takes is measured by `make judge`, for machines differ."""
    world = World(prompts=20, durations=(6, 10), takes=17, days=30, take_sd=0.2)
    joined, variants, _ = world.draw(1)

    findings = judged(joined, variants)

    assert len(findings.platforms[0].creatives) == 2040


def _relative_width(one: CreativeFinding) -> float:
    found = one.estimates[Metric.CTR]
    assert found.interval is not None
    return ((found.interval.high or 0.0) - (found.interval.low or 0.0)) / (found.value or 1.0)


def _ranks(one: CreativeFinding) -> tuple[object, ...]:
    return one.creative_id, one.shrunk, one.p_best, one.expected_loss, one.standing


def _numbers(tree: object) -> list[float]:
    match tree:
        case dict():
            return [number for value in tree.values() for number in _numbers(value)]
        case list() | tuple():
            return [number for value in tree for number in _numbers(value)]
        case float():
            return [tree]
        case _:
            return []
