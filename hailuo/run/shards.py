"""Shards: one admitted plan, driven by several processes, each with its part of the jobs and of the limits.

The lead of a run takes the grant and deals the jobs out; every shard buys on that grant and within it, and
writes a note of its progress beside the ledger. Notes are how the lead sees that a shard lives and what it
spent; what was bought is in the ledger as ever, so a shard that dies loses nothing and its jobs are dealt again.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from hailuo.clock import Clock, Stopwatch
from hailuo.errors import MissingKeyError, Place, Problem, StoreUnavailableError
from hailuo.lazy import DEFERRED
from hailuo.run.events import Progress, RunReport
from hailuo.settings import Settings
from hailuo.store import Entry, Store
from hailuo.store.layout import Edition

BEAT_SECONDS: Final = 20.0
"""How often a shard writes its note."""

_SILENT_FOR: Final = timedelta(seconds=9 * BEAT_SECONDS)
"""A shard that has written nothing for so long, by the store's time, is taken for dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One shard's part of a run: its jobs, and its static share of the vendor's limits.

    It buys on the grant of the run named `run`. Whole submits a minute and whole tasks, for then no 60 s see more
    than the limit, however the shards' submits fall together; Prefect's own rate limits missed by a fifth either
    way (docs/evidence/measurements.md#rate-limits-of-prefect).
    """

    run: str
    number: int
    submits_per_minute: int
    in_flight: int
    creative_ids: tuple[str, ...]

    @property
    def worker(self) -> str:
        """The worker's name in the intents of this shard."""
        return f"{self.run}/{self.number}"

    def limits(self, settings: Settings) -> Settings:
        """The settings with this shard's share of the limits."""
        share = {"submits_per_minute": self.submits_per_minute, "in_flight": self.in_flight}
        return settings.model_copy(update=share)


def deal(creative_ids: Sequence[str], *, run: str, machines: int, settings: Settings) -> list[Share]:
    """The jobs and the limits dealt out evenly.

    To at most so many shards that each has a job, a submit a minute and a task in flight.
    """
    limit = int(settings.submits_per_minute)
    of = max(1, min(machines, limit, settings.in_flight, len(creative_ids)))
    return [
        Share(
            run=run,
            number=number,
            submits_per_minute=max(1, _part(limit, number, of)),
            in_flight=_part(settings.in_flight, number, of),
            creative_ids=tuple(creative_ids[number - 1 :: of]),
        )
        for number in range(1, of + 1)
    ]


def _part(whole: int, number: int, of: int) -> int:
    """Part `number` of `of` of a whole: all parts add up to it, and none differ by more than one."""
    each, left = divmod(whole, of)
    return each + (1 if number <= left else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardNote:
    """Where a shard stood at `at`. `report` comes with the last note; `spent` is what its attempts cost or hold."""

    schema: Literal["hailuo.shard/1.0"] = "hailuo.shard/1.0"
    number: int
    at: datetime
    progress: Progress
    report: RunReport | None = None
    spent: Mapping[str, Decimal] = field(default_factory=dict)
    __pydantic_config__ = DEFERRED


_ADAPTER: Final = TypeAdapter(ShardNote)
_NOTE: Final = re.compile(r"shard-([0-9]{3,})\.json")


class ShardNotes:
    """The notes of one run's shards, in the store."""

    def __init__(self, store: Store, clock: Clock, edition: Edition, *, run: str) -> None:
        self._store = store
        self._clock = clock
        self._folder = edition.shards(run)
        self._seen: dict[str, tuple[datetime, Stopwatch]] = {}

    async def write(self, note: ShardNote) -> None:
        """Keep the newest note of a shard. Raises: StoreUnavailableError."""
        content = _ADAPTER.dump_json(note)
        await self._store.put(self._key(note.number), content, content_type="application/json")

    async def read(self, number: int) -> ShardNote | Problem | None:
        """The newest note of a shard; None before its first, the problem where it is damaged.

        Raises: StoreUnavailableError.
        """
        key = self._key(number)
        try:
            return _ADAPTER.validate_json(await self._store.read(key))
        except MissingKeyError:
            return None
        except ValidationError:
            remedy = f"none is needed: the shard writes it again within {BEAT_SECONDS:.0f} s, or is replaced"
            return Problem(Place(key), "is no note of a shard: it is damaged", remedy)

    async def silent(self) -> frozenset[int]:
        """The shards whose newest note is so old that their process must be dead. Raises: StoreUnavailableError."""
        now = await self._store.now()
        entries = await self._store.listing(self._folder)
        return frozenset(
            int(note[1])
            for entry in entries
            if (note := _NOTE.fullmatch(entry.key.removeprefix(self._folder)))
            and (now - entry.modified_at > _SILENT_FOR or self._is_unchanged(entry))
        )

    def _is_unchanged(self, entry: Entry) -> bool:
        """Whether the note has stayed the same for so long as this process looks: its time may be a wrong clock's."""
        seen = self._seen.get(entry.key)
        if seen is None or seen[0] != entry.modified_at:
            self._seen[entry.key] = (entry.modified_at, Stopwatch(self._clock))
            return False
        return seen[1].seconds > _SILENT_FOR.total_seconds()

    @asynccontextmanager
    async def beating(self, number: int, progress: Callable[[], Progress]) -> AsyncIterator[None]:
        """Write the shard's progress regularly while the block runs; a note that fails is skipped."""
        beat = asyncio.create_task(self._beat(number, progress))
        try:
            yield
        finally:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat

    async def _beat(self, number: int, progress: Callable[[], Progress]) -> None:
        while True:
            with suppress(StoreUnavailableError):
                await self.write(ShardNote(number=number, at=self._clock.now(), progress=progress()))
            await self._clock.sleep(BEAT_SECONDS)

    def _key(self, number: int) -> str:
        return f"{self._folder}shard-{number:03}.json"
