"""The next batch: what to keep, what to drop and what to explore, with a reason for each, within a budget.

A cell that was run is kept (its ads stay on; a new take or two carries it into the next edition, to be beaten there),
dropped, or explored further by more takes. A cell that was not is explored where its levels did well elsewhere. Half of
the money is for what was run, half for what was not; what the first half leaves, the second may use.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Final

from hailuo.report.findings import (
    CreativeFinding,
    CreativeStanding,
    Factor,
    FactorLevel,
    ProposedRow,
    Recommendation,
)
from hailuo.report.metrics import METRICS, Count
from hailuo.report.next_batch.combinations import CLEARLY, Combination, combinations, metric_of
from hailuo.report.stats.allocation import DROP_BELOW, apportion, shares

FINALISTS: Final = 3
KEEP_FROM: Final = 0.20
"""The most cells that are kept as finalists, and the P(best) that makes one. The control and a leader always stay."""

_TRIES: Final = 2_000  # combinations asked whether they are legal, before the rest is left alone
_REASONS: Final = 3  # levels named in a reason

Cell = Mapping[str, str]


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
    """Rows of the next batch from one platform's findings: kept, then explored, then dropped; never above the budget.

    Every cell that was run has a row; one with 0 takes buys nothing. While no cell has data enough to be judged,
    nothing new is proposed. The same findings and seed give the same rows.
    """
    tested = _tested(creatives)
    if all(one.waits for one in tested):
        return tuple(_waiting(one) for one in tested)
    tried = islice(combinations(creatives, factors, seed=policy.seed), _TRIES)
    new = list(islice((one for one in tried if _buyable(one.cell, policy)), policy.rows_at_most))
    purse = _Purse(policy)
    rows = [
        *_of_tested(tested, purse, new=len(new)),
        *_of_new(new, purse, METRICS[metric_of(creatives)].label),
    ]
    order = (Recommendation.KEEP, Recommendation.EXPLORE, Recommendation.DROP)
    return tuple(sorted(rows, key=lambda row: order.index(row.action)))


def told_rules() -> dict[str, str]:
    """The numbers that decide what is proposed, for the last section of a report: name to "value unit (meaning)"."""
    return {
        "next_keep_from": f"{KEEP_FROM:g} chance to be the best (makes a finalist of the next batch)",
        "next_finalists": f"{FINALISTS} combinations (the most that are kept as finalists)",
        "next_drop_below": f"{DROP_BELOW:g} chance to be the best (below it nothing more is rendered; a tenth of an equal "
        "share where that is less)",
        "next_clearly_worse": f"{CLEARLY:g} adjusted p (a level that is worse with less is in no new combination)",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tested:
    """A cell that was run: all its takes. `p_best` is the chance that the best creative is one of them."""

    cell: Cell
    creatives: tuple[CreativeFinding, ...]

    @property
    def p_best(self) -> float:
        return sum(one.p_best or 0.0 for one in self.creatives)

    @property
    def control(self) -> bool:
        return any(one.is_control for one in self.creatives)

    @property
    def leads(self) -> bool:
        return any(one.standing is CreativeStanding.LEADS for one in self.creatives)

    @property
    def behind(self) -> bool:
        return all(one.standing is CreativeStanding.BEHIND for one in self.creatives) and not self.control

    @property
    def waits(self) -> bool:
        return all(
            one.standing is CreativeStanding.TOO_LITTLE_DATA or one.p_best is None for one in self.creatives
        )

    @property
    def impressions(self) -> float:
        return sum(one.counts.get(Count.IMPRESSIONS, 0.0) for one in self.creatives)


class _Purse:
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


def _buyable(cell: Cell, policy: Policy) -> bool:
    return policy.is_legal(cell) and policy.price_of(cell) is not None


def _tested(creatives: Sequence[CreativeFinding]) -> list[_Tested]:
    """Cells, likeliest best first."""
    cells: dict[frozenset[tuple[str, str]], list[CreativeFinding]] = {}
    for one in creatives:
        cells.setdefault(frozenset(one.factors.items()), []).append(one)
    tested = [_Tested(cell=dict(some[0].factors), creatives=tuple(some)) for some in cells.values()]
    return sorted(tested, key=lambda one: (-one.p_best, sorted(one.cell.items())))


def _of_tested(tested: Sequence[_Tested], purse: _Purse, *, new: int) -> Iterator[ProposedRow]:
    """What was run: finalists first, then whoever may still be the best, sharing takes by P(best)."""
    spare_usd = purse.policy.budget_usd / 2 if new else Decimal(0)
    spare_rows = min(new, purse.policy.rows_at_most // 2)
    alive = [one for one in tested if not one.behind and not (one.waits and not one.control)]
    kept = _kept(alive)
    parts = apportion(shares([one.p_best for one in alive]), purse.policy.takes * len(alive))
    takes = {id(one): min(int(part), purse.policy.takes) for one, part in zip(alive, parts, strict=True)}
    for one in kept:
        able = purse.buy(one.cell, max(1, takes[id(one)]), spare_usd=spare_usd, spare_rows=spare_rows)
        yield purse.row(Recommendation.KEEP, one.cell, able, _why_kept(one, able))
    for one in (one for one in alive if one not in kept):
        able = purse.buy(one.cell, takes[id(one)], spare_usd=spare_usd, spare_rows=spare_rows)
        yield purse.row(
            Recommendation.EXPLORE if able else Recommendation.KEEP, one.cell, able, _why_open(one, able)
        )
    for one in (one for one in tested if one not in alive):
        yield _dropped(one) if one.behind else _waiting(one)


def _kept(alive: Sequence[_Tested]) -> list[_Tested]:
    finalists = [one for one in alive if one.p_best >= KEEP_FROM][:FINALISTS]
    return [one for one in alive if one.control or one.leads or one in finalists]


def _of_new(new: Sequence[Combination], purse: _Purse, metric: str) -> Iterator[ProposedRow]:
    for one in new:
        takes = purse.buy(one.cell, purse.policy.takes)
        if takes:
            yield purse.row(Recommendation.EXPLORE, one.cell, takes, _why_new(one, metric))


def _waiting(one: _Tested) -> ProposedRow:
    reason = (
        f"too little data to judge after {_impressions(one)}: leave its ads on, render nothing more of it yet"
    )
    return ProposedRow(action=Recommendation.KEEP, cell=dict(one.cell), takes=0, usd=0.0, reason=reason)


def _dropped(one: _Tested) -> ProposedRow:
    reason = f"{_chance(one)} to be the best after {_impressions(one)}: switch its ads off"
    return ProposedRow(action=Recommendation.DROP, cell=dict(one.cell), takes=0, usd=0.0, reason=reason)


def _why_kept(one: _Tested, takes: int) -> str:
    if one.control:
        what = "the control that the others are compared with"
    elif one.leads:
        what = f"leads, with {_chance(one)} to be the best"
    else:
        what = f"a finalist, with {_chance(one)} to be the best"
    then = f"{_takes(takes)} as the one to beat" if takes else "no new take within the budget and the rules"
    return f"{what}: leave its ads on; {then}"


def _why_open(one: _Tested, takes: int) -> str:
    still = f"still open, with {_chance(one)} to be the best after {_impressions(one)}"
    return f"{still}: {_takes(takes)}" if takes else f"{still}: leave its ads on; no new take this time"


def _why_new(one: Combination, metric: str) -> str:
    if not one.known:
        return "never run, and nothing is known of its levels yet"
    named = ", ".join(_effect(axis, level) for axis, level in one.known[:_REASONS])
    return f"never run together; {metric} against the mean of its factor: {named}"


def _effect(axis: str, level: FactorLevel) -> str:
    lift, around = level.difference.lift, level.difference.lift_interval
    between = f" ({_percent(around.low)} to {_percent(around.high)})" if around else ""
    return f"{axis} {level.name} {_percent(lift)}{between}"


def _percent(share: float | None) -> str:
    return "open" if share is None else f"{100 * share:+.0f} %".replace("-", "−")


def _chance(one: _Tested) -> str:
    percent = 100 * one.p_best
    return "less than 0.1 % chance" if percent < 0.1 else f"{percent:.{0 if percent >= 10 else 1}f} % chance"


def _impressions(one: _Tested) -> str:
    return f"{one.impressions:,.0f} impressions"


def _takes(count: int) -> str:
    return f"{count} new take" + ("s" if count != 1 else "")
