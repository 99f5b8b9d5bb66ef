"""Where the money of each job stands, by the same rule as the plan's: spent, held, or still to buy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

_ZERO: Final = Decimal(0)


class Standing(StrEnum):
    """What became of a job's money; the value is how a tile says it."""

    CHARGED = "charged"  # the vendor told the amount
    ASSUMED = "by estimate"  # spent, but the amount was not told
    LOST = "counted as spent"  # on a failure that was not refunded, as far as is known
    HELD = "held"  # at the vendor, or perhaps
    PLANNED = "estimated"  # not spent yet
    FREE = "nothing charged"  # refused, or refunded


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One job's money; the amount is None where no price is known. `twice` and `lost` were spent besides, for
    nothing: on a task that came late, and on earlier attempts that were not refunded.
    """

    standing: Standing
    amount: Decimal | None
    twice: Decimal = _ZERO
    lost: Decimal = _ZERO


def bill(row: Mapping[str, object]) -> Bill:
    """The money of one row of the manifest."""
    standing = _standing(row)
    amount = row["cost_actual"] if standing is Standing.CHARGED else row["cost_est"]
    if standing is Standing.FREE:
        amount = _ZERO
    twice, lost = _money(row["paid_twice_usd"]) or _ZERO, _money(row["lost_usd"]) or _ZERO
    if standing is Standing.LOST and lost:
        amount, lost = lost, _ZERO
    return Bill(standing=standing, amount=_money(amount), twice=twice, lost=lost)


def total(bills: Iterable[Bill], *standings: Standing) -> Decimal:
    """The sum of what stands so; an unknown price counts as nothing."""
    return sum((b.amount for b in bills if b.standing in standings and b.amount is not None), _ZERO)


def _money(value: object) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def _standing(row: Mapping[str, object]) -> Standing:
    match row["state"]:
        case "stored":
            return Standing.ASSUMED if row["cost_actual"] is None else Standing.CHARGED
        case "failed":
            return Standing.FREE if row["refunded"] is True else Standing.LOST
        case "refused":
            return Standing.FREE
        case "new":
            return Standing.PLANNED
        case _:
            return Standing.HELD
