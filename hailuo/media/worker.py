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
    """Inspect one clip after the other: (clip, first frame, folder for previews) in, an inspection out.

    It ends when the parent closes its end of the pipe. It has low priority, uses one thread, and leaves Ctrl-C to the
    parent.
    """
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    while True:
        try:
            clip, first_frame, previews = requests.recv()
        except EOFError:
            return
        requests.send(inspect(clip, first_frame=first_frame, previews=previews))


def _leave_with_parent() -> None:
    """Without this a decoder that hangs would outlive a parent that was killed."""
    parent = parent_process()
    if parent:
        connection.wait([parent.sentinel])
        os._exit(1)
