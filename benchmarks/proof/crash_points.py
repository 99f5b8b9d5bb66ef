"""Every step between two effects: a worker is killed right there, started again, until done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks.proof.assignment import Assignment, Killing, Place, Step
from benchmarks.proof.audit import Audit, audit
from benchmarks.proof.campaigns import write_campaign
from benchmarks.proof.crew import Crew
from benchmarks.proof.vendor import stumbling, vendor

AMBIGUOUS_STEPS: Final = frozenset({Step.BEFORE_POST, Step.AFTER_POST})
"""A process that died here leaves an intent without outcome: was it charged? The ledger cannot know."""

_SPEED: Final = 120.0
_JOBS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashPoint:
    """One step of one store: the process was killed at each of these passings, in a campaign of its own each."""

    store: str
    step: Step
    kills: int
    audits: tuple[Audit, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        found = [text for each in self.audits for text in each.broken]
        held = [each.held for each in self.audits]
        if self.kills < len(self.audits):
            found.append("a process was not killed at its step")
        if self.step in AMBIGUOUS_STEPS and 0 in held:
            found.append("an ambiguous submit is not held")
        return tuple(found)


def crash_points(place: Place, folder: Path, *, passings: Sequence[int]) -> Iterator[CrashPoint]:
    """One row for each step."""
    for step in Step:
        ends = [_case(place, folder, Killing(step=step, passing=passing)) for passing in passings]
        yield CrashPoint(
            store=place.name,
            step=step,
            kills=sum(kills for kills, _ in ends),
            audits=tuple(found for _, found in ends),
        )


def _case(place: Place, folder: Path, killing: Killing) -> tuple[int, Audit]:
    """How often the process was killed (once, or the step was never passed), and the books afterwards."""
    name = f"crash-{killing.step.name.lower().replace('_', '-')}-{killing.passing}"
    campaign = write_campaign(folder, name, jobs=_JOBS)
    crew = Crew()
    with vendor(stumbling(tasks=killing.passing), speed=_SPEED) as seller:
        whole = Assignment(campaign=campaign, place=place, base_url=seller.url, speed=_SPEED)
        crew.live(replace(whole, killing=killing))
        crew.finish(whole)
        found = audit(whole, seller.invoice(), killed=crew.killed)
    return len(crew.killed), found
