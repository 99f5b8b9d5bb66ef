"""Reading a row of the manifest: what is missing, null or of another kind than expected is simply not there."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

Row = Mapping[str, object]


def plain_rows(frame: pd.DataFrame) -> list[Row]:
    """The rows as Python values, with None for whatever pandas counts as missing."""
    plain = frame.astype(object)
    columns = [str(column) for column in plain.columns]
    values = plain.where(plain.notna(), None).to_numpy().tolist()
    return [dict(zip(columns, map(_plain, row), strict=True)) for row in values]


def _plain(value: object) -> object:
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


def text(row: Row, column: str) -> str:
    """The value as text; empty where there is none."""
    value = row.get(column)
    return "" if value is None else str(value)


def texts(row: Row, column: str) -> list[str]:
    """The value as a list of texts."""
    value = row.get(column)
    return [str(part) for part in value] if isinstance(value, Sequence) and not isinstance(value, str) else []


def number(row: Row, column: str) -> float | None:
    """The value where it is a number, and a finite one."""
    value = row.get(column)
    if isinstance(value, bool) or not isinstance(value, int | float) or value - value != 0:
        return None
    return value


def mapping(row: Row, column: str) -> Mapping[str, object]:
    """The value where it is a mapping, else an empty one."""
    value = row.get(column)
    return value if isinstance(value, dict) else {}


def short_model(model: str) -> str:
    """Without the maker's name, which all of them share: `Hailuo 2.3 Fast`."""
    return model.removeprefix("MiniMax-").replace("-", " ")
