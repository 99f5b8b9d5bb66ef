"""What is different since the last report, in plain sentences, what a buyer would act on first."""

from collections.abc import Iterable, Iterator, Mapping
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
from hailuo.report.metrics import METRICS, PLATFORM_NAMES

NOTHING_CHANGED: Final = "Nothing changed since the last report."

MOVED: Final = 0.1
"""A chance to be the best that moved by so much is told; less is the draw of the numbers."""

_MOST_NAMED: Final = 3
_OUTCOMES: Final[Mapping[VerdictOutcome, str]] = {
    VerdictOutcome.WINNER: "one creative leads",
    VerdictOutcome.FACTOR: "a level of a factor stands out",
    VerdictOutcome.DIFFERENT: "the creatives differ and no leader is settled",
    VerdictOutcome.NO_DIFFERENCE: "no difference of a size that matters could be shown",
    VerdictOutcome.NOT_ENOUGH_DATA: "not enough data",
}


def changes(now: ReportFindings, before: ReportFindings | None) -> tuple[Change, ...]:
    """Sentences about two reports of one edition; none where there was no report before.

    Where something else was asked (another metric, design or confidence) that is said first, for verdicts then differ
    for that reason too. Reports of different editions are not compared.
    """
    if before is None:
        return ()
    if (now.campaign, now.edition) != (before.campaign, before.edition):
        last = f"{before.campaign}/{before.edition}"
        return (Change(sentence=f"The last report was about {last}: nothing can be compared."),)
    said = tuple(Change(sentence=sentence) for sentence in _sentences(now, before))
    return said or (Change(sentence=NOTHING_CHANGED),)


def _sentences(now: ReportFindings, before: ReportFindings) -> Iterator[str]:
    yield from _asked(now, before)
    old = {found.platform: found for found in before.platforms}
    pairs = [(found, old[found.platform]) for found in now.platforms if found.platform in old]
    for found, last in pairs:
        yield from _verdict(found, last)
    yield from _platforms(now, before)
    for found, last in pairs:
        yield from _creatives(found, last)
    yield from _data(now.health, before.health)
    for found, last in pairs:
        yield from _chances(found, last)


def _asked(now: ReportFindings, before: ReportFindings) -> Iterator[str]:
    """What was decided before looking at the data."""
    if now.metric is not before.metric:
        yield f"Judged by {_metric(now)}, before by {_metric(before)}: the two verdicts answer different questions."
    if now.design is not before.design:
        yield f"The design is now {_words(now.design)}, before {_words(before.design)}: other claims are allowed."
    if now.confidence != before.confidence:
        yield f"Intervals hold {_percent(now.confidence)} now, before {_percent(before.confidence)}."


def _verdict(now: PlatformFindings, before: PlatformFindings) -> Iterator[str]:
    name, new, old = PLATFORM_NAMES[now.platform], now.verdict, before.verdict
    if new.outcome is not old.outcome:
        grown = ": there is enough data now" if old.outcome is VerdictOutcome.NOT_ENOUGH_DATA else ""
        yield f"{name}: the verdict was “{_OUTCOMES[old.outcome]}”, now “{_OUTCOMES[new.outcome]}”{grown}."
    leader, last = _leader(now), _leader(before)
    if leader and last and leader != last:
        yield f"{name}: {leader} leads now, before {last}."
    elif leader and not last and new.outcome is not old.outcome:
        yield f"{name}: {leader} leads."
    elif last and not leader:
        yield f"{name}: {last} leads no longer."
    if _level(new) != _level(old) and _level(new) and _level(old):
        yield f"{name}: {_level(new)} stands out now, before {_level(old)}."


def _leader(found: PlatformFindings) -> str | None:
    """The label of the creative that the verdict names."""
    named = found.verdict.creative_id
    labels = {one.creative_id: one.label for one in found.creatives}
    return labels.get(named, named) if named else None


def _level(verdict: PlatformVerdict) -> str | None:
    return f"{verdict.factor} {verdict.level}" if verdict.factor and verdict.level else None


