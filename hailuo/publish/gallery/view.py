"""The numbers at the top of the page: counts, money and what the matrix spans."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hailuo.campaign.pricing import usd
from hailuo.publish.gallery.words import ManifestRow, amount, bytes_in_words, number, short_model


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """The numbers at the top of the page, in words."""

    editions: str
    jobs: int
    clips: int
    spent: str
    spent_note: str
    reserved: str
    to_buy: str
    to_buy_note: str
    models: str
    durations: str
    sizes: str
    clip_bytes: str


def facts(rows: Sequence[ManifestRow]) -> PageFacts:
    """Count the jobs and add their money up."""

    def total(column: str) -> Decimal:
        return sum((amount(row, column) for row in rows), Decimal(0))

    def distinct(column: str) -> list[str]:
        return list(dict.fromkeys(str(row[column]) for row in rows if row[column] is not None))

    parts = ((total("assumed_usd"), "of it by estimate"), (total("paid_twice_usd"), "of it paid twice"))
    unpriced = sum(row["state"] == "new" and row.get("to_buy_usd") is None for row in rows)
    return PageFacts(
        editions=", ".join(distinct("edition")),
        jobs=len(rows),
        clips=sum(row["state"] == "stored" for row in rows),
        spent=usd(total("spent_usd")),
        spent_note=", ".join(f"{usd(part)} {said}" for part, said in parts if part),
        reserved=usd(total("reserved_usd")),
        to_buy=usd(total("to_buy_usd")),
        to_buy_note=f"and {unpriced} without a known price" if unpriced else "",
        models=", ".join(map(short_model, distinct("model"))),
        durations=", ".join(f"{duration} s" for duration in distinct("duration_req")),
        sizes=", ".join(distinct("size_req")),
        clip_bytes=bytes_in_words(sum(number(row, "bytes") or 0 for row in rows)),
    )
