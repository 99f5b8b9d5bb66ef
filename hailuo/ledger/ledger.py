"""The durable record of attempts: write-once facts beside the clips.

    {campaign}/{edition}/ledger/v1/{creative_id}/a001/intent      the right to POST once (or: adopts a late task id)
                                                 a001/doubt       the POST ended without a verdict
                                                 a001/outcome     submitted | refused | unsent | abandoned
                                                 a001/end         the vendor failed the task
                                                 a001/orphan-*    a task id that came after the attempt was closed
                                                 done             the clip's bytes are in the store
                                                 done-002         they were lost, and are in the store again

The only writer of these keys. `hailuo.ledger.reading` reads them for it, and nothing but `hailuo.ledger.claims` reads them otherwise. The state is in the key names: one listing gives the
state of every job. Guarantee: if the store's create-once is linearisable and no ledger key is deleted, there
is at most one POST per attempt, and an ambiguous submit is never repeated without a recorded decision.

A fact that cannot be read holds its own job, and no other. Keys that are no facts are findings; among the facts of a
job that is not stored they hold it too, unless their name shows whose they are.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from hailuo.campaign.job import Job
from hailuo.clock import Clock
from hailuo.errors import Place, Problem
from hailuo.ledger.clips import list_clips
from hailuo.ledger.fact_json import (
    DOUBT,
    OUTCOME,
    dump_fact,
    name_of,
)
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
from hailuo.ledger.reading import DONE_NAME, FactReader, Listed, attempt_times
from hailuo.ledger.rollups import Rollups
from hailuo.logs import quiet_logger
from hailuo.store import Store
from hailuo.store.layout import Edition
from hailuo.vendor import SUBMIT_SECONDS_AT_MOST

HORIZON: Final = timedelta(seconds=SUBMIT_SECONDS_AT_MOST + 60)
"""How long an intent without outcome may be another worker's business: the longest POST and a margin."""

_log = quiet_logger(__name__)


