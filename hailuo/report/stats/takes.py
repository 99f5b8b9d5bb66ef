"""How much takes of one combination differ beyond chance: what another take of the same order may bring."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
from scipy.stats import chi2

from hailuo.report.findings import Interval, TakeSpread

_LEAST_DF: Final = 4
"""With fewer takes beyond the first the interval says nothing: its ends are a factor of six apart."""


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
    if df < _LEAST_DF:
        return None
    surprise, reach = _surprise(frame), _reach(frame)
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


def _surprise(frame: pd.DataFrame) -> float:
    expected = frame["trials"] * frame["rate"]
    return float(((frame["events"] - expected) ** 2 / (expected * (1 - frame["rate"]))).sum())


def _reach(frame: pd.DataFrame) -> float:
    """What a spread of 1, squared, would add to the surprise: combinations take their own rate from the same takes."""
    groups = frame.assign(square=frame["trials"] ** 2).groupby("cell")
    trials, rate = groups["trials"].sum(), groups["rate"].first()
    return float((rate / (1 - rate) * (trials - groups["square"].sum() / trials)).sum())
