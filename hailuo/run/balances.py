"""The price of a clip by the vendor's balance, where the vendor names no amounts.

Read before the submit, after it, and when the task has ended. It says something only where the job was alone all the
while and the balance fell at the submit: anything else may be another clip's (docs/how-to/unknowns.md#why-the-balance-is-not-proof).
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from hailuo.campaign.catalog import Billing, Catalog
from hailuo.campaign.job import Job
from hailuo.errors import StoreUnavailableError
from hailuo.ledger.leftovers import find_leftovers
from hailuo.ledger.money import Fate, Item, items_of
from hailuo.run.spending import SpendingGrant
from hailuo.run.tools import Tools
from hailuo.vendor import NO_BALANCE_REPORTED

_PERHAPS_REFUNDED: Final = frozenset({Fate.LOST, Fate.PAID_TWICE, Fate.ABANDONED})
_REFUNDED_WITHIN: Final = timedelta(days=1)
"""A task that no run follows any more, or that failed without a word of a refund, may be refunded for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """US dollars that the balance had fallen by after the submit, and by the end of the task.

    A family that is billed at the end takes nothing at the submit: then only the end says something.
    """

    at_submit: Decimal
    at_end: Decimal
    billing: Billing = Billing.AT_SUBMIT

    @property
    def price_usd(self) -> Decimal | None:
        """What the clip cost; None where the two differ or nothing was taken."""
        taken = self.at_end if self.billing is Billing.AT_END else self.at_submit
        return taken if taken == self.at_end > 0 else None

    @property
    def refunded(self) -> bool | None:
        """Whether a failed task was refunded, or never charged; None where the balance does not show it."""
        if self.billing is Billing.AT_END:
            return True if self.at_end == 0 else None
        if self.at_submit <= 0 or self.at_end not in {Decimal(0), self.at_submit}:
            return None
        return not self.at_end


class Balances:
    """The balances around the submits of jobs that go alone.

    Alone is more than the only one of this run: no task that was left at the vendor, in any edition of the store, and no
    other run that may buy. Otherwise a reading is dropped, and what it would have shown stays unknown.
    """

    def __init__(self, tools: Tools, spending: SpendingGrant) -> None:
        self._tools = tools
        self._spending = spending
        self._before: dict[str, Decimal] = {}
        self._at_submit: dict[str, Decimal] = {}
        self._billed_at_end: set[str] = set()
        self._newest: str | None = None
        self._others_left: bool | None = None
        self._is_hidden = False

    async def before(self, job: Job) -> None:
        """The job is about to be submitted, and no other of this run is at the vendor."""
        creative_id = job.creative_id
        if billing_of(job, self._tools.catalog) is Billing.AT_END:
            self._billed_at_end.add(creative_id)
        self._before.pop(creative_id, None)
        self._at_submit.pop(creative_id, None)
        is_quiet, balance = await self._is_quiet(), await self._tools.client.balance()
        if not isinstance(balance, Decimal):
            self._is_hidden = balance.http_status in NO_BALANCE_REPORTED
        elif is_quiet and self._newest in {None, creative_id}:  # else another job came meanwhile
            self._before[creative_id] = balance

    @property
    def is_hidden(self) -> bool:
        """Whether this gateway shows no balance at all."""
        return self._is_hidden

    def fell_by(self, creative_id: str) -> Decimal | None:
        """US dollars that the balance lost at the submit of a job that went alone; None where that is not known.

        Of a family that is billed at the end a submit proves nothing.
        """
        return None if creative_id in self._billed_at_end else self._at_submit.get(creative_id)

    async def submitted(self, creative_id: str) -> None:
        """Its submit has an answer."""
        taken = await self._taken(creative_id)
        if taken is not None:
            self._at_submit[creative_id] = taken

    def disturbed(self, by: str) -> None:
        """Another job is at the vendor from now on: what was read for others, or is being read, proves nothing."""
        self._newest = by
        self._before = {cid: balance for cid, balance in self._before.items() if cid == by}

    async def ended(self, creative_id: str) -> Taken | None:
        """What the balance shows of the job's task, now that it has ended; None where it shows nothing."""
        at_submit = self._at_submit.get(creative_id)
        if at_submit is None or creative_id not in self._before:
            return None
        at_end = await self._taken(creative_id)
        billing = Billing.AT_END if creative_id in self._billed_at_end else Billing.AT_SUBMIT
        return None if at_end is None else Taken(at_submit=at_submit, at_end=at_end, billing=billing)

    async def _taken(self, creative_id: str) -> Decimal | None:
        if creative_id not in self._before:
            return None
        balance = await self._tools.client.balance()
        if (
            not await self._spending.was_alone()
        ):  # asked after the reading: what changed it is on record by then
            return None
        before = self._before.get(creative_id)  # the job may have been disturbed meanwhile
        return before - balance if isinstance(balance, Decimal) and before is not None else None

    async def _is_quiet(self) -> bool:
        """Whether nothing that was bought before can be charged or refunded while the job is at the vendor."""
        now = self._tools.clock.now()
        for record in self._tools.ledger.records.values():
            if record.damage or any(_may_be_refunded(item, now) for item in items_of(record)):
                return False
        if self._others_left is None:
            edition = self._tools.ledger.edition
            with contextlib.suppress(StoreUnavailableError):
                left = await find_leftovers(self._tools.store, self._tools.clock, skip=edition)
                self._others_left = any(one.may_be_refunded for one in left)
        return self._others_left is False and await self._spending.was_alone()


def billing_of(job: Job, catalog: Catalog) -> Billing:
    """When the vendor takes the price of the job's clip; with the submit where the catalog does not know its model."""
    model = catalog.model(job.variant.model)
    return catalog.family_of(model).billing if model else Billing.AT_SUBMIT


def _may_be_refunded(item: Item, now: datetime) -> bool:
    """Whether the vendor may still give this money back: at any time, or late."""
    late = item.fate in _PERHAPS_REFUNDED and now - item.at < _REFUNDED_WITHIN
    return late or item.fate in {Fate.RENDERING, Fate.MAYBE_CHARGED}
