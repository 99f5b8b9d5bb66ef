"""What to render next: keep, drop, explore."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.judge.bandit import bandit
from hailuo.report.findings import (
    CreativeFinding,
    CreativeStanding,
    Difference,
    Estimate,
    Factor,
    FactorLevel,
    Interval,
    ProposedRow,
    Recommendation,
)
from hailuo.report.metrics import Count, Metric
from hailuo.report.next_batch.propose import Policy, propose
from hailuo.report.stats.chances import DROP_BELOW, apportion, shares
from tests.support.examples import examples

PRICE = Decimal("0.28")


def make_creative(
    prompt: str, model: str, *, take: int = 1, p_best: float | None = 0.05, **changes: object
) -> CreativeFinding:
    """A clip in the running, with 12,000 impressions."""
    creative = CreativeFinding(
        creative_id=f"{prompt}{model}{take}",
        label=f"{prompt} on {model}",
        cell_id=f"{prompt}{model}",
        model=model,
        prompt=prompt,
        duration_s=6,
        take=take,
        is_control=False,
        factors={"prompt": prompt, "model": model},
        ads=1,
        days=14,
        counts={Count.IMPRESSIONS: 12_000.0},
        estimates={},
        shrunk=Estimate(
            metric=Metric.CTR, value=0.012, interval=Interval(0.01, 0.014), top=144, bottom=12_000, n=12_000
        ),
        p_best=p_best,
        expected_loss=0.001,
        against_control=None,
        standing=CreativeStanding.IN_THE_RUNNING,
        render_usd=0.28,
    )
    return replace(creative, **changes)  # type: ignore[arg-type]  # a test names any field


def make_factor(name: str, lifts: Mapping[str, float], *, p_adjusted: float = 0.5) -> Factor:
    """A factor whose levels have these lifts over their mean."""
    levels = tuple(
        FactorLevel(
            name=level,
            creatives=6,
            trials=72_000,
            events=864,
            rate=0.012 * (1 + lift),
            interval=Interval(0.01, 0.014),
            difference=Difference(
                value=0.012 * lift,
                interval=Interval(0.012 * lift - 0.001, 0.012 * lift + 0.001),
                lift=lift,
                lift_interval=Interval(lift - 0.08, lift + 0.08),
                p_value=p_adjusted,
                p_adjusted=p_adjusted,
            ),
        )
        for level, lift in lifts.items()
    )
    return Factor(name=name, levels=levels, p_value=p_adjusted)


def make_policy(**changes: object) -> Policy:
    """Ten dollars, any combination, 28 cents a take."""
    policy = Policy(budget_usd=Decimal(10), price_of=lambda _: PRICE, is_legal=lambda _: True)
    return replace(policy, **changes)  # type: ignore[arg-type]  # a test names any field


def bought(rows: tuple[ProposedRow, ...]) -> Decimal:
    """What the rows cost."""
    return PRICE * sum(row.takes for row in rows)


def row_of(rows: tuple[ProposedRow, ...], prompt: str, model: str) -> ProposedRow:
    """The row of a cell."""
    return next(row for row in rows if row.cell == {"prompt": prompt, "model": model})


TESTED = (
    make_creative("p1", "m1", p_best=0.70, standing=CreativeStanding.LEADS),
    make_creative("p1", "m1", take=2, p_best=0.10),
    make_creative("p2", "m1", p_best=0.15),
    make_creative("p2", "m2", p_best=0.049),
    make_creative("p3", "m2", p_best=0.001, standing=CreativeStanding.BEHIND),
)
FACTORS = (
    make_factor("prompt", {"p1": 0.20, "p2": 0.05, "p3": -0.20}),
    make_factor("model", {"m1": 0.02, "m2": -0.02}),
)


def test_keeps_the_leader_drops_the_hopeless_and_explores_the_rest() -> None:
    """Every cell that was run has one row; what was not run and promises more than the average is there too."""
    rows = propose(TESTED, FACTORS, policy=make_policy())

    assert [(row.action, *row.cell.values(), row.takes) for row in rows] == [
        (Recommendation.KEEP, "p1", "m1", 2),
        (Recommendation.EXPLORE, "p2", "m1", 2),
        (Recommendation.EXPLORE, "p2", "m2", 1),
        (Recommendation.EXPLORE, "p1", "m2", 2),
        (Recommendation.DROP, "p3", "m2", 0),
    ]


@pytest.mark.parametrize(
    ("prompt", "model", "reason"),
    [
        (
            "p1",
            "m1",
            "leads, with 80 % chance to be the best: leave its ads on; 2 new takes as the one to beat",
        ),
        ("p2", "m1", "still open, with 15 % chance to be the best after 12,000 impressions: 2 new takes"),
        ("p3", "m2", "0.1 % chance to be the best after 12,000 impressions: switch its ads off"),
        (
            "p1",
            "m2",
            "never run together; CTR against the mean of its factor: "
            "prompt p1 +20 % (+12 % to +28 %), model m2 −2 % (−10 % to +6 %)",
        ),
    ],
)
def test_every_row_says_why_in_numbers(prompt: str, model: str, reason: str) -> None:
    """Who spends the money can check the reason against the report."""
    assert row_of(propose(TESTED, FACTORS, policy=make_policy()), prompt, model).reason == reason


def test_the_control_stays_however_it_does() -> None:
    """Without it the next report has nothing to compare with."""
    control = replace(TESTED[-1], is_control=True)

    row = row_of(propose((*TESTED[:-1], control), FACTORS, policy=make_policy()), "p3", "m2")

    assert (row.action, row.takes) == (Recommendation.KEEP, 1)
    assert row.reason.startswith("the control that the others are compared with")


def test_nothing_new_while_nothing_can_be_judged() -> None:
    """More clips would only spread thin what is not enough already."""
    waiting = [replace(one, standing=CreativeStanding.TOO_LITTLE_DATA) for one in TESTED]

    rows = propose(waiting, FACTORS, policy=make_policy())

    assert {row.action for row in rows} == {Recommendation.KEEP}
    assert bought(rows) == 0
    assert "too little data to judge after 24,000 impressions" in rows[0].reason


def test_a_level_that_is_clearly_worse_is_not_combined() -> None:
    """p3 has had its chance, also on the model on which it never ran."""
    factors = (make_factor("prompt", {"p1": 0.2, "p2": 0.05, "p3": -0.01}, p_adjusted=0.01), FACTORS[1])

    rows = propose(TESTED, factors, policy=make_policy())

    assert {"prompt": "p3", "model": "m1"} not in [row.cell for row in rows]


def test_for_costs_less_is_better() -> None:
    """Judged by cost per conversion, the levels that cost less are combined."""
    creatives = [replace(one, shrunk=replace(one.shrunk, metric=Metric.CPA)) for one in TESTED if one.shrunk]

    rows = propose(creatives, FACTORS, policy=make_policy())

    assert {"prompt": "p3", "model": "m1"} in [row.cell for row in rows]
    assert {"prompt": "p1", "model": "m2"} not in [row.cell for row in rows]


def test_a_factor_of_which_nothing_is_known_is_worth_a_try() -> None:
    """Running what never varied apart is what tells it apart."""
    rows = propose(TESTED, (), policy=make_policy())

    new = row_of(rows, "p3", "m1")
    assert (new.action, new.reason) == (
        Recommendation.EXPLORE,
        "never run, and nothing is known of its levels yet",
    )


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(make_policy(is_legal=lambda cell: cell["model"] == "m1"), id="illegal"),
        pytest.param(
            make_policy(price_of=lambda cell: PRICE if cell["model"] == "m1" else None), id="no price"
        ),
    ],
)
def test_only_what_is_legal_and_has_a_price_is_bought(policy: Policy) -> None:
    """What cannot be priced could overrun the budget; its ads may run on all the same."""
    rows = propose(TESTED, FACTORS, policy=policy)

    assert not any(row.takes for row in rows if row.cell["model"] == "m2")
    assert row_of(rows, "p2", "m2").action is Recommendation.KEEP


def test_the_leader_comes_first_when_money_is_short() -> None:
    """For two takes' money half is the leader's new take, half the most promising new cell's."""
    rows = propose(TESTED, FACTORS, policy=make_policy(budget_usd=2 * PRICE))

    assert [(row.action, row.takes) for row in rows if row.takes] == [
        (Recommendation.KEEP, 1),
        (Recommendation.EXPLORE, 1),
    ]
    assert row_of(rows, "p2", "m1").reason.endswith("leave its ads on; no new take this time")


