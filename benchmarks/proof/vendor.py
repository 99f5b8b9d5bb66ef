"""The simulated vendor, and its invoice."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import httpx

from hailuo.campaign.files import load_catalog
from hailuo.simulator import ClipDetail, FaultName, FaultPlan, ScriptedFault, SimulatorOptions, simulating

STORMY: Final[Mapping[FaultName, float]] = {
    # 30 % of the submits
    FaultName.CHARGED_THEN_DROPPED: 0.05,
    FaultName.CHARGED_THEN_502: 0.05,
    FaultName.UPSTREAM_5XX: 0.05,
    FaultName.BUSY_429_FLAT: 0.05,
    FaultName.RATE_LIMIT_1002: 0.05,
    FaultName.SLOW_SUBMIT: 0.05,
    # 30 % of the clips
    FaultName.DOWNLOAD_TRUNCATED: 0.15,
    FaultName.URL_EXPIRED: 0.15,
    # and some of the tasks and polls
    FaultName.FAILED_OBJECT: 0.05,
    FaultName.STATUS_502: 0.05,
    FaultName.TASK_NOT_EXIST: 0.05,
}
"""What goes wrong by chance in the random part of the proof."""

_BALANCE_USD: Final = Decimal(100_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One accepted POST, as the vendor bills it."""

    task_id: str
    body: str
    price_usd: Decimal
    refunded_usd: Decimal

    @property
    def net_usd(self) -> Decimal:
        return self.price_usd - self.refunded_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """Everything the vendor was asked and billed; `posts` counts submits whatever the answer."""

    lines: tuple[Line, ...]
    posts: int
    net_usd: Decimal
    downloads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A simulator at work."""

    url: str
    speed: float

    def invoice(self) -> Invoice:
        """The books as they stand now."""
        invoice = httpx.get(f"{self.url}/_sim/invoice", timeout=60, trust_env=False).raise_for_status().json()
        return Invoice(
            lines=tuple(_line(line) for line in invoice["lines"]),
            posts=invoice["calls"]["submits"],
            net_usd=Decimal(invoice["net_usd"]),
            downloads=invoice["calls"]["downloads"],
        )


@contextmanager
def vendor(
    faults: FaultPlan, *, speed: float, render_seconds: float = 20.0, seed: int = 0
) -> Iterator[Vendor]:
    """A simulator on a free port, so many times as fast as the day; small clips, real mp4."""
    options = SimulatorOptions(
        catalog=load_catalog(None),
        speed=speed,
        seed=seed,
        balance_usd=_BALANCE_USD,
        faults=faults,
        clip_detail=ClipDetail.SMALL,
        median_render_seconds=render_seconds,
        p95_render_seconds=2 * render_seconds,
    )
    with simulating(options) as url:
        yield Vendor(url=url, speed=speed)


def stumbling(*, tasks: int) -> FaultPlan:
    """After the first task, so many tasks fail and are refunded."""
    return FaultPlan(script=(ScriptedFault(fault=FaultName.FAILED_OBJECT, skip=1, times=tasks),))


def _line(invoice: Mapping[str, str]) -> Line:
    return Line(
        task_id=invoice["task_id"],
        body=invoice["request_sha256"],
        price_usd=Decimal(invoice["price_usd"]),
        refunded_usd=Decimal(invoice["refunded_usd"]),
    )
