"""How far results vary beyond chance: an ad's days (the dispersion phi), and takes of one combination."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import chi2

from hailuo.report.findings import Interval, TakeSpread

LEAST_EXPECTED: Final = 1.0
"""Rows with fewer expected events (or misses) say nothing (Cochran 1954, Biometrics 10: none below 1)."""

LEAST_DF: Final = 10.0
"""Below these degrees of freedom phi is a guess: its standard error is sqrt(2 / df), here 0.45."""


_LEAST_TAKES: Final = 4
"""With fewer takes beyond the first the interval says nothing: its ends are a factor of six apart."""


def dispersion(frame: pd.DataFrame) -> float | None:
    """How many times wider than chance the rows scatter around the rate of their own unit; 1 is pure chance.

    One row per unit and day with the columns `unit`, `events`, `trials` (any scale); None below `LEAST_DF`.
    Pearson's chi-square around the unit's own rate over its expectation (McCullagh & Nelder 1989, 4.5). Given the
    unit's totals the events of a day are hypergeometric, so the expectation of one row is (1 - n/N) N / (N - 1):
    with it the sum may leave out days with too few expected events, each of which could weigh a hundredfold.
    What all ads share (weekends) counts as scatter, though comparisons of ads that ran together are free of it:
    phi errs on the side of wider intervals.
    """
    rows = frame.loc[frame["trials"] > 0, ["unit", "events", "trials"]]
    sums = rows.groupby("unit")[["events", "trials"]].transform("sum")
    events, trials = rows["events"].to_numpy(dtype=float), rows["trials"].to_numpy(dtype=float)
    all_trials = sums["trials"].to_numpy(dtype=float)
    rate = sums["events"].to_numpy(dtype=float) / all_trials
    enough = (trials < all_trials) & (trials * np.minimum(rate, 1 - rate) >= LEAST_EXPECTED)
    events, trials, all_trials, rate = events[enough], trials[enough], all_trials[enough], rate[enough]
    df = float(np.sum((1 - trials / all_trials) * all_trials / (all_trials - 1)))
    if df < LEAST_DF:
        return None
    return float(np.sum((events - trials * rate) ** 2 / (trials * rate * (1 - rate)))) / df


def take_spread(
    cells: Sequence[str],
    events: Sequence[float],
    trials: Sequence[float],
    *,
    dispersion: float = 1.0,
    least_expected: float = 5.0,
    confidence: float = 0.95,
) -> TakeSpread | None:
    """The sd of takes' true rates, as a share of their combination's rate; a position per creative. None with too few.

    By moments of Pearson's chi-square inside combinations (DerSimonian & Laird 1986, Control. Clin. Trials 7, 177), in
    which a spread s adds s² n p / (1 - p) to the `dispersion` that days and ads have anyhow. The interval is that of the
    chi-square as a scaled one, at 0 where chance alone suffices. Clips with fewer than `least_expected` events are left
    out, as is who has no other take.
    """
    frame = pd.DataFrame({"cell": cells, "events": events, "trials": trials})
    frame = _with_rates(frame[frame["trials"] > 0])
    frame = _with_rates(frame[(frame["rate"] < 1) & (frame["rate"] * frame["trials"] >= least_expected)])
    frame = frame[(frame["takes"] > 1) & frame["rate"].between(0, 1, inclusive="neither")]
    df = len(frame) - frame["cell"].nunique()
    if df < _LEAST_TAKES:
        return None
    expected = frame["trials"] * frame["rate"]
    surprise = float(((frame["events"] - expected) ** 2 / (expected * (1 - frame["rate"]))).sum())
    # What a spread of 1, squared, would add to it: combinations take their own rate from the same takes.
    groups = frame.assign(square=frame["trials"] ** 2).groupby("cell")
    sums, rate = groups[["trials", "square"]].sum(), groups["rate"].first()
    reach = float((rate / (1 - rate) * (sums["trials"] - sums["square"] / sums["trials"])).sum())
    tail = (1 - confidence) / 2
    low, value, high = (
        max(0.0, (surprise / size - dispersion) * df / reach) ** 0.5
        for size in (chi2.isf(tail, df), df, chi2.ppf(tail, df))
    )
    return TakeSpread(
        value=value,
        interval=Interval(low, high),
        p_value=float(chi2.sf(surprise / dispersion, df)),
        creatives=len(frame),
        combinations=frame["cell"].nunique(),
    )


def _with_rates(frame: pd.DataFrame) -> pd.DataFrame:
    """With each combination's pooled rate, and how many takes it has."""
    groups = frame.groupby("cell")
    rate = groups["events"].transform("sum") / groups["trials"].transform("sum")
    return frame.assign(rate=rate, takes=groups["cell"].transform("size"))
