"""What it would take to be sure: impressions a creative, and what they cost at the price paid so far.

Asked of the very tests that the report makes, at their own limits: what "would have been found" has to pass the gate
between all clips (see `significance`), which is harder the more clips there are; telling the first two apart takes one test.
"""

import math
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from hailuo.report.analysis.experiment import AnalysisConfig, Comparison
from hailuo.report.analysis.observations import Observed
from hailuo.report.findings import SampleNeeded
from hailuo.report.metrics import Count
from hailuo.report.stats.power import evidence_per_trial, sample_size, sample_size_among
from hailuo.report.stats.sequential import surprise_needed

LIFTS: Final = (0.05, 0.1, 0.2, 0.3, 0.5)
"""Lifts of the table in a report."""


def samples_needed(
    comparison: Comparison, observed: Observed, config: AnalysisConfig
) -> tuple[SampleNeeded, ...]:
    """The table, smallest lift first; empty where no rate is known yet."""
    found = (sample_for_one(comparison, observed, lift, config) for lift in LIFTS)
    return tuple(one for one in found if one is not None)


def sample_for_one(
    comparison: Comparison, observed: Observed, lift: float, config: AnalysisConfig
) -> SampleNeeded | None:
    """To find that one creative has a lift over all the others; in impressions where the platform has them, else in
    trials.
    """
    return _need(comparison, observed, lift, _of_one(comparison, lift, config))


def sample_for_first_two(
    comparison: Comparison, observed: Observed, lift: float, config: AnalysisConfig
) -> SampleNeeded | None:
    """To show that a leader has a lift over the runner-up."""
    power, limit = config.options.power, config.limits.leader_p.value
    phi = comparison.dispersion.cautious
    trials: float | None = sample_size(comparison.pooled, lift, power=power, alpha=limit, dispersion=phi)
    if trials is not None and comparison.horizon is not None:
        trials = _watched(comparison, lift, power=power, arms=2, p=limit)
    return _need(comparison, observed, lift, trials)


def enough(comparison: Comparison, config: AnalysisConfig) -> bool:
    """Whether the smallest lift that matters would have been found, with the power asked for, by each creative."""
    trials = _of_one(comparison, config.options.relevant_lift, config)
    return trials is not None and float(np.min(comparison.trials)) >= trials


def _need(
    comparison: Comparison, observed: Observed, lift: float, trials: float | None
) -> SampleNeeded | None:
    if trials is None:
        return None
    each = trials * comparison.impressions_per_trial
    more = float(np.sum(np.maximum(0.0, each - comparison.trials * comparison.impressions_per_trial)))
    spend, impressions = observed.total(Count.SPEND), observed.total(Count.IMPRESSIONS)
    price = spend / impressions if spend and impressions else None
    return SampleNeeded(
        lift=lift,
        trials_each=math.ceil(each),
        more_trials=math.ceil(more),
        spend=None if price is None else more * price,
    )


def _of_one(comparison: Comparison, lift: float, config: AnalysisConfig) -> float | None:
    arms, power = len(comparison.trials), config.options.power
    phi = comparison.dispersion.cautious
    trials = sample_size_among(comparison.pooled, lift, arms, power=power, alpha=config.gate, dispersion=phi)
    if trials is None or comparison.horizon is None:
        return trials
    return _watched(comparison, lift, power=power, arms=arms, p=config.gate / arms)


def _watched(comparison: Comparison, lift: float, *, power: float, arms: int, p: float) -> float:
    """For an always-valid p-value to be below `p` by then; `horizon` grows with the arms as the trials do."""
    horizon = comparison.horizon or 1.0
    each = evidence_per_trial(comparison.pooled, lift, arms) / comparison.dispersion.cautious
    margin = float(norm.ppf(power))

    def beyond(trials: float) -> float:
        return math.sqrt(each * trials) - math.sqrt(surprise_needed(trials, horizon=horizon, p=p)) - margin

    most = horizon
    while beyond(most) < 0:
        most *= 2
    return float(brentq(beyond, most * 1e-9, most))
