"""What decides: the deepest metric with enough events; CTR alone never switches off what brings conversions."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from hailuo.report.analysis.analyse import analyse
from hailuo.report.analysis.options import AnalysisOptions, ReportOptionsError
from hailuo.report.findings import CreativeStanding, PlatformFindings, Recommendation, ReportFindings
from hailuo.report.metrics import Metric
from hailuo.report.next_batch.draft import next_batch
from hailuo.report.stats.returns import order_values, return_interval
from tests.report.worlds import joined_rows, make_health, variants_of

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
FOUR = variants_of([(f"p{at}", "MiniMax-Hailuo-02", 6, 1) for at in range(4)])
_NONE = {"conversions": np.nan, "revenue": np.nan, "v3s": np.nan, "clicks_link": np.nan}


def rows(**counts: object) -> pd.DataFrame:
    """One row of each of four clips; counts that are not given are not in the export."""
    cells = {"creative_id": FOUR["creative_id"], "impressions": 10_000.0, "spend": 500.0, **_NONE, **counts}
    return joined_rows(pd.DataFrame(cells))


def judged(joined: pd.DataFrame, **options: object) -> ReportFindings:
    return analyse(
        joined,
        FOUR,
        options=AnalysisOptions(**options),  # type: ignore[arg-type]  # a test names any option
        health=make_health(),
        made_at=AT,
        version="0.1.0",
    )


def of(joined: pd.DataFrame, **options: object) -> PlatformFindings:
    return judged(joined, **options).platforms[0]


LOPSIDED = {"spend": [970.0, 10.0, 10.0, 10.0], "clicks_link": [2_000.0, 10.0, 10.0, 10.0]}
CLICKS = {"clicks_link": [200.0, 210.0, 190.0, 205.0], "v3s": 3_000.0}


@pytest.mark.parametrize(
    ("counts", "metric"),
    [
        ({**CLICKS, "conversions": 60.0, "revenue": 3_000.0}, Metric.ROAS),
        ({**CLICKS, "conversions": 60.0, "revenue": 0.0}, Metric.CPA),
        ({**CLICKS, "conversions": 60.0}, Metric.CPA),
        ({**CLICKS, "conversions": 60.0, "spend": np.nan}, Metric.CVR),
        ({**CLICKS, "conversions": 49.0, "revenue": 3_000.0}, Metric.CTR),
        ({**CLICKS, "conversions": [200.0, 0.0, 0.0, 0.0], **LOPSIDED}, Metric.CTR),
        ({**CLICKS, "conversions": [200.0, 0.0, 0.0, 0.0]}, Metric.CPA),
        ({"clicks_link": 10.0, "v3s": 3_000.0}, Metric.HOOK),
        ({"clicks_link": 10.0, "v3s": 20.0}, Metric.CTR),
        ({"v3s": 20.0}, Metric.HOOK),
        ({}, Metric.CTR),
    ],
    ids=[
        *("values", "no values", "conversions", "no spend", "few conversions", "one clip has the spend"),
        *(
            "spend without conversions counts",
            "few clicks",
            "nothing is enough",
            "only hook",
            "nothing at all",
        ),
    ],
)
def test_the_deepest_metric_with_enough_events_decides(counts: dict[str, object], metric: Metric) -> None:
    """ROAS, else CPA, else CVR, else CTR, else hook: the first for which two clips have 50 expected events."""
    found = judged(rows(**counts))

    assert found.platforms[0].metric is metric
    assert found.metric is metric
    assert found.platforms[0].metric_reason


def test_a_chosen_metric_decides() -> None:
    """What you choose is not second-guessed."""
    found = of(rows(**CLICKS, conversions=60.0, revenue=3_000.0), metric=Metric.HOOK)

    assert found.metric is Metric.HOOK
    assert found.metric_reason == "Hook rate decides, because you chose it."


@pytest.mark.parametrize(
    ("options", "metric"), [({"target_cpa": 9.0}, Metric.CPA), ({"target_roas": 2.0}, Metric.ROAS)]
)
def test_a_target_decides_by_its_own_metric(options: dict[str, float], metric: Metric) -> None:
    """Also where there are few events: its chance says how little is known."""
    assert of(rows(**CLICKS, conversions=5.0, revenue=300.0), **options).metric is metric


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target_cpa": 0.0}, "the target CPA is 0"),
        ({"target_roas": float("nan")}, "the target ROAS is nan"),
        ({"target_cpa": 9.0, "target_roas": 2.0}, "there are two targets"),
        ({"target_cpa": 9.0, "metric": Metric.CTR}, "a target cpa cannot be judged by ctr"),
    ],
)
def test_a_target_that_cannot_be_meant_is_refused(options: dict[str, object], said: str) -> None:
    """With what to do instead."""
    with pytest.raises(ReportOptionsError, match=said):
        AnalysisOptions(**options)  # type: ignore[arg-type]  # a test names any option


SELLER = {
    "impressions": [400_000.0, 40_000.0, 40_000.0, 40_000.0],
    "clicks_link": [3_200.0, 800.0, 800.0, 800.0],
    "spend": [4_000.0, 400.0, 400.0, 400.0],
    "conversions": [400.0, 5.0, 5.0, 5.0],
}


@pytest.mark.parametrize("metric", [Metric.CTR, Metric.HOOK])
def test_what_brings_the_conversions_is_never_switched_off_by_a_shallow_metric(metric: Metric) -> None:
    """The clip with most of the spend and the conversions is behind on CTR and hook: its ads stay on all the same."""
    counts = {**SELLER, "v3s": [40_000.0, 12_000.0, 12_000.0, 12_000.0]}
    found = judged(rows(**counts), metric=metric)
    batch = next_batch(found, FOUR, None, budget_usd=None, file_name="next.yaml")
    assert batch is not None

    seller = next(one for one in found.platforms[0].creatives if one.factors["prompt"] == "p0")
    assert seller.standing is CreativeStanding.BEHIND
    row = next(one for one in batch.proposal.rows if one.cell["prompt"] == "p0")
    assert (row.action, row.takes) == (Recommendation.KEEP, 0)
    assert "conversions are not shown to cost more" in row.reason


def test_a_clip_that_brings_no_conversion_may_be_switched_off_by_clicks() -> None:
    """The rule protects conversions, not clips."""
    found = judged(rows(**{**SELLER, "conversions": [0.0, 5.0, 5.0, 5.0]}), metric=Metric.CTR)
    batch = next_batch(found, FOUR, None, budget_usd=None, file_name="next.yaml")
    assert batch is not None

    actions = {row.cell["prompt"]: row.action for row in batch.proposal.rows}
    assert actions["p0"] is Recommendation.DROP


def test_metrics_that_disagree_are_named_with_the_clip_that_each_prefers() -> None:
    """And why one of them decides."""
    found = of(
        rows(
            **{
                **SELLER,
                "conversions": [400.0, 55.0, 5.0, 5.0],
                "clicks_link": [3_200.0, 600.0, 900.0, 600.0],
            }
        )
    )

    assert [(one.metric, one.label) for one in found.preferences] == [
        (Metric.CTR, "p2"),
        (Metric.CVR, "p0"),
        (Metric.CPA, "p1"),
    ]
    assert found.disagreement.startswith(
        "Metrics disagree: CTR prefers “p2”; CVR prefers “p0”; CPA prefers “p1”"
    )
    assert found.disagreement.endswith(found.metric_reason)


def test_metrics_that_agree_say_nothing() -> None:
    """One clip is preferred by all: no sentence."""
    found = of(rows(clicks_link=[900.0, 300.0, 300.0, 300.0], v3s=[4_000.0, 2_000.0, 2_000.0, 2_000.0]))

    assert {one.label for one in found.preferences} == {"p0"}
    assert not found.disagreement


def test_a_return_has_an_interval_after_a_week() -> None:
    """Seven days are too few for a bootstrap, and enough for orders and their values apart."""
    found = of(rows(**CLICKS, conversions=[60.0, 2.0, 0.0, 60.0], revenue=[3_000.0, 90.0, 0.0, 2_500.0]))
    by_prompt = {one.factors["prompt"]: one.estimates[Metric.ROAS] for one in found.creatives}

    many, few, none = by_prompt["p0"].interval, by_prompt["p1"].interval, by_prompt["p2"].interval
    assert many is not None
    assert few is not None
    assert none is not None
    assert 0 < (many.low or 0) < 6.0 < (many.high or 0)
    assert (few.high or 0) / (few.low or 1) > 3 * (many.high or 0) / (many.low or 1)
    assert none.low == 0
    assert "no conversion yet" in by_prompt["p2"].note


@pytest.mark.slow
@pytest.mark.parametrize("days", [3, 7])
@pytest.mark.parametrize(
    ("cv2", "between"), [(0.3, 0.1), (1.0, 0.3), (0.0, 0.2)], ids=["usual", "wide", "Pareto's tail"]
)
def test_a_returns_interval_covers_the_truth(days: int, cv2: float, between: float) -> None:
    """About 95 % of them, for clips of one order and of a hundred; order values with a heavy tail."""
    rng = np.random.default_rng(7)
    hits = []
    for _ in range(40):
        rates = 20 * np.exp(rng.normal(0, 1, 6))
        worth = 50 * np.exp(rng.normal(0, between, 6))
        orders = rng.poisson(rates[:, None] / days, (6, days))
        values = np.array(
            [[_revenue(rng, worth[i], n, cv2) for n in of_clip] for i, of_clip in enumerate(orders)]
        )
        found = order_values(np.repeat(np.arange(6), days), orders.ravel(), values.ravel())
        assert found is not None
        for i in range(6):
            interval = return_interval(orders[i].sum(), values[i].sum(), 100.0, found)
            assert interval is not None
            hits.append((interval.low or 0) <= rates[i] * worth[i] / 100 <= (interval.high or 0))

    assert 0.91 <= np.mean(hits) <= 0.985


def _revenue(rng: np.random.Generator, worth: float, orders: int, cv2: float) -> float:
    """Log-normal values; without a coefficient of variation Pareto's, whose variance is barely finite."""
    if cv2:
        sd = np.sqrt(np.log1p(cv2))
        return float(worth * np.exp(rng.normal(-(sd**2) / 2, sd, orders)).sum())
    return float(worth * 0.6 * (1 + rng.pareto(2.5, orders)).sum())