@pytest.mark.slow
@given(
    chances=st.lists(st.floats(0, 1), min_size=12, max_size=12),
    standings=st.lists(st.sampled_from(CreativeStanding), min_size=12, max_size=12),
    budget=st.decimals(0, 20, places=2),
    rows_at_most=st.integers(0, 30),
    seed=st.integers(0, 9),
)
@settings(max_examples=examples(60))
def test_never_above_the_budget_nor_a_cell_twice(
    chances: list[float], standings: list[CreativeStanding], budget: Decimal, rows_at_most: int, seed: int
) -> None:
    """Whatever the findings: within budget and rows, each cell once, each tested one told of, the same again by seed."""
    cells = list(product(("p1", "p2", "p3", "p4"), ("m1", "m2", "m3")))
    total = sum(chances) or 1
    creatives = [
        make_creative(*cell, p_best=chance / total, standing=standing)
        for cell, chance, standing in zip(cells, chances, standings, strict=True)
    ][:9]
    policy = make_policy(budget_usd=budget, rows_at_most=rows_at_most, seed=seed)

    rows = propose(creatives, FACTORS, policy=policy)

    keys = [tuple(row.cell.values()) for row in rows]
    assert bought(rows) <= budget
    assert sum(bool(row.takes) for row in rows) <= rows_at_most
    assert len(keys) == len(set(keys))
    assert set(keys) >= {tuple(one.factors.values()) for one in creatives}
    assert rows == propose(creatives, FACTORS, policy=policy)