class Ledger:
    """What is known of every job of one edition, as last read and as written since."""

    def __init__(self, store: Store, clock: Clock, edition: Edition, *, worker: str) -> None:
        self._store = store
        self._clock = clock
        self._edition = edition
        self._prefix = edition.ledger
        self._worker = worker
        self._rollups = Rollups(store, edition)
        self._records: dict[str, JobRecord] = {}
        self._listed: dict[str, Listed] = {}
        self._strangers: tuple[Problem, ...] = ()
        self._clips_held: frozenset[str] = frozenset()
        self._store_ahead = timedelta(0)

    @property
    def worker(self) -> str:
        """The name under which attempts are recorded."""
        return self._worker

    @property
    def edition(self) -> Edition:
        """The edition whose jobs these are."""
        return self._edition

    @property
    def records(self) -> Mapping[str, JobRecord]:
        """Every job with at least one fact, by creative id."""
        return self._records

    @property
    def findings(self) -> tuple[Problem, ...]:
        """Everything in the ledger that is no fact, or a fact that cannot be read; each with its key and a remedy."""
        damage = (problem for record in self._records.values() for problem in record.damage)
        return tuple(dict.fromkeys((*damage, *self._strangers)))

    @property
    def clip_findings(self) -> tuple[Problem, ...]:
        """The clips that `check_clips` found to be missing or changed."""
        remedy = "run again: it is collected again, free, where the vendor still has it"
        return tuple(
            Problem(Place(record.done.key), f"{record.clip_fault.words} (job {cid})", remedy)
            for cid, record in self._records.items()
            if record.done and record.clip_fault
        )

    @property
    def unrecorded_clips(self) -> frozenset[str]:
        """The jobs that have a clip in the store and no fact in the ledger, by what `check_clips` found."""
        return self._clips_held - self._records.keys()

    async def without_facts(self, creative_ids: Iterable[str]) -> list[str]:
        """Those of the jobs that have no fact now either: another run may have recorded one since `load`.

        Raises: StoreUnavailableError.
        """
        reader = self._reader()
        return [cid for cid in creative_ids if not (await reader.listing(cid))[0]]

    def record(self, creative_id: str) -> JobRecord:
        """What is known of one job; an empty record when nothing is."""
        return self._records.get(creative_id) or JobRecord(creative_id=creative_id)

    def state(self, creative_id: str, *, failed_retries: int) -> JobState:
        """The job's state by what was last read and written; ages by the store's time."""
        record = self._records.get(creative_id)
        if record is None:
            return JobState.NEW
        return state_of(
            record,
            store_now=self._clock.now() + self._store_ahead,
            horizon=HORIZON,
            failed_retries=failed_retries,
        )

    def age_seconds(self, creative_id: str) -> float:
        """How long ago the job's last attempt was recorded, by the store's time; less than 0 if that was wrong then."""
        now = self._clock.now() + self._store_ahead
        return (now - self.record(creative_id).attempts[-1].recorded_at).total_seconds()

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
        reader = self._reader()
        self._listed, self._strangers = await reader.listing()
        rolled_up = await self._rollups.read()
        reads = (
            reader.read(
                cid,
                listed,
                full=cid not in known or (histories and len(attempt_times(listed.facts)) > 1),
                done=rolled_up.get(cid),
            )
            for cid, listed in self._listed.items()
        )
        self._records = {record.creative_id: record for record in await asyncio.gather(*reads)}
        read = ((cid, r.done) for cid, r in self._records.items() if cid not in rolled_up and not r.restored)
        await self._rollups.add((cid, done) for cid, done in read if done)

    async def load_unfinished(self) -> None:
        """Read only the jobs whose clips are not stored, or are missing from the store or changed, with all of their facts.

        Raises: StoreUnavailableError.
        """
        self._store_ahead = await self._store.now() - self._clock.now()
        reader = self._reader()
        self._listed, self._strangers = await reader.listing()
        clips, rolled_up = await list_clips(self._store, self._edition), await self._rollups.read()

        def is_sound(cid: str, listed: Listed) -> bool:
            """Whether the listing and the rollup show that the clip is stored; "done-002" is in no rollup."""
            done, again = rolled_up.get(cid), any(name.startswith("done-") for name in listed.facts)
            return "done" in listed.facts and not again and done is not None and not clips.fault(done)

        async def read(cid: str, listed: Listed) -> JobRecord:
            has_clip = "done" in listed.facts and cid in clips.creative_ids
            record = await reader.read(cid, listed, full=not has_clip)
            fault = clips.fault(record.done) if record.done else None
            if has_clip and fault:
                record = await reader.read(cid, listed)  # collecting again needs the task
            return replace(record, clip_fault=fault)

        reads = (read(cid, listed) for cid, listed in self._listed.items() if not is_sound(cid, listed))
        unfinished = (record for record in await asyncio.gather(*reads) if not record.clip)
        self._records = {record.creative_id: record for record in unfinished}

    async def check_clips(self) -> None:
        """Compare every `done` fact with the clips that the store lists, by name and size; after `load`.

        A job whose clip is missing or changed is SUBMITTED again: it is paid, and waits to be collected.
        Raises: StoreUnavailableError.
        """
        listing = await list_clips(self._store, self._edition)
        self._clips_held = listing.creative_ids
        faults = {
            cid: fault
            for cid, record in self._records.items()
            if record.done and (fault := listing.fault(record.done))
        }
        reader = self._reader()
        again = [reader.read(cid, self._listed[cid]) for cid in faults if cid in self._listed]
        for record in await asyncio.gather(*again):  # in whole: collecting again needs the task
            found = replace(record, clip_fault=faults[record.creative_id])
            self._records[record.creative_id] = found

    def clip_is_back(self, creative_id: str) -> None:
        """The bytes that the `done` fact names are in the store again."""
        self._records[creative_id] = replace(self.record(creative_id), clip_fault=None)

    async def load_request_ids(self) -> None:
        """Read the request ids that the `done` facts of earlier versions do not hold: a read or two for each of them."""
        reader = self._reader()
        old = [(r, r.done) for r in self._records.values() if r.done and r.done.request_id is None]
        found = await asyncio.gather(*(self._request_id(record, done, reader) for record, done in old))
        for (record, done), request_id in zip(old, found, strict=True):
            self._records[record.creative_id] = replace(record, done=replace(done, request_id=request_id))

    async def _request_id(self, record: JobRecord, done: Done, reader: FactReader) -> str:
        """What the outcome says, else the doubt before it; "" where neither has an id."""
        attempt = next((a for a in record.attempts if a.number == done.attempt and a.intent), None)
        if attempt is None:
            folder, passed_over = f"a{done.attempt:03}", list[Problem]()
            read = reader.fact(record.creative_id, f"{folder}/outcome", OUTCOME, passed_over)
            attempt = Attempt(number=done.attempt, recorded_at=done.submitted_at, outcome=await read)
            if not attempt.request_id:
                doubt = await reader.fact(record.creative_id, f"{folder}/doubt", DOUBT, passed_over)
                attempt = replace(attempt, doubt=doubt)
        return attempt.request_id or ""

    async def knows_every_attempt(self) -> bool:
        """Whether no other process has opened an attempt that is not known here. Raises: StoreUnavailableError."""
        listed, _ = await self._reader().listing()
        numbers = {cid: len(attempt_times(found.facts)) for cid, found in listed.items()}
        return all(number == len(self.record(cid).attempts) for cid, number in numbers.items())

    async def refresh(self, creative_id: str) -> JobRecord:
        """Read one job's facts again. A clip fault stays until there is another `done` fact, or the clip is back."""
        reader = self._reader()
        found, _ = await reader.listing(creative_id)
        self._listed[creative_id] = found.get(creative_id, Listed())
        record, before = await reader.read(creative_id, self._listed[creative_id]), self.record(creative_id)
        fault = before.clip_fault if record.done == before.done else None
        self._records[creative_id] = replace(record, clip_fault=fault)
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
        """Record that the verified clip is in the store; again, where its first one was lost."""
        won = await self._write(creative_id, done.attempt, done)
        if won and not self.record(creative_id).restored:
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
        if isinstance(fact, Done) and moved.restored:
            name = f"done-{moved.restored + 1:03}"
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

    def _reader(self) -> FactReader:
        return FactReader(self._store, self._prefix)

    def _by_store_time(self, record: JobRecord) -> JobRecord:
        """The record with its newest intent as old as the store would call it."""
        last = record.attempts[-1]
        recorded = replace(last, recorded_at=last.recorded_at + self._store_ahead)
        return replace(record, attempts=(*record.attempts[:-1], recorded))

    def _key(self, creative_id: str, number: int, name: str) -> str:
        place = name if DONE_NAME.fullmatch(name) else f"a{number:03}/{name}"
        return f"{self._prefix}{creative_id}/{place}"
