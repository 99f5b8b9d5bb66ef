"""Prompt on model: each pair's rate as a tint with its number, its interval and what it rests on printed in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hailuo.report import numbers
from hailuo.report.findings import HeatCell, PlatformFindings, ReportFindings
from hailuo.report.metrics import PLATFORM_NAMES
from hailuo.report.page.caption import Caption
from hailuo.report.page.measure import Measure
from hailuo.report.page.words import model_name, plural

_TINTS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One pair; `tint` from 0 (worst) to 6 (best) only repeats the number."""

    value: str
    interval: str
    n: str
    tint: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """Prompts down, models across; a pair without results is None."""

    caption: Caption
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Tile | None, ...]], ...]
    worst: str
    best: str


def heat_of(found: PlatformFindings, *, findings: ReportFindings) -> HeatMap | None:
    """None where there is no pair to show."""
    if not found.heat:
        return None
    measure = Measure(found.metric, findings.health.currency)
    cells = {(cell.row, cell.column): cell for cell in found.heat}
    columns = tuple(dict.fromkeys(cell.column for cell in found.heat))
    rates = [cell.rate for cell in found.heat]
    worst, best = sorted((min(rates), max(rates)), reverse=not measure.spec.higher_is_better)
    tiles = {at: _tile(cell, measure, low=min(rates), high=max(rates)) for at, cell in cells.items()}
    return HeatMap(
        caption=_caption(found, measure, findings),
        note=found.heat_note,
        columns=tuple(model_name(column) for column in columns),
        rows=tuple(_rows(found, columns, tiles)),
        worst=measure.value(worst),
        best=measure.value(best),
    )


def _rows(
    found: PlatformFindings, columns: tuple[str, ...], tiles: Mapping[tuple[str, str], Tile]
) -> list[tuple[str, tuple[Tile | None, ...]]]:
    names = dict.fromkeys(cell.row for cell in found.heat)
    return [(name, tuple(tiles.get((name, column)) for column in columns)) for name in names]


def _tile(cell: HeatCell, measure: Measure, *, low: float, high: float) -> Tile:
    share = (cell.rate - low) / (high - low) if high > low else 0.5
    if not measure.spec.higher_is_better:
        share = 1 - share
    return Tile(
        value=measure.value(cell.rate),
        interval=measure.interval(cell.interval),
        n=f"{plural(cell.creatives, 'clip')}, {measure.rests_on(cell.trials)}",
        tint=min(_TINTS - 1, int(share * _TINTS)),
    )


def _caption(found: PlatformFindings, measure: Measure, findings: ReportFindings) -> Caption:
    clips, trials = sum(cell.creatives for cell in found.heat), sum(cell.trials for cell in found.heat)
    return Caption(
        title=f"{measure.name} by prompt and model, corrected for luck, {PLATFORM_NAMES[found.platform]}",
        unit=measure.unit,
        n=f"{clips:,} clips, {measure.rests_on(trials)}; of each pair in its field",
        interval=f"{numbers.percent(findings.confidence, digits=0)}, printed in each field",
    )
