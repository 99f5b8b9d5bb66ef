"""The next batch: what to keep, what to drop and what to explore, with a reason for each, within a budget.

A cell that was run is kept (its ads stay on; a new take or two carries it into the next edition, to be beaten there),
marked to drop, or explored further by more takes. A cell that was not is explored where its levels did well elsewhere. Half of
the money is for what was run, half for what was not; what the first half leaves, the second may use.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Final

from hailuo.report.findings import (
    CreativeFinding,
    CreativeStanding,
    Factor,
    ProposedRow,
    Recommendation,
)
from hailuo.report.formatting import plural
from hailuo.report.metrics import METRICS, Count
from hailuo.report.next_batch.combinations import CLEARLY, Cell, Combination, combinations, metric_of
from hailuo.report.stats.chances import DROP_BELOW, SURE, apportion, shares
from hailuo.report.texts import say

FINALISTS: Final = 3
KEEP_FROM: Final = 0.20
"""The most cells that are kept as finalists, and the P(best) that makes one. The control and a leader always stay."""

_TRIES: Final = 2_000  # combinations asked whether they are legal, before the rest is left alone
_REASONS: Final = 3  # levels named in a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a batch may be. A cell maps axes to levels by the campaign's labels; `price_of` is US dollars of one take,
    None where it is not known (then it is not bought); `takes` are wanted of each cell; `rows_at_most` are bought.
    """

    budget_usd: Decimal
    price_of: Callable[[Cell], Decimal | None]
    is_legal: Callable[[Cell], bool]
    takes: int = 2
    seed: int = 1
    rows_at_most: int = 24


def propose(
    creatives: Sequence[CreativeFinding], factors: Sequence[Factor], *, policy: Policy
) -> tuple[ProposedRow, ...]:
    """Rows of the next batch from one platform's findings: to keep, then to explore, then to drop; never above the budget.

    Every cell that was run has a row; one with 0 takes buys nothing. While no cell has data enough to be judged,
    nothing new is proposed. The same findings and seed give the same rows.
    """
    tested = _tested(creatives)
    if all(one.waits for one in tested):
        return tuple(_without_takes(one) for one in tested)
    tried = islice(combinations(creatives, factors, seed=policy.seed), _TRIES)
    buyable = (one for one in tried if policy.is_legal(one.cell) and policy.price_of(one.cell) is not None)
    new = list(islice(buyable, policy.rows_at_most))
    budget = _Budget(policy)
    rows = list(_of_tested(tested, budget, new=len(new)))
    for one in new:
        if takes := budget.buy(one.cell, policy.takes):
            reason = _why_new(one, METRICS[metric_of(creatives)].label)
            rows.append(budget.row(Recommendation.EXPLORE, one.cell, takes, reason))
    order = (Recommendation.KEEP, Recommendation.EXPLORE, Recommendation.DROP)
    return tuple(sorted(rows, key=lambda row: order.index(row.action)))


