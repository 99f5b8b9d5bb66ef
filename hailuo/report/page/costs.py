"""What was spent: on rendering, in US dollars, and on delivery, in the account's currency."""

from collections.abc import Collection

from hailuo.report.findings import CreativeFinding, CreativeStanding, ReportFindings
from hailuo.report.formatting import money
from hailuo.report.metrics import PLATFORM_NAMES, Count
from hailuo.report.page.words import Values

_USABLE = frozenset({CreativeStanding.LEADS, CreativeStanding.IN_THE_RUNNING})


def costs_of(findings: ReportFindings) -> Values:
    """Rendering and delivery, by platform and in all. A clip that ran on two platforms, or with several finishes, was
    rendered once: each sum counts it once.
    """
    once = {one.creative_id: one for found in findings.platforms for one in found.creatives}
    currency = findings.health.currency
    return {
        "rows": tuple(
            _row(PLATFORM_NAMES[found.platform], found.creatives, currency=currency)
            for found in findings.platforms
        ),
        "rendering": money(_rendering(once.values()), "USD"),
        "delivery": money(sum(_spend(found.creatives) for found in findings.platforms), currency),
        "unpriced": sum(usd is None for usd in _by_clip(once.values()).values()),
        "note": ""
        if currency == "USD"
        else "Rendering is paid in USD, delivery in the account's currency: they are never added.",
    }


def _row(platform: str, creatives: Collection[CreativeFinding], *, currency: str | None) -> Values:
    """One platform: what its winners and its usable clips cost, rendering and delivery of all of them together."""
    winners = sum(one.standing is CreativeStanding.LEADS for one in creatives)
    usable = sum(one.standing in _USABLE for one in creatives)
    rendering, delivery = _rendering(creatives), _spend(creatives)
    if not winners:
        per_winner = "no winner yet"
    elif currency == "USD" or not delivery:
        per_winner = money((rendering + delivery) / winners, "USD")
    else:
        per_winner = f"{money(rendering / winners, 'USD')} + {money(delivery / winners, currency)}"
    return {
        "platform": platform,
        "clips": f"{len(creatives):,}",
        "rendering": money(rendering, "USD"),
        "delivery": money(delivery, currency),
        "winners": f"{winners:,}",
        "per_winner": per_winner,
        "usable": f"{usable:,}",
        "per_usable": money(rendering / usable, "USD") if usable else "none yet",
    }


def _rendering(creatives: Collection[CreativeFinding]) -> float:
    return sum(usd or 0.0 for usd in _by_clip(creatives).values())


def _by_clip(creatives: Collection[CreativeFinding]) -> dict[str, float | None]:
    return {one.clip_id or one.creative_id: one.render_usd for one in creatives}


def _spend(creatives: Collection[CreativeFinding]) -> float:
    return sum(one.counts.get(Count.SPEND, 0.0) for one in creatives)
