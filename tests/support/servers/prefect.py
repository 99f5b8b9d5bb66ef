"""Prefect's server as a process, and what is asked of it over its API."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import httpx

from tests.support.servers.processes import (
    Service,
    environment_of_ours,
    pause,
    wait_until,
)

HEARTBEAT_SECONDS: Final = 30
"""Prefect's shortest."""

_START_SECONDS: Final = 600.0
_PAGE: Final = 200
_BUSY_TRIES: Final = 60
_RED = frozenset({"FAILED", "CRASHED", "CANCELLED"})
_TERMINAL: Final = _RED | {"COMPLETED"}
_ACCESS = re.compile(rb'"(?:GET|POST|PUT|PATCH|DELETE) (?:http://[^/]+)?/api/[^"]*HTTP/1')

_Body = Mapping[str, object]

_Environment = Mapping[str, str]
_NOTHING_MORE: Final[_Environment] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRun:
    """A flow run as the server shows it."""

    id: str
    name: str
    flow: str
    state: str
    state_name: str
    parameters: Mapping[str, object]

    @property
    def is_over(self) -> bool:
        return self.state in _TERMINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Prefect's server. It can be stopped and started again where it was."""

    service: Service
    url: str

    def wait(self) -> None:
        """Until it answers. Raises: TimeoutError."""
        wait_until(self._answers, seconds=_START_SECONDS, what="Prefect's server answers", every=0.5)

    def restart(self) -> None:
        """Stop it, start it again, wait until it answers."""
        self.service.stop()
        self.service.start()
        self.wait()

    def call(self, *words: str, folder: Path, environment: _Environment = _NOTHING_MORE) -> None:
        """A command of Prefect's, in a folder. Raises: RuntimeError with what it said."""
        self._run([program("prefect"), "--no-prompt", *words], folder, environment)

    def module(self, *words: str, folder: Path, environment: _Environment = _NOTHING_MORE) -> str:
        """`python -m` with this server, in a folder; what it printed. Raises: RuntimeError with what it said."""
        return self._run([sys.executable, "-m", *words], folder, environment)

    def _run(self, command: list[str], folder: Path, environment: _Environment) -> str:
        done = subprocess.run(  # noqa: S603 (our own client)
            command,
            cwd=folder,
            env={**client_environment(self.service.folder, self.url), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
        return done.stdout

    def create_run(self, deployment: str, parameters: _Body, job_variables: _Body | None = None) -> str:
        """A flow run of `flow/deployment`, as the button in the UI makes it. Returns its id."""
        found = self.ask("GET", f"/deployments/name/{deployment}")
        form = {"parameters": parameters, **({"job_variables": job_variables} if job_variables else {})}
        made = self.ask("POST", f"/deployments/{found['id']}/create_flow_run", form)
        return str(made["id"])

    def flow_runs(self) -> list[FlowRun]:
        """All of them, the oldest first."""
        rows = self._pages("/flow_runs/filter", {"sort": "START_TIME_ASC"})
        flows = {str(row["id"]): str(row["name"]) for row in self._pages("/flows/filter", {})}
        return [_flow_run(row, flows) for row in rows]

    def task_runs(self) -> Counter[tuple[str, str]]:
        """How many task runs of each flow run are in each state."""
        rows = self._pages("/task_runs/filter", {})
        return Counter((str(row["flow_run_id"]), str(row["state_type"])) for row in rows)

    def requests(self) -> int:
        """The requests that it has answered over all its starts, by its own access log."""
        return sum(1 for line in self.service.log.read_bytes().splitlines() if _ACCESS.search(line))

    def _pages(self, path: str, body: _Body) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        while True:
            page = self.ask("POST", path, {**body, "limit": _PAGE, "offset": len(rows)})
            rows += page
            if len(page) < _PAGE:
                return rows

    def ask(self, method: str, path: str, body: _Body | list[Any] | None = None) -> Any:
        """One request of its API, as the UI makes it; again while it is busy with its database.

        Raises: httpx.HTTPStatusError.
        """
        for _ in range(_BUSY_TRIES):
            answer = httpx.request(method, f"{self.url}{path}", json=body, timeout=600, trust_env=False)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            pause(1.0)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=60, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


def client_environment(folder: Path, url: str) -> dict[str, str]:
    """What makes Prefect's client speak to this server, and to nobody else."""
    return {
        **environment_of_ours(folder),
        "PREFECT_HOME": str(folder / "home"),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "NO_COLOR": "1",
    }


def program(name: str) -> str:
    """A command that is installed beside this Python."""
    return str(Path(sys.executable).with_name(name))


def _flow_run(row: _Body, flows: Mapping[str, str]) -> FlowRun:
    return FlowRun(
        id=str(row["id"]),
        name=str(row["name"]),
        flow=flows[str(row["flow_id"])],
        state=str(row["state_type"]),
        state_name=str(row["state_name"]),
        parameters=cast("Mapping[str, object]", row["parameters"]),
    )
