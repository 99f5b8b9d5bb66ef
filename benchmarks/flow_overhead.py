"""What the flow costs over the bare library: the same campaign by both, on Prefect's server with SQLite.

`make bench-overhead`, or `PYTHONPATH=scripts python -m benchmarks.flow_overhead`; about twenty minutes. Prints tables, and
with `--write FILE` puts them with their explanation into that document. Exit code 1, with the goal, when one was missed.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.document import write_section
from benchmarks.overhead.page import MARK, section, tables
from benchmarks.overhead.size import Size
from benchmarks.overhead.trial import trial
from hailuo.clock import SystemClock


def main() -> int:
    given = _arguments()
    size = Size(
        jobs=given.jobs,
        submits_per_minute=given.rate,
        speed=given.speed,
        rounds=given.repeat,
        at_once=not given.serial,
    )
    with _folder(given.keep) as folder:
        found = trial(
            size, folder, many=given.many, say=lambda text: print(text, file=sys.stderr, flush=True)
        )
    print(f"\n{tables(found)}\n")
    for missed in found.broken:
        print(f"MISSED: {missed}", file=sys.stderr)
    if given.write:
        text = section(found, command="make bench-overhead", at=SystemClock().now())
        write_section(given.write, text, mark=MARK)
    return 1 if found.broken else 0


def _arguments() -> argparse.Namespace:
    usual = Size()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flow_overhead", description=__doc__)
    parser.add_argument("--jobs", type=int, default=usual.jobs, help="an even number")
    parser.add_argument("--rate", type=int, default=usual.submits_per_minute, help="submits a minute")
    parser.add_argument(
        "--speed", type=float, default=usual.speed, help="how many times as fast the vendor renders"
    )
    parser.add_argument("--repeat", type=int, default=usual.rounds, help="rounds; the median counts")
    parser.add_argument("--serial", action="store_true", help="one after the other, not both at once")
    parser.add_argument(
        "--many", type=int, default=10_000, help="jobs whose task runs are counted; 0: not at all"
    )
    parser.add_argument("--keep", type=Path, help="a new folder for data and logs, which are left there")
    parser.add_argument("--write", type=Path, help="the document that takes the tables")
    return parser.parse_args()


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="flow-overhead-", ignore_cleanup_errors=True) as scratch:
            yield Path(scratch)
    else:
        kept.mkdir(parents=True)
        yield kept.absolute()


if __name__ == "__main__":
    sys.exit(main())
