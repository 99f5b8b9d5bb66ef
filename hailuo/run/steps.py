"""The points between two effects, by name: where a crash could leave something half done.

A run tells them to whoever listens; `make proof` listens, and kills the process at each.
"""

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """What was just done, and what comes next."""

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


Reached = Callable[[Step], None]


def unheard(step: Step) -> None:
    """Nobody listens."""
    del step
