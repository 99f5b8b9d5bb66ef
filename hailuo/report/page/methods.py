"""How the numbers were made: for the one reader who asks."""

from hailuo.report.findings import ReportFindings
from hailuo.report.formatting import percent
from hailuo.report.metrics import METRICS, PLATFORM_NAMES, Metric
from hailuo.report.page.words import Values, definition
from hailuo.report.texts import texts


def methods_of(findings: ReportFindings) -> Values:
    """The methods in words, the metrics as the platforms count them, and every number that decided something."""
    return {
        "texts": texts("methods"),
        "definitions": tuple(
            (PLATFORM_NAMES[found.platform], METRICS[metric].label, made_of)
            for found in findings.platforms
            for metric in Metric
            if (made_of := definition(metric, found))
        ),
        "thresholds": tuple(findings.thresholds.items()),
        "settings": (
            ("Design", texts("design")[findings.design]),
            ("Decided by", METRICS[findings.metric].label),
            ("Confidence", percent(findings.confidence, digits=0)),
            ("Seed of all draws", str(findings.seed)),
            ("Version", findings.version),
        ),
    }
