"""The creatives of a platform as a report lists them: every number of each, best first; and the factors' levels."""

from collections.abc import Mapping
from dataclasses import replace
from math import isnan

from hailuo.report.analysis.comparisons import compare
from hailuo.report.analysis.decision import ComparisonEvidence, Decision, standings
from hailuo.report.analysis.experiment import AnalysisConfig
from hailuo.report.analysis.metric_scale import MetricScale
from hailuo.report.analysis.observations import Observed
from hailuo.report.findings import CreativeFinding, Estimate, Factor, FactorLevel
from hailuo.report.metrics import COUNTS, Count, Metric
from hailuo.report.texts import say


def unranked_creatives(
    observed: Observed,
    creatives: Mapping[str, CreativeFinding],
    estimates: Mapping[str, Mapping[Metric, Estimate]],
) -> tuple[CreativeFinding, ...]:
    """Every creative with a row, most impressions first, before anything is compared."""
    found = []
    for row in observed.totals().reset_index().to_dict("records"):
        creative = creatives[str(row["creative_id"])]
        counts = {count: float(row[count.value]) for count in COUNTS}
        found.append(
            replace(
                creative,
                ads=int(row["ads"]),
                days=int(row["days"]),
                counts={count: value for count, value in counts.items() if not isnan(value)},
                estimates=estimates[creative.creative_id],
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.counts.get(Count.IMPRESSIONS, 0.0), one.creative_id)))


def ranked_creatives(
    found: tuple[CreativeFinding, ...],
    evidence: ComparisonEvidence,
    decision: Decision,
    config: AnalysisConfig,
) -> tuple[CreativeFinding, ...]:
    """The same with what the comparison says of those that took part: these first, by shrunk rate."""
    comparison, ranking = evidence.comparison, evidence.ranking
    by_id = {one.creative_id: one for one in found}
    against = compare(comparison, confidence=config.options.confidence)
    standing = standings(evidence, decision, config.limits)
    ranked = []
    for at in ranking.order:
        rate, loss = float(ranking.rates[at]), float(ranking.chances.expected_loss[at])
        contends = bool(ranking.contends[at])
        ranked.append(
            replace(
                by_id.pop(comparison.creatives[at].creative_id),
                shrunk=_shrunk(evidence, at),
                p_best=float(ranking.chances.p_best[at]) if contends else None,
                expected_loss=comparison.scale.loss(rate, loss) if contends else None,
                against_control=against[at],
                standing=standing[at],
            )
        )
    return (*ranked, *by_id.values())


def factors_in_metric(evidence: ComparisonEvidence) -> tuple[Factor, ...]:
    """The factors in the metric's unit, and after them the families of models where there are several."""
    scale, ranking = evidence.comparison.scale, evidence.ranking
    shown = (*ranking.factors, *((ranking.families,) if ranking.families else ()))
    return tuple(
        replace(factor, levels=tuple(level_in_metric(level, scale) for level in factor.levels))
        for factor in shown
    )


def level_in_metric(level: FactorLevel, scale: MetricScale) -> FactorLevel:
    """A level in the metric's unit: costs turned around, trials as people count them."""
    events, trials = scale.counted(level.events, level.trials)
    return replace(
        level,
        events=events,
        trials=trials,
        rate=scale.cost(level.rate) if scale.is_cost else scale.value(level.rate) or 0.0,
        interval=scale.interval(level.interval),
        difference=scale.difference(level.difference, level.rate - level.difference.value),
    )


def _shrunk(evidence: ComparisonEvidence, at: int) -> Estimate:
    comparison, scale = evidence.comparison, evidence.comparison.scale
    events, trials = scale.counted(float(comparison.events[at]), float(comparison.trials[at]))
    top, bottom = (trials, events) if scale.is_cost else (events, trials)
    return Estimate(
        metric=scale.metric,
        value=scale.value(float(evidence.ranking.rates[at])),
        interval=scale.interval(evidence.ranking.intervals[at]),
        top=top,
        bottom=bottom,
        n=bottom,
        note=say("note.shrunk"),
    )
