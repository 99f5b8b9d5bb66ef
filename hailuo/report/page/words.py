"""The page's signs and names: outcomes, standings, recommendations, metrics, clip checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hailuo.report.findings import CreativeStanding, PlatformFindings, Recommendation, VerdictOutcome
from hailuo.report.metrics import COUNTS, Metric, counts_of
from hailuo.report.texts import texts

Values = Mapping[str, object]
"""What a template is given, by name."""


@dataclass(frozen=True, slots=True)
class SignedWord:
    """A sign and what it means: never the one without the other; `tone` only repeats it in colour."""

    sign: str
    text: str
    tone: str


OUTCOMES: Final[Mapping[VerdictOutcome, SignedWord]] = {
    VerdictOutcome.WINNER: SignedWord("★", "A winner", "better"),
    VerdictOutcome.COMBINATION: SignedWord("★", "A winning combination", "better"),
    VerdictOutcome.FACTOR: SignedWord("◆", "A clear factor", "better"),
    VerdictOutcome.DIFFERENT: SignedWord("≠", "They differ, no leader yet", "mixed"),
    VerdictOutcome.NO_DIFFERENCE: SignedWord("=", "No difference shown", "even"),
    VerdictOutcome.NOT_ENOUGH_DATA: SignedWord("…", "Not enough data", "even"),
}
STANDINGS: Final[Mapping[CreativeStanding, SignedWord]] = {
    CreativeStanding.LEADS: SignedWord("★", "Leads", "better"),
    CreativeStanding.IN_THE_RUNNING: SignedWord("●", "In the running", "even"),
    CreativeStanding.BEHIND: SignedWord("▼", "Behind", "worse"),
    CreativeStanding.TOO_LITTLE_DATA: SignedWord("○", "Too little data", "thin"),
}
RECOMMENDATIONS: Final[Mapping[Recommendation, SignedWord]] = {
    Recommendation.KEEP: SignedWord("✓", "Keep", "better"),
    Recommendation.EXPLORE: SignedWord("+", "Explore", "even"),
    Recommendation.DROP: SignedWord("✕", "Drop", "worse"),
}
"""In the order in which the next batch lists them."""

_CLIP_CHECKS: Final[Mapping[str, tuple[str, str]]] = {
    "motion_flow_mean": ("Motion", "% of the width a second"),
    "motion_flow_top5": ("Liveliest motion", "% of the width a second"),
    "sharpness_lapvar": ("Sharpness", "variance of the Laplacian"),
    "luma_flicker_pct": ("Flicker", "%"),
    "vbench_temporal_flickering": ("Steadiness", "0 to 1"),
    "warp_error": ("Warping", "0 to 255"),
}


def definition(metric: Metric, found: PlatformFindings) -> str:
    """What a metric is made of on this platform, such as "link clicks ÷ impressions"; empty where its exports lack it."""
    counts = counts_of(metric, found.platform)
    return " ÷ ".join(texts("count").get(count.value) or COUNTS[count] for count in counts or ())


def look_name(look: str) -> tuple[str, str]:
    """A number of the clip's checks, and its unit."""
    return _CLIP_CHECKS.get(look, (look.replace("_", " ").capitalize(), "as in the manifest"))
