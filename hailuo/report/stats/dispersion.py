"""How far results vary beyond chance: each clip's days (its dispersion phi), and takes of one combination.

What is alike among clips is how far the log of a rate swings from day to day, not how many times wider than chance a
count scatters: of 50 clicks chance hides a swing of 20 %, of 50,000 clicks the swing is all there is. So every clip has
a phi of its own, phi = 1 + s² p (1 - p) n q, with s the swing (sd of a day's log-odds), n its trials, and q the sum of
the squared shares of its days: one more day makes it smaller, one more impression on the same day does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr
from scipy.stats import chi2, norm
from scipy.stats import t as student

from hailuo.report.findings import Interval, TakeSpread

LEAST_EXPECTED: Final = 1.0
"""Rows with fewer expected events (or misses) say nothing (Cochran 1954, Biometrics 10: none below 1)."""

LEAST_DF: Final = 4.0
"""Rows beyond the first of their ad, below which nothing is said of how days differ."""

USUAL_SWING: Final = 0.2
"""The middle of what a swing is thought to be before the data: 0.1 to 0.35 in real accounts."""

_PRIOR_WIDTH: Final = 0.8  # sd of the log of the usual swing: a factor of two either way
_STEP: Final = 1.3
_SWINGS: Final = 0.008 * _STEP ** np.arange(23)  # 0.008 to 2.6
_CENTRES: Final = np.arange(2, 21)  # positions of typical swings among them
_ALIKE: Final = (2.0, 4.0, 8.0, 16.0, 1e6)  # degrees of freedom of clips' swings around the typical one
_FADING: Final = (
    0.0,
    0.25,
    0.5,
)  # how a day's swing falls with its expected events: as the power -0, -1/4, -1/2
_FREEDOMS: Final = np.geomspace(2.1, 1e4, 200)
_TAILS: Final = (student.isf(0.005, _FREEDOMS) / student.isf(0.025, _FREEDOMS))[::-1]
_USUAL_TAIL: Final = float(norm.isf(0.005) / norm.isf(0.025))

_LEAST_TAKES: Final = 4
"""With fewer takes beyond the first the interval says nothing: its ends are a factor of six apart."""

_Floats = npt.NDArray[np.float64]
_Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipDispersion:
    """`phi` (at least 1) and `freedom` of each clip: divide its counts by phi for 95 % intervals that hold, and read
    the tails beyond by Student's t with so many degrees of freedom. `swing` is the typical one (0.2: 20 %).
    """

    phi: _Floats
    freedom: _Floats
    swing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Days of ads in arrays: whose they are, the rate of their ad, and their share of its trials."""

    clip: _Codes
    ad: _Codes
    day: _Codes
    events: _Floats
    trials: _Floats
    rate: _Floats
    share: _Floats

    @property
    def expected(self) -> _Floats:
        """Events, had all days their ad's rate."""
        return self.trials * self.rate

    def those(self, chosen: npt.NDArray[np.bool_]) -> "_Rows":
        """Some of them."""
        return _Rows(**{one.name: getattr(self, one.name)[chosen] for one in fields(self)})


def clip_dispersion(
    rows: pd.DataFrame, totals: pd.DataFrame, *, least_df: float = LEAST_DF
) -> ClipDispersion | None:
    """Of every clip of `totals` (its index; columns `events`, `trials`), from rows by day with the columns `clip`,
    `ad`, `day`, `events`, `trials`; None with fewer than `least_df` rows beyond the first of their ad.

    Every clip has its own swing, drawn towards the typical one of the platform by an inverse chi-square (Smyth 2004,
    Stat. Appl. Genet. Mol. Biol. 3, 3): a few wild days of one clip widen the intervals of that clip. The typical swing,
    how alike clips are, and whether swings fade on days with more events are averaged over a grid; the likelihood is
    the restricted normal one around each ad's own rate. `phi` is chosen so that the resulting mixture of normals leaves
    5 % outside, `freedom` so that it leaves 1 %.

    A swing that all clips share (weekends, a trend) moves them alike. A clip gets of it only as much as its days differ
    from the others' days, twice: the clip that it is compared with may have run on the opposite days.
    """
    pooled = (float(totals["events"].sum()) + 0.5) / (float(totals["trials"].sum()) + 1)
    every = _rows(rows, totals.index, pooled)
    telling = every.those(np.minimum(every.expected, every.trials - every.expected) >= LEAST_EXPECTED)
    if len(telling.ad) - len(np.unique(telling.ad)) < least_df:
        return None
    middle = float(np.exp(np.mean(np.log(telling.expected))))
    faded = [(np.maximum(every.expected, LEAST_EXPECTED) / middle) ** -power for power in _FADING]
    of_telling = [(telling.expected / middle) ** -power for power in _FADING]
    weights, swing = _swings(telling, of_telling, len(totals))
    trials = totals["trials"].to_numpy(dtype=float)
    rate = (totals["events"].to_numpy(dtype=float) + 0.5) / (trials + 0.5 / pooled)
    reach = _reach(every, faded, _shared(telling, swing), len(totals)) * (trials * rate * (1 - rate))[:, None]
    variances = 1 + np.maximum(reach, 0.0)[:, :, None] * _SWINGS**2
    phi, wider = (_outside(weights, variances, level) for level in (0.05, 0.01))
    tails = np.sqrt(wider / phi) * _USUAL_TAIL
    return ClipDispersion(phi=phi, freedom=np.interp(tails, _TAILS, _FREEDOMS[::-1]), swing=swing)


