"""What the two lanes stand on: Prefect's server, and for each lane a vendor and a store of its own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.overhead.size import Pace
from tests.support.servers.prefect import Server, client_environment, program
from tests.support.servers.processes import Service, environment_of_ours, free_ports, running
from tests.support.servers.vendor import Simulator, simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One way to render the campaign, in a folder of its own. With a server `hailuo run` runs as the flow."""

    name: str
    folder: Path
    campaign: Path
    vendor: Simulator
    environment: Mapping[str, str]

    @property
    def command(self) -> Sequence[str]:
        return [program("hailuo"), "run", str(self.campaign), "--yes"]

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def calls(self) -> Mapping[str, int]:
        """What its vendor has been asked so far, by kind."""
        return self.vendor.traffic().calls


@contextmanager
def open_lane(
    name: str, folder: Path, *, campaign: Path, pace: Pace, server: Server | None
) -> Iterator[Lane]:
    """A lane that is ready to start, its vendor on a free port while the block runs."""
    folder.mkdir(parents=True)
    speed, limit = pace.vendor_speed, pace.vendor_per_minute
    with simulator(folder / "vendor", speed=speed, submits_per_minute=limit) as vendor:
        home = client_environment(folder, server.url) if server else environment_of_ours(folder)
        ours = {
            **pace.settings,
            "IMAROUTER_API_KEY": "sk-simulated",
            "IMAROUTER_BASE_URL": vendor.url,
            "HAILUO_STORE": str(folder / "store"),
            "HAILUO_CHECKS": "off",  # the same work on both lanes: it would only make the ratio look better
        }
        yield Lane(name=name, folder=folder, campaign=campaign, vendor=vendor, environment={**home, **ours})


@contextmanager
def sqlite_server(folder: Path) -> Iterator[Server]:
    """Prefect's server on a free port, on a database in the folder, while the block runs."""
    folder.mkdir(parents=True)
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}/api"
    words = ["server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui", "--log-level", "INFO"]
    environment = client_environment(folder, url)
    command = [program("prefect"), *words]
    service = Service(name="prefect-server", command=command, environment=environment, folder=folder)
    with running(service):
        server = Server(service=service, url=url)
        server.wait()
        yield server
