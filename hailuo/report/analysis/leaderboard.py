"""The creatives of a platform as a report lists them: every number of each, best first; and the factors' levels."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from math import isnan

from hailuo.report.analysis.comparisons import compare
from hailuo.report.analysis.creatives import Creative
from hailuo.report.analysis.decision import ComparisonEvidence, Decision, standings
from hailuo.report.analysis.experiment import AnalysisConfig
from hailuo.report.analysis.metric_scale import MetricScale
from hailuo.report.analysis.observations import Observed
from hailuo.report.findings import CreativeFinding, CreativeStanding, Estimate, Factor, FactorLevel
from hailuo.report.metrics import COUNTS, Count, Metric


def unranked_creatives(
    observed: Observed,
    creatives: Mapping[str, Creative],
    estimates: Mapping[str, Mapping[Metric, Estimate]],
) -> tuple[CreativeFinding, ...]:
    """Everybody with a row, most impressions first, before anything is compared."""
    found = [
        _finding(creatives[str(row["creative_id"])], row, estimates[str(row["creative_id"])])
        for row in observed.totals().reset_index().to_dict("records")
    ]
    return tuple(sorted(found, key=lambda one: (-one.counts.get(Count.IMPRESSIONS, 0.0), one.creative_id)))


def ranked_creatives(
    found: tuple[CreativeFinding, ...],
    evidence: ComparisonEvidence,
    decision: Decision,
    config: AnalysisConfig,
) -> tuple[CreativeFinding, ...]:
    """The same with what the contest says of those who took part: these first, by shrunk rate."""
    comparison, ranking = evidence.comparison, evidence.ranking
    by_id = {one.creative_id: one for one in found}
    against = compare(comparison, confidence=config.options.confidence)
    stand = standings(evidence, decision, config.limits)
    ranked = [
        replace(
            by_id.pop(comparison.creatives[at].creative_id),
            shrunk=_shrunk(evidence, at),
            p_best=float(ranking.chances.p_best[at]) if ranking.contends[at] else None,
            expected_loss=_loss(evidence, at),
            against_control=against[at],
            standing=stand[at],
        )
        for at in ranking.order
    ]
    return (*ranked, *by_id.values())


def factors_in_metric(evidence: ComparisonEvidence) -> tuple[Factor, ...]:
    """The factors in the metric's unit."""
    scale = evidence.comparison.scale
    return tuple(
        replace(factor, levels=tuple(level_in_metric(level, scale) for level in factor.levels))
        for factor in evidence.ranking.factors
    )


def level_in_metric(level: FactorLevel, scale: MetricScale) -> FactorLevel:
    """A level in the metric's unit: costs turned around, trials as people count them."""
    if not scale.is_cost:
        return level
    return replace(
        level,
        trials=level.trials / scale.bits,
        rate=scale.cost(level.rate),
        interval=scale.interval(level.interval),
        difference=scale.difference(level.difference, level.rate - level.difference.value),
    )


def _loss(evidence: ComparisonEvidence, at: int) -> float | None:
    ranking = evidence.ranking
    if not ranking.contends[at]:
        return None
    rate, shortfall = float(ranking.posterior.mean[at]), float(ranking.chances.expected_loss[at])
    return evidence.comparison.scale.loss(rate, shortfall)


def _shrunk(evidence: ComparisonEvidence, at: int) -> Estimate:
    comparison, scale = evidence.comparison, evidence.comparison.scale
    rate = float(evidence.ranking.posterior.mean[at])
    events, trials = float(comparison.events[at]), float(comparison.trials[at]) / scale.bits
    top, bottom = (trials, events) if scale.is_cost else (events, trials)
    return Estimate(
        metric=scale.metric,
        value=scale.value(rate),
        interval=scale.interval(evidence.ranking.intervals[at]),
        top=top,
        bottom=bottom,
        n=bottom,
        note="its own counts, pulled towards what its factors do elsewhere",
    )


def _finding(
    entrant: Creative, row: Mapping[Hashable, float], estimates: Mapping[Metric, Estimate]
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
        standing=CreativeStanding.TOO_LITTLE_DATA,
        render_usd=entrant.render_usd,
        looks=entrant.looks,
    )