def _platforms(now: ReportFindings, before: ReportFindings) -> Iterator[str]:
    new, old = ([found.platform for found in one.platforms] for one in (now, before))
    for platform in new:
        if platform not in old:
            yield f"{PLATFORM_NAMES[platform]} has results for the first time."
    for platform in old:
        if platform not in new:
            yield f"{PLATFORM_NAMES[platform]} has no results any more: is an export missing?"


def _creatives(now: PlatformFindings, before: PlatformFindings) -> Iterator[str]:
    name = PLATFORM_NAMES[now.platform]
    new, old = _by_id(now), _by_id(before)
    if came := [one.label for key, one in new.items() if key not in old]:
        yield f"{name}: {_creatives_have(came, 'results for the first time')}."
    if gone := [one.label for key, one in old.items() if key not in new]:
        yield f"{name}: {_creatives_have(gone, 'no results any more')}: is an export missing?"
    if grown := [one.label for key, one in new.items() if key in old and _grown(one, old[key])]:
        yield f"{name}: {_creatives_have(grown, 'enough data now to be judged')}."


def _grown(now: CreativeFinding, before: CreativeFinding) -> bool:
    thin = CreativeStanding.TOO_LITTLE_DATA
    return before.standing is thin and now.standing is not thin


def _data(now: Health, before: Health) -> Iterator[str]:
    days, spend = now.days - before.days, now.spend_matched - before.spend_matched
    if days:
        yield f"{_signed(days, 'day', 'days')} of data: {now.days} in all{_until(now)}."
    if now.currency == before.currency and round(abs(spend), 2):
        verb = "more" if spend > 0 else "less"
        yield f"{abs(spend):,.2f} {now.currency or 'of an unknown currency'} {verb} spend, {now.spend_matched:,.2f} in all."
    new, old = _matched(now), _matched(before)
    if abs(new - old) >= 0.01:
        yield f"{_percent(new)} of the spend found its creative, before {_percent(old)}."


def _until(health: Health) -> str:
    last = health.last_day
    return f", until {last.day} {last:%B %Y}" if last else ""


def _matched(health: Health) -> float:
    return health.spend_matched / health.spend if health.spend > 0 else 1.0


def _chances(now: PlatformFindings, before: PlatformFindings) -> Iterator[str]:
    """Those that moved, most first; another metric's chances say nothing of this one's."""
    if now.metric is not before.metric:
        return
    old = {key: one.p_best for key, one in _by_id(before).items()}
    pairs = [(one.label, one.p_best, old.get(one.creative_id)) for one in now.creatives]
    known = [(label, new, was) for label, new, was in pairs if new is not None and was is not None]
    moved = [(abs(new - was), label, new, was) for label, new, was in known if _far(new, was)]
    for _, label, new, was in sorted(moved, key=lambda one: -one[0])[:_MOST_NAMED]:
        name = PLATFORM_NAMES[now.platform]
        yield f"{name}: the chance that {label} is the best is {_percent(new)}, before {_percent(was)}."


def _far(new: float, was: float) -> bool:
    return round(abs(new - was), 9) >= MOVED


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _by_id(found: PlatformFindings) -> dict[str, CreativeFinding]:
    return {one.creative_id: one for one in found.creatives}


def _creatives_have(labels: Iterable[str], what: str) -> str:
    names = list(labels)
    shown = ", ".join(names[:_MOST_NAMED]) + (" and others" if len(names) > _MOST_NAMED else "")
    return f"{len(names):,} {'creative has' if len(names) == 1 else 'creatives have'} {what} ({shown})"


def _signed(number: int, one: str, many: str) -> str:
    return f"{abs(number):,} {'more' if number > 0 else 'fewer'} {one if abs(number) == 1 else many}"


def _metric(findings: ReportFindings) -> str:
    return METRICS[findings.metric].label


def _words(design: str) -> str:
    return design.replace("_", " ")
