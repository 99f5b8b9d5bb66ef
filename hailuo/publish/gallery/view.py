"""The numbers on top of the page: counts, money and what the matrix spans."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hailuo.campaign.pricing import usd
from hailuo.publish.gallery.bill import Standing, bill, total
from hailuo.publish.gallery.rows import Row, number, short_model
from hailuo.publish.gallery.words import STATE_WORDS, bytes_in_words, state_word


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The numbers on top of the page, in words."""

    editions: str
    jobs: int
    clips: int
    states: tuple[tuple[str, str, int], ...]
    spent: str
    spent_note: str
    held: str
    to_buy: str
    models: str
    durations: str
    sizes: str
    clip_bytes: str


def facts(rows: Sequence[Row]) -> Facts:
    """Counts, money and what the matrix spans."""
    bills = [bill(row) for row in rows]
    assumed = total(bills, Standing.ASSUMED, Standing.LOST) + sum((b.lost for b in bills), Decimal(0))
    twice = sum((b.twice for b in bills), Decimal(0))
    notes = ((assumed, "of it by estimate"), (twice, "of it paid twice"))
    return Facts(
        editions=", ".join(_distinct(rows, "edition")),
        jobs=len(rows),
        clips=sum(row["state"] == "stored" for row in rows),
        states=_state_counts(rows),
        spent=usd(total(bills, Standing.CHARGED) + assumed + twice),
        spent_note=", ".join(f"{usd(amount)} {said}" for amount, said in notes if amount),
        held=usd(total(bills, Standing.HELD)),
        to_buy=usd(total(bills, Standing.PLANNED)),
        models=", ".join(map(short_model, _distinct(rows, "model"))),
        durations=", ".join(f"{duration} s" for duration in _distinct(rows, "duration_req")),
        sizes=", ".join(_distinct(rows, "size_req")),
        clip_bytes=bytes_in_words(sum(number(row, "bytes") or 0 for row in rows)),
    )


def _state_counts(rows: Sequence[Row]) -> tuple[tuple[str, str, int], ...]:
    found = [str(row["state"]) for row in rows]
    order = dict.fromkeys([*STATE_WORDS, *found])
    return tuple((state, state_word(state), found.count(state)) for state in order if state in found)


def _distinct(rows: Iterable[Row], column: str) -> list[str]:
    return list(dict.fromkeys(str(row[column]) for row in rows if row[column] is not None))
