"""What forbids a plan because of the money: prices, the budget, the balance."""

import shlex
from decimal import Decimal

from hailuo.campaign.pricing import PriceKey, price_key_of, usd, usd_or_unknown
from hailuo.errors import Problem
from hailuo.plan.plan import Plan


def admission_problems(plan: Plan, *, balance_usd: Decimal | None) -> list[Problem]:
    """Why the money does not allow this plan to run; `balance_usd` is None when nothing is to be bought."""
    place, money = plan.campaign.place, plan.money
    unpriced = [p.job.variant for p in plan.may_be_bought if p.priced is None]
    problems = [
        Problem(
            place, f"no price is known for {cell}", "add it to a catalog file and name that in HAILUO_CATALOG"
        )
        for cell in sorted({f"{v.model} at {v.duration} s, {v.size}" for v in unpriced})
    ]
    problems += _price_questions(plan)
    if plan.may_be_bought and plan.budget_usd is not None and money.total > plan.budget_usd:
        parts = f"{usd(money.spent)} spent + {usd(money.reserved)} reserved + {usd(money.planned)} planned"
        reason = f"{parts} = {usd(money.total)} is over the budget of {usd(plan.budget_usd)}"
        problems.append(Problem(place, reason, "raise the budget, or buy less with --only"))
    if balance_usd is not None and money.planned > balance_usd:
        reason = f"the plan costs {usd(money.planned)}, and the vendor's balance is {usd(balance_usd)}"
        problems.append(Problem(place, reason, "top up the balance, or buy less with --only"))
    return problems


def _price_questions(plan: Plan) -> list[Problem]:
    """Prices that a person must answer for, one for each cell: far above the reference, or not explained."""
    place = plan.campaign.place
    unexplained = {
        price_key_of(p.job.variant): p.quote
        for p in plan.may_be_bought
        if p.quote.unexplained_usd is not None
    }
    asked = {price_key_of(p.job.variant): p.quote for p in plan.may_be_bought if p.quote.asks}
    return [
        Problem(
            place,
            f"the balance fell by more than an earlier run was granted: about {usd_or_unknown(quote.unexplained_usd)} "
            f"for each clip of {cell}",
            f"compare with the vendor's bill, then record the price: {price_command(cell)} USD",
        )
        for cell, quote in sorted(unexplained.items())
    ] + [
        Problem(
            place,
            f"{cell} was recently charged at {usd_or_unknown(asks.price_usd)}, and {usd_or_unknown(asks.reference_usd)} "
            "is the price on record",
            f"compare with the vendor's bill, then record the price: {price_command(cell)} USD",
        )
        for cell, asks in sorted(asked.items())
        if cell not in unexplained
    ]


def price_command(cell: PriceKey) -> str:
    """The command that records the price of a cell, but for the amount."""
    settings = (word for name, label in cell.settings for word in ("--setting", f"{name}={label}"))
    return shlex.join(["hailuo", "price", *settings, cell.model, str(cell.duration), cell.size])
