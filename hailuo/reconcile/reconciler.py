"""Settle attempts whose fate is unknown: on evidence that cannot be wrong, else by a person's word.

One thing is evidence: a task id that came late is the answer to this very POST, so it is adopted. So is a claim on
a task for this attempt, whose writer died before the outcome. A balance is none, whatever it says; docs/how-to/unknowns.md explains why.
"""

import math
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from hailuo.campaign.pricing import usd
from hailuo.clock import Clock
from hailuo.errors import Place, Problem, SettlementError
from hailuo.ledger.claims import Claim, claim_task, claims_for, traces_of
from hailuo.ledger.facts import Abandoned, JobRecord, JobState, LateTask, Orphan, Outcome, Submitted
from hailuo.ledger.ledger import HORIZON, Ledger
from hailuo.plan.file import StoredEdition
from hailuo.reconcile.unsettled import CLOCK_SKEW, Unsettled, half_adopted, late_of, unsettled_of
from hailuo.settings import Settings
from hailuo.store import Store
from hailuo.store.layout import Edition, is_attempt
from hailuo.store.open import open_store
from hailuo.text import nearest, quoted
from hailuo.vendor import Cause, Fault, TaskStatus, VideoClient, task_id_of
from hailuo.vendor.open import open_client

_LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A task id that came after its attempt was closed, and after something else was bought."""

    creative_id: str
    task: LateTask


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """The attempt holds this task now, and the next run collects it. `warnings` are for the person who said so."""

    creative_id: str
    number: int
    task_id: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The attempt was given up; what it held may have been spent all the same."""

    creative_id: str
    number: int
    price_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was settled just now, and what is left. `in_doubt` attempts are perhaps still being sent."""

    adopted: tuple[Adopted, ...]
    unknown: tuple[Unsettled, ...]
    in_doubt: tuple[Unsettled, ...]
    paid_twice: tuple[Late, ...]

    @classmethod
    def of_all(cls, found: Iterable["Findings"]) -> "Findings":
        """Those of several editions as one."""
        every = tuple(found)
        return cls(
            adopted=tuple(late for one in every for late in one.adopted),
            unknown=tuple(unsettled for one in every for unsettled in one.unknown),
            in_doubt=tuple(unsettled for one in every for unsettled in one.in_doubt),
            paid_twice=tuple(late for one in every for late in one.paid_twice),
        )


class Reconciler:
    """The unknown attempts of one edition; its ledger has been loaded."""

    def __init__(self, ledger: Ledger, store: Store, client: VideoClient, clock: Clock) -> None:
        self._ledger = ledger
        self._store = store
        self._client = client
        self._clock = clock

    async def settle(self) -> Findings:
        """Adopt every task id that came late or is claimed, and list what is left. Asks the vendor nothing."""
        records = list(self._ledger.records)
        adopted = [done for creative_id in records if (done := await self._adopt_late(creative_id))]
        adopted += await self._adopt_claimed()
        return Findings(
            adopted=tuple(adopted),
            unknown=tuple(self._in_state(JobState.UNKNOWN)),
            in_doubt=tuple(self._in_state(JobState.IN_DOUBT)),
            paid_twice=tuple(self._paid_twice()),
        )

    async def adopt(self, creative_id: str, task_id: str) -> Adopted:
        """Record a person's word that this task is what the unknown attempt bought.

        Raises: SettlementError, with no fact written, unless the attempt is unknown and was sent to this base URL, the
        vendor has the task, of this model, made at that time, and no other attempt in this store has or claims it.
        """
        record = self._unknown(creative_id)
        late = late_of(record)
        if late:
            return await self._adopt_named(creative_id, late, task_id)
        unsettled = unsettled_of(record)
        self._check_address(unsettled)
        status = await self._checked(unsettled, task_id)
        await self._check_no_other_owner(task_id, unsettled, status)
        await self._claim(creative_id, task_id)
        outcome = Submitted(
            at=status.created_at or unsettled.attempt.recorded_at,
            task_id=task_id,
            base_url=self._client.base_url,
            by="person",
        )
        await self._decide(creative_id, outcome)
        number = unsettled.attempt.number
        warnings = tuple(self._warnings(unsettled, status))
        return Adopted(creative_id=creative_id, number=number, task_id=task_id, warnings=warnings)

    async def abandon(self, creative_id: str, *, why: str) -> Released:
        """Record a person's word that the attempt is given up: the job may be bought again.

        Raises: SettlementError, with nothing written, unless the attempt is unknown and `why` says something.
        """
        record = self._unknown(creative_id)
        late = late_of(record)
        if late:
            raise _refusal(
                creative_id, f"is paid: task {late.task_id} is its own", "run hailuo reconcile, it adopts it"
            )
        reason = " ".join(why.split())[:_LONGEST_REASON]
        if not reason:
            raise _refusal(
                creative_id, "cannot be abandoned without a reason", "say with --why what was seen"
            )
        unsettled = unsettled_of(record)
        outcome = Abandoned(at=self._clock.now(), by="person", message=reason)
        await self._decide(creative_id, outcome)
        return Released(
            creative_id=creative_id, number=unsettled.attempt.number, price_usd=unsettled.price_usd
        )

    def _state(self, creative_id: str) -> JobState:
        return self._ledger.state(creative_id, failed_retries=0)  # retries tell NEW from FAILED, no more

    def _in_state(self, state: JobState) -> Iterator[Unsettled]:
        for creative_id, record in self._ledger.records.items():
            if self._state(creative_id) is state and not record.damage:  # no decision mends a record
                yield unsettled_of(record)

    def _paid_twice(self) -> Iterator[Late]:
        for creative_id, record in self._ledger.records.items():
            yield from (Late(creative_id=creative_id, task=task) for task in record.paid_twice)

    def _unknown(self, creative_id: str) -> JobRecord:
        """The record of an unknown attempt. Raises: SettlementError."""
        known = self._ledger.records
        if creative_id not in known:
            near = nearest(creative_id, known)
            remedy = f"did you mean {near}?" if near else "hailuo reconcile lists the unknown ones"
            raise _refusal(creative_id, "was never bought in this edition", remedy)
        record, state = known[creative_id], self._state(creative_id)
        if record.damage:
            raise SettlementError(record.damage)
        if state is JobState.IN_DOUBT:
            at = f"{unsettled_of(record).ready_at:%Y-%m-%d %H:%M:%S} UTC"
            raise _refusal(creative_id, "is perhaps still being sent", f"settle it after {at}")
        if state is not JobState.UNKNOWN:
            raise _refusal(
                creative_id, f"is not unknown: {_state_in_words(record, state)}", "there is nothing to settle"
            )
        return record

    async def _adopt_late(self, creative_id: str) -> Adopted | None:
        """Take over the task id that came late, if there is one; finishes what another reconcile began."""
        late = self._ledger.record(creative_id).adoptable
        if late:
            await self._ledger.take_over(creative_id, late)  # who loses sees what was opened instead
        record = self._ledger.record(creative_id)
        orphan, last = half_adopted(record), record.last
        if orphan is None or last is None:
            return None
        outcome = Submitted(
            at=orphan.at,
            task_id=orphan.task_id,
            base_url=orphan.base_url,
            by="reconcile",
            message="the answer to an earlier attempt's POST, which came late",
        )
        won = await self._ledger.settle(creative_id, outcome)
        return Adopted(creative_id=creative_id, number=last.number, task_id=orphan.task_id) if won else None

    async def _adopt_claimed(self) -> list[Adopted]:
        """Record the outcomes of those who died after they claimed a task for an attempt, and before its outcome.

        The claim has the task id that answered the POST, or the one that a person named and that was checked.
        """
        open_ones = {
            self._ledger.attempt_key(one.creative_id): one
            for one in self._in_state(JobState.UNKNOWN)
            if one.attempt.outcome is None and not late_of(self._ledger.record(one.creative_id))
        }
        since = {key: one.attempt.recorded_at for key, one in open_ones.items()}
        adopted = []
        for key, (claim_key, claim, at) in (await claims_for(self._store, since)).items():
            one = open_ones[key]
            outcome = Submitted(
                at=at,
                task_id=claim.task_id,
                base_url=claim.base_url,
                by="reconcile",
                message=f"as claimed in {claim_key} before its outcome could be recorded",
            )
            if await self._ledger.settle(one.creative_id, outcome):
                number = one.attempt.number
                adopted.append(Adopted(creative_id=one.creative_id, number=number, task_id=claim.task_id))
        return adopted

    async def _adopt_named(self, creative_id: str, late: Orphan, task_id: str) -> Adopted:
        if late.task_id != task_id:
            reason = f"is not task {quoted(task_id)}: its own POST was answered with {late.task_id}, late"
            raise _refusal(creative_id, reason, "run hailuo reconcile, it adopts that one")
        adopted = await self._adopt_late(creative_id)
        if adopted is None:
            raise self._settled_meanwhile(creative_id)
        return adopted

    async def _decide(self, creative_id: str, outcome: Outcome) -> None:
        if not await self._ledger.settle(creative_id, outcome):
            raise self._settled_meanwhile(creative_id)

    def _settled_meanwhile(self, creative_id: str) -> SettlementError:
        record = self._ledger.record(creative_id)
        reason = f"was settled meanwhile: {_state_in_words(record, self._state(creative_id))}"
        return _refusal(creative_id, reason, "nothing was written; look with hailuo status")

    async def _checked(self, unsettled: Unsettled, task_id: str) -> TaskStatus:
        """The task as the vendor reports it, if it can be this attempt's. Raises: SettlementError."""
        if task_id_of({"task_id": task_id}) != task_id:
            raise _refusal(f"task {quoted(task_id)}", "is no task id", "copy it from the vendor's console")
        answer = await self._client.status(task_id)
        if isinstance(answer, Fault):
            raise _refusal(f"task {quoted(task_id)}", *_no_answer_about(answer, self._client.base_url))
        if not (answer.word or answer.model or answer.created_at):
            reason, remedy = (
                "the vendor reports nothing of it yet",
                "nothing was written; ask again in a minute",
            )
            raise _refusal(f"task {quoted(task_id)}", reason, remedy)
        misfit = unsettled.misfit(answer)
        if misfit:
            raise _refusal(f"task {quoted(task_id)}", misfit, "look for the right one; nothing was written")
        return answer

    def _check_address(self, unsettled: Unsettled) -> None:
        """Raises: SettlementError when this is not the vendor that the attempt was sent to."""
        sent_to, here = unsettled.sent_to, self._client.base_url
        if sent_to not in {None, here}:
            remedy = f"set IMAROUTER_BASE_URL to {sent_to}, then adopt again; nothing was written"
            raise _refusal(
                unsettled.creative_id, f"was sent to {sent_to}, and the vendor is now {here}", remedy
            )

    async def _check_no_other_owner(self, task_id: str, unsettled: Unsettled, status: TaskStatus) -> None:
        """Raises: SettlementError when another attempt has the task, or has a POST under way that may have made it."""
        # A fact about a task that was made in this attempt's time is no older, but for the skew of two clocks.
        since = unsettled.attempt.recorded_at - 2 * CLOCK_SKEW if status.created_at else None
        until = status.created_at + CLOCK_SKEW if status.created_at else None
        traces = await traces_of(self._store, task_id, since=since, until=until)
        if traces.named:
            reason = f"is known already: {', '.join(traces.named)}"
            raise _refusal(f"task {quoted(task_id)}", reason, "look for the right one; nothing was written")
        if traces.under_way:
            reason = f"may be the answer to a submit that is still under way: {', '.join(traces.under_way)}"
            minutes = math.ceil(HORIZON.total_seconds() / 60)
            remedy = f"adopt again when that has ended, within {minutes} minutes; nothing was written"
            raise _refusal(f"task {quoted(task_id)}", reason, remedy)

    async def _claim(self, creative_id: str, task_id: str) -> None:
        """Raises: SettlementError when the task is claimed for another attempt, perhaps this very second."""
        attempt = self._ledger.attempt_key(creative_id)
        wanted = Claim(task_id=task_id, base_url=self._client.base_url, attempt=attempt)
        holder = await claim_task(self._store, wanted)
        if holder:
            reason = (
                f"is claimed for {holder}"
                if is_attempt(holder)
                else f"is claimed in {holder}, which cannot be read"
            )
            remedy = "if that is wrong, first adopt a different task for that attempt, or abandon it; nothing was settled"
            raise _refusal(f"task {quoted(task_id)}", reason, remedy)

    def _warnings(self, adopted: Unsettled, status: TaskStatus) -> Iterator[str]:
        """What the vendor does not report, and the person should check."""
        if status.model is None:
            yield "the vendor does not report the task's model"
        if status.created_at is None:
            yield "the vendor does not report when the task was made"
        if status.amount_usd and status.amount_usd != adopted.price_usd:
            yield f"the vendor charged {usd(status.amount_usd)} for it, {usd(adopted.price_usd)} was expected"
        here = {None, self._client.base_url}
        unknown = (other for other in self._in_state(JobState.UNKNOWN) if other.sent_to in here)
        others = [other for other in unknown if other.misfit(status) is None]
        if others:
            names = ", ".join(other.creative_id for other in others)
            yield f"by model and time it could also be the task of {names}: compare the prompt at the vendor"


def _no_answer_about(fault: Fault, base_url: str) -> tuple[str, str]:
    if fault.name == "task_not_exist":
        return f"is not known at {base_url} to this account", "check the id; nothing was written"
    remedy = "check the key" if fault.cause is Cause.KEY else "try again in a minute"
    return f"cannot be looked up at {base_url}: {fault}", f"{remedy}; nothing was written"


def _state_in_words(record: JobRecord, state: JobState) -> str:
    holder = record.done or record.last
    task = f" as task {holder.task_id}" if holder and holder.task_id else ""
    return f"it is {state.words}{task}"


def _refusal(about: str, reason: str, remedy: str) -> SettlementError:
    return SettlementError([Problem(Place(about), reason, remedy)])


@asynccontextmanager
async def open_reconciler(settings: Settings, clock: Clock, edition: Edition) -> AsyncIterator[Reconciler]:
    """Store and vendor opened, the edition's ledger read; needs no campaign file.

    Raises: AdmissionError when nothing was ever run, SettingsError, StoreUnavailableError, LedgerError.
    """
    store = open_store(settings)
    stored = await StoredEdition.read(store, clock, edition, worker="reconcile")
    async with open_client(settings) as client:
        yield Reconciler(stored.ledger, store, client, clock)
