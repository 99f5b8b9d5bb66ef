"""What `make judge` says: one line per goal, with what was expected, what was found, and whether it held."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One goal held against what was found; `held` is None where it was not looked at."""

    goal: str
    what: str
    expected: str
    found: str
    held: bool | None

    @property
    def mark(self) -> str:
        """In one word."""
        match self.held:
            case None:
                return "not run"
            case True:
                return "held"
            case False:
                return "**MISSED**"


def at_least(goal: str, what: str, found: float, bound: float, *, unit: str = "%") -> Line:
    """`found` has to be `bound` or more; both in units, or fractions where the unit is %."""
    expected = f"at least {_told(bound, unit)}"
    return Line(goal=goal, what=what, expected=expected, found=_told(found, unit), held=found >= bound)


def at_most(goal: str, what: str, found: float, bound: float, *, unit: str = "%") -> Line:
    """`found` has to be `bound` or less."""
    expected = f"at most {_told(bound, unit)}"
    return Line(goal=goal, what=what, expected=expected, found=_told(found, unit), held=found <= bound)


def between(goal: str, what: str, found: float, bounds: tuple[float, float], *, unit: str = "%") -> Line:
    """`found` has to lie within the bounds, ends included."""
    low, high = bounds
    expected = f"{_told(low, unit)} to {_told(high, unit)}"
    return Line(goal=goal, what=what, expected=expected, found=_told(found, unit), held=low <= found <= high)


def not_run(goal: str, what: str, why: str) -> Line:
    """Something needed is not here."""
    return Line(goal=goal, what=what, expected="", found=why, held=None)


def missed(lines: Iterable[Line]) -> list[Line]:
    """Those that decide the exit code."""
    return [line for line in lines if line.held is False]


def _told(value: float, unit: str) -> str:
    return f"{100 * value:.3g} %" if unit == "%" else f"{value:,.5g}{f' {unit}' if unit else ''}"
