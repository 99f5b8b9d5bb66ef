"""What it would take to be sure: impressions a creative, and what they cost at the price paid so far.

Asked of the very tests that the report makes, at their own limits: what "would have been found" has to pass the gate
between all clips (see `gates`), which is harder the more clips there are; telling the first two apart takes one test.
"""

import math
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from hailuo.report.analysis.experiment import Contest, Terms
from hailuo.report.analysis.observations import Observed
from hailuo.report.findings import Need
from hailuo.report.stats.power import evidence_per_trial, sample_size, sample_size_among
from hailuo.report.stats.sequential import surprise_needed

LIFTS: Final = (0.05, 0.1, 0.2, 0.3, 0.5)
"""Lifts of the table in a report."""


def needs(contest: Contest, observed: Observed, terms: Terms) -> tuple[Need, ...]:
    """The table, smallest lift first; empty where no rate is known yet."""
    found = (need_of_one(contest, observed, lift, terms) for lift in LIFTS)
    return tuple(one for one in found if one is not None)


def need_of_one(contest: Contest, observed: Observed, lift: float, terms: Terms) -> Need | None:
    """To find that one creative has a lift over all the others; in impressions where the platform tells them, else in
    trials.
    """
    return _need(contest, observed, lift, _of_one(contest, lift, terms))


def need_of_first_two(contest: Contest, observed: Observed, lift: float, terms: Terms) -> Need | None:
    """To tell a leader from a runner-up that it has a lift over."""
    return _need(contest, observed, lift, _of_two(contest, lift, terms))


def enough(contest: Contest, terms: Terms) -> bool:
    """Whether the smallest lift that matters would have been found, with the power asked for, by a typical creative."""
    trials = _of_one(contest, terms.options.relevant_lift, terms)
    return trials is not None and float(np.median(contest.trials)) >= trials


def _need(contest: Contest, observed: Observed, lift: float, trials: float | None) -> Need | None:
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


def _of_one(contest: Contest, lift: float, terms: Terms) -> float | None:
    arms, power = len(contest.trials), terms.options.power
    phi = contest.scatter.cautious
    trials = sample_size_among(contest.pooled, lift, arms, power=power, alpha=terms.gate, dispersion=phi)
    if trials is None or contest.horizon is None:
        return trials
    return _watched(contest, lift, power=power, arms=arms, p=terms.gate / arms)


def _of_two(contest: Contest, lift: float, terms: Terms) -> float | None:
    power, limit = terms.options.power, terms.limits.leader_p.value
    phi = contest.scatter.cautious
    trials = sample_size(contest.pooled, lift, power=power, alpha=limit, dispersion=phi)
    if trials is None or contest.horizon is None:
        return trials
    return _watched(contest, lift, power=power, arms=2, p=limit)


def _watched(contest: Contest, lift: float, *, power: float, arms: int, p: float) -> float:
    """For an always-valid p-value to be below `p` by then; `horizon` grows with the arms as the trials do."""
    horizon = contest.horizon or 1.0
    each = evidence_per_trial(contest.pooled, lift, arms) / contest.scatter.cautious
    margin = float(norm.ppf(power))

    def beyond(trials: float) -> float:
        return math.sqrt(each * trials) - math.sqrt(surprise_needed(trials, horizon=horizon, p=p)) - margin

    most = horizon
    while beyond(most) < 0:
        most *= 2
    return float(brentq(beyond, most * 1e-9, most))
