"""What the balance lost over a whole run, compared with what the run was granted.

For a price that changes in the middle of a run, at a vendor that names no amounts: then only the sum shows it.
"""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from hailuo.campaign.catalog import Billing
from hailuo.errors import StoreUnavailableError
from hailuo.ledger.leftovers import find_leftovers
from hailuo.ledger.money import Fate, items_of
from hailuo.run.spending import SpendingGrant, spent_by
from hailuo.run.tools import Tools

_ZERO: Final = Decimal(0)
_OPEN: Final = frozenset({Fate.RENDERING, Fate.MAYBE_CHARGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexplained:
    """US dollars: by how much the balance fell, and what the run's attempts cost or reserve by its records.

    The vendor named no amount for `clips`. `factor` is how much dearer each of them must have been than granted.
    """

    fall_usd: Decimal
    expected_usd: Decimal
    clips: tuple[str, ...]
    factor: Decimal


class Bill:
    """The balance before the first submit of a run, and at its end."""

    def __init__(self, tools: Tools, spending: SpendingGrant) -> None:
        self._tools = tools
        self._spending = spending
        self._opening: Decimal | None = None
        self._is_open = False
        self._reading = asyncio.Lock()

    async def open(self) -> None:
        """Read the balance, before anything is submitted; once."""
        async with self._reading:
            if not self._is_open and not self._spending.is_shared and not await self._awaits_charges():
                balance = await self._tools.client.balance()
                self._opening = balance if isinstance(balance, Decimal) else None
            self._is_open = True

    async def _awaits_charges(self) -> bool:
        """Whether something that was bought before may be charged in this run, because its family is billed at the end.

        Then the balance also loses what this run did not buy. So it may where the store cannot say.
        """
        tools, catalog = self._tools, self._tools.catalog
        open_here = {
            record.job.variant.model
            for record in tools.ledger.records.values()
            if record.job and any(item.fate in _OPEN for item in items_of(record))
        }
        try:
            left = await find_leftovers(tools.store, tools.clock, skip=tools.ledger.edition)
        except StoreUnavailableError:
            return True
        names = open_here.union(*(one.models for one in left))
        models = [model for name in names if (model := catalog.model(name))]
        return any(catalog.family_of(model).billing is Billing.AT_END for model in models)

    async def unexplained(self, completed: str | None = None) -> Unexplained | None:
        """The difference, if it is beyond the tolerance and no other run bought meanwhile; else None.

        The job `completed` has its clip at the vendor, without a price, and no record of it yet.
        """
        if self._opening is None:
            return None
        ledger, spent = self._tools.ledger, spent_by(self._spending.run, self._tools.ledger)
        dones = {cid: done for cid in spent if (done := ledger.record(cid).done)}
        unnamed = {cid: spent[cid] for cid, done in dones.items() if done.charge_usd is None}
        unnamed |= {cid: usd for cid, usd in spent.items() if cid == completed}
        balance = await self._tools.client.balance() if unnamed else None
        if not isinstance(balance, Decimal):
            return None
        fall, expected = self._opening - balance, sum(spent.values(), _ZERO)
        most = expected * (1 + self._spending.tolerance_percent / 100)
        if fall <= most or not await self._spending.was_alone():
            return None
        factor = 1 + (fall - expected) / sum(unnamed.values(), _ZERO)
        return Unexplained(fall_usd=fall, expected_usd=expected, clips=tuple(unnamed), factor=factor)
