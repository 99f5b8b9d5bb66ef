"""Our lifts, intervals and p-values beside those of another experiment engine, gbstats (G9)."""

import json
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.judge.lines import Line, at_most, not_run
from hailuo.report.stats.effects import fixed_interval, fixed_p, relative
from hailuo.report.stats.sequential import sequence_interval, sequence_p

Case = tuple[int, int, int, int, float]

GRID: Final[tuple[Case, ...]] = tuple(
    dict.fromkeys(
        (round(trials * base * (1 + lift)), trials, round(ref * base), ref, tuning)
        for trials, ref, base, lift, tuning in product(
            (400, 6_000, 60_000),
            (500, 60_000),
            (0.01, 0.05, 0.25),
            (-0.3, 0.0, 0.05, 0.2, 0.8),
            (5_000.0, 120_000.0),
        )
    )
)
"""events, trials, reference events, reference trials, and what the sequential method is tuned to."""

_NUMBERS: Final = ("lift", "low", "high", "p", "sequential low", "sequential high", "sequential p")
_SCRIPT: Final = Path(__file__).with_name("oracle_gbstats.py")
_WHAT: Final = "gbstats 0.8.0"
_TOLERANCE: Final = 1e-6


def agrees_with_gbstats(python: Path | None) -> Iterator[Line]:
    """`python` is that of a virtual environment with gbstats."""
    if python is None or not python.exists():
        yield not_run("G9", _WHAT, "no environment with gbstats was given")
        return
    ran = subprocess.run(  # noqa: S603 (our own script)
        [python, _SCRIPT], input=json.dumps(GRID), capture_output=True, text=True, check=True
    )
    theirs = np.array(json.loads(ran.stdout))
    distances = np.abs(theirs - np.array([ours(case) for case in GRID])).max(axis=0)
    for name, distance in zip(_NUMBERS, distances, strict=True):
        what = f"{name}: largest distance from {_WHAT} over {len(GRID)} pairs of ads"
        yield at_most("G9", what, float(distance), _TOLERANCE, unit="")


def ours(case: Case) -> list[float]:
    """The same seven numbers by the product's functions."""
    *counts, tuning = case
    effect = relative(*counts)
    assert effect is not None, case
    fixed, peeking = fixed_interval(effect), sequence_interval(effect, horizon=tuning)
    ends = [
        fixed.low,
        fixed.high,
        fixed_p(effect),
        peeking.low,
        peeking.high,
        sequence_p(effect, horizon=tuning),
    ]
    return [effect.value, *(np.nan if one is None else one for one in ends)]
