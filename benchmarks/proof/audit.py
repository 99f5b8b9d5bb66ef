"""The audit: the vendor's invoice against the ledger, attempt by attempt and to the cent.

A charge belongs to a job by its task id. Where the client was never told the id, it belongs by the body of
the request: no two jobs of the proof's campaigns send the same.
"""

import asyncio
import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Final

from benchmarks.proof.assignment import Assignment
from benchmarks.proof.vendor import Invoice, Line
from hailuo.clock import SystemClock
from hailuo.errors import MissingKeyError
from hailuo.ledger.facts import Attempt, Done, JobRecord, JobState
from hailuo.ledger.ledger import HORIZON, Ledger
from hailuo.plan.plan import Plan, make_plan
from hailuo.plan.prepare import CampaignRequest, PreparedCampaign, prepare
from hailuo.store import Store
from hailuo.store.open import open_store
from hailuo.testing import VirtualClock

_ZERO: Final = Decimal(0)
_LATER: Final = HORIZON + timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was found. `held` counts attempts that may have been charged; `broken` names every promise broken."""

    jobs: int
    posts: int
    accepted: int
    refunded: int
    duplicates: int
    lost: int
    stored: int
    failed: int
    held: int
    held_charged: int
    net_usd: Decimal
    spent_usd: Decimal
    held_usd: Decimal
    broken: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Books:
    """Both sides: what the vendor billed, and what the store holds, a little over the horizon later."""

    plan: Plan
    records: Mapping[str, JobRecord]
    keys: frozenset[str]
    clips: Mapping[str, str | None]
    invoice: Invoice
    killed: Collection[int | str]

    @cached_property
    def held(self) -> tuple[Attempt, ...]:
        """The attempts that are unknown: they may have been charged, and nobody may repeat them."""
        unknown = (planned.record.last for planned in self.plan.in_state(JobState.UNKNOWN))
        return tuple(attempt for attempt in unknown if attempt)

    @cached_property
    def ambiguous_keys(self) -> frozenset[str]:
        """By the names of the keys alone: attempts with an intent and no outcome."""
        attempts = {key.rpartition("/")[0] for key in self.keys if key.endswith("/intent")}
        return frozenset(attempt for attempt in attempts if f"{attempt}/outcome" not in self.keys)

    @cached_property
    def owners(self) -> Mapping[str, str]:
        """Task id to creative id, as the ledger knows them."""
        return {
            attempt.task_id: record.creative_id
            for record in self.records.values()
            for attempt in record.attempts
            if attempt.task_id
        }

    @cached_property
    def untold(self) -> tuple[Line, ...]:
        """Charges whose task id the ledger does not know."""
        return tuple(line for line in self.invoice.lines if line.task_id not in self.owners)

    @cached_property
    def bodies_held(self) -> Counter[str]:
        return Counter(attempt.intent.request_sha256 for attempt in self.held if attempt.intent)

    @property
    def duplicates(self) -> int:
        """Charges kept by the vendor beyond the first, per job; of a body beyond its one job."""
        kept = [line for line in self.invoice.lines if line.net_usd]
        by_body = Counter(line.body for line in kept)
        by_job = Counter(self.owners[line.task_id] for line in kept if line.task_id in self.owners)
        return max(_beyond_first(by_body), _beyond_first(by_job))

    @property
    def lost(self) -> int:
        """Paid clips that are neither in the store, byte for byte, nor held as unknown."""
        untold = Counter(line.body for line in self.untold if line.net_usd)
        forgotten = (untold - self.bodies_held).total()
        return forgotten + sum(1 for line in self.invoice.lines if self._is_missing(line))

    def _is_missing(self, line: Line) -> bool:
        owner = self.owners.get(line.task_id)
        if owner is None or not line.net_usd:
            return False
        done = self.records[owner].done
        return done is None or done.task_id != line.task_id or self.clips.get(done.key) != done.sha256

    @property
    def unexplained(self) -> int:
        """Held attempts for which neither an ambiguous answer nor a killed process is on record."""
        return sum(1 for attempt in self.held if not (attempt.doubt or self._worker_was_killed(attempt)))

    def _worker_was_killed(self, attempt: Attempt) -> bool:
        """By its whole name, or by its process id, which the name of a run holds between colons."""
        words = [attempt.intent.worker, *attempt.intent.worker.split(":")] if attempt.intent else []
        return any(str(one) in words for one in self.killed)

    @property
    def spent_by_invoice(self) -> Decimal:
        """What the vendor keeps for the tasks that the ledger knows."""
        return sum((line.net_usd for line in self.invoice.lines if line.task_id in self.owners), _ZERO)

    def verdict(self) -> Audit:
        """The row of the table, with every promise held against it."""
        return Audit(
            jobs=len(self.plan.jobs),
            posts=self.invoice.posts,
            accepted=len(self.invoice.lines),
            refunded=sum(1 for line in self.invoice.lines if line.refunded_usd),
            duplicates=self.duplicates,
            lost=self.lost,
            stored=len(self.plan.in_state(JobState.STORED)),
            failed=len(self.plan.in_state(JobState.FAILED)),
            held=len(self.held),
            held_charged=(Counter(line.body for line in self.untold) & self.bodies_held).total(),
            net_usd=self.invoice.net_usd,
            spent_usd=self.plan.money.spent,
            held_usd=self.plan.money.reserved,
            broken=tuple(text for text, kept in self._promises() if not kept),
        )

    def _promises(self) -> Iterable[tuple[str, bool]]:
        money = self.plan.money
        settled = self.plan.in_state(JobState.STORED, JobState.FAILED, JobState.UNKNOWN)
        untold_usd = sum((line.net_usd for line in self.untold), _ZERO)
        yield "a job was charged twice", self.duplicates == 0
        yield "a paid clip was lost", self.lost == 0
        yield "a job has come to no end", len(settled) == len(self.plan.everything)
        yield "a POST was sent without an intent", self.invoice.posts <= _count(self.keys, "/intent")
        yield "held is not exactly what is ambiguous", len(self.held) == len(self.ambiguous_keys)
        yield "an attempt is held for no reason on record", self.unexplained == 0
        yield "spent is not what the vendor keeps", money.spent == self.spent_by_invoice
        yield "spent and held do not cover the invoice", money.spent + money.reserved >= self.invoice.net_usd
        yield "the books do not add up", money.spent + untold_usd == self.invoice.net_usd


def audit(assignment: Assignment, invoice: Invoice, *, killed: Collection[int | str]) -> Audit:
    """Read the store anew, past the workers' proxy, and hold the invoice against it.

    `killed` are the workers that were: process ids, or names as the ledger has them.
    """
    os.environ.update(assignment.place.direct_environment)  # noqa: TID251 (boto3 reads its endpoint there)
    return asyncio.run(_books(assignment, invoice, killed)).verdict()


async def _books(assignment: Assignment, invoice: Invoice, killed: Collection[int | str]) -> Books:
    clock = VirtualClock(SystemClock().now())
    request = CampaignRequest(path=assignment.campaign, at=clock.now())
    prepared = prepare(request, assignment.settings)
    campaign = prepared.require_campaign()
    store = open_store(assignment.settings)
    ledger = Ledger(store, clock, campaign.this_edition, worker="auditor")
    await ledger.load()
    clock.advance(_LATER.total_seconds())  # by then an intent is nobody's business any more
    return Books(
        plan=_plan(prepared, ledger),
        records=ledger.records,
        keys=frozenset(
            entry.key for entry in await store.listing(f"{campaign.name}/{campaign.edition}/ledger/v1/")
        ),
        clips=await _clips(store, [record.done for record in ledger.records.values() if record.done]),
        invoice=invoice,
        killed=killed,
    )


def _plan(prepared: PreparedCampaign, ledger: Ledger) -> Plan:
    return make_plan(prepared.require_campaign(), prepared.expansion, ledger, prepared.catalog)


async def _clips(store: Store, dones: Iterable[Done]) -> dict[str, str | None]:
    """The SHA-256 of what really lies under each clip's key; None where nothing does."""
    return {done.key: await _digest(store, done.key) for done in dones}


async def _digest(store: Store, key: str) -> str | None:
    try:
        return hashlib.sha256(await store.read(key)).hexdigest()
    except MissingKeyError:
        return None


def _beyond_first(charges: Counter[str]) -> int:
    return sum(count - 1 for count in charges.values())


def _count(keys: Collection[str], ending: str) -> int:
    return sum(1 for key in keys if key.endswith(ending))