def _rows(rows: pd.DataFrame, clips: pd.Index, pooled: float) -> _Rows:
    clip = clips.get_indexer(pd.Index(rows["clip"]))
    codes = (pd.factorize(rows[name])[0].astype(np.int64) for name in ("ad", "day"))
    events, trials = (rows[name].to_numpy(dtype=float) for name in ("events", "trials"))
    kept = (clip >= 0) & (trials > 0) & (events <= trials)
    ads, days = (one[kept] for one in codes)
    clip, events, trials = clip[kept].astype(np.int64), events[kept], trials[kept]
    ad = pd.factorize(clip * (len(rows) + 1) + ads)[0].astype(np.int64)
    of_ad, brought = np.bincount(ad, trials)[ad], np.bincount(ad, events)[ad]
    return _Rows(
        clip=clip,
        ad=ad,
        day=days,
        events=events,
        trials=trials,
        rate=(brought + 0.5) / (of_ad + 0.5 / pooled),
        share=trials / of_ad,
    )


def _swings(telling: _Rows, faded: Sequence[_Floats], clips: int) -> tuple[_Floats, float]:
    """Each clip's chances of every fading and swing (clips x fadings x swings), and the typical swing."""
    logs = np.stack([_likelihoods(telling, factors, clips) for factors in faded], axis=1)
    likely = np.exp(logs - logs.max(axis=(1, 2), keepdims=True))
    steps = np.arange(len(_SWINGS))[None, :] - _CENTRES[:, None]
    priors = np.concatenate([_around(steps, alike) for alike in _ALIKE])
    centres = np.tile(_SWINGS[_CENTRES], len(_ALIKE))
    made = np.maximum(likely @ priors.T, 1e-300)  # clips x fadings x settings
    score = np.log(made).sum(axis=0) - 0.5 * (np.log(centres / USUAL_SWING) / _PRIOR_WIDTH) ** 2
    chance = np.exp(score - score.max())
    chance /= chance.sum()
    weights = likely * ((chance / made) @ priors)
    weights /= weights.sum(axis=(1, 2), keepdims=True)
    return weights, float((chance @ centres).sum())


def _around(steps: npt.NDArray[np.int64], alike: float) -> _Floats:
    """The chance of a swing so many steps from the typical one: its square is scaled inverse chi-square."""
    ends = (chi2.sf(alike * _STEP ** (-2 * (steps + half)), alike) for half in (0.5, -0.5))
    upper, lower = ends
    cells = np.maximum(upper - lower, 1e-12)
    return np.asarray(cells / cells.sum(axis=1, keepdims=True))


def _likelihoods(telling: _Rows, faded: _Floats, clips: int) -> _Floats:
    """The restricted log-likelihood of every swing, summed over each clip's ads."""
    ads, rates, spread = (
        int(telling.ad.max()) + 1,
        telling.events / telling.trials,
        telling.rate * (1 - telling.rate),
    )
    owner = np.zeros(ads, dtype=np.int64)
    owner[telling.ad] = telling.clip
    found = np.zeros((clips, len(_SWINGS)))
    for at, swing in enumerate(_SWINGS):
        variance = spread / telling.trials + (spread * swing * faded) ** 2
        precision = np.bincount(telling.ad, 1 / variance, ads)
        known = precision > 0
        mean = np.bincount(telling.ad, rates / variance, ads) / np.where(known, precision, 1.0)
        misfit = np.log(variance) + (rates - mean[telling.ad]) ** 2 / variance
        lost = np.bincount(owner[known], np.log(precision[known]), clips)
        found[:, at] = -0.5 * (np.bincount(telling.clip, misfit, clips) + lost)
    return found


def _shared(telling: _Rows, swing: float) -> float:
    """The part (0..1) of the days' swings that all ads have in common: how far different ads move alike on one day."""
    chance = (1 - telling.rate) / telling.expected
    weight = 1 / (chance + swing**2)
    moved = (telling.events / telling.expected - 1) / np.sqrt(np.maximum(1 - telling.share, 0.05))
    pulls, squares = (np.bincount(telling.day, one) for one in (weight * moved, (weight * moved) ** 2))
    sizes, own = (np.bincount(telling.day, one) for one in (weight, weight**2))
    pairs = float((sizes**2 - own).sum())
    total = float((weight**2 * (moved**2 - chance)).sum() / (weight**2).sum())
    if pairs <= 0 or total <= 0:
        return 0.0
    return float(np.clip((pulls**2 - squares).sum() / pairs / total, 0.0, 1.0))


