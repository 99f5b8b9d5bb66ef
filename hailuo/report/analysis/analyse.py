"""From matched results to findings: the statistics in their order, platform by platform."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pandas as pd

from hailuo.report.analysis.creatives import creatives_of
from hailuo.report.analysis.decision import ComparisonEvidence, decide, significance_of
from hailuo.report.analysis.decision_metric import decision_metric
from hailuo.report.analysis.experiment import AnalysisConfig, Comparison, comparison_of
from hailuo.report.analysis.headlines import nothing_to_compare, question_of, verdict_facts
from hailuo.report.analysis.heat import heat, heat_note
from hailuo.report.analysis.leaderboard import factors_in_metric, ranked_creatives, unranked_creatives
from hailuo.report.analysis.measures import LEAST_ADS, MOST_RATIOS, ONE_IN, estimates
from hailuo.report.analysis.observations import Observed, observe
from hailuo.report.analysis.options import AnalysisOptions, load_thresholds
from hailuo.report.analysis.parts import parts_of
from hailuo.report.analysis.preferences import with_preferences
from hailuo.report.analysis.ranking import rank
from hailuo.report.analysis.sample_size import MOST_STAY, STAY, samples_needed
from hailuo.report.analysis.sentences import TELLING_PHI, verdict_of
from hailuo.report.analysis.srm import split_check
from hailuo.report.analysis.target import with_target
from hailuo.report.analysis.wear import wear_of
from hailuo.report.cautions import APART_DAYS
from hailuo.report.findings import CreativeFinding, Health, PlatformFindings, ReportFindings
from hailuo.report.metrics import HOLD_COUNTS, HOOK_COUNTS, METRICS, Metric
from hailuo.report.stats.bootstrap import DAYS_NEEDED, RESAMPLES
from hailuo.report.stats.dispersion import LEAST_DF, LEAST_EXPECTED, USUAL_SWING, take_spread
from hailuo.report.stats.factors import DRAWS, LEAST_A_CELL
from hailuo.report.stats.hierarchy import PRIOR_SD, SD_GRID
from hailuo.report.substitutes import without_substitutes
from hailuo.report.texts import say


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

    `joined` is what `hailuo.report.join` makes, `variants` the manifest; `version` is this program's. Clips that replaced
    others are in no comparison.
    """
    limits, creatives = load_thresholds(), creatives_of(without_substitutes(variants))
    platforms = observe(joined[joined["creative_id"].isin(list(creatives))])
    config = AnalysisConfig(options=options, limits=limits, platforms=max(1, len(platforms)))
    found = tuple(_judged(observed, creatives, config) for observed in platforms)
    return ReportFindings(
        campaign=_first(variants, "campaign_id"),
        edition=_first(variants, "edition"),
        made_at=made_at,
        version=version,
        design=options.design,
        metric=_metric_of(found, options),
        confidence=options.confidence,
        seed=options.seed,
        health=health,
        platforms=found,
        proposal=None,
        changes=(),
        previous=None,
        thresholds={**_options_in_words(options), **limits.in_words(), **rules_in_words()},
    )


def _metric_of(found: Sequence[PlatformFindings], options: AnalysisOptions) -> Metric:
    """The metric of the platform with most spend, where the options leave it open."""
    if options.target:
        return options.target[0]
    return options.metric or next((one.metric for one in found), Metric.CTR)


def _first(variants: pd.DataFrame, column: str) -> str:
    known = variants[column].dropna() if column in variants else pd.Series(dtype=object)
    return str(known.iloc[0]) if len(known) else ""


def _judged(
    observed: Observed, creatives: Mapping[str, CreativeFinding], config: AnalysisConfig
) -> PlatformFindings:
    """A platform's findings, held against the target and against what other metrics prefer."""
    currency, least = observed.currency, config.limits.least_events_each.value
    found = with_preferences(_platform(observed, creatives, config), least=least, currency=currency)
    found = with_target(found, config.options, currency=currency)
    found = replace(
        found,
        parts=parts_of(observed, config.options, config.limits),
        wear=wear_of(observed, found.creatives, config.options, config.limits),
    )
    return _valid_at_every_look(found) if config.options.sequential else found


def _valid_at_every_look(found: PlatformFindings) -> PlatformFindings:
    """Without what holds for one look: intervals of corrected values, factors, pairs and takes."""
    bare = (
        replace(one, shrunk=one.shrunk and replace(one.shrunk, interval=None, note=say("note.one_look_only")))
        for one in found.creatives
    )
    absent = tuple(
        replace(one, levels=(), p_value=None, note=say("note.one_look_section")) for one in found.factors
    )
    return replace(
        found,
        creatives=tuple(bare),
        factors=absent,
        heat=(),
        heat_note=say("note.one_look_section"),
        takes=None,
        wear=(),
    )


