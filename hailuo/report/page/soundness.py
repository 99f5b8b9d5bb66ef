"""The data before the verdict: what was matched, what was not, and what to know about it."""

from dataclasses import dataclass
from typing import Final

from hailuo.report.findings import Health, PlatformFindings, ReportFindings
from hailuo.report.formatting import date_range, money, percent, plural, share
from hailuo.report.metrics import PLATFORM_NAMES
from hailuo.report.page.words import Values
from hailuo.report.texts import texts

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
    """What was checked on one platform, what was found, and whether it is a reason to look closer."""

    platform: str
    name: str
    found: str
    wrong: bool = False


def soundness_of(findings: ReportFindings) -> Values:
    """The facts in the order in which a reader would doubt them."""
    health = findings.health
    return {
        "facts": _facts(health),
        "checks": tuple(check for found in findings.platforms for check in _checks(found)),
        "methods": tuple(
            (texts("join_method")[tally.method], f"{tally.rows:,}", money(tally.spend, health.currency))
            for tally in health.by_method
        ),
        "unmatched": tuple(
            (PLATFORM_NAMES[ad.platform], ad.ad, money(ad.spend, health.currency), ad.reason, ad.source)
            for ad in health.unmatched[:MOST_LISTED]
        ),
        "unmatched_more": _more(len(health.unmatched), "the table of results has all"),
        "missing": health.missing[:MOST_LISTED],
        "missing_more": _more(len(health.missing), "the manifest has all"),
        "notes": health.notes,
    }


def _facts(health: Health) -> tuple[Fact, ...]:
    spend, matched = money(health.spend, health.currency), money(health.spend_matched, health.currency)
    rows = f"{health.rows_matched:,} of {plural(health.rows, 'row')}"
    return (
        Fact("Spend matched", share(health.spend_matched, health.spend), f"{matched} of {spend}"),
        Fact("Rows matched", share(health.rows_matched, health.rows), rows),
        Fact("Days", f"{health.days:,}", date_range(health.first_day, health.last_day)),
        Fact("Currency", health.currency or "not known", "of spend and revenue"),
        Fact("Attribution", health.attribution or "not known", "as the account counts conversions"),
        Fact("Duplicates", f"{health.duplicates:,}", "rows that came twice, counted once"),
        Fact("Without results", f"{len(health.missing):,}", "clips rendered, not found in the exports"),
    )


def _checks(found: PlatformFindings) -> tuple[Check, ...]:
    platform, srm = PLATFORM_NAMES[found.platform], found.srm
    split, days = "Split of the audience", "Ups and downs from day to day"
    if srm is None:
        first = Check(platform, split, "not checked: only a randomised split has a planned one")
    else:
        verdict = "differs from the plan" if srm.flagged else "as planned"
        first = Check(platform, split, f"{verdict} (p {srm.p_value:.2g}). {srm.note}", srm.flagged)
    if found.dispersion is None:
        return first, Check(platform, days, "could not be estimated from these rows")
    times = f"dispersion {found.dispersion:.2f}, where 1 is pure chance"
    if found.swing is not None:
        times = f"about {percent(found.swing, digits=0)} beyond chance for an ad, {times}"
    return first, Check(platform, days, f"{times}: intervals are widened for it" if found.widened else times)


def _more(number: int, where: str) -> str:
    return f"and {number - MOST_LISTED:,} more: {where}" if number > MOST_LISTED else ""
