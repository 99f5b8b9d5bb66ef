"""What the page says of one row of the manifest: its state, its cost, its checks, and why a clip is missing."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Final

from hailuo.campaign.pricing import usd

ManifestRow = Mapping[str, object]
"""A row of the manifest: plain values, and None for what is not known."""

_VERDICTS: Final[Mapping[str, str]] = {
    "pass": "Checks passed",
    "warn": "Look closer",
    "fail": "Checks failed",
    "unknown": "Not checked",
}
_PLATFORM_WORDS: Final[Mapping[str, str]] = {
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "linkedin": "LinkedIn",
    "infeed": "in-feed",
    "non": "non-",
}
_REFUND: Final[Mapping[object, str]] = {
    True: "The vendor gave the money back.",
    False: "The vendor kept the money.",
}
_UNITS_OF_TIME: Final = ((86400, "d"), (3600, "h"), (60, "min"))
_LEAST_IN_COMMON: Final = 0.4
"""Below this share of common words two prompts count as unrelated: every word would be marked."""


def text(row: ManifestRow, column: str) -> str:
    """The value as text; empty if there is none."""
    value = row.get(column)
    return "" if value is None else str(value)


def texts(row: ManifestRow, column: str) -> list[str]:
    """The value as a list of texts; empty if it is no list."""
    value = row.get(column)
    return [str(part) for part in value] if isinstance(value, list | tuple) else []


def number(row: ManifestRow, column: str) -> float | None:
    """The value if it is a finite number."""
    value = row.get(column)
    if isinstance(value, bool) or not isinstance(value, int | float) or value - value != 0:
        return None
    return value


def amount(row: ManifestRow, column: str) -> Decimal:
    """The US dollars in the column; 0 if there are none."""
    value = row.get(column)
    return value if isinstance(value, Decimal) else Decimal(0)


def mapping(row: ManifestRow, column: str) -> Mapping[str, object]:
    """The value if it is a mapping, else an empty one."""
    value = row.get(column)
    return value if isinstance(value, dict) else {}


def short_model(model: str) -> str:
    """The model without the vendor's name: `Hailuo 2.3 Fast`."""
    return model.removeprefix("MiniMax-").replace("-", " ")


def state_word(state: str) -> str:
    """`In doubt`: the words of `JobState`, also for a state of a later version."""
    return state.replace("_", " ").capitalize()


def cost(row: ManifestRow) -> tuple[str, str]:
    """What the job cost, or will cost, and how sure that is: `("$0.28", "charged + $0.28 lost")`."""
    twice, lost, reserved = (amount(row, name) for name in ("paid_twice_usd", "lost_usd", "reserved_usd"))
    besides = [(twice, "paid twice"), (lost, "lost")]
    charged, price = row["cost_actual"], row.get("to_buy_usd")
    match row["state"]:
        case "stored" if isinstance(charged, Decimal):
            main = usd(charged), "charged"
        case "stored":
            main = usd(amount(row, "spent_usd") - twice - lost), "by estimate"
        case "new":
            main = usd(price) if isinstance(price, Decimal) else "no price known", "estimated"
        case _ if reserved:
            main = usd(reserved), "reserved"
        case _ if lost:
            main, besides = (usd(lost), "counted as spent"), besides[:1]
        case _:
            main = usd(Decimal(0)), "nothing charged"
    return main[0], "".join([main[1], *(f" + {usd(extra)} {said}" for extra, said in besides if extra)])


def reason(row: ManifestRow, *, built_at: datetime) -> str:
    """Why there is no clip to see, and what happened to the money."""
    said, code, task_id = text(row, "error_message").strip().rstrip("."), row["error_code"], row["task_id"]
    no_reason = f"The vendor gave code {code} and no reason." if code else "No reason is on record."
    trouble = (f"{said} ({code})." if code else f"{said}.") if said else no_reason
    refund = _REFUND.get(row["refunded"], "The vendor did not say whether it was charged.")
    reserved = f"{usd(amount(row, 'reserved_usd'))} is reserved"
    given_up = f"Given up, then the vendor did take it, as {task_id}; {reserved} until it is adopted."
    seen = f" ({said})" if said else ""
    lost = f"Sent, but the answer was lost{seen}: it may have been paid; {reserved} until it is reconciled."
    again = f"{trouble} {refund if row['refunded'] else ''}".rstrip() + " The next run tries again."
    reasons = {
        "stored": "Stored, but not reachable from this page.",
        "submitted": f"{_waited(row, built_at)}The next run collects it; {reserved} until then.",
        "in_doubt": f"Handed to the vendor moments ago, perhaps by another run. No answer yet; {reserved}.",
        "unknown": given_up if task_id else lost,
        "failed": f"{trouble} {refund}",
        "refused": f"{trouble} Nothing was charged.",
        "new": again if row["attempts"] else "Not ordered yet. Nothing was charged.",
    }
    return reasons.get(str(row["state"]), trouble)


