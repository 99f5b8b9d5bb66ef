"""Money rolled up, as a table and as JSON."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from hailuo.campaign.job import Job
from hailuo.campaign.pricing import PriceKey, price_key_of, usd
from hailuo.cli.screen import console, count
from hailuo.ledger.money import JobMoney, Sums, by_job
from hailuo.text import printable

_NUMBERS = ("jobs", "estimate", "actual", "difference", "", "held", "bought", "refunds", "retries")
_NARROW = _NUMBERS[:6]
_WIDE_ENOUGH = 100
"""Columns of a terminal; the counts that narrower ones do not show stand in `remarks` as sums."""


def cells(bills: Iterable[JobMoney]) -> dict[str, Sums]:
    """A row per cell for people, `MiniMax-Hailuo-02 6 s 768p`, by model, duration and size."""
    found = sorted(by_job(bills, _cell).items())
    return {f"{cell.model} {cell.duration} s {cell.size}": sums for cell, sums in found}


def _cell(job: Job) -> PriceKey:
    return price_key_of(job.variant)


def show_sums(rows: Mapping[str, Sums], total: Sums, *, title: str, key: str) -> None:
    """A row each and the total. Estimate is what the jobs were ordered at, actual what was spent for them."""
    table = Table(
        title=Text(printable(title)),
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_footer=True,
        show_edge=False,
    )
    table.add_column(key, footer="total", overflow="fold")
    screen = console()
    shown = _NUMBERS if screen.width >= _WIDE_ENOUGH else _NARROW
    for name, footer in zip(shown, _numbers(total), strict=False):
        table.add_column(name, footer=footer, justify="right", no_wrap=True)
    for name, sums in rows.items():
        # As Text: a model's name is no markup.
        table.add_row(Text(printable(name)), *_numbers(sums)[: len(shown)])
    screen.print(table)


def _numbers(sums: Sums) -> tuple[str, ...]:
    amounts = (sums.estimate_usd, sums.spent_usd)
    difference = (_signed(usd(sums.difference_usd), sums.difference_usd), percent(sums))
    counts = (str(sums.bought), str(sums.refunds), str(sums.retries))
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
    """What the table does not tell, in plain words; only what there is."""
    parts = (
        (sums.lost_usd, "lost on clips that failed and were not refunded"),
        (sums.paid_twice_usd, "paid twice"),
    )
    wasted = [f"{usd(amount)} {said}" for amount, said in parts if amount]
    if wasted:
        yield "of the actual: " + ", ".join(wasted)
    if sums.assumed_usd:
        yield f"{usd(sums.assumed_usd)} of the actual is our own price: the vendor did not tell the amount"
    if sums.unknown_usd:
        yield f"{usd(sums.unknown_usd)} of what is held may have been spent, or not: hailuo reconcile"
    if sums.refunds:
        yield f"{count(sums.refunds, 'refund')}: {usd(sums.refunded_usd)} came back"
    if sums.abandoned_usd:
        yield f"{usd(sums.abandoned_usd)} abandoned: not counted here, but in every cap, for the vendor may have taken it"


def sums_json(sums: Sums) -> dict[str, object]:
    """One row for machines: US dollars as text, in full."""
    return {
        "jobs": sums.jobs,
        "bought": sums.bought,
        "clips": sums.clips,
        "estimate_usd": sums.estimate_usd,
        "actual_usd": sums.spent_usd,
        "difference_usd": sums.difference_usd,
        "difference_percent": None
        if sums.difference_percent is None
        else round(float(sums.difference_percent), 2),
        "charged_usd": sums.charged_usd,
        "lost_usd": sums.lost_usd,
        "paid_twice_usd": sums.paid_twice_usd,
        "assumed_usd": sums.assumed_usd,
        "held_usd": sums.reserved_usd,
        "rendering_usd": sums.rendering_usd,
        "unknown_usd": sums.unknown_usd,
        "refunds": sums.refunds,
        "refunded_usd": sums.refunded_usd,
        "abandoned_usd": sums.abandoned_usd,
        "paid_retries": sums.retries,
    }


def cells_json(bills: Iterable[JobMoney]) -> list[dict[str, object]]:
    """A row per cell, by model, duration and size."""
    return [{**cell._asdict(), **sums_json(sums)} for cell, sums in sorted(by_job(bills, _cell).items())]
