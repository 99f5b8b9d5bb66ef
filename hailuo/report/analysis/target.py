"""Targets for CPA and ROAS: each clip's chance to meet it, and the verdict in these words."""

import math
from dataclasses import replace

from scipy.stats import norm

from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.findings import Estimate, PlatformFindings, Target
from hailuo.report.formatting import MetricFormatter, chance_in_words, name_in_quotes, percent, plural
from hailuo.report.metrics import METRICS, Count
from hailuo.report.stats.chances import SURE
from hailuo.report.texts import say


def with_target(
    found: PlatformFindings, options: AnalysisOptions, *, currency: str | None
) -> PlatformFindings:
    """The findings with the target, each clip's chance to meet it, and a headline that says so; as they are where there
    is no target.

    The chance is that of the log-normal distribution with the value and the interval that the page shows: corrected for
    luck where the clip could be compared, else as counted.
    """
    if options.target is None:
        return found
    metric, value = options.target
    creatives = tuple(
        replace(
            one,
            target_chance=chance_to_meet(
                one.estimates[metric] if options.sequential or one.shrunk is None else one.shrunk,
                value,
                options.confidence,
            ),
        )
        for one in found.creatives
    )
    known = [(one.target_chance, one) for one in creatives if one.target_chance is not None]
    meets = sum(chance >= SURE for chance, _ in known)
    misses = sum(chance <= 1 - SURE for chance, _ in known)
    target = Target(
        metric=metric, value=value, meets=meets, misses=misses, open=len(creatives) - meets - misses
    )
    found = replace(found, creatives=creatives, target=target)
    if not known:
        return found
    formatter = MetricFormatter(metric, currency)
    best_chance, best = max(known, key=lambda row: (row[0], row[1].counts.get(Count.SPEND, 0.0)))
    fields = {
        "name": name_in_quotes(best.label, [one.label for one in creatives]),
        "label": formatter.label,
        "target": formatter.value_in_words(value),
        "chance": chance_in_words(best_chance),
    }
    headline = say("headline.target" if best_chance >= 0.5 else "headline.target_missed", **fields)
    counts = say(
        "sentence.target",
        meets=plural(meets, "clip meets", "clips meet"),
        misses=misses,
        open=target.open,
        target=fields["target"],
        label=formatter.label,
        sure=percent(SURE, digits=0),
        unsure=percent(1 - SURE, digits=0),
    )
    verdict = found.verdict
    return replace(
        found,
        verdict=replace(
            verdict, headline=headline, sentences=(counts, verdict.headline + ".", *verdict.sentences)
        ),
    )


def chance_to_meet(estimate: Estimate, target: float, confidence: float) -> float | None:
    """The chance that the true value is at the target or better; None where too little is known.

    By a log-normal with this value and interval; each side has its own spread, as such intervals are longer on one.
    """
    interval, value = estimate.interval, estimate.value
    if interval is None:
        return None
    higher = METRICS[estimate.metric].higher_is_better
    if (
        not value
    ):  # "more than $12", "less than 0.4": a target beyond is missed, of any other nothing is known
        end = interval.high if higher else interval.low
        beyond = end is not None and (target > end if higher else target < end)
        return (1 - confidence) / 2 if beyond else None
    end = interval.high if target > value else interval.low
    if not end or end == value:
        return None
    spread = abs(math.log(end / value)) / float(norm.isf((1 - confidence) / 2))
    below = float(norm.cdf(math.log(target / value) / spread))
    return 1 - below if higher else below
