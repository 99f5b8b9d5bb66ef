"""Prefect's server with a pool, workers and every deployment, and the vendor's simulator, on this machine."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.servers.prefect import Server, client_environment, program
from tests.support.servers.processes import Service, environment_of_ours, free_ports, pause, running
from tests.support.servers.vendor import Simulator, simulator
from tests.support.servers.workers import Machine, start_machine

ROOT: Final = Path(__file__).absolute().parents[3]
_SPEED: Final = 60.0
_MINUTE: Final = (
    300  # submits a minute of ours: five a minute of the simulator's, which is sixty times as quick
)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything that runs: the server, the vendor's simulator, the workers, the store that they share and its pages."""

    server: Server
    vendor: Simulator
    store: Path
    pages: str
    campaigns: Path
    machines: tuple[Machine, ...]

    @property
    def ui(self) -> str:
        """The V2 UI, to which `/` leads."""
        return f"{self.server.url.removesuffix('/api')}/v2"

    def accepted(self) -> int:
        """The submits that the vendor has taken, by its own books."""
        return len(self.vendor.traffic().accepted_at)

    def save_block(self, slug: str, name: str, data: Mapping[str, object]) -> None:
        """As a person does in the UI: *Blocks*, this type, this name."""
        kind = self.server.ask("GET", f"/block_types/slug/{slug}")["id"]
        wanted = {"block_schemas": {"block_type_id": {"any_": [kind]}}}
        schema = self.server.ask("POST", "/block_schemas/filter", wanted)[0]["id"]
        block = {"name": name, "data": data, "block_type_id": kind, "block_schema_id": schema}
        self.server.ask("POST", "/block_documents/", block)

    @staticmethod
    def wait(seconds: float) -> None:
        """Let real time pass."""
        pause(seconds)


@contextmanager
def open_house(
    folder: Path,
    *,
    campaigns: Path = ROOT / "campaigns",
    machines: int = 1,
    port: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[House]:
    """All of it on loopback while the block runs. What was rendered stays in `folder`/store."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        vendor = stack.enter_context(simulator(folder / "vendor", speed=_SPEED, submits_per_minute=_MINUTE))
        server = stack.enter_context(_sqlite_server(folder / "server", port or free_ports(1)[0]))
        store = folder / "store"
        pages = stack.enter_context(_pages_of(folder))
        settings = {**_settings(vendor, store, campaigns), "HAILUO_PAGES_URL": pages, **(environment or {})}
        # As a person does it: the form offers the campaigns of the folder.
        server.module("hailuo.flows.setup", folder=ROOT, environment=settings)
        at_work = tuple(
            start_machine(stack, server, folder, name=f"worker-{number}", environment=settings, flow_runs=6)
            for number in range(1, machines + 1)
        )
        yield House(
            server=server, vendor=vendor, store=store, pages=pages, campaigns=campaigns, machines=at_work
        )


def _settings(vendor: Simulator, store: Path, campaigns: Path) -> dict[str, str]:
    """What the flows need. The waits are short as the simulator is quick."""
    return {
        "IMAROUTER_API_KEY": "sk-simulated",
        "IMAROUTER_BASE_URL": vendor.url,
        "HAILUO_STORE": str(store.absolute()),
        "HAILUO_CAMPAIGNS": str(campaigns.absolute()),
        "HAILUO_SUBMITS_PER_MINUTE": str(vendor.submits_per_minute),
        "HAILUO_POLL_FIRST_SECONDS": "0.5",
        "HAILUO_POLL_EVERY_SECONDS": "0.5",
    }


@contextmanager
def _pages_of(folder: Path) -> Iterator[str]:
    """The galleries of the store beside the UI, as operations.md and compose serve them."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "hailuo.publish.serving", str(folder / "store"), "--port", str(port)]
    service = Service(name="pages", command=command, environment=environment_of_ours(folder), folder=folder)
    with running(service):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _sqlite_server(folder: Path, port: int) -> Iterator[Server]:
    """The server with its UI, on a database in the folder: enough for one machine."""
    folder.mkdir(exist_ok=True)
    url = f"http://127.0.0.1:{port}/api"
    ui = f"{url.removesuffix('/api')}/v2"
    ours = {
        **client_environment(folder, url),
        "PREFECT_SERVER_UI_API_URL": url,
        "PREFECT_UI_URL": ui,
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "hailuo.flows.ordering",
    }
    command = [program("prefect"), "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    service = Service(name="prefect-server", command=command, environment=ours, folder=folder)
    with running(service):
        server = Server(service=service, url=url)
        server.wait()
        yield server
