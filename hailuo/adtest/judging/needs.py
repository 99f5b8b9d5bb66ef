"""What it would take to be sure: impressions a creative, and what they cost at the price paid so far."""

import math
from typing import Final

import numpy as np

from hailuo.adtest.findings import Need
from hailuo.adtest.judging.contest import Contest
from hailuo.adtest.judging.observations import Observed
from hailuo.adtest.judging.options import Options
from hailuo.adtest.stats.power import sample_size

__all__ = ["LIFTS", "enough", "need", "needs"]

LIFTS: Final = (0.05, 0.1, 0.2, 0.3, 0.5)
"""Lifts of the table in a report."""


def needs(contest: Contest, observed: Observed, options: Options) -> tuple[Need, ...]:
    """The table, smallest lift first; empty where no rate is known yet."""
    found = (need(contest, observed, lift, options) for lift in LIFTS)
    return tuple(one for one in found if one is not None)


def need(contest: Contest, observed: Observed, lift: float, options: Options) -> Need | None:
    """For one lift between two creatives, in impressions where the platform tells them, else in trials."""
    trials = _trials(contest, lift, options)
    if trials is None:
        return None
    each = trials * contest.impressions_per_trial
    more = float(np.sum(np.maximum(0.0, each - contest.trials * contest.impressions_per_trial)))
    price = observed.spend / observed.impressions if observed.impressions and observed.spend else None
    return Need(
        lift=lift,
        trials_each=math.ceil(each),
        more_trials=math.ceil(more),
        spend=None if price is None else more * price,
    )


def enough(contest: Contest, options: Options) -> bool:
    """Whether the smallest lift that matters would have been found, with the power asked for, by a typical creative."""
    trials = _trials(contest, options.relevant_lift, options)
    return trials is not None and len(contest.trials) > 1 and float(np.median(contest.trials)) >= trials


def _trials(contest: Contest, lift: float, options: Options) -> int | None:
    return sample_size(
        contest.pooled,
        lift,
        power=options.power,
        alpha=1 - options.confidence,
        dispersion=contest.scatter.cautious,
    )
