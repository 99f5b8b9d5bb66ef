"""Attempts whose fate is unknown: what each of them holds, and which task at the vendor can be its own.

What the vendor does not report rules nothing out; docs/how-to/unknowns.md has the rules.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from hailuo.campaign.job import Job
from hailuo.ledger.facts import Attempt, JobRecord, Orphan
from hailuo.ledger.ledger import HORIZON
from hailuo.vendor import TaskStatus

CLOCK_SKEW: Final = timedelta(minutes=10)
"""How far the vendor's clock may be from ours when a task is said to belong to an attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """An attempt without an outcome, and the money it holds. `ready_at`: from when on it may be settled."""

    creative_id: str
    attempt: Attempt
    job: Job
    price_usd: Decimal
    ready_at: datetime

    @property
    def sent_to(self) -> str | None:
        """The base URL that the attempt was sent to; None where version 0.1 did not record it."""
        return self.attempt.intent.base_url if self.attempt.intent else None

    def misfit(self, status: TaskStatus) -> str | None:
        """Why the task cannot be this attempt's; None when it can."""
        model = self.job.variant.model
        if not _of_model(model, status):
            return f"is of model {status.model}; {self.creative_id} asked for {model}"
        if status.created_at and not _made_in_time(self.attempt, status.created_at):
            return (
                f"was made at {status.created_at:%Y-%m-%d %H:%M:%S} UTC; {self.creative_id} was sent within "
                f"minutes of {self.attempt.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
            )
        return None


def unsettled_of(record: JobRecord) -> Unsettled:
    """The last attempt of a job that is unknown or in doubt, whose intents have been read."""
    last = record.attempts[-1]
    intent = last.require_intent()
    return Unsettled(
        creative_id=record.creative_id,
        attempt=last,
        job=intent.job,
        price_usd=intent.price_usd,
        ready_at=last.recorded_at + HORIZON,
    )


def late_of(record: JobRecord) -> Orphan | None:
    """The task id that is this job's own by evidence: the answer to one of its POSTs, which came late."""
    return record.adoptable.orphan if record.adoptable else half_adopted(record)


def half_adopted(record: JobRecord) -> Orphan | None:
    """The orphan that the last attempt takes over, where no outcome says so yet."""
    last = record.last
    if last is None or last.outcome or last.intent is None or last.intent.adopts is None:
        return None
    orphans = (orphan for attempt in record.attempts for orphan in attempt.orphans)
    return next((orphan for orphan in orphans if orphan.task_id == last.intent.adopts), None)


def _of_model(model: str, status: TaskStatus) -> bool:
    return status.model is None or status.model.casefold() == model.casefold()


def _made_in_time(attempt: Attempt, created_at: datetime) -> bool:
    """Between the intent and the longest POST after it, the skew of clocks allowed, by the store's time or the worker's."""
    starts = {attempt.recorded_at, attempt.intent.at if attempt.intent else attempt.recorded_at}
    return any(start - CLOCK_SKEW <= created_at <= start + HORIZON + CLOCK_SKEW for start in starts)
