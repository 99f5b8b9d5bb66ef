"""What a report says, as values: no I/O, no HTML. `hailuo.report.analysis.analyse` makes them, `hailuo.report.page` shows them.

Rates are fractions (0.0123, not 1.23), money is in `Health.currency`, every interval is two-sided at
`ReportFindings.confidence` unless its note says otherwise. NaN never appears: what is not known is None, with a note.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import zip_longest
from typing import Annotated

from pydantic import Field

from hailuo.publish.preferences import Preferences
from hailuo.report.metrics import METRICS, AdPlatform, Count, Design, Metric


class JoinMethod(StrEnum):
    """How a result found its creative, in the order of preference."""

    AD_ID = "ad_id"
    VIDEO_ID = "platform_video_id"
    NAME_TOKEN = "ad_name"  # noqa: S105 (a column)
    UTM_CONTENT = "utm_content"
    FILE_NAME = "file_name"
    UNMATCHED = "unmatched"
    AMBIGUOUS = "ambiguous"


class VerdictOutcome(StrEnum):
    """What a platform's verdict comes down to."""

    WINNER = "winner"  # one creative leads, and chance is an unlikely reason
    COMBINATION = "combination"  # the takes of one combination lead, and which of them is the best is open
    FACTOR = "factor"  # no creative is clearly best, but a level of a factor differs
    DIFFERENT = "different"  # the creatives differ, but who leads is not settled
    NO_DIFFERENCE = "no_difference"  # enough data, and no difference of a size that matters could be shown
    NOT_ENOUGH_DATA = "not_enough_data"


class CreativeStanding(StrEnum):
    """How a creative compares with the others."""

    LEADS = "leads"
    IN_THE_RUNNING = "in_the_running"
    BEHIND = "behind"
    TOO_LITTLE_DATA = "too_little_data"