def _reach(every: _Rows, faded: Sequence[_Floats], shared: float, clips: int) -> _Floats:
    """By how much a squared swing moves each clip's rate, for every fading (clips x fadings)."""
    trials = np.bincount(every.clip, every.trials, clips)
    runs, whole = trials > 0, np.where(trials > 0, trials, 1.0)
    squares = [np.bincount(every.clip, (every.trials * one) ** 2, clips) / whole**2 for one in faded]
    reach = np.stack(squares, axis=1)
    if shared:
        days = np.zeros((clips, int(every.day.max()) + 1))
        np.add.at(days, (every.clip, every.day), every.trials)
        shares = days[runs] / whole[runs, None]
        apart = ((shares - shares.mean(axis=0)) ** 2).sum(axis=1) / reach[runs, 0]
        reach[runs] *= (1 - shared) + 2 * shared * apart[:, None]
    reach[~runs] = np.median(reach[runs], axis=0)  # a clip without a day is taken to run like the others
    return np.asarray(reach)


def _outside(weights: _Floats, variances: _Floats, level: float) -> _Floats:
    """The variance of the normal that leaves as much outside as the mixture, `level` of it, for each clip."""
    weights, spreads = (one.reshape(len(one), -1) for one in (weights, variances))
    reach = float(norm.isf(level / 2))
    low, high = np.log(spreads.min(axis=1)), np.log(spreads.max(axis=1))
    roots = 1 / np.sqrt(spreads)
    for _ in range(18):
        middle = (low + high) / 2
        outside = (weights * 2 * ndtr(-reach * np.exp(middle / 2)[:, None] * roots)).sum(axis=1)
        low, high = np.where(outside > level, middle, low), np.where(outside > level, high, middle)
    return np.asarray(np.exp((low + high) / 2))


def take_spread(
    cells: Sequence[str],
    events: Sequence[float],
    trials: Sequence[float],
    *,
    dispersion: Sequence[float] | float = 1.0,
    least_expected: float = 5.0,
    confidence: float = 0.95,
) -> TakeSpread | None:
    """The sd of takes' true rates, as a share of their combination's rate; a position per creative. None with too few.

    By moments of Pearson's chi-square inside combinations (DerSimonian & Laird 1986, Control. Clin. Trials 7, 177), in
    which a spread s adds s² n p / (1 - p) to what chance does; counts are divided by the `dispersion` that days and ads
    have anyhow (one for all, or each its own). The interval is that of the chi-square as a scaled one, at 0 where chance
    alone suffices. Clips with fewer than `least_expected` events are left
    out, as is who has no other take.
    """
    frame = pd.DataFrame({"cell": cells, "events": events, "trials": trials, "phi": dispersion})
    frame = _with_rates(frame[frame["trials"] > 0])
    frame = _with_rates(frame[(frame["rate"] < 1) & (frame["rate"] * frame["trials"] >= least_expected)])
    frame = frame[(frame["takes"] > 1) & frame["rate"].between(0, 1, inclusive="neither")]
    frame = _with_rates(
        frame.assign(events=frame["events"] / frame["phi"], trials=frame["trials"] / frame["phi"])
    )
    df = len(frame) - frame["cell"].nunique()
    if df < _LEAST_TAKES:
        return None
    expected = frame["trials"] * frame["rate"]
    surprise = float(((frame["events"] - expected) ** 2 / (expected * (1 - frame["rate"]))).sum())
    # What a spread of 1, squared, would add to it: combinations take their own rate from the same takes.
    groups = frame.assign(square=frame["trials"] ** 2).groupby("cell")
    sums, rate = groups[["trials", "square"]].sum(), groups["rate"].first()
    reach = float((rate / (1 - rate) * (sums["trials"] - sums["square"] / sums["trials"])).sum())
    tail = (1 - confidence) / 2
    low, value, high = (
        max(0.0, (surprise / size - 1) * df / reach) ** 0.5
        for size in (chi2.isf(tail, df), df, chi2.ppf(tail, df))
    )
    return TakeSpread(
        value=value,
        interval=Interval(low, high),
        p_value=float(chi2.sf(surprise, df)),
        creatives=len(frame),
        combinations=frame["cell"].nunique(),
    )


def _with_rates(frame: pd.DataFrame) -> pd.DataFrame:
    """With each combination's pooled rate, and how many takes it has."""
    groups = frame.groupby("cell")
    rate = groups["events"].transform("sum") / groups["trials"].transform("sum")
    return frame.assign(rate=rate, takes=groups["cell"].transform("size"))
