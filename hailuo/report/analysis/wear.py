"""Day by day: each leading clip's rate with its interval, and since when it is worn out, if it is."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from hailuo.report.analysis.measures import dispersion_of
from hailuo.report.analysis.observations import Observed
from hailuo.report.analysis.options import AnalysisOptions, ReportThresholds
from hailuo.report.findings import CreativeFinding, CreativeStanding, DayPoint, WearCurve
from hailuo.report.metrics import Metric, counts_of
from hailuo.report.stats.intervals import wilson

LEADERS: Final = 3
"""Clips that have a curve: the first that lead or may still be the best, with enough days."""
LEAST_DAYS: Final = 6
LEAST_A_DAY: Final = 5.0
"""Events on a typical day, with fewer a curve shows nothing but chance; and on every day of the other clips."""
LEAST_SIDE: Final = 2
"""Days before and after the wear begins."""
PERMUTATIONS: Final = 1999

_Floats = npt.NDArray[np.float64]


def wear_of(
    observed: Observed,
    creatives: Sequence[CreativeFinding],
    options: AnalysisOptions,
    limits: ReportThresholds,
) -> tuple[WearCurve, ...]:
    """The curves of the leading clips, by CTR, or by hook where clicks are few; empty where days are not known.

    A clip is worn out since a day if its events fall, against what the other clips did on the same days, by at least the
    lift that matters, and no more than 5 % of reorderings of its days (shared among the leaders) fall as far.
    """
    leading = (CreativeStanding.LEADS, CreativeStanding.IN_THE_RUNNING)
    candidates = [one.creative_id for one in creatives if one.standing in leading]
    for metric in (Metric.CTR, Metric.HOOK):
        counts = counts_of(metric, observed.platform)
        if counts is None:
            continue
        days = observed.ad_days(*counts).groupby(["creative_id", "day"], sort=True)[["top", "bottom"]].sum()
        chosen = list(_with_days(days, candidates))[:LEADERS]
        if chosen:
            labels = {one.creative_id: one.label for one in creatives}
            limit = limits.family_p.value / len(chosen)
            spread = dispersion_of(observed, *counts)
            labelled = ((one, labels[one], spread.phi(one)) for one in chosen)
            return tuple(_curve(days, one, metric, options, limit=limit) for one in labelled)
    return ()


def _with_days(days: pd.DataFrame, candidates: Sequence[str]) -> Iterator[str]:
    known = set(days.index.get_level_values("creative_id"))
    for one in candidates:
        if one in known:
            own = _of_clip(days, one)
            if len(own) >= LEAST_DAYS and float(own["top"].median()) >= LEAST_A_DAY:
                yield one


def _curve(
    days: pd.DataFrame,
    clip: tuple[str, str, float],
    metric: Metric,
    options: AnalysisOptions,
    *,
    limit: float,
) -> WearCurve:
    """Of a clip by id, label and dispersion."""
    creative_id, label, phi = clip
    own = _of_clip(days, creative_id)
    of_day = day_dispersion(phi, own["bottom"])
    points = tuple(
        _point(day, row["top"], row["bottom"], options.confidence, dispersion=of_day[at])
        for at, (day, row) in enumerate(own.iterrows())
    )
    expected = _expected(days, creative_id, own)
    at, drop, p = worn_since(own["top"].to_numpy(dtype=float), expected, seed=options.seed)
    worn = p <= limit and drop >= options.relevant_lift
    return WearCurve(
        creative_id=creative_id,
        label=label,
        metric=metric,
        points=points,
        worn_since=points[at].day if worn else None,
        drop=drop if worn else None,
        p_value=p,
    )


def day_dispersion(phi: float, trials: npt.ArrayLike) -> _Floats:
    """Of each day alone, for a clip with this dispersion over all of them: a swing of the rate weighs more on a day with
    more trials, and no other day evens it out (`hailuo.report.stats.dispersion`).
    """
    each = np.asarray(trials, dtype=float)
    return np.asarray(1 + max(0.0, phi - 1) * each * each.sum() / (each**2).sum())


def _of_clip(days: pd.DataFrame, creative_id: str) -> pd.DataFrame:
    flat = days.reset_index()
    own = flat[(flat["creative_id"] == creative_id) & (flat["bottom"] > 0)]
    return own.set_index("day")[["top", "bottom"]]


def _point(day: object, events: float, trials: float, confidence: float, *, dispersion: float) -> DayPoint:
    if not isinstance(day, date):
        raise TypeError(f"a day is a date, not {day!r}")
    interval = wilson(float(events), float(trials), confidence=confidence, dispersion=dispersion)
    return DayPoint(
        day=day, value=float(events / trials), interval=interval, top=float(events), bottom=float(trials)
    )


def _expected(days: pd.DataFrame, creative_id: str, own: pd.DataFrame) -> _Floats:
    """What its trials of each day would have brought at the other clips' rate of that day; at one rate for all days
    where the others have too little.
    """
    others = days.drop(index=creative_id, level="creative_id").groupby("day")[["top", "bottom"]].sum()
    same = others.reindex(own.index)
    if (same["top"] >= LEAST_A_DAY).all():
        return (own["bottom"] * same["top"] / same["bottom"]).to_numpy(dtype=float)
    return own["bottom"].to_numpy(dtype=float)


def worn_since(events: npt.ArrayLike, expected: npt.ArrayLike, *, seed: int) -> tuple[int, float, float]:
    """The day (its position) from which events fall most against what is expected, by how much (0.2: a fifth), and the
    share of reorderings of the days whose largest fall is as clear.

    Days keep their events and their expectation together: so days that scatter more than chance are no wear.
    """
    top, base = np.asarray(events, dtype=float), np.asarray(expected, dtype=float)
    base = base * (top.sum() / base.sum()) if base.sum() else base
    rng = np.random.default_rng(seed)
    orders = np.array([np.arange(len(top)), *(rng.permutation(len(top)) for _ in range(PERMUTATIONS))])
    falls = _falls(top[orders], base[orders])
    largest = falls.max(axis=1)
    at = int(falls[0].argmax()) + LEAST_SIDE
    before, after = top[:at].sum() / base[:at].sum(), top[at:].sum() / base[at:].sum()
    drop = 1 - after / before if before > 0 else 0.0
    return at, float(max(0.0, drop)), float(np.mean(largest >= largest[0] - 1e-9))


def _falls(top: _Floats, base: _Floats) -> _Floats:
    """For every order and every possible day: the log-likelihood that is gained by a fall from that day on."""
    at = np.arange(LEAST_SIDE, top.shape[1] - LEAST_SIDE + 1) - 1
    first, first_base = top.cumsum(axis=1)[:, at], base.cumsum(axis=1)[:, at]
    rest, rest_base = top.sum(axis=1, keepdims=True) - first, base.sum(axis=1, keepdims=True) - first_base
    gain = _weigh(first, first_base) + _weigh(rest, rest_base)
    return np.where(first * rest_base > rest * first_base, gain, 0.0)


def _weigh(top: _Floats, base: _Floats) -> _Floats:
    ratio = np.divide(top, base, out=np.ones_like(top), where=(top > 0) & (base > 0))
    return np.asarray(top * np.log(ratio))
