"""How the page says things: platforms, outcomes, standings, wishes and designs, each in words beside its sign."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from hailuo.report.findings import (
    CreativeStanding,
    JoinMethod,
    PlatformFindings,
    Recommendation,
    VerdictOutcome,
)
from hailuo.report.metrics import COUNTS, METRICS, Count, Design, Metric


@dataclass(frozen=True, slots=True)
class SignedWord:
    """A sign and what it says: never the one without the other, and `tone` only repeats it in colour."""

    sign: str
    text: str
    tone: str


OUTCOMES: Final[Mapping[VerdictOutcome, SignedWord]] = {
    VerdictOutcome.WINNER: SignedWord("★", "A winner", "better"),
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
WISHES: Final[Mapping[Recommendation, SignedWord]] = {
    Recommendation.KEEP: SignedWord("✓", "Keep", "better"),
    Recommendation.EXPLORE: SignedWord("+", "Explore", "even"),
    Recommendation.DROP: SignedWord("✕", "Drop", "worse"),
}
DESIGNS: Final[Mapping[Design, str]] = {
    Design.RANDOMISED_SPLIT: "randomised split: chance decided who saw which clip",
    Design.PLATFORM_AB_TEST: "the platform's A/B test: audiences of the arms may differ",
    Design.AUCTION: "auction: the platform chose who saw which clip",
}
METHODS: Final[Mapping[JoinMethod, str]] = {
    JoinMethod.AD_ID: "Ad id",
    JoinMethod.VIDEO_ID: "The platform's video id",
    JoinMethod.NAME_TOKEN: "Creative id in the ad name",
    JoinMethod.UTM_CONTENT: "utm_content",
    JoinMethod.FILE_NAME: "File name",
    JoinMethod.UNMATCHED: "Unmatched",
    JoinMethod.AMBIGUOUS: "Ambiguous",
}
_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "motion_flow_mean": ("Motion", "% of the width a second"),
    "motion_flow_top5": ("Liveliest motion", "% of the width a second"),
    "sharpness_lapvar": ("Sharpness", "variance of the Laplacian"),
    "luma_flicker_pct": ("Flicker", "%"),
    "vbench_temporal_flickering": ("Steadiness", "0 to 1"),
    "warp_error": ("Warping", "0 to 255"),
}


def definition(metric: Metric, found: PlatformFindings) -> str:
    """What a metric is made of on this platform; empty where its exports lack it."""
    spec = METRICS[metric]
    match metric:
        case Metric.HOOK:
            top, bottom = found.hook_count, spec.bottom
        case Metric.HOLD:
            top, bottom = found.hold_counts or (None, None)
        case _:
            top, bottom = spec.top, spec.bottom
    return f"{_short(top)} ÷ {_short(bottom)}" if top and bottom else ""


def axis_name(axis: str) -> str:
    """`first_frame` is "First frame"."""
    return axis.replace("_", " ").capitalize()


def model_name(model: str) -> str:
    """The vendor's prefix says nothing here."""
    return model.removeprefix("MiniMax-").replace("Hailuo-", "Hailuo ")


def level_name(axis: str, level: str) -> str:
    """A level as people say it: a model without its vendor, a length with its unit."""
    return f"{level} s" if axis == "duration" and level.isdecimal() else model_name(level)


def look_name(look: str) -> tuple[str, str]:
    """A number of the clip's checks, and its unit."""
    return _LOOKS.get(look, (look.replace("_", " ").capitalize(), "as in the manifest"))


def plural(number: int, noun: str) -> str:
    """`1 clip`, `2 clips`, `1,000 clips`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def moment(at: datetime) -> str:
    """A time in UTC, to the minute."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def span(first: date | None, last: date | None) -> str:
    """From the first to the last day; a month or year that is the same is told once."""
    if first is None or last is None:
        return "days not told"
    end = f"{last.day} {last:%b %Y}"
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    return f"{first.day} {first:%b}{'' if first.year == last.year else f' {first.year}'} – {end}"


def _short(count: Count) -> str:
    return _COUNTS.get(count) or COUNTS[count]


_COUNTS: Final[Mapping[Count, str]] = {
    Count.IMPRESSIONS: "impressions",
    Count.CLICKS_LINK: "link clicks",
    Count.CONVERSIONS: "conversions",
    Count.SPEND: "spend",
    Count.REVENUE: "revenue",
    Count.PLAYS: "plays",
    Count.V2S: "2-second views",
    Count.V3S: "3-second views",
    Count.V6S: "6-second views",
    Count.V15S: "15-second views",
    Count.THRUPLAY: "ThruPlays",
    Count.P100: "complete views",
    Count.WATCH_S: "seconds watched",
}
