"""The durable record of attempts: write-once facts beside the clips.

    {campaign}/{edition}/ledger/v1/{creative_id}/a001/intent      the right to POST once (or: adopts a late task id)
                                                 a001/doubt       the POST ended without a verdict
                                                 a001/outcome     submitted | refused | unsent | abandoned
                                                 a001/end         the vendor failed the task
                                                 a001/orphan-*    a task id that came after the attempt was closed
                                                 done             the clip's bytes are in the store

The only writer of these keys, and but for `hailuo.ledger.claims` the only reader. The state is in the key names: one listing gives the
state of every job. Guarantee: if the store's create-once is linearisable and no ledger key is deleted, there
is at most one POST per attempt, and an ambiguous submit is never repeated without a recorded decision.
"""

import asyncio
import hashlib
import re
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, TypeVar

from pydantic import TypeAdapter

from hailuo.campaign.job import Job
from hailuo.clock import Clock
from hailuo.errors import LedgerError, MissingKeyError
from hailuo.ledger.fact_json import DONE, DOUBT, END, INTENT, ORPHAN, OUTCOME, dump_fact, load_fact, name_of
from hailuo.ledger.facts import (
    Attempt,
    Done,
    Doubt,
    End,
    Fact,
    Intent,
    JobRecord,
    JobState,
    LateTask,
    Orphan,
    Outcome,
    Submitted,
)
from hailuo.ledger.life import state_of, with_fact
from hailuo.ledger.rollups import Rollups
from hailuo.logs import quiet_logger
from hailuo.store import Entry, Store
from hailuo.store.layout import Edition
from hailuo.vendor import SUBMIT_SECONDS_AT_MOST

HORIZON: Final = timedelta(seconds=SUBMIT_SECONDS_AT_MOST + 60)
"""How long an intent without outcome may be another worker's business: the longest POST and a margin."""

_READS_AT_ONCE = 32
_KEY = re.compile(r"[0-9A-Z]{10}/(?:done|a\d{3,}/(?:intent|doubt|outcome|end|orphan-\w+))")
_log = quiet_logger(__name__)
T = TypeVar("T")


