"""The facts that are recorded about a job. What they amount to: `hailuo.ledger.life`."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from hailuo.campaign.job import Job
from hailuo.campaign.pricing import is_credible
from hailuo.errors import LedgerError, Problem
from hailuo.lazy import DEFERRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Write-ahead intent: recorded before the submit, so that at most one process may POST, and at most once.

    The POST goes to `base_url` (None in facts of version 0.1). An intent that `adopts` allows no POST: it takes over a
    task id that came late.
    """

    nonce: str
    worker: str
    at: datetime
    price_usd: Decimal
    request_sha256: str
    job: Job
    adopts: str | None = None
    base_url: str | None = None
    __pydantic_config__ = DEFERRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """The POST ended without a verdict: what was seen, for the person who settles the attempt."""

    at: datetime
    http_status: int | None
    code: str | None
    message: str
    request_id: str | None
    __pydantic_config__ = DEFERRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The vendor has the task, and charges for it. `by` says who recorded it, where that was not the run that sent it."""

    kind: Literal["submitted"] = "submitted"
    at: datetime
    task_id: str
    base_url: str
    request_id: str | None = None
    message: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The vendor said no, and charges nothing. `repeatable`: the same request may pass another time."""

    kind: Literal["refused"] = "refused"
    at: datetime
    request_id: str | None = None
    cause: str | None = None
    code: str | None = None
    message: str | None = None
    repeatable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """The request never left this machine."""

    kind: Literal["unsent"] = "unsent"
    at: datetime
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """A person gave the attempt up, for the reason in `message`."""

    kind: Literal["abandoned"] = "abandoned"
    at: datetime
    message: str | None = None
    by: str | None = None