def proposal_rules() -> dict[str, str]:
    """The numbers that decide what is proposed, for the last section of a report: name to "value unit (meaning)"."""
    rules = {
        "next_keep_from": KEEP_FROM,
        "next_finalists": FINALISTS,
        "next_drop_below": DROP_BELOW,
        "next_clearly_worse": CLEARLY,
    }
    return {name: say(f"rule.{name}", value=value) for name, value in rules.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tested:
    """A cell that was run: all its takes. `p_best` is the chance that the best creative is one of them, `meets` the
    highest chance of a take to meet the target; None without one.
    """

    cell: Cell
    p_best: float
    control: bool
    leads: bool
    behind: bool
    waits: bool
    brings: bool
    meets: float | None
    impressions: str

    @property
    def misses_target(self) -> bool:
        """Whether each take that is known misses the target; the control, a leader and what waits for data stay."""
        stays = self.control or self.leads or self.waits
        return self.meets is not None and self.meets <= 1 - SURE and not stays

    @property
    def chance(self) -> str:
        return f"{_percent(self.p_best)} chance"


def _percent(chance: float | None) -> str:
    percent = 100 * (chance or 0.0)
    digits = 0 if percent >= 10 else 1
    return "less than 0.1 %" if percent < 0.1 else f"{percent:.{digits}f} %"


def _tested(creatives: Sequence[CreativeFinding]) -> list[_Tested]:
    """Cells, most likely the best first."""
    cells: dict[frozenset[tuple[str, str]], list[CreativeFinding]] = {}
    for one in creatives:
        cells.setdefault(frozenset(one.factors.items()), []).append(one)
    tested = []
    for takes in cells.values():
        standings = {one.standing for one in takes}
        control = any(one.is_control for one in takes)
        impressions = sum(one.counts.get(Count.IMPRESSIONS, 0.0) for one in takes)
        tested.append(
            _Tested(
                cell=dict(takes[0].factors),
                p_best=sum(one.p_best or 0.0 for one in takes),
                control=control,
                leads=CreativeStanding.LEADS in standings,
                behind=standings == {CreativeStanding.BEHIND} and not control,
                waits=all(
                    one.standing is CreativeStanding.TOO_LITTLE_DATA or one.p_best is None for one in takes
                ),
                brings=any(one.brings_conversions for one in takes),
                meets=max(
                    (one.target_chance for one in takes if one.target_chance is not None), default=None
                ),
                impressions=f"{impressions:,.0f} impressions",
            )
        )
    return sorted(tested, key=lambda one: (-one.p_best, sorted(one.cell.items())))


class _Budget:
    """What is left of the money and of the rows."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.usd = policy.budget_usd
        self.rows = policy.rows_at_most

    def buy(self, cell: Cell, takes: int, *, spare_usd: Decimal = Decimal(0), spare_rows: int = 0) -> int:
        """As many of the takes as may be had without touching what is spared."""
        price = self.policy.price_of(cell) if self.policy.is_legal(cell) else None
        if price is None or takes < 1 or self.rows <= spare_rows:
            return 0
        able = takes if price <= 0 else min(takes, max(0, int((self.usd - spare_usd) // price)))
        if able:
            self.usd -= able * price
            self.rows -= 1
        return able

    def row(self, action: Recommendation, cell: Cell, takes: int, reason: str) -> ProposedRow:
        """A row, priced."""
        price = self.policy.price_of(cell) if takes else Decimal(0)
        usd = None if price is None else float(price * takes)
        return ProposedRow(action=action, cell=dict(cell), takes=takes, usd=usd, reason=reason)


def _of_tested(tested: Sequence[_Tested], budget: _Budget, *, new: int) -> Iterator[ProposedRow]:
    """What was run: finalists first, then those that may still be the best, sharing takes by P(best)."""
    policy = budget.policy
    spare_usd = policy.budget_usd / 2 if new else Decimal(0)
    spare_rows = min(new, policy.rows_at_most // 2)
    alive = [
        one for one in tested if not (one.behind or one.misses_target) and not (one.waits and not one.control)
    ]
    finalists = [one for one in alive if one.p_best >= KEEP_FROM][:FINALISTS]
    kept = [one for one in alive if one.control or one.leads or one in finalists]
    parts = apportion(shares([one.p_best for one in alive]), policy.takes * len(alive))
    takes = {id(one): min(int(part), policy.takes) for one, part in zip(alive, parts, strict=True)}
    for one in kept:
        able = budget.buy(one.cell, max(1, takes[id(one)]), spare_usd=spare_usd, spare_rows=spare_rows)
        kind = "control" if one.control else "leader" if one.leads else "finalist"
        what = say(f"next_batch.kept_{kind}", chance=one.chance)
        text = "next_batch.kept" if able else "next_batch.kept_without_take"
        reason = say(text, what=what, takes=plural(able, "new take"))
        yield budget.row(Recommendation.KEEP, one.cell, able, reason)
    for one in (one for one in alive if one not in kept):
        able = budget.buy(one.cell, takes[id(one)], spare_usd=spare_usd, spare_rows=spare_rows)
        text = "next_batch.open" if able else "next_batch.open_without_take"
        reason = say(text, chance=one.chance, impressions=one.impressions, takes=plural(able, "new take"))
        action = Recommendation.EXPLORE if able else Recommendation.KEEP
        yield budget.row(action, one.cell, able, reason)
    yield from (_without_takes(one) for one in tested if one not in alive)


def _without_takes(one: _Tested) -> ProposedRow:
    """A cell with too little data, or one that misses the target or is behind: switched off, unless a clip that is
    behind meets the target or brings conversions.
    """
    if one.misses_target:
        action = Recommendation.DROP
        reason = say("next_batch.misses_target", chance=_percent(one.meets), impressions=one.impressions)
    elif one.behind and one.meets is not None and one.meets >= SURE:
        action = Recommendation.KEEP
        reason = say("next_batch.meets_target", best=one.chance, chance=_percent(one.meets))
    elif one.behind and one.brings:
        action = Recommendation.KEEP
        reason = say("next_batch.brings", chance=one.chance, impressions=one.impressions)
    elif one.behind:
        action = Recommendation.DROP
        reason = say("next_batch.drop", chance=one.chance, impressions=one.impressions)
    else:
        action = Recommendation.KEEP
        reason = say("next_batch.waiting", impressions=one.impressions)
    return ProposedRow(action=action, cell=dict(one.cell), takes=0, usd=0.0, reason=reason)


def _why_new(one: Combination, metric: str) -> str:
    if not one.known:
        return say("next_batch.new_unknown")

    def percent(share: float | None) -> str:
        return "open" if share is None else f"{100 * share:+.0f} %".replace("-", "−")

    effects = []
    for axis, level in one.known[:_REASONS]:
        lift, around = level.difference.lift, level.difference.lift_interval
        between = f" ({percent(around.low)} to {percent(around.high)})" if around else ""
        effects.append(f"{axis} {level.name} {percent(lift)}{between}")
    return say("next_batch.new", metric=metric, effects=", ".join(effects))
