"""One sheet of paper for each platform: the verdict, a picture, three numbers and what to do next."""

from collections.abc import Iterator, Mapping
from typing import Final

from hailuo.report.findings import (
    CreativeStanding,
    PlatformFindings,
    Proposal,
    Recommendation,
    ReportFindings,
)
from hailuo.report.formatting import money, plural
from hailuo.report.page.clip import Clip
from hailuo.report.page.verdict import verdict_of
from hailuo.report.page.words import Values
from hailuo.report.texts import say

MOST_NAMED: Final = 3


def sheets_of(findings: ReportFindings, clips: Mapping[str, Clip]) -> tuple[Values, ...]:
    """The verdict's box of each platform, its picture also where nothing won, and what to do next in a few lines."""
    return tuple(_sheet(found, findings, clips, first=at == 0) for at, found in enumerate(findings.platforms))


def _sheet(
    found: PlatformFindings, findings: ReportFindings, clips: Mapping[str, Clip], *, first: bool
) -> Values:
    box = verdict_of(found, currency=findings.health.currency, clips=clips)
    best = found.creatives[0] if found.creatives else None
    proposal = findings.proposal if first else None
    if not box["clip"] and best:
        box = {**box, "clip": clips.get(best.creative_id), "number": best.numbered}
    return {**box, "next": tuple(_next(found, proposal))}


def _next(found: PlatformFindings, proposal: Proposal | None) -> Iterator[str]:
    """What to do with the ads that run, and what to render; the proposal follows the platform with most spend."""
    off = [one.label for one in found.creatives if one.cell_id in _behind(found)]
    on = len(found.creatives) - len(off)
    if off:
        names = ", ".join(off[:MOST_NAMED]) + (" and others" if len(off) > MOST_NAMED else "")
        yield say("sheet.switch_off", clips=plural(len(off), "clip"), names=names)
    if on:
        yield say("sheet.leave_on", clips=plural(on, "clip"))
    if proposal:
        takes = sum(row.takes for row in proposal.rows if row.action is not Recommendation.DROP)
        yield say("sheet.render", clips=plural(takes, "clip"), price=money(proposal.usd, "USD"))
        if proposal.file:
            yield say("sheet.file", file=proposal.file)


def _behind(found: PlatformFindings) -> set[str]:
    """The combinations whose ads may go, as the next batch has it: all takes behind, none a control or selling."""
    kept = {
        one.cell_id
        for one in found.creatives
        if one.standing is not CreativeStanding.BEHIND or one.is_control or one.brings_conversions
    }
    return {one.cell_id for one in found.creatives} - kept
