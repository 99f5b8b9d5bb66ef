"""The trial: a campaign on several machines, one of which loses its power, while the server is restarted."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from benchmarks.proof.assignment import Assignment
from benchmarks.proof.audit import Audit, audit
from benchmarks.proof.vendor import Vendor
from benchmarks.scale.meter import Cost, metering
from benchmarks.scale.size import Size
from benchmarks.scale.stage import Stage, stage
from hailuo.clock import SystemClock
from tests.support.servers.prefect import FlowRun
from tests.support.servers.processes import interruptible, pause, wait_until
from tests.support.servers.vendor import Traffic, most_within
from tests.support.servers.workers import Machine

_LEAD: Final = "render-campaign"
_SHARD: Final = "render-shard"
_LOOK_SECONDS: Final = 2.0
_START_SECONDS: Final = 120.0
_RUN_SECONDS: Final = 1500.0
_SETTLE_SECONDS: Final = 240.0
_MINUTE: Final = timedelta(minutes=1)

Say = Callable[[str], None]


class _Share(BaseModel):
    """What the server knows of a shard's share."""

    run: str
    number: int
    creative_ids: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found. `tasks` are task runs by state; `away_seconds` how long the server did not answer."""

    size: Size
    audit: Audit
    flow_runs: tuple[FlowRun, ...]
    tasks: Mapping[str, int]
    traffic: Traffic
    store_requests: int
    prefect_requests: int
    events: int
    database_bytes: int
    costs: Mapping[str, Cost]
    seconds: float
    away_seconds: float
    takeover_seconds: float
    killed_pids: int

    @property
    def most_per_minute(self) -> int:
        """The most submits in any 60 s."""
        return most_within(self.traffic.accepted_at, _MINUTE)

    @property
    def most_per_vendor_minute(self) -> int:
        """The most submits in any minute of the vendor's, which is shorter."""
        return most_within(self.traffic.accepted_at, _MINUTE / self.size.speed)

    @property
    def task_runs(self) -> int:
        return sum(self.tasks.values())

    @property
    def shards(self) -> Counter[str]:
        """The shards' flow runs by state."""
        return Counter(run.state_name for run in self.flow_runs if run.flow == _SHARD)

    @property
    def broken(self) -> tuple[str, ...]:
        """Every promise that was broken."""
        return (*self.audit.broken, *(text for text, kept in self._promises() if not kept))

    def _promises(self) -> tuple[tuple[str, bool], ...]:
        lead = [run for run in self.flow_runs if run.flow == _LEAD]
        ended = all(run.is_over for run in self.flow_runs)
        settled = set(self.tasks) <= {"COMPLETED", "CRASHED", "FAILED"}
        limit = self.size.vendor_per_own_minute
        return (
            ("a job is neither stored nor held", self.audit.stored + self.audit.held == self.audit.jobs),
            ("the campaign's run did not complete", [run.state for run in lead] == ["COMPLETED"]),
            ("a flow run was left running", ended),
            ("a task run was left running", settled),
            ("task runs were lost", self.tasks.get("COMPLETED", 0) >= self._task_runs_expected),
            ("the machine that died had no shard", self.shards["Crashed"] == 1),
            ("the vendor refused a submit", self.traffic.refused == 0),
            ("there were more submits in a minute than allowed", self.most_per_vendor_minute <= limit),
            ("the campaign's own limit was passed", self.most_per_minute <= self.size.submits_per_minute),
        )

    @property
    def _task_runs_expected(self) -> int:
        """Of the shards that completed: one per job, or per bundle of jobs."""
        done = [run for run in self.flow_runs if run.flow == _SHARD and run.state == "COMPLETED"]
        return sum(_task_runs_of(run) for run in done)


def trial(size: Size, folder: Path, *, say: Say) -> Findings:
    """Run it on this machine, data and logs in the folder, which is empty; `say` hears how it goes."""
    say("starting Postgres, Redis, SeaweedFS, the simulator and Prefect's server")
    with interruptible(), stage(size, folder) as set_up:
        return _Play(set_up, say).run()


