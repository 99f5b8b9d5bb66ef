"""Whether a randomised split came out as planned; only such a design plans one."""

from collections.abc import Mapping

from hailuo.adtest.findings import Srm
from hailuo.adtest.judging.contest import Terms
from hailuo.adtest.judging.observations import Observed
from hailuo.adtest.metrics import COUNTS, Count, Design
from hailuo.adtest.stats.srm import sample_ratio

__all__ = ["split_kept"]


def split_kept(observed: Observed, terms: Terms) -> Srm | None:
    """Chi-square of people against the planned shares, equal where none are planned; of impressions where the export
    has no reach of a whole creative. None for other designs, and with fewer than two creatives.
    """
    if terms.options.design is not Design.RANDOMISED_SPLIT:
        return None
    totals = observed.totals()
    count = Count.REACH if totals[Count.REACH.value].notna().all() else Count.IMPRESSIONS
    seen = {str(name): float(value) for name, value in totals[count.value].fillna(0.0).items()}
    planned = terms.options.planned_split
    names = sorted(planned) if planned else sorted(seen)
    if len(names) < 2 or not any(seen.values()):
        return None
    p = sample_ratio(
        [seen.get(name, 0.0) for name in names], [planned[name] for name in names] if planned else None
    )
    flagged = p < terms.limits.srm_p.value
    return Srm(p_value=p, flagged=flagged, note=_note(count, flagged=flagged, seen=seen, planned=planned))


def _note(
    count: Count, *, flagged: bool, seen: Mapping[str, float], planned: Mapping[str, float] | None
) -> str:
    words = [f"Counted in {count.value} ({COUNTS[count]}) of {len(seen)} clips."]
    if count is Count.IMPRESSIONS:
        words.append("One person's impressions come in clusters: a small mismatch may be just that.")
    if strangers := sorted(set(seen) - set(planned or seen)):
        words.append(f"Not in the planned split: {', '.join(strangers)}.")
    if flagged:
        words.append("The split did not come out as planned: look for the reason before reading the rest.")
    return " ".join(words)
