"""The findings as tables, and the section of docs/evidence/overhead.md."""

import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterator
from datetime import datetime
from statistics import median
from typing import Final

from benchmarks.document import table
from benchmarks.overhead.many import Crowd
from benchmarks.overhead.trial import CPU_AT_MOST, TASK_RUNS_AT_MOST, WALL_AT_MOST, Findings, Lap, Round

MARK: Final = "overhead"
_PACKAGES: Final = ("hailuo-campaigns", "prefect", "httpx")
_MEGABYTE: Final = 1024 * 1024

_Figure = Callable[[Lap], float]


def tables(found: Findings) -> str:
    """All tables, in Markdown."""
    return "\n\n".join((_goals(found), _clients(found), _server(found)))


def _goals(found: Findings) -> str:
    return table(("goal", "at most", "median", "every round"), _goal_rows(found))


def _goal_rows(found: Findings) -> Iterator[tuple[str, str, str, str]]:
    def row(what: str, at_most: float, ratio: Callable[[Round], float]) -> tuple[str, str, str, str]:
        ratios = [ratio(one) for one in found.rounds]
        every = ", ".join(f"{one:.2f}" for one in ratios)
        return what, f"{at_most:g}", f"{median(ratios):.2f}", every

    yield row("client CPU per job, flow / library", CPU_AT_MOST, lambda one: one.cpu_ratio)
    yield row("wall, flow / library", WALL_AT_MOST, lambda one: one.wall_ratio)
    every = [one.toll.task_runs for one in found.rounds]
    told = ", ".join(str(count) for count in every)
    yield f"task runs, {found.size.jobs:,} jobs", str(TASK_RUNS_AT_MOST), f"{median(every):g}", told
    if found.crowd:
        count = str(found.crowd.task_runs)
        yield f"task runs, {found.crowd.jobs:,} jobs", str(TASK_RUNS_AT_MOST), count, count


def _clients(found: Findings) -> str:
    head = ("of the client, medians", "library", "flow", "flow / library")
    return table(head, _client_rows(found))


def _client_rows(found: Findings) -> Iterator[tuple[str, str, str, str]]:
    def row(what: str, figure: _Figure, form: str) -> tuple[str, str, str, str]:
        library = median(figure(one.library) for one in found.rounds)
        flow = median(figure(one.flow) for one in found.rounds)
        ratio = median(figure(one.flow) / figure(one.library) for one in found.rounds)
        return what, format(library, form), format(flow, form), f"{ratio:.2f}"

    jobs = found.size.jobs
    yield row("CPU, s", lambda lap: lap.whole.cpu_seconds, ".1f")
    yield row("CPU per job, ms", lambda lap: 1000 * lap.whole.cpu_seconds / jobs, ".1f")
    yield row("of it once per run (start, plan, publish), s", lambda lap: lap.again.cpu_seconds, ".1f")
    yield row("CPU per job without that, ms", lambda lap: 1000 * lap.driving_cpu_seconds / jobs, ".1f")
    yield row("wall, s", lambda lap: lap.whole.wall_seconds, ".0f")
    yield row("wall when nothing is left to do, s", lambda lap: lap.again.wall_seconds, ".1f")
    yield row("resident at the peak, MB", lambda lap: lap.whole.peak_bytes / _MEGABYTE, ".0f")
    for call, what in (("submits", "submits"), ("statuses", "polls"), ("downloads", "downloads")):
        yield row(f"requests to the vendor: {what}", lambda lap, call=call: lap.calls[call], ".0f")  # type: ignore[misc]  # mypy infers no type for a lambda's default


def _server(found: Findings) -> str:
    tolls = [one.toll for one in found.rounds]
    rows = (
        ("CPU, s, its idle services included", f"{median(toll.cpu_seconds for toll in tolls):.0f}"),
        ("requests answered", f"{median(toll.requests for toll in tolls):g}"),
        ("task runs", f"{median(toll.task_runs for toll in tolls):g}"),
    )
    return table(("of Prefect's server, medians, the flow's run", "figure"), rows)


def section(found: Findings, *, command: str, at: datetime) -> str:
    """The section of docs/evidence/overhead.md, without its markers."""
    size = found.size
    return _TEXT.format(
        command=command,
        date=f"{at:%Y-%m-%d}",
        versions=", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES),
        machine=f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        verdict="; ".join(found.broken) or "every goal was met",
        jobs=f"{size.jobs:,}",
        rate=size.submits_per_minute,
        speed=f"{size.speed:g}",
        rounds=size.rounds,
        together="at the same time" if size.at_once else "one after the other",
        crowd=_crowd(found.crowd),
        goals=_goals(found),
        clients=_clients(found),
        server=_server(found),
    )


def _crowd(crowd: Crowd | None) -> str:
    if crowd is None:
        return ""
    return (
        f"\nThe {crowd.jobs:,} jobs are one more run of the whole flow on the same server, with client and vendor on a clock {crowd.speed:g}\n"
        f"times as fast. It made {crowd.submits:,} submits and stored every clip in {crowd.cost.wall_seconds:.0f} s of real time, with "
        f"{crowd.cost.cpu_seconds:.0f} s of client CPU and {crowd.cost.peak_bytes / _MEGABYTE:.0f} MB at the peak.\n"
    )


_TEXT: Final = """\
## Measured

Written by `{command}` on {date}. {versions}. {machine}. Result: {verdict}.

{goals}

{clients}

{server}

One campaign of {jobs} jobs was rendered twice {together}, in {rounds} rounds. Once by `hailuo run` alone; once by `hailuo run` with `PREFECT_API_URL` set, which is
the flow `render-campaign`. Each client is a process of its own, with a folder as its store and a simulator of its own.

The clients' clock is real: {rate} submits a minute, polls by the default schedule, room in flight for all. The vendor renders {speed}
times as fast as the real one, so that no round waits for its slowest clip. That means fewer polls for each job than in production, which makes the
flow's share look larger, not smaller. For the same reason clips are not checked (`HAILUO_CHECKS=off`).

In each lane the first jobs decide which model goes on first. If the lanes differ, the order of the submits differs, and so does the end of the slowest
clip. Such a round says little about the time.
{crowd}
"""
