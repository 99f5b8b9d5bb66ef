"""How far an ad's days scatter beyond chance: the dispersion phi, from day rows."""

from typing import Final

import numpy as np
import pandas as pd

LEAST_EXPECTED: Final = 1.0
"""Rows with fewer expected events (or misses) say nothing (Cochran 1954, Biometrics 10: none below 1)."""

LEAST_DF: Final = 10.0
"""Below these degrees of freedom phi is a guess: its standard error is sqrt(2 / df), here 0.45."""


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
    told = (trials < all_trials) & (trials * np.minimum(rate, 1 - rate) >= LEAST_EXPECTED)
    events, trials, all_trials, rate = events[told], trials[told], all_trials[told], rate[told]
    df = float(np.sum((1 - trials / all_trials) * all_trials / (all_trials - 1)))
    if df < LEAST_DF:
        return None
    return float(np.sum((events - trials * rate) ** 2 / (trials * rate * (1 - rate)))) / df
