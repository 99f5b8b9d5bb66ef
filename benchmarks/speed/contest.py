"""Other ways to get the same clips, in virtual time against the same vendor: `python -m benchmarks.speed.contest WAY JOBS`.

The vendor takes so many submits in any minute, and refuses more with its code 1002. A way that skips the clips that lie
there is started again while clips are missing, as its user would.
"""

import argparse
import contextlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from starlette.types import ASGIApp

from benchmarks.contenders import afternoon_script, vendor_sample
from benchmarks.contenders.brief import Brief, Clip
from benchmarks.speed.best import best_seconds
from benchmarks.speed.trial import VendorMeter, campaign
from hailuo.campaign.files import load_catalog
from hailuo.ledger.facts import JobState
from hailuo.plan.prepare import CampaignRequest, prepare
from hailuo.rehearsal.stage import BASE_URL, Staging, play
from hailuo.settings import Settings
from hailuo.simulator import Call, ClipDetail, Invoice, Simulator, SimulatorOptions, SimulatorTransport, Trace
from hailuo.testing import VirtualClock
from hailuo.vendor import build_request

_BEGAN: Final = 6.4
_STARTS_AT_MOST: Final = 10
_BETWEEN_STARTS_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way: a program of `benchmarks.contenders`, or None for ours with these settings.

    `in_flight` replaces the limit of the row; one that `remembers` is started again.
    """

    name: str
    make: Callable[[Brief], Coroutine[Any, Any, int]] | None = None
    in_flight: int | None = None
    remembers: bool = False
    settings: tuple[tuple[str, float], ...] = ()


WAYS: Final = {
    "ours": Way(name="hailuo run"),
    "fixed": Way(name="hailuo run, polls every 10 s", settings=(("poll_every_seconds", 10.0),)),
    "semaphore": Way(name="a script with a semaphore", make=afternoon_script.make_all, remembers=True),
    "sample": Way(name="the vendor's sample, several at once", make=vendor_sample.make_all),
    "sequential": Way(name="the vendor's sample, one by one", make=vendor_sample.make_all, in_flight=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one way went. `ratio` is its makespan by that of the best schedule; 0 where clips are missing."""

    stored: int
    starts: int
    ratio: float
    polls: float
    lag_p95: float
    refused: int
    billed: float
    cpu_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What a way left at the vendor; `began` is its start in the vendor's seconds."""

    trace: Trace
    invoice: Invoice
    stored: int
    starts: int
    vendor_seconds: float
    began: float = _BEGAN


def contest(way: Way, jobs: int, *, submits_per_minute: int, in_flight: int) -> Outcome:
    """One way, to its end."""
    vendor = SimulatorOptions(
        catalog=load_catalog(None),
        clip_detail=ClipDetail.TINY,
        balance_usd=Decimal(50_000),
        submits_per_minute=submits_per_minute,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = campaign(Path(folder), jobs)
        began = time.process_time()
        places = way.in_flight or in_flight
        if way.make:
            run = _other(way.make, path, vendor, in_flight=places, remembers=way.remembers)
        else:
            run = _ours(way, path, vendor, submits_per_minute=submits_per_minute, in_flight=places)
        cpu = time.process_time() - began - run.vendor_seconds
    tasks = run.trace.tasks.values()
    best = best_seconds(
        [task.ready - task.accepted for task in tasks],
        submits_per_minute=submits_per_minute,
        in_flight=in_flight,
        began=run.began,
    )
    seen = [task for task in tasks if task.seen is not None]
    lags = sorted((task.seen or 0.0) - task.visible for task in seen)
    makespan = max((task.seen or 0.0 for task in seen), default=0.0) - run.began
    return Outcome(
        stored=run.stored,
        starts=run.starts,
        ratio=makespan / best if run.stored == jobs else 0.0,
        polls=run.invoice.calls.get(Call.STATUSES, 0) / max(1, run.stored),
        lag_p95=lags[min(len(lags) - 1, int(0.95 * len(lags)))] if lags else 0.0,
        refused=len(run.trace.refused),
        billed=len(run.invoice.lines) / jobs,
        cpu_ms=1000 * cpu / jobs,
    )


def _ours(
    way: Way, path: Path, vendor: SimulatorOptions, *, submits_per_minute: float, in_flight: int
) -> _Run:
    settings = Settings(
        api_key=SecretStr("sk-simulated"),
        base_url=BASE_URL,
        submits_per_minute=submits_per_minute,
        in_flight=in_flight,
        checks="off",
        max_jobs=1_000_000,
        **dict(way.settings),  # type: ignore[arg-type]  # of the table
    )
    prepared = prepare(CampaignRequest(path=path), settings)
    meters: list[VendorMeter] = []

    def metered(app: ASGIApp) -> ASGIApp:
        meters.append(VendorMeter(app))
        return meters[-1]

    staging = Staging(prepared=prepared, settings=settings, vendor=vendor, tick_seconds_ago=_BEGAN)
    night = play(staging, clock=VirtualClock(threads=False), wrap=metered)
    return _Run(
        trace=night.trace,
        invoice=night.invoice,
        stored=sum(ending.state is JobState.STORED for ending in night.report.endings),
        starts=1,
        vendor_seconds=meters[-1].seconds,
    )


def _other(
    make: Callable[[Brief], Coroutine[Any, Any, int]],
    path: Path,
    vendor: SimulatorOptions,
    *,
    in_flight: int,
    remembers: bool,
) -> _Run:
    clock, trace = VirtualClock(threads=False), Trace()
    simulator = Simulator(vendor, clock=clock, trace=trace)
    clock.advance(_BEGAN)
    meter = VendorMeter(simulator.app)
    jobs = prepare(CampaignRequest(path=path), Settings(max_jobs=1_000_000)).expansion.jobs
    catalog = vendor.catalog
    clips = tuple(
        Clip(
            name=job.creative_id,
            request=build_request(
                job.variant, catalog.family_of(catalog.models[job.variant.model]), first_frame_url=None
            ),
        )
        for job in jobs
    )
    brief = Brief(
        base_url=BASE_URL,
        key="sk-simulated",
        clips=clips,
        folder=path.parent,
        speed=1.0,
        in_flight=in_flight,
        transport=SimulatorTransport(meter),
    )

    async def starts() -> int:
        for start in range(1, _STARTS_AT_MOST + 1):
            with contextlib.redirect_stdout(io.StringIO()):
                code = await make(brief)
            if code == 0 or not remembers:
                return start
            await clock.sleep(_BETWEEN_STARTS_SECONDS)
        return _STARTS_AT_MOST

    number = clock.run(starts())
    return _Run(
        trace=trace,
        invoice=simulator.invoice(),
        stored=sum(brief.path_of(clip).exists() for clip in clips),
        starts=number,
        vendor_seconds=meter.seconds,
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.contest", description=__doc__)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("jobs", type=int)
    parser.add_argument("submits_per_minute", type=int)
    parser.add_argument("in_flight", type=int)
    given = parser.parse_args()
    outcome = contest(
        WAYS[given.way],
        given.jobs,
        submits_per_minute=given.submits_per_minute,
        in_flight=given.in_flight,
    )
    print(json.dumps(asdict(outcome)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
