"""Main effects: how far each level of a factor lies from the mean of the levels."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hailuo.report import numbers
from hailuo.report.findings import Factor, FactorLevel, PlatformFindings, ReportFindings
from hailuo.report.metrics import PLATFORM_NAMES
from hailuo.report.page.axis import axis_of
from hailuo.report.page.caption import Caption
from hailuo.report.page.measure import Measure
from hailuo.report.page.strip import Mark, scale, strip
from hailuo.report.page.words import axis_name, level_name, plural


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """One level in words and as a drawing."""

    name: str
    creatives: str
    trials: str
    rate: str
    interval: str
    difference: str
    difference_interval: str
    strip: Markup
    p_value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """One factor. Without rows it could not be estimated, and `note` says why."""

    name: str
    said: str
    note: str
    direction: str
    caption: Caption
    scale: Markup
    rows: tuple[LevelRow, ...]


def forests_of(found: PlatformFindings, *, findings: ReportFindings) -> tuple[Forest, ...]:
    """One chart per factor, all on one axis: so factors can be compared too."""
    measure = Measure(found.metric, findings.health.currency)
    gaps = [level.difference for factor in found.factors for level in factor.levels]
    axis = axis_of([gap.interval for gap in gaps], [gap.value for gap in gaps], around=0.0)
    title = f"difference in {measure.name}, {measure.difference_unit}"
    head = scale(axis, measure.difference_tick, title=title)
    better = "higher is better →" if measure.spec.higher_is_better else "← lower is better"
    return tuple(
        Forest(
            name=axis_name(factor.name),
            said=_said(factor),
            note=factor.note,
            direction=better,
            caption=_caption(factor, found, findings=findings),
            scale=head,
            rows=tuple(
                _row(
                    level_name(factor.name, level.name),
                    level,
                    measure,
                    strip(axis, _mark(level, measure), reference=0.0),
                )
                for level in factor.levels
            ),
        )
        for factor in found.factors
    )


def _row(name: str, level: FactorLevel, measure: Measure, drawing: Markup) -> LevelRow:
    gap = level.difference
    return LevelRow(
        name=name,
        creatives=plural(level.creatives, "clip"),
        trials=measure.rests_on(level.trials),
        rate=measure.value(level.rate),
        interval=measure.interval(level.interval),
        difference=measure.difference(gap.value, gap.interval),
        difference_interval=measure.difference_interval(gap.interval),
        strip=drawing,
        p_value=_p_value(gap.p_adjusted),
    )


def _mark(level: FactorLevel, measure: Measure) -> Mark:
    gap = level.difference
    interval = measure.difference_interval(gap.interval)
    return Mark(
        title=f"{level.name}: {measure.difference(gap.value, gap.interval)} from the mean of the levels, {interval}",
        desc=f"{measure.name} {measure.value(level.rate)}, {level.creatives} clips, "
        f"{measure.rests_on(level.trials)}",
        value=gap.value,
        interval=gap.interval,
        tone=_tone(level, higher_is_better=measure.spec.higher_is_better),
    )


def _tone(level: FactorLevel, *, higher_is_better: bool) -> str:
    low, high = level.difference.interval.low, level.difference.interval.high
    if low is not None and low > 0:
        return "better" if higher_is_better else "worse"
    if high is not None and high < 0:
        return "worse" if higher_is_better else "better"
    return "even"


def _caption(factor: Factor, found: PlatformFindings, *, findings: ReportFindings) -> Caption:
    measure = Measure(found.metric, findings.health.currency)
    level = numbers.percent(findings.confidence, digits=0)
    return Caption(
        title=f"{axis_name(factor.name)}: difference in {measure.name} from the mean of the levels, "
        f"{PLATFORM_NAMES[found.platform]}",
        unit=measure.difference_unit,
        n=_n(factor.levels, measure),
        interval=f"{level} (bar), all other factors held the same",
    )


def _n(levels: Sequence[FactorLevel], measure: Measure) -> str:
    clips, trials = sum(level.creatives for level in levels), sum(level.trials for level in levels)
    return f"{clips:,} clips, {measure.rests_on(trials)}; of each level in its row"


def _said(factor: Factor) -> str:
    if not factor.levels:
        return f"Not estimated: {factor.note or 'no reason was given'}."
    if factor.p_value is None:
        return ""
    return f"Whether this factor matters at all: p {_p_value(factor.p_value)}."


def _p_value(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}" if p_value < 0.1 else f"{p_value:.2f}"
