"""A switch that ends waits: once thrown, everybody who waits under it stops waiting."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class HaltedError(Exception):
    """The switch was thrown while this was waiting. Never leaves the runner."""


class Halt:
    """Thrown once, with a reason; a later reason is ignored."""

    def __init__(self) -> None:
        self._thrown = asyncio.Event()
        self.reason: str | None = None

    def throw(self, reason: str) -> None:
        self.reason = self.reason or reason
        self._thrown.set()

    async def unless(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`; HaltedError, with `work` cancelled, when the switch is thrown first."""
        if self.reason:
            work.close()
            raise HaltedError(self.reason)
        task, bell = asyncio.ensure_future(work), asyncio.ensure_future(self._thrown.wait())
        try:
            await asyncio.wait({task, bell}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise HaltedError(self.reason)
        finally:
            task.cancel()
            bell.cancel()