class Recommendation(StrEnum):
    """What becomes of a row in the next batch."""

    KEEP = "keep"
    DROP = "drop"
    EXPLORE = "explore"


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`; an end that is None is open ("more than")."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One number with its uncertainty: `top` over `bottom`, e.g. clicks over impressions. `n` is what it rests on
    (the trials of a rate, the events of a cost, the days of a ratio). `note` says why a value or interval is missing.
    """

    metric: Metric
    value: float | None
    interval: Interval | None
    top: float
    bottom: float
    n: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Against a reference (the control, or the mean of the others): absolute and relative, and how surprising."""

    value: float
    interval: Interval
    lift: float | None
    lift_interval: Interval | None
    p_value: float
    p_adjusted: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CreativeFinding:
    """One creative on one platform. `factors` are its levels; `shrunk`, `p_best` and `expected_loss` (in the unit of
    the decision metric) are None where nothing can be said. `looks` are QA numbers of the manifest for the scatter.
    `clip_id` is the clip that a copy with a finish was made of; empty for a clip itself.
    """

    creative_id: str
    label: str
    cell_id: str
    model: str
    prompt: str
    duration_s: int
    take: int
    is_control: bool
    factors: Mapping[str, str]
    ads: int
    days: int
    counts: Mapping[Count, float]
    estimates: Mapping[Metric, Estimate]
    shrunk: Estimate | None
    p_best: float | None
    expected_loss: float | None
    against_control: Difference | None
    standing: CreativeStanding
    render_usd: float | None
    looks: Mapping[str, float] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    family: str = ""  # of the model
    target_chance: float | None = None  # to meet the target, where there is one
    brings_conversions: bool = False  # so that CTR or hook alone never switch it off
    clip_id: str = ""
    clip_number: int | None = None  # its number on gallery and report; None for a manifest without numbers

    @property
    def numbered(self) -> str:
        """`#12`, as people call the clip; empty where it has no number."""
        return "" if self.clip_number is None else f"#{self.clip_number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorLevel:
    """One level of a factor: its marginal rate (the average prediction with the factor set to this level), its
    difference from the mean of the levels, what it rests on, and its chance to be the best level.
    """

    name: str
    creatives: int
    trials: float
    events: float
    rate: float
    interval: Interval
    difference: Difference
    p_best: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One factor's main effect. Without `levels` it was not estimable, and `note` says why."""

    name: str
    levels: tuple[FactorLevel, ...]
    p_value: float | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSpread:
    """How much takes of one combination differ beyond chance: the sd of their true rates as a share of their
    combination's rate (0.14: another take typically does 14 % better or worse), and the chance that it is none.
    """

    value: float
    interval: Interval
    p_value: float
    creatives: int
    combinations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """A prompt on a model: the shrunk rate, and what it rests on."""

    row: str
    column: str
    rate: float
    interval: Interval
    trials: float
    creatives: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Srm:
    """Sample ratio mismatch: chi-square of the trials against the planned split; flagged below 0.001."""

    p_value: float
    flagged: bool
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleNeeded:
    """What it would take to be sure: impressions of each of the `clips` that may be the best (the most that one of them
    needs), how many more in all, and their cost at the price that each of them had so far.
    """

    lift: float
    trials_each: int
    more_trials: int
    spend: float | None
    clips: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformVerdict:
    """The box at the top. `headline` is one plain sentence, `sentences` are those beneath it, `caveat` the design's.
    `combination` is the name of the cell that a verdict about its takes is of, `cell_id` its id.
    """

    outcome: VerdictOutcome
    headline: str
    sentences: tuple[str, ...]
    caveat: str
    creative_id: str | None = None
    factor: str | None = None
    level: str | None = None
    need: SampleNeeded | None = None
    cell_id: str | None = None
    combination: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPart:
    """A part of the delivery, such as `placement` and `feed`: all clips together."""

    dimension: str
    name: str
    counts: Mapping[Count, float]
    estimates: Mapping[Metric, Estimate]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPoint:
    """A clip's rate on one day."""

    day: date
    value: float
    interval: Interval | None
    top: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WearCurve:
    """A leading clip day by day. `worn_since` is the first day of the fall and `drop` its size (0.2: a fifth), both None
    where chance explains it; `p_value` is that of no fall.
    """

    creative_id: str
    label: str
    metric: Metric
    points: tuple[DayPoint, ...]
    worn_since: date | None
    drop: float | None
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the decision metric has to meet, and how many clips do, do not, and may either way."""

    metric: Metric
    value: float
    meets: int
    misses: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPreference:
    """The clip that one metric prefers, its counted value and interval in `words`; `clips` have enough events."""

    metric: Metric
    creative_id: str
    label: str
    words: str
    clips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyCell:
    """A group of a holdout or lift study against its holdout. `lift` is a fraction (0.2: a fifth more conversions),
    `error` the standard error of the log of 1 + lift, and `caused` the conversions that would not have come without the
    ads, None where only the vendor's lift is known. `clip` is the creative id of a cell that saw one clip alone.
    """

    platform: AdPlatform
    name: str
    clip: str | None
    first_day: date | None
    last_day: date | None
    lift: float
    interval: Interval
    error: float
    caused: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFindings:
    """One platform's ads judged by themselves: metrics of two platforms are never pooled."""

    platform: AdPlatform
    metric: Metric
    hook_count: Count | None
    hold_counts: tuple[Count, Count] | None
    verdict: PlatformVerdict
    creatives: tuple[CreativeFinding, ...]  # best first
    factors: tuple[Factor, ...]
    heat: tuple[HeatCell, ...]
    heat_note: str
    dispersion: float | None  # of all clips' counts of the decision metric together; 1 is pure chance
    widened: bool  # intervals were widened for it, each clip's by its own
    srm: Srm | None
    power: tuple[SampleNeeded, ...]  # impressions for several lifts, smallest first
    unsafe_metrics: tuple[Metric, ...]  # shown but never ranked, as durations differ
    takes: TakeSpread | None = None  # None where too few combinations ran in several takes
    metric_reason: str = ""  # why `metric` decides, one sentence
    preferences: tuple[MetricPreference, ...] = ()  # the shallowest metric first
    parts: tuple[DeliveryPart, ...] = ()  # as far as the exports tell them apart, most spend first
    wear: tuple[WearCurve, ...] = ()  # of the leading clips
    disagreement: str = ""  # one sentence where metrics prefer different clips
    studies: tuple[StudyCell, ...] = ()  # of people who were split by chance
    study_says: tuple[str, ...] = ()  # the studies in sentences, and what they change about the verdict
    target: Target | None = None
    swing: float | None = (
        None  # typical sd of the log of a rate from day to day; None where days are not known
    )

    def pooled(self, metric: Metric) -> float | None:
        """The metric of all creatives together; None where none of them has it."""
        known = [one.estimates[metric] for one in self.creatives if metric in one.estimates]
        bottom = sum(estimate.bottom for estimate in known)
        top = sum(estimate.top for estimate in known) * METRICS[metric].per
        return top / bottom if bottom else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodTally:
    """How many rows, and how much spend, were joined in one way."""

    method: JoinMethod
    rows: int
    spend: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedAd:
    """A row of an export that matches no creative, or several: listed with the reason."""

    source: str  # file:row
    platform: AdPlatform
    ad: str
    spend: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The data before the judgement. `missing` are creatives that were stored and have no result."""

    rows: int
    rows_matched: int
    spend: float
    spend_matched: float
    currency: str | None
    attribution: str | None
    first_day: date | None
    last_day: date | None
    days: int
    by_method: tuple[MethodTally, ...]
    unmatched: Annotated[tuple[UnmatchedAd, ...], Field(alias="nobody")]
    duplicates: int
    missing: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedRow:
    """One row of the next batch: a cell (axis to level), how many takes, what for, and why."""

    action: Annotated[Recommendation, Field(alias="wish")]
    cell: Mapping[str, str]
    takes: int
    usd: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The next batch. `file` is the name of the campaign file that was written, None where none could be."""

    rows: tuple[ProposedRow, ...]
    usd: float | None
    budget_usd: float | None
    file: str | None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is different since the last report, one plain sentence."""

    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFindings:
    """One report. `thresholds` are all numbers that decided something, by name, for the page's last section."""

    campaign: str
    edition: str
    made_at: datetime
    version: str
    design: Design
    metric: Metric
    confidence: float
    seed: int
    health: Health
    platforms: tuple[PlatformFindings, ...]  # most spend first
    proposal: Proposal | None
    changes: tuple[Change, ...]
    previous: str | None  # when the last report was made, as text; None where this is the first
    thresholds: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    preferences: Preferences = field(default_factory=Preferences)  # of people, in blind pairs

    def best_first(self, most: int | None = None) -> list[str]:
        """Creative ids row by row over all platforms, each once; of each platform at most so many."""
        columns = [[one.creative_id for one in found.creatives[:most]] for found in self.platforms]
        rows = zip_longest(*columns)
        return list(dict.fromkeys(name for row in rows for name in row if name is not None))
