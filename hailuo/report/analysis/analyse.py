"""From joined results to findings: the statistics in their order, platform by platform."""

from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from hailuo.report.analysis import headlines as wording
from hailuo.report.analysis.creatives import Creative, creatives_of
from hailuo.report.analysis.decision import ComparisonEvidence, decide
from hailuo.report.analysis.experiment import AnalysisConfig, Comparison, comparison_of
from hailuo.report.analysis.gates import significance_of
from hailuo.report.analysis.heat import heat, heat_note
from hailuo.report.analysis.leaderboard import factors_in_metric, ranked_creatives, unranked_creatives
from hailuo.report.analysis.measures import estimates
from hailuo.report.analysis.observations import Observed, observe
from hailuo.report.analysis.options import AnalysisOptions
from hailuo.report.analysis.ranking import rank
from hailuo.report.analysis.rules import told_rules
from hailuo.report.analysis.sample_size import samples_needed
from hailuo.report.analysis.srm import split_check
from hailuo.report.analysis.thresholds import load_thresholds, told
from hailuo.report.findings import CreativeFinding, Health, PlatformFindings, ReportFindings, TakeSpread
from hailuo.report.metrics import HOLD_COUNTS, HOOK_COUNTS, METRICS, Metric
from hailuo.report.stats.takes import take_spread


def analyse(
    joined: pd.DataFrame,
    variants: pd.DataFrame,
    *,
    options: AnalysisOptions,
    health: Health,
    made_at: datetime,
    version: str,
) -> ReportFindings:
    """The findings of one report, without a proposal and without changes; the same input gives the same findings.

    `joined` is what `hailuo.report.join` makes, `variants` the manifest; `version` is this program's.
    """
    limits, creatives = load_thresholds(), creatives_of(variants)
    platforms = observe(joined[joined["creative_id"].isin(list(creatives))])
    config = AnalysisConfig(options=options, limits=limits, platforms=max(1, len(platforms)))
    return ReportFindings(
        campaign=_said_once(variants, "campaign_id"),
        edition=_said_once(variants, "edition"),
        made_at=made_at,
        version=version,
        design=options.design,
        metric=options.metric,
        confidence=options.confidence,
        seed=options.seed,
        health=health,
        platforms=tuple(_platform(observed, creatives, config) for observed in platforms),
        proposal=None,
        changes=(),
        previous=None,
        thresholds={**_told_options(options), **told(limits), **told_rules()},
    )


def _platform(
    observed: Observed, creatives: Mapping[str, Creative], config: AnalysisConfig
) -> PlatformFindings:
    measured = estimates(
        observed,
        config.options,
        widen_above=config.limits.widen_above.value,
        horizon_events=config.limits.peeking_horizon_events.value,
    )
    found = unranked_creatives(observed, creatives, measured)
    comparison = comparison_of(observed, creatives, config)
    if comparison is None or len(comparison.creatives) < 2 or not comparison.events.sum():
        return _without_contest(observed, found, comparison, config)
    return _with_contest(observed, found, comparison, config)


def _with_contest(
    observed: Observed, found: tuple[CreativeFinding, ...], comparison: Comparison, config: AnalysisConfig
) -> PlatformFindings:
    ranking = rank(comparison, config)
    evidence = ComparisonEvidence(
        comparison=comparison, ranking=ranking, significance=significance_of(comparison, ranking, config)
    )
    decision = decide(evidence, config)
    lineup = ranked_creatives(found, evidence, decision, config)
    cells, srm = (
        heat(comparison, ranking, confidence=config.options.confidence),
        split_check(observed, config),
    )
    return PlatformFindings(
        platform=observed.platform,
        metric=config.options.metric,
        hook_count=HOOK_COUNTS[observed.platform],
        hold_counts=HOLD_COUNTS[observed.platform],
        verdict=wording.verdict(evidence, decision, observed, lineup, config, srm=srm),
        creatives=lineup,
        factors=factors_in_metric(evidence),
        heat=cells,
        heat_note=heat_note(cells, ranking),
        dispersion=comparison.dispersion.phi,
        widened=comparison.dispersion.widening > 1,
        srm=srm,
        power=samples_needed(comparison, observed, config),
        unsafe_metrics=_unsafe(found),
        takes=_takes(comparison, config),
    )


def _takes(comparison: Comparison, config: AnalysisConfig) -> TakeSpread | None:
    return take_spread(
        [one.cell_id for one in comparison.creatives],
        comparison.events.tolist(),
        comparison.trials.tolist(),
        dispersion=comparison.dispersion.cautious,
        least_expected=config.limits.least_expected.value,
        confidence=config.options.confidence,
    )


def _without_contest(
    observed: Observed,
    found: tuple[CreativeFinding, ...],
    comparison: Comparison | None,
    config: AnalysisConfig,
) -> PlatformFindings:
    """Nothing to compare: no such count, one creative, or no events at all. Every number there is is still told."""
    return PlatformFindings(
        platform=observed.platform,
        metric=config.options.metric,
        hook_count=HOOK_COUNTS[observed.platform],
        hold_counts=HOLD_COUNTS[observed.platform],
        verdict=wording.no_contest(observed, found, comparison, config),
        creatives=found,
        factors=(),
        heat=(),
        heat_note="There is nothing to compare yet.",
        dispersion=comparison.dispersion.phi if comparison else None,
        widened=bool(comparison and comparison.dispersion.widening > 1),
        srm=split_check(observed, config),
        power=(),
        unsafe_metrics=_unsafe(found),
    )


def _unsafe(found: tuple[CreativeFinding, ...]) -> tuple[Metric, ...]:
    """Metrics that mean something else for clips of another length, where there are such clips."""
    if len({one.duration_s for one in found}) < 2:
        return ()
    return tuple(metric for metric, spec in METRICS.items() if not spec.across_durations)


def _said_once(variants: pd.DataFrame, column: str) -> str:
    told = variants[column].dropna() if column in variants else pd.Series(dtype=object)
    return str(told.iloc[0]) if len(told) else ""


def _told_options(options: AnalysisOptions) -> dict[str, str]:
    return {
        "relevant_lift": f"{100 * options.relevant_lift:g} % (the smallest lift that matters, by option)",
        "power": f"{100 * options.power:g} % (chance to find it, by option)",
        "confidence": f"{100 * options.confidence:g} % (of every interval, by option)",
        "sequential": "valid at every look (by option)" if options.sequential else "for one planned look",
        **_told_split(options),
    }


def _told_split(options: AnalysisOptions) -> dict[str, str]:
    if options.planned_split is None:
        return {}
    shares = ", ".join(f"{name} {share:g}" for name, share in sorted(options.planned_split.items()))
    return {"planned_split": f"{shares} (by option)"}
