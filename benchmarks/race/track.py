"""Contenders as processes: started, killed on the way, and started again as their user would."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from hailuo.clock import SystemClock

_KEY: Final = "sk-simulated"
_LOOK_SECONDS: Final = 0.02
_START_SECONDS_AT_MOST: Final = 240.0
_SERVER_SECONDS_AT_MOST: Final = 120.0
_UNDISTURBED_STARTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to get the clips.

    `remembers` says that a further start is meant to go on where the last one ended; only then its
    user starts it again when clips are missing at the end.
    """

    name: str
    module: str
    remembers: bool
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a contender runs over: the same vendor, orders, speed and kills for all."""

    base_url: str
    wanted: Path
    campaign: Path
    folder: Path
    speed: float
    in_flight: int
    kill_at: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """How it went: exit code of each start (negative: killed), and seconds in all."""

    exits: tuple[int, ...]
    seconds: float


def race(contender: Contender, course: Course) -> Track:
    """Start, kill when so many clips lie there, start again; then leave it alone until it is done.

    Done is exit code 0; a contender that remembers gets three undisturbed starts to come there, one
    that does not gets one. Raises subprocess.TimeoutExpired for a start that does not end.
    """
    clock, exits, kills, undisturbed = SystemClock(), [], list(course.kill_at), 0
    began = clock.monotonic()
    while undisturbed < (_UNDISTURBED_STARTS if contender.remembers else 1):
        exits.append(_start(contender, course, kill_at=kills[0] if kills else None))
        if exits[-1] == -signal.SIGKILL and kills:
            kills.pop(0)
            continue
        undisturbed += 1
        if exits[-1] == 0:
            break
    return Track(exits=tuple(exits), seconds=clock.monotonic() - began)


def _start(contender: Contender, course: Course, *, kill_at: int | None) -> int:
    """One process from its start to its end, or until so many clips lie there; its exit code."""
    clock = SystemClock()
    began = clock.monotonic()
    with _process(_command(contender, course), contender.environment, course.folder) as process:
        while clock.monotonic() < began + _START_SECONDS_AT_MOST:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(timeout=_LOOK_SECONDS)
            if kill_at is not None and _clips_in(course.folder) >= kill_at:
                os.killpg(process.pid, signal.SIGKILL)
                return process.wait()
    raise subprocess.TimeoutExpired(contender.name, _START_SECONDS_AT_MOST)


def _clips_in(folder: Path) -> int:
    return sum(1 for _ in folder.rglob("*.mp4"))


def _command(contender: Contender, course: Course) -> list[str]:
    return [
        *(sys.executable, "-m", f"benchmarks.contenders.{contender.module}"),
        *("--base-url", course.base_url, "--key", _KEY),
        *("--wanted", str(course.wanted), "--campaign", str(course.campaign)),
        *("--folder", str(course.folder)),
        *("--speed", str(course.speed), "--in-flight", str(course.in_flight)),
        *contender.options,
    ]


@contextlib.contextmanager
def _process(
    command: list[str], environment: Mapping[str, str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, told nothing of this machine; its words go into a log beside the folder."""
    told = {"PATH": os.defpath, "HOME": str(folder.parent), "PYTHONUNBUFFERED": "1", **environment}
    with (
        folder.with_suffix(".log").open("ab") as log,
        subprocess.Popen(  # noqa: S603 (our own command)
            command, env=told, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def prefect_server(home: Path) -> Iterator[Mapping[str, str]]:
    """A Prefect server while the block runs; yields the environment that leads to it.

    Raises RuntimeError when it does not come up; its log lies beside `home`.
    """
    home.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    alone = {name: value for name, value in environment.items() if name != "PREFECT_API_URL"}
    with _process(command, alone, home) as process:
        _await_health(process, f"{environment['PREFECT_API_URL']}/health")
        yield environment


def _await_health(process: subprocess.Popen[bytes], url: str) -> None:
    clock = SystemClock()
    began = clock.monotonic()
    while process.poll() is None and clock.monotonic() < began + _SERVER_SECONDS_AT_MOST:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, trust_env=False).is_success:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.25)
    raise RuntimeError("the Prefect server did not come up")
