"""What ad platforms count, and what is computed from the counts: the vocabulary of every report.

Counts are summed, rates are computed from sums: an average of rates weighs a day with ten impressions like one
with ten thousand. Definitions follow the platforms' own names; where "hook" and "hold" are no official metric, the
count they were made from is kept beside every number (`HOOK_COUNTS`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class AdPlatform(StrEnum):
    """Where the ads ran; `other` for a generic export with a mapping file."""

    META = "meta"
    TIKTOK = "tiktok"
    GOOGLE = "google"
    PINTEREST = "pinterest"
    SNAP = "snap"
    LINKEDIN = "linkedin"
    OTHER = "other"


PLATFORM_NAMES: Final[Mapping[AdPlatform, str]] = {
    AdPlatform.META: "Meta",
    AdPlatform.TIKTOK: "TikTok",
    AdPlatform.GOOGLE: "Google Ads",
    AdPlatform.PINTEREST: "Pinterest",
    AdPlatform.SNAP: "Snap",
    AdPlatform.LINKEDIN: "LinkedIn",
    AdPlatform.OTHER: "Other platform",
}
"""As people call them, in sentences."""


class Count(StrEnum):
    """What an export may count. Seconds are `s`; money is in the account's currency."""

    IMPRESSIONS = "impressions"
    REACH = "reach"
    CLICKS_ALL = "clicks_all"
    CLICKS_LINK = "clicks_link"
    LANDING_VIEWS = "landing_views"
    SPEND = "spend"
    PLAYS = "plays"
    V2S = "v2s"
    V3S = "v3s"
    V6S = "v6s"
    V15S = "v15s"
    THRUPLAY = "thruplay"
    P25 = "p25"
    P50 = "p50"
    P75 = "p75"
    P95 = "p95"
    P100 = "p100"
    WATCH_S = "watch_s"
    CONVERSIONS = "conversions"
    REVENUE = "revenue"


COUNTS: Final[Mapping[Count, str]] = {
    Count.IMPRESSIONS: "times the ad was shown",
    Count.REACH: "people who saw it; of one row only, never summed over days",
    Count.CLICKS_ALL: "clicks anywhere on the ad",
    Count.CLICKS_LINK: "clicks that lead to the destination",
    Count.LANDING_VIEWS: "landing pages that loaded",
    Count.SPEND: "what the platform charged, in the account's currency",
    Count.PLAYS: "times the video started",
    Count.V2S: "times it was watched for 2 seconds",
    Count.V3S: "times it was watched for 3 seconds",
    Count.V6S: "times it was watched for 6 seconds",
    Count.V15S: "times it was watched for 15 seconds",
    Count.THRUPLAY: "times it was watched to the end or for 15 seconds (Meta)",
    Count.P25: "times a quarter of it was watched",
    Count.P50: "times half of it was watched",
    Count.P75: "times three quarters of it were watched",
    Count.P95: "times 95 % of it was watched",
    Count.P100: "times all of it was watched",
    Count.WATCH_S: "seconds watched, all plays together (the average watch time times the plays)",
    Count.CONVERSIONS: "conversions as the account attributes them; fractions are normal",
    Count.REVENUE: "value of the conversions, in the account's currency",
}
COUNT_NAMES: Final = tuple(count.value for count in COUNTS)


class Metric(StrEnum):
    """What is judged."""

    HOOK = "hook"
    HOLD = "hold"
    COMPLETION = "completion"
    CTR = "ctr"
    CVR = "cvr"
    CPA = "cpa"
    ROAS = "roas"
    AVG_WATCH = "avg_watch_s"
    THUMBSTOP_COST = "cost_per_thumbstop"
    CPM = "cpm"
    FREQUENCY = "frequency"


class MetricKind(StrEnum):
    """How a metric is computed, and so which interval it gets."""

    RATE = "rate"  # events of trials: Wilson
    COST = "cost"  # spend per event: exact Poisson limits of the events (Garwood)
    RATIO = "ratio"  # a ratio of two sums: bootstrap over days, or none
    RETURN = "return"  # revenue over spend: orders and value per order, modelled apart
    PAID = "paid"  # what was paid, or who was reached: a fact of the delivery, so without an interval


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """One metric. `top` over `bottom`, times `per`; None where that depends on the platform (hook and hold).

    `events` of `trials` are the words for what is counted. `across_durations` is False where the number means something
    else for clips of another length: 3 seconds after the start compare, the share of a clip that was watched does not.
    """

    label: str
    unit: str
    kind: MetricKind
    top: Count | None
    bottom: Count | None
    events: str = ""
    trials: str = "impressions"
    higher_is_better: bool = True
    across_durations: bool = True
    per: float = 1.0


def _rate(label: str, top: Count | None, bottom: Count | None = Count.IMPRESSIONS, **more: Any) -> MetricSpec:
    return MetricSpec(label=label, unit="%", kind=MetricKind.RATE, top=top, bottom=bottom, **more)


