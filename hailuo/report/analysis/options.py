"""What a person decides about a report before it is made."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hailuo.errors import Place, Problem, RefusedError
from hailuo.report.metrics import Design, Metric

DECISION_METRICS: Final = (Metric.HOOK, Metric.CTR, Metric.CVR, Metric.CPA)
"""What may decide: metrics that mean the same for clips of every length and have an interval from their counts."""

_PLACE: Final = Place("the report's options")


class ReportOptionsError(RefusedError):
    """The options of a report cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisOptions:
    """How to judge. `planned_split` maps creative ids to shares of any scale, for a randomised split only;
    `relevant_lift` is the smallest lift that matters (0.1 is 10 %). Raises: ReportOptionsError, with every problem.
    """

    design: Design = Design.AUCTION
    metric: Metric = Metric.CTR
    confidence: float = 0.95
    seed: int = 1
    sequential: bool = False
    planned_split: Mapping[str, float] | None = None
    relevant_lift: float = 0.10
    power: float = 0.8

    def __post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise ReportOptionsError(problems)


def _problems(options: AnalysisOptions) -> Iterator[Problem]:
    if options.metric not in DECISION_METRICS:
        allowed = ", ".join(metric.value for metric in DECISION_METRICS)
        yield Problem(
            _PLACE,
            f"{options.metric.value} cannot decide: it is not comparable across durations or has no interval",
            f"choose one of {allowed}",
        )
    if not 0.5 <= options.confidence < 1:
        yield Problem(
            _PLACE, f"confidence {options.confidence:g} is out of range", "choose 0.5 to 0.999, usually 0.95"
        )
    if not 0.5 <= options.power < 1:
        yield Problem(_PLACE, f"power {options.power:g} is out of range", "choose 0.5 to 0.99, usually 0.8")
    if not 0.001 <= options.relevant_lift <= 10:
        yield Problem(
            _PLACE,
            f"the smallest lift that matters is {options.relevant_lift:g}",
            "choose 0.001 (0.1 %) to 10 (1,000 %), usually 0.1",
        )
    yield from _split_problems(options)


def _split_problems(options: AnalysisOptions) -> Iterator[Problem]:
    split = options.planned_split
    if split is None:
        return
    if options.design is not Design.RANDOMISED_SPLIT:
        yield Problem(
            _PLACE,
            f"a planned split means nothing where the design is {options.design.value}",
            "leave it out, or say randomised_split",
        )
    bad = sorted(name for name, share in split.items() if not (math.isfinite(share) and share > 0))
    if bad or not split:
        yield Problem(
            _PLACE,
            f"planned shares must be above 0: {', '.join(bad) or 'none given'}",
            "mend the planned split",
        )
