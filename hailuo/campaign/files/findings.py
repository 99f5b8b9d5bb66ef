"""Collects what is wrong with a file, so that all of it is reported in one go."""

from hailuo.errors import Place, Problem


class Findings:
    """Problems (the file is refused) and warnings (the plan says so), each once and in order of place."""

    def __init__(self) -> None:
        self._problems: set[Problem] = set()
        self._warnings: set[Problem] = set()

    def problem(self, place: Place, reason: str, remedy: str) -> None:
        self._problems.add(Problem(place, reason, remedy))

    def warning(self, place: Place, reason: str, remedy: str) -> None:
        self._warnings.add(Problem(place, reason, remedy))

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._problems))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._warnings))
