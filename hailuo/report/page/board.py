"""What a leaderboard shows, as values: the template lays them out."""

from dataclasses import dataclass

from markupsafe import Markup

from hailuo.report.page.caption import Caption
from hailuo.report.page.clip import Clip
from hailuo.report.page.words import SignedWord


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A column's metric, what it is made of here, and why it may not be compared; empty where it may."""

    key: str
    name: str
    made_of: str
    unsafe: str


@dataclass(frozen=True, slots=True)
class MetricCell:
    """A number with its interval, and why one of them is missing."""

    key: str
    value: str
    interval: str
    note: str
    unsafe: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardRow:
    """One creative. Without a `rank` the order says nothing."""

    rank: int | None
    creative_id: str
    label: str
    setting: str
    is_control: bool
    clip: Clip
    standing: SignedWord
    chance: str
    loss: str
    value: MetricCell
    shrunk: str
    strip: Markup
    impressions: str
    spend: str
    delivered: str
    cells: tuple[MetricCell, ...]
    more: tuple[MetricCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One platform's leaderboard: the first rows, the rest, and the metrics that stand apart."""

    anchor: str
    platform: str
    metric: Head
    scale: Markup
    caption: Caption
    order: str
    heads: tuple[Head, ...]
    more: tuple[Head, ...]
    rows: tuple[LeaderboardRow, ...]
    rest: tuple[LeaderboardRow, ...]
