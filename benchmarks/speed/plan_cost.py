"""What a plan of many jobs costs: CPU seconds and peak memory of `hailuo plan`, beside an empty Python of the same minute.

python -m benchmarks.speed.plan_cost [--write docs/evidence/performance.md]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.document import show_section, table
from benchmarks.speed.trial import campaign
from hailuo.clock import SystemClock

_MARK: Final = "plan-cost"
_ROWS: Final = "campaign: rows\nrows: rows.csv\nbudget: {usd: 1000000}\n"
_HEADER: Final = "model,duration,size,prompt,product,sku,price,link\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU seconds, user and system, and the peak of resident memory."""

    cpu_seconds: float
    peak_mb: float


def cost_of(arguments: list[str], *, folder: Path) -> Cost:
    """Of a Python process with these arguments. Raises: ValueError for one that ended before it had a plan."""
    environment = {**os.environ, "HAILUO_MAX_JOBS": "1000000", "HAILUO_STORE": str(folder / "store")}  # noqa: TID251 (of the process that is measured)
    with (folder / "said.txt").open("wb") as said:
        command = [sys.executable, *arguments]
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, env=environment)  # noqa: S603 (this program)
        _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0  # it was waited for
    words = (folder / "said.txt").read_text(encoding="utf-8")
    if "plan" in arguments and "to buy" not in words:
        raise ValueError(f"no plan was made: {words}")
    return Cost(cpu_seconds=usage.ru_utime + usage.ru_stime, peak_mb=usage.ru_maxrss / 1024)


def rows(folder: Path, number: int) -> Path:
    """A sheet of so many rows of eight columns, about 200 bytes each, and the campaign that names it."""
    with (folder / "rows.csv").open("w", encoding="utf-8") as sheet:
        sheet.write(_HEADER)
        for n in range(number):
            sheet.write(
                f'MiniMax-Hailuo-2.3,6,768p,"Perfume bottle number {n} on black stone, soft haze, slow orbit camera, '
                f'launch-film lighting, 35 mm",Bottle {n},SKU{n:07},{n % 90}.90,https://shop.example/p/{n}?utm_source=a\n'
            )
    path = folder / "rows.yaml"
    path.write_text(_ROWS, encoding="utf-8")
    return path


def measure(folder: Path, most_rows: int) -> dict[str, Cost]:
    """An empty Python, a plan of one clip, one of 10,000 jobs, and sheets of 10,000 and `most_rows` rows."""
    plan = ["-m", "hailuo", "plan", "-q"]
    found = {"`python -c pass`": cost_of(["-c", "pass"], folder=folder)}
    for jobs in (1, 10_000):
        path = campaign(folder, jobs)
        found[f"`hailuo plan`, a matrix of {jobs:,}"] = cost_of([*plan, str(path)], folder=folder)
    for number in (10_000, most_rows):
        path = rows(folder, number)
        found[f"`hailuo plan`, a sheet of {number:,} rows"] = cost_of([*plan, str(path)], folder=folder)
    return found


def _section(found: Mapping[str, Cost]) -> str:
    empty = next(iter(found.values())).cpu_seconds
    lines = [
        (name, f"{cost.cpu_seconds:.2f} s", f"{cost.cpu_seconds / empty:.0f}", f"{cost.peak_mb:.0f} MB")
        for name, cost in found.items()
    ]
    head = ("process", "CPU", "times an empty Python", "peak memory")
    return (
        f"Written by `python -m benchmarks.speed.plan_cost` on {SystemClock().now():%Y-%m-%d}. 2 cores, shared with other "
        "programs: an empty Python of the same minute says how busy they were.\n\n" + table(head, lines)
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.plan_cost", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--write", type=Path, help="the document that takes the table")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        section = _section(measure(Path(folder), given.rows))
    show_section(section, given.write, mark=_MARK)
    return 0


if __name__ == "__main__":
    sys.exit(main())
