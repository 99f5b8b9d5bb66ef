"""The books of the overhead benchmark: a process's cost is its own, ratios are of one round, a missed goal is told."""

import os
import sys
from pathlib import Path

import pytest

from benchmarks.overhead.client import Cost, ended, started
from benchmarks.overhead.many import Crowd
from benchmarks.overhead.page import section, tables
from benchmarks.overhead.size import Size
from benchmarks.overhead.toll import Toll
from benchmarks.overhead.trial import Findings, Lap, Round
from hailuo.clock import SystemClock

ENVIRONMENT = {"PATH": os.defpath}
BUSY = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
BUSY_CHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', '''{BUSY}'''], check=True)"
CALLS = {"submits": 400, "statuses": 1200, "downloads": 400}


def lap(*, cpu: float, wall: float = 300.0) -> Lap:
    whole = Cost(cpu_seconds=cpu, wall_seconds=wall, peak_bytes=100 << 20)
    again = Cost(cpu_seconds=1.0, wall_seconds=2.0, peak_bytes=100 << 20)
    return Lap(whole=whole, again=again, calls=CALLS)


def findings(*flow_cpus: float, wall: float = 300.0, task_runs: int = 400, crowd: int = 400) -> Findings:
    toll = Toll(task_runs=task_runs, requests=250, cpu_seconds=20.0)
    rounds = tuple(Round(library=lap(cpu=10.0), flow=lap(cpu=cpu, wall=wall), toll=toll) for cpu in flow_cpus)
    cost = Cost(cpu_seconds=280.0, wall_seconds=360.0, peak_bytes=1)
    many = Crowd(jobs=10_000, task_runs=crowd, submits=10_000, speed=20.0, cost=cost)
    return Findings(size=Size(), rounds=rounds, crowd=many)


@pytest.mark.slow
@pytest.mark.parametrize("program", [BUSY, BUSY_CHILD], ids=["its own", "its child's"])
def test_the_cpu_of_a_client_is_all_that_it_used(program: str, tmp_path: Path):
    """Work that a client gives to a child is not free."""
    with started(
        [sys.executable, "-c", program], environment=ENVIRONMENT, log=tmp_path / "busy.log"
    ) as client:
        (cost,) = ended(client)

    assert cost.cpu_seconds >= 0.3
    assert cost.peak_bytes > 1 << 20


@pytest.mark.slow
def test_a_client_that_fails_ends_the_measurement_with_its_last_words(tmp_path: Path):
    """A run that did not store every clip is no measurement."""
    command = [sys.executable, "-c", "raise SystemExit('three clips are missing')"]

    with (
        started(command, environment=ENVIRONMENT, log=tmp_path / "short.log") as client,
        pytest.raises(RuntimeError, match="short ended with 1:\nthree clips are missing"),
    ):
        ended(client)


def test_the_ratio_that_counts_is_the_median_of_the_rounds():
    """One round that the machine disturbed decides nothing."""
    found = findings(15.0, 16.0, 90.0)

    assert found.cpu_ratio == pytest.approx(1.6)
    assert found.broken == ()


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (findings(21.0), "client CPU 2.10 times, over 2"),
        (findings(15.0, wall=345.0), "wall 1.15 times, over 1.1"),
        (findings(15.0, task_runs=401), "401 task runs, over 400"),
        (findings(15.0, crowd=10_000), "10000 task runs, over 400"),
        (findings(15.0, task_runs=0), "a run whose task runs the server does not know"),
    ],
)
def test_a_goal_that_was_missed_is_told(found: Findings, told: str):
    """The page and the exit code say so."""
    assert told in ", ".join(found.broken)
    assert told in section(found, command="make bench-overhead", at=SystemClock().now())


def test_costs_of_every_run_and_costs_of_the_jobs_are_told_apart():
    """Prefect's import counts once, whatever the number of jobs."""
    shown = tables(findings(16.0))

    assert "| CPU per job, ms | 25.0 | 40.0 | 1.60 |" in shown
    assert "| CPU per job without that, ms | 22.5 | 37.5 | 1.67 |" in shown
