"""Rows that are the sum of the others: totals without a word for it."""

from typing import Final

import numpy as np
import pandas as pd

from hailuo.report.cells import Bools
from hailuo.report.exports.fields import IDENTITY
from hailuo.report.metrics import Count

_ADDED: Final = [Count.IMPRESSIONS.value, Count.SPEND.value, Count.CLICKS_LINK.value, Count.CLICKS_ALL.value]
_LEAST_ROWS: Final = 3
_LEAST_IMPRESSIONS: Final = 200
"""Both together: small numbers may be the sum of others by chance."""

_ROUNDED: Final = 0.01
"""Of each row's spend; counts are whole."""


def sum_rows(frame: pd.DataFrame) -> Bools:
    """True for each row without an ad id whose counts are the sums of all others of the file, or of its days.

    An ad counts as a total only if every one of its rows does.
    """
    known = [name for name in _ADDED if frame[name].notna().any()]
    if len(frame) < _LEAST_ROWS or len(known) < 2 or frame["ad_id"].notna().all():
        return np.zeros(len(frame), dtype=np.bool_)
    days = frame[["date_start", "date_end"]]
    of_days = days.groupby(["date_start", "date_end"], dropna=False, sort=False).ngroup()
    found = np.zeros(len(frame), dtype=np.bool_)
    for group in (of_days, of_days * 0):
        is_sum = _is_rest(frame, known, group)
        names = frame[[*IDENTITY, "adset_name", "campaign_name"]]
        ads = names.groupby(list(names), dropna=False, sort=False).ngroup()
        found |= pd.Series(is_sum).groupby(ads.to_numpy()).transform("all").to_numpy()
    return found & frame["ad_id"].isna().to_numpy()


def _is_rest(frame: pd.DataFrame, known: list[str], group: "pd.Series[int]") -> Bools:
    """For each row, whether it is the sum of the others of its group."""
    counts = frame[known].fillna(0.0)
    totals = counts.groupby(group).transform("sum")
    rows = counts.groupby(group)[known[0]].transform("size")
    differs = (2 * counts - totals).abs()
    slack = pd.DataFrame(0.0, index=frame.index, columns=known)
    if Count.SPEND.value in known:
        slack[Count.SPEND.value] = _ROUNDED * rows
    large = (totals[Count.IMPRESSIONS.value] >= _LEAST_IMPRESSIONS) & (rows >= _LEAST_ROWS)
    several = (totals > 0).sum(axis="columns") > 1
    return ((differs <= slack + 1e-6).all(axis="columns") & large & several).to_numpy()