class Ledger:
    """What is known of every job of one edition, as last read and as written since."""

    def __init__(self, store: Store, clock: Clock, edition: Edition, *, worker: str) -> None:
        self._store = store
        self._clock = clock
        self._prefix = edition.ledger
        self._worker = worker
        self._rollups = Rollups(store, edition)
        self._records: dict[str, JobRecord] = {}
        self._store_ahead = timedelta(0)

    @property
    def records(self) -> Mapping[str, JobRecord]:
        """Every job with at least one fact, by creative id."""
        return self._records

    def record(self, creative_id: str) -> JobRecord:
        """What is known of one job; an empty record when nothing is."""
        return self._records.get(creative_id) or JobRecord(creative_id=creative_id)

    def state(self, creative_id: str, *, failed_retries: int) -> JobState:
        """The job's state by what was last read and written; ages by the store's time."""
        return state_of(
            self.record(creative_id),
            store_now=self._clock.now() + self._store_ahead,
            horizon=HORIZON,
            failed_retries=failed_retries,
        )

    def attempt_key(self, creative_id: str) -> str:
        """Where the facts of the job's last attempt lie in the store."""
        return self._key(creative_id, len(self.record(creative_id).attempts), "intent").removesuffix(
            "/intent"
        )

    async def load(self, known: Collection[str] = (), *, histories: bool = False) -> None:
        """Read the state of every job: one listing, and the facts of the jobs that are not finished.

        Of a finished job only `done` is read, and that from a rollup where one holds it, unless the job
        is not among the `known` creative ids. With `histories` a finished job of several attempts is read whole:
        no other fact holds what was refunded or abandoned on the way.
        """
        self._store_ahead = await self._store.now() - self._clock.now()
        by_job = _group(await self._store.listing(self._prefix), self._prefix)
        rolled_up = await self._rollups.read()
        gate = asyncio.Semaphore(_READS_AT_ONCE)
        reads = (
            self._read(
                cid,
                facts,
                gate=gate,
                full=cid not in known or (histories and len(_attempt_times(cid, facts)) > 1),
                done=rolled_up.get(cid),
            )
            for cid, facts in by_job.items()
        )
        self._records = {record.creative_id: record for record in await asyncio.gather(*reads)}
        read = ((cid, record.done) for cid, record in self._records.items() if cid not in rolled_up)
        await self._rollups.add((cid, done) for cid, done in read if done)

    async def load_unfinished(self) -> None:
        """Read only the jobs whose clips are not stored, with all of their facts.

        Raises: StoreUnavailableError, LedgerError.
        """
        self._store_ahead = await self._store.now() - self._clock.now()
        by_job = _group(await self._store.listing(self._prefix), self._prefix)
        gate = asyncio.Semaphore(_READS_AT_ONCE)
        unfinished = ((cid, facts) for cid, facts in by_job.items() if "done" not in facts)
        reads = (self._read(cid, facts, gate=gate) for cid, facts in unfinished)
        self._records = {record.creative_id: record for record in await asyncio.gather(*reads)}

    async def load_request_ids(self) -> None:
        """Read the request ids that the `done` facts of earlier versions do not hold: a read or two for each of them."""
        gate = asyncio.Semaphore(_READS_AT_ONCE)
        old = [(r, r.done) for r in self._records.values() if r.done and r.done.request_id is None]
        found = await asyncio.gather(*(self._request_id(record, done, gate) for record, done in old))
        for (record, done), request_id in zip(old, found, strict=True):
            self._records[record.creative_id] = replace(record, done=replace(done, request_id=request_id))

    async def _request_id(self, record: JobRecord, done: Done, gate: asyncio.Semaphore) -> str:
        """What the outcome says, else the doubt before it; "" where neither has an id."""
        attempt = next((a for a in record.attempts if a.number == done.attempt and a.intent), None)
        if attempt is None:
            folder = f"a{done.attempt:03}"
            outcome = await self._fetch(record.creative_id, f"{folder}/outcome", OUTCOME, gate)
            attempt = Attempt(number=done.attempt, recorded_at=done.submitted_at, outcome=outcome)
            if not attempt.request_id:
                with suppress(MissingKeyError):
                    doubt = await self._fetch(record.creative_id, f"{folder}/doubt", DOUBT, gate)
                    attempt = replace(attempt, doubt=doubt)
        return attempt.request_id or ""

    async def refresh(self, creative_id: str) -> JobRecord:
        """Read one job's facts again."""
        found = _group(await self._store.listing(f"{self._prefix}{creative_id}/"), self._prefix)
        gate = asyncio.Semaphore(_READS_AT_ONCE)
        facts = found.get(creative_id, {})
        self._records[creative_id] = await self._read(creative_id, facts, gate=gate)
        return self._records[creative_id]

    async def intend(
        self, job: Job, *, price_usd: Decimal, request_sha256: str, base_url: str | None = None
    ) -> bool:
        """Take the right to POST once, to `base_url`: True if this call, and no other, got it."""
        intent = Intent(
            nonce=secrets.token_hex(16),
            worker=self._worker,
            at=self._clock.now(),
            price_usd=price_usd,
            request_sha256=request_sha256,
            job=job.as_recorded(),
            base_url=base_url,
        )
        won = await self._write(job.creative_id, len(self.record(job.creative_id).attempts) + 1, intent)
        if won:
            self._records[job.creative_id] = self._by_store_time(self._records[job.creative_id])
        return won

    async def take_over(self, creative_id: str, late: LateTask) -> bool:
        """Open an attempt for a task id that came late; nothing is sent for it. Its outcome is to `settle`."""
        intent = replace(
            late.attempt.require_intent(),
            nonce=secrets.token_hex(16),
            worker=self._worker,
            at=self._clock.now(),
            adopts=late.orphan.task_id,
        )
        return await self._write(creative_id, len(self.record(creative_id).attempts) + 1, intent)

    async def settle(self, creative_id: str, outcome: Outcome) -> bool:
        """Record how the last attempt's POST ended by a decision, unless its own answer came first."""
        return await self._write(creative_id, len(self.record(creative_id).attempts), outcome)

    async def close(self, creative_id: str, outcome: Outcome) -> bool:
        """Record how the last attempt's POST ended. A task id that comes too late becomes an orphan."""
        number = len(self.record(creative_id).attempts)
        won = await self._offer(creative_id, number, outcome)
        if not won:
            # The orphan first: should the store fail here, the same call made again still knows
            # nothing of what the others wrote, and takes the same way to the same attempt.
            if isinstance(outcome, Submitted):
                await self._write_orphan(creative_id, number, outcome)
            await self.refresh(creative_id)
        return won

    async def doubt(self, creative_id: str, doubt: Doubt) -> bool:
        """Record that the last attempt's POST ended without a verdict."""
        return await self._write(creative_id, len(self.record(creative_id).attempts), doubt)

    async def end(self, creative_id: str, end: End) -> bool:
        """Record that the vendor failed the last attempt's task."""
        return await self._write(creative_id, len(self.record(creative_id).attempts), end)

    async def finish(self, creative_id: str, done: Done) -> bool:
        """Record that the verified clip is in the store."""
        won = await self._write(creative_id, done.attempt, done)
        if won:
            await self._rollups.add([(creative_id, done)])
        return won

    async def _write(self, creative_id: str, number: int, fact: Fact) -> bool:
        """Offer a fact; where another was first, read what it was."""
        won = await self._offer(creative_id, number, fact)
        if not won:
            await self.refresh(creative_id)
        return won

    async def _offer(self, creative_id: str, number: int, fact: Fact) -> bool:
        """The one way a fact gets into the store: checked, created once, then believed.

        Raises: IllegalMoveError, StoreUnavailableError (the same call may be made again).
        """
        moved = with_fact(self.record(creative_id), number, fact)
        name = name_of(fact)
        won = await self._store.create(self._key(creative_id, number, name), dump_fact(fact))
        if won:
            self._records[creative_id] = moved
        _log.debug(
            "hailuo.ledger.%s", name, extra={"creative_id": creative_id, "attempt": number, "won": won}
        )
        return won

    async def _write_orphan(self, creative_id: str, number: int, outcome: Submitted) -> None:
        content = dump_fact(Orphan(task_id=outcome.task_id, base_url=outcome.base_url, at=outcome.at))
        name = f"orphan-{hashlib.sha256(content).hexdigest()[:16]}"  # the same content again is the same key
        await self._store.create(self._key(creative_id, number, name), content)
        _log.warning(
            "hailuo.ledger.orphan",
            extra={"creative_id": creative_id, "attempt": number, "task_id": outcome.task_id},
        )

    def _by_store_time(self, record: JobRecord) -> JobRecord:
        """The record with its newest intent as old as the store would call it."""
        last = record.attempts[-1]
        recorded = replace(last, recorded_at=last.recorded_at + self._store_ahead)
        return replace(record, attempts=(*record.attempts[:-1], recorded))

    def _key(self, creative_id: str, number: int, name: str) -> str:
        place = name if name == "done" else f"a{number:03}/{name}"
        return f"{self._prefix}{creative_id}/{place}"

    async def _read(
        self,
        creative_id: str,
        facts: Mapping[str, datetime],
        *,
        gate: asyncio.Semaphore,
        full: bool = True,
        done: Done | None = None,
    ) -> JobRecord:
        if "done" not in facts:
            done = None  # the listing is the authority
        elif done is None:
            done = await self._fetch(creative_id, "done", DONE, gate)
        attempts = _attempt_times(creative_id, facts)
        late = any("/orphan-" in name for name in facts)  # what was paid twice must always be read
        if done and not full and not late:
            bare = (Attempt(number=number, recorded_at=at) for number, at in attempts.items())
            return JobRecord(creative_id=creative_id, attempts=tuple(bare), done=done)
        read = [await self._read_attempt(creative_id, number, facts, gate) for number in attempts]
        return JobRecord(creative_id=creative_id, attempts=tuple(read), done=done)

    async def _read_attempt(
        self, creative_id: str, number: int, facts: Mapping[str, datetime], gate: asyncio.Semaphore
    ) -> Attempt:
        folder = f"a{number:03}/"

        async def fact(name: str, kind: TypeAdapter[T]) -> T | None:
            if name not in facts:
                return None
            found: T = await self._fetch(creative_id, name, kind, gate)
            return found

        intent = await fact(f"{folder}intent", INTENT)
        doubt, outcome = await fact(f"{folder}doubt", DOUBT), await fact(f"{folder}outcome", OUTCOME)
        end = await fact(f"{folder}end", END)
        orphans = [
            await self._fetch(creative_id, name, ORPHAN, gate)
            for name in facts
            if name.startswith(f"{folder}orphan-")
        ]
        return Attempt(
            number=number,
            recorded_at=facts[f"{folder}intent"],
            intent=intent,
            doubt=doubt,
            outcome=outcome,
            end=end,
            orphans=tuple(orphans),
        )

    async def _fetch(self, creative_id: str, name: str, kind: TypeAdapter[T], gate: asyncio.Semaphore) -> T:
        key = f"{self._prefix}{creative_id}/{name}"
        async with gate:
            content = await self._store.read(key)
        return load_fact(kind, key, content)


def _group(entries: Iterable[Entry], prefix: str) -> dict[str, dict[str, datetime]]:
    """Facts by job: creative id -> name below the job's folder -> when the store got it."""
    by_job: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    for entry in entries:
        name = entry.key.removeprefix(prefix)
        if _KEY.fullmatch(name) is None:
            raise LedgerError(
                f"{entry.key} is an unexpected key in the ledger; delete or move it, then run again"
            )
        creative_id, _, rest = name.partition("/")
        by_job[creative_id][rest] = entry.modified_at
    return by_job


def _attempt_times(creative_id: str, facts: Mapping[str, datetime]) -> dict[int, datetime]:
    """Attempt numbers with the time of their intent. Raises: LedgerError where keys were deleted."""
    numbers = sorted({int(name[1:].partition("/")[0]) for name in facts if name != "done"})
    times = {n: facts[f"a{n:03}/intent"] for n in numbers if f"a{n:03}/intent" in facts}
    if list(times) != list(range(1, len(numbers) + 1)):
        raise LedgerError(
            f"job {creative_id}: ledger keys are missing; only these are left: {', '.join(sorted(facts))}. "
            "Nothing is bought until you restore them from a backup or from an earlier version in the bucket"
        )
    return times
