"""Columns that keep every different value once: a million rows have a few thousand days, names and counts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

T = TypeVar("T")
U = TypeVar("U")

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ValueColumn(Generic[T]):
    """One column. `distinct` has every different value once, `codes` its index in it, one for each row.

    Two rows have one code exactly if their values are equal. Functions are called once for each different value.
    """

    distinct: tuple[T, ...]
    codes: Codes

    @classmethod
    def of(cls, values: Iterable[T]) -> "ValueColumn[T]":
        """The values in their order; they must be hashable."""
        codes: defaultdict[T, int] = defaultdict(count().__next__)
        found = np.fromiter(map(codes.__getitem__, values), dtype=np.int32)
        return cls(tuple(codes), found)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> T:
        return self.distinct[int(self.codes[row])]

    def taken(self, rows: Ints | Bools) -> "ValueColumn[T]":
        """Only these rows, and only the values that they have."""
        codes = self.codes[rows]
        used = np.bincount(codes, minlength=len(self.distinct)) > 0
        distinct = tuple(self.distinct[code] for code in np.flatnonzero(used))
        return ValueColumn(distinct, (np.cumsum(used, dtype=np.int32) - 1)[codes])

    def map(self, read: Callable[[T], U]) -> "ValueColumn[U]":
        """What a function makes of each value."""
        made = ValueColumn.of(map(read, self.distinct))
        return ValueColumn(made.distinct, made.codes[self.codes])

    def where(self, holds: Callable[[T], bool]) -> Bools:
        """For each row, whether something holds for its value."""
        return np.array([bool(holds(one)) for one in self.distinct], dtype=np.bool_)[self.codes]

    def array(self, dtype: Any = object) -> npt.NDArray[Any]:
        """One value for each row; rows with equal values share the object."""
        values = np.empty(len(self.distinct), dtype=dtype)
        values[:] = self.distinct
        return values[self.codes]


def groups(columns: Iterable[npt.NDArray[np.signedinteger[Any]] | ValueColumn[Any]], rows: int) -> Ints:
    """A number for each row, from 0: two rows have the same one exactly if they are equal in every column."""
    found, known = np.zeros(rows, dtype=np.int64), min(rows, 1)
    for column in columns:
        codes = column.codes if isinstance(column, ValueColumn) else column
        if known < rows:
            found, uniques = pd.factorize(found * (int(codes.max()) + 1) + codes)
            known = len(uniques)
    return found


def earliest(group: Ints) -> Ints:
    """For each row, the first row of its group."""
    first = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int64)
    first[group[::-1]] = np.arange(len(group))[::-1]
    return first[group]


def together(columns: Sequence[ValueColumn[T]], rows: int) -> ValueColumn[tuple[T, ...]]:
    """Several columns of so many rows as one, of tuples."""
    group = groups(columns, rows)
    first = np.flatnonzero(earliest(group) == np.arange(rows))
    values = (
        zip(*([one[row] for row in first.tolist()] for one in columns), strict=True)
        if columns
        else [()] * len(first)
    )
    renumbered = np.empty(len(first), dtype=np.int32)
    renumbered[group[first]] = np.arange(len(first))
    return ValueColumn(tuple(values), renumbered[group])
