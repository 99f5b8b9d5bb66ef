"""How the numbers were made: for the one reader who asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hailuo.report import numbers
from hailuo.report.findings import PlatformFindings, ReportFindings
from hailuo.report.metrics import METRICS, PLATFORM_NAMES, Metric
from hailuo.report.page.words import DESIGNS, definition

METHODS: Final[Mapping[str, str]] = {
    "Counts and rates": "Counts are summed over days and ads, and every rate is computed from the sums: rates are never "
    "averaged. Platforms are never pooled, for each counts views and clicks in its own way.",
    "Verdict": "Something is claimed only where one of two tests passes a limit that the platforms share: that all clips "
    "are alike (chi-square, divided by the dispersion), or that a factor makes no difference (Wald's F; Holm's "
    "adjustment over the factors). A winner moreover needs its chance to be the best, data of its own, and a test against "
    "each other clip with enough data (Holm); a level its own adjusted p-value. No difference is only said where a clip "
    "that is ahead by the smallest lift that matters would have passed the first test with the power asked for.",
    "Intervals": "Rates: Wilson's score interval. Differences of rates: Newcombe's; of levels: the delta method. Lifts: "
    "the log of the ratio (Katz). Costs: spend over the exact Poisson limits of the conversions (Garwood). Ratios of "
    "sums: bootstrap over days. Where an ad's days, or a clip's ads, vary more than chance would, counts are divided by the "
    "dispersion, which widens intervals by about its root. Each interval holds by itself, not for a whole table at once. A "
    "report made for looking again and again (sequential, below) has wider ones for counted rates, costs and comparisons "
    "of clips, which hold at every look; the others there are for one look.",
    "Many comparisons": "p-values are adjusted, intervals are not. Clips against the control: Holm. Clips against all the "
    "others, where there is no control: Benjamini and Hochberg. Levels of a factor: Holm inside the factor.",
    "Factors": "A quasi-binomial model of all clips without interactions, its dispersion by Pearson's chi-square; the rate "
    "of a level is the average prediction over the clips with the factor set to it, its interval by the delta method "
    "and Student's t. What the clips cannot tell apart is not estimated.",
    "Takes": "How far takes of one combination differ beyond chance: the standard deviation of their true values, by moments of "
    "Pearson's chi-square inside combinations (DerSimonian and Laird), as a share of the combination's value. It takes four takes "
    "beyond the first of their combinations; takes with fewer than five events are left out.",
    "Shrinkage": "Each clip's rate is drawn towards what the other clips say of its prompt, model and other settings, the "
    "more the less data it has (empirical Bayes, its strength by moments): the raw best of many clips is partly luck. "
    "Levels are not drawn towards each other, so that the rate told of the best is still a few percent of itself too high "
    "on average. A cost is judged as conversions for a small bit of spend, and told turned around.",
    "Chance to be the best": "Draws from those shrunk distributions, of the clips with enough data. The expected loss is "
    "how far this clip falls short of the best on average over all draws, those in which it is the best included.",
    "Split of the audience": "Only where the design splits people by chance: chi-square of people against the planned "
    "shares. Where the exports tell no people, of impressions, divided by how far their days scatter.",
    "Data needed": "For one clip ahead of the others, which are alike, to pass the first test of the verdict (noncentral "
    "chi-square). Between the first two, where something was shown already: a test of these two (Fleiss).",
    "What is not compared": "Hold and completion mean something else for clips of another length: six seconds are all of "
    "one clip and little more than half of another. Where lengths differ these stand grey, and are never ranked.",
}


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
