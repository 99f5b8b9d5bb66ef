"""What a clip costs: the last price charged for its cell where one is known, else the list price."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.variant import Variant


class PriceKey(NamedTuple):
    """What a price belongs to; `duration` in seconds."""

    model: str
    duration: int
    size: str


class Basis(StrEnum):
    """Where a price comes from."""

    LIST = "list"  # the catalog's list price: an estimate
    CHARGED = "charged"  # the last price really charged for the same cell
    UNKNOWN = "unknown"  # neither is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The price expected for one clip; None where nothing is known."""

    price_usd: Decimal | None
    basis: Basis


def price_key_of(variant: Variant) -> PriceKey:
    """The cell whose price the variant has."""
    return PriceKey(variant.model, variant.duration, variant.size)


def quote(variant: Variant, catalog: Catalog, charged: Mapping[PriceKey, Decimal]) -> Quote:
    """The price expected for one clip of the variant, and what that rests on."""
    cell = price_key_of(variant)
    if cell in charged:
        return Quote(price_usd=charged[cell], basis=Basis.CHARGED)
    model = catalog.model(cell.model)
    offer = model.offer(duration=cell.duration, size=cell.size) if model else None
    if offer is None or offer.price_usd is None:
        return Quote(price_usd=None, basis=Basis.UNKNOWN)
    return Quote(price_usd=offer.price_usd, basis=Basis.LIST)


def usd(amount: Decimal) -> str:
    """The amount for people, to the cent: `$4.20`, `-$1,234.50`."""
    cents = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"-${-cents:,}" if cents < 0 else f"${abs(cents):,}"
