"""How short and how lean a night is, in virtual time: `make bench-speed`, or `python -m benchmarks.speed`.

Each row is a process of its own. With `--write FILE` the table goes into that document.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Final

from benchmarks.document import table, write_section
from benchmarks.speed.contest import WAYS
from hailuo.clock import SystemClock

_MARK, _CONTEST_MARK = "speed", "contest"


@dataclass(frozen=True, slots=True)
class Row:
    """Jobs and limits."""

    jobs: int
    submits_per_minute: int
    in_flight: int

    def measured(self, way: str | None = None) -> dict[str, float]:
        """The figures of one night of ours, or of another `way` in the contest."""
        numbers = map(str, (self.jobs, self.submits_per_minute, self.in_flight))
        module = ("benchmarks.speed.contest", way) if way else ("benchmarks.speed.trial",)
        command = [sys.executable, "-m", *module, *numbers]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 (this package)
        return {name: float(figure) for name, figure in json.loads(done.stdout).items()}


_CONTESTS: Final = (Row(100, 5, 8), Row(100, 20, 30))
_ROWS: Final = (Row(200, 5, 8), Row(200, 5, 30), Row(100, 300, 300), Row(1000, 300, 300))


def _section(found: dict[Row, dict[str, float]]) -> str:
    head = (
        "jobs",
        "submits a minute, in flight",
        "makespan / best known beforehand",
        "makespan / own order without loss",
    )
    rows = [
        (
            f"{row.jobs:,}",
            f"{row.submits_per_minute}, {row.in_flight}",
            f"{figures['ratio']:.3f}",
            f"{figures['loss']:.3f}",
            f"{figures['polls']:.1f}",
            f"{figures['lag_p95']:.1f} s",
            f"{figures['requests']:.1f}",
            f"{figures['cpu_ms']:.1f} ms",
            f"{figures['peak_mb']:.0f} MB",
        )
        for row, figures in found.items()
    ]
    rest = ("polls a clip", "lag p95", "requests a job", "CPU a job", "peak memory")
    return (
        f"Written by `make bench-speed` on {SystemClock().now():%Y-%m-%d}. hailuo-campaigns {version('hailuo-campaigns')}, "
        f"httpx {version('httpx')}, Python {python_version()}. 2 cores, shared with other programs.\n\n"
        + table((*head, *rest), rows)
    )


def _contest(row: Row, found: dict[str, dict[str, float]]) -> str:
    head = ("way", "starts", "clips stored", "makespan / best known beforehand", "polls a clip", "lag p95")
    rows = [
        (
            WAYS[way].name,
            f"{figures['starts']:.0f}",
            f"{figures['stored']:.0f}",
            f"{figures['ratio']:.2f}" if figures["ratio"] else "clips are missing",
            f"{figures['polls']:.1f}",
            f"{figures['lag_p95']:.1f} s",
            f"{figures['refused']:.0f}",
            f"{figures['billed']:.2f}",
            f"{figures['cpu_ms']:.0f} ms",
        )
        for way, figures in found.items()
    ]
    return (
        f"### {row.jobs} clips, the vendor takes {row.submits_per_minute} submits a minute, {row.in_flight} in flight\n\n"
        + table((*head, "submits refused", "billed / wanted", "CPU a clip"), rows)
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--write", type=Path, help="the document that takes the table")
    given = parser.parse_args()
    section = _section({row: row.measured() for row in _ROWS})
    contests = [_contest(row, {way: row.measured(way) for way in WAYS}) for row in _CONTESTS]
    contest = "\n\n".join(contests)
    print(f"{section}\n\n{contest}")
    if given.write:
        write_section(given.write, section, mark=_MARK)
        write_section(given.write, contest, mark=_CONTEST_MARK)
    return 0


if __name__ == "__main__":
    sys.exit(main())
