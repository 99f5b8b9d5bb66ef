"""How far takes of one combination lie apart, in a sentence."""

from hailuo.report import numbers
from hailuo.report.findings import PlatformFindings, ReportFindings
from hailuo.report.metrics import METRICS
from hailuo.report.page.words import plural


def takes_of(found: PlatformFindings, *, findings: ReportFindings) -> str:
    """With its interval and what it rests on; why it is not known where it is not."""
    spread = found.takes
    if spread is None:
        return "Not estimated: it takes more combinations that ran in several takes with enough data."
    low, high = (numbers.percent(end or 0.0, digits=0) for end in (spread.interval.low, spread.interval.high))
    size, sure = (numbers.percent(share, digits=0) for share in (spread.value, findings.confidence))
    rests = f"{plural(spread.creatives, 'clip')} of {plural(spread.combinations, 'combination')}"
    means = (
        "another take of the same combination typically does that much better or worse"
        if spread.interval.low
        else "chance alone may make takes differ as they do"
    )
    label = METRICS[found.metric].label
    return f"{size} of the {label} ({low} to {high}, {sure} interval; {rests}): {means}."
