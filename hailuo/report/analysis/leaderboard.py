"""The creatives of a platform as a report lists them: every number of each, best first; and the factors' levels."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from math import isnan

from hailuo.report.analysis.comparisons import compare
from hailuo.report.analysis.creatives import Entrant
from hailuo.report.analysis.decision import Decision, Evidence, standings
from hailuo.report.analysis.experiment import Terms
from hailuo.report.analysis.metric_scale import Yardstick
from hailuo.report.analysis.observations import Observed
from hailuo.report.findings import CreativeFinding, Estimate, Factor, Level, Standing
from hailuo.report.metrics import COUNTS, Count, Metric


def unranked(
    observed: Observed,
    entrants: Mapping[str, Entrant],
    estimates: Mapping[str, Mapping[Metric, Estimate]],
) -> tuple[CreativeFinding, ...]:
    """Everybody with a row, most impressions first, before anything is compared."""
    found = [
        _finding(entrants[str(row["creative_id"])], row, estimates[str(row["creative_id"])])
        for row in observed.totals().reset_index().to_dict("records")
    ]
    return tuple(sorted(found, key=lambda one: (-one.counts.get(Count.IMPRESSIONS, 0.0), one.creative_id)))


def line_up(
    found: tuple[CreativeFinding, ...], evidence: Evidence, decision: Decision, terms: Terms
) -> tuple[CreativeFinding, ...]:
    """The same with what the contest says of those who took part: these first, by shrunk rate."""
    contest, ranking = evidence.contest, evidence.ranking
    by_id = {one.creative_id: one for one in found}
    against = compare(contest, confidence=terms.options.confidence)
    stand = standings(evidence, decision, terms.limits)
    ranked = [
        replace(
            by_id.pop(contest.entrants[at].creative_id),
            shrunk=_shrunk(evidence, at),
            p_best=float(ranking.chances.p_best[at]) if ranking.contends[at] else None,
            expected_loss=_loss(evidence, at),
            against_control=against[at],
            standing=stand[at],
        )
        for at in ranking.order
    ]
    return (*ranked, *by_id.values())


def told_factors(evidence: Evidence) -> tuple[Factor, ...]:
    """The factors in the metric's unit."""
    yardstick = evidence.contest.yardstick
    return tuple(
        replace(factor, levels=tuple(told_level(level, yardstick) for level in factor.levels))
        for factor in evidence.ranking.factors
    )


def told_level(level: Level, yardstick: Yardstick) -> Level:
    """A level in the metric's unit: costs turned around, trials as people count them."""
    if not yardstick.is_cost:
        return level
    return replace(
        level,
        trials=level.trials / yardstick.bits,
        rate=yardstick.cost(level.rate),
        interval=yardstick.interval(level.interval),
        difference=yardstick.difference(level.difference, level.rate - level.difference.value),
    )


def _loss(evidence: Evidence, at: int) -> float | None:
    ranking = evidence.ranking
    if not ranking.contends[at]:
        return None
    rate, shortfall = float(ranking.posterior.mean[at]), float(ranking.chances.expected_loss[at])
    return evidence.contest.yardstick.loss(rate, shortfall)


def _shrunk(evidence: Evidence, at: int) -> Estimate:
    contest, yardstick = evidence.contest, evidence.contest.yardstick
    rate = float(evidence.ranking.posterior.mean[at])
    events, trials = float(contest.events[at]), float(contest.trials[at]) / yardstick.bits
    top, bottom = (trials, events) if yardstick.is_cost else (events, trials)
    return Estimate(
        metric=yardstick.metric,
        value=yardstick.value(rate),
        interval=yardstick.interval(evidence.ranking.intervals[at]),
        top=top,
        bottom=bottom,
        n=bottom,
        note="its own counts, pulled towards what its factors do elsewhere",
    )


def _finding(
    entrant: Entrant, row: Mapping[Hashable, float], estimates: Mapping[Metric, Estimate]
) -> CreativeFinding:
    known = {count: float(row[count.value]) for count in COUNTS}
    return CreativeFinding(
        creative_id=entrant.creative_id,
        label=entrant.label,
        cell_id=entrant.cell_id,
        model=entrant.model,
        prompt=entrant.prompt,
        duration_s=entrant.duration_s,
        take=entrant.take,
        is_control=entrant.is_control,
        factors=entrant.factors,
        ads=int(row["ads"]),
        days=int(row["days"]),
        counts={count: value for count, value in known.items() if not isnan(value)},
        estimates=estimates,
        shrunk=None,
        p_best=None,
        expected_loss=None,
        against_control=None,
        standing=Standing.TOO_LITTLE_DATA,
        render_usd=entrant.render_usd,
        looks=entrant.looks,
    )
