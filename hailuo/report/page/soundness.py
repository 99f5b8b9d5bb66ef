"""The data before the judgement: what was joined, what was not, and what to know of it."""

from dataclasses import dataclass
from typing import Final

from hailuo.report import numbers
from hailuo.report.findings import Health, PlatformFindings, ReportFindings, UnmatchedAd
from hailuo.report.metrics import PLATFORM_NAMES
from hailuo.report.page.words import METHODS, plural, span

MOST_LISTED: Final = 200
"""Rows and ids that the page lists; the files beside it have all."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A number of the data, and what it is of."""

    name: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked for on one platform, what was found, and whether it is a reason to look closer."""

    platform: str
    name: str
    found: str
    wrong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Soundness:
    """Section 2 of the page."""

    facts: tuple[Fact, ...]
    checks: tuple[Check, ...]
    methods: tuple[tuple[str, str, str], ...]
    unmatched: tuple[tuple[str, str, str, str, str], ...]
    unmatched_more: str
    missing: tuple[str, ...]
    missing_more: str
    notes: tuple[str, ...]


def soundness_of(findings: ReportFindings) -> Soundness:
    """The facts in the order in which a reader would doubt them."""
    health = findings.health
    return Soundness(
        facts=_facts(health),
        checks=tuple(check for found in findings.platforms for check in _checks(found)),
        methods=tuple(
            (METHODS[tally.method], f"{tally.rows:,}", numbers.money(tally.spend, health.currency))
            for tally in health.by_method
        ),
        unmatched=tuple(_unmatched(ad, health.currency) for ad in health.unmatched[:MOST_LISTED]),
        unmatched_more=_more(len(health.unmatched), "the table of results has all"),
        missing=health.missing[:MOST_LISTED],
        missing_more=_more(len(health.missing), "the manifest has all"),
        notes=health.notes,
    )


def _facts(health: Health) -> tuple[Fact, ...]:
    spend, matched = (
        numbers.money(amount, health.currency) for amount in (health.spend, health.spend_matched)
    )
    rows = f"{health.rows_matched:,} of {plural(health.rows, 'row')}"
    return (
        Fact("Spend matched", numbers.share(health.spend_matched, health.spend), f"{matched} of {spend}"),
        Fact("Rows matched", numbers.share(health.rows_matched, health.rows), rows),
        Fact("Days", f"{health.days:,}", span(health.first_day, health.last_day)),
        Fact("Currency", health.currency or "not told", "of spend and revenue"),
        Fact("Attribution", health.attribution or "not told", "as the account counts conversions"),
        Fact("Duplicates", f"{health.duplicates:,}", "rows that came twice, counted once"),
        Fact("Without results", f"{len(health.missing):,}", "clips rendered, not found in the exports"),
    )


def _checks(found: PlatformFindings) -> tuple[Check, ...]:
    platform = PLATFORM_NAMES[found.platform]
    return (
        Check(platform, "Split of the audience", *_split(found)),
        Check(platform, "Ups and downs from day to day", *_spread(found)),
    )


def _split(found: PlatformFindings) -> tuple[str, bool]:
    if found.srm is None:
        return "not checked: only a randomised split has a planned one", False
    verdict = "differs from the plan" if found.srm.flagged else "as planned"
    return f"{verdict} (p {found.srm.p_value:.2g}). {found.srm.note}", found.srm.flagged


def _spread(found: PlatformFindings) -> tuple[str, bool]:
    if found.dispersion is None:
        return "could not be estimated from these rows", False
    times = f"dispersion {found.dispersion:.2f}, where 1 is pure chance"
    return (f"{times}: intervals are widened for it" if found.widened else times), False


def _unmatched(ad: UnmatchedAd, currency: str | None) -> tuple[str, str, str, str, str]:
    return PLATFORM_NAMES[ad.platform], ad.ad, numbers.money(ad.spend, currency), ad.reason, ad.source


def _more(number: int, where: str) -> str:
    return f"and {number - MOST_LISTED:,} more: {where}" if number > MOST_LISTED else ""
