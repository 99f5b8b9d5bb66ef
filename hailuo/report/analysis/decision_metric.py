"""Which metric decides on a platform: the deepest one with enough events, unless you chose one."""

from dataclasses import dataclass

from hailuo.report.analysis.observations import Observed
from hailuo.report.analysis.options import DECISION_METRICS, AnalysisOptions, ReportThresholds
from hailuo.report.metrics import METRICS, Count, Metric, MetricKind, counts_of
from hailuo.report.texts import say


@dataclass(frozen=True, slots=True)
class DecisionMetric:
    """The metric, and one sentence that says why it decides."""

    metric: Metric
    reason: str


def decision_metric(observed: Observed, options: AnalysisOptions, limits: ReportThresholds) -> DecisionMetric:
    """The chosen metric or that of the target; else, from ROAS up to hook, the first with enough events.

    Enough: of `decides_clips` clips at least `decides_events` events are expected, if all clips were alike. Where no
    metric has enough, CTR decides, or the first metric that the export has at all.
    """
    if options.target:
        metric = options.target[0]
        return DecisionMetric(metric, say("decides.target", label=METRICS[metric].label))
    if options.metric:
        return DecisionMetric(options.metric, say("decides.chosen", label=METRICS[options.metric].label))
    each, clips = limits.decides_events.value, int(limits.decides_clips.value)
    for metric in reversed(DECISION_METRICS):
        if len([one for one in _expected(observed, metric) if one >= each]) >= clips:
            fields = {
                "label": METRICS[metric].label,
                "clips": clips,
                "events": f"{each:g} {METRICS[metric].events}",
            }
            return DecisionMetric(metric, say("decides.deepest", **fields))
    usual = (Metric.CTR, *DECISION_METRICS)
    metric = next((one for one in usual if any(_expected(observed, one))), Metric.CTR)
    return DecisionMetric(
        metric, say("decides.none_enough", label=METRICS[metric].label, clips=clips, events=f"{each:g}")
    )


def _expected(observed: Observed, metric: Metric) -> list[float]:
    """Events of each clip if all were alike; empty where the exports do not count them."""
    counts = counts_of(metric, observed.platform)
    if counts is None or not all(observed.has(count) for count in counts):
        return []
    match METRICS[metric].kind:
        case MetricKind.RETURN:
            if not observed.total(Count.REVENUE):
                return []
            counts = (Count.CONVERSIONS, Count.SPEND)
        case MetricKind.COST:
            counts = (counts[1], counts[0])
        case _:
            pass
    sums = observed.sums(*counts)
    trials = float(sums["bottom"].sum())
    pooled = float(sums["top"].sum()) / trials if trials else 0.0
    return [pooled * float(one) for one in sums["bottom"]]
