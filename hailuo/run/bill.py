"""What the balance lost while a run bought, compared with what the run was granted.

For a price that changes in the middle of a run, at a vendor that names no amounts: then only the sum shows it. The
balance is read before the first submit, after it, after every third one, and at the end of the run.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from hailuo.campaign.catalog import Billing
from hailuo.errors import StoreUnavailableError
from hailuo.ledger.facts import JobState
from hailuo.ledger.leftovers import find_leftovers
from hailuo.ledger.money import Fate, items_of, sums_of
from hailuo.run.spending import SpendingGrant, spent_by
from hailuo.run.tools import Tools

_ZERO: Final = Decimal(0)
_OPEN: Final = frozenset({Fate.RENDERING, Fate.MAYBE_CHARGED})
_EVERY_SUBMITS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexplained:
    """US dollars: by how much the balance fell, and what the run's attempts cost or reserve by its records.

    The vendor named no amount for `clips`. `factor` is how much dearer each of them must have been than granted.
    """

    fall_usd: Decimal
    expected_usd: Decimal
    clips: tuple[str, ...]
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Others:
    """US dollars that left the account without a clip of this run, by the clips that were submitted after them."""

    usd: Decimal


@dataclass(frozen=True, slots=True)
class _Reading:
    """The balance at a moment without a submit under way, and what each attempt cost or reserves by then."""

    balance: Decimal
    spent: Mapping[str, Decimal]

    @property
    def expected(self) -> Decimal:
        return sum(self.spent.values(), _ZERO)


class Bill:
    """The balance before the first submit of a run, between its submits, and at its end."""

    def __init__(self, tools: Tools, spending: SpendingGrant) -> None:
        self._tools = tools
        self._spending = spending
        self._tolerance = spending.tolerance_percent / 100
        self._opening: Decimal | None = None
        self._late_usd = self._others_usd = _ZERO
        self._last: _Reading | None = None
        self._suspected: Unexplained | None = None
        self._submits = _EVERY_SUBMITS  # since the last reading: the first submit is looked at
        self._is_open = False
        self._reading = asyncio.Lock()

    async def open(self) -> None:
        """Read the balance, before anything is submitted; once."""
        async with self._reading:
            if not self._is_open and not self._spending.is_shared and not await self._awaits_charges():
                balance = await self._tools.client.balance()
                if isinstance(balance, Decimal):
                    self._opening, self._last = balance, _Reading(balance, self._spent())
                    self._late_usd = self._in_doubt()
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

    async def submitted(self, is_quiet: Callable[[], bool]) -> Unexplained | Others | None:
        """A submit has its answer: read the balance where it is time. `is_quiet`: no other submit is under way.

        Two readings in succession must show more than the submits before them explain. The first may be another user
        of the account: where the second is as granted, it was. A balance that is late shows too little, and never more
        than everything that was bought.
        """
        self._submits += 1
        is_due = self._submits >= _EVERY_SUBMITS or self._suspected is not None
        if self._last is None or not is_due or not is_quiet():
            return None
        before, balance = self._spent(), await self._tools.client.balance()
        if not isinstance(balance, Decimal) or not is_quiet() or self._spent() != before:
            return None
        self._submits = 0
        return await self._compared(self._last, _Reading(balance, before))

    async def _compared(self, last: _Reading, now: _Reading) -> Unexplained | Others | None:
        fall, expected = last.balance - now.balance, now.expected - last.expected
        if expected <= 0:
            return None
        if fall < 0:  # topped up, or refunded without a word; by how much is not clear to a clip or three
            self._others_usd += min(self._fall_beyond(now) + expected, _ZERO)
        found = Unexplained(
            fall_usd=fall,
            expected_usd=expected,
            clips=tuple(cid for cid, usd in now.spent.items() if usd != last.spent.get(cid)),
            factor=fall / expected,
        )
        suspected, self._last, self._suspected = self._suspected, now, None
        if fall > expected * (1 + self._tolerance) and self._fall_beyond(now) > 0:
            if not await self._spending.was_alone():
                self._last = None  # whatever is read from now on may be another run's
            elif suspected:
                return replace(
                    found,
                    fall_usd=suspected.fall_usd + fall,
                    expected_usd=suspected.expected_usd + expected,
                    clips=(*suspected.clips, *found.clips),
                )
            else:
                self._suspected = found
        elif suspected and self._fall_beyond(now) > 0:
            others = Others(suspected.fall_usd - suspected.expected_usd)
            self._others_usd += others.usd
            return others
        return None

    def _fall_beyond(self, now: _Reading) -> Decimal:
        """US dollars of the fall since the first submit that nothing explains; below 0 where the balance is late."""
        known = now.expected + self._late_usd + self._others_usd
        return (self._opening or _ZERO) - now.balance - known

    async def unexplained(self, completed: str | None = None) -> Unexplained | None:
        """The difference over the whole run, if it is beyond the tolerance and no other run bought meanwhile; else None.

        The job `completed` has its clip at the vendor, without a price, and no record of it yet.
        """
        if self._opening is None:
            return None
        ledger, before = self._tools.ledger, self._spent()
        unnamed = {cid for cid in before if (done := ledger.record(cid).done) and done.charge_usd is None}
        unnamed |= {completed} & before.keys() if completed else set()
        balance = await self._tools.client.balance() if unnamed else None
        if not isinstance(balance, Decimal):
            return None
        now = _Reading(balance, self._spent())  # what was submitted meanwhile may be charged in this balance
        beyond, expected = self._fall_beyond(now), now.expected + self._late_usd
        if beyond <= expected * self._tolerance or not await self._spending.was_alone():
            return None
        return Unexplained(
            fall_usd=self._opening - balance - self._others_usd,
            expected_usd=expected,
            clips=tuple(cid for cid in before if cid in unnamed),
            factor=1 + beyond / sum((before[cid] for cid in unnamed), _ZERO),
        )

    def _spent(self) -> Mapping[str, Decimal]:
        return spent_by(self._spending.run, self._tools.ledger)

    def _in_doubt(self) -> Decimal:
        """What submits of earlier runs of this edition may still be charged: they may be on their way."""
        ledger = self._tools.ledger
        late = [
            r for c, r in ledger.records.items() if ledger.state(c, failed_retries=0) is JobState.IN_DOUBT
        ]
        return sums_of(item for record in late for item in items_of(record)).unknown_usd
