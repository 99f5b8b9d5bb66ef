"""How large the proof is, and where it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Jobs and kills of the random part, jobs of the race, trials of an attack, and at which passings of a step processes are killed."""

    jobs: int
    kills: int
    race_jobs: int
    trials: int
    passings: tuple[int, ...]


FULL = Size(jobs=400, kills=200, race_jobs=300, trials=20, passings=(1, 4))
QUICK = Size(jobs=36, kills=6, race_jobs=24, trials=1, passings=(2,))
