"""How the numbers were made: for the one reader who asks."""

from collections.abc import Mapping
from dataclasses import dataclass

from hailuo.report.findings import ReportFindings
from hailuo.report.formatting import percent
from hailuo.report.metrics import METRICS, PLATFORM_NAMES, Metric
from hailuo.report.page.words import definition
from hailuo.report.texts import texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """Section 11 of the page."""

    texts: Mapping[str, str]
    definitions: tuple[tuple[str, str, str], ...]
    thresholds: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]


def methods_of(findings: ReportFindings) -> Methods:
    """The methods in words, the metrics as the platforms count them, and every number that decided something."""
    return Methods(
        texts=texts("methods"),
        definitions=tuple(
            (PLATFORM_NAMES[found.platform], METRICS[metric].label, made_of)
            for found in findings.platforms
            for metric in Metric
            if (made_of := definition(metric, found))
        ),
        thresholds=tuple(findings.thresholds.items()),
        settings=(
            ("Design", texts("design")[findings.design]),
            ("Decided by", METRICS[findings.metric].label),
            ("Confidence", percent(findings.confidence, digits=0)),
            ("Seed of all draws", str(findings.seed)),
            ("Version", findings.version),
        ),
    )
