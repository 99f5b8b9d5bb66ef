"""What you decide about a report before it is made, and the thresholds at which its verdict turns."""

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

from pydantic import ConfigDict

from hailuo.errors import Place, Problem, RefusedError
from hailuo.report.metrics import Design, Metric
from hailuo.thresholds import Threshold, shipped_thresholds

DECISION_METRICS: Final = (Metric.HOOK, Metric.CTR, Metric.CVR, Metric.CPA, Metric.ROAS)
"""What may decide, the deepest last: metrics that mean the same for clips of every length and have an interval from
their counts.
"""

_PLACE: Final = Place("the report's options")


class ReportOptionsError(RefusedError):
    """The options of a report cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisOptions:
    """How to judge. Without a `metric`, the deepest one with enough events decides, platform by platform; a target
    (`target_cpa` in the account's currency, `target_roas` as a multiple of spend) decides by its own metric.
    `planned_split` maps creative ids to shares of any scale, for a randomised split only; `relevant_lift` is the
    smallest lift that matters (0.1 is 10 %). Raises: ReportOptionsError, with every problem.
    """

    design: Design = Design.AUCTION
    metric: Metric | None = None
    confidence: float = 0.95
    seed: int = 1
    sequential: bool = False
    planned_split: Mapping[str, float] | None = None
    relevant_lift: float = 0.10
    power: float = 0.8
    target_cpa: float | None = None
    target_roas: float | None = None

    def __post_init__(self) -> None:
        if problems := [Problem(_PLACE, *one) for one in _problems(self)]:
            raise ReportOptionsError(problems)

    @property
    def target(self) -> tuple[Metric, float] | None:
        """The metric that has a target, and the target."""
        targets = ((Metric.CPA, self.target_cpa), (Metric.ROAS, self.target_roas))
        return next(((metric, value) for metric, value in targets if value is not None), None)


def _problems(options: AnalysisOptions) -> Iterator[tuple[str, str]]:
    """Each with its remedy."""
    if options.metric not in {None, *DECISION_METRICS}:
        yield (
            f"{options.metric} cannot decide: it is not comparable across durations or has no interval",
            f"choose one of {', '.join(metric.value for metric in DECISION_METRICS)}",
        )
    yield from _target_problems(options)
    if not 0.5 <= options.confidence < 1:
        yield f"confidence {options.confidence:g} is out of range", "choose 0.5 to 0.999, usually 0.95"
    if not 0.5 <= options.power < 1:
        yield f"power {options.power:g} is out of range", "choose 0.5 to 0.99, usually 0.8"
    if not 0.001 <= options.relevant_lift <= 10:
        yield (
            f"the smallest lift that matters is {options.relevant_lift:g}",
            "choose 0.001 (0.1 %) to 10 (1,000 %), usually 0.1",
        )
    split = options.planned_split
    if split is not None and options.design is not Design.RANDOMISED_SPLIT:
        yield (
            f"a planned split means nothing where the design is {options.design.value}",
            "leave it out, or choose the design randomised_split",
        )
    bad = sorted(name for name, share in (split or {}).items() if not (math.isfinite(share) and share > 0))
    if bad or split == {}:
        yield f"planned shares must be above 0: {', '.join(bad) or 'none given'}", "fix the planned split"


def _target_problems(options: AnalysisOptions) -> Iterator[tuple[str, str]]:
    given = {"CPA": options.target_cpa, "ROAS": options.target_roas}
    for name, value in given.items():
        if value is not None and not (math.isfinite(value) and value > 0):
            yield f"the target {name} is {value:g}", "choose a number above 0"
    if all(value is not None for value in given.values()):
        yield "there are two targets, and one decides", "choose a target CPA or a target ROAS"
    elif options.target and options.metric not in {None, options.target[0]}:
        yield (
            f"a target {options.target[0].value} cannot be judged by {options.metric}",
            f"leave out the metric, or choose {options.target[0].value}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportThresholds:
    """The numbers of `thresholds.toml`, where each one has its unit and origin."""

    version: str
    gate_p: Threshold
    leader_p_best: Threshold
    leader_p: Threshold
    family_p: Threshold
    behind_p_best: Threshold
    behind_share: Threshold
    least_events: Threshold
    least_expected: Threshold
    least_events_each: Threshold
    decides_events: Threshold
    decides_clips: Threshold
    srm_p: Threshold
    draws: Threshold
    peeking_horizon_events: Threshold
    __pydantic_config__ = ConfigDict(extra="forbid")

    def in_words(self) -> dict[str, str]:
        """Name to "value unit (origin)", for the last section of a report."""
        numbers = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: number if isinstance(number, str) else f"{number.value:g} {number.unit} ({number.origin})"
            for name, number in numbers.items()
        }


@functools.cache
def load_thresholds() -> ReportThresholds:
    """Those that ship with the library."""
    return shipped_thresholds(__package__, ReportThresholds)
