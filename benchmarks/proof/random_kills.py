"""Kills at random times over one large campaign, while the vendor, the downloads and the store fail as well."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.proof.assignment import Assignment, Place
from benchmarks.proof.audit import Audit, audit
from benchmarks.proof.campaigns import write_campaign
from benchmarks.proof.crew import Crew, Life, Worker
from benchmarks.proof.vendor import STORMY, vendor
from benchmarks.proof.worker import Driving, Found
from hailuo.simulator import FaultPlan

_SPEED: Final = 60.0
_AT_ONCE: Final = 2
_SUBMITS_PER_MINUTE: Final = 2.0
_MEAN_LIFE_SECONDS: Final = 0.5
_STEERING: Final = 16.0  # lives are half as long for each sixteenth that the kills lag behind the work
_START_SECONDS_AT_MOST: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Siege:
    """What came of it. `kills` hit a process that was driving its plan; of `puts` the answers of `lost` were cut off."""

    store: str
    jobs: int
    wanted_kills: int
    kills: int
    runs: int
    broke_down: int
    seconds: float
    audit: Audit
    puts: int = 0
    lost: int = 0

    @property
    def broken(self) -> tuple[str, ...]:
        found = list(self.audit.broken)
        if self.kills < self.wanted_kills:
            found.append("the campaign was finished before it was killed often enough")
        if self.broke_down:
            found.append("a worker broke down by itself")
        return tuple(found)


def siege(place: Place, folder: Path, *, jobs: int, kills: int, seed: int = 0) -> Siege:
    """Two workers at a time on one campaign, each killed at a random moment, until so many died; then to the end."""
    campaign = write_campaign(folder, f"siege-{jobs}", jobs=jobs)
    crew = Crew()
    started = crew.clock.monotonic()
    with vendor(FaultPlan(rates=STORMY), speed=_SPEED, seed=seed) as seller:
        assignment = Assignment(
            campaign=campaign,
            place=place,
            base_url=seller.url,
            speed=_SPEED,
            submits_per_minute=_SUBMITS_PER_MINUTE,
        )
        hunt = _Hunt(crew, assignment, jobs=jobs, kills=kills, random=Random(seed))  # noqa: S311 (a dice)
        hunt.run()
        crew.finish(replace(assignment, submits_per_minute=60.0))
        found = audit(assignment, seller.invoice(), killed=crew.killed)
    return Siege(
        store=place.name,
        jobs=jobs,
        wanted_kills=kills,
        kills=sum(1 for life in crew.lives if life.was_killed and life.was_driving),
        runs=len(crew.lives),
        broke_down=sum(1 for life in crew.lives if life.broke_down),
        seconds=crew.clock.monotonic() - started,
        audit=found,
    )


class _Hunt:
    """Kills until it has killed often enough, or nothing is left to do."""

    def __init__(self, crew: Crew, assignment: Assignment, *, jobs: int, kills: int, random: Random) -> None:
        self._crew = crew
        self._assignment = assignment
        self._jobs = jobs
        self._kills = kills
        self._random = random
        self._lock = threading.Lock()
        self._killed = 0
        self._left = Found(to_buy=jobs, to_collect=0)
        self._finished = False

    def run(self) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for ended in [threads.submit(self._hunt) for _ in range(_AT_ONCE)]:
                ended.result()

    def _hunt(self) -> None:
        while not self._finished and self._killed < self._kills:
            life = self._short_life()
            with self._lock:
                self._killed += life.was_killed and life.was_driving
                self._finished = any((self._finished, life.is_finished, life.broke_down))

    def _short_life(self) -> Life:
        """Killed between at once and twice the mean life, or by itself after a random number of clips.

        That number bounds what one life does by its share of the work that is left: no machine, however fast or busy,
        finishes the campaign before it was killed often enough.
        """
        share = (2 * self._left.to_buy + self._left.to_collect) / max(1, self._kills - self._killed)
        most = self._random.randint(1, max(1, int(1.5 * share)))
        worker = self._crew.start(replace(self._assignment, most_events=most))
        for word in worker.words(until_seconds=self._crew.clock.monotonic() + _START_SECONDS_AT_MOST):
            if isinstance(word, Found):
                self._left = word
            if isinstance(word, Driving):
                self._kill_later(worker)
                break
        return self._crew.end(worker)

    def _kill_later(self, worker: Worker) -> None:
        """Lives are shorter while kills lag behind the work."""
        ahead = (1 - self._left.to_buy / self._jobs) - self._killed / self._kills
        mean = _MEAN_LIFE_SECONDS * 2.0 ** max(-6.0, min(2.0, -_STEERING * ahead))
        until = self._crew.clock.monotonic() + self._random.uniform(0.0, 2 * mean)
        for _ in worker.words(until_seconds=until):
            pass
        worker.kill()
