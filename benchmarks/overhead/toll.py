"""What a run costs Prefect's server, and how many task runs it leaves there."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from benchmarks.scale.meter import Meter
from tests.support.servers.prefect import Server
from tests.support.servers.processes import Service, pause

_SETTLE_SECONDS: Final = 3.0
_LOOKS_AT_MOST: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """Task runs, requests answered, and CPU-seconds, its idle services' included."""

    task_runs: int
    requests: int
    cpu_seconds: float


class Tollgate:
    """Takes notes of the server when it is made; `toll` is what has come since."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._task_runs = _settled(server).total()
        self._cpu_seconds = _cpu_seconds_of(server.service)
        self._requests = server.requests()

    def toll(self) -> Toll:
        """Once the server has written down all that it was told. Raises: TimeoutError."""
        requests = self._server.requests() - self._requests  # before we ask it anything ourselves
        task_runs = _settled(self._server).total() - self._task_runs
        cpu_seconds = _cpu_seconds_of(self._server.service) - self._cpu_seconds
        return Toll(task_runs=task_runs, requests=requests, cpu_seconds=cpu_seconds)


def _settled(server: Server) -> Counter[tuple[str, str]]:
    """The task runs that it knows, once they change no more: it learns of them from events, some seconds late."""
    known = server.task_runs()
    for _ in range(_LOOKS_AT_MOST):
        pause(_SETTLE_SECONDS)
        before, known = known, server.task_runs()
        if known == before:
            return known
    raise TimeoutError("Prefect's server is still writing task runs down")


def _cpu_seconds_of(service: Service) -> float:
    """What the service and all that it has started have used so far."""
    meter = Meter(roots=lambda: {"it": [service.pid] if service.pid else []})
    meter.look()
    return meter.costs()["it"].cpu_seconds
