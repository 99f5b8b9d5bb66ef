"""Prices that differ from the list: charges that a run stopped at, and the answers of people.

    prices/v1/00000001    charge    what the vendor charged, or said that it charged, beyond the tolerance
    prices/v1/00000002    answer    the price that a person accepts for a cell from now on

They are numbered, created once, and count for every campaign of the store. Charges before an answer count no more.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from hailuo.campaign.pricing import ChargeKey, PriceKey
from hailuo.ledger.fact_json import load_fact
from hailuo.store import Store, read_many
from hailuo.store.layout import PRICES


@dataclass(frozen=True, slots=True, kw_only=True)
class OddCharge:
    """A charge in US dollars that was not as granted, for a clip of this kind."""

    kind: Literal["charge"] = "charge"
    nonce: str
    at: datetime
    cell: PriceKey
    with_frame: bool
    parameters: tuple[tuple[str, str], ...]
    amount_usd: Decimal
    creative_id: str

    @property
    def key(self) -> ChargeKey:
        return ChargeKey(self.cell, self.with_frame, self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedPrice:
    """What a person accepts as the price of a cell, in US dollars, and why."""

    kind: Literal["answer"] = "answer"
    nonce: str
    at: datetime
    cell: PriceKey
    price_usd: Decimal
    by: str = "person"
    message: str | None = None


_ADAPTER: Final[TypeAdapter[OddCharge | AcceptedPrice]] = TypeAdapter(
    Annotated[OddCharge | AcceptedPrice, Field(discriminator="kind")]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRecords:
    """The newest answer for each cell, and every charge after it."""

    answers: Mapping[PriceKey, AcceptedPrice]
    charges: tuple[OddCharge, ...] = ()

    @property
    def accepted(self) -> Mapping[PriceKey, Decimal]:
        """US dollars by cell."""
        return {cell: answer.price_usd for cell, answer in self.answers.items()}


NO_RECORDS: Final = PriceRecords(answers={})


async def read_prices(store: Store) -> PriceRecords:
    """Everything that is on record about prices. Raises: StoreUnavailableError, LedgerError for a damaged record."""
    keys = sorted(entry.key for entry in await store.listing(PRICES))
    contents = await read_many(store, keys)
    facts = [load_fact(_ADAPTER, key, contents[key]) for key in keys if key in contents]
    answers = {fact.cell: fact for fact in facts if isinstance(fact, AcceptedPrice)}
    charges = [
        fact
        for fact in facts
        if isinstance(fact, OddCharge) and (fact.cell not in answers or fact.at > answers[fact.cell].at)
    ]
    return PriceRecords(answers=answers, charges=tuple(charges))


async def record_price(store: Store, fact: OddCharge | AcceptedPrice) -> None:
    """Add a charge or an answer under the next number. Raises: StoreUnavailableError."""
    content = _ADAPTER.dump_json(fact)
    while True:
        number = len(await store.listing(PRICES)) + 1
        if await store.create(f"{PRICES}{number:08}", content):
            return


def new_nonce() -> str:
    """Keeps two records of equal content apart."""
    return secrets.token_hex(8)
