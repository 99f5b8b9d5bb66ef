"""The model of all rates on Efron and Morris' eighteen batters (G5)."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from benchmarks.judge.lines import Line, at_least, between
from hailuo.report.stats.hierarchy import fit
from tests.support.report.baseball import AT_BATS, BATTERS, SHRINKING_FACTOR

_LEAST_BETTER: Final = 3.0
"""Their estimator knows that the eighteen share one spread; ours averages over spreads, which costs little."""


def baseball() -> Iterator[Line]:
    """How far averages of 45 times at bat are shrunk, and how much better they then tell the rest of the season."""
    hits = np.array([batter.hits for batter in BATTERS], dtype=float)
    afterwards = np.array([batter.afterwards for batter in BATTERS])
    shrunk = fit(hits, np.full(len(hits), float(AT_BATS)), np.zeros((len(hits), 0))).mean
    raw = hits / AT_BATS
    better = float(np.sum((raw - afterwards) ** 2) / np.sum((shrunk - afterwards) ** 2))
    source = "Efron & Morris 1975, JASA 70, 311"
    left = float(np.polyfit(raw, shrunk, 1)[0])
    around = (SHRINKING_FACTOR - 0.1, SHRINKING_FACTOR + 0.1)
    yield between(
        "G5", f"what is left of a batter's distance from the mean ({source})", left, around, unit=""
    )
    what = f"squared error of raw averages over that of shrunk ones ({source}: 3.5)"
    yield at_least("G5", what, better, _LEAST_BETTER, unit="")
