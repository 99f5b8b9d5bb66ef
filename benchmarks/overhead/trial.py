"""The trial: the same campaign by the bare library and by the flow, over and over."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.overhead.client import Cost, ended, started
from benchmarks.overhead.house import Lane, cpu_seconds_of, open_lane, sqlite_server
from benchmarks.overhead.many import Bundling, count_task_runs
from benchmarks.overhead.size import Size
from proof.campaigns import write_campaign
from scale.processes import interruptible
from scale.server import Server

__all__ = ["CPU_AT_MOST", "TASK_RUNS_AT_MOST", "WALL_AT_MOST", "Findings", "Lap", "Round", "trial"]

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
    """Both lanes on the same campaign; the server's figures are of the flow's whole run."""

    library: Lap
    flow: Lap
    task_runs: int
    server_cpu_seconds: float
    server_requests: int

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
    """What was measured; `many` is None when it was left out."""

    size: Size
    rounds: tuple[Round, ...]
    many: Bundling | None

    @property
    def cpu_ratio(self) -> float:
        return median(one.cpu_ratio for one in self.rounds)

    @property
    def wall_ratio(self) -> float:
        return median(one.wall_ratio for one in self.rounds)

    @property
    def broken(self) -> tuple[str, ...]:
        """Every goal that was missed."""
        most = max(one.task_runs for one in self.rounds)
        many = self.many.task_runs if self.many else 0
        goals = (
            (f"client CPU {self.cpu_ratio:.2f} times, over {CPU_AT_MOST}", self.cpu_ratio > CPU_AT_MOST),
            (f"wall {self.wall_ratio:.2f} times, over {WALL_AT_MOST}", self.wall_ratio > WALL_AT_MOST),
            (f"{max(most, many)} task runs, over {TASK_RUNS_AT_MOST}", max(most, many) > TASK_RUNS_AT_MOST),
        )
        return tuple(text for text, missed in goals if missed)


def trial(size: Size, folder: Path, *, many: int, say: Say) -> Findings:
    """Measure on this machine, data and logs in the folder; with `many` also the task runs of so many jobs.

    Raises: RuntimeError when a run did not store every clip.
    """
    say("starting Prefect's server")
    with interruptible(), sqlite_server(folder / "prefect") as server:
        bundling = count_task_runs(server, folder / "many", jobs=many, say=say) if many else None
        rounds = [
            _round(size, folder / f"round-{number}", server, say) for number in range(1, size.rounds + 1)
        ]
    return Findings(size=size, rounds=tuple(rounds), many=bundling)


def _round(size: Size, folder: Path, server: Server, say: Say) -> Round:
    folder.mkdir()
    campaign = write_campaign(folder, "overhead", jobs=size.jobs)
    with ExitStack() as stack:

        def lane(name: str, its_server: Server | None) -> Lane:
            opened = open_lane(name, folder / name, campaign=campaign, size=size, server=its_server)
            return stack.enter_context(opened)

        lanes = [lane("library", None), lane("flow", server)]
        before = _Books.of(server)
        wholes = _run(lanes, at_once=size.at_once)
        spent = _Books.of(server).since(before)
        calls = [dict(lane.calls()) for lane in lanes]
        agains = _run(lanes, at_once=False)
    library, flow = (
        Lap(whole=w, again=a, calls=c) for w, a, c in zip(wholes, agains, calls, strict=True)
    )
    found = Round(
        library=library,
        flow=flow,
        task_runs=spent.task_runs,
        server_cpu_seconds=spent.cpu_seconds,
        server_requests=spent.requests,
    )
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Books:
    """What the server has done so far."""

    task_runs: int
    cpu_seconds: float
    requests: int

    @classmethod
    def of(cls, server: Server) -> "_Books":
        cpu, requests = cpu_seconds_of(server.service), server.requests()
        return cls(task_runs=server.task_runs().total(), cpu_seconds=cpu, requests=requests)

    def since(self, before: "_Books") -> "_Books":
        return _Books(
            task_runs=self.task_runs - before.task_runs,
            cpu_seconds=self.cpu_seconds - before.cpu_seconds,
            requests=self.requests - before.requests,
        )
