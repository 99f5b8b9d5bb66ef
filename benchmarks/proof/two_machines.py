"""Two workers race for one edition on one store; one is killed half-way, the other finishes for both."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from benchmarks.proof.assignment import Assignment, Place
from benchmarks.proof.audit import Audit, audit
from benchmarks.proof.campaigns import write_campaign
from benchmarks.proof.crew import Crew, Life, Worker
from benchmarks.proof.vendor import vendor
from benchmarks.proof.worker import Happened
from hailuo.run.events import EventKind
from hailuo.simulator import FaultPlan

_SPEED: Final = 15.0
_SUBMITS_PER_MINUTE: Final = 20.0
_RACE_SECONDS_AT_MOST: Final = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """What came of it. `idle` is the longest time in which a worker passed no step: no submit, poll or clip.

    Its seconds are of the workers' quick clock; a tick of the vendor's has fifteen.
    """

    store: str
    jobs: int
    submitted_by_first: int
    submitted_by_second: int
    stored_by_survivor: int
    idle_of_first: float
    idle_of_second: float
    downloads: int
    seconds: float
    audit: Audit

    @property
    def broken(self) -> tuple[str, ...]:
        found = list(self.audit.broken)
        if not (self.submitted_by_first and self.submitted_by_second):
            found.append("one of the two bought nothing")
        return tuple(found)


def race(place: Place, folder: Path, *, jobs: int) -> Race:
    """The first is killed when the two have stored half of the clips."""
    campaign = write_campaign(folder, f"race-{jobs}", jobs=jobs)
    crew = Crew()
    started = crew.clock.monotonic()
    with vendor(FaultPlan(), speed=_SPEED) as seller:
        assignment = Assignment(
            campaign=campaign,
            place=place,
            base_url=seller.url,
            speed=_SPEED,
            submits_per_minute=_SUBMITS_PER_MINUTE,
            in_flight=16,
        )
        first, second = crew.start(assignment), crew.start(assignment)
        with ThreadPoolExecutor(1) as thread:
            survival = thread.submit(crew.end, second)
            _kill_half_way(crew, first, jobs=jobs)
            lives = crew.end(first), survival.result()
        crew.finish(assignment)
        invoice = seller.invoice()
        found = audit(assignment, invoice, killed=crew.killed)
    killed, survivor = (_happened(life) for life in lives)
    return Race(
        store=place.name,
        jobs=jobs,
        submitted_by_first=_count(killed, EventKind.SUBMITTED),
        submitted_by_second=_count(survivor, EventKind.SUBMITTED),
        stored_by_survivor=_count(survivor, EventKind.STORED),
        idle_of_first=_idle_seconds(killed),
        idle_of_second=_idle_seconds(survivor),
        downloads=invoice.downloads,
        seconds=crew.clock.monotonic() - started,
        audit=found,
    )


def _kill_half_way(crew: Crew, worker: Worker, *, jobs: int) -> None:
    """It stores what the other bought as well, so its own count is that of both."""
    stored = 0
    for word in worker.words(until_seconds=crew.clock.monotonic() + _RACE_SECONDS_AT_MOST):
        stored += isinstance(word, Happened) and word.what is EventKind.STORED
        if stored >= jobs // 2:
            break
    worker.kill()


def _happened(life: Life) -> list[Happened]:
    return [word for word in life.messages if isinstance(word, Happened)]


def _count(words: Sequence[Happened], kind: EventKind) -> int:
    return sum(1 for word in words if word.what is kind)


def _idle_seconds(words: Sequence[Happened]) -> float:
    gaps = (after.at_seconds - before.at_seconds for before, after in pairwise(words))
    return _SPEED * max(gaps, default=0.0)
