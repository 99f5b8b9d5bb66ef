"""Prices that differ from the list: charges that a run stopped at, and the answers of people.

    prices/v1/00000001    charge    what the vendor charged, or said that it charged, beyond the tolerance; or what a
                                    whole run lost from the balance and its records do not explain
    prices/v1/00000002    answer    the price that a person accepts for a cell from now on

They are numbered, created once, and count for every campaign of the store. Charges numbered before an answer count no
more. The numbers decide that, not the clocks of machines; and `at` is the store's own time, once a record is read.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from hailuo.campaign.pricing import ChargeKey, PriceKey
from hailuo.errors import Problem
from hailuo.lazy import DEFERRED
from hailuo.ledger.fact_json import damaged, stranger
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
    unexplained: bool = False
    """Only the balance of a whole run shows it: `amount_usd` is then the mean of its clips of this kind."""

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


_FACT: Final = re.compile(re.escape(PRICES) + r"(\d{8,})")
_ADAPTER: Final[TypeAdapter[OddCharge | AcceptedPrice]] = TypeAdapter(
    Annotated[OddCharge | AcceptedPrice, Field(discriminator="kind")], config=DEFERRED
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRecords:
    """The newest answer for each cell, and every charge after it, oldest first.

    `answered` are the creative ids of the charges before an answer. `findings`: what is no record, or damaged.
    """

    answers: Mapping[PriceKey, AcceptedPrice]
    charges: tuple[OddCharge, ...] = ()
    answered: frozenset[str] = frozenset()
    findings: tuple[Problem, ...] = ()

    @property
    def accepted(self) -> Mapping[PriceKey, Decimal]:
        """US dollars by cell."""
        return {cell: answer.price_usd for cell, answer in self.answers.items()}

    @property
    def unexplained(self) -> Mapping[PriceKey, Decimal]:
        """US dollars by cell, where only a whole run's balance shows the price and no answer has come yet."""
        return {charge.cell: charge.amount_usd for charge in self.charges if charge.unexplained}


NO_RECORDS: Final = PriceRecords(answers={})


async def read_prices(store: Store) -> PriceRecords:
    """Everything that is on record about prices; what cannot be read is a finding. Raises: StoreUnavailableError."""
    entries = await store.listing(PRICES)
    numbered = {int(found[1]): entry for entry in entries if (found := _FACT.fullmatch(entry.key))}
    contents = await read_many(store, [entry.key for entry in numbered.values()])
    findings = [stranger(entry.key) for entry in entries if not _FACT.fullmatch(entry.key)]
    answers: dict[PriceKey, AcceptedPrice] = {}
    charges: list[OddCharge] = []
    answered: set[str] = set()
    for _, entry in sorted(numbered.items()):
        if entry.key not in contents:
            continue  # deleted just now
        try:
            fact = replace(_ADAPTER.validate_json(contents[entry.key]), at=entry.modified_at)
        except ValidationError as error:
            findings.append(damaged(entry.key, contents[entry.key], error))
            continue
        if isinstance(fact, OddCharge):
            charges.append(fact)
            continue
        answers[fact.cell] = fact
        answered |= {c.creative_id for c in charges if c.cell == fact.cell and not c.unexplained}
        charges = [charge for charge in charges if charge.cell != fact.cell]
    return PriceRecords(
        answers=answers,
        charges=tuple(charges),
        answered=frozenset(answered),
        findings=tuple(findings),
    )


async def record_price(store: Store, fact: OddCharge | AcceptedPrice) -> None:
    """Add a charge or an answer under the next number. Raises: StoreUnavailableError."""
    content = _ADAPTER.dump_json(fact)
    while True:
        taken = (_FACT.fullmatch(entry.key) for entry in await store.listing(PRICES))
        number = max((int(found[1]) for found in taken if found), default=0) + 1
        if await store.create(f"{PRICES}{number:08}", content):
            return


def new_nonce() -> str:
    """Keeps two records of equal content apart."""
    return secrets.token_hex(8)
