"""A client as a process of its own, and what the kernel says that it cost."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from resource import struct_rusage
from typing import Final

from hailuo.clock import SystemClock
from tests.support.servers.processes import pause

_LOOK_SECONDS: Final = 0.05
_TOLD: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU-seconds (user and system) of the process and its children, seconds from start to end, resident bytes at the peak."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int


class Client:
    """A process that runs, its words in a log. `cost` is None until it has been seen to end."""

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        self._clock = SystemClock()
        self._began = self._clock.monotonic()
        with log.open("ab") as words:
            self._process = subprocess.Popen(  # noqa: S603 (our own command)
                command,
                cwd=log.parent,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                start_new_session=True,
            )
        self.cost: Cost | None = None

    def look(self) -> None:
        """Take its cost if it has ended by now. Raises: RuntimeError with its last words when it ended badly."""
        pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
        if not pid:
            return
        self.cost = _cost(usage, self._clock.monotonic() - self._began)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        if self._process.returncode:
            words = self._log.read_text(errors="replace")[-_TOLD:]
            raise RuntimeError(f"{self._log.stem} ended with {self._process.returncode}:\n{words}")

    def kill(self) -> None:
        """End it, with what it has started."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _cost(usage: struct_rusage, wall_seconds: float) -> Cost:
    return Cost(
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        wall_seconds=wall_seconds,
        peak_bytes=usage.ru_maxrss * 1024,
    )


@contextmanager
def started(command: Sequence[str], *, environment: Mapping[str, str], log: Path) -> Iterator[Client]:
    """The client while the block runs; one that has not ended by then is killed."""
    client = Client(command, environment=environment, log=log)
    try:
        yield client
    finally:
        client.kill()


def ended(*clients: Client) -> list[Cost]:
    """What each cost, once all have ended. Raises: RuntimeError as soon as one ended badly."""
    while waiting := [client for client in clients if client.cost is None]:
        pause(_LOOK_SECONDS)
        for client in waiting:
            client.look()
    return [client.cost for client in clients if client.cost]
