"""Words and numbers of a verdict say the same: what it takes, what would have been found, and what may be believed."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from hailuo.report.analysis.analyse import analyse, rules_in_words
from hailuo.report.analysis.creatives import creatives_of
from hailuo.report.analysis.decision import ComparisonEvidence, decide, significance_of
from hailuo.report.analysis.experiment import AnalysisConfig, comparison_of
from hailuo.report.analysis.heat import heat_note
from hailuo.report.analysis.observations import observe
from hailuo.report.analysis.options import AnalysisOptions, load_thresholds
from hailuo.report.analysis.ranking import rank
from hailuo.report.analysis.sample_size import SampleQuestion, enough, sample_needed
from hailuo.report.findings import CreativeStanding, PlatformFindings, VerdictOutcome
from hailuo.report.metrics import Design, Metric
from hailuo.report.texts import say
from tests.report.worlds import World, joined_rows, make_health, variants_of

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
NOTHING_SHOWN = {VerdictOutcome.NO_DIFFERENCE, VerdictOutcome.NOT_ENOUGH_DATA}
TWELVE = variants_of([(f"p{at:02}", "MiniMax-Hailuo-02", 6, 1) for at in range(12)])


def judged(joined: pd.DataFrame, variants: pd.DataFrame, **options: object) -> PlatformFindings:
    found = analyse(
        joined,
        variants,
        options=AnalysisOptions(**{"metric": Metric.CTR, **options}),  # type: ignore[arg-type]  # a test names any option
        health=make_health(),
        made_at=AT,
        version="0.1.0",
    )
    return found.platforms[0]


def evidence_of(joined: pd.DataFrame, variants: pd.DataFrame, config: AnalysisConfig) -> ComparisonEvidence:
    comparison = comparison_of(observe(joined)[0], creatives_of(variants), config)
    assert comparison is not None
    ranking = rank(comparison, config)
    return ComparisonEvidence(
        comparison=comparison, ranking=ranking, significance=significance_of(comparison, ranking, config)
    )


def config_of(**options: object) -> AnalysisConfig:
    chosen = AnalysisOptions(**{"metric": Metric.CTR, **options})  # type: ignore[arg-type]  # as above
    return AnalysisConfig(options=chosen, limits=load_thresholds(), platforms=1)


def one_ahead(impressions: float, *, lift: float, seed: int) -> pd.DataFrame:
    rates = np.where(np.arange(12) == 0, 0.02 * (1 + lift), 0.02)
    clicks = np.random.default_rng(seed).binomial(int(impressions), rates)
    cells = {"creative_id": TWELVE["creative_id"], "impressions": impressions, "clicks_link": clicks}
    return joined_rows(pd.DataFrame(cells))


@pytest.mark.parametrize("sequential", [False, True])
def test_what_would_have_been_found_is_found(*, sequential: bool) -> None:
    """With the impressions that the report asks for, a clip that far ahead opens the gate in 80 % of tests."""
    config = config_of(sequential=sequential, relevant_lift=0.2)
    joined = one_ahead(20_000, lift=0.0, seed=1)
    comparison = comparison_of(observe(joined)[0], creatives_of(TWELVE), config)
    assert comparison is not None
    question = SampleQuestion(
        comparison=comparison,
        observed=observe(joined)[0],
        rates=np.full(12, comparison.pooled),
        stay=tuple(range(12)),
        apart=False,
        config=config,
    )
    need = sample_needed(question, 0.2)
    assert need is not None

    tests = [
        evidence_of(one_ahead(need.trials_each, lift=0.2, seed=seed), TWELVE, config) for seed in range(25)
    ]

    opened = [one.significance.any_open for one in tests]
    assert 0.66 <= np.mean(opened) <= 0.94
    assert all(enough(one.comparison, config) for one in tests if one.comparison.pooled >= comparison.pooled)


@pytest.mark.parametrize("impressions", [10, 60, 200])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_clip_of_few_expected_events_proves_nothing_at_any_look(impressions: int, share: float) -> None:
    """Fewer than five expected: its p-value rests on a normal sum, which so few events do not have."""
    clicks = np.array([round(share * impressions), *[200] * 11])
    shown = np.array([impressions, *[10_000] * 11])
    cells = {"creative_id": TWELVE["creative_id"], "impressions": shown, "clicks_link": clicks}

    found = judged(joined_rows(pd.DataFrame(cells)), TWELVE, sequential=True)

    tiny = next(one for one in found.creatives if one.creative_id == TWELVE["creative_id"][0])
    assert tiny.standing is CreativeStanding.TOO_LITTLE_DATA
    assert found.verdict.outcome in NOTHING_SHOWN


def test_enough_for_a_pair_is_not_enough_for_many() -> None:
    """The gate between 24 clips asks more than one test of two: no "would have been found" before that is true."""
    found = judged(
        *World(impressions=10_500.0).draw(1)[:2]
    )  # 147,000 each, where a single pair takes 136,000

    assert found.verdict.outcome is VerdictOutcome.NOT_ENOUGH_DATA
    assert "would likely have been found" not in found.verdict.headline


def test_a_factor_is_told_only_with_a_level_that_stands_out() -> None:
    """A headline about a level that chance explains in 20 % of tests would say nothing: the clips differ, no more."""
    config = config_of()
    evidence = evidence_of(*World(effects={"prompt-a": 0.4}, take_sd=0.1).draw(1)[:2], config)
    assert decide(evidence, config).outcome is VerdictOutcome.FACTOR
    faint = tuple(
        replace(
            factor,
            levels=tuple(
                replace(level, difference=replace(level.difference, p_adjusted=0.2))
                for level in factor.levels
            ),
        )
        for factor in evidence.ranking.factors
    )

    decision = decide(replace(evidence, ranking=replace(evidence.ranking, factors=faint)), config)

    assert (decision.outcome, decision.level) == (VerdictOutcome.DIFFERENT, None)


def test_a_broken_split_claims_no_more_than_an_auction() -> None:
    """Where people were not split as planned, "the clips' doing" would be a guess."""
    joined, variants, _ = World(takes=1, models=1, effects={"prompt-a": 0.9}, impressions=3000.0).draw(1)
    few = joined["creative_id"] == variants["creative_id"].iloc[0]
    joined.loc[few, ["impressions", "clicks_link"]] = (
        joined.loc[few, ["impressions", "clicks_link"]] // 2
    ).to_numpy()

    found = judged(joined, variants, design=Design.RANDOMISED_SPLIT)

    assert found.srm is not None
    assert found.srm.flagged
    assert found.verdict.caveat == say("caveat.split_broken")
    assert "gets" not in found.verdict.headline


def test_paced_impressions_break_no_split() -> None:
    """Days on which a platform shows one clip more than another are no mismatch of people."""
    joined, variants, _ = World(models=1, impressions=20_000.0).draw(1)
    pace = np.random.default_rng(2).lognormal(0, 0.2, len(joined))
    joined["impressions"] = (joined["impressions"] * pace).round()

    found = judged(joined, variants, design=Design.RANDOMISED_SPLIT)

    assert found.srm is not None
    assert not found.srm.flagged


def test_a_cost_that_is_watched_has_a_wider_interval() -> None:
    """ "Hold at every look" is said of costs too."""
    joined, variants, _ = World(models=1, takes=1, impressions=5000.0).draw(1)

    once, always = (
        judged(joined, variants, metric=Metric.CPA, sequential=sequential).creatives[0]
        for sequential in (False, True)
    )

    one, other = once.estimates[Metric.CPA].interval, always.estimates[Metric.CPA].interval
    assert one is not None
    assert other is not None
    assert (other.low or 0) < (one.low or 0)
    assert other.high is None or other.high > (one.high or 0)


def test_a_length_is_told_with_its_unit() -> None:
    """Duration “10” is no sentence."""
    world = World(effects={"10": 0.4}, durations=(6, 10), models=2, takes=1, impressions=3000.0)

    assert judged(*world.draw(1)[:2]).verdict.headline.startswith("Duration “10 s”")


def test_a_chance_near_one_is_told_in_per_cent() -> None:
    """99.9 % with two digits would be "1e+02 %"."""
    config = config_of()
    joined, variants, _ = World(takes=6, prompts=2, models=2).draw(1)
    evidence = evidence_of(joined, variants, config)
    ranking = replace(evidence.ranking, fit=replace(evidence.ranking.fit, interaction_p=0.999))

    assert "in 99.9" in heat_note(judged(joined, variants).heat, ranking)


def test_every_rule_is_told() -> None:
    """What decides and stands in no option and no threshold is on the page too."""
    joined, variants, _ = World().draw(1)

    found = analyse(
        joined, variants, options=AnalysisOptions(), health=make_health(), made_at=AT, version="0.1.0"
    ).thresholds

    assert set(rules_in_words()) <= set(found)
    assert all("(" in told for told in rules_in_words().values())


@pytest.mark.parametrize("impressions", [1.0, 1e9])
@pytest.mark.parametrize("metric", [Metric.CTR, Metric.CPA])
def test_any_size_is_judged(impressions: float, metric: Metric) -> None:
    """One impression a day, or a thousand million of them: an outcome, and no warning."""
    found = judged(
        *World(prompts=2, models=2, takes=1, days=3, impressions=impressions).draw(1)[:2], metric=metric
    )

    assert found.verdict.outcome in NOTHING_SHOWN
