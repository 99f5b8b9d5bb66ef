"""A resumed edition is read in few requests: done facts come from rollups, the listing stays the authority."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from hailuo.ledger.ledger import Ledger
from hailuo.ledger.rollups import ROLLUP_SIZE
from hailuo.store import Entry
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock
from tests.support.factories import SUBMITTED, bought, make_done, make_job

PAGE = 1000
"""Keys in one page of an S3 listing."""


class CountingStore(MemoryStore):
    """Counts what S3 would bill as requests."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.requests: Counter[str] = Counter()

    async def create(self, key: str, content: bytes) -> bool:
        self.requests["put"] += 1
        return await super().create(key, content)

    async def read(self, key: str) -> bytes:
        self.requests["get"] += 1
        return await super().read(key)

    async def listing(self, prefix: str) -> Sequence[Entry]:
        found = await super().listing(prefix)
        self.requests["list"] += max(1, -(-len(found) // PAGE))
        return found

    async def put_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> None:
        self.requests["put"] += 2  # the clip, and the question what arrived
        await super().put_file(key, path, sha256=sha256, content_type=content_type)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def ledger_on(store: MemoryStore, clock: VirtualClock) -> Ledger:
    return Ledger(store, clock, Edition("shoe", "main"), worker="w")


async def finish_jobs(ledger: Ledger, count: int) -> list[str]:
    """So many jobs bought, submitted and done."""
    jobs = [make_job(take=take) for take in range(1, count + 1)]
    for job in jobs:
        await bought(ledger, job)
        await ledger.close(job.creative_id, SUBMITTED)
        await ledger.finish(job.creative_id, make_done(job))
    return [job.creative_id for job in jobs]


@pytest.mark.slow
def test_an_edition_half_done_is_read_for_under_one_percent_of_the_first_runs_requests(clock) -> None:
    """Count, not time: listing pages, rollups, and the few done facts that no rollup holds yet. On real S3: `make bench-ledger`."""
    store = CountingStore(clock)
    known = asyncio.run(finish_jobs(ledger_on(store, clock), 1_000))
    first_run = (store.requests.total() + 1_000 * 2) * 2  # the clips too, and the other half
    store.requests.clear()

    reader = ledger_on(store, clock)
    asyncio.run(reader.load(set(known)))

    assert len(reader.records) == 1_000
    assert all(record.done for record in reader.records.values())
    assert store.requests.total() < first_run / 100, store.requests


def test_a_rollup_is_no_authority(clock) -> None:
    """A job whose done key is gone is not done, whatever a rollup says."""
    store = MemoryStore(clock)
    ids = asyncio.run(finish_jobs(ledger_on(store, clock), ROLLUP_SIZE))
    del store._objects[f"shoe/main/ledger/v1/{ids[0]}/done"]

    reader = ledger_on(store, clock)
    asyncio.run(reader.load(set(ids)))

    assert reader.record(ids[0]).done is None
    assert reader.record(ids[1]).done is not None


def test_without_rollups_the_ledger_reads_the_same(clock) -> None:
    """They may all be deleted."""
    store = MemoryStore(clock)
    ids = asyncio.run(finish_jobs(ledger_on(store, clock), ROLLUP_SIZE + 7))
    with_them, without = ledger_on(store, clock), ledger_on(store, clock)
    asyncio.run(with_them.load(set(ids)))

    for key in [key for key in store._objects if "/rollups/" in key]:
        del store._objects[key]
    asyncio.run(without.load(set(ids)))

    assert with_them.records == without.records


def test_what_a_killed_worker_left_unrolled_is_rolled_up_by_the_next(clock) -> None:
    """Ninety-nine done facts in no rollup, twice: the third start writes one."""
    store = CountingStore(clock)
    ids = asyncio.run(finish_jobs(ledger_on(store, clock), ROLLUP_SIZE - 1))
    second = ledger_on(store, clock)
    asyncio.run(second.load(set(ids)))
    more = make_job(take=ROLLUP_SIZE)

    async def one_more() -> None:
        await bought(second, more)
        await second.close(more.creative_id, SUBMITTED)
        await second.finish(more.creative_id, make_done(more))

    asyncio.run(one_more())

    third = ledger_on(store, clock)
    store.requests.clear()
    asyncio.run(third.load({*ids, more.creative_id}))
    assert store.requests["get"] == 1
