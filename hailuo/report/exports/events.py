"""Logs with one row per event, added up: one row per ad and day."""

import numpy as np
import pandas as pd

from hailuo.report.exports.fields import RESULT_COLUMNS
from hailuo.report.exports.frame import frame_of
from hailuo.report.metrics import COUNT_NAMES


def one_row_per_day(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of one ad, day and breakdown as their sum; `source_row` is the first of them. NaN stays where all are."""
    same = [name for name in RESULT_COLUMNS if name not in (*COUNT_NAMES, "source_row")]
    keys = list(zip(*(frame[name] for name in same), strict=True))
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    group = np.array([numbers[key] for key in keys], dtype=np.intp)
    first = np.unique(group, return_index=True)[1]
    counts = frame[list(COUNT_NAMES)].groupby(group).sum(min_count=1)
    kept = frame.iloc[first].reset_index(drop=True)
    return frame_of(
        {name: (counts if name in COUNT_NAMES else kept)[name].to_numpy() for name in RESULT_COLUMNS}
    )
