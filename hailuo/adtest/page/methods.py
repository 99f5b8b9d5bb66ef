"""How the numbers were made: for the one reader who asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hailuo.adtest import numbers
from hailuo.adtest.findings import Findings, PlatformFindings
from hailuo.adtest.metrics import METRICS, PLATFORM_NAMES, Metric
from hailuo.adtest.page.words import DESIGNS, definition

__all__ = ["METHODS", "Methods", "methods_of"]

METHODS: Final[Mapping[str, str]] = {
    "Counts and rates": "Counts are summed over days and ads, and every rate is computed from the sums: rates are never "
    "averaged. Platforms are never pooled, for each counts views and clicks in its own way.",
    "Intervals": "Rates: Wilson's score interval. Differences of rates: Newcombe's. Costs: spend over the exact "
    "Poisson limits of the conversions (Garwood). Ratios of sums: bootstrap over days, from 14 days on. Where the days "
    "vary more than chance would, intervals are widened by the root of the dispersion. A report made for looking again and "
    "again (sequential, below) has wider ones that hold at every look.",
    "Factors": "A quasi-binomial model of all clips, its dispersion by Pearson's chi-square; the rate of a level is the "
    "average prediction with the factor set to it, its interval by the delta method. Several levels: Holm's "
    "adjustment.",
    "Shrinkage": "Each clip's rate is drawn towards what its prompt, model and other settings predict, the more the "
    "less data it has (empirical Bayes): the raw best of many clips is partly luck.",
    "Chance to be the best": "Draws from those shrunk distributions. The expected loss is what choosing this clip costs "
    "on average where another is in truth the best.",
    "What is not compared": "Hold and completion mean something else for clips of another length: three seconds are "
    "half of a six-second clip. Where lengths differ these stand grey, and are never ranked.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """Section 11 of the page."""

    texts: Mapping[str, str]
    definitions: tuple[tuple[str, str, str], ...]
    thresholds: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]


def methods_of(findings: Findings) -> Methods:
    """The methods in words, the metrics as the platforms count them, and every number that decided something."""
    return Methods(
        texts=METHODS,
        definitions=tuple(row for found in findings.platforms for row in _definitions(found)),
        thresholds=tuple(findings.thresholds.items()),
        settings=(
            ("Design", DESIGNS[findings.design]),
            ("Decided by", METRICS[findings.metric].label),
            ("Confidence", numbers.percent(findings.confidence, digits=0)),
            ("Seed of all draws", str(findings.seed)),
            ("Version", findings.version),
        ),
    )


def _definitions(found: PlatformFindings) -> list[tuple[str, str, str]]:
    told = [(metric, definition(metric, found)) for metric in Metric]
    return [
        (PLATFORM_NAMES[found.platform], METRICS[metric].label, made_of)
        for metric, made_of in told
        if made_of
    ]
