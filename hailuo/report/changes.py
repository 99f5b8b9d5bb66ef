"""What is different since the last report, in plain sentences, what you would act on first."""

from collections.abc import Iterator
from typing import Final

from hailuo.report.findings import (
    Change,
    CreativeFinding,
    CreativeStanding,
    Health,
    PlatformFindings,
    PlatformVerdict,
    ReportFindings,
    VerdictOutcome,
)
from hailuo.report.formatting import plural
from hailuo.report.metrics import METRICS, PLATFORM_NAMES
from hailuo.report.texts import say, texts

MOVED: Final = 0.1
"""A chance to be the best that moved by so much is reported; less is the draw of the numbers."""

_MOST_NAMED: Final = 3


def changes(now: ReportFindings, before: ReportFindings | None) -> tuple[Change, ...]:
    """Sentences about two reports of one edition; none where there was no report before.

    Where something else was asked (another metric, design or confidence) that is said first, for verdicts then differ
    for that reason too. Reports of different editions are not compared.
    """
    if before is None:
        return ()
    if (now.campaign, now.edition) != (before.campaign, before.edition):
        sentences = [say("change.other_edition", edition=f"{before.campaign}/{before.edition}")]
    else:
        sentences = list(_sentences(now, before)) or [say("change.nothing")]
    return tuple(Change(sentence=sentence) for sentence in sentences)


def _sentences(now: ReportFindings, before: ReportFindings) -> Iterator[str]:
    yield from _asked(now, before)
    old = {found.platform: found for found in before.platforms}
    new = {found.platform: found for found in now.platforms}
    pairs = [(found, old[platform]) for platform, found in new.items() if platform in old]
    for found, last in pairs:
        yield from _verdict(found, last)
    for platform in [one for one in new if one not in old]:
        yield say("change.new_platform", platform=PLATFORM_NAMES[platform])
    for platform in [one for one in old if one not in new]:
        yield say("change.lost_platform", platform=PLATFORM_NAMES[platform])
    for found, last in pairs:
        yield from _creatives(found, last)
    yield from _data(now.health, before.health)
    for found, last in pairs:
        yield from _chances(found, last)


def _asked(now: ReportFindings, before: ReportFindings) -> Iterator[str]:
    """What was decided before looking at the data."""
    if now.metric is not before.metric:
        yield say("change.metric", now=METRICS[now.metric].label, before=METRICS[before.metric].label)
    if now.design is not before.design:
        yield say("change.design", now=now.design.replace("_", " "), before=before.design.replace("_", " "))
    if now.confidence != before.confidence:
        yield say("change.confidence", now=_percent(now.confidence), before=_percent(before.confidence))


def _verdict(now: PlatformFindings, before: PlatformFindings) -> Iterator[str]:
    name, new, old = PLATFORM_NAMES[now.platform], now.verdict, before.verdict
    if new.outcome is not old.outcome:
        grown = old.outcome is VerdictOutcome.NOT_ENOUGH_DATA
        words = texts("change")
        yield say(
            "change.verdict_grown" if grown else "change.verdict",
            platform=name,
            before=words[old.outcome],
            now=words[new.outcome],
        )
    leader, last = _leader(now), _leader(before)
    if leader and last and leader != last:
        yield say("change.new_leader", platform=name, now=leader, before=last)
    elif leader and not last and new.outcome is not old.outcome:
        yield say("change.leads", platform=name, now=leader)
    elif last and not leader:
        yield say("change.leads_no_longer", platform=name, before=last)
    level, last_level = _level(new), _level(old)
    if level and last_level and level != last_level:
        yield say("change.level", platform=name, now=level, before=last_level)


def _leader(found: PlatformFindings) -> str | None:
    """The label of the creative that the verdict names."""
    named = found.verdict.creative_id
    return {one.creative_id: one.label for one in found.creatives}.get(named, named) if named else None


def _level(verdict: PlatformVerdict) -> str | None:
    return f"{verdict.factor} {verdict.level}" if verdict.factor and verdict.level else None


def _creatives(now: PlatformFindings, before: PlatformFindings) -> Iterator[str]:
    new, old = _by_id(now), _by_id(before)
    thin = CreativeStanding.TOO_LITTLE_DATA
    grown = [
        one
        for key, one in new.items()
        if key in old and old[key].standing is thin and one.standing is not thin
    ]
    for kind, some in (
        ("new", [one for key, one in new.items() if key not in old]),
        ("lost", [one for key, one in old.items() if key not in new]),
        ("grown", grown),
    ):
        if some:
            names = ", ".join(one.label for one in some[:_MOST_NAMED])
            yield say(
                f"change.{kind}_creatives",
                platform=PLATFORM_NAMES[now.platform],
                creatives=plural(len(some), "creative has", "creatives have"),
                names=names + (" and others" if len(some) > _MOST_NAMED else ""),
            )


def _data(now: Health, before: Health) -> Iterator[str]:
    days, spend, last = now.days - before.days, now.spend_matched - before.spend_matched, now.last_day
    if days:
        more = "more" if days > 0 else "fewer"
        yield say(
            "change.days",
            days=plural(abs(days), f"{more} day"),
            all=now.days,
            until=f", until {last.day} {last:%B %Y}" if last else "",
        )
    if now.currency == before.currency and round(abs(spend), 2):
        yield say(
            "change.spend",
            amount=f"{abs(spend):,.2f}",
            currency=now.currency or "of an unknown currency",
            more="more" if spend > 0 else "less",
            all=f"{now.spend_matched:,.2f}",
        )
    new, old = _matched(now), _matched(before)
    if abs(new - old) >= 0.01:
        yield say("change.matched", now=_percent(new), before=_percent(old))


def _matched(health: Health) -> float:
    return health.spend_matched / health.spend if health.spend > 0 else 1.0


def _chances(now: PlatformFindings, before: PlatformFindings) -> Iterator[str]:
    """Those that moved, most first; another metric's chances say nothing of this one's."""
    if now.metric is not before.metric:
        return
    old = {key: one.p_best for key, one in _by_id(before).items()}
    pairs = [(one.label, one.p_best, old.get(one.creative_id)) for one in now.creatives]
    moves = [(label, new, was) for label, new, was in pairs if new is not None and was is not None]
    moved = [one for one in moves if round(abs(one[1] - one[2]), 9) >= MOVED]
    for label, new, was in sorted(moved, key=lambda one: -abs(one[1] - one[2]))[:_MOST_NAMED]:
        yield say(
            "change.chance",
            platform=PLATFORM_NAMES[now.platform],
            label=label,
            now=_percent(new),
            before=_percent(was),
        )


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _by_id(found: PlatformFindings) -> dict[str, CreativeFinding]:
    return {one.creative_id: one for one in found.creatives}
