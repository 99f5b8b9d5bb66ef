"""A job: one take of one variant, and the life it leads, told by the facts recorded about it.

(nothing)                       NEW          may be bought
intent                          IN_DOUBT     younger than the horizon: perhaps being sent right now
intent                          UNKNOWN      older: held with its money until somebody settles it
doubt                           UNKNOWN      the submit ended without a verdict: held likewise
intent that adopts              UNKNOWN      takes over a task id that came late; sends nothing, awaits its outcome
outcome unsent                  NEW          nothing reached the vendor: may be bought
outcome abandoned               NEW          a person released it: may be bought
outcome abandoned, orphan       UNKNOWN      given up too early: its task id came after all, to be adopted
orphan, later attempt empty     UNKNOWN      likewise, after an attempt that holds no task (any more) either
outcome refused, may repeat     NEW          the vendor was busy, or the key or balance was the cause
outcome refused, for good       REFUSED      moderation, invalid input: this request will never pass
outcome submitted               SUBMITTED    at the vendor, paid; poll, download, store
end failed, retries left        NEW          failed and refunded: policy allows another attempt
end failed                      FAILED
done                            STORED       bytes verified in the store; nothing else is
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from hailuo.errors import IllegalMoveError
from hailuo.variant import Variant, canonical_json, crockford

__all__ = [
    "Attempt",
    "Done",
    "Doubt",
    "End",
    "Fact",
    "Intent",
    "Job",
    "JobRecord",
    "JobState",
    "LateTask",
    "Orphan",
    "Outcome",
    "OutcomeKind",
    "creative_id_of",
    "paid_twice_usd",
    "state_of",
    "with_fact",
]


def creative_id_of(*, campaign: str, edition: str, variant_id: str, take: int) -> str:
    """The job's key: 10 Crockford base32 characters (50 bits) of SHA-256.

    Collision chance 1.8e-9 for 2,000 jobs; `matrix.expand` checks uniqueness all the same.
    """
    content = canonical_json([campaign, edition, variant_id, take])
    return crockford(hashlib.sha256(content).digest(), characters=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The durable unit: one take of one variant.

    `levels` maps every axis to the label of its level (the factors of the report).
    """

    creative_id: str
    campaign: str
    edition: str
    variant: Variant
    take: int
    levels: Mapping[str, str] = field(default_factory=dict)
    is_control: bool = False

    @property
    def clip_key(self) -> str:
        """Where the clip lies in the store."""
        return f"{self.campaign}/{self.edition}/clips/{self.creative_id}.mp4"

    @property
    def frame_key(self) -> str | None:
        """Where a local first frame lies in the store; None without one."""
        frame = self.variant.first_frame
        if frame is None or frame.url:
            return None
        return f"{self.campaign}/{self.edition}/frames/{frame.sha256}{frame.suffix}"

    def without_local_path(self) -> "Job":
        """The job as it may be recorded: no path of this machine."""
        frame = self.variant.first_frame
        if frame is None:
            return self
        return replace(self, variant=replace(self.variant, first_frame=replace(frame, path=None)))


