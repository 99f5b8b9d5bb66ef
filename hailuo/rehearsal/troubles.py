"""What may go wrong at the vendor in a rehearsal: named sets of faults, and the simulator's own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hailuo.simulator import FaultName, FaultPlan
from hailuo.text import listed, nearest, quoted

_OUTAGE_BEGINS_SECONDS, _OUTAGE_SECONDS = 120.0, 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One set of faults. `rates` are chances from 0 to 1; an `outage` is its first and last second in the night.

    `slow` is the factor by which clips of the slower half of the cells take longer.
    """

    says: str
    rates: Mapping[FaultName, float] = field(default_factory=dict)
    outage: tuple[float, float] | None = None
    slow: float = 1.0


TROUBLES: Final[Mapping[str, Trouble]] = {
    "429s": Trouble(
        says="one submit in ten is asked to slow down, and one task in ten is answered 429 at a poll",
        rates={
            FaultName.BUSY_429_RETRY_AFTER: 0.05,
            FaultName.RATE_LIMIT_1002: 0.05,
            FaultName.STATUS_429: 0.1,
        },
    ),
    "5xx": Trouble(
        says="one submit in twenty, one task in ten and one download in ten are answered 500, 502 or 503",
        rates={
            FaultName.UPSTREAM_5XX: 0.025,
            FaultName.DO_REQUEST_FAILED: 0.025,
            FaultName.STATUS_500: 0.05,
            FaultName.STATUS_502: 0.05,
            FaultName.DOWNLOAD_502: 0.1,
        },
    ),
    "slow-cells": Trouble(
        says="clips of the slower half of your lengths and sizes take three times as long", slow=3.0
    ),
    "failed-renders": Trouble(
        says="one task in ten fails and is refunded; one in fifty is moderated",
        rates={FaultName.FAILED_OBJECT: 0.1, FaultName.FAILED_MODERATED_1027: 0.02},
    ),
    "lost-answers": Trouble(
        says="one submit in twenty is charged, and its answer is lost: you settle it with hailuo reconcile",
        rates={FaultName.CHARGED_THEN_DROPPED: 0.05},
    ),
    "outage": Trouble(
        says="no answer comes for an hour, from the second minute on",
        outage=(_OUTAGE_BEGINS_SECONDS, _OUTAGE_BEGINS_SECONDS + _OUTAGE_SECONDS),
    ),
}
"""The sets by the names that `--faults` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """Everything that goes wrong in one rehearsal, and the words that asked for it."""

    named: tuple[str, ...] = ()
    faults: FaultPlan = field(default_factory=FaultPlan)
    outages: tuple[tuple[float, float], ...] = ()
    slow: float = 1.0


def read_troubles(texts: Iterable[str]) -> Troubles:
    """`429s,outage` or `stuck=0.1`: names of sets, and faults of `hailuo simulate` with their rates.

    Raises: ValueError for what is neither, and for rates that add up to more than 1.
    """
    parts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    found = [(part, _trouble(part)) for part in dict.fromkeys(parts)]
    rates: dict[FaultName, float] = {}
    for _, trouble in found:
        for fault, rate in trouble.rates.items():
            rates[fault] = rates.get(fault, 0.0) + rate
    return Troubles(
        named=tuple(part for part, _ in found),
        faults=FaultPlan(rates=rates),
        outages=tuple(trouble.outage for _, trouble in found if trouble.outage),
        slow=max((trouble.slow for _, trouble in found), default=1.0),
    )


def _trouble(part: str) -> Trouble:
    name, _, _ = part.partition("=")
    if part in TROUBLES:
        return TROUBLES[part]
    if name.strip() in set(FaultName):
        return Trouble(says=part, rates=FaultPlan.parse(part).rates)
    near = nearest(part, TROUBLES)
    remedy = f"did you mean {quoted(near)}?" if near else f"choose {listed(TROUBLES)}"
    raise ValueError(f"{quoted(part)} is no set of faults; {remedy}")
