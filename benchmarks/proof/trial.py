"""The whole proof, or a part of it, on one store after the other."""

import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from benchmarks.proof.assignment import Place
from benchmarks.proof.attack_trials import Row, attacked
from benchmarks.proof.bucket import losing_answers, seaweedfs
from benchmarks.proof.crash_points import CrashPoint, crash_points
from benchmarks.proof.random_kills import Siege, siege
from benchmarks.proof.size import Size
from benchmarks.proof.two_machines import Race, race

_LOST_ANSWERS = 0.1


class Part(StrEnum):
    """The parts of the proof."""

    STEPS = "steps"
    RANDOM = "random"
    RACE = "race"
    ATTACKS = "attacks"


class StoreKind(StrEnum):
    """The stores it is made on."""

    FOLDER = "folder"
    SEAWEEDFS = "seaweedfs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that was found."""

    crash_points: list[CrashPoint] = field(default_factory=list)
    sieges: list[Siege] = field(default_factory=list)
    races: list[Race] = field(default_factory=list)
    attacks: list[Row] = field(default_factory=list)

    @property
    def broken(self) -> list[str]:
        """Every promise that was broken, and where."""
        found = [(f"{row.store}, {row.step}", row.broken) for row in self.crash_points]
        found += [(f"{row.store}, random kills", row.broken) for row in self.sieges]
        found += [(f"{row.store}, two machines", row.broken) for row in self.races]
        found += [(f"{row.store}, {row.attack}", row.broken) for row in self.attacks]
        return [f"{where}: {what}" for where, promises in found for what in promises]


def trial(
    size: Size, *, parts: Collection[Part], stores: Collection[StoreKind], say: Callable[[str], None]
) -> Findings:
    """Run it; `say` hears of each result as it comes."""
    findings = Findings()
    for kind in stores:
        with (
            tempfile.TemporaryDirectory(prefix="hailuo-proof-") as scratch,
            _place(kind, Path(scratch)) as place,
        ):
            _try_place(place, Path(scratch), size, parts=parts, findings=findings, say=say)
    return findings


def _try_place(
    place: Place,
    folder: Path,
    size: Size,
    *,
    parts: Collection[Part],
    findings: Findings,
    say: Callable[[str], None],
) -> None:
    if Part.STEPS in parts:
        for row in crash_points(place, folder, passings=size.passings):
            findings.crash_points.append(row)
            say(f"{place.name}: killed {row.kills} times at '{row.step}'{_verdict(row.broken)}")
    if Part.RANDOM in parts:
        besieged = _siege(place, folder, size)
        findings.sieges.append(besieged)
        say(f"{place.name}: killed {besieged.kills} times at random{_verdict(besieged.broken)}")
    if Part.RACE in parts:
        raced = race(place, folder, jobs=size.race_jobs)
        findings.races.append(raced)
        say(f"{place.name}: two machines, one killed half-way{_verdict(raced.broken)}")
    if Part.ATTACKS in parts:
        for attack in attacked(place, folder / "attacks", trials=size.trials):
            findings.attacks.append(attack)
            say(f"{place.name}: {attack.attack}, {attack.trials} trials{_verdict(attack.broken)}")


def _siege(place: Place, folder: Path, size: Size) -> Siege:
    if not place.environment:
        return siege(place, folder, jobs=size.jobs, kills=size.kills)
    with losing_answers(place, share=_LOST_ANSWERS) as proxy:
        found = siege(proxy.place, folder, jobs=size.jobs, kills=size.kills)
    return replace(found, puts=proxy.puts, lost=proxy.lost)


@contextmanager
def _place(kind: StoreKind, scratch: Path) -> Iterator[Place]:
    match kind:
        case StoreKind.FOLDER:
            yield Place(name="folder", uri=str(scratch / "store"))
        case StoreKind.SEAWEEDFS:
            with seaweedfs(scratch / "seaweedfs") as place:
                yield place


def _verdict(broken: Collection[str]) -> str:
    return f"; BROKEN: {'; '.join(broken)}" if broken else "; every promise kept"
