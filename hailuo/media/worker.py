"""What a worker process of the checks runs: it stays out of the way, and goes when its parent is gone."""

import os
import signal
import threading
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import Final

import cv2

from hailuo.media.inspection import Inspection
from hailuo.media.probe import inspect

__all__ = ["inspect_clip", "settle_in"]

_NICENESS: Final = 10


def settle_in() -> None:
    """Once per process: last in line for the CPU, deaf to Ctrl-C (its parent decides), one thread."""
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def inspect_clip(clip: Path, first_frame: bytes | None, previews: Path) -> Inspection:
    """As `inspect`; a function of its own, so that a process can be told to call it."""
    return inspect(clip, first_frame=first_frame, previews=previews)


def _leave_with_parent() -> None:
    """A parent that was killed closes nothing: without this its workers would wait for ever."""
    parent = parent_process()
    if parent:
        connection.wait([parent.sentinel])
        os._exit(1)
