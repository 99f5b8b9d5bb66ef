"""Every error, as a tree: each branch says what the caller does next.

    HailuoError
    ├── RefusedError            nothing was spent: mend the input, then run again       exit 2
    │   ├── CampaignError         the campaign file, its rows or its frames
    │   ├── CatalogError          a catalog file
    │   ├── SettingsError         the environment
    │   ├── AdmissionError        budget, balance, key, store or price forbid the run
    │   └── SettlementError       a decision about an unknown attempt that cannot be recorded
    ├── TransientError          wait, then ask again
    │   └── StoreUnavailableError the store did not answer; nothing was decided
    │       └── StoreFullError      it has no room, or is read-only: waiting does not help
    ├── TerminalError           give up on this job, the others go on
    │   ├── FrameError            its first frame cannot be offered to the vendor
    │   └── DamagedClipError      the bytes fetched are not the clip
    ├── StoreError              what the store said, and it is final
    │   ├── MissingKeyError       it holds nothing under that key
    │   └── UnsafeStoreError      it would let a clip be paid for twice
    └── LedgerError             the ledger forbids the step: a defect or a second owner
        └── IllegalMoveError      that fact may not follow the facts recorded so far

A submit whose fate is unknown is not an exception but a state: it is recorded, held and listed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ends; stable, for scripts and schedulers."""

    COMPLETE = 0  # every job of the plan is stored
    INCOMPLETE = 1  # some are failed, unknown or overdue
    REFUSED = 2  # refused before any money was spent
    STOPPED = 3  # the run was stopped: key refused, balance empty, canary
    INTERRUPTED = 130  # by Ctrl-C, SIGTERM or a cancel


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in an input: a file and a line (from 1; 0 if there is none)."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem of an input: where, why, and what to do about it."""

    place: Place
    reason: str
    remedy: str
    is_passing: bool = field(default=False, compare=False)
    """Whether it may pass by itself: somebody did not answer."""

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}; {self.remedy}"


class HailuoError(Exception):
    """The root: catch this to catch everything this library raises on purpose."""


class RefusedError(HailuoError):
    """Refused before anything was spent. Fix every problem listed, then run again."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __str__(self) -> str:
        return "\n".join([*map(str, self.problems), *self.notes])

    @property
    def is_passing(self) -> bool:
        """Whether every problem may pass by itself: the same request may be admitted later."""
        return all(problem.is_passing for problem in self.problems)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done all the same, such as collecting what was paid: a line each, for people."""
        return tuple(getattr(self, "__notes__", ()))


class CampaignError(RefusedError):
    """The campaign file, its rows or its frames have problems."""


class CatalogError(RefusedError):
    """A catalog file has problems."""


class SettingsError(RefusedError):
    """An environment variable has a value that cannot be used."""


class AdmissionError(RefusedError):
    """The whole plan is refused: budget, balance, key, store or price."""


class SettlementError(RefusedError):
    """The decision about an unknown attempt cannot be recorded: no such attempt, not unknown, not its task."""


class TransientError(HailuoError):
    """Nothing was decided: wait, then retry."""


class StoreUnavailableError(TransientError):
    """The store did not answer; whether the write landed is not known."""


class StoreFullError(StoreUnavailableError):
    """The store has no room left, or is read-only: a person has to act before a write can succeed."""


class TerminalError(HailuoError):
    """This job cannot be finished in this run; the others continue."""


class FrameError(TerminalError):
    """The first frame cannot be offered to the vendor."""


class DamagedClipError(TerminalError):
    """The downloaded bytes are not the clip: too short, not an mp4, or truncated."""


class StoreError(HailuoError):
    """A final answer of the store."""


class MissingKeyError(StoreError):
    """There is no object under that key."""


class UnsafeStoreError(StoreError):
    """The store lets a key be created twice, so a clip could be paid for twice."""


class LedgerError(HailuoError):
    """The ledger does not allow the step."""


class IllegalMoveError(LedgerError):
    """The fact cannot follow the facts recorded so far."""
