"""What a large export costs to read and to join: `make bench-exports`, or `python -m benchmarks.export_load`.

A synthetic export of daily rows is written to a temporary folder. It is read in processes of their own: by pandas alone,
then by `hailuo.read_results` and `join`. CPU time and peak memory are those that the system reports for each process.
With `--write FILE` the table goes into that document.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.metadata import version
from itertools import islice, product
from pathlib import Path
from typing import Final

import pandas as pd

import hailuo
from benchmarks.document import show_section
from hailuo.clock import SystemClock
from hailuo.report.join import join

_MARK = "export-load"
_HEADER: Final = (
    "Reporting starts,Reporting ends,Campaign name,Ad set name,Ad ID,Ad name,Impressions,Link clicks,"
    "Amount spent (USD),ThruPlays,3-second video plays\n"
)
_MOST_CPU_SECONDS: Final = 30.0
_MOST_BYTES: Final = 1_000_000_000
_ID: Final = "7KQ2M9X4TD"


def write_export(path: Path, *, rows: int, ads: int, figures: int = 9_000) -> None:
    """A Meta export with a row for each ad and day, and so many different `figures` of impressions."""
    chance = random.Random(0)  # noqa: S311 (no secret)
    first = date(2024, 1, 1)
    with path.open("w") as file:
        file.write(_HEADER)
        for number, ad in islice(product(range(rows // ads + 1), range(ads)), rows):
            day, shown = first + timedelta(days=number), 100 + chance.randrange(figures)
            numbers = f"{shown},{shown // 50},{shown * 0.0061:.2f},{shown // 8},{shown // 4}"
            file.write(
                f"{day},{day},Autumn,Set {ad % 20},{120200000000000001 + 7 * ad},HV-{_ID} ad {ad},{numbers}\n"
            )


def _read(reader: str, path: Path) -> None:
    """In a child process: read the file, and print the rows, CPU seconds and the peak of memory in bytes."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    if reader == "pandas":
        rows = len(pd.read_csv(path))
    else:
        variants = pd.DataFrame({"creative_id": [_ID], "derived_from": [None], "s3_uri": [None]})
        joined = join(hailuo.read_results(path), variants)
        rows = int(joined["creative_id"].notna().sum())
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(rows, seconds, after.ru_maxrss * 1024)


def measure(path: Path) -> Mapping[str, tuple[int, float, int]]:
    """Reader -> rows read, CPU seconds, peak memory in bytes."""
    found = {}
    for reader in ("pandas", "hailuo"):
        command = [sys.executable, "-m", "benchmarks.export_load", "--read", reader, str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 (this module)
        rows, seconds, peak = done.stdout.split()
        found[reader] = int(rows), float(seconds), int(peak)
    return found


def _section(found: Mapping[str, tuple[int, float, int]], *, size: int, ads: int) -> str:
    rows = found["hailuo"][0]
    packages = ", ".join(f"{name} {version(name)}" for name in ("hailuo-campaigns", "pandas", "numpy"))
    lines = [
        f"| {name} | {cpu:.1f} | {cpu / found['pandas'][1]:.1f} | {memory / 1e6:,.0f} |"
        for name, (_, cpu, memory) in found.items()
    ]
    table = "\n".join(
        ["| read by | CPU, s | times pandas | peak memory, MB |", "| --- | ---: | ---: | ---: |", *lines]
    )
    return f"""### Large exports

Written by `make bench-exports` on {SystemClock().now():%Y-%m-%d}. {packages}. {os.cpu_count()} cores, shared with other programs.
One synthetic CSV of {rows:,} daily rows of {ads:,} ads, {size / 1e6:.0f} MB.

{table}

`pandas` is `read_csv` alone: it checks nothing. `hailuo` reads, checks and joins every row. The limits are {_MOST_CPU_SECONDS:.0f} s and {_MOST_BYTES / 1e9:.0f} GB.
Each different value of a column is read once, so time follows the different values more than the rows."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.export_load", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--ads", type=int, default=2_000)
    parser.add_argument("--read", nargs=2, metavar=("READER", "FILE"), help="what a child process does")
    parser.add_argument("--write", type=Path, help="the document that takes the table")
    given = parser.parse_args()
    if given.read:
        _read(given.read[0], Path(given.read[1]))
        return 0
    with tempfile.TemporaryDirectory(prefix="export-load-") as folder:
        path = Path(folder, "meta.csv")
        write_export(path, rows=given.rows, ads=given.ads)
        found, size = measure(path), path.stat().st_size
    section = _section(found, size=size, ads=given.ads)
    show_section(section, given.write, mark=_MARK)
    _, seconds, peak = found["hailuo"]
    return int(seconds > _MOST_CPU_SECONDS or peak > _MOST_BYTES)


if __name__ == "__main__":
    raise SystemExit(main())
