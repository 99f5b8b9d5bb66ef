"""Main effects: how far each level of a factor is from the mean of the levels; and how far takes differ."""

from hailuo.report.findings import Factor, FactorLevel, PlatformFindings, ReportFindings
from hailuo.report.formatting import MetricFormatter, axis_name, level_name, percent, plural
from hailuo.report.metrics import METRICS, PLATFORM_NAMES
from hailuo.report.page.drawing import Caption, ChartAxis, Mark, axis_of, scale, strip
from hailuo.report.page.words import Values
from hailuo.report.texts import say


def forests_of(found: PlatformFindings, *, findings: ReportFindings) -> tuple[Values, ...]:
    """One chart per factor, all on one axis: so factors can be compared too."""
    metric = MetricFormatter(found.metric, findings.health.currency)
    gaps = [level.difference for factor in found.factors for level in factor.levels]
    axis = axis_of([gap.interval for gap in gaps], [gap.value for gap in gaps], around=0.0)
    title = f"difference in {metric.name}, {metric.difference_unit}"
    head = scale(axis, metric.difference_tick, title=title)
    confidence = percent(findings.confidence, digits=0)
    return tuple(
        {
            "name": axis_name(factor.name),
            "said": _said(factor),
            "note": factor.note,
            "direction": "higher is better →" if metric.spec.higher_is_better else "← lower is better",
            "caption": Caption(
                title=f"{axis_name(factor.name)}: difference in {metric.name} from the mean of the levels, "
                f"{PLATFORM_NAMES[found.platform]}",
                unit=metric.difference_unit,
                n=f"{sum(level.creatives for level in factor.levels):,} clips, "
                f"{metric.based_on(sum(level.trials for level in factor.levels))}; of each level in its row",
                interval=f"{confidence} interval (bar), all other factors held the same",
            ),
            "scale": head,
            "rows": tuple(_row(factor.name, level, metric, axis) for level in factor.levels),
        }
        for factor in found.factors
    )


def _row(factor: str, level: FactorLevel, metric: MetricFormatter, axis: ChartAxis) -> Values:
    gap, rate, n = level.difference, metric.value(level.rate), metric.based_on(level.trials)
    difference = metric.difference(gap.value, gap.interval)
    interval = metric.difference_interval(gap.interval)
    low, high = gap.interval.low, gap.interval.high
    tone = "even"
    if (low is not None and low > 0) or (high is not None and high < 0):
        tone = "better" if (low is not None and low > 0) == metric.spec.higher_is_better else "worse"
    mark = Mark(
        title=f"{level.name}: {difference} from the mean of the levels, {interval}",
        desc=f"{metric.name} {rate}, {level.creatives} clips, {n}",
        value=gap.value,
        interval=gap.interval,
        tone=tone,
    )
    return {
        "name": level_name(factor, level.name),
        "creatives": plural(level.creatives, "clip"),
        "trials": n,
        "rate": rate,
        "interval": metric.interval(level.interval),
        "difference": difference,
        "difference_interval": interval,
        "strip": strip(axis, mark, reference=0.0),
        "p_value": _p_value(gap.p_adjusted),
    }


def _said(factor: Factor) -> str:
    if not factor.levels:
        return f"Not estimated: {factor.note or 'no reason was given'}."
    p = factor.p_value
    return "" if p is None else f"Whether this factor matters at all: p {_p_value(p)}."


def _p_value(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}" if p_value < 0.1 else f"{p_value:.2f}"


def takes_of(found: PlatformFindings, *, findings: ReportFindings) -> str:
    """How far takes of one combination differ, in a sentence; why it is not known where it is not."""
    spread = found.takes
    if spread is None:
        return say("note.takes_unknown")
    return say(
        "note.takes",
        size=percent(spread.value, digits=0),
        label=METRICS[found.metric].label,
        low=percent(spread.interval.low or 0.0, digits=0),
        high=percent(spread.interval.high or 0.0, digits=0),
        confidence=percent(findings.confidence, digits=0),
        clips=plural(spread.creatives, "clip"),
        combinations=plural(spread.combinations, "combination"),
        meaning=say("note.takes_differ" if spread.interval.low else "note.takes_alike"),
    )
