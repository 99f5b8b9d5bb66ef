"""The next batch: in one line, and row by row with each reason."""

from hailuo.report.findings import Proposal, Recommendation
from hailuo.report.formatting import UNKNOWN, axis_name, level_name, money, plural
from hailuo.report.page.words import RECOMMENDATIONS, Values


def batch_of(proposal: Proposal | None) -> Values | None:
    """The proposal, rows to keep first, then to explore, then to drop; None where nothing was proposed."""
    if proposal is None:
        return None
    order = list(RECOMMENDATIONS)
    rows = sorted(proposal.rows, key=lambda row: order.index(row.action))
    actions = [row.action for row in rows]
    return {
        "counts": tuple((word, actions.count(action)) for action, word in RECOMMENDATIONS.items()),
        "rows": tuple(
            {
                "word": RECOMMENDATIONS[row.action],
                "cell": tuple((axis_name(axis), level_name(axis, level)) for axis, level in row.cell.items()),
                "takes": UNKNOWN if row.action is Recommendation.DROP else f"{row.takes:,}",
                "price": UNKNOWN if row.action is Recommendation.DROP else money(row.usd, "USD"),
                "reason": row.reason,
            }
            for row in rows
        ),
        "clips": plural(sum(row.takes for row in rows if row.action is not Recommendation.DROP), "clip"),
        "price": money(proposal.usd, "USD"),
        "budget": "no budget was set" if proposal.budget_usd is None else money(proposal.budget_usd, "USD"),
        "file": proposal.file,
        "note": proposal.note,
    }
