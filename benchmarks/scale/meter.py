"""What processes cost: CPU and memory by role, read from /proc while they live."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.servers.processes import below

_EVERY_SECONDS: Final = 2.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")

Roots = Callable[[], Mapping[str, list[int]]]
"""The processes at the top of each role, at this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU-seconds of all processes of a role, the dead ones too; memory of all together at its peak.

    Memory is the proportional set size: what processes share is counted once.
    """

    cpu_seconds: float
    peak_bytes: int


@dataclass(slots=True, kw_only=True)
class Meter:
    """Looks every two seconds; what a process used in its last two is not seen."""

    roots: Roots
    _cpu: dict[tuple[str, int, int], float] = field(default_factory=dict)
    _peak: dict[str, int] = field(default_factory=dict)

    def costs(self) -> Mapping[str, Cost]:
        """By role, so far."""
        return {
            role: Cost(
                cpu_seconds=sum(spent for (owner, _, _), spent in self._cpu.items() if owner == role),
                peak_bytes=peak,
            )
            for role, peak in self._peak.items()
        }

    def look(self) -> None:
        """Read /proc once."""
        for role, tops in self.roots().items():
            family = {pid for top in tops for pid in (top, *below(top))}
            together = sum(self._note(role, pid) for pid in family)
            self._peak[role] = max(self._peak.get(role, 0), together)

    def _note(self, role: str, pid: int) -> int:
        with contextlib.suppress(OSError):  # it has ended meanwhile
            folder = Path("/proc", str(pid))
            words = folder.joinpath("stat").read_text().rpartition(")")[2].split()
            user, system, started = int(words[11]), int(words[12]), int(words[19])
            self._cpu[role, pid, started] = (user + system) / _TICKS
            return _proportional_bytes(folder.joinpath("smaps_rollup").read_text())
        return 0


def _proportional_bytes(rollup: str) -> int:
    lines = (line.split() for line in rollup.splitlines())
    return next((int(words[1]) * 1024 for words in lines if words[0] == "Pss:"), 0)


@contextmanager
def metering(roots: Roots) -> Iterator[Meter]:
    """A meter that runs beside the block, and looks once more at its end."""
    meter, done = Meter(roots=roots), threading.Event()

    def watch() -> None:
        while not done.wait(_EVERY_SECONDS):
            meter.look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield meter
    finally:
        done.set()
        thread.join()
