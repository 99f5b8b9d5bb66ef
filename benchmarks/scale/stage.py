"""Everything that the proof needs, started: database, broker, store, vendor, server, deployments, machines."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from benchmarks.proof.campaigns import write_campaign
from benchmarks.scale.broker import Broker, redis
from benchmarks.scale.bucket import Bucket, bucket
from benchmarks.scale.database import Database, postgres
from benchmarks.scale.server import prefect_server
from benchmarks.scale.size import Size
from tests.support.servers.prefect import HEARTBEAT_SECONDS, Server
from tests.support.servers.vendor import Simulator, simulator
from tests.support.servers.workers import POOL, Machine, start_machine

_HOME: Final = Path(__file__).parents[2]
_FLOWS: Final = ("flows.render_campaign.render_campaign", "flows.render_shard.render_shard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What runs. `campaign` lies in the folder of campaigns that every machine is given."""

    size: Size
    folder: Path
    campaign: Path
    database: Database
    broker: Broker
    bucket: Bucket
    vendor: Simulator
    server: Server
    stack: ExitStack
    machines: list[Machine] = field(default_factory=list)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a flow finds on a machine."""
        return {
            **self.bucket.place.environment,
            **self.size.settings,
            "IMAROUTER_API_KEY": "sk-simulated",
            "IMAROUTER_BASE_URL": self.vendor.url,
            "HAILUO_STORE": self.bucket.place.uri,
            "HAILUO_CHECKS": "off",
            "HAILUO_CAMPAIGNS": str(self.campaign.parent),
        }

    def start_machine(self, *, flow_runs: int = 1) -> Machine:
        """One more worker, that takes so many flow runs at once."""
        name = f"machine-{len(self.machines) + 1}"
        machine = start_machine(
            self.stack,
            self.server,
            self.folder,
            name=name,
            environment=self.environment,
            flow_runs=flow_runs,
        )
        self.machines.append(machine)
        return machine

    def roots(self) -> Mapping[str, list[int]]:
        """The processes at the top of each role, for the meter."""
        services: Mapping[str, Sequence[int | None]] = {
            "Prefect server": [self.server.service.pid],
            "Postgres": [self.database.service.pid],
            "Redis": [self.broker.service.pid],
            "store (SeaweedFS)": self.bucket.pids,
            "vendor (simulator)": [self.vendor.service.pid],
            "workers and their flow runs": [machine.service.pid for machine in self.machines],
        }
        return {role: [pid for pid in pids if pid] for role, pids in services.items()}


@contextmanager
def stage(size: Size, folder: Path) -> Iterator[Stage]:
    """All of it on free ports of this machine while the block runs; at its end every process is ended."""
    campaigns = folder / "campaigns"
    campaigns.mkdir()
    folder.chmod(0o711)  # Postgres runs as another user, and must get to its own
    with ExitStack() as stack:
        database = stack.enter_context(postgres(folder / "postgres"))
        broker = stack.enter_context(redis(folder / "redis"))
        store = stack.enter_context(bucket(folder / "seaweedfs"))
        limit = size.vendor_per_own_minute
        seller = stack.enter_context(simulator(folder / "vendor", speed=size.speed, submits_per_minute=limit))
        server = stack.enter_context(prefect_server(folder / "prefect", database, broker))
        set_up = Stage(
            size=size,
            folder=folder,
            campaign=write_campaign(campaigns, f"scale-{size.jobs}", jobs=size.jobs),
            database=database,
            broker=broker,
            bucket=store,
            vendor=seller,
            server=server,
            stack=stack,
        )
        _deploy(set_up)
        server.module("hailuo.flows.automations", "--heartbeat", str(HEARTBEAT_SECONDS), folder=_HOME)
        yield set_up


def _deploy(stage: Stage) -> None:
    """As prefect.yaml has it, from the checkout; only what the proof runs."""
    known = yaml.safe_load((_HOME / "prefect.yaml").read_text(encoding="utf-8"))
    wanted = [one for one in known["deployments"] if one["entrypoint"] in _FLOWS]
    chosen = stage.folder / "prefect.yaml"
    chosen.write_text(yaml.safe_dump({**known, "deployments": wanted}), encoding="utf-8")
    server = stage.server
    server.call("work-pool", "create", POOL, "--type", "process", folder=_HOME)
    environment = {"HAILUO_CAMPAIGNS": str(stage.campaign.parent)}  # what the run form offers
    server.call("deploy", "--all", "--prefect-file", str(chosen), folder=_HOME, environment=environment)
