"""What a run of 10,000 jobs takes of one process: `make bench-jobs`, or `python -m benchmarks.many_jobs`.

The run is a process of its own that may open 1,000 files, sockets among them. It buys from a simulator over real sockets, into a
folder, and writes manifest and gallery. Vendor and run live several times as fast as the day. With `--write FILE` the
table goes into that document. Exit code 1 where a clip is missing or the vendor charged for more than the jobs.
"""

import argparse
import asyncio
import contextlib
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from benchmarks.document import show_section
from benchmarks.proof.campaigns import write_campaign
from benchmarks.proof.vendor import vendor
from hailuo.clock import RehearsalClock, SystemClock
from hailuo.ledger.facts import JobState
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.run.session import open_session
from hailuo.settings import Settings
from hailuo.simulator import FaultPlan

_MARK: Final = "many-jobs"
_FILES: Final = 1_000
_SPEED: Final = 3.0
_IN_FLIGHT: Final = 1_000
_SUBMITS_PER_MINUTE: Final = 600
_RENDER_SECONDS: Final = 180.0
_LOOK_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Of one run: what was stored and charged, and what its process took at most."""

    jobs: int
    stored: int
    charged: int
    net_usd: Decimal
    in_flight: int
    files: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int

    @property
    def is_whole(self) -> bool:
        return self.stored == self.charged == self.jobs


def _drive(campaign: Path, store: Path, url: str) -> None:
    """In a child process: run and publish, then print the clips stored, most in flight, CPU seconds and peak memory."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    print(*asyncio.run(_run(campaign, store, url)))


async def _run(campaign: Path, store: Path, url: str) -> tuple[int, int, float, int]:
    settings = Settings(
        api_key=SecretStr("sk-simulated"),
        base_url=url,
        store=str(store),
        submits_per_minute=_SUBMITS_PER_MINUTE,
        in_flight=_IN_FLIGHT,
        poll_first_seconds=150.0,
        poll_every_seconds=45.0,
        checks="off",
    )
    clock, most = RehearsalClock(_SPEED), 0
    async with open_session(
        prepare(CampaignRequest(path=campaign, at=clock.now()), settings), settings, clock=clock
    ) as session:
        plan = await session.plan()
        await session.admit(plan)
        runner = session.runner(plan, observe=lambda _: None)
        running = asyncio.ensure_future(runner.run())
        while not running.done():
            await asyncio.wait([running], timeout=2)
            most = max(most, runner.progress().in_flight)
        report = await running
        await session.publish()
    stored = sum(ending.state is JobState.STORED for ending in report.endings)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return stored, most, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def measure(jobs: int, folder: Path) -> Found:
    """One run of so many jobs; its open files are counted from outside, twenty times a second."""
    campaign, clock = write_campaign(folder, "many", jobs=jobs), SystemClock()
    with vendor(FaultPlan(), speed=_SPEED, render_seconds=_RENDER_SECONDS) as seller:
        module = [sys.executable, "-m", "benchmarks.many_jobs"]
        command = [*module, "--drive", str(campaign), str(folder / "store"), seller.url]
        began, files = clock.monotonic(), 0
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603 (this module)
            while child.poll() is None:
                with contextlib.suppress(OSError):  # it has just ended
                    files = max(files, len(os.listdir(f"/proc/{child.pid}/fd")))  # noqa: PTH208 (names are enough)
                asyncio.run(clock.sleep(_LOOK_SECONDS))
            assert child.stdout
            words = child.stdout.read().split()
        seconds, invoice = clock.monotonic() - began, seller.invoice()
    stored, in_flight, cpu, peak = words or ["0", "0", "0", "0"]
    return Found(
        jobs=jobs,
        stored=int(stored),
        charged=len(invoice.lines),
        net_usd=invoice.net_usd,
        in_flight=int(in_flight),
        files=files,
        seconds=seconds,
        cpu_seconds=float(cpu),
        peak_bytes=int(peak),
    )


def _section(found: Found) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("hailuo-campaigns", "httpx"))
    return f"""## Many jobs in one process

Written by `make bench-jobs` on {SystemClock().now():%Y-%m-%d}. {packages}. {os.cpu_count()} cores, shared with other programs.

One process ran {found.jobs:,} jobs with a limit of {_FILES:,} open files (`ulimit -n`), sockets among them. It bought from the simulator over real sockets
into a folder, then wrote manifest and gallery. Vendor and run lived {_SPEED:g} times as fast as the day. `HAILUO_SUBMITS_PER_MINUTE` was {_SUBMITS_PER_MINUTE},
`HAILUO_IN_FLIGHT` {_IN_FLIGHT:,}, `HAILUO_CHECKS` off.

| of the run | figure |
| --- | ---: |
| jobs; stored; charged by the vendor | {found.jobs:,}; {found.stored:,}; {found.charged:,} |
| vendor's invoice | ${found.net_usd:,} |
| most tasks in flight | {found.in_flight:,} |
| **most files and sockets open at once**; the limit | {found.files}; {_FILES:,} |
| wall time | {found.seconds / 60:.1f} min |
| CPU | {found.cpu_seconds:,.0f} s; {1000 * found.cpu_seconds / found.jobs:.0f} ms per job |
| peak memory | {found.peak_bytes / 1e6:,.0f} MB; {found.peak_bytes / 1000 / found.jobs:.0f} kB per job |

Polls, downloads and clips keep no file open for each job."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_jobs", description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument(
        "--drive", nargs=3, metavar=("CAMPAIGN", "STORE", "URL"), help="what a child process does"
    )
    parser.add_argument("--write", type=Path, help="the document that takes the table")
    given = parser.parse_args()
    if given.drive:
        campaign, store, url = given.drive
        _drive(Path(campaign), Path(store), url)
        return 0
    with tempfile.TemporaryDirectory(prefix="many-jobs-") as folder:
        found = measure(given.jobs, Path(folder))
    section = _section(found)
    show_section(section, given.write, mark=_MARK)
    return int(not found.is_whole)


if __name__ == "__main__":
    raise SystemExit(main())
