"""The trial: the same campaign by the bare library and by the flow, over and over."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.overhead.client import Cost, ended, started
from benchmarks.overhead.house import Lane, open_lane, sqlite_server
from benchmarks.overhead.many import Crowd, render_crowd
from benchmarks.overhead.size import Size
from benchmarks.overhead.toll import Toll, Tollgate
from benchmarks.proof.campaigns import write_campaign
from tests.support.servers.prefect import Server
from tests.support.servers.processes import interruptible

CPU_AT_MOST: Final = 2.0
WALL_AT_MOST: Final = 1.1
TASK_RUNS_AT_MOST: Final = 400

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lap:
    """One lane in one round.

    `again` is the same command once more, when nothing is left to do: start, plan, publish, and what both need for that.
    """

    whole: Cost
    again: Cost
    calls: Mapping[str, int]

    @property
    def driving_cpu_seconds(self) -> float:
        """What the jobs cost, without what every run costs once."""
        return self.whole.cpu_seconds - self.again.cpu_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Both lanes on the same campaign; the toll is what the flow's whole run cost the server."""

    library: Lap
    flow: Lap
    toll: Toll

    @property
    def cpu_ratio(self) -> float:
        return self.flow.whole.cpu_seconds / self.library.whole.cpu_seconds

    @property
    def driving_ratio(self) -> float:
        return self.flow.driving_cpu_seconds / self.library.driving_cpu_seconds

    @property
    def wall_ratio(self) -> float:
        return self.flow.whole.wall_seconds / self.library.whole.wall_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was measured; `crowd` is None when it was left out."""

    size: Size
    rounds: tuple[Round, ...]
    crowd: Crowd | None

    @property
    def cpu_ratio(self) -> float:
        return median(one.cpu_ratio for one in self.rounds)

    @property
    def wall_ratio(self) -> float:
        return median(one.wall_ratio for one in self.rounds)

    @property
    def broken(self) -> tuple[str, ...]:
        """Every goal that was missed."""
        counts = [one.toll.task_runs for one in self.rounds]
        counts += [self.crowd.task_runs] if self.crowd else []
        most = max(counts)
        goals = (
            (f"client CPU {self.cpu_ratio:.2f} times, over {CPU_AT_MOST}", self.cpu_ratio > CPU_AT_MOST),
            (f"wall {self.wall_ratio:.2f} times, over {WALL_AT_MOST}", self.wall_ratio > WALL_AT_MOST),
            (f"{most} task runs, over {TASK_RUNS_AT_MOST}", most > TASK_RUNS_AT_MOST),
            ("a run whose task runs the server does not know", not min(counts)),
        )
        return tuple(text for text, missed in goals if missed)


def trial(size: Size, folder: Path, *, many: int, say: Say) -> Findings:
    """Measure on this machine, data and logs in the folder; with `many` also the task runs of so many jobs.

    Raises: RuntimeError when a run did not store every clip.
    """
    say("starting Prefect's server")
    with interruptible(), sqlite_server(folder / "prefect") as server:
        rounds = [
            _round(size, folder / f"round-{number}", server, say) for number in range(1, size.rounds + 1)
        ]
        crowd = render_crowd(server, folder / "many", jobs=many, say=say) if many else None
    return Findings(size=size, rounds=tuple(rounds), crowd=crowd)


def _round(size: Size, folder: Path, server: Server, say: Say) -> Round:
    folder.mkdir()
    campaign = write_campaign(folder, "overhead", jobs=size.jobs)
    with ExitStack() as stack:

        def lane(name: str, its_server: Server | None) -> Lane:
            opened = open_lane(name, folder / name, campaign=campaign, pace=size.pace, server=its_server)
            return stack.enter_context(opened)

        lanes = [lane("library", None), lane("flow", server)]
        gate = Tollgate(server)
        wholes = _run(lanes, at_once=size.at_once)
        toll = gate.toll()
        calls = [dict(lane.calls()) for lane in lanes]
        repeats = _run(lanes, at_once=False)
    library, flow = (Lap(whole=w, again=a, calls=c) for w, a, c in zip(wholes, repeats, calls, strict=True))
    found = Round(library=library, flow=flow, toll=toll)
    say(f"{folder.name}: CPU {found.cpu_ratio:.2f} times, wall {found.wall_ratio:.3f} times")
    return found


def _run(lanes: list[Lane], *, at_once: bool) -> list[Cost]:
    """Each lane's command, side by side or one after the other."""
    if not at_once:
        return [cost for lane in lanes for cost in _run([lane], at_once=True)]
    with ExitStack() as stack:
        clients = [
            stack.enter_context(started(lane.command, environment=lane.environment, log=lane.log))
            for lane in lanes
        ]
        return ended(*clients)
