"""The next batch, row by row, each with its reason."""

from dataclasses import dataclass

from hailuo.report import numbers
from hailuo.report.findings import Proposal, ProposedRow, Recommendation
from hailuo.report.page.words import WISHES, SignedWord, axis_name, level_name


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """A cell of the next matrix: what becomes of it, and why."""

    word: SignedWord
    cell: tuple[tuple[str, str], ...]
    takes: str
    price: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The proposal: kept rows first, then explored, then dropped."""

    rows: tuple[BatchRow, ...]
    clips: str
    price: str
    budget: str
    file: str | None
    note: str


def batch_of(proposal: Proposal | None) -> Batch | None:
    """None where nothing was proposed."""
    if proposal is None:
        return None
    order = (Recommendation.KEEP, Recommendation.EXPLORE, Recommendation.DROP)
    rows = sorted(proposal.rows, key=lambda row: order.index(row.action))
    takes = sum(row.takes for row in rows if row.action is not Recommendation.DROP)
    return Batch(
        rows=tuple(_row(row) for row in rows),
        clips=f"{takes:,}",
        price=_usd(proposal.usd),
        budget="no budget was set" if proposal.budget_usd is None else _usd(proposal.budget_usd),
        file=proposal.file,
        note=proposal.note,
    )


def _row(row: ProposedRow) -> BatchRow:
    drops = row.action is Recommendation.DROP
    return BatchRow(
        word=WISHES[row.action],
        cell=tuple((axis_name(axis), level_name(axis, level)) for axis, level in row.cell.items()),
        takes=numbers.UNKNOWN if drops else f"{row.takes:,}",
        price=numbers.UNKNOWN if drops else _usd(row.usd),
        reason=row.reason,
    )


def _usd(amount: float | None) -> str:
    return "not known" if amount is None else numbers.money(amount, "USD")
