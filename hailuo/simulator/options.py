"""The options of the simulated vendor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.pricing import PriceKey
from hailuo.simulator.fault_plan import FaultPlan
from hailuo.simulator.pricing import Pricing


class Profile(StrEnum):
    """The dialect in which the gateway answers. Source: docs/reference/vendor.md#submit and docs/reference/vendor.md#status."""

    IMAROUTER = "imarouter"  # S1, G1: what ImaRouter documents; the status of a submit is ""
    NEWAPI = "newapi"  # S2, G2: plain new-api; no task_id, results or amount on GET
    ENVELOPED = "enveloped"  # S3, G3: the same in {"code": "success", "data": {...}}
    SEED = "seed"  # S4: one id only; video.url or output[0].url, error as text


class ClipDetail(StrEnum):
    """How much a clip shows."""

    FULL = "full"  # a moving picture, about a CPU second per clip
    SMALL = "small"  # one plain colour with the right pixels, length and rate; made once per shape
    TINY = "tiny"  # a film of one small frame, whatever was ordered; for nights whose clips are not looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorOptions:
    """One simulated vendor. All seconds here are simulated ones: clock seconds times `speed`.

    `keys` None accepts every key that starts with `sk-`. `strict` refuses unknown fields, as the
    published schema does. `clips_base_url` puts the clips on another host than the API, as the real
    vendor does. `limit_changes` are new limits of submits a minute, each with the second from which it holds.
    `tasks_at_once` is how many tasks may render at the same time. `outages` are spans of time in which no answer comes, by
    their first and last second. `prices` hold for cells in place of the catalog's, and `render_seconds` of a cell in
    place of the median and the 95th percentile: one of them is drawn, or what lies between two neighbours. `slow` are
    factors of render times. Raises ValueError for numbers that make no sense.
    """

    catalog: Catalog
    profile: Profile = Profile.IMAROUTER
    speed: float = 1.0
    seed: int = 0
    balance_usd: Decimal = Decimal(1000)
    faults: FaultPlan = field(default_factory=FaultPlan)
    clip_detail: ClipDetail = ClipDetail.FULL
    submits_per_minute: int | None = None
    limit_changes: tuple[tuple[float, int], ...] = ()
    tasks_at_once: int | None = None
    keys: frozenset[str] | None = None
    strict: bool = True
    median_render_seconds: float = 90.0
    p95_render_seconds: float = 240.0
    url_lifetime_seconds: float = 86_400.0
    unlisted_price_usd: Decimal = Decimal("0.50")
    pricing: Pricing = field(default_factory=Pricing)
    clips_base_url: str | None = None
    outages: tuple[tuple[float, float], ...] = ()
    prices: Mapping[PriceKey, Decimal] = field(default_factory=dict)
    render_seconds: Mapping[PriceKey, Sequence[float]] = field(default_factory=dict)
    slow: Mapping[PriceKey, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.speed <= 0:
            raise ValueError(f"speed must be above 0, not {self.speed}")
        if self.balance_usd < 0:
            raise ValueError(f"the balance must not be below 0, not {self.balance_usd}")
        if self.submits_per_minute is not None and self.submits_per_minute < 1:
            raise ValueError("submits_per_minute must be 1 or more, or None for no limit")
        if self.tasks_at_once is not None and self.tasks_at_once < 1:
            raise ValueError("tasks_at_once must be 1 or more, or None for no limit")
        if any(limit < 1 for _, limit in self.limit_changes):
            raise ValueError("each of limit_changes must be 1 or more submits a minute")
        if not 0 < self.median_render_seconds <= self.p95_render_seconds:
            raise ValueError("the median render time must be above 0 and at most the 95th percentile")

    def is_out(self, seconds: float) -> bool:
        """Whether no answer comes so many simulated seconds after the start."""
        return any(since <= seconds < until for since, until in self.outages)

    def submits_per_minute_at(self, seconds: float) -> int | None:
        """The limit that holds so many simulated seconds after the start."""
        passed = [limit for since, limit in self.limit_changes if since <= seconds]
        return passed[-1] if passed else self.submits_per_minute
