"""Real tests of headlines with pictures: the Upworthy Research Archive's exploratory set (G3 and G5).

4,873 randomised tests, 22,666 arms (Matias, Munger, Aubin Le Quere & Ebersole 2021, Sci Data 8, 195). It is neither
part of this project nor downloaded: `make judge HAILUO_UPWORTHY=upworthy_clean.parquet` reads a file that you have,
with `clickability_test_id`, `impressions`, `clicks` and `test_week` (ISO year and week, as 201326, or a date).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.judge.lines import Line, at_least, at_most, not_run
from hailuo.report.analysis.srm import sample_ratio
from hailuo.report.stats.hierarchy import fit

_TEST: Final = "clickability_test_id"
_FIRST_FAULTY, _LAST_FAULTY = (
    201326,
    201402,
)  # 25 June 2013 to 10 January 2014, the archive's notice of June 2024
_FLAGGED: Final = 0.01
_SHARE: Final = 0.2
_SEED: Final = 1

_Floats = npt.NDArray[np.float64]


def upworthy(path: Path | None) -> Iterator[Line]:
    """Broken splits are flagged where the archive says that they are; shrunk rates predict what was held out."""
    if path is None or not path.exists():
        for goal, what in (
            ("G3", "splits flagged in the Upworthy archive"),
            ("G5", "held-out Upworthy clicks"),
        ):
            yield not_run(goal, what, "no data; HAILUO_UPWORTHY=FILE")
        return
    tests = _several_arms(pd.read_parquet(path))
    yield from _splits(tests)
    yield from held_out(tests)


def held_out(tests: pd.DataFrame, *, seed: int = _SEED) -> Iterator[Line]:
    """A fifth of each arm's impressions is shown to the shrinkage, the rest judges what it says of them."""
    seen, rest = _parted(tests, np.random.default_rng(seed))
    shrunk, raw = _shrunk(seen), seen["clicks"].to_numpy() / seen["impressions"].to_numpy()
    truth = rest["clicks"].to_numpy() / rest["impressions"].to_numpy()
    picks = seen.assign(said=shrunk, raw=raw, truth=truth).reset_index(drop=True)
    best = picks.loc[picks.groupby(_TEST)["said"].idxmax()]
    curse = picks.loc[picks.groupby(_TEST)["raw"].idxmax()]
    # What was held out has chance of its own, a fifth of the raw rates' error, that no method can foresee.
    whole = (seen["clicks"] + rest["clicks"]) / (seen["impressions"] + rest["impressions"])
    chance = float(np.mean(whole * (1 - whole) / rest["impressions"]))
    errors = [float(np.mean((one - truth) ** 2)) - chance for one in (shrunk, raw)]
    what = f"Upworthy, {len(tests):,} arms: squared error of shrunk rates beside raw ones, less the chance of what was held out"
    yield at_most("G5", what, errors[0] / errors[1], 0.55)
    bias = abs(float(best["said"].mean() / best["truth"].mean() - 1))
    yield at_most("G5", "Upworthy: by how much the shrunk rate of the pick is off", bias, 0.02)
    yield at_least(
        "G5",
        "the same by raw rates, the winner's curse",
        float(curse["raw"].mean() / curse["truth"].mean() - 1),
        0.1,
    )


def _several_arms(frame: pd.DataFrame) -> pd.DataFrame:
    told = frame[frame["impressions"] > 0]
    return told[told.groupby(_TEST)[_TEST].transform("size") > 1].reset_index(drop=True)


def _splits(tests: pd.DataFrame) -> Iterator[Line]:
    weeks = tests.groupby(_TEST)["test_week"].first().map(_week)
    flagged = tests.groupby(_TEST)["impressions"].agg(lambda arms: sample_ratio(list(arms)) < _FLAGGED)
    faulty = weeks.between(_FIRST_FAULTY, _LAST_FAULTY)
    yield at_least(
        "G3", "Upworthy: tests flagged in the weeks known to be faulty", float(flagged[faulty].mean()), 0.7
    )
    yield at_most("G3", "Upworthy: tests flagged in all other weeks", float(flagged[~faulty].mean()), 0.05)


def _week(told: object) -> int:
    """ISO year and week as one number."""
    if isinstance(told, int | float | np.number):
        return int(told)
    year, week, _ = pd.Timestamp(str(told)).isocalendar()
    return 100 * year + week


def _parted(tests: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each arm's impressions and clicks in a part that is seen and one that is not; arms with too few are left out."""
    shown = rng.binomial(tests["impressions"], _SHARE)
    misses = tests["impressions"] - tests["clicks"]
    clicks = rng.hypergeometric(tests["clicks"], misses, shown)
    whole = (shown > 0) & (shown < tests["impressions"])
    seen = tests.assign(impressions=shown, clicks=clicks)[whole]
    rest = tests.assign(impressions=tests["impressions"] - shown, clicks=tests["clicks"] - clicks)[whole]
    return seen, rest


def _shrunk(seen: pd.DataFrame) -> _Floats:
    """As the report does without factors, each test by itself."""
    shrunk = pd.Series(0.0, index=seen.index)
    for _, arms in seen.groupby(_TEST):
        counts = arms["clicks"].to_numpy(dtype=float), arms["impressions"].to_numpy(dtype=float)
        shrunk[arms.index] = fit(*counts, np.zeros((len(arms), 0))).mean
    return np.asarray(shrunk, dtype=np.float64)
