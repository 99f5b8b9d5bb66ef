"""The simulated vendor as a process of its own, and how often it was asked in any minute."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from tests.support.servers.prefect import program
from tests.support.servers.processes import Service, environment_of_ours, free_ports, running, wait_until

_BALANCE_USD: Final = 100_000
_START_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Who asked how often. `refused` counts submits that were not taken, for whatever reason."""

    calls: Mapping[str, int]
    accepted_at: Sequence[datetime]

    @property
    def refused(self) -> int:
        return self.calls["submits"] - len(self.accepted_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """A vendor that answers, and takes so many submits in any minute of its own."""

    service: Service
    url: str
    submits_per_minute: int

    def traffic(self) -> Traffic:
        """By its own books."""
        invoice = (
            httpx.get(f"{self.url}/_sim/invoice", timeout=600, trust_env=False).raise_for_status().json()
        )
        return Traffic(
            calls=invoice["calls"],
            accepted_at=tuple(datetime.fromisoformat(line["at"]) for line in invoice["lines"]),
        )


@contextmanager
def simulator(folder: Path, *, speed: float, submits_per_minute: int) -> Iterator[Simulator]:
    """The vendor on a free port while the block runs, so many times as fast as the day."""
    folder.mkdir()
    (port,) = free_ports(1)
    words = ["simulate", "--port", str(port), "--speed", str(speed), "--rate-limit", str(submits_per_minute)]
    service = Service(
        name="simulator",
        command=[program("hailuo"), *words, "--small-clips", "--balance", str(_BALANCE_USD)],
        environment=environment_of_ours(folder),
        folder=folder,
    )
    url = f"http://127.0.0.1:{port}"
    with running(service):
        wait_until(lambda: _answers(url), seconds=_START_SECONDS, what="the simulator answers")
        yield Simulator(service=service, url=url, submits_per_minute=submits_per_minute)


def most_within(moments: Iterable[datetime], window: timedelta) -> int:
    """The most of these moments that any window of this length holds, its end excluded."""
    inside: deque[datetime] = deque()
    most = 0
    for moment in sorted(moments):
        inside.append(moment)
        while moment - inside[0] >= window:
            inside.popleft()
        most = max(most, len(inside))
    return most


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=60, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