Outcome = Submitted | Refused | Unsent | Abandoned
"""How the POST of an attempt ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The vendor failed the task; `refunded` is None when it did not say."""

    at: datetime
    code: str | None
    message: str | None
    moderated: bool
    refunded: bool | None
    __pydantic_config__ = DEFERRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A task id that arrived after its attempt was closed: paid, to be adopted."""

    task_id: str
    base_url: str
    at: datetime
    __pydantic_config__ = DEFERRED


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The clip is in the store, and its bytes were verified.

    `price_usd` was reserved at the submit; `amount_usd` is what the vendor charged, if that is known: `amount_by` says
    whether the vendor named it or the balance showed it. `amount_text` is what the vendor said of the charge where that
    is no amount in USD. `request_id` is "" where the vendor gave none. Facts of earlier versions have None for
    `amount_by` and `request_id`.
    """

    attempt: int
    task_id: str
    key: str
    sha256: str
    bytes: int
    price_usd: Decimal
    amount_usd: Decimal | None
    submitted_at: datetime
    completed_at: datetime | None
    stored_at: datetime
    request_id: str | None = None
    amount_text: str | None = None
    amount_by: Literal["vendor", "balance"] | None = None
    __pydantic_config__ = DEFERRED

    @property
    def charge_usd(self) -> Decimal | None:
        """What the vendor charged, as far as it can be believed; None where it said nothing, or no such amount."""
        amount = self.amount_usd
        return None if amount is None or not is_credible(amount, self.price_usd) else amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One submission made for a job. `recorded_at` is the store's own time of the intent.

    `intent` is None only where the ledger did not read the attempt: the job was finished.
    """

    number: int
    recorded_at: datetime
    intent: Intent | None = None
    doubt: Doubt | None = None
    outcome: Outcome | None = None
    end: End | None = None
    orphans: tuple[Orphan, ...] = ()

    def require_intent(self) -> Intent:
        """The intent. Raises: LedgerError where it was not read, so that no price is made up for it."""
        if self.intent is None:
            raise LedgerError(f"attempt {self.number} of {self.recorded_at} was not read from the ledger")
        return self.intent

    @property
    def task_id(self) -> str | None:
        """The task that the attempt's outcome names."""
        return self.outcome.task_id if isinstance(self.outcome, Submitted) else None

    @property
    def request_id(self) -> str | None:
        """The vendor's id of the POST, for its support; also of one that ended without a verdict."""
        answers = (self.outcome, self.doubt)
        ids = (a.request_id for a in answers if isinstance(a, Submitted | Refused | Doubt))
        return next((found for found in ids if found), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidTask:
    """A task at the vendor that belongs to a job: what attempt it is of, and the price reserved for it."""

    attempt: int
    price_usd: Decimal
    submitted: Submitted
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LateTask:
    """A task id that came late, and the attempt whose POST it answers."""

    attempt: Attempt
    orphan: Orphan

    @property
    def price_usd(self) -> Decimal:
        """What was reserved for it: the vendor has a task, hence the money."""
        return self.attempt.require_intent().price_usd


class ClipFault(StrEnum):
    """Why the store does not hold the clip that a `done` fact names."""

    MISSING = "clip_missing"
    CHANGED = "clip_changed"

    @property
    def words(self) -> str:
        """What is wrong, for people."""
        return f"its clip is {'missing from' if self is ClipFault.MISSING else 'changed in'} the store"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """Everything the ledger knows of one job.

    `damage` are its facts that cannot be read, or are missing: until they are restored nothing is bought for it.
    `done_at` is the store's own time of the first `done` fact; None where it was recorded since the ledger was read.
    `clip_fault` is set where the clips were compared with the ledger. `restored` counts the `done` facts after the first:
    the clip was collected again, and the vendor sent other bytes.

    An orphan is unclaimed while no attempt holds its task id. The first of them is `adoptable` as soon as the
    last attempt has come to nothing: it is paid, and saves buying. All others are `paid_twice`.
    """

    creative_id: str
    attempts: tuple[Attempt, ...] = ()
    done: Done | None = None
    done_at: datetime | None = field(default=None, compare=False)
    damage: tuple[Problem, ...] = ()
    clip_fault: ClipFault | None = None
    restored: int = 0

    @property
    def clip(self) -> Done | None:
        """The `done` fact, where the store holds the clip that it names."""
        return None if self.clip_fault else self.done

    @property
    def last(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def job(self) -> Job | None:
        """The job as it was bought, from the newest intent that was read."""
        intents = (attempt.intent for attempt in reversed(self.attempts))
        return next((intent.job for intent in intents if intent), None)

    @property
    def failures(self) -> int:
        """Attempts that the vendor failed."""
        return sum(1 for attempt in self.attempts if attempt.end)

    def require_paid_task(self) -> PaidTask:
        """The task of a job in state SUBMITTED. Raises: LedgerError in any other state."""
        last = self.last
        if last is None or not isinstance(last.outcome, Submitted):
            raise LedgerError(f"job {self.creative_id} has no task at the vendor")
        price_usd = last.require_intent().price_usd
        return PaidTask(
            attempt=last.number, price_usd=price_usd, submitted=last.outcome, request_id=last.request_id
        )

    @property
    def adoptable(self) -> LateTask | None:
        """The late task id that the next attempt may take over."""
        unclaimed = self._unclaimed
        if self.damage or self.done:
            return None
        return unclaimed[0] if unclaimed and _came_to_nothing(self.last) else None

    @property
    def paid_twice(self) -> tuple[LateTask, ...]:
        """Late task ids for which something else was bought, or is being bought."""
        return self._unclaimed[1:] if self.adoptable else self._unclaimed

    @property
    def _unclaimed(self) -> tuple[LateTask, ...]:
        intents = {attempt.intent.adopts for attempt in self.attempts if attempt.intent}
        outcomes = {attempt.task_id for attempt in self.attempts}
        claimed = intents | outcomes | {self.done.task_id if self.done else None}
        late = {
            orphan.task_id: LateTask(attempt=attempt, orphan=orphan)
            for attempt in self.attempts
            for orphan in attempt.orphans
            if orphan.task_id not in claimed
        }
        return tuple(late.values())


Fact = Intent | Doubt | Submitted | Refused | Unsent | Abandoned | End | Done


class JobState(StrEnum):
    """The state of a job; the table at the top of `hailuo.ledger.life` defines each."""

    NEW = "new"
    IN_DOUBT = "in_doubt"
    UNKNOWN = "unknown"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    FAILED = "failed"
    STORED = "stored"

    @property
    def words(self) -> str:
        """The state as people read it, the same in commands, gallery, Prefect and documents: `in doubt`."""
        return self.value.replace("_", " ")


def _came_to_nothing(attempt: Attempt | None) -> bool:
    """Closed, and no task to collect: refused, unsent, abandoned, or failed by the vendor."""
    if attempt is None or attempt.outcome is None:
        return False
    return attempt.end is not None or not isinstance(attempt.outcome, Submitted)
