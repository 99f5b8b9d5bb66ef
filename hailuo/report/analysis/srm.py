"""Whether a randomised split came out as planned; only such a design plans one."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import chisquare
from scipy.stats.contingency import chi2_contingency

from hailuo.report.analysis.experiment import AnalysisConfig
from hailuo.report.analysis.observations import Observed
from hailuo.report.findings import Srm
from hailuo.report.metrics import COUNTS, Count, Design
from hailuo.report.texts import say


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


def sample_ratio(trials: Sequence[float], planned: Sequence[float] | None = None) -> float:
    """The p-value of the planned split having been kept, by chi-square; flag it below 0.001.

    `planned` are the arms' weights in any unit, equal where None. With fewer than two arms or no trials the answer
    is 1.0. It counts every trial as independent: meant for users of a randomised split; impressions of one user come
    in clusters and would be flagged too soon, and an auction plans no split at all. Kohavi, Tang & Xu 2020, ch. 21.

    Raises:
        ValueError: another number of weights than arms, or a weight that is not above zero.
    """
    weights = [1.0] * len(trials) if planned is None else list(planned)
    if len(weights) != len(trials) or not all(weight > 0 for weight in weights):
        raise ValueError(f"{len(trials)} arms need as many weights above zero, got {weights}")
    total = sum(trials)
    if len(trials) < 2 or total <= 0:
        return 1.0
    expected = [total * weight / sum(weights) for weight in weights]
    return float(chisquare(trials, expected).pvalue)


def _clustering(observed: Observed, names: Sequence[str]) -> float:
    """How many times more the days' shares scatter than if every impression were drawn by itself; 1 without days."""
    days = observed.rows.dropna(subset=["day"])
    table = days.pivot_table(
        index="day", columns="creative_id", values=Count.IMPRESSIONS.value, aggfunc="sum", fill_value=0.0
    )
    shown = table.reindex(columns=[name for name in names if name in table]).to_numpy(dtype=float)
    shown = shown[shown.sum(axis=1) > 0][:, shown.sum(axis=0) > 0]
    if min(shown.shape) < 2:
        return 1.0
    found = chi2_contingency(shown, correction=False)
    return max(1.0, float(found.statistic / found.dof)) if np.isfinite(found.statistic) else 1.0


def _note(
    count: Count, *, flagged: bool, seen: Mapping[str, float], planned: Mapping[str, float] | None
) -> str:
    words = [say("srm.counted", count=count.value, meaning=COUNTS[count], clips=len(seen))]
    if count is Count.IMPRESSIONS:
        words.append(say("srm.impressions"))
    if not_planned := sorted(set(seen) - set(planned or seen)):
        words.append(say("srm.not_planned", names=", ".join(not_planned)))
    if flagged:
        words.append(say("srm.flagged"))
    return " ".join(words)
