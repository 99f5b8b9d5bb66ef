"""Prompt on model: each pair's rate as a tint with its number, its interval and its n printed in it."""

from typing import Final

from hailuo.report.findings import HeatCell, PlatformFindings, ReportFindings
from hailuo.report.formatting import MetricFormatter, model_name, percent, plural
from hailuo.report.metrics import PLATFORM_NAMES
from hailuo.report.page.drawing import Caption
from hailuo.report.page.words import Values

_TINTS: Final = 7


def heat_of(found: PlatformFindings, *, findings: ReportFindings) -> Values | None:
    """Prompts down, models across; a pair without results is None. None where there is no pair to show."""
    if not found.heat:
        return None
    metric = MetricFormatter(found.metric, findings.health.currency)
    columns = tuple(dict.fromkeys(cell.column for cell in found.heat))
    low, high = min(cell.rate for cell in found.heat), max(cell.rate for cell in found.heat)
    worst, best = (low, high) if metric.spec.higher_is_better else (high, low)
    tiles = {(cell.row, cell.column): _tile(cell, metric, low=low, high=high) for cell in found.heat}
    clips, trials = sum(cell.creatives for cell in found.heat), sum(cell.trials for cell in found.heat)
    return {
        "caption": Caption(
            title=f"{metric.name} by prompt and model, corrected for luck, {PLATFORM_NAMES[found.platform]}",
            unit=metric.unit,
            n=f"{clips:,} clips, {metric.based_on(trials)}; of each pair in its field",
            interval=f"{percent(findings.confidence, digits=0)} interval, printed in each field",
        ),
        "columns": tuple(model_name(column) for column in columns),
        "rows": tuple(
            (name, tuple(tiles.get((name, column)) for column in columns))
            for name in dict.fromkeys(cell.row for cell in found.heat)
        ),
        "worst": metric.value(worst),
        "best": metric.value(best),
    }


def _tile(cell: HeatCell, metric: MetricFormatter, *, low: float, high: float) -> Values:
    """One pair; `tint` from 0 (worst) to 6 (best) only repeats the number."""
    share = (cell.rate - low) / (high - low) if high > low else 0.5
    if not metric.spec.higher_is_better:
        share = 1 - share
    return {
        "value": metric.value(cell.rate),
        "interval": metric.interval(cell.interval),
        "n": f"{plural(cell.creatives, 'clip')}, {metric.based_on(cell.trials)}",
        "tint": min(_TINTS - 1, int(share * _TINTS)),
    }
