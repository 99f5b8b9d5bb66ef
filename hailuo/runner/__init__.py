"""Drive a plan: submit, poll, download, verify, store; all jobs at once in one event loop."""

from hailuo.runner.events import Ending, Event, EventKind, Observer, Progress, RunReport, why
from hailuo.runner.order import FRAME_VALID_FOR
from hailuo.runner.run import Runner
from hailuo.runner.steps import Reached, Step, unheard
from hailuo.runner.tools import Tools, insist

__all__ = [
    "FRAME_VALID_FOR",
    "Ending",
    "Event",
    "EventKind",
    "Observer",
    "Progress",
    "Reached",
    "RunReport",
    "Runner",
    "Step",
    "Tools",
    "insist",
    "unheard",
    "why",
]