def _platform(
    observed: Observed, creatives: Mapping[str, CreativeFinding], config: AnalysisConfig
) -> PlatformFindings:
    """Where there is nothing to compare (no such count, one creative, no events), every number there is is still shown."""
    limits = config.limits
    decides = decision_metric(observed, config.options, limits)
    options = replace(config.options, metric=decides.metric)
    config = replace(config, options=options)
    measured = estimates(
        observed,
        options,
        horizon_events=limits.peeking_horizon_events.value,
    )
    found = unranked_creatives(observed, creatives, measured)
    comparison, srm = comparison_of(observed, creatives, config), split_check(observed, config)
    durations = {one.duration_s for one in found}
    nothing = PlatformFindings(
        platform=observed.platform,
        metric=decides.metric,
        metric_reason=decides.reason,
        hook_count=HOOK_COUNTS[observed.platform],
        hold_counts=HOLD_COUNTS[observed.platform],
        verdict=nothing_to_compare(observed, found, comparison, config),
        creatives=found,
        factors=(),
        heat=(),
        heat_note=say("note.nothing_to_compare"),
        dispersion=comparison.typical_phi if comparison and comparison.swing is not None else None,
        widened=bool(comparison and len(comparison.phi) and comparison.phi.max() >= TELLING_PHI),
        srm=srm,
        power=(),
        # Metrics that mean something else for clips of another length, where there are such clips.
        unsafe_metrics=tuple(
            metric for metric, spec in METRICS.items() if len(durations) > 1 and not spec.across_durations
        ),
    )
    if comparison is None or len(comparison.creatives) < 2 or not comparison.events.sum():
        return nothing
    return _compared(nothing, observed, found, comparison, config)


def _compared(
    base: PlatformFindings,
    observed: Observed,
    found: tuple[CreativeFinding, ...],
    comparison: Comparison,
    config: AnalysisConfig,
) -> PlatformFindings:
    ranking, confidence = rank(comparison, config), config.options.confidence
    evidence = ComparisonEvidence(
        comparison=comparison, ranking=ranking, significance=significance_of(comparison, ranking, config)
    )
    decision = decide(evidence, config)
    leaderboard = ranked_creatives(found, evidence, decision, config)
    facts = verdict_facts(evidence, decision, observed, leaderboard, config, srm=base.srm)
    cells = heat(comparison, ranking, config)
    return replace(
        base,
        verdict=verdict_of(facts, srm=base.srm),
        creatives=leaderboard,
        factors=factors_in_metric(evidence),
        heat=cells,
        heat_note=heat_note(cells, ranking),
        power=samples_needed(question_of(evidence, decision, observed, config)),
        swing=comparison.swing,
        takes=take_spread(
            [one.cell_id for one in comparison.creatives],
            comparison.events.tolist(),
            comparison.trials.tolist(),
            dispersion=comparison.phi.tolist(),
            least_expected=config.limits.least_expected.value,
            confidence=confidence,
        ),
    )


def _options_in_words(options: AnalysisOptions) -> dict[str, str]:
    words = {
        name: say(f"rule.{name}", value=100 * value)
        for name in ("relevant_lift", "power", "confidence")
        if (value := getattr(options, name))
    }
    words["sequential"] = say("rule.every_look" if options.sequential else "rule.one_look")
    if options.planned_split is not None:
        shares = ", ".join(f"{name} {share:g}" for name, share in sorted(options.planned_split.items()))
        words["planned_split"] = say("rule.planned_split", shares=shares)
    return words


def rules_in_words() -> dict[str, str]:
    """The constants of the methods that decide something, beside the thresholds: name to "value unit (what it decides)"."""
    rules: dict[str, dict[str, float]] = {
        "dispersion_least_df": {"value": LEAST_DF},
        "dispersion_least_expected": {"value": LEAST_EXPECTED},
        "ratio_days": {"value": DAYS_NEEDED},
        "ratio_resamples": {"value": RESAMPLES},
        "ratios_at_most": {"value": MOST_RATIOS},
        "cost_bits": {"value": ONE_IN},
        "dispersion_least_ads": {"value": LEAST_ADS},
        "dispersion_shown": {"value": TELLING_PHI},
        "usual_swing": {"value": USUAL_SWING},
        "level_draws": {"value": DRAWS},
        "interaction_cell": {"value": LEAST_A_CELL},
        "prior_sd": {"value": PRIOR_SD},
        "sd_grid": {"least": SD_GRID[0], "most": SD_GRID[-1]},
        "clips_that_stay": {"share": STAY, "most": MOST_STAY},
        "days_apart": {"value": APART_DAYS},
    }
    return {name: say(f"rule.{name}", **fields) for name, fields in rules.items()}
