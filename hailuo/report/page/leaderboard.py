"""The creatives of one platform beside their numbers, on one scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from hailuo.report import numbers
from hailuo.report.findings import (
    CreativeFinding,
    CreativeStanding,
    Estimate,
    PlatformFindings,
    ReportFindings,
    VerdictOutcome,
)
from hailuo.report.metrics import METRICS, PLATFORM_NAMES, Count, Metric
from hailuo.report.page.axis import ChartAxis, axis_of
from hailuo.report.page.board import Board, Head, LeaderboardRow, MetricCell
from hailuo.report.page.caption import Caption
from hailuo.report.page.clip import Clip
from hailuo.report.page.measure import Measure
from hailuo.report.page.strip import Mark, scale, strip
from hailuo.report.page.words import STANDINGS, definition

FIRST_ROWS: Final = 25
"""The rows that are seen at once; the others are a click away."""
_MAIN: Final = (Metric.HOOK, Metric.CTR, Metric.CVR, Metric.CPA)
_NO_CLIP: Final = Clip(poster=None, href=None, label="")
_ORDERED: Final = frozenset({VerdictOutcome.WINNER, VerdictOutcome.FACTOR, VerdictOutcome.DIFFERENT})


def board_of(found: PlatformFindings, *, findings: ReportFindings, clips: Mapping[str, Clip]) -> Board:
    """The leaderboard in the order of the findings; where the metric means something else from clip to clip, by id."""
    maker = _Maker.of(found, findings=findings, clips=clips)
    rows = [maker.row(rank, creative) for rank, creative in enumerate(maker.creatives, 1)]
    return Board(
        anchor=f"ranking-{found.platform.value}",
        platform=PLATFORM_NAMES[found.platform],
        metric=maker.head(found.metric),
        scale=maker.scale(),
        caption=maker.caption(findings),
        order=maker.order(),
        heads=tuple(maker.head(metric) for metric in maker.main),
        more=tuple(maker.head(metric) for metric in maker.more),
        rows=tuple(rows[:FIRST_ROWS]),
        rest=tuple(rows[FIRST_ROWS:]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """What all rows of a leaderboard share."""

    found: PlatformFindings
    creatives: Sequence[CreativeFinding]
    main: tuple[Metric, ...]
    more: tuple[Metric, ...]
    clips: Mapping[str, Clip]
    currency: str | None
    axis: ChartAxis
    reference: float | None

    @classmethod
    def of(cls, found: PlatformFindings, *, findings: ReportFindings, clips: Mapping[str, Clip]) -> "_Maker":
        safe = found.metric not in found.unsafe_metrics
        creatives = found.creatives if safe else sorted(found.creatives, key=lambda one: one.creative_id)
        others = (metric for metric in METRICS if metric not in (*_MAIN, found.metric))
        return cls(
            found=found,
            creatives=creatives,
            main=tuple(metric for metric in _MAIN if metric != found.metric),
            more=tuple(metric for metric in others if _is_known(found, metric)),
            clips=clips,
            currency=findings.health.currency,
            axis=_axis(found),
            reference=_reference(found),
        )

    @property
    def measure(self) -> Measure:
        return Measure(self.found.metric, self.currency)

    @property
    def is_safe(self) -> bool:
        return self.found.metric not in self.found.unsafe_metrics

    @property
    def is_drawn(self) -> bool:
        return self.is_safe and _is_known(self.found, self.found.metric)

    @property
    def is_ordered(self) -> bool:
        return self.is_safe and self.found.verdict.outcome in _ORDERED

    def head(self, metric: Metric) -> Head:
        return Head(
            key=metric.value,
            name=METRICS[metric].label,
            made_of=definition(metric, self.found) or "not in these exports",
            unsafe="not compared: durations differ" if metric in self.found.unsafe_metrics else "",
        )

    def row(self, rank: int, creative: CreativeFinding) -> LeaderboardRow:
        seen = rank <= FIRST_ROWS
        return LeaderboardRow(
            rank=rank if self.is_ordered else None,
            creative_id=creative.creative_id,
            label=creative.label,
            setting="" if "duration" in creative.factors else f"{creative.duration_s} s",
            is_control=creative.is_control,
            clip=self.clips.get(creative.creative_id, _NO_CLIP),
            standing=STANDINGS[creative.standing],
            chance="" if creative.p_best is None else numbers.chance(creative.p_best),
            loss=self._loss(creative),
            value=self._cell(creative, self.found.metric),
            shrunk=self.measure.value(creative.shrunk.value) if creative.shrunk else numbers.UNKNOWN,
            strip=self._strip(creative) if seen and self.is_drawn else Markup(),
            impressions=_told(creative, Count.IMPRESSIONS),
            spend=self._spend(creative),
            delivered=f"{creative.ads} ad{'' if creative.ads == 1 else 's'}, {creative.days} d",
            cells=tuple(self._cell(creative, metric) for metric in self.main),
            more=tuple(self._cell(creative, metric) for metric in self.more) if seen else (),
        )

    def scale(self) -> Markup:
        if not self.is_drawn:
            return Markup()
        return scale(self.axis, self.measure.tick, title=f"{self.measure.name}, {self.measure.unit}")

    def caption(self, findings: ReportFindings) -> Caption:
        level = numbers.percent(findings.confidence, digits=0)
        dispersion = self.found.dispersion if self.found.widened else None
        widened = "" if dispersion is None else f", widened for a dispersion of {dispersion:.1f}"
        return Caption(
            title=f"{self.measure.name} of each clip on {PLATFORM_NAMES[self.found.platform]}",
            unit=self.measure.unit,
            n=f"{len(self.creatives):,} clips; {self.measure.trials} of each in its row",
            interval=f"{level} (bar){widened}",
        )

    def order(self) -> str:
        if not self.is_safe:
            return f"Not ranked: {self.measure.name} does not mean the same for clips of different lengths."
        if not self.is_drawn:
            return f"Not ranked: these exports do not tell {self.measure.name}."
        if not self.is_ordered:
            return "The order is no ranking: the differences between these clips may be chance."
        return "Best first, after correction for luck."

    def _cell(self, creative: CreativeFinding, metric: Metric) -> MetricCell:
        unsafe = metric in self.found.unsafe_metrics
        estimate = creative.estimates.get(metric)
        if estimate is None:
            return MetricCell(metric.value, numbers.UNKNOWN, "", "", unsafe)
        measure = Measure(metric, self.currency)
        if estimate.interval is None:
            return MetricCell(
                metric.value, measure.value(estimate.value), "", estimate.note or "no interval", unsafe
            )
        note = estimate.note if estimate.value is None else ""
        return MetricCell(
            metric.value, measure.value(estimate.value), measure.interval(estimate.interval), note, unsafe
        )

    def _strip(self, creative: CreativeFinding) -> Markup:
        estimate = creative.estimates.get(self.found.metric)
        shrunk = creative.shrunk
        mark = Mark(
            title=f"{creative.label}: {self._said(estimate)}",
            desc=f"corrected for luck {self.measure.value(shrunk.value)}" if shrunk else "not corrected",
            value=estimate.value if estimate else None,
            interval=estimate.interval if estimate else None,
            shrunk=shrunk.value if shrunk else None,
            tone=STANDINGS[creative.standing].tone,
        )
        return strip(self.axis, mark, reference=self.reference)

    def _said(self, estimate: Estimate | None) -> str:
        if estimate is None:
            return f"no {self.measure.name}"
        n = numbers.count(estimate.n)
        interval = self.measure.interval(estimate.interval)
        return f"{self.measure.name} {self.measure.value(estimate.value)}, {interval}, n {n} {self.measure.trials}"

    def _loss(self, creative: CreativeFinding) -> str:
        if creative.expected_loss is None:
            return ""
        return self.measure.size(creative.expected_loss)

    def _spend(self, creative: CreativeFinding) -> str:
        spend = creative.counts.get(Count.SPEND)
        return numbers.UNKNOWN if spend is None else numbers.money(spend, self.currency)


def _axis(found: PlatformFindings) -> ChartAxis:
    """Of the creatives with data enough, where there are any: the others run off the edge."""
    firm = [
        one for one in found.creatives if one.standing is not CreativeStanding.TOO_LITTLE_DATA
    ] or found.creatives
    estimates = [one.estimates[found.metric] for one in firm if found.metric in one.estimates]
    return axis_of(
        [one.interval for one in estimates], [one.value for one in estimates if one.value is not None]
    )


def _reference(found: PlatformFindings) -> float | None:
    """The control's value, else that of all clips together."""
    estimates = [
        (one, one.estimates[found.metric]) for one in found.creatives if found.metric in one.estimates
    ]
    control = next((estimate.value for one, estimate in estimates if one.is_control), None)
    if control is not None:
        return control
    bottom = sum(estimate.bottom for _, estimate in estimates)
    return sum(estimate.top for _, estimate in estimates) / bottom if bottom else None


def _is_known(found: PlatformFindings, metric: Metric) -> bool:
    estimates = (creative.estimates.get(metric) for creative in found.creatives)
    return any(estimate is not None and estimate.value is not None for estimate in estimates)


def _told(creative: CreativeFinding, count: Count) -> str:
    number = creative.counts.get(count)
    return numbers.UNKNOWN if number is None else numbers.count(number)
