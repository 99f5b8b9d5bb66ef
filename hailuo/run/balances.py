"""The price of a clip by the vendor's balance, where the vendor names no amounts.

Read before the submit, after it, and when the task has ended. It says something only where the job was alone all the
while and the balance fell at the submit: anything else may be another clip's (docs/unknowns.md#why-the-balance-is-not-proof).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from hailuo.vendor import VideoClient

NO_BALANCE_REPORTED: Final = frozenset({200, 404, 501})
"""Answers of a gateway that has no balance to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """US dollars that the balance had fallen by after the submit, and by the end of the task."""

    at_submit: Decimal
    at_end: Decimal

    @property
    def price_usd(self) -> Decimal | None:
        """What the clip cost; None where the two differ or nothing was taken."""
        return self.at_submit if self.at_submit == self.at_end > 0 else None

    @property
    def refunded(self) -> bool | None:
        """Whether a failed task was refunded; None where the balance does not show it."""
        if self.at_submit <= 0 or self.at_end not in {Decimal(0), self.at_submit}:
            return None
        return not self.at_end


class Balances:
    """The balances around the submits of jobs that go alone."""

    def __init__(self, client: VideoClient) -> None:
        self._client = client
        self._before: dict[str, Decimal] = {}
        self._at_submit: dict[str, Decimal] = {}
        self._is_hidden = False

    async def before(self, creative_id: str) -> None:
        """The job is about to be submitted, alone."""
        self._before.pop(creative_id, None)
        self._at_submit.pop(creative_id, None)
        balance = await self._client.balance()
        if isinstance(balance, Decimal):
            self._before[creative_id] = balance
        else:
            self._is_hidden = balance.http_status in NO_BALANCE_REPORTED

    @property
    def is_hidden(self) -> bool:
        """Whether this gateway shows no balance at all."""
        return self._is_hidden

    def fell_by(self, creative_id: str) -> Decimal | None:
        """US dollars that the balance lost at the submit of a job that went alone; None where that is not known."""
        return self._at_submit.get(creative_id)

    async def submitted(self, creative_id: str) -> None:
        """Its submit has an answer."""
        taken = await self._taken(creative_id)
        if taken is not None:
            self._at_submit[creative_id] = taken

    def disturbed(self, by: str) -> None:
        """Another job is at the vendor from now on: what was read for others proves nothing."""
        self._before = {cid: balance for cid, balance in self._before.items() if cid == by}

    async def ended(self, creative_id: str) -> Taken | None:
        """What the balance shows of the job's task, now that it has ended; None where it shows nothing."""
        at_submit = self._at_submit.get(creative_id)
        if at_submit is None or creative_id not in self._before:
            return None
        at_end = await self._taken(creative_id)
        return None if at_end is None else Taken(at_submit=at_submit, at_end=at_end)

    async def _taken(self, creative_id: str) -> Decimal | None:
        if creative_id not in self._before:
            return None
        balance = await self._client.balance()
        before = self._before.get(creative_id)  # the job may have been disturbed meanwhile
        return before - balance if isinstance(balance, Decimal) and before is not None else None
