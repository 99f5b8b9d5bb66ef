"""What a run works with, put together once by the pipeline."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final, TypeVar

from hailuo.campaign.catalog import Catalog
from hailuo.clock import Clock
from hailuo.errors import StoreUnavailableError
from hailuo.ledger.ledger import Ledger
from hailuo.run.pace import Limiter
from hailuo.run.polling import PollSchedule
from hailuo.store import Store
from hailuo.vendor import VideoClient

T = TypeVar("T")
_log = logging.getLogger(__name__)

_INSIST_TRIES: Final = 9
_INSIST_LONGEST_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """An open store and an open vendor client, to be used in place of those that the settings name."""

    store: Store
    client: VideoClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The run's connections to the world; `scratch` is a folder for downloads under way."""

    ledger: Ledger
    store: Store
    client: VideoClient
    limiter: Limiter
    schedule: PollSchedule
    clock: Clock
    random: Random
    catalog: Catalog
    scratch: Path


async def insist(clock: Clock, write: Callable[[], Awaitable[T]], *, about: str) -> T:
    """Repeat a write that the store did not answer, for about two minutes: 1, 2, 4 ... 30 s apart.

    `about` goes into the log: it names what would be forgotten, such as the task id.
    Raises: StoreUnavailableError, saying so, when the last try fails too.
    """
    last: StoreUnavailableError | None = None
    for tries in range(1, _INSIST_TRIES + 1):
        try:
            return await write()
        except StoreUnavailableError as error:
            _log.error("hailuo.store.unavailable: %s; try %d of %d: %s", about, tries, _INSIST_TRIES, error)
            last = error
        await clock.sleep(min(_INSIST_LONGEST_SECONDS, 2.0 ** (tries - 1)))
    raise StoreUnavailableError(f"{about}, and the store did not take it: {last}") from last