METRICS: Final[Mapping[Metric, MetricSpec]] = {
    Metric.HOOK: _rate("Hook rate", None, events="early views"),
    Metric.HOLD: _rate("Hold rate", None, None, trials="views that passed the hook", across_durations=False),
    Metric.COMPLETION: _rate("Completion", Count.P100, across_durations=False),
    Metric.CTR: _rate("CTR", Count.CLICKS_LINK, events="clicks"),
    Metric.CVR: _rate(
        "CVR", Count.CONVERSIONS, Count.CLICKS_LINK, events="conversions", trials="link clicks"
    ),
    Metric.CPA: MetricSpec(
        label="CPA",
        unit="money",
        kind=MetricKind.COST,
        top=Count.SPEND,
        bottom=Count.CONVERSIONS,
        events="conversions",
        higher_is_better=False,
    ),
    Metric.ROAS: MetricSpec(
        label="ROAS",
        unit="x",
        kind=MetricKind.RETURN,
        top=Count.REVENUE,
        bottom=Count.SPEND,
        events="conversions",
        trials="conversions",
    ),
    Metric.AVG_WATCH: MetricSpec(
        label="Average watch",
        unit="s",
        kind=MetricKind.RATIO,
        top=Count.WATCH_S,
        bottom=Count.PLAYS,
        trials="days",
    ),
    Metric.THUMBSTOP_COST: MetricSpec(
        label="Cost per thumbstop",
        unit="money",
        kind=MetricKind.COST,
        top=Count.SPEND,
        bottom=None,
        events="early views",
        trials="early views",
        higher_is_better=False,
    ),
    Metric.CPM: MetricSpec(
        label="CPM",
        unit="money",
        kind=MetricKind.PAID,
        top=Count.SPEND,
        bottom=Count.IMPRESSIONS,
        higher_is_better=False,
        per=1000.0,
    ),
    Metric.FREQUENCY: MetricSpec(
        label="Frequency",
        unit="x",
        kind=MetricKind.PAID,
        top=Count.IMPRESSIONS,
        bottom=Count.REACH,
        trials="people",
        higher_is_better=False,
    ),
}

HOOK_COUNTS: Final[Mapping[AdPlatform, Count | None]] = {
    AdPlatform.META: Count.V3S,
    AdPlatform.PINTEREST: Count.V3S,
    AdPlatform.TIKTOK: Count.V2S,
    AdPlatform.LINKEDIN: Count.V2S,
    AdPlatform.SNAP: Count.V2S,
    AdPlatform.GOOGLE: None,  # Google Ads reports no 2- or 3-second views
    AdPlatform.OTHER: Count.V3S,
}
"""The count over impressions that is called hook, per platform: never pooled over platforms."""

HOLD_COUNTS: Final[Mapping[AdPlatform, tuple[Count, Count] | None]] = {
    AdPlatform.META: (Count.THRUPLAY, Count.V3S),
    AdPlatform.TIKTOK: (Count.V6S, Count.V2S),
    AdPlatform.PINTEREST: (Count.P100, Count.V3S),
    AdPlatform.LINKEDIN: (Count.P100, Count.V2S),
    AdPlatform.SNAP: (Count.P100, Count.V2S),
    AdPlatform.GOOGLE: None,
    AdPlatform.OTHER: (Count.THRUPLAY, Count.V3S),
}
"""The counts that hold is made from, per platform. "Hold rate is not an official metric": so say which."""


def counts_of(metric: Metric, platform: AdPlatform) -> tuple[Count, Count] | None:
    """Top and bottom of a metric on a platform; None where the platform counts nothing of the kind."""
    if metric is Metric.HOLD:
        return HOLD_COUNTS[platform]
    top = HOOK_COUNTS[platform] if metric is Metric.HOOK else METRICS[metric].top
    bottom = HOOK_COUNTS[platform] if metric is Metric.THUMBSTOP_COST else METRICS[metric].bottom
    return None if top is None or bottom is None else (top, bottom)


CONVERSION_DAYS: Final[Mapping[AdPlatform, int]] = {
    AdPlatform.META: 7,
    AdPlatform.TIKTOK: 7,
    AdPlatform.GOOGLE: 30,
    AdPlatform.PINTEREST: 30,
    AdPlatform.SNAP: 28,
    AdPlatform.LINKEDIN: 30,
}
"""For how many days after a click a platform counts a conversion, where the account did not choose another window."""


class Design(StrEnum):
    """How people came to see the ads: it decides what may be claimed, never how it is computed.

    Ad-level results of an auction are not randomised: platforms deliver each ad to the people likeliest to respond
    (divergent delivery: Burtch, Moakler, Gordon, Zhang, Hill 2025, arXiv 2508.21251, 181,890 Meta A/B tests).
    """

    RANDOMISED_SPLIT = "randomised_split"
    PLATFORM_AB_TEST = "platform_ab_test"
    AUCTION = "auction"
