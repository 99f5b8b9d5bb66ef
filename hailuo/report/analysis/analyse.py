"""From joined results to findings: the statistics in their order, platform by platform."""

from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from hailuo.report.analysis import headlines as wording
from hailuo.report.analysis.creatives import Entrant, roster
from hailuo.report.analysis.decision import Evidence, decide
from hailuo.report.analysis.experiment import Contest, Terms, enter
from hailuo.report.analysis.gates import gates_of
from hailuo.report.analysis.heat import heat, heat_note
from hailuo.report.analysis.leaderboard import line_up, told_factors, unranked
from hailuo.report.analysis.measures import estimates
from hailuo.report.analysis.observations import Observed, observe
from hailuo.report.analysis.options import Options
from hailuo.report.analysis.ranking import rank
from hailuo.report.analysis.rules import told_rules
from hailuo.report.analysis.sample_size import needs
from hailuo.report.analysis.srm import split_kept
from hailuo.report.analysis.thresholds import load_thresholds, told
from hailuo.report.findings import CreativeFinding, Findings, Health, PlatformFindings, TakeSpread
from hailuo.report.metrics import HOLD_COUNTS, HOOK_COUNTS, METRICS, Metric
from hailuo.report.stats.takes import take_spread


def judge(
    joined: pd.DataFrame,
    variants: pd.DataFrame,
    *,
    options: Options,
    health: Health,
    made_at: datetime,
    version: str,
) -> Findings:
    """The findings of one report, without a proposal and without changes; the same input gives the same findings.

    `joined` is what `hailuo.report.join` makes, `variants` the manifest; `version` is this program's.
    """
    limits, entrants = load_thresholds(), roster(variants)
    platforms = observe(joined[joined["creative_id"].isin(list(entrants))])
    terms = Terms(options=options, limits=limits, platforms=max(1, len(platforms)))
    return Findings(
        campaign=_said_once(variants, "campaign_id"),
        edition=_said_once(variants, "edition"),
        made_at=made_at,
        version=version,
        design=options.design,
        metric=options.metric,
        confidence=options.confidence,
        seed=options.seed,
        health=health,
        platforms=tuple(_platform(observed, entrants, terms) for observed in platforms),
        proposal=None,
        changes=(),
        previous=None,
        thresholds={**_told_options(options), **told(limits), **told_rules()},
    )


def _platform(observed: Observed, entrants: Mapping[str, Entrant], terms: Terms) -> PlatformFindings:
    measured = estimates(
        observed,
        terms.options,
        widen_above=terms.limits.widen_above.value,
        horizon_events=terms.limits.peeking_horizon_events.value,
    )
    found = unranked(observed, entrants, measured)
    contest = enter(observed, entrants, terms)
    if contest is None or len(contest.entrants) < 2 or not contest.events.sum():
        return _without_contest(observed, found, contest, terms)
    return _with_contest(observed, found, contest, terms)


def _with_contest(
    observed: Observed, found: tuple[CreativeFinding, ...], contest: Contest, terms: Terms
) -> PlatformFindings:
    ranking = rank(contest, terms)
    evidence = Evidence(contest=contest, ranking=ranking, gates=gates_of(contest, ranking, terms))
    decision = decide(evidence, terms)
    lineup = line_up(found, evidence, decision, terms)
    cells, srm = heat(contest, ranking, confidence=terms.options.confidence), split_kept(observed, terms)
    return PlatformFindings(
        platform=observed.platform,
        metric=terms.options.metric,
        hook_count=HOOK_COUNTS[observed.platform],
        hold_counts=HOLD_COUNTS[observed.platform],
        verdict=wording.verdict(evidence, decision, observed, lineup, terms, srm=srm),
        creatives=lineup,
        factors=told_factors(evidence),
        heat=cells,
        heat_note=heat_note(cells, ranking),
        dispersion=contest.scatter.phi,
        widened=contest.scatter.widening > 1,
        srm=srm,
        power=needs(contest, observed, terms),
        unsafe_metrics=_unsafe(found),
        takes=_takes(contest, terms),
    )


def _takes(contest: Contest, terms: Terms) -> TakeSpread | None:
    return take_spread(
        [one.cell_id for one in contest.entrants],
        contest.events.tolist(),
        contest.trials.tolist(),
        dispersion=contest.scatter.cautious,
        least_expected=terms.limits.least_expected.value,
        confidence=terms.options.confidence,
    )


def _without_contest(
    observed: Observed, found: tuple[CreativeFinding, ...], contest: Contest | None, terms: Terms
) -> PlatformFindings:
    """Nothing to compare: no such count, one creative, or no events at all. Every number there is is still told."""
    return PlatformFindings(
        platform=observed.platform,
        metric=terms.options.metric,
        hook_count=HOOK_COUNTS[observed.platform],
        hold_counts=HOLD_COUNTS[observed.platform],
        verdict=wording.no_contest(observed, found, contest, terms),
        creatives=found,
        factors=(),
        heat=(),
        heat_note="There is nothing to compare yet.",
        dispersion=contest.scatter.phi if contest else None,
        widened=bool(contest and contest.scatter.widening > 1),
        srm=split_kept(observed, terms),
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


def _told_options(options: Options) -> dict[str, str]:
    return {
        "relevant_lift": f"{100 * options.relevant_lift:g} % (the smallest lift that matters, by option)",
        "power": f"{100 * options.power:g} % (chance to find it, by option)",
        "confidence": f"{100 * options.confidence:g} % (of every interval, by option)",
        "sequential": "valid at every look (by option)" if options.sequential else "for one planned look",
        **_told_split(options),
    }


def _told_split(options: Options) -> dict[str, str]:
    if options.planned_split is None:
        return {}
    shares = ", ".join(f"{name} {share:g}" for name, share in sorted(options.planned_split.items()))
    return {"planned_split": f"{shares} (by option)"}
