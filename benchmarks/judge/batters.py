"""Shrinkage on Efron and Morris' eighteen batters (G5)."""

from collections.abc import Iterator

import numpy as np

from benchmarks.judge.lines import Line, between
from hailuo.report.stats.shrinkage import concentration, shrink
from tests.support.report.baseball import AT_BATS, BATTERS, ERROR_RATIO, SHRINKING_FACTOR


def baseball() -> Iterator[Line]:
    """How far averages of 45 times at bat are shrunk, and how much better they then tell the rest of the season."""
    hits = np.array([batter.hits for batter in BATTERS], dtype=float)
    afterwards = np.array([batter.afterwards for batter in BATTERS])
    at_bats, mean = np.full(len(hits), float(AT_BATS)), float(hits.mean()) / AT_BATS
    k = concentration(hits, at_bats, mean)
    shrunk = shrink(hits, at_bats, mean, k).mean
    better = float(np.sum((hits / AT_BATS - afterwards) ** 2) / np.sum((shrunk - afterwards) ** 2))
    source = "Efron & Morris 1975, JASA 70, 311"
    factor = AT_BATS / (AT_BATS + k)
    around = (SHRINKING_FACTOR - 0.001, SHRINKING_FACTOR + 0.001)
    yield between(
        "G5", f"what is left of a batter's distance from the mean ({source})", factor, around, unit=""
    )
    around = (ERROR_RATIO - 0.05, ERROR_RATIO + 0.05)
    yield between(
        "G5", f"squared error of raw averages over that of shrunk ones ({source})", better, around, unit=""
    )
