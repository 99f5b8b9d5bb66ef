"""The design of a fit: which creatives and factors it can use, and what the matrix cannot separate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.linalg import qr

NO_LEVEL: Final = "none"
"""The level of a creative that has no value on an axis, e.g. no first frame."""

_Floats = npt.NDArray[np.float64]
_Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCodes:
    """One factor of every creative: the number of its level in `levels` (sorted, so that numbers sort as names do)."""

    levels: tuple[str, ...]
    codes: _Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Clips:
    """What is tested, a position per creative: events (at most its trials), trials, and what days divide both by."""

    events: _Floats
    trials: _Floats
    phi: _Floats
    axes: Mapping[str, LevelCodes]

    def those(self, used: npt.NDArray[np.bool_]) -> "Clips":
        """Some of them. Levels keep their numbers."""
        axes = {name: replace(axis, codes=axis.codes[used]) for name, axis in self.axes.items()}
        return Clips(events=self.events[used], trials=self.trials[used], phi=self.phi[used], axes=axes)


def axis_of(values: Iterable[object]) -> LevelCodes:
    """A factor from its values, one per creative; a missing one is the level "none"."""
    levels, codes = np.unique([_level(value) for value in values], return_inverse=True)
    return LevelCodes(levels=tuple(levels.tolist()), codes=codes.astype(np.int64))


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


def used_rows(clips: Clips) -> tuple[npt.NDArray[np.bool_], dict[str, str]]:
    """Which creatives a fit rests on, and per factor which levels it leaves out, in words.

    A level with no events at all (or nothing but events) has log-odds of minus (plus) infinity: the others' estimates
    are what they are without it (its likelihood is 1 at that limit), so its creatives are left out.
    """
    used = clips.trials > 0
    left_out: dict[str, list[str]] = {}
    while extremes := [pair for name in clips.axes for pair in _extremes(clips, used, name)]:
        for name, level, words in extremes:
            left_out.setdefault(name, []).append(words)
            used = used & (clips.axes[name].codes != level)
    note = "left out, as there is no rate to compare yet: "
    return used, {name: note + ", ".join(words) for name, words in left_out.items()}


def sort_factors(clips: Clips) -> SeparableFactors:
    """Separate the factors that the creatives can estimate from those that they cannot, each with its reason."""
    notes, names = {}, []
    for name, axis in clips.axes.items():
        there = np.unique(axis.codes)
        if len(there) < 2:
            notes[name] = f"only one {name} to compare" + (f": {axis.levels[there[0]]}" if len(there) else "")
        else:
            names.append(name)
    names = _without_nested(clips, names, notes)
    aliased = _aliased(clips, names, notes)
    return SeparableFactors(
        names=tuple(name for name in names if name not in aliased), aliased=aliased, notes=notes
    )


def coded(
    axes: Mapping[str, LevelCodes], used: npt.NDArray[np.bool_], names: Iterable[str]
) -> dict[str, CodedFactor]:
    """The factors, sum-coded by the levels of the rows used; other levels get code -1."""
    found = {}
    for name in names:
        axis = axes[name]
        there = np.unique(axis.codes[used])
        place = np.full(len(axis.levels), -1)
        place[there] = np.arange(len(there))
        some = len(there) - 1
        table = np.vstack([np.eye(some), -np.ones((1, some)), np.zeros((1, some))])
        levels = tuple(axis.levels[at] for at in there)
        found[name] = CodedFactor(name=name, levels=levels, codes=place[axis.codes], table=table)
    return found


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


def _level(value: object) -> str:
    return NO_LEVEL if value is None or value != value else str(value)  # noqa: PLR0124 (NaN)


def _extremes(clips: Clips, used: npt.NDArray[np.bool_], name: str) -> list[tuple[str, int, str]]:
    axis, codes, found = clips.axes[name], clips.axes[name].codes[used], []
    events, trials = (np.bincount(codes, of[used], len(axis.levels)) for of in (clips.events, clips.trials))
    for at in np.unique(codes):
        if events[at] <= 0:
            found.append((name, int(at), f"{axis.levels[at]} (no events in {trials[at]:,.0f} trials)"))
        elif events[at] >= trials[at]:
            words = f"{axis.levels[at]} (nothing but events in {trials[at]:,.0f} trials)"
            found.append((name, int(at), words))
    return found


def _without_nested(clips: Clips, factors: Sequence[str], notes: dict[str, str]) -> list[str]:
    """Drop each factor that another one fixes: with p1 always on one model, p1's effect is that of both."""
    kept = list(factors)
    for factor in reversed(factors):  # the later of two that always change together goes
        others = (other for other in kept if other != factor)
        fixing = next((other for other in others if _fixes(clips.axes[other], clips.axes[factor])), None)
        if fixing is not None:
            kept.remove(factor)
            notes[factor] = f"cannot be separated from {fixing}: every {fixing} had one {factor} only"
            notes[fixing] = _joined(
                notes.get(fixing), f"includes the effect of {factor}, which changed with it"
            )
    return kept


def _fixes(one: LevelCodes, other: LevelCodes) -> bool:
    """Whether every level of the one has a single level of the other."""
    pairs = np.unique(one.codes * len(other.levels) + other.codes)
    return len(pairs) == len(np.unique(one.codes))


def _aliased(clips: Clips, factors: Sequence[str], notes: dict[str, str]) -> tuple[str, ...]:
    """Factors whose contrasts are combinations of others' (the matrix falls into unconnected parts)."""
    rows = len(clips.trials)
    axes = coded(clips.axes, np.ones(rows, dtype=bool), factors)
    owners = np.array(["", *(name for name, axis in axes.items() for _ in axis.levels[1:])])
    full = np.column_stack([np.ones(rows), *(axis.columns for axis in axes.values())])
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