@pytest.mark.slow
def test_many_axes_do_not_take_forever() -> None:
    """Six axes of twelve levels are three million combinations: only the best levels are combined."""
    axes = [f"axis{at}" for at in range(6)]
    creatives = [
        make_creative("p", "m", factors={axis: f"l{(at * 5 + nth) % 12}" for nth, axis in enumerate(axes)})
        for at in range(12)
    ]

    rows = propose(creatives, (), policy=make_policy(rows_at_most=10))

    assert sum(bool(row.takes) for row in rows) == 10


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_shares_sum_to_1_and_none_is_wasted(chances: list[float]) -> None:
    """Elimination and top-two Thompson sampling share out everything."""
    chance = np.array(chances) / (sum(chances) or 1)

    found = shares(chance)

    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    least = min(DROP_BELOW, 0.1 / len(chance)) if any(chances) else 0.0
    assert (found[chance < least] == 0).all()


def test_the_runner_up_of_a_sure_leader_is_still_tested() -> None:
    """Top-two: at P(best) .98 against .02 each gets half, for that is what would settle it."""
    assert shares([0.98, 0.02]) == pytest.approx([0.5, 0.5], abs=0.01)


@given(
    st.lists(st.floats(0.001, 1), min_size=1, max_size=30).map(lambda parts: [p / sum(parts) for p in parts]),
    st.integers(0, 30_000),
)
def test_whole_parts_sum_to_the_total(parts: list[float], total: int) -> None:
    """No impression is lost to rounding, and none is off by more than one."""
    whole = apportion(parts, total)

    assert whole.sum() == total
    assert (np.abs(whole - np.array(parts) * total) < 1 + 1e-6).all()


@pytest.mark.slow
def test_finds_the_best_clip_more_often_than_an_even_split() -> None:
    """G8 in small: 60 problems; `make judge` runs more."""
    found = bandit(60, 3)

    assert found.correct > found.correct_even
    assert found.regret < found.regret_even
    assert found.more_clicks > 0.1


TARGETS = {
    # standing, chance to meet the target: (what is done, words of the reason)
    "misses": (CreativeStanding.IN_THE_RUNNING, 0.05, Recommendation.DROP, "meets the target with a chance of 5.0 %"),
    "surely misses": (CreativeStanding.IN_THE_RUNNING, 0.0, Recommendation.DROP, "less than 0.1 %"),
    "open": (CreativeStanding.IN_THE_RUNNING, 0.5, Recommendation.EXPLORE, "still open"),
    "meets, behind": (CreativeStanding.BEHIND, 0.95, Recommendation.KEEP, "but it meets the target"),
    "open, behind": (CreativeStanding.BEHIND, 0.5, Recommendation.DROP, "switch its ads off"),
    "misses, behind": (CreativeStanding.BEHIND, 0.02, Recommendation.DROP, "meets the target with a chance of 2.0 %"),
    "misses, leads": (CreativeStanding.LEADS, 0.05, Recommendation.KEEP, "leads"),
    "too little data": (CreativeStanding.TOO_LITTLE_DATA, 0.05, Recommendation.KEEP, "too little data"),
    "no target": (CreativeStanding.IN_THE_RUNNING, None, Recommendation.EXPLORE, "still open"),
}  # fmt: skip


@pytest.mark.parametrize("case", TARGETS)
def test_a_target_decides_what_goes_on(case: str) -> None:
    """What misses it gets no more money, what meets it stays on; the control and a leader stay as without a target."""
    standing, chance, action, words = TARGETS[case]
    clip = make_creative(
        "p2", "m1", p_best=0.15, standing=standing, target_chance=chance, brings_conversions=False
    )
    others = (make_creative("p1", "m1", p_best=0.8), make_creative("p3", "m2", p_best=0.05, is_control=True))

    row = row_of(propose([clip, *others], (), policy=make_policy()), "p2", "m1")

    assert row.action is action
    assert words in row.reason


def test_a_combination_meets_the_target_by_its_best_take() -> None:
    """One take that meets it is enough for it to stay."""
    takes = [
        make_creative("p2", "m1", take=take, p_best=0.1, target_chance=chance)
        for take, chance in enumerate((0.01, 0.6, None), start=1)
    ]
    other = make_creative("p1", "m1", p_best=0.8)

    assert (
        row_of(propose([*takes, other], (), policy=make_policy()), "p2", "m1").action
        is not Recommendation.DROP
    )
