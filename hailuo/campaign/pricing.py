"""What a clip costs: the dearer of the list price and what was recently charged for the same kind of clip.

A price that a person accepted replaces the list price. One charge is not a price: of the last five the
median counts, and an amount of nothing counts for nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from statistics import median_high
from typing import Final, NamedTuple

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.variant import Variant

CREDIBLE_FACTOR: Final = 20
"""A charge more than so many times the price, or less than such a part of it, is not believed."""

ASKS_FACTOR: Final = 2
"""A person is asked before anything is bought at more than so many times the reference price."""

RECENT_CHARGES: Final = 5
"""The last so many charges make the recent price."""


class PriceKey(NamedTuple):
    """What a list price is for; `duration` in seconds, and the label of every setting by name."""

    model: str
    duration: int
    size: str
    settings: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        settings = "".join(f", {name} {label}" for name, label in self.settings)
        return f"{self.model} at {self.duration} s, {self.size}{settings}"


class ChargeKey(NamedTuple):
    """Everything that a charge may depend on."""

    cell: PriceKey
    with_frame: bool
    parameters: tuple[tuple[str, str], ...]


class Basis(StrEnum):
    """Where a price comes from."""

    LIST = "list"  # the catalog's list price: an estimate
    CHARGED = "charged"  # what was recently charged for the same kind of clip
    ACCEPTED = "accepted"  # a person's answer, with `hailuo price`
    NO_PRICE = "unknown"  # none is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The expected price of one clip; None where no price is known.

    `reference_usd` is the list price, or the one that a person accepted; `recent_usd` is what was recently charged. Each
    is None where there is none. `unexplained_usd` is what a clip must have cost by the balance of a whole run, if that is
    more than was granted and no person has answered yet.
    """

    price_usd: Decimal | None
    basis: Basis
    reference_usd: Decimal | None = field(default=None, compare=False)
    recent_usd: Decimal | None = field(default=None, compare=False)
    unexplained_usd: Decimal | None = field(default=None, compare=False)

    @property
    def asks(self) -> bool:
        """Whether the price is so far above the reference that a person must answer for it."""
        price, reference = self.price_usd, self.reference_usd
        return price is not None and reference is not None and price > ASKS_FACTOR * reference


def price_key_of(variant: Variant) -> PriceKey:
    """What decides the list price of the variant."""
    return PriceKey(variant.model, variant.duration, variant.size, tuple(sorted(variant.parameters.items())))


def charge_key_of(variant: Variant) -> ChargeKey:
    """What may decide the charge for the variant."""
    cell = price_key_of(variant)
    return ChargeKey(cell, variant.first_frame is not None, cell.settings)


def list_price(cell: PriceKey, catalog: Catalog) -> Decimal | None:
    """The catalog's price: that of the offer, else by the formula of the model. None where it has none."""
    model = catalog.model(cell.model)
    offer = model.offer(duration=cell.duration, size=cell.size) if model else None
    if model is None or offer is None:
        return None
    if offer.price_usd is not None or model.price is None:
        return offer.price_usd
    seconds, size, settings = cell.duration, cell.size, dict(cell.settings)
    tokens = catalog.family_of(model).video_tokens(duration=seconds, size=size, settings=settings)
    return model.price.amount(duration=seconds, size=size, settings=settings, tokens=tokens)


def quote(
    variant: Variant,
    catalog: Catalog,
    charged: Mapping[PriceKey, Decimal],
    *,
    accepted: Mapping[PriceKey, Decimal] | None = None,
) -> Quote:
    """The expected price of one clip of the variant, and where it comes from."""
    cell = price_key_of(variant)
    answer = (accepted or {}).get(cell)
    reference = list_price(cell, catalog) if answer is None else answer
    recent = charged.get(cell)
    if recent is not None and (reference is None or recent >= reference):
        return Quote(price_usd=recent, basis=Basis.CHARGED, reference_usd=reference, recent_usd=recent)
    if reference is None:
        return Quote(price_usd=None, basis=Basis.NO_PRICE)
    basis = Basis.LIST if answer is None else Basis.ACCEPTED
    return Quote(price_usd=reference, basis=basis, reference_usd=reference, recent_usd=recent)


def recent_price(amounts: Sequence[Decimal]) -> Decimal | None:
    """The median of the last five amounts above nothing, oldest first; the dearer one of two. None without any."""
    paid = [amount for amount in amounts if amount > 0][-RECENT_CHARGES:]
    return median_high(paid) if paid else None


def is_credible(amount: Decimal, price: Decimal) -> bool:
    """Whether a clip at this price can have been charged so much. Of a price of nothing, nothing can be said."""
    return not price or price / CREDIBLE_FACTOR <= amount <= price * CREDIBLE_FACTOR


def usd_or_unknown(amount: Decimal | None) -> str:
    """The amount as `usd` writes it; "unknown" for None."""
    return "unknown" if amount is None else usd(amount)


def usd(amount: Decimal) -> str:
    """The amount for people, to the cent: `$4.20`, `-$1,234.50`."""
    cents = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"-${-cents:,}" if cents < 0 else f"${abs(cents):,}"
