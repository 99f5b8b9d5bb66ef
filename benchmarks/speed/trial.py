"""One night of the engine in virtual time, in a process of its own, and its figures: `python -m benchmarks.speed.trial`."""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Coroutine, Generator
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from types import coroutine
from typing import Any

from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.speed.best import best_seconds, in_order_seconds
from hailuo.campaign.files import load_catalog
from hailuo.ledger.facts import JobState
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.rehearsal.stage import BASE_URL, PlayedRun, Staging, play
from hailuo.settings import Settings
from hailuo.simulator import Call, ClipDetail, SimulatorOptions
from hailuo.testing import VirtualClock

_HEAD = """\
campaign: night
defaults: {{size: {size}, duration: {duration}}}
budget: {{usd: 1000000}}
matrix:
  model: [MiniMax-Hailuo-2.3]
  prompt:
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one night. `ratio` is its makespan by that of the best schedule, `loss` by that of its own order without loss."""

    jobs: int
    stored: int
    charged: int
    makespan: float
    best: float
    ratio: float
    loss: float
    polls: float
    lag_p50: float
    lag_p95: float
    refused: int
    requests: float
    cpu_ms: float
    vendor_cpu_ms: float
    peak_mb: float


class VendorMeter:
    """The vendor's application, and the CPU seconds that it takes itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.seconds = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._stepped(self._app(scope, receive, send))  # type: ignore[arg-type]

    @coroutine
    def _stepped(self, work: Coroutine[Any, Any, None]) -> Generator[Any, Any, None]:
        value: Any = None
        while True:
            began = time.thread_time()
            try:
                waited = work.send(value)
            except StopIteration:
                return
            finally:
                self.seconds += time.thread_time() - began
            value = yield waited


def campaign(folder: Path, jobs: int, *, size: str = "768p", duration: int = 6) -> Path:
    path = folder / "night.yaml"
    prompts = (
        f"    - {{id: p{n:05}, text: Perfume bottle number {n} on black stone}}\n" for n in range(jobs)
    )
    path.write_text(_HEAD.format(size=size, duration=duration) + "".join(prompts), encoding="utf-8")
    return path


def figures_of(night: PlayedRun, *, submits_per_minute: float, in_flight: int) -> Figures:
    tasks = list(night.trace.tasks.values())
    jobs = len(tasks)
    renders = [task.ready - task.accepted for task in tasks]
    best = best_seconds(
        renders, submits_per_minute=submits_per_minute, in_flight=in_flight, began=night.began
    )
    in_order = in_order_seconds(
        renders, submits_per_minute=submits_per_minute, in_flight=in_flight, began=night.began
    )
    lags = sorted(task.seen - task.visible for task in tasks if task.seen is not None)
    makespan = max(task.seen for task in tasks if task.seen is not None) - night.began
    calls = night.invoice.calls
    return Figures(
        jobs=jobs,
        stored=sum(ending.state is JobState.STORED for ending in night.report.endings),
        charged=len(night.invoice.lines),
        makespan=makespan,
        best=best,
        ratio=makespan / best,
        loss=makespan / in_order,
        polls=calls.get(Call.STATUSES, 0) / jobs,
        lag_p50=lags[len(lags) // 2],
        lag_p95=lags[min(len(lags) - 1, int(0.95 * len(lags)))],
        refused=len(night.trace.refused),
        requests=sum(calls.values()) / jobs,
        cpu_ms=0.0,
        vendor_cpu_ms=0.0,
        peak_mb=0.0,
    )


def measure(jobs: int, *, submits_per_minute: float, in_flight: int) -> Figures:
    """One night of so many jobs; the process measures itself."""
    settings = Settings(
        api_key=SecretStr("sk-simulated"),
        base_url=BASE_URL,
        submits_per_minute=submits_per_minute,
        in_flight=in_flight,
        checks="off",
        max_jobs=1_000_000,
    )
    vendor = SimulatorOptions(
        catalog=load_catalog(None), clip_detail=ClipDetail.SMALL, balance_usd=Decimal(50_000)
    )
    meters: list[VendorMeter] = []

    def metered(app: ASGIApp) -> ASGIApp:
        meters.append(VendorMeter(app))
        return meters[-1]

    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare(CampaignRequest(path=campaign(Path(folder), jobs)), settings)
        began = time.process_time()
        staging = Staging(prepared=prepared, settings=settings, vendor=vendor, tick_seconds_ago=6.4)
        night = play(staging, clock=VirtualClock(), wrap=metered)
        cpu = time.process_time() - began
    figures = figures_of(night, submits_per_minute=submits_per_minute, in_flight=in_flight)
    vendor_seconds = meters[-1].seconds
    return replace(
        figures,
        cpu_ms=1000 * (cpu - vendor_seconds) / jobs,
        vendor_cpu_ms=1000 * vendor_seconds / jobs,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.trial", description=__doc__)
    parser.add_argument("jobs", type=int)
    parser.add_argument("submits_per_minute", type=float)
    parser.add_argument("in_flight", type=int)
    given = parser.parse_args()
    figures = measure(
        given.jobs,
        submits_per_minute=given.submits_per_minute,
        in_flight=given.in_flight,
    )
    print(json.dumps(asdict(figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