class _Play:
    """One run of the campaign, and what befalls it."""

    def __init__(self, set_up: Stage, say: Say) -> None:
        self._set_up = set_up
        self._say = say
        self._clock = SystemClock()
        self._name = set_up.campaign.stem
        self._killed: frozenset[int] = frozenset()
        self._killed_at = 0.0
        self._taken_over_after = 0.0
        self._away_seconds = 0.0

    def run(self) -> Findings:
        started = self._clock.monotonic()
        with metering(self._set_up.roots) as meter:
            self._start()
            self._wait_for_share(1 / 3)
            self._lose_a_machine()
            self._wait_for_share(1 / 2)
            self._restart_the_server()
            self._wait_for_the_end()
            seconds = self._clock.monotonic() - started
        return self._findings(meter.costs(), seconds)

    def _start(self) -> None:
        """The lead's machine also takes a shard; every other one takes one."""
        first = self._set_up.start_machine(flow_runs=2)
        parameters = {"campaign": self._set_up.campaign.name, "machines": self._set_up.size.machines}
        self._set_up.server.create_run(f"{_LEAD}/{_LEAD}", parameters)
        wait_until(lambda: first.is_busy, seconds=_START_SECONDS, what="a machine took the campaign up")
        for _ in range(self._set_up.size.machines - 1):
            self._set_up.start_machine()
        self._say(f"{self._set_up.size.machines} machines render {self._set_up.size.jobs} clips")

    def _wait_for_share(self, share: float) -> None:
        wanted = int(self._set_up.size.jobs * share)
        wait_until(
            lambda: self._stored() >= wanted or self._lead_is_over(),
            seconds=_RUN_SECONDS,
            every=_LOOK_SECONDS,
            what=f"{wanted} clips are stored",
        )
        self._say(f"{self._stored()} clips are stored")

    def _lose_a_machine(self) -> None:
        """Not the lead's."""
        victim: Machine = self._set_up.machines[-1]
        self._killed = victim.lose_power()
        self._killed_at = self._clock.monotonic()
        self._say(f"{victim.name} has lost its power: {len(self._killed)} processes killed")

    def _restart_the_server(self) -> None:
        started = self._clock.monotonic()
        self._set_up.server.restart()
        self._away_seconds = self._clock.monotonic() - started
        self._say(f"Prefect's server was restarted; it was away for {self._away_seconds:.0f} s")

    def _wait_for_the_end(self) -> None:
        """Of the campaign, and then of all that the server has still to write down."""
        wait_until(self._is_over, seconds=_RUN_SECONDS, every=_LOOK_SECONDS, what="the campaign ends")
        self._say(f"the campaign has ended, {self._stored()} clips are stored")
        waiting = self._clock.monotonic() + _SETTLE_SECONDS
        while self._clock.monotonic() < waiting and not self._is_settled():
            pause(_LOOK_SECONDS)

    def _is_over(self) -> bool:
        runs = self._set_up.server.flow_runs()
        shards = sum(1 for run in runs if run.flow == _SHARD)
        if shards > self._set_up.size.machines and not self._taken_over_after:
            self._taken_over_after = self._clock.monotonic() - self._killed_at
            self._say(f"a shard took over after {self._taken_over_after:.0f} s")
        return self._lead_is_over()

    def _lead_is_over(self) -> bool:
        return any(run.flow == _LEAD and run.is_over for run in self._set_up.server.flow_runs())

    def _is_settled(self) -> bool:
        runs = self._set_up.server.flow_runs()
        states = {state for _, state in self._set_up.server.task_runs()}
        return all(run.is_over for run in runs) and states <= {"COMPLETED", "CRASHED", "FAILED"}

    def _stored(self) -> int:
        return self._set_up.bucket.stored(self._name)

    def _findings(self, costs: Mapping[str, Cost], seconds: float) -> Findings:
        set_up = self._set_up
        # before the audit reads every clip
        traffic, requests = set_up.vendor.traffic(), set_up.bucket.requests()
        tasks = Counter[str]()
        for (_, state), count in set_up.server.task_runs().items():
            tasks[state] += count
        return Findings(
            size=set_up.size,
            audit=self._audit(),
            flow_runs=tuple(set_up.server.flow_runs()),
            tasks=tasks,
            traffic=traffic,
            store_requests=requests,
            prefect_requests=set_up.server.requests(),
            events=int(set_up.database.ask("select count(*) from events")),
            database_bytes=int(set_up.database.ask("select pg_database_size(current_database())")),
            costs=costs,
            seconds=seconds,
            away_seconds=self._away_seconds,
            takeover_seconds=self._taken_over_after,
            killed_pids=len(self._killed),
        )

    def _audit(self) -> Audit:
        set_up = self._set_up
        assignment = Assignment(
            campaign=set_up.campaign,
            place=set_up.bucket.place,
            base_url=set_up.vendor.url,
            speed=set_up.size.speed,
        )
        invoice = Vendor(url=set_up.vendor.url, speed=set_up.size.speed).invoice()
        crashed = [run for run in set_up.server.flow_runs() if run.flow == _SHARD and run.state == "CRASHED"]
        return audit(assignment, invoice, killed=[_worker_of(run) for run in crashed])


def _task_runs_of(run: FlowRun) -> int:
    share, at_most = _Share.model_validate(run.parameters["share"]), run.parameters["task_runs"]
    assert isinstance(at_most, int)
    return min(len(share.creative_ids), at_most)


def _worker_of(run: FlowRun) -> str:
    """As the intents of a shard name it."""
    share = _Share.model_validate(run.parameters["share"])
    return f"{share.run}/{share.number}"
