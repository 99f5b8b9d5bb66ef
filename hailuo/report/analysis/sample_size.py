"""What it would take to be sure: impressions of the clips that may be the best, and what they cost at their own prices.

Asked of the very tests that the report makes, at their own limits: what "would have been found" has to pass the gate
between the clips (see `significance`), which is harder the more clips there are; telling the first from the others takes
a test of each pair. Clips that are hardly the best any more are not paid for: one would switch them off.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.stats import norm

from hailuo.report.analysis.experiment import AnalysisConfig, Comparison
from hailuo.report.analysis.observations import Observed
from hailuo.report.analysis.ranking import Ranking
from hailuo.report.findings import SampleNeeded
from hailuo.report.metrics import Count
from hailuo.report.stats.power import evidence_needed, evidence_per_trial, sample_size, sample_size_among
from hailuo.report.stats.sequential import surprise_needed

LIFTS: Final = (0.05, 0.1, 0.2, 0.3, 0.5)
"""Lifts of the table in a report."""

STAY: Final = 0.95
"""Clips that stay are the fewest that have this chance to hold the best."""

MOST_STAY: Final = 20
"""And no more than so many: the likeliest."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleQuestion:
    """What is to be found: with `apart`, that the first of the clips that stay differs from each other one; else that any
    one of them is ahead of the rest.
    """

    comparison: Comparison
    observed: Observed
    rates: _Floats
    stay: tuple[int, ...]
    apart: bool
    config: AnalysisConfig


def staying(ranking: Ranking) -> tuple[int, ...]:
    """The positions of the clips that may be the best: the fewest with 95 % of the chance, 2 to 20, the likeliest first."""
    chances = ranking.chances.p_best
    order = sorted(np.flatnonzero(ranking.contends), key=lambda at: (-chances[at], -ranking.rates[at]))
    held = np.cumsum(chances[order])
    fewest = int(np.searchsorted(held, STAY * held[-1])) + 1
    return tuple(int(at) for at in order[: min(max(2, fewest), MOST_STAY)])


def samples_needed(question: SampleQuestion) -> tuple[SampleNeeded, ...]:
    """The table, smallest lift first; empty where no rate is known yet."""
    found = (sample_needed(question, lift) for lift in LIFTS)
    return tuple(one for one in found if one is not None)


def sample_needed(question: SampleQuestion, lift: float) -> SampleNeeded | None:
    """In impressions where the platform has them, else in trials."""
    comparison, observed, stay = question.comparison, question.observed, list(question.stay)
    needed = [_trials(question, at, lift) for at in stay]
    trials = [one for one in needed if one is not None]
    if len(trials) < len(stay) or not trials:
        return None
    each = np.array(trials) * comparison.impressions_per_trial
    more = np.maximum(0.0, each - comparison.trials[stay] * comparison.impressions_per_trial)
    prices = _prices(observed, [comparison.creatives[at].creative_id for at in stay])
    return SampleNeeded(
        lift=lift,
        trials_each=math.ceil(float(each.max())),
        more_trials=math.ceil(float(more.sum())),
        spend=None if prices is None else float(more @ prices),
        clips=len(stay),
    )


def measured(comparison: Comparison, config: AnalysisConfig) -> list[int]:
    """The positions with enough data to be spoken of."""
    return [int(at) for at in np.flatnonzero(comparison.expected >= config.limits.least_events_each.value)]


def enough(comparison: Comparison, config: AnalysisConfig) -> bool:
    """Whether the smallest lift that matters would have been found, with the power asked for, whichever of the clips
    with enough data had it: the one with least data decides.
    """
    clips, lift = measured(comparison, config), config.options.relevant_lift
    base = comparison.pooled
    if len(clips) < 2 or not (base > 0 and base * (1 + lift) < 1):
        return False
    trials = comparison.trials[clips] / comparison.phi[clips]
    shares = trials / trials.sum()
    mean = base * (1 + lift * shares)
    evidence = float(np.min((base * lift) ** 2 * trials * (1 - shares) / (mean * (1 - mean))))
    arms, power = len(clips), config.options.power
    if comparison.horizon is None:
        return evidence >= evidence_needed(arms, power=power, alpha=config.gate)
    horizon = comparison.horizon * arms * float(trials.sum() / comparison.trials[clips].sum())
    surprise = surprise_needed(float(trials.sum()), horizon=horizon, p=config.gate / arms)
    return math.sqrt(evidence) - math.sqrt(surprise) >= float(norm.ppf(power))


def _prices(observed: Observed, names: Sequence[str]) -> _Floats | None:
    """Of one impression of each: its own so far, the platform's where it has none; None without spend."""
    spend, impressions = observed.total(Count.SPEND), observed.total(Count.IMPRESSIONS)
    if not (spend and impressions):
        return None
    both = observed.sums(Count.SPEND, Count.IMPRESSIONS).set_index("creative_id").reindex(list(names))
    own = (both["top"] / both["bottom"]).to_numpy(dtype=float)
    return np.where(np.isfinite(own) & (own > 0), own, spend / impressions)


def _trials(question: SampleQuestion, at: int, lift: float) -> float | None:
    """That the clip needs, at its own rate and dispersion; None where there is no such test."""
    comparison, config, arms = question.comparison, question.config, len(question.stay)
    power, phi, rate = config.options.power, float(comparison.phi[at]), float(question.rates[at])
    if question.apart:
        limit = config.limits.leader_p.value / max(1, arms - 1)
        trials = sample_size(rate, lift, power=power, alpha=limit, dispersion=phi)
        pair = 2
    else:
        limit, pair = config.gate, arms
        trials = sample_size_among(rate, lift, arms, power=power, alpha=limit, dispersion=phi)
        limit /= arms
    if trials is None or comparison.horizon is None:
        return trials
    return _watched(rate, lift, phi, power=power, arms=pair, p=limit, horizon=comparison.horizon)


def _watched(  # noqa: PLR0913 (a test has so many parts)
    rate: float, lift: float, phi: float, *, power: float, arms: int, p: float, horizon: float
) -> float:
    """For an always-valid p-value to be below `p` by then; `horizon` grows with the arms as the trials do."""
    each = evidence_per_trial(rate, lift, arms) / phi
    margin = float(norm.ppf(power))

    def beyond(trials: float) -> float:
        return math.sqrt(each * trials) - math.sqrt(surprise_needed(trials, horizon=horizon, p=p)) - margin

    most = horizon
    while beyond(most) < 0:
        most *= 2
    return float(brentq(beyond, most * 1e-9, most))
