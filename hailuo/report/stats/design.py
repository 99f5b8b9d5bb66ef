"""The design of a fit: which creatives and factors it can use, and what the matrix cannot separate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.linalg import qr

NO_LEVEL: Final = "none"
"""The level of a creative that has no value on an axis, e.g. no first frame."""

_Floats = npt.NDArray[np.float64]
_Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedFactor:
    """One factor, sum-coded: the last level is minus the sum of the others, a level that is not fitted (code -1) is
    the mean of all. `columns` has a row per creative and one column less than there are levels.
    """

    name: str
    levels: tuple[str, ...]
    codes: _Codes
    table: _Floats  # a row per level, and the mean of all as the last

    @property
    def columns(self) -> _Floats:
        """The part of the model matrix that is this factor's."""
        return self.table[self.codes]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparableFactors:
    """Factors that can be separated, and those that cannot but must be adjusted for; notes say why, on any."""

    names: tuple[str, ...]
    aliased: tuple[str, ...]
    notes: Mapping[str, str]


def used_rows(frame: pd.DataFrame, factors: Sequence[str]) -> tuple[npt.NDArray[np.bool_], dict[str, str]]:
    """Which creatives a fit rests on, and per factor which levels it leaves out, in words.

    A level with no events at all (or nothing but events) has log-odds of minus (plus) infinity: the others' estimates
    are what they are without it (its likelihood is 1 at that limit), so its creatives are left out.
    """
    used = (frame["trials"] > 0).to_numpy()
    left_out: dict[str, list[str]] = {}
    while extremes := [pair for factor in factors for pair in _extremes(frame[used], factor)]:
        for factor, level, words in extremes:
            left_out.setdefault(factor, []).append(words)
            used = used & (frame[factor] != level).to_numpy()
    note = "left out, as there is no rate to compare yet: "
    return used, {factor: note + ", ".join(words) for factor, words in left_out.items()}


def sort_factors(frame: pd.DataFrame, factors: Sequence[str]) -> SeparableFactors:
    """Separate the factors that the creatives can estimate from those that they cannot, each with its reason."""
    notes, names = {}, []
    for factor in factors:
        levels = sorted(frame[factor].unique())
        if len(levels) < 2:
            notes[factor] = f"only one {factor} to compare" + (f": {levels[0]}" if levels else "")
        else:
            names.append(factor)
    names = _without_nested(frame, names, notes)
    aliased = _aliased(frame, names, notes)
    return SeparableFactors(
        names=tuple(name for name in names if name not in aliased), aliased=aliased, notes=notes
    )


def axes_of(
    frame: pd.DataFrame, used: npt.NDArray[np.bool_], factors: Iterable[str]
) -> dict[str, CodedFactor]:
    """The factors, sum-coded by the levels of the rows used; other levels get code -1."""
    axes = {}
    for factor in factors:
        levels = sorted(frame.loc[used, factor].unique())
        codes = pd.Index(levels).get_indexer(frame[factor]).astype(np.int64)
        some = len(levels) - 1
        table = np.vstack([np.eye(some), -np.ones((1, some)), np.zeros((1, some))])
        axes[factor] = CodedFactor(name=factor, levels=tuple(levels), codes=codes, table=table)
    return axes


def crossed(one: CodedFactor, other: CodedFactor) -> _Floats:
    """The columns of the interaction of two factors."""
    products: _Floats = one.columns[:, :, None] * other.columns[:, None, :]
    return products.reshape(len(one.codes), -1)


def independent(matrix: _Floats) -> npt.NDArray[np.int64]:
    """Columns that span the matrix, in order: what is estimable stays so without the others."""
    gram = matrix.T @ matrix
    order = qr(gram, mode="r", pivoting=True)[1]
    spanning: npt.NDArray[np.int64] = np.sort(order[: _rank(gram)]).astype(np.int64)
    return spanning


def _extremes(frame: pd.DataFrame, factor: str) -> list[tuple[str, str, str]]:
    sums = frame.groupby(factor)[["events", "trials"]].sum()
    found = []
    for level, events, trials in sums.itertuples():
        if events <= 0:
            found.append((factor, str(level), f"{level} (no events in {trials:,.0f} trials)"))
        elif events >= trials:
            found.append((factor, str(level), f"{level} (nothing but events in {trials:,.0f} trials)"))
    return found


def _without_nested(frame: pd.DataFrame, factors: Sequence[str], notes: dict[str, str]) -> list[str]:
    """Drop each factor that another one fixes: with p1 always on one model, p1's effect is that of both."""
    kept = list(factors)
    for factor in reversed(factors):  # the later of two that always change together goes
        others = (other for other in kept if other != factor)
        fixing = next((other for other in others if frame.groupby(other)[factor].nunique().eq(1).all()), None)
        if fixing is not None:
            kept.remove(factor)
            notes[factor] = f"cannot be separated from {fixing}: every {fixing} had one {factor} only"
            notes[fixing] = _joined(
                notes.get(fixing), f"includes the effect of {factor}, which changed with it"
            )
    return kept


def _aliased(frame: pd.DataFrame, factors: Sequence[str], notes: dict[str, str]) -> tuple[str, ...]:
    """Factors whose contrasts are combinations of others' (the matrix falls into unconnected parts)."""
    axes = axes_of(frame, np.ones(len(frame), dtype=bool), factors)
    owners = np.array(["", *(name for name, axis in axes.items() for _ in axis.levels[1:])])
    full = np.column_stack([np.ones(len(frame)), *(axis.columns for axis in axes.values())])
    gram = full.T @ full  # of whole numbers, so exact
    aliased = [] if _rank(gram) == len(gram) else [name for name in factors if not _free(gram, owners, name)]
    for name in aliased:
        without = [other for other in aliased if other != name and _free(gram, owners, name, other)]
        culprits = " and ".join(without) or "the other factors together"
        notes[name] = _joined(
            notes.get(name), f"cannot be separated from {culprits}: too few combinations were run"
        )
    return tuple(aliased)


def _free(gram: _Floats, owners: npt.NDArray[np.str_], name: str, left_out: str | None = None) -> bool:
    """Does leaving the factor out lose all of its columns, so that no others take the place of any of them?"""
    some = owners != left_out if left_out is not None else np.ones(len(owners), dtype=bool)
    less = some & (owners != name)
    return _rank(gram[np.ix_(some, some)]) - _rank(gram[np.ix_(less, less)]) == int(np.sum(owners == name))


def _rank(gram: _Floats) -> int:
    """The rank of a matrix from its Gram matrix."""
    sizes = np.linalg.eigvalsh(gram)
    return int(np.sum(sizes > sizes[-1] * 1e-9))


def _joined(note: str | None, more: str) -> str:
    return f"{note}; {more}" if note else more
