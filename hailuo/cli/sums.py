"""Money rolled up, as a table and as JSON."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from decimal import ROUND_HALF_UP, Decimal

from hailuo.campaign.pricing import price_key_of, usd
from hailuo.cli.plain import count
from hailuo.cli.tables import ColumnKind, TableColumn, show_table
from hailuo.cli.terminal import console
from hailuo.ledger.money import JobMoney, Sums, by_job

_NUMBERS = ("jobs", "estimate", "spent", "difference", "", "reserved", "bought", "refunds", "retries")
_NARROW = _NUMBERS[:6]
_WIDE_ENOUGH = 100
"""Columns of a terminal. On a narrower one the last three counts are left out."""


def cells(bills: Iterable[JobMoney]) -> dict[str, Sums]:
    """A row per cell for people, `MiniMax-Hailuo-02 6 s 768p`, by model, duration, size and settings."""
    found = sorted(by_job(bills, lambda job: price_key_of(job.variant)).items())
    return {
        " ".join([f"{c.model} {c.duration} s {c.size}", *(f"{n} {label}" for n, label in c.settings)]): sums
        for c, sums in found
    }


def show_sums(rows: Mapping[str, Sums], total: Sums, *, title: str, key: str) -> None:
    """A row each and the total: the estimate when the jobs were ordered, and what was spent for them."""
    shown = _NUMBERS if console().width >= _WIDE_ENOUGH else _NARROW
    numbers = [
        TableColumn(name, ColumnKind.NUMBER, footer)
        for name, footer in zip(shown, _numbers(total), strict=False)
    ]
    show_table(
        [TableColumn(key, ColumnKind.TEXT, "total"), *numbers],
        [(name, *_numbers(sums)[: len(shown)]) for name, sums in rows.items()],
        title=title,
        has_footer=True,
    )


def _numbers(sums: Sums) -> tuple[str, ...]:
    amounts = (sums.estimate_usd, sums.spent_usd)
    difference = (_signed(usd(sums.difference_usd), sums.difference_usd), percent(sums))
    counts = (str(sums.bought), str(sums.refunds), str(sums.paid_retries))
    return str(sums.jobs), *map(usd, amounts), *difference, usd(sums.reserved_usd), *counts


def percent(sums: Sums) -> str:
    """The difference in per cent, to a tenth; empty where nothing was estimated."""
    if sums.difference_percent is None:
        return ""
    tenths = sums.difference_percent.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return _signed(f"{tenths:,} %", tenths)


def _signed(text: str, amount: Decimal) -> str:
    return f"+{text}" if amount > 0 else text


def remarks(sums: Sums) -> Iterator[str]:
    """The amounts that the table does not show, one sentence each."""
    parts = (
        (sums.lost_usd, "lost on clips that failed with no reported refund"),
        (sums.paid_twice_usd, "paid twice"),
    )
    wasted = [f"{usd(amount)} {reason}" for amount, reason in parts if amount]
    if wasted:
        yield "of the amount spent: " + ", ".join(wasted)
    if sums.assumed_usd:
        yield f"{usd(sums.assumed_usd)} of the amount spent is our estimate: the vendor did not report the charge"
    if sums.doubted:
        amounts = count(sums.doubted, "reported amount")
        yield f"{amounts} not credible: such clips count at the price that was reserved; compare with the vendor's bill"
    if sums.unknown_usd:
        yield f"{usd(sums.unknown_usd)} of the amount reserved is for submits with unknown outcome: run hailuo reconcile"
    if sums.refunds:
        yield f"{count(sums.refunds, 'refund')}: {usd(sums.refunded_usd)} came back, as the vendor reported"
    if sums.abandoned_usd:
        yield f"{usd(sums.abandoned_usd)} abandoned: not counted here, but counted in every cap, because the vendor may have charged it"


def sums_json(sums: Sums) -> dict[str, object]:
    """One row for machines: counts, and US dollars as text, in full."""
    percent = sums.difference_percent
    return {
        **asdict(sums),
        "spent_usd": sums.spent_usd,
        "reserved_usd": sums.reserved_usd,
        "difference_usd": sums.difference_usd,
        "difference_percent": None if percent is None else round(float(percent), 2),
    }


def cells_json(bills: Iterable[JobMoney]) -> list[dict[str, object]]:
    """A row per cell, by model, duration, size and settings."""
    return [
        {**cell._asdict(), "settings": dict(cell.settings), **sums_json(sums)}
        for cell, sums in sorted(by_job(bills, lambda job: price_key_of(job.variant)).items())
    ]
