"""Lanes: each family of models has its own pace, its own patience and its own stop, within those of the run.

In a run of one family the lane is the run: its limiter is that of the account, and what stops it stops the run. Where
there are several, each has a limiter of its own beside the account's. An answer "slow down" then slows its family, and
failures stop its family; the others go on. No family can hold every task in flight: one stays free for each other.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from hailuo.campaign.catalog import Limits
from hailuo.campaign.job import Job
from hailuo.run.events import Event, EventKind
from hailuo.run.pace import Limiter
from hailuo.run.tools import StopSignal, Tools
from hailuo.run.watching import Announcer


class Turn(NamedTuple):
    """The number of a turn at each gate, for `give_back`."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One family's part of a run. `gates` are its limiter, and where that is its own, then the account's too."""

    family: str
    gates: tuple[Limiter, ...]
    stop: StopSignal = field(default_factory=StopSignal)

    async def turn(self) -> Turn:
        """Wait for room and pace at every gate; first come, first served. Ends with `leave`."""
        own, *account = self.gates
        turn = await own.turn()
        try:
            return Turn((turn, *[await gate.turn() for gate in account]))
        except BaseException:
            own.leave()
            raise

    def give_back(self, turn: Turn) -> None:
        """This turn started no submit: the next one takes its place at once."""
        for gate, number in zip(self.gates, turn.numbers, strict=True):
            gate.give_back(number)

    def occupy(self) -> None:
        """Count a task that is in flight already."""
        for gate in self.gates:
            gate.occupy()

    def leave(self) -> None:
        """Give the room back."""
        for gate in self.gates:
            gate.leave()

    def accepted(self) -> None:
        """The vendor took a submit: recover a step."""
        for gate in self.gates:
            gate.accepted()

    def slow_down(self, retry_after_seconds: float | None, *, seconds_at_most: float) -> None:
        """The vendor asked this family for less."""
        self.gates[0].slow_down(retry_after_seconds, seconds_at_most=seconds_at_most)

    @property
    def refused_for_seconds(self) -> float:
        """How long the vendor has answered this family nothing but "slow down"."""
        return self.gates[0].refused_for_seconds


class Lanes:
    """The lanes of a run, by family."""

    def __init__(
        self,
        jobs: Iterable[Job],
        tools: Tools,
        *,
        buying: Iterable[Job],
        announce: Announcer,
        stop_run: Callable[[str], None],
    ) -> None:
        """`buying` are those of the jobs that may be bought; `stop_run` ends all buying."""
        self._tools, self._announce, self._stop_run = tools, announce, stop_run
        self._buying = {tools.family_of(job) for job in buying}
        families = sorted({tools.family_of(job) for job in jobs} | self._buying)
        self._lanes = {name: self._lane(name, others=len(families) - 1) for name in families}

    def of(self, job: Job) -> Lane:
        """The lane of a job of the run."""
        return self._lanes[self._tools.family_of(job)]

    @property
    def stopped(self) -> str | None:
        """Why families stopped buying while others went on; None where none did."""
        reasons = [f"{lane.family}: {lane.stop.reason}" for lane in self._lanes.values() if lane.stop.reason]
        return "; ".join(reasons) or None

    def stop(self, job: Job, reason: str) -> None:
        """The job's family stops buying, and the others go on; the run stops where no other family buys.

        What is in flight is collected all the same.
        """
        lane = self.of(job)
        was_stopped = lane.stop.reason is not None
        lane.stop.set(reason)
        if all(self._lanes[name].stop.reason for name in self._buying):
            self._stop_run(reason if len(self._buying) < 2 else str(self.stopped))
        elif not was_stopped:
            text = f"{lane.family} only, the other families go on: {reason}"
            self._announce(Event(kind=EventKind.STOPPED, text=text))

    def _lane(self, family: str, *, others: int) -> Lane:
        account, limits = self._tools.limiter, self._tools.limits_of(family)
        if not others and limits.submits_per_minute is None and limits.in_flight is None:
            return Lane(family, (account,))
        room = max(1, account.most_in_flight - others)
        own = Limiter(
            submits_per_minute=_least(account.most_submits_per_minute, limits),
            in_flight=min(room, limits.in_flight or room),
            clock=self._tools.clock,
            random=self._tools.random,
            held=self._tools.held,
            of=family,
        )
        return Lane(family, (own, account))


def _least(ceiling: float, limits: Limits) -> float:
    return min(ceiling, limits.submits_per_minute or ceiling)
