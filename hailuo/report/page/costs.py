"""What was spent: on rendering, in US dollars, and on delivery, in the account's currency."""

from collections.abc import Collection
from dataclasses import dataclass

from hailuo.report import numbers
from hailuo.report.findings import CreativeFinding, CreativeStanding, ReportFindings
from hailuo.report.metrics import PLATFORM_NAMES, Count

_USABLE = frozenset({CreativeStanding.LEADS, CreativeStanding.IN_THE_RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """One platform: what its winners and its usable clips cost, rendering and delivery of all of them together."""

    platform: str
    clips: str
    rendering: str
    delivery: str
    winners: str
    per_winner: str
    usable: str
    per_usable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """The platforms, and the rendering of all clips, each counted once."""

    rows: tuple[CostRow, ...]
    rendering: str
    delivery: str
    unpriced: int
    note: str


def costs_of(findings: ReportFindings) -> Costs:
    """A clip that ran on two platforms was rendered once: the total counts it once."""
    once = {one.creative_id: one for found in findings.platforms for one in found.creatives}
    currency = findings.health.currency
    delivery = sum(_spend(found.creatives) for found in findings.platforms)
    return Costs(
        rows=tuple(
            _row(PLATFORM_NAMES[found.platform], found.creatives, currency=currency)
            for found in findings.platforms
        ),
        rendering=numbers.money(_rendering(once.values()), "USD"),
        delivery=numbers.money(delivery, currency),
        unpriced=sum(one.render_usd is None for one in once.values()),
        note=""
        if currency == "USD"
        else "Rendering is paid in USD, delivery in the account's currency: never added.",
    )


def _row(platform: str, creatives: Collection[CreativeFinding], *, currency: str | None) -> CostRow:
    winners = sum(one.standing is CreativeStanding.LEADS for one in creatives)
    usable = sum(one.standing in _USABLE for one in creatives)
    rendering, delivery = _rendering(creatives), _spend(creatives)
    return CostRow(
        platform=platform,
        clips=f"{len(creatives):,}",
        rendering=numbers.money(rendering, "USD"),
        delivery=numbers.money(delivery, currency),
        winners=f"{winners:,}",
        per_winner=_each(rendering, delivery, winners, currency=currency) if winners else "no winner yet",
        usable=f"{usable:,}",
        per_usable=_each(rendering, 0.0, usable, currency=currency) if usable else "none yet",
    )


def _each(rendering: float, delivery: float, number: int, *, currency: str | None) -> str:
    if currency == "USD" or not delivery:
        return numbers.money((rendering + delivery) / number, "USD")
    return f"{numbers.money(rendering / number, 'USD')} + {numbers.money(delivery / number, currency)}"


def _rendering(creatives: Collection[CreativeFinding]) -> float:
    return sum(one.render_usd or 0.0 for one in creatives)


def _spend(creatives: Collection[CreativeFinding]) -> float:
    return sum(one.counts.get(Count.SPEND, 0.0) for one in creatives)
