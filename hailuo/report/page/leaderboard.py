"""The creatives of one platform beside their numbers, on one scale; the template lays the values out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from hailuo.report.findings import (
    CreativeFinding,
    CreativeStanding,
    PlatformFindings,
    ReportFindings,
    VerdictOutcome,
)
from hailuo.report.formatting import UNKNOWN, MetricFormatter, chance, count, money, percent, plural
from hailuo.report.metrics import METRICS, PLATFORM_NAMES, Count, Metric
from hailuo.report.page.clip import Clip
from hailuo.report.page.drawing import Caption, Mark, axis_of_estimates, scale, strip
from hailuo.report.page.words import STANDINGS, Values, definition
from hailuo.report.texts import say

FIRST_ROWS: Final = 25
"""The rows that are seen at once; the others are a click away."""
_MAIN: Final = (Metric.HOOK, Metric.CTR, Metric.CVR, Metric.CPA, Metric.ROAS)
_NO_CLIP: Final = Clip(poster=None, href=None, label="")
_UNSHOWN: Final = frozenset({VerdictOutcome.NO_DIFFERENCE, VerdictOutcome.NOT_ENOUGH_DATA})


@dataclass(frozen=True, slots=True)
class MetricCell:
    """A number with its interval, and why one of them is missing."""

    key: str
    value: str
    interval: str
    note: str
    unsafe: bool
    raw: float | None = None


def board_of(found: PlatformFindings, *, findings: ReportFindings, clips: Mapping[str, Clip]) -> Values:
    """The leaderboard in the order of the findings; by id where the metric is not comparable between the clips."""
    maker = _RowMaker(found, findings.health.currency, clips)
    metric, safe = maker.formatter, found.metric not in found.unsafe_metrics
    known = _is_known(found, found.metric)
    is_drawn, is_ordered = safe and known, safe and found.verdict.outcome not in _UNSHOWN
    creatives = found.creatives if safe else sorted(found.creatives, key=lambda one: one.creative_id)
    rows = [
        maker.row(rank if is_ordered else None, creative, seen=rank <= FIRST_ROWS, drawn=is_drawn)
        for rank, creative in enumerate(creatives, 1)
    ]
    first = rows[:FIRST_ROWS]
    if not safe or not known:
        order = say("ranking.not_exported" if safe else "ranking.unsafe", metric=metric.name)
    else:
        order = say("ranking.best_first" if is_ordered else "ranking.chance")
    return {
        "anchor": f"ranking-{found.platform.value}",
        "platform": PLATFORM_NAMES[found.platform],
        "metric": maker.head(found.metric),
        "scale": scale(maker.axis, metric.tick, title=f"{metric.name}, {metric.unit}")
        if is_drawn
        else Markup(),
        "caption": Caption(
            title=f"{metric.name} of each clip on {PLATFORM_NAMES[found.platform]}",
            unit=metric.unit,
            n=f"{len(creatives):,} clips; {metric.trials} of each in its row",
            interval=f"{percent(findings.confidence, digits=0)} interval (bar)"
            + (", widened for each clip by its own days" if found.widened else ""),
        ),
        "order": order,
        "reason": found.metric_reason,
        "target": metric.value(found.target.value) if found.target else "",
        "heads": tuple(maker.head(one) for one in maker.main),
        "more": tuple(maker.head(one) for one in maker.more),
        "rows": tuple(row for row in first if not row["is_behind"]),
        "behind": tuple(row for row in first if row["is_behind"]),
        "rest": tuple(rows[FIRST_ROWS:]),
    }


class _RowMaker:
    """What all rows of a leaderboard share."""

    def __init__(self, found: PlatformFindings, currency: str | None, clips: Mapping[str, Clip]) -> None:
        self.found, self.currency, self.clips = found, currency, clips
        self.formatter = MetricFormatter(found.metric, currency)
        self.main = tuple(
            metric
            for metric in _MAIN
            if metric != found.metric and (metric is not Metric.ROAS or _is_known(found, metric))
        )
        others = (metric for metric in METRICS if metric not in (*_MAIN, found.metric))
        self.more = tuple(metric for metric in others if _is_known(found, metric))
        # Of the creatives with data enough, where there are any: the others run off the edge.
        firm = [one for one in found.creatives if one.standing is not CreativeStanding.TOO_LITTLE_DATA]
        shown = (one.estimates.get(found.metric) for one in firm or found.creatives)
        self.axis = axis_of_estimates([estimate for estimate in shown if estimate is not None])
        control = (one.estimates.get(found.metric) for one in found.creatives if one.is_control)
        values = (estimate.value for estimate in control if estimate is not None)
        first = next(values, None)
        self.reference = found.pooled(found.metric) if first is None else first

    def head(self, metric: Metric) -> Values:
        """A column's metric, what it is made of here, and why it may not be compared; empty where it may."""
        return {
            "key": metric.value,
            "name": METRICS[metric].label,
            "made_of": definition(metric, self.found) or "not in these exports",
            "unsafe": "not compared: durations differ" if metric in self.found.unsafe_metrics else "",
        }

    def row(self, rank: int | None, creative: CreativeFinding, *, seen: bool, drawn: bool) -> Values:
        impressions, spend = creative.counts.get(Count.IMPRESSIONS), creative.counts.get(Count.SPEND)
        return {
            "rank": rank,
            "creative_id": creative.creative_id,
            "number": creative.numbered,
            "label": creative.label,
            "setting": "" if "duration" in creative.factors else f"{creative.duration_s} s",
            "columns": " · ".join(f"{name} {cell}" for name, cell in creative.columns.items() if cell),
            "is_control": creative.is_control,
            "clip": self.clips.get(creative.creative_id, _NO_CLIP),
            "standing": STANDINGS[creative.standing],
            "is_behind": creative.standing is CreativeStanding.BEHIND,
            "p_best": creative.p_best,
            "target_chance": creative.target_chance,
            "target": "" if creative.target_chance is None else chance(creative.target_chance),
            "chance": "" if creative.p_best is None else chance(creative.p_best),
            "loss": "" if creative.expected_loss is None else self.formatter.size(creative.expected_loss),
            "value": self._cell(creative, self.found.metric),
            "shrunk": self._shrunk(creative),
            "strip": self._strip(creative) if seen and drawn else Markup(),
            "impressions": UNKNOWN if impressions is None else count(impressions),
            "spend": UNKNOWN if spend is None else money(spend, self.currency),
            "raw": {"impressions": impressions, "spend": spend},
            "delivered": f"{plural(creative.ads, 'ad')}, {creative.days} d",
            "cells": tuple(self._cell(creative, metric) for metric in self.main),
            "more": tuple(self._cell(creative, metric) for metric in self.more) if seen else (),
        }

    def _cell(self, creative: CreativeFinding, metric: Metric) -> MetricCell:
        unsafe, estimate = metric in self.found.unsafe_metrics, creative.estimates.get(metric)
        if estimate is None:
            return MetricCell(metric.value, UNKNOWN, "", "", unsafe)
        formatter = MetricFormatter(metric, self.currency)
        value, interval, note = formatter.value(estimate.value), "", estimate.note or "no interval"
        if estimate.interval is not None:
            interval = formatter.interval(estimate.interval)
            note = estimate.note if estimate.value is None else ""
        return MetricCell(metric.value, value, interval, note, unsafe, estimate.value)

    def _shrunk(self, creative: CreativeFinding) -> MetricCell:
        one, unsafe = creative.shrunk, self.found.metric in self.found.unsafe_metrics
        if one is None:
            return MetricCell("luck", UNKNOWN, "", "", unsafe)
        interval = self.formatter.interval(one.interval) if one.interval else ""
        return MetricCell("luck", self.formatter.value(one.value), interval, "", unsafe, one.value)

    def _strip(self, creative: CreativeFinding) -> Markup:
        metric, estimate, shrunk = self.formatter, creative.estimates.get(self.found.metric), creative.shrunk
        said = f"no {metric.name}"
        if estimate is not None:
            interval, n = metric.interval(estimate.interval), f"n {count(estimate.n)} {metric.trials}"
            said = f"{metric.name} {metric.value(estimate.value)}, {interval}, {n}"
        mark = Mark(
            title=f"{creative.label}: {said}",
            desc=f"corrected for luck {metric.value(shrunk.value)}" if shrunk else "not corrected",
            value=estimate.value if estimate else None,
            interval=estimate.interval if estimate else None,
            shrunk=shrunk.value if shrunk else None,
            tone=STANDINGS[creative.standing].tone,
        )
        return strip(self.axis, mark, reference=self.reference)


def _is_known(found: PlatformFindings, metric: Metric) -> bool:
    estimates = (creative.estimates.get(metric) for creative in found.creatives)
    return any(estimate is not None and estimate.value is not None for estimate in estimates)
