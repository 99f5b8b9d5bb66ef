"""What became of a campaign between two plans of it, and what the night may still spend."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from hailuo.campaign.pricing import usd
from hailuo.errors import Problem
from hailuo.ledger.facts import JobState
from hailuo.ledger.money import sums_of
from hailuo.plan.plan import Plan

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignOutcome:
    """What became of one campaign, or of several: numbers of jobs, and US dollars.

    `jobs` and their states are those of the edition. `unknown_usd` is what all of its unknown submits reserve.
    `bought`, `spent_usd` and `reserved_usd` count what was ordered since the first plan, by this run or another one.
    `to_buy` and `estimate_usd` are what the first plan would buy; both are 0 if it was refused.
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
    reserved_usd: Decimal

    @property
    def unfinished(self) -> int:
        """Jobs that another run would work on: at the vendor, or not bought yet."""
        return self.jobs - self.stored - self.failed - self.unknown

    @property
    def as_refused(self) -> "CampaignOutcome":
        """The outcome of a plan that was refused: nothing to buy, and no estimate."""
        return replace(self, to_buy=0, estimate_usd=_ZERO)


def outcome_between(before: Plan, after: Plan) -> CampaignOutcome:
    """The outcome between two plans of one edition, both made with their histories."""
    known = {(item.creative_id, item.attempt) for bill in before.bills for item in bill.items}
    items = (item for bill in after.bills for item in bill.items)
    new = sums_of(item for item in items if (item.creative_id, item.attempt) not in known)
    unknown = after.in_state(JobState.UNKNOWN, JobState.IN_DOUBT)
    return CampaignOutcome(
        jobs=len(after.everything),
        stored=len(after.in_state(JobState.STORED)),
        failed=len(after.in_state(JobState.FAILED, JobState.REFUSED)),
        unknown=len(unknown),
        unknown_usd=sums_of(item for planned in unknown for item in planned.money.items).unknown_usd,
        to_buy=len(before.to_buy),
        estimate_usd=before.money.planned,
        bought=new.bought,
        spent_usd=new.spent_usd,
        reserved_usd=new.reserved_usd,
    )


def total_of(outcomes: Iterable[CampaignOutcome]) -> CampaignOutcome:
    """The sums over several campaigns."""
    found = tuple(outcomes)
    return CampaignOutcome(
        jobs=sum(one.jobs for one in found),
        stored=sum(one.stored for one in found),
        failed=sum(one.failed for one in found),
        unknown=sum(one.unknown for one in found),
        unknown_usd=sum((one.unknown_usd for one in found), _ZERO),
        to_buy=sum(one.to_buy for one in found),
        estimate_usd=sum((one.estimate_usd for one in found), _ZERO),
        bought=sum(one.bought for one in found),
        spent_usd=sum((one.spent_usd for one in found), _ZERO),
        reserved_usd=sum((one.reserved_usd for one in found), _ZERO),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NightBudget:
    """What a night may still spend, in US dollars; None is no limit.

    A campaign whose plan costs more than is left does not run; later ones that fit still do.
    """

    left_usd: Decimal | None

    def problems(self, plan: Plan) -> list[Problem]:
        """Why the plan does not fit the budget; empty if it does, or if there is nothing to buy."""
        planned = plan.money.planned
        if self.left_usd is None or planned <= self.left_usd:
            return []
        reason = (
            f"the plan would cost {usd(planned)}, and {usd(self.left_usd)} of the night's budget are left"
        )
        return [
            Problem(plan.campaign.place, reason, "raise the night's budget, or run this campaign by itself")
        ]

    def budget_of(self, plan: Plan) -> Decimal | None:
        """The edition's budget that keeps it within what is left; None if the file's own budget does."""
        if self.left_usd is None or not plan.may_be_bought:
            return None
        most = plan.sums.at_most_usd + self.left_usd
        return most if plan.budget_usd is None else min(most, plan.budget_usd)

    def less(self, taken_usd: Decimal) -> "NightBudget":
        """What is left after a campaign took so much."""
        return self if self.left_usd is None else NightBudget(left_usd=max(_ZERO, self.left_usd - taken_usd))
