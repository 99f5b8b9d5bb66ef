"""What Prefect itself costs, without any code of ours: import, server, and task runs by the way they are started.

python -m benchmarks.prefect_costs [--tasks 300] [--write docs/evidence/measurements.md]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.document import show_section, table
from benchmarks.overhead.house import sqlite_server
from benchmarks.overhead.toll import Tollgate
from benchmarks.scale.meter import Meter
from tests.support.servers.prefect import Server, client_environment

_MARK: Final = "prefect-costs"
_WAYS: Final = {
    "gather": "awaited coroutines under `asyncio.gather`",
    "some": "the same, 50 at once",
    "submit": "`task.submit`",
    "map": "`task.map`",
    "bundled": "one task run for 50 jobs",
}
_BUNDLE: Final = 50
_CLIENT: Final = """\
import asyncio, json, resource, sys
from prefect import flow, task
from prefect.cache_policies import NO_CACHE

way, number = sys.argv[1], int(sys.argv[2])

@task(retries=0, cache_policy=NO_CACHE, persist_result=False)
async def wait(jobs):
    await asyncio.gather(*(asyncio.sleep(1) for _ in range(jobs)))

@flow(retries=0, persist_result=False)
async def waits():
    if way == "submit":
        for one in [wait.submit(1) for _ in range(number)]: one.wait()
    elif way == "map":
        wait.map([1] * number).wait()
    else:
        room = asyncio.Semaphore(50 if way == "some" else number or 1)
        async def one(jobs):
            async with room: await wait(jobs)
        jobs = [50] * (number // 50) if way == "bundled" else [1] * number
        await asyncio.gather(*map(one, jobs))

asyncio.run(waits())
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU-seconds and peak bytes of one process."""

    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WayCost:
    """What a job costs the client and the server when task runs are started in one way."""

    words: str
    client_ms: float
    client_bytes: int
    server_ms: float


def _client(way: str, number: int, folder: Path, server: Server) -> Cost:
    """A flow of so many jobs, each waiting one second, in a process of its own."""
    environment = {**client_environment(folder, server.url), "PREFECT_LOGGING_LEVEL": "WARNING"}
    command = [sys.executable, "-c", _CLIENT, way, str(number)]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603 (our own code)
    cpu_seconds, peak = json.loads(done.stdout.splitlines()[-1])
    return Cost(cpu_seconds=cpu_seconds, peak_bytes=peak)


def _way(way: str, words: str, number: int, folder: Path, server: Server) -> WayCost:
    empty = _client(way, 0, folder, server)
    gate = Tollgate(server)
    full = _client(way, number, folder, server)
    toll = gate.toll()
    return WayCost(
        words=words,
        client_ms=max(0.0, 1000 * (full.cpu_seconds - empty.cpu_seconds) / number),  # less is noise
        client_bytes=full.peak_bytes,
        server_ms=1000 * toll.cpu_seconds / number,
    )


def _of_import() -> Cost:
    """The least of three processes."""
    used = "u = resource.getrusage(resource.RUSAGE_SELF); print(u.ru_utime + u.ru_stime, u.ru_maxrss)"
    command = [sys.executable, "-c", f"import prefect, resource; {used}"]
    said = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(3)]  # noqa: S603 (our own code)
    found = [one.split() for one in said]
    return Cost(
        cpu_seconds=min(float(cpu) for cpu, _ in found),
        peak_bytes=min(int(kilobytes) for _, kilobytes in found) * 1024,
    )


def _of_server(server: Server) -> Cost:
    """What the server has used so far, with all that it has started."""
    meter = Meter(roots=lambda: {"it": [server.service.pid] if server.service.pid else []})
    meter.look()
    found = meter.costs()["it"]
    return Cost(cpu_seconds=found.cpu_seconds, peak_bytes=found.peak_bytes)


def measure(folder: Path, *, number: int) -> tuple[Sequence[tuple[str, Cost]], Sequence[WayCost], int]:
    """Import and start; each way; and the bytes of the database for each task run."""
    with sqlite_server(folder / "server") as server:
        fixed = [("`import prefect`", _of_import()), ("the server, until it answers", _of_server(server))]
        before = _database_bytes(folder)
        ways = [_way(way, words, number, folder, server) for way, words in _WAYS.items()]
        runs = server.task_runs().total()
        grown = _database_bytes(folder) - before
    return fixed, ways, grown // runs


def _database_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "server" / "home").glob("prefect.db*"))


def _section(
    fixed: Sequence[tuple[str, Cost]], ways: Sequence[WayCost], bytes_each: int, *, number: int
) -> str:
    once = [(words, f"{one.cpu_seconds:.1f} s", f"{one.peak_bytes / 1e6:.0f} MB") for words, one in fixed]
    each = [
        (
            one.words,
            f"{one.client_ms:.2f} ms",
            f"{one.client_bytes / 1e6:.0f} MB",
            f"{one.server_ms:.1f} ms",
        )
        for one in ways
    ]
    return f"""Written by `make bench-prefect`, with prefect {version("prefect")}, {os.cpu_count()} cores shared with other programs.

{table(("once", "CPU", "memory"), once)}

{number} jobs, each waiting one second, on a server with SQLite. CPU is for each job, without start and import:

{table(("way to start the task runs", "CPU of the client", "memory of the client", "CPU of the server"), each)}

The database grows by {bytes_each / 1000:.0f} KB for each task run."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prefect_costs", description=__doc__)
    parser.add_argument("--tasks", type=int, default=300, help="jobs of each way")
    parser.add_argument("--write", type=Path, help="the document that takes the tables")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="prefect-costs-") as folder:
        fixed, ways, bytes_each = measure(Path(folder), number=given.tasks)
    section = _section(fixed, ways, bytes_each, number=given.tasks)
    show_section(section, given.write, mark=_MARK)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
