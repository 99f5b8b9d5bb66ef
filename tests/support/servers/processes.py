"""Processes of our own: started with their log in a file, ended with everything below them, by their ids."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hailuo.clock import SystemClock

_GRACE_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.2


@dataclass(slots=True, kw_only=True)
class Service:
    """One process with its children. `pid` is None before its start and after its end."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    stop_signal: signal.Signals = signal.SIGTERM
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def log(self) -> Path:
        """What it says on both channels, over all its starts."""
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        """In a session of its own: a Ctrl-C in the terminal is ours to pass on."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own servers)
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """Ask, wait, then end whatever is left of it and below it."""
        if self._process is None:
            return
        family = [self._process.pid, *below(self._process.pid)]
        if self._process.poll() is None:
            self._process.send_signal(self.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE_SECONDS)
        self._end(family)

    def kill(self) -> frozenset[int]:
        """SIGKILL to it and to all below it, as if the machine had lost its power. Returns their ids."""
        if self._process is None:
            return frozenset()
        self._process.send_signal(signal.SIGSTOP)  # it starts nothing more while we look
        family = [self._process.pid, *below(self._process.pid)]
        self._end(family)
        return frozenset(family)

    def _end(self, family: Sequence[int]) -> None:
        assert self._process is not None
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None


@contextmanager
def running(service: Service) -> Iterator[Service]:
    """The service while the block runs."""
    service.start()
    try:
        yield service
    finally:
        service.stop()


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM unwinds as Ctrl-C does, so that every process of ours is ended."""

    def unwind(number: int, frame: object) -> None:
        del frame
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, unwind)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def below(pid: int) -> list[int]:
    """All descendants of a process, whatever their session is."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found = list(children.get(pid, ()))
    for one in found:  # grows while it is walked
        found += children.get(one, ())
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            words = folder.joinpath("stat").read_text().rpartition(")")[2].split()
            yield int(folder.name), int(words[1])


def free_ports(count: int) -> list[int]:
    """All held before the first is given back, so that they differ."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


def environment_of_ours(folder: Path) -> dict[str, str]:
    """What a process needs of ours, and nothing that a developer has set up."""
    kept = {name: value for name, value in os.environ.items() if name in {"LANG", "TZ", "VIRTUAL_ENV"}}  # noqa: TID251 (children are given theirs)
    return {**kept, "PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder)}


def wait_until(true: Callable[[], bool], *, seconds: float, what: str, every: float = _LOOK_SECONDS) -> None:
    """Look again and again. Raises: TimeoutError, naming what did not come."""
    clock = SystemClock()
    end = clock.monotonic() + seconds
    while not true():
        if clock.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        pause(every)


def pause(seconds: float) -> None:
    """Let real time pass: these are real processes."""
    threading.Event().wait(seconds)
