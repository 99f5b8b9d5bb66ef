"""How the run of one campaign ended, for the page and the exit code of a night."""

from collections import Counter
from decimal import Decimal
from typing import Final

from hailuo.campaign.pricing import usd
from hailuo.errors import ExitCode, RefusedError
from hailuo.ledger.facts import JobState
from hailuo.plan.plan import Plan
from hailuo.run.events import RunReport

_MOST_REASONS: Final = 5


def exit_code_of(ended: RunReport | Exception) -> ExitCode:
    """REFUSED for a plan or a file that was refused, STOPPED for every other error."""
    if isinstance(ended, RunReport):
        return ended.exit_code
    return ExitCode.REFUSED if isinstance(ended, RefusedError) else ExitCode.STOPPED


def reasons_of(ended: RunReport | Exception) -> tuple[str, ...]:
    """Why the run stopped, then the most frequent reasons for clips that are not stored; or the error's problems."""
    match ended:
        case RunReport():
            stop = ended.interrupted or ended.stopped
            missing = Counter(
                e.reason or e.state.words for e in ended.endings if e.state is not JobState.STORED
            )
            frequent = missing.most_common(_MOST_REASONS)
            return (*([stop] if stop else []), *(f"{number} x {reason}" for reason, number in frequent))
        case RefusedError():
            return (*map(str, ended.problems), *ended.notes)
        case _:
            return (f"{type(ended).__name__}: {ended}",)


def summary_of(plan: Plan, report: RunReport) -> str:
    """The end of a run in a few sentences: what is stored, what is missing and why, money in doubt, what to do."""
    stored, number = len(report.in_state(JobState.STORED)), len(plan.to_buy)
    bought = f"{number} planned to buy for {usd(plan.money.planned)}" if number else "nothing to buy"
    parts = [f"{stored} of {len(report.endings)} clips stored; {bought}", *reasons_of(report)]
    if any(ending.overdue for ending in report.endings):
        parts.append("paid clips that are still rendering are collected by the next run: press Retry")
    if report.in_state(JobState.UNKNOWN, JobState.IN_DOUBT):
        in_doubt = usd(sum(reserved_by_unknowns(plan, report).values(), Decimal(0)))
        parts.append(f"{in_doubt} may have been spent without a clip: settle it with `reconcile`")
    return "; ".join(parts)


def reserved_by_unknowns(plan: Plan, report: RunReport) -> dict[str, Decimal]:
    """What each submit without an answer may have cost, in US dollars by creative id, where a price is known.

    It is what the ledger had reserved before the run, else the price at which this run bought.
    """
    unknown = {ending.creative_id for ending in report.in_state(JobState.UNKNOWN, JobState.IN_DOUBT)}
    prices = {p.job.creative_id: p.money.sums.reserved_usd or p.quote.price_usd for p in plan.everything}
    return {cid: price for cid, price in prices.items() if cid in unknown and price is not None}
