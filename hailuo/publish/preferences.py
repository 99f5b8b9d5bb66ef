"""Which model, or level of any axis, people prefer in blind pairs, how sure that is, and whether taste predicts results."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import atanh, sqrt, tanh
from typing import Final

import pandas as pd

from hailuo.publish.bradley_terry import ComparedPair, fitted, strengths
from hailuo.publish.manifest.judgements import Judgement, PairChoice, folded
from hailuo.publish.results import PlatformResults, Results

_FAMILY: Final = "family"
_MODEL: Final = "model"
_NORMAL_95: Final = 1.959964
_LEAST_CLIPS: Final = 5  # with fewer, a rank correlation says nothing
_MOST_CLIPS: Final = 600  # whose strengths are fitted at once; the most compared ones

_WON: Final = {"left": 1.0, "right": 0.0, "none": 0.5}

Row = Mapping[str, object]
"""A row of the manifest, with plain values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelPreference:
    """One level of an axis. `chance`: that it is preferred to another level drawn at random, with a 95 % interval.
    `won` of `choices` that it took part in; a choice without a preference is half won.
    """

    level: str
    chance: float
    low: float
    high: float
    p_best: float
    won: float
    choices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisPreference:
    """What people prefer along one axis, the most preferred level first. `also` are other axes on which the clips of some
    choices differ as well, with how many choices: these levels are not compared alone there.
    """

    axis: str
    choices: int
    people: int
    levels: tuple[LevelPreference, ...]
    also: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TasteAndResults:
    """How the order of clips by taste agrees with their order by the metric that decides on one platform: Spearman's rank
    correlation, 1 for the same order, with a 95 % interval. `taste` is "blind pairs" or "ratings".
    """

    taste: str
    platform: str
    label: str
    clips: int
    correlation: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """All of it for one edition; empty where no clips were compared or rated."""

    axes: tuple[AxisPreference, ...] = ()
    agreement: tuple[TasteAndResults, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What came back after the clips were made: results of their ads, and what people prefer."""

    results: Results | None = None
    preferences: Preferences = field(default_factory=Preferences)


def preferences_of(
    rows: Sequence[Row],
    pairs: Sequence[PairChoice],
    judgements: Mapping[str, Sequence[Judgement]],
    results: Results | None,
) -> Preferences:
    """What the newest choices and ratings of all people come to; `rows` are the manifest's, a copy counts for nothing."""
    levels = _levels_of([row for row in rows if not row.get("derived_from")])
    known = [one for one in pairs if one.pair <= levels.keys()]
    axes = dict.fromkeys(axis for one in levels.values() for axis in one)
    found = [_along(axis, known, levels) for axis in axes]
    rated = {
        creative_id: [one.rating for one in given if one.rating] for creative_id, given in judgements.items()
    }
    tastes = {
        "blind pairs": _clip_strengths(known),
        "ratings": {one: sum(given) / len(given) for one, given in rated.items() if given},
    }
    return Preferences(
        axes=tuple(one for one in found if one is not None),
        agreement=tuple(
            compared
            for platform in (results.platforms if results else ())
            if platform.compared
            for taste, scores in tastes.items()
            if (compared := _agreement(taste, scores, platform)) is not None
        ),
    )


def _levels_of(rows: Sequence[Row]) -> dict[str, dict[str, str]]:
    """creative id -> its level on each axis that varies; the family too, where one has several models."""
    models = {(str(row.get(_FAMILY)), str(row.get(_MODEL))) for row in rows}
    has_families = len(models) > len({family for family, _ in models}) > 1
    found = {}
    for row in rows:
        factors = row.get("factors")
        levels = factors.items() if isinstance(factors, dict) else ()
        own = {str(axis): str(level) for axis, level in levels}
        found[str(row["creative_id"])] = {**own, _FAMILY: str(row.get(_FAMILY))} if has_families else own
    return found


def _along(
    axis: str, pairs: Sequence[PairChoice], levels: Mapping[str, Mapping[str, str]]
) -> AxisPreference | None:
    """Over the choices whose clips differ on the axis; None where there are none."""
    apart = [
        (one, levels[one.left], levels[one.right])
        for one in pairs
        if axis in levels[one.left].keys() & levels[one.right].keys()
        and levels[one.left][axis] != levels[one.right][axis]
    ]
    if not apart:
        return None
    names = list(dict.fromkeys(side[axis] for _, *sides in apart for side in sides))
    place = {name: at for at, name in enumerate(names)}
    choices = [
        ComparedPair(place[left[axis]], place[right[axis]], _WON[one.preferred], one.pair)
        for one, left, right in apart
    ]
    also = Counter(
        other for _, left, right in apart for other in _differ(left, right) - {axis} - _bound(axis)
    )
    part: Counter[int] = Counter()
    won = [0.0] * len(names)
    for choice in choices:
        part.update((choice.first, choice.second))
        won[choice.first] += choice.won
        won[choice.second] += 1 - choice.won
    ranked = [
        LevelPreference(
            level=name,
            chance=found.chance,
            low=found.low,
            high=found.high,
            p_best=found.p_best,
            won=won[at],
            choices=part[at],
        )
        for at, (name, found) in enumerate(zip(names, strengths(choices, len(names)), strict=True))
    ]
    return AxisPreference(
        axis=axis,
        choices=len(choices),
        people=_people(one for one, *_ in apart),
        levels=tuple(sorted(ranked, key=lambda one: (-one.chance, one.level))),
        also=tuple(sorted(also.items())),
    )


def _bound(axis: str) -> frozenset[str]:
    """Axes that say the same of a clip in other words: each model has one family."""
    return frozenset({_FAMILY, _MODEL}) if axis in {_FAMILY, _MODEL} else frozenset({_FAMILY})


def _differ(left: Mapping[str, str], right: Mapping[str, str]) -> set[str]:
    return {axis for axis in left.keys() | right.keys() if left.get(axis) != right.get(axis)}


def _people(pairs: Iterable[PairChoice]) -> int:
    return len({folded(one.reviewer) for one in pairs})


def _clip_strengths(pairs: Sequence[PairChoice]) -> dict[str, float]:
    """The strength of each clip that was compared."""
    compared = Counter(creative_id for one in pairs for creative_id in sorted(one.pair))
    place = {creative_id: at for at, (creative_id, _) in enumerate(compared.most_common(_MOST_CLIPS))}
    choices = [
        ComparedPair(place[one.left], place[one.right], _WON[one.preferred], one.pair)
        for one in pairs
        if one.pair <= place.keys()
    ]
    if not choices:
        return {}
    found, _ = fitted(choices, len(place))
    return {creative_id: float(found[at]) for creative_id, at in place.items()}


def _agreement(taste: str, scores: Mapping[str, float], platform: PlatformResults) -> TasteAndResults | None:
    """The interval is Fisher's, with the variance of Bonett and Wright (2000) for ranks. It would be empty for one and the
    same order; then it is that of an order in which two neighbours are swapped.
    """
    metric = {one.creative_id: one.value for one in platform.clips if one.value is not None}
    both = sorted(scores.keys() & metric.keys())
    better = pd.Series([metric[one] * (1 if platform.higher_is_better else -1) for one in both]).rank()
    liked = pd.Series([scores[one] for one in both]).rank()
    if len(both) < _LEAST_CLIPS or better.nunique() < 2 or liked.nunique() < 2:
        return None
    correlation = max(-1.0, min(1.0, float(better.corr(liked))))
    nearly = 1 - 12 / (len(both) * (len(both) ** 2 - 1))
    middle = atanh(max(-nearly, min(nearly, correlation)))
    margin = _NORMAL_95 * sqrt((1 + correlation**2 / 2) / (len(both) - 3))
    return TasteAndResults(
        taste=taste,
        platform=platform.platform,
        label=f"{platform.name} {platform.label}",
        clips=len(both),
        correlation=correlation,
        low=min(correlation, tanh(middle - margin)),
        high=max(correlation, tanh(middle + margin)),
    )