class OutcomeKind(StrEnum):
    """What became of a submit."""

    SUBMITTED = "submitted"  # the vendor gave a task id
    REFUSED = "refused"  # the vendor said no, and charges nothing
    UNSENT = "unsent"  # the request never left
    ABANDONED = "abandoned"  # a person gave the attempt up


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """The right to POST once, taken before the POST.

    One that `adopts` gives no such right: it takes over a task id that came late, and nothing is sent.
    """

    nonce: str
    worker: str
    at: datetime
    price_usd: Decimal
    request_sha256: str
    job: Job
    adopts: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """The POST ended without a verdict; what was seen, for the person who settles it."""

    at: datetime
    http_status: int | None
    code: str | None
    message: str
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the POST ended. `repeatable` says whether a refusal may be asked again."""

    kind: OutcomeKind
    at: datetime
    task_id: str | None = None
    base_url: str | None = None
    request_id: str | None = None
    cause: str | None = None
    code: str | None = None
    message: str | None = None
    repeatable: bool = True
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The vendor failed the task; `refunded` is None when it did not say."""

    at: datetime
    code: str | None
    message: str | None
    moderated: bool
    refunded: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A task id that arrived after its attempt was closed: paid, to be adopted."""

    task_id: str
    base_url: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The clip lies in the store and its bytes were verified.

    `price_usd` was reserved at the submit; `amount_usd` is what the vendor says it charged, if it says.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One submission made for a job. `recorded_at` is the store's own time of the intent."""

    number: int
    recorded_at: datetime
    intent: Intent | None = None
    doubt: Doubt | None = None
    outcome: Outcome | None = None
    end: End | None = None
    orphans: tuple[Orphan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LateTask:
    """A task id that came late, and the attempt whose POST it answers."""

    attempt: Attempt
    orphan: Orphan

    @property
    def price_usd(self) -> Decimal:
        """What was reserved for it: the vendor has a task, hence the money."""
        return self.attempt.intent.price_usd if self.attempt.intent else Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """Everything the ledger knows of one job.

    An orphan is unclaimed while no attempt holds its task id. The first of them is `adoptable` as soon as the
    last attempt has come to nothing: it is paid, and saves buying. All others are `paid_twice`.
    """

    creative_id: str
    attempts: tuple[Attempt, ...] = ()
    done: Done | None = None

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

    @property
    def adoptable(self) -> LateTask | None:
        """The late task id that the next attempt may take over."""
        unclaimed = self._unclaimed
        return unclaimed[0] if unclaimed and self.done is None and _came_to_nothing(self.last) else None

    @property
    def paid_twice(self) -> tuple[LateTask, ...]:
        """Late task ids for which something else was bought, or is being bought."""
        return self._unclaimed[1:] if self.adoptable else self._unclaimed

    @property
    def _unclaimed(self) -> tuple[LateTask, ...]:
        intents = {attempt.intent.adopts for attempt in self.attempts if attempt.intent}
        outcomes = {attempt.outcome.task_id for attempt in self.attempts if attempt.outcome}
        claimed = intents | outcomes | {self.done.task_id if self.done else None}
        late = {
            orphan.task_id: LateTask(attempt=attempt, orphan=orphan)
            for attempt in self.attempts
            for orphan in attempt.orphans
            if orphan.task_id not in claimed
        }
        return tuple(late.values())


class JobState(StrEnum):
    """Where a job stands; see the table at the top."""

    NEW = "new"
    IN_DOUBT = "in_doubt"
    UNKNOWN = "unknown"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    FAILED = "failed"
    STORED = "stored"


def paid_twice_usd(record: JobRecord) -> Decimal:
    """US dollars at the vendor for tasks that this job did not need."""
    return sum((late.price_usd for late in record.paid_twice), Decimal(0))


def state_of(record: JobRecord, *, store_now: datetime, horizon: timedelta, failed_retries: int) -> JobState:
    """Where the job stands by the facts alone.

    `horizon` is how long an intent without outcome may be another worker's business, by the store's time.
    """
    if record.done:
        return JobState.STORED
    attempt = record.last
    if attempt is None:
        return JobState.NEW
    if attempt.outcome is None:
        return _before_outcome(attempt, age=store_now - attempt.recorded_at, horizon=horizon)
    if record.adoptable:
        return JobState.UNKNOWN
    return _after_end(record, attempt.end, failed_retries) if attempt.end else _after_outcome(attempt.outcome)


def _before_outcome(attempt: Attempt, *, age: timedelta, horizon: timedelta) -> JobState:
    may_be_sending = attempt.doubt is None and not _adopts(attempt)
    return JobState.IN_DOUBT if may_be_sending and age < horizon else JobState.UNKNOWN


def _adopts(attempt: Attempt) -> str | None:
    """The task id that the attempt takes over, if it does."""
    return attempt.intent.adopts if attempt.intent else None


def _came_to_nothing(attempt: Attempt | None) -> bool:
    """Closed, and no task to collect: refused, unsent, abandoned, or failed by the vendor."""
    if attempt is None or attempt.outcome is None:
        return False
    return attempt.end is not None or attempt.outcome.kind is not OutcomeKind.SUBMITTED


def _after_outcome(outcome: Outcome) -> JobState:
    match outcome.kind:
        case OutcomeKind.SUBMITTED:
            return JobState.SUBMITTED
        case OutcomeKind.REFUSED:
            return JobState.NEW if outcome.repeatable else JobState.REFUSED
        case OutcomeKind.UNSENT | OutcomeKind.ABANDONED:
            return JobState.NEW


def _after_end(record: JobRecord, end: End, failed_retries: int) -> JobState:
    allowed = end.refunded and not end.moderated and record.failures <= failed_retries
    return JobState.NEW if allowed else JobState.FAILED


Fact = Intent | Doubt | Outcome | End | Done


def with_fact(record: JobRecord, number: int, fact: Fact) -> JobRecord:
    """The record after one more fact about attempt `number`: the one door for every change of state.

    Raises: IllegalMoveError when that fact may not follow the facts recorded so far.
    """
    if not _may_follow(record, number, fact):
        raise IllegalMoveError(
            f"job {record.creative_id}: {type(fact).__name__.lower()} of attempt {number} may not follow "
            f"{len(record.attempts)} attempts with the last one {_last_word(record)}"
        )
    match fact:
        case Intent():
            opened = Attempt(number=number, recorded_at=fact.at, intent=fact)
            return replace(record, attempts=(*record.attempts, opened))
        case Done():
            return replace(record, done=fact)
        case Doubt():
            return _with_last(record, doubt=fact)
        case Outcome():
            return _with_last(record, outcome=fact)
        case End():
            return _with_last(record, end=fact)


def _may_follow(record: JobRecord, number: int, fact: Fact) -> bool:
    last = record.last
    if isinstance(fact, Intent):
        return number == len(record.attempts) + 1 and _may_open(record, fact)
    if record.done or last is None or last.number != number or last.end:
        return False
    if isinstance(fact, Doubt):
        return last.doubt is None and last.outcome is None and not _adopts(last)
    if isinstance(fact, Outcome):
        return last.outcome is None and _may_answer(last, fact)
    return last.outcome is not None and last.outcome.kind is OutcomeKind.SUBMITTED


def _may_open(record: JobRecord, intent: Intent) -> bool:
    """Whether this attempt may be opened; how often one may buy again is the campaign's policy.

    A late task id is taken over by an intent that adopts just that one; till then nothing is bought.
    """
    late, last = record.adoptable, record.last
    if late or intent.adopts:
        return late is not None and late.orphan.task_id == intent.adopts
    if record.done or last is None:
        return record.done is None
    if last.end:
        return bool(last.end.refunded) and not last.end.moderated
    return last.outcome is not None and _after_outcome(last.outcome) is JobState.NEW


def _may_answer(attempt: Attempt, outcome: Outcome) -> bool:
    """Whatever became of a POST; of an attempt that adopts, only the task it took over."""
    adopted = _adopts(attempt)
    return adopted is None or (outcome.kind is OutcomeKind.SUBMITTED and outcome.task_id == adopted)


def _last_word(record: JobRecord) -> str:
    if record.done:
        return "stored"
    last = record.last
    if last is None:
        return "missing"
    if last.end:
        return "failed"
    return last.outcome.kind.value if last.outcome else "without outcome"


def _with_last(record: JobRecord, **facts: Doubt | Outcome | End) -> JobRecord:
    last = replace(record.attempts[-1], **facts)  # type: ignore[arg-type]  # each caller names its own field
    return replace(record, attempts=(*record.attempts[:-1], last))