def remedy(row: ManifestRow) -> str:
    """What to do about a job that has no clip and waits for a person; empty where nothing need be done."""
    edition = f"{text(row, 'campaign_id') or text(row, 'campaign_name')}/{text(row, 'edition')}"
    change = "change what the reason names in the campaign file, then run again"
    remedies = {
        "failed": f"{change}. To buy the same clips again, raise retries in the campaign file.",
        "refused": f"{change}. Nothing was charged.",
        "unknown": f"type hailuo reconcile {edition}. It shows what is known, and you decide.",
        "in_doubt": f"wait some minutes, then type hailuo status {edition}.",
    }
    return remedies.get(text(row, "state"), "")


def _waited(row: ManifestRow, built_at: datetime) -> str:
    submitted = row["submitted_at"]
    if not isinstance(submitted, str):
        return ""
    waited = (built_at - datetime.fromisoformat(submitted)).total_seconds()
    return f"Waited for {seconds_in_words(max(waited, 0))} when this page was built. "


def moment(at: datetime) -> str:
    """A time in UTC, to the minute; `at` is aware."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def seconds_in_words(seconds: float) -> str:
    """`96` is "1 min 36 s": the two largest units."""
    rest = round(seconds)
    parts = []
    for size, unit in _UNITS_OF_TIME:
        count, rest = divmod(rest, size)
        parts += [f"{count} {unit}"] if count else []
    parts += [f"{rest} s"] if rest or not parts else []
    return " ".join(parts[:2])


def bytes_in_words(count: float) -> str:
    """Decimal megabytes, as file managers show them."""
    return f"{count / 1e6:,.1f} MB" if count < 1e9 else f"{count / 1e9:,.1f} GB"


def quality(row: ManifestRow) -> Mapping[str, object] | None:
    """The verdict of the checks and its reasons; None if the clip was never checked."""
    verdict = text(row, "qa_verdict")
    if not verdict:
        return None
    said = _VERDICTS.get(verdict, verdict.replace("_", " "))
    return {"verdict": verdict, "said": said, "reasons": _as_words(texts(row, "qa_flags"))}


def placements(row: ManifestRow) -> list[Mapping[str, object]]:
    """Each placement with its verdict and the reasons; a bare word in place of an object is a verdict."""
    return [
        {
            "name": name,
            "said": placement_name(name),
            "verdict": text(judged, "verdict"),
            "reasons": _as_words(texts(judged, "reasons")),
        }
        for name, found in mapping(row, "placements").items()
        for judged in [found if isinstance(found, dict) else {"verdict": found}]
    ]


def placement_name(name: str) -> str:
    """`tiktok_infeed` is "TikTok in-feed"."""
    first, *rest = [_PLATFORM_WORDS.get(word, word) for word in name.split("_")]
    first = first if first in _PLATFORM_WORDS.values() else first.capitalize()
    return " ".join([first, *rest]).replace("- ", "-")


def _as_words(codes: Sequence[str]) -> list[str]:
    return [code.replace("_", " ") for code in codes]


def word_changes(before: str, after: str) -> list[tuple[str, str]]:
    """How one prompt becomes another: `same`, `added` or `removed`, each with its words.

    All but the removed parts make up `after`, all but the added ones `before`. Empty if the prompts are the same,
    or have little in common.
    """
    if before == after:
        return []
    old, new = (re.findall(r"\s*\S+|\s+$", prompt) for prompt in (before, after))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _LEAST_IN_COMMON:
        return []
    changes: list[tuple[str, str]] = []
    for _, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        removed, added = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
        changes += [("same", added)] if removed == added else [("removed", removed), ("added", added)]
    return [change for change in changes if change[1]]
