"""What a worker process is told to do; plain values, so that they travel to another process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import SecretStr

from hailuo.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A store as workers reach it, and as the auditor does: a proxy may stand before the workers only.

    `uri` is what HAILUO_STORE would say; the mappings are environment variables for boto3.
    """

    name: str
    uri: str
    environment: Mapping[str, str] = field(default_factory=dict)
    direct_environment: Mapping[str, str] = field(default_factory=dict)


class Step(StrEnum):
    """A point between two effects of a run, where a crash could leave something half done."""

    BEFORE_INTENT = "turn taken, no intent yet"
    BEFORE_POST = "intent recorded, nothing sent"
    AFTER_POST = "answer received, no outcome yet"
    AFTER_OUTCOME = "outcome recorded"
    AFTER_POLL = "poll answered"
    AFTER_END = "failure recorded"
    BEFORE_DOWNLOAD = "verdict received, nothing downloaded"
    BEFORE_STORE = "clip downloaded, not stored"
    BEFORE_DONE = "clip stored, not recorded"
    AFTER_DONE = "clip recorded"


_BEFORE: Mapping[str, Step] = {
    "create */intent": Step.BEFORE_INTENT,
    "POST /v1/videos": Step.BEFORE_POST,
    "GET /_clips/*": Step.BEFORE_DOWNLOAD,
    "create_file */clips/*": Step.BEFORE_STORE,
    "create */done": Step.BEFORE_DONE,
}
_AFTER: Mapping[str, Step] = {
    "POST /v1/videos": Step.AFTER_POST,
    "create */outcome": Step.AFTER_OUTCOME,
    "GET /v1/videos/*": Step.AFTER_POLL,
    "create */end": Step.AFTER_END,
    "create */done": Step.AFTER_DONE,
}


def step_before(effect: str) -> Step | None:
    """The step that a run is at before this effect, as `hailuo.testing` names effects."""
    return next((step for pattern, step in _BEFORE.items() if fnmatchcase(effect, pattern)), None)


def step_after(effect: str) -> Step | None:
    """The step that a run is at after this effect."""
    return next((step for pattern, step in _AFTER.items() if fnmatchcase(effect, pattern)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Killing:
    """The process ends itself with SIGKILL when it passes `step` for the `passing`-th time (from 1)."""

    step: Step
    passing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One campaign to drive, where, against which vendor, how fast its clock runs, and how it ends."""

    campaign: Path
    place: Place
    base_url: str
    speed: float
    submits_per_minute: float = 60.0
    in_flight: int = 12
    killing: Killing | None = None
    most_events: int | None = None
    """The process ends itself with SIGKILL when it has submitted or stored this many clips."""

    @property
    def settings(self) -> Settings:
        """As the environment would have them. The paces are in seconds of the worker's quick clock."""
        return Settings(
            api_key=SecretStr("sk-simulated"),
            base_url=self.base_url,
            vendor="the proof's",  # each part starts another simulator
            store=self.place.uri,
            submits_per_minute=self.submits_per_minute,
            in_flight=self.in_flight,
            poll_first_seconds=10.0,
            poll_every_seconds=10.0,
            deadline_seconds=1800.0,
            checks="off",
        )
