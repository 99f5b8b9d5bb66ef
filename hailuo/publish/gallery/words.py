"""How the page says things: states, money, times and sizes, in words for people who buy ads."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from hailuo.campaign.pricing import usd

Row = Mapping[str, object]

STATE_WORDS: Mapping[str, str] = {
    "stored": "Stored",
    "submitted": "At the vendor",
    "in_doubt": "Being sent",
    "unknown": "Unknown",
    "failed": "Failed",
    "refused": "Refused",
    "new": "Planned",
}
"""A word per state of a job, in the order in which the page counts them."""

_MADE_OF_SECONDS = ((86400, "d"), (3600, "h"), (60, "min"))


def state_word(state: str) -> str:
    """A state this version does not know is shown as it is spelled."""
    return STATE_WORDS.get(state) or state.replace("_", " ").capitalize()


def reason(row: Row, *, built_at: datetime) -> str:
    """Why there is no clip to see, and what became of the money."""
    explain = _REASONS.get(str(row["state"]))
    return explain(row, built_at) if explain else _trouble(row)


def moment(at: datetime) -> str:
    """A time in UTC, to the minute, whatever zone it is told in."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def seconds_in_words(seconds: float) -> str:
    """`96` is "1 min 36 s": the two largest units."""
    rest = round(seconds)
    parts = []
    for size, unit in _MADE_OF_SECONDS:
        count, rest = divmod(rest, size)
        parts += [f"{count} {unit}"] if count else []
    parts += [f"{rest} s"] if rest or not parts else []
    return " ".join(parts[:2])


def bytes_in_words(count: float) -> str:
    """Decimal megabytes, as file managers say them."""
    return f"{count / 1e6:,.1f} MB" if count < 1e9 else f"{count / 1e9:,.1f} GB"


def _planned(row: Row, _: datetime) -> str:
    if not row["attempts"]:
        return "Not ordered yet. Nothing was charged."
    refund = "The vendor gave the money back. " if row["refunded"] else ""
    return f"{_trouble(row)} {refund}The next run tries again."


def _at_vendor(row: Row, built_at: datetime) -> str:
    return f"{_waited(row, built_at)}The next run collects it; {_held(row)} till then."


def _being_sent(row: Row, _: datetime) -> str:
    return f"Handed to the vendor moments ago, perhaps by another run. No answer yet; {_held(row)}."


def _lost_sight_of(row: Row, _: datetime) -> str:
    if row["task_id"]:
        return (
            f"Given up, then the vendor did take it, as {row['task_id']}; {_held(row)} until it is adopted."
        )
    seen = f" ({_said(row)})" if _said(row) else ""
    return f"Sent, but the answer was lost{seen}: it may have been paid; {_held(row)} until it is reconciled."


def _waited(row: Row, built_at: datetime) -> str:
    submitted = row["submitted_at"]
    if not isinstance(submitted, str):
        return ""
    waited = (built_at - datetime.fromisoformat(submitted)).total_seconds()
    return f"Waited for {seconds_in_words(max(waited, 0))} when this page was built. "


def _held(row: Row) -> str:
    price = row["cost_est"]
    return f"{usd(price)} is held" if isinstance(price, Decimal) else "its price is held"


def _trouble(row: Row) -> str:
    said, code = _said(row), row["error_code"]
    if not said:
        return f"The vendor gave code {code} and no reason." if code else "No reason is on record."
    return f"{said} ({code})." if code else f"{said}."


def _said(row: Row) -> str:
    return str(row["error_message"] or "").strip().rstrip(".")


def _refund(row: Row) -> str:
    match row["refunded"]:
        case True:
            return "The vendor gave the money back."
        case False:
            return "The vendor kept the money."
        case _:
            return "Whether it was charged is not told."


_REASONS: Mapping[str, Callable[[Row, datetime], str]] = {
    "stored": lambda _row, _at: "Stored, but not reachable from this page.",
    "submitted": _at_vendor,
    "in_doubt": _being_sent,
    "unknown": _lost_sight_of,
    "failed": lambda row, _at: f"{_trouble(row)} {_refund(row)}",
    "refused": lambda row, _at: f"{_trouble(row)} Nothing was charged.",
    "new": _planned,
}
