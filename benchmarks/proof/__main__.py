"""Prove by real crashes that no clip is paid twice and none is lost; `make proof` writes docs/evidence/proof.md.

Exit code 1, with the promise and the place, when one was broken.
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from benchmarks.document import write_section
from benchmarks.proof.page import sections, tables
from benchmarks.proof.size import FULL, QUICK
from benchmarks.proof.trial import Findings, Part, StoreKind, trial
from hailuo.clock import SystemClock


def main(arguments: list[str]) -> int:
    given = _parser().parse_args(arguments)
    size = QUICK if given.quick else FULL
    size = dataclasses.replace(
        size,
        jobs=given.jobs or size.jobs,
        kills=given.kills or size.kills,
        trials=given.trials or size.trials,
    )
    findings = trial(
        size,
        parts=given.parts or list(Part),
        stores=given.stores or list(StoreKind),
        say=lambda text: print(text, file=sys.stderr, flush=True),
    )
    print(_as_json(findings) if given.json else f"\n{tables(findings)}\n")
    for broken in findings.broken:
        print(f"BROKEN: {broken}", file=sys.stderr)
    if given.write:
        command = f"python -m benchmarks.proof {' '.join(arguments)}"
        for mark, text in sections(findings, command=command, at=SystemClock().now()).items():
            write_section(given.write, text, mark=mark)
    return 1 if findings.broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proof", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small one, as in CI")
    parser.add_argument("--jobs", type=int, help="jobs of the random part; an even number")
    parser.add_argument("--kills", type=int, help="kills of the random part")
    parser.add_argument("--trials", type=int, help="trials of each attack on each store")
    parser.add_argument("--part", dest="parts", type=Part, choices=list(Part), action="append")
    parser.add_argument("--store", dest="stores", type=StoreKind, choices=list(StoreKind), action="append")
    parser.add_argument("--json", action="store_true", help="the findings for machines, in place of tables")
    parser.add_argument("--write", type=Path, help="the document that takes the tables")
    return parser


def _as_json(findings: Findings) -> str:
    return json.dumps({**dataclasses.asdict(findings), "broken": findings.broken}, default=str)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
