"""The life of a job: its state by the facts recorded about it, and which fact may come next.

(nothing)                       NEW          may be bought
intent                          IN_DOUBT     younger than the horizon: perhaps being sent right now
intent                          UNKNOWN      older: its money stays reserved until it is settled
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

So it is while every fact can be read and the store holds the clip. A job whose clip is missing or changed is SUBMITTED
again, to be collected. A job that is not stored and has a fact that is damaged or missing is UNKNOWN until it is restored.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from hailuo.errors import IllegalMoveError
from hailuo.ledger.facts import (
    Abandoned,
    Attempt,
    Done,
    Doubt,
    End,
    Fact,
    Intent,
    JobRecord,
    JobState,
    Outcome,
    Refused,
    Submitted,
    Unsent,
)


def state_of(record: JobRecord, *, store_now: datetime, horizon: timedelta, failed_retries: int) -> JobState:
    """The job's state by the facts alone.

    `horizon` is how long an intent without outcome may be another worker's business, by the store's time.
    """
    if record.done or record.damage:
        return _held(record)
    attempt = record.last
    if attempt is None:
        return JobState.NEW
    if attempt.outcome is None:
        return _before_outcome(attempt, age=store_now - attempt.recorded_at, horizon=horizon)
    if record.adoptable:
        return JobState.UNKNOWN
    return _after_end(record, attempt.end, failed_retries) if attempt.end else _after_outcome(attempt.outcome)


def _held(record: JobRecord) -> JobState:
    """The state of a job that is stored, or that nothing but its store can tell us more of."""
    if record.clip:
        return JobState.STORED
    return JobState.UNKNOWN if record.damage else JobState.SUBMITTED


def _before_outcome(attempt: Attempt, *, age: timedelta, horizon: timedelta) -> JobState:
    may_be_sending = attempt.doubt is None and not _adopts(attempt)
    # From further in the future than the horizon, it was recorded by a wrong clock, and its age says nothing.
    return JobState.IN_DOUBT if may_be_sending and abs(age) < horizon else JobState.UNKNOWN


def _adopts(attempt: Attempt) -> str | None:
    """The task id that the attempt takes over, if it does."""
    return attempt.intent.adopts if attempt.intent else None


def _after_outcome(outcome: Outcome) -> JobState:
    match outcome:
        case Submitted():
            return JobState.SUBMITTED
        case Refused():
            return JobState.NEW if outcome.repeatable else JobState.REFUSED
        case Unsent() | Abandoned():
            return JobState.NEW


def _after_end(record: JobRecord, end: End, failed_retries: int) -> JobState:
    allowed = end.refunded and not end.moderated and record.failures <= failed_retries
    return JobState.NEW if allowed else JobState.FAILED


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
            again = record.done is not None
            return replace(record, done=fact, clip_fault=None, restored=record.restored + again)
        case Doubt():
            return _with_last(record, doubt=fact)
        case Submitted() | Refused() | Unsent() | Abandoned():
            return _with_last(record, outcome=fact)
        case End():
            return _with_last(record, end=fact)


def _may_follow(record: JobRecord, number: int, fact: Fact) -> bool:
    last = record.last
    if isinstance(fact, Intent):
        return number == len(record.attempts) + 1 and _may_open(record, fact)
    if isinstance(fact, Done) and record.done and record.clip_fault:
        return (fact.attempt, fact.task_id) == (record.done.attempt, record.done.task_id)
    if record.done or last is None or last.number != number or last.end:
        return False
    if isinstance(fact, Doubt):
        return last.doubt is None and last.outcome is None and not _adopts(last)
    if isinstance(fact, End | Done):
        return isinstance(last.outcome, Submitted)
    return last.outcome is None and _may_answer(last, fact)


def _may_open(record: JobRecord, intent: Intent) -> bool:
    """Whether this attempt may be opened; how often one may buy again is the campaign's policy.

    A late task id is taken over by an intent that adopts just that one; till then nothing is bought.
    """
    late, last = record.adoptable, record.last
    if record.damage:
        return False
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
    return adopted is None or (isinstance(outcome, Submitted) and outcome.task_id == adopted)


def _last_word(record: JobRecord) -> str:
    if record.done:
        return "stored"
    if record.damage:
        return "damaged"
    last = record.last
    if last is None:
        return "missing"
    if last.end:
        return "failed"
    return last.outcome.kind if last.outcome else "without outcome"


def _with_last(record: JobRecord, **facts: Doubt | Outcome | End) -> JobRecord:
    last = replace(record.attempts[-1], **facts)  # type: ignore[arg-type]  # each caller names its own field
    return replace(record, attempts=(*record.attempts[:-1], last))
