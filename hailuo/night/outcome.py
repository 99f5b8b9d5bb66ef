"""The books of a night: what became of one campaign between two plans of it, and what the night may still buy for."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from hailuo.campaign.pricing import usd
from hailuo.errors import Problem
from hailuo.ledger.facts import JobState
from hailuo.ledger.money import Item, Sums, sums_of
from hailuo.plan.plan import Plan

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What became of one campaign, or of several: numbers of jobs, and US dollars.

    The jobs are those of the edition, and `unknown_usd` is what its unknown submits hold, whenever they were sent.
    `bought` and the cost are of what was ordered since the first plan, by this run or by another beside it;
    `estimate_usd` is what the first plan would buy for; both nothing where it was refused.
    """

    jobs: int
    stored: int
    failed: int
    unknown: int
    unknown_usd: Decimal
    to_buy: int
    estimate_usd: Decimal
    bought: int
    spent_usd: Decimal
    held_usd: Decimal

    @property
    def unfinished(self) -> int:
        """Jobs that a further run goes on with: at the vendor, or not bought."""
        return self.jobs - self.stored - self.failed - self.unknown

    @property
    def of_refused(self) -> "Books":
        """The books of a plan that was not let in: there was nothing to buy, and nothing to estimate."""
        return replace(self, to_buy=0, estimate_usd=_ZERO)


def books_of(before: Plan, after: Plan) -> Books:
    """The books between two plans of one edition, both made with their histories."""
    known = {_key(item) for item in _items(before)}
    new = sums_of(item for item in _items(after) if _key(item) not in known)
    return Books(
        jobs=len(after.everything),
        stored=_count(after, JobState.STORED),
        failed=_count(after, JobState.FAILED, JobState.REFUSED),
        unknown=_count(after, JobState.UNKNOWN, JobState.IN_DOUBT),
        unknown_usd=_unknown(after).unknown_usd,
        to_buy=len(before.to_buy),
        estimate_usd=before.money.planned,
        bought=new.bought,
        spent_usd=new.spent_usd,
        held_usd=new.reserved_usd,
    )


def total_of(books: Iterable[Books]) -> Books:
    """The books of several campaigns together."""
    found = tuple(books)
    return Books(
        jobs=sum(one.jobs for one in found),
        stored=sum(one.stored for one in found),
        failed=sum(one.failed for one in found),
        unknown=sum(one.unknown for one in found),
        unknown_usd=sum((one.unknown_usd for one in found), _ZERO),
        to_buy=sum(one.to_buy for one in found),
        estimate_usd=sum((one.estimate_usd for one in found), _ZERO),
        bought=sum(one.bought for one in found),
        spent_usd=sum((one.spent_usd for one in found), _ZERO),
        held_usd=sum((one.held_usd for one in found), _ZERO),
    )


def _items(plan: Plan) -> Iterable[Item]:
    return (item for bill in plan.bills for item in bill.items)


def _key(item: Item) -> tuple[str, int]:
    return (item.creative_id, item.attempt)


def _count(plan: Plan, *states: JobState) -> int:
    return len(plan.in_state(*states))


def _unknown(plan: Plan) -> Sums:
    waiting = plan.in_state(JobState.UNKNOWN, JobState.IN_DOUBT)
    return sums_of(item for planned in waiting for item in planned.money.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a night may still buy for, in US dollars; None is no limit.

    A campaign whose plan costs more than is left is not run at all; later ones that fit are.
    """

    left_usd: Decimal | None

    def problems(self, plan: Plan) -> list[Problem]:
        """Why the plan does not fit into the night; none where nothing is to be bought."""
        planned = plan.money.planned
        if self.left_usd is None or planned <= self.left_usd:
            return []
        reason = f"the plan buys for {usd(planned)}, and {usd(self.left_usd)} of the night's budget are left"
        return [Problem(plan.campaign.place, reason, "raise the night's budget, or run this one by itself")]

    def budget_of(self, plan: Plan) -> Decimal | None:
        """The budget under which the edition can buy for no more than is left; None leaves it the file's own."""
        if self.left_usd is None or not plan.to_buy:
            return None
        most = plan.sums.at_most_usd + self.left_usd
        return most if plan.budget_usd is None else min(most, plan.budget_usd)

    def less(self, usd_taken: Decimal) -> "Allowance":
        """What is left after a campaign took so much."""
        if self.left_usd is None:
            return self
        return Allowance(left_usd=max(_ZERO, self.left_usd - usd_taken))
