"""The results frame: one row per exported row, the same columns whatever platform it came from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from hailuo.report.exports.fields import RESULT_COLUMNS
from hailuo.report.metrics import COUNT_NAMES


def frame_of(columns: Mapping[str, Sequence[Any] | np.ndarray[Any, Any]]) -> pd.DataFrame:
    """A results frame: counts as float64, `source_row` as int64, everything else as objects, None for what is missing."""
    return pd.DataFrame({name: pd.Series(columns[name], dtype=_dtype(name)) for name in RESULT_COLUMNS})


def _dtype(name: str) -> str:
    if name in COUNT_NAMES:
        return "float64"
    return "int64" if name == "source_row" else "object"


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All rows of all frames, numbered anew."""
    if not frames:
        return frame_of({name: [] for name in RESULT_COLUMNS})
    return pd.concat(frames, ignore_index=True)
