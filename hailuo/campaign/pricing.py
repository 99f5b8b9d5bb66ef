"""What a clip costs: the last price charged for the same kind of clip if there is one, else the list price."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.variant import Variant


class PriceKey(NamedTuple):
    """What a price is for; `duration` in seconds."""

    model: str
    duration: int
    size: str


class Basis(StrEnum):
    """Where a price comes from."""

    LIST = "list"  # the catalog's list price: an estimate
    CHARGED = "charged"  # the last price charged for the same model, duration and size
    NO_PRICE = "unknown"  # neither is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The expected price of one clip; None where no price is known."""

    price_usd: Decimal | None
    basis: Basis


def price_key_of(variant: Variant) -> PriceKey:
    """What decides the price of the variant."""
    return PriceKey(variant.model, variant.duration, variant.size)


def quote(variant: Variant, catalog: Catalog, charged: Mapping[PriceKey, Decimal]) -> Quote:
    """The expected price of one clip of the variant, and where it comes from."""
    cell = price_key_of(variant)
    if cell in charged:
        return Quote(price_usd=charged[cell], basis=Basis.CHARGED)
    model = catalog.model(cell.model)
    offer = model.offer(duration=cell.duration, size=cell.size) if model else None
    if offer is None or offer.price_usd is None:
        return Quote(price_usd=None, basis=Basis.NO_PRICE)
    return Quote(price_usd=offer.price_usd, basis=Basis.LIST)


def usd_or_unknown(amount: Decimal | None) -> str:
    """The amount as `usd` writes it; "unknown" for None."""
    return "unknown" if amount is None else usd(amount)


def usd(amount: Decimal) -> str:
    """The amount for people, to the cent: `$4.20`, `-$1,234.50`."""
    cents = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"-${-cents:,}" if cents < 0 else f"${abs(cents):,}"
