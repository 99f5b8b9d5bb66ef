"""Worker machines: a Prefect process worker each, and what dies with it."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.servers.prefect import HEARTBEAT_SECONDS, Server, client_environment, program
from tests.support.servers.processes import Service, below, running

POOL: Final = "hailuo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One worker and the flow runs that it started, as processes."""

    name: str
    service: Service

    @property
    def is_busy(self) -> bool:
        return self.service.pid is not None and bool(below(self.service.pid))

    def lose_power(self) -> frozenset[int]:
        """Everything on it ends at once, by SIGKILL. Returns the ids of the processes."""
        return self.service.kill()


def start_machine(
    stack: ExitStack,
    server: Server,
    folder: Path,
    *,
    name: str,
    environment: Mapping[str, str],
    flow_runs: int,
) -> Machine:
    """A worker that takes so many flow runs at once, until the stack unwinds; `environment` is the flows'."""
    home = folder / name
    home.mkdir()
    words = [
        "worker",
        "start",
        "--pool",
        POOL,
        "--type",
        "process",
        "--name",
        name,
        "--limit",
        str(flow_runs),
    ]
    service = Service(
        name=name,
        command=[program("prefect"), "--no-prompt", *words],
        environment={
            **client_environment(home, server.url),
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
            "PREFECT_WORKER_QUERY_SECONDS": "3",
            **environment,
        },
        folder=home,
    )
    stack.enter_context(running(service))
    return Machine(name=name, service=service)
