"""What a worker process of the checks runs: at low priority, and only as long as its parent."""

import os
import signal
import threading
from multiprocessing import connection, parent_process
from typing import Final

import cv2

from hailuo.media.probe import inspect

_NICENESS: Final = 10


def serve(requests: connection.Connection) -> None:
    """Look at one clip after the other as they are asked for: (clip, first frame, folder for previews) in, an
    inspection out, until the parent's end of the pipe is closed.
    """
    _settle_in()
    while True:
        try:
            clip, first_frame, previews = requests.recv()
        except EOFError:
            return
        requests.send(inspect(clip, first_frame=first_frame, previews=previews))


def _settle_in() -> None:
    """At low priority, without reacting to Ctrl-C (the parent decides), in one thread."""
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A parent that was killed closes nothing: without this a decoder that hangs would outlive it."""
    parent = parent_process()
    if parent:
        connection.wait([parent.sentinel])
        os._exit(1)
