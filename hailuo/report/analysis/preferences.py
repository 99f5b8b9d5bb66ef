"""Which clip each metric prefers, where they disagree; and which clips bring the conversions, whatever decides."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from hailuo.report.analysis.options import DECISION_METRICS
from hailuo.report.findings import CreativeFinding, Estimate, MetricPreference, PlatformFindings
from hailuo.report.formatting import MetricFormatter, name_in_quotes
from hailuo.report.metrics import METRICS, Metric, MetricKind
from hailuo.report.texts import say

SHALLOW: Final = frozenset({Metric.HOOK, Metric.CTR})
"""Metrics that say little of conversions: in three real accounts CTR and ROAS ranked ads with correlations of 0.00, -0.08
and -0.20.
"""


def with_preferences(found: PlatformFindings, *, least: float, currency: str | None) -> PlatformFindings:
    """The findings with each metric's preferred clip, a sentence where they disagree, and the clips that bring
    conversions marked. `least` is the number of events that a preferred clip needs, if all were alike.
    """
    preferences = tuple(_preferences(found.creatives, least, currency))
    return replace(
        found,
        creatives=_marked(found),
        preferences=preferences,
        disagreement=_disagreement(found, preferences),
    )


def _preferences(
    creatives: Sequence[CreativeFinding], least: float, currency: str | None
) -> Iterator[MetricPreference]:
    """Of each metric the clip whose interval ends best on its worse side: good, and known to be."""
    for metric in DECISION_METRICS:
        known = [(one, one.estimates[metric]) for one in creatives if metric in one.estimates]
        firm = [(one, estimate) for one, estimate in known if _expected(estimate, known) >= least]
        ends = [(_worse_end(estimate), one, estimate) for one, estimate in firm]
        sure = [(end, one, estimate) for end, one, estimate in ends if end is not None]
        if len(firm) < 2 or not sure:
            continue
        _, best, estimate = max(sure, key=lambda row: (row[0], row[1].creative_id))
        words = MetricFormatter(metric, currency).estimate(estimate.value, estimate.interval)
        yield MetricPreference(
            metric=metric, creative_id=best.creative_id, label=best.label, words=words, clips=len(firm)
        )


def _worse_end(estimate: Estimate) -> float | None:
    """The end of the interval on the bad side, more being better."""
    if estimate.interval is None or estimate.value is None:
        return None
    if METRICS[estimate.metric].higher_is_better:
        return estimate.interval.low
    return None if estimate.interval.high is None else -estimate.interval.high


def _expected(estimate: Estimate, known: Sequence[tuple[CreativeFinding, Estimate]]) -> float:
    """Events of the clip if all were alike."""
    match METRICS[estimate.metric].kind:
        case MetricKind.COST:
            events, trials = sum(one.bottom for _, one in known), sum(one.top for _, one in known)
            own = estimate.top
        case MetricKind.RETURN:
            events, trials = sum(one.n for _, one in known), sum(one.bottom for _, one in known)
            own = estimate.bottom
        case _:
            events, trials = sum(one.top for _, one in known), sum(one.bottom for _, one in known)
            own = estimate.bottom
    return events * own / trials if trials else 0.0


def _disagreement(found: PlatformFindings, preferences: tuple[MetricPreference, ...]) -> str:
    """Where two metrics prefer different clips: which, and why one decides."""
    names = [one.label for one in preferences]
    if len(set(names)) < 2:
        return ""
    by_clip: dict[str, list[str]] = {}
    for one in preferences:
        by_clip.setdefault(one.label, []).append(METRICS[one.metric].label)
    parts = [
        say(
            "sentence.prefers_one" if len(metrics) == 1 else "sentence.prefers",
            metrics=" and ".join(", ".join(metrics).rsplit(", ", 1)),
            name=name_in_quotes(label, by_clip),
        )
        for label, metrics in by_clip.items()
    ]
    return say("sentence.disagree", preferences="; ".join(parts), reason=found.metric_reason)


def _marked(found: PlatformFindings) -> tuple[CreativeFinding, ...]:
    """With the clips that bring conversions at a cost that is not shown to be above that of all together."""
    if found.metric not in SHALLOW:
        return found.creatives
    cost, rate = found.pooled(Metric.CPA), found.pooled(Metric.CVR)
    return tuple(replace(one, brings_conversions=_brings(one, cost, rate)) for one in found.creatives)


def _brings(one: CreativeFinding, cost: float | None, rate: float | None) -> bool:
    cpa, cvr = one.estimates[Metric.CPA], one.estimates[Metric.CVR]
    if cpa.bottom and cost is not None:
        return not (cpa.interval and cpa.interval.low is not None and cpa.interval.low > cost)
    if cvr.top and rate is not None:
        return not (cvr.interval and cvr.interval.high is not None and cvr.interval.high < rate)
    return False
