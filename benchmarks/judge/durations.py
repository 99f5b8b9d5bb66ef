"""Metrics that mean something else for clips of another length never rank such clips (G18)."""

from collections.abc import Iterator

import pandas as pd

from benchmarks.judge.calibration import judged
from benchmarks.judge.lines import Line
from benchmarks.judge.worlds import Nature, world
from hailuo.report.analysis.options import DECISION_METRICS, AnalysisOptions, ReportOptionsError
from hailuo.report.metrics import METRICS, Metric

_UNSAFE = {metric for metric, spec in METRICS.items() if not spec.across_durations}


def duration_safe(variants: pd.DataFrame, *, seed: int = 1) -> Iterator[Line]:
    """The demo has clips of 6 and 10 s: its report marks such metrics, and none of them may decide."""
    findings = judged(world(variants, seed=seed, nature=Nature()), variants, seed=seed)
    marked = [set(platform.unsafe_metrics) for platform in findings.platforms]
    names = ", ".join(sorted(_UNSAFE))
    yield Line(
        goal="G18",
        what="metrics that a report of 6 s and 10 s clips shows and does not rank, on each platform",
        expected=names,
        found=" / ".join(", ".join(sorted(one)) for one in marked),
        held=all(one == _UNSAFE for one in marked),
    )
    refused = {metric for metric in Metric if _is_refused(metric)}
    yield Line(
        goal="G18",
        what="metrics that are refused as what decides",
        expected=f"{names}, and those without an interval from their counts",
        found=", ".join(sorted(refused)),
        held=refused >= _UNSAFE and not refused & set(DECISION_METRICS),
    )


def _is_refused(metric: Metric) -> bool:
    try:
        AnalysisOptions(metric=metric)
    except ReportOptionsError:
        return True
    return False
