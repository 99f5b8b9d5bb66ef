"""How good the judgement is: `make judge`, or `python -m benchmarks.judge`; about half an hour on a quiet core.

Published figures, simulations whose truth is known, another engine's numbers, real logs. Prints a line per goal; with
`--write FILE` they go into that document. Exit code 1 when a goal was missed; what was not there counts as not run.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from benchmarks.document import write_section
from benchmarks.judge.accounts import real_accounts
from benchmarks.judge.batters import baseball
from benchmarks.judge.calibration import NATURES, NULL, Calibration, calibrate, goals
from benchmarks.judge.durations import duration_safe
from benchmarks.judge.golden import golden_exports
from benchmarks.judge.kaggle import kaggle_totals
from benchmarks.judge.lines import Line, missed
from benchmarks.judge.logs import open_bandit
from benchmarks.judge.names import mangled_names
from benchmarks.judge.oracle import agrees_with_gbstats
from benchmarks.judge.page import MARK, goal_table, section, tables
from benchmarks.judge.paper import published
from benchmarks.judge.placebo import placebo
from benchmarks.judge.simulated import factors_cover, next_batch_finds_the_best, peeking_is_paid_for
from benchmarks.judge.stage import demo_manifest
from benchmarks.judge.uneven import SETTINGS, uneven, uneven_lines
from benchmarks.judge.upworthy import upworthy
from hailuo.clock import SystemClock

_EFFECTS_FROM, _NULL_FROM, _UNEVEN_FROM = 1, 100_001, 777_000  # seeds: no world is two of them


def main() -> int:
    """Look at every goal; tell, write down, and say by the exit code whether all held."""
    given = _arguments()
    variants = demo_manifest()
    if given.setting:
        return _printed(list(_of_settings(variants, given.setting, given)))
    if given.accounts_only:
        return _printed([*placebo(given.exports), *real_accounts(given.exports)])
    lines = [*_figures(given), *duration_safe(variants)]
    print(goal_table(lines), flush=True)
    lines += _of_settings(variants, SETTINGS, given)
    effects, null = _calibrations(variants, worlds=given.worlds, workers=given.workers)
    lines += goals(effects, null)
    shown = tables(effects, null)
    print(f"{goal_table(goals(effects, null))}\n\n{shown}")
    for line in missed(lines):
        print(f"MISSED {line.goal}: {line.what}: {line.found}, expected {line.expected}", file=sys.stderr)
    if given.write:
        write_section(given.write, section(lines, shown, at=SystemClock().now()), mark=MARK)
    return 1 if missed(lines) else 0


def _printed(lines: list[Line]) -> int:
    """A part by itself: its table on the screen, nothing written."""
    print(goal_table(lines))
    return 1 if missed(lines) else 0


def _of_settings(variants: pd.DataFrame, names: Iterable[str], given: argparse.Namespace) -> Iterator[Line]:
    for name in names:
        nature, seed = SETTINGS[name], _UNEVEN_FROM
        found = uneven(variants, nature, worlds=given.worlds, first_seed=seed, workers=given.workers)
        yield from uneven_lines({name: found})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judge", description=__doc__)
    parser.add_argument("--worlds", type=int, default=200, help="of each kind, with effects and without")
    parser.add_argument("--workers", type=int, default=1, help="processes for them")
    parser.add_argument("--replications", type=int, default=250, help="of the other simulations")
    parser.add_argument("--oracle", type=Path, help="the python of a virtual environment with gbstats")
    parser.add_argument("--obp", type=Path, help="the wheel of obp 0.4.1")
    parser.add_argument(
        "--upworthy", type=Path, help="a parquet file of the Upworthy archive's exploratory set"
    )
    parser.add_argument("--kag", type=Path, help="KAG_conversion_data.csv of Kaggle")
    parser.add_argument("--exports", type=Path, help="a folder of public export files of real accounts")
    parser.add_argument(
        "--setting", action="append", choices=list(SETTINGS), help="only these worlds of unequal volumes"
    )
    parser.add_argument("--accounts-only", action="store_true", help="only the folder of real accounts")
    parser.add_argument("--write", type=Path, help="the document that takes the tables")
    return parser.parse_args()


def _figures(given: argparse.Namespace) -> Iterator[Line]:
    yield from published()
    yield from upworthy(_file(given.upworthy, given.exports, "upworthy_clean.parquet"))
    yield from baseball()
    yield from factors_cover(given.replications)
    yield from peeking_is_paid_for(4 * given.replications)
    yield from next_batch_finds_the_best(given.replications)
    yield from agrees_with_gbstats(given.oracle)
    yield from golden_exports()
    yield from kaggle_totals(
        _file(given.kag, given.exports, "meta__vanle2000__data~raw~Facebook_ads_KAG.csv")
    )
    yield from placebo(given.exports)
    yield from real_accounts(given.exports)
    yield from open_bandit(given.obp)
    yield from mangled_names()


def _file(given: Path | None, folder: Path | None, name: str) -> Path | None:
    """A file of its own, else the one in the folder of exports where there is one."""
    return given or (folder / name if folder is not None else None)


def _calibrations(variants: pd.DataFrame, *, worlds: int, workers: int) -> tuple[Calibration, Calibration]:
    effects = calibrate(variants, NATURES, worlds=worlds, first_seed=_EFFECTS_FROM, workers=workers)
    null = calibrate(variants, NULL, worlds=worlds, first_seed=_NULL_FROM, workers=workers)
    return effects, null


if __name__ == "__main__":
    raise SystemExit(main())
