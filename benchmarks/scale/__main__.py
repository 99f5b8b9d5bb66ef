"""Prove at scale, on Prefect's server with Postgres and Redis; `make scale-proof` writes docs/evidence/scale.md.

Needs Debian's packages postgresql and redis-server, and the optional dependencies `server`. Exit code 1, with the
promise, when one was broken; 2, with one line, when something that it needs is not here.
"""

import argparse
import dataclasses
import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.document import write_section
from benchmarks.scale.broker import missing_for_redis
from benchmarks.scale.database import missing_for_postgres
from benchmarks.scale.page import MARK, section, tables
from benchmarks.scale.size import Size
from benchmarks.scale.trial import trial
from hailuo.clock import SystemClock


def main(arguments: list[str]) -> int:
    given = _parser().parse_args(arguments)
    if lack := _lack():
        print(f"make scale-proof: {lack}", file=sys.stderr)
        return 2
    size = dataclasses.replace(Size(), jobs=given.jobs, speed=given.speed)
    with _folder(given.keep) as folder:
        findings = trial(size, folder, say=lambda text: print(text, file=sys.stderr, flush=True))
    print(f"\n{tables(findings)}\n")
    for broken in findings.broken:
        print(f"BROKEN: {broken}", file=sys.stderr)
    if given.write:
        text = section(findings, command="make scale-proof", at=SystemClock().now())
        write_section(given.write, text, mark=MARK)
    return 1 if findings.broken else 0


def _lack() -> str:
    """What the proof needs and this machine does not have, and how to install it, in one line; empty if all is there."""
    programs = [*missing_for_postgres(), *missing_for_redis()]
    wanted = {"asyncpg": "asyncpg", "prefect_redis": "prefect-redis"}
    packages = [name for module, name in wanted.items() if importlib.util.find_spec(module) is None]
    parts = []
    if programs:
        parts.append(
            f"not installed: {', '.join(programs)}; run: apt-get install --yes postgresql redis-server"
        )
    if packages:
        parts.append(f"not in this environment: {', '.join(packages)}; run: pip install '.[all,server]'")
    return "; ".join(parts)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="hailuo-scale-") as scratch:
            yield Path(scratch)
    else:
        kept.mkdir(parents=True)
        yield kept.absolute()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--jobs", type=int, default=Size().jobs, help="jobs; an even number")
    parser.add_argument(
        "--speed", type=float, default=Size().speed, help="how many times as fast the vendor lives"
    )
    parser.add_argument("--keep", type=Path, help="a new folder for data and logs, which are left there")
    parser.add_argument("--write", type=Path, help="the document that takes the tables")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
