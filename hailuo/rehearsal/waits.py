"""Waits for limits along the time of a night: when which limit holds, and how much of a span it takes."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hailuo.run.pace import Hold, LimitName

Span = tuple[float, float]
"""From one second to another."""

_GAP_SHARE: Final = 0.01
"""Spans of a limit that are closer than this share of the night are shown as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUse:
    """How long something waited for a limit: `seconds` in all, within these `spans` of the night.

    `of` is the family whose own limit it is; None: the account's, or that of all models.
    """

    limit: LimitName
    of: str | None
    seconds: float
    spans: tuple[Span, ...]


def uses_of(
    holds: Iterable[Hold], *, families: Iterable[str], began: float, night: float
) -> tuple[LimitUse, ...]:
    """Every limit that something waited for, the longest first, in seconds of a night of so many seconds."""
    named, known = set(families), defaultdict[tuple[LimitName, str | None], list[Span]](list)
    for hold in holds:
        of = hold.of if hold.of in named else None  # else it is a job, which waited alone
        known[hold.limit, of].append((hold.since - began, hold.until - began))
    uses = [
        LimitUse(
            limit=limit,
            of=of,
            seconds=sum(until - since for since, until in united(spans)),
            spans=tuple(united(spans, gap=_GAP_SHARE * night)),
        )
        for (limit, of), spans in known.items()
    ]
    return tuple(sorted(uses, key=lambda use: (-use.seconds, use.limit, use.of or "")))


def united(spans: Iterable[Span], *, gap: float = 0.0) -> list[Span]:
    """The spans in order; those that touch, or are at most `gap` apart, are one."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1] + gap:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found


class Queue:
    """What the head of a queue waited for, second by second: for one limit at a time."""

    def __init__(self, holds: Iterable[Hold]) -> None:
        self._holds: list[tuple[float, float, LimitName]] = []
        at = 0.0
        for hold in sorted(holds, key=lambda hold: (hold.since, hold.until)):
            since = max(at, hold.since)  # where two waits overlap, the earlier one counts
            if hold.until > since:
                self._holds.append((since, hold.until, hold.limit))
                at = hold.until
        self._ends = [until for _, until, _ in self._holds]
        self._sums: dict[LimitName, list[float]] = {
            limit: [0.0] for limit in sorted({limit for _, _, limit in self._holds})
        }
        for limit, sums in self._sums.items():
            for since, until, held in self._holds:
                sums.append(sums[-1] + (until - since if held is limit else 0.0))

    def between(self, since: float, until: float) -> Mapping[LimitName, float]:
        """The seconds of this span by limit."""
        return {limit: self._before(until, limit) - self._before(since, limit) for limit in self._sums}

    def _before(self, at: float, limit: LimitName) -> float:
        number = bisect_right(self._ends, at)
        total = self._sums[limit][number]
        if number < len(self._holds):
            since, _, held = self._holds[number]
            total += max(0.0, at - since) if held is limit else 0.0
        return total


def overlap(holds: Sequence[Hold], since: float, until: float) -> float:
    """The seconds of this span that lie within the holds, which do not overlap."""
    return sum(max(0.0, min(until, hold.until) - max(since, hold.since)) for hold in holds)
