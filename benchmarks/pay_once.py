"""`python -m benchmarks.pay_once`: who pays how often for the same clips, through the same faults and kills.

Prints a table, and with `--write FILE` puts it with its explanation into that document. Needs the extra
`bench`; `make bench-pay-once` installs it into a virtual environment of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from benchmarks.document import write_section
from benchmarks.race.orders import Orders, vendor, write_orders
from benchmarks.race.tally import Tally, take_stock
from benchmarks.race.track import Contender, Course, prefect_server, race
from benchmarks.race.words import MARK, section, table
from hailuo.clock import SystemClock
from hailuo.simulator import simulating

_IN_FLIGHT: Final = 8  # the default of `hailuo run`
_SEED: Final = 20
_HAILUO: Final = Contender(name="hailuo", module="hailuo_run", remembers=True)
_PLAIN: Final = (
    Contender(name="vendor's sample", module="vendor_sample", remembers=False),
    Contender(name="afternoon script", module="afternoon_script", remembers=True),
    Contender(name="openai", module="openai_sdk", remembers=True),
)
_HELD: Final = frozenset({"unknown", "in_doubt"})


def _prefects(environment: Mapping[str, str]) -> tuple[Contender, ...]:
    default = Contender(
        name="Prefect, default", module="prefect_flow", remembers=False, environment=environment
    )
    kept = Contender(
        name="Prefect, results kept",
        module="prefect_flow",
        remembers=True,
        options=("--persisted",),
        environment=environment,
    )
    return default, kept


def main() -> int:
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="pay-once-", ignore_cleanup_errors=True) as scratch:
        folder = given.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        orders = write_orders(folder, clips=given.clips)
        tallies = list(_races(folder, orders, speed=given.speed, only=given.only))
    print(table(tallies))
    if given.write:
        cores, at = os.cpu_count() or 1, SystemClock().now()
        words = section(tallies, at=at, speed=given.speed, cores=cores, kills=_kills(orders))
        write_section(given.write, words, mark=MARK)
    return 1 if any(tally.again for tally in tallies if tally.name == _HAILUO.name) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pay_once", description=__doc__)
    parser.add_argument("--clips", type=int, default=60, help="how many different clips are wanted")
    parser.add_argument("--speed", type=float, default=60.0, help="60: a minute a second")
    parser.add_argument("--only", action="append", help="the start of a contender's name; may be repeated")
    parser.add_argument("--keep", type=Path, help="a new folder for clips and logs, kept afterwards")
    parser.add_argument("--write", type=Path, help="the document that takes the table")
    return parser.parse_args()


def _races(folder: Path, orders: Orders, *, speed: float, only: list[str] | None) -> Iterator[Tally]:
    def chosen(contenders: Iterable[Contender]) -> list[Contender]:
        return [c for c in contenders if not only or c.name.startswith(tuple(only))]

    for contender in chosen(_PLAIN):
        yield _raced(contender, folder, orders, speed=speed)
    if chosen(_prefects({})):
        with prefect_server(folder / "prefect") as environment:
            for contender in chosen(_prefects(environment)):
                yield _raced(contender, folder, orders, speed=speed)
    for contender in chosen([_HAILUO]):
        yield _raced(contender, folder, orders, speed=speed)


def _raced(contender: Contender, folder: Path, orders: Orders, *, speed: float) -> Tally:
    own = folder / contender.name.replace(" ", "-").replace(",", "").replace("'", "")
    with simulating(vendor(speed=speed, seed=_SEED)) as base_url:
        course = Course(
            base_url=base_url,
            wanted=orders.wanted,
            campaign=orders.campaign,
            folder=own,
            speed=speed,
            in_flight=_IN_FLIGHT,
            kill_at=_kills(orders),
        )
        track = race(contender, course)
        held = _held(course) if contender is _HAILUO else None
        tally = take_stock(contender, track, base_url=base_url, wanted=orders.wanted, folder=own, held=held)
    exits = " ".join(str(code) for code in track.exits)
    print(f"{contender.name}: {tally.billed} billed, {tally.stored} stored, exits {exits}", file=sys.stderr)
    return tally


def _kills(orders: Orders) -> tuple[int, ...]:
    """Killed when a third, and when two thirds of the clips lie there."""
    return orders.count // 3, 2 * orders.count // 3


def _held(course: Course) -> int:
    """What `hailuo status --json` lists as bought or not, nobody knows."""
    command = [sys.executable, "-c", "from hailuo.cli import main; main()"]
    environment = {
        "PATH": os.defpath,
        "HAILUO_STORE": str(course.folder),
        "IMAROUTER_BASE_URL": course.base_url,
    }
    told = subprocess.run(  # noqa: S603 (our own command); its exit code says that jobs are unfinished
        [*command, "status", str(course.campaign), "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return sum(1 for job in json.loads(told.stdout)["jobs"] if job["state"] in _HELD)


if __name__ == "__main__":
    sys.exit(main())
