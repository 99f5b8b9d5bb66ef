"""Events and progress of a run, and its report."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Final

from hailuo.errors import ExitCode
from hailuo.ledger.facts import Doubt, End, JobRecord, JobState, Outcome, Refused
from hailuo.vendor import is_about_people


class EventKind(StrEnum):
    """One name per transition that people or logs may want to see."""

    SUBMITTED = "hailuo.job.submitted"
    STORED = "hailuo.job.stored"
    CHARGED = "hailuo.job.charged"
    ENDED = "hailuo.job.ended"
    REPLACED = "hailuo.job.replaced"
    SLOWED = "hailuo.run.slowed"
    STOPPED = "hailuo.run.stopped"
    ALARM = "hailuo.job.alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something happened, to one job or (creative_id None) to the run.

    `file` is the clip on this machine, when one was stored: an observer may move it away; else it is deleted.
    """

    kind: EventKind
    creative_id: str | None = None
    text: str = ""
    file: Path | None = None

    def in_words(self, label: str = "") -> str | None:
        """One line for people; None where there is nothing to show. `label` says which clip the id is."""
        named = f"{self.creative_id} ({label})" if label else self.creative_id or "the run"
        match self.kind:
            case EventKind.SUBMITTED:
                return f"{named} submitted as {self.text}"
            case EventKind.STORED:
                return f"{named} stored"
            case EventKind.SLOWED | EventKind.CHARGED | EventKind.REPLACED:
                verb = {EventKind.SLOWED: " waits", EventKind.REPLACED: " failed and cost nothing"}
                return f"{named}{verb.get(self.kind, '')}: {self.text}"
            case EventKind.ALARM:
                return f"ALARM: {named}: {self.text}"
            case EventKind.STOPPED:
                return f"stopped buying: {self.text}"
            case EventKind.ENDED:
                return f"{named} {self.text}" if self.text else None


_REFUND: Final = {
    True: "refunded",
    False: "not refunded",
    None: "with no word of a refund: its price counts as spent",
}

Observer = Callable[[Event], None]


def no_observer(event: Event) -> None:
    """No-op observer."""
    del event


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How far one job got in this run.

    `overdue` jobs are at the vendor, paid, and collected by the next run. `cause` is a stable slug,
    `reason` is for people; both None when the job is stored.
    """

    creative_id: str
    state: JobState
    overdue: bool = False
    cause: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of a run: numbers of its jobs, and US dollars by the rules of `hailuo.ledger.money`."""

    jobs: int
    stored: int
    in_flight: int
    queued: int
    ended: int
    spent_usd: Decimal
    reserved_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """How the run ended, job by job. `stopped` says why buying stopped, `interrupted` why everything did."""

    endings: tuple[Ending, ...]
    stopped: str | None = None
    interrupted: str | None = None

    def in_state(self, *states: JobState) -> tuple[Ending, ...]:
        return tuple(ending for ending in self.endings if ending.state in states)

    @property
    def exit_code(self) -> ExitCode:
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.stopped:
            return ExitCode.STOPPED
        complete = all(ending.state is JobState.STORED for ending in self.endings)
        return ExitCode.COMPLETE if complete else ExitCode.INCOMPLETE


def why(state: JobState, record: JobRecord) -> tuple[str | None, str | None]:
    """The cause (a slug) and the reason (for people) of a state that is not the one wanted."""
    if state is JobState.UNKNOWN and record.damage:
        return "damaged", "; ".join(map(str, record.damage))
    if state is JobState.SUBMITTED and record.clip_fault:
        fault = record.clip_fault
        return fault, f"{fault.words}; it is collected again where the vendor still has it"
    return _why_by_facts(state, record)


def _why_by_facts(state: JobState, record: JobRecord) -> tuple[str | None, str | None]:
    last = record.last
    outcome, end, doubt = (last.outcome, last.end, last.doubt) if last else (None, None, None)
    match state:
        case JobState.STORED | JobState.SUBMITTED:
            return None, None
        case JobState.NEW:
            return "not_bought", "not bought in this run"
        case JobState.REFUSED:
            said = outcome if isinstance(outcome, Refused) else None
            return (said.cause, said.message) if said else ("refused", "refused")
        case JobState.FAILED:
            return _failure(end)
        case JobState.UNKNOWN:
            return "unknown", _unknown_text(outcome, doubt)
        case JobState.IN_DOUBT:
            return (
                "in_doubt",
                "another run is submitting it, or stopped while submitting it; run again in six minutes",
            )


def _unknown_text(outcome: Outcome | None, doubt: Doubt | None) -> str:
    if outcome:
        return "was bought: its task id arrived after the attempt was abandoned; run hailuo reconcile to adopt it"
    seen = doubt.message if doubt else "the run ended before the answer came"
    return f"may have been bought: {seen}; the price stays reserved until you settle it with hailuo reconcile"


def _failure(end: End | None) -> tuple[str, str]:
    """Cause and reason."""
    if end is None:
        return "vendor_failure", "failed at the vendor"
    said = " ".join(part for part in (end.code, end.message) if part) or "without a reason"
    text = f"failed at the vendor ({said}), {_REFUND[end.refunded]}"
    if is_about_people(end.code):
        return "people", f"{text}; use a first frame without a real person"
    return "moderation" if end.moderated else "vendor_failure", text
