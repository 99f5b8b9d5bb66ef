"""What a rehearsed night comes to: its length, its money, which limit binds when, and where the time goes."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from hailuo.clock import Clock
from hailuo.ledger.facts import JobState
from hailuo.rehearsal.stage import PlayedRun
from hailuo.rehearsal.waits import LimitUse, Queue, overlap, uses_of
from hailuo.run.events import Event, EventKind
from hailuo.run.pace import Hold, LimitName
from hailuo.simulator import Call, TaskTimes

_POINTS: Final = 120
"""So many equal steps of time has the curve."""

_NOTABLE_SHARE: Final = 0.01
_ALONE: Final = (LimitName.FIRST_JOBS, LimitName.PRICES)
_QUEUE: Final = (LimitName.IN_FLIGHT, LimitName.SUBMITS, LimitName.SLOWED)
STEPS: Final = (*_ALONE, *_QUEUE, "rendering", "refresh", LimitName.POLLS, "lag", "download", "other")
"""Where the time of a clip goes: waits for limits; the rendering; until the vendor's refresh shows its end; until a poll
sees that; until it is stored; and what is left, such as waits after errors."""


@dataclass(slots=True, kw_only=True)
class Watch:
    """Takes down the events and the waits of a run, in the clock's monotonic seconds."""

    clock: Clock
    holds: list[Hold] = field(default_factory=list)
    creative_ids: dict[str, str] = field(default_factory=dict)
    stored: dict[str, float] = field(default_factory=dict)

    def observe(self, event: Event) -> None:
        """Whose each task is, and when each clip was stored."""
        if event.creative_id and event.kind is EventKind.SUBMITTED:
            self.creative_ids[event.text] = event.creative_id
        if event.creative_id and event.kind is EventKind.STORED:
            self.stored[event.creative_id] = self.clock.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where time goes: seconds of the average clip, and of the clip that was stored last."""

    name: str
    mean_seconds: float
    last_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """So many seconds into the night: tasks at the vendor whose end was not seen yet, and clips in the store."""

    seconds: float
    in_flight: int
    stored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One rehearsed night. Seconds count from its start; US dollars are what the vendor's bill would say.

    `bound_by` is the step that took most of the time of the clip that was stored last; None where none was.
    """

    seconds: float
    states: Mapping[JobState, int]
    charged_usd: Decimal
    refunded_usd: Decimal
    bound_by: str | None
    limits: tuple[LimitUse, ...]
    steps: tuple[Step, ...]
    curve: tuple[CurvePoint, ...]
    submits: int
    submits_refused: int
    polls: int
    downloads: int
    lag_p50_seconds: float | None
    lag_p95_seconds: float | None

    @property
    def net_usd(self) -> Decimal:
        """Charged, without what came back."""
        return self.charged_usd - self.refunded_usd

    @property
    def notable_limits(self) -> tuple[LimitUse, ...]:
        """The limits that bound for a hundredth of the night at least: what people look at."""
        return tuple(use for use in self.limits if use.seconds >= _NOTABLE_SHARE * self.seconds)

    @property
    def most_in_flight(self) -> int:
        return max(point.in_flight for point in self.curve)


def figures_of(played: PlayedRun, watch: Watch, *, families: Mapping[str, str]) -> Figures:
    """The figures of a run; `families` are those of its jobs, by creative id."""
    calls, invoice = played.invoice.calls, played.invoice
    bought = {planned.job.creative_id for planned in played.plan.to_buy}
    states = Counter(e.state for e in played.report.endings if e.creative_id in bought)
    night = played.seconds
    if watch.stored and states[JobState.STORED] == len(bought):
        night = max(watch.stored.values()) - played.began
    chains = _chains(played, watch, families)
    last = chains[max(chains, key=lambda cid: (watch.stored[cid], cid))] if chains else Counter[str]()
    lags = sorted(task.seen - task.visible for task in played.trace.tasks.values() if task.seen is not None)
    return Figures(
        seconds=night,
        states={state: states[state] for state in JobState if states[state]},
        charged_usd=invoice.charged_usd,
        refunded_usd=invoice.refunded_usd,
        bound_by=max(STEPS, key=lambda step: last[step]) if chains else None,
        limits=uses_of(watch.holds, families=families.values(), began=played.began, night=night),
        steps=tuple(
            Step(
                name=str(step),
                mean_seconds=sum(chain[step] for chain in chains.values()) / max(1, len(chains)),
                last_seconds=float(last[step]),
            )
            for step in STEPS
        ),
        curve=tuple(_curve(played, watch, night=night)),
        submits=calls.get(Call.SUBMITS, 0),
        submits_refused=calls.get(Call.SUBMITS, 0) - len(invoice.lines),
        polls=calls.get(Call.STATUSES, 0),
        downloads=calls.get(Call.DOWNLOADS, 0),
        lag_p50_seconds=lags[len(lags) // 2] if lags else None,
        lag_p95_seconds=lags[min(len(lags) - 1, int(0.95 * len(lags)))] if lags else None,
    )


def _chains(played: PlayedRun, watch: Watch, families: Mapping[str, str]) -> dict[str, Counter[str]]:
    """By creative id of each stored clip: the seconds of each step, from the start of the run to the store."""
    tasks, own = defaultdict[str, list[TaskTimes]](list), defaultdict[str, list[Hold]](list)
    for task_id, times in played.trace.tasks.items():
        if task_id in watch.creative_ids:
            tasks[watch.creative_ids[task_id]].append(times)
    for hold in watch.holds:
        own[hold.of or ""].append(hold)
    waits = [hold for hold in watch.holds if hold.limit in _QUEUE]
    queues = {
        family: Queue(hold for hold in waits if hold.of in {None, family})
        for family in set(families.values())
    }
    return {
        cid: _chain(tasks[cid], own[cid], queues[families[cid]], began=played.began, stored=stored)
        for cid, stored in watch.stored.items()
    }


def _chain(
    tasks: Sequence[TaskTimes], own: Sequence[Hold], queue: Queue, *, began: float, stored: float
) -> Counter[str]:
    """One clip, through its tasks: of a failed one it waited, too."""
    spent, at = defaultdict[str, float](float), began
    polls = [hold for hold in own if hold.limit is LimitName.POLLS]
    for task in tasks:
        alone = [hold for hold in own if hold.limit in _ALONE and at <= hold.since < task.accepted]
        for hold in alone:
            spent[hold.limit] += hold.until - hold.since
            at = hold.until
        for limit, seconds in queue.between(at, task.accepted).items():
            spent[limit] += seconds
        at = stored if task.seen is None else task.seen
        waited = overlap(polls, task.visible, at)
        spent["rendering"] += task.ready - task.accepted
        spent["refresh"] += task.visible - task.ready
        spent[LimitName.POLLS] += waited
        spent["lag"] += max(0.0, at - task.visible - waited)
    spent["download"] += stored - at
    spent["other"] += max(0.0, stored - began - sum(spent.values()))
    return Counter(spent)


def _curve(played: PlayedRun, watch: Watch, *, night: float) -> Iterator[CurvePoint]:
    began, tasks = played.began, played.trace.tasks.values()
    for number in range(_POINTS + 1):
        at = night * number / _POINTS
        yield CurvePoint(
            seconds=at,
            in_flight=sum(
                task.accepted - began <= at and (task.seen is None or at < task.seen - began)
                for task in tasks
            ),
            stored=sum(stored - began <= at for stored in watch.stored.values()),
        )
