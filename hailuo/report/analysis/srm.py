"""Whether a randomised split came out as planned; only such a design plans one."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats.contingency import chi2_contingency

from hailuo.report.analysis.experiment import AnalysisConfig
from hailuo.report.analysis.observations import Observed
from hailuo.report.findings import Srm
from hailuo.report.metrics import COUNTS, Count, Design
from hailuo.report.stats.srm import sample_ratio


def split_check(observed: Observed, config: AnalysisConfig) -> Srm | None:
    """Chi-square of people against the planned shares, equal where none are planned; of impressions where the export
    has no reach of a whole creative. None for other designs, and with fewer than two creatives.

    One person's impressions come in clusters, and days are paced: impressions are worth their phi-th part, phi being how
    far the clips' shares of the days scatter around their shares of the whole.
    """
    if config.options.design is not Design.RANDOMISED_SPLIT:
        return None
    totals = observed.totals()
    count = Count.REACH if totals[Count.REACH.value].notna().all() else Count.IMPRESSIONS
    seen = {str(name): float(value) for name, value in totals[count.value].fillna(0.0).items()}
    planned = config.options.planned_split
    names = sorted(planned) if planned else sorted(seen)
    if len(names) < 2 or not any(seen.values()):
        return None
    phi = 1.0 if count is Count.REACH else _clustering(observed, names)
    p = sample_ratio(
        [seen.get(name, 0.0) / phi for name in names], [planned[name] for name in names] if planned else None
    )
    flagged = p < config.limits.srm_p.value
    return Srm(p_value=p, flagged=flagged, note=_note(count, flagged=flagged, seen=seen, planned=planned))


def _clustering(observed: Observed, names: Sequence[str]) -> float:
    """How many times more the days' shares scatter than if every impression were drawn by itself; 1 without days."""
    days = observed.rows.dropna(subset=["day"])
    table = days.pivot_table(
        index="day", columns="creative_id", values=Count.IMPRESSIONS.value, aggfunc="sum", fill_value=0.0
    )
    told = table.reindex(columns=[name for name in names if name in table]).to_numpy(dtype=float)
    told = told[told.sum(axis=1) > 0][:, told.sum(axis=0) > 0]
    if min(told.shape) < 2:
        return 1.0
    found = chi2_contingency(told, correction=False)
    return max(1.0, float(found.statistic / found.dof)) if np.isfinite(found.statistic) else 1.0


def _note(
    count: Count, *, flagged: bool, seen: Mapping[str, float], planned: Mapping[str, float] | None
) -> str:
    words = [f"Counted in {count.value} ({COUNTS[count]}) of {len(seen)} clips."]
    if count is Count.IMPRESSIONS:
        words.append(
            "Impressions are no people: how far the days scatter is allowed for, and may not be all of it."
        )
    if strangers := sorted(set(seen) - set(planned or seen)):
        words.append(f"Not in the planned split: {', '.join(strangers)}.")
    if flagged:
        words.append("The split did not come out as planned: look for the reason before reading the rest.")
    return " ".join(words)
