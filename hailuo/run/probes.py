"""Which job goes alone because nothing is known of what its cell is charged.

Where the vendor names no amounts, only the balance shows a price, and only while one job is submitted at a time. So the
first job of a cell without a known price waits until nothing is at the vendor, and the others wait for its price.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from hailuo.campaign.job import Job
from hailuo.campaign.pricing import PriceKey, price_key_of

_CLIPS_WITHOUT_PRICE: Final = 3
"""After so many clips of a cell whose price could not be measured, the others no longer wait."""


class PriceProbes:
    """Lets one job at a time measure the price of its cell, while `needed` says so."""

    def __init__(self, known: Iterable[PriceKey], *, needed: Callable[[], bool]) -> None:
        self._known = set(known)
        self._needed = needed
        self._unclear: Counter[PriceKey] = Counter()
        self._at_vendor: set[str] = set()
        self._waiting: dict[str, PriceKey] = {}
        self._out: str | None = None
        self._changed = asyncio.Event()

    async def turn(self, job: Job) -> None:
        """Wait until the job may be submitted. Its turn ends with `leave`."""
        cid, cell = job.creative_id, price_key_of(job.variant)
        try:
            while self._must_wait(cid, cell):
                if cell not in self._known:
                    self._waiting[cid] = cell
                await self._changed.wait()
        finally:
            self._waiting.pop(cid, None)
        if self._needed() and cell not in self._known:
            self._out = cid
        self._at_vendor.add(cid)

    def _must_wait(self, creative_id: str, cell: PriceKey) -> bool:
        if not self._needed():
            return False
        if self._out not in {None, creative_id}:
            return True
        if cell in self._known:
            return any(other not in self._known for other in self._waiting.values())
        return bool(self._at_vendor - {creative_id})

    def enter(self, creative_id: str) -> None:
        """The job is at the vendor from an earlier run."""
        self._at_vendor.add(creative_id)

    def leave(self, creative_id: str) -> None:
        """The job is no longer at the vendor."""
        self._at_vendor.discard(creative_id)
        if self._out == creative_id:
            self._out = None
        self._wake()

    def measured(self, job: Job) -> None:
        """The price of the job's cell is known: the others need not wait."""
        self._known.add(price_key_of(job.variant))
        if self._out == job.creative_id:
            self._out = None
        self._wake()

    def not_measured(self, job: Job) -> bool:
        """The job has its clip, and nothing showed its price: the next one of its cell tries again.

        Whether it was the one that was to measure it.
        """
        cell, was_out = price_key_of(job.variant), self._out == job.creative_id
        self._unclear[cell] += was_out
        if self._unclear[cell] >= _CLIPS_WITHOUT_PRICE:
            self._known.add(cell)
        return was_out

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
