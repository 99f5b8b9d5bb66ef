"""How many task runs the flow makes for thousands of jobs, by the server's own count."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from sys import executable
from typing import Final

from benchmarks.overhead.client import Cost, ended, started
from benchmarks.overhead.house import open_lane
from benchmarks.overhead.size import Pace
from benchmarks.overhead.toll import Tollgate
from benchmarks.proof.campaigns import write_campaign
from tests.support.servers.prefect import Server

_HOME: Final = Path(__file__).parents[2]
_SPEED: Final = 20.0
_PER_MINUTE: Final = 600
"""The most that the settings allow, of minutes that last three seconds."""
_DAY_SECONDS: Final = 86_400
"""No job is overdue here: on a quick clock a busy machine makes an hour of a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """One run of the flow over so many jobs: its task runs, the clips it bought, and what it cost the client."""

    jobs: int
    task_runs: int
    submits: int
    speed: float
    cost: Cost


def render_crowd(server: Server, folder: Path, *, jobs: int, say: Callable[[str], None]) -> Crowd:
    """Render them all, client and vendor on a quick clock. Raises: RuntimeError unless every clip was stored."""
    folder.mkdir(parents=True)
    pace = Pace(submits_per_minute=_PER_MINUTE, vendor_speed=_SPEED, vendor_per_minute=2 * _PER_MINUTE)
    campaign = write_campaign(folder, "many", jobs=jobs)
    say(f"{jobs:,} jobs through the flow, {_SPEED:g} times as fast as the day")
    with open_lane("many", folder / "lane", campaign=campaign, pace=pace, server=server) as lane:
        gate = Tollgate(server)
        command = [executable, "-m", "benchmarks.overhead.rehearsal", str(campaign), "--speed", str(_SPEED)]
        environment = {**lane.environment, "PYTHONPATH": str(_HOME), "HAILUO_MAX_JOBS": str(jobs)}
        environment["HAILUO_DEADLINE_SECONDS"] = str(_DAY_SECONDS)
        with started(command, environment=environment, log=lane.log) as client:
            (cost,) = ended(client)
        crowd = Crowd(
            jobs=jobs,
            task_runs=gate.toll().task_runs,
            submits=lane.calls()["submits"],
            speed=_SPEED,
            cost=cost,
        )
    say(f"{jobs:,} jobs: {crowd.task_runs} task runs, {cost.wall_seconds:.0f} s")
    return crowd
