"""Figures that others have published, and ours beside them: the rows that the tests hold too."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from benchmarks.judge.lines import Line, at_least
from tests.support.report.published import ROWS, Row

_TELLS_ITSELF: Final = 3
"""So few figures of one source are told one by one."""


def published(rows: Sequence[Row] = ROWS) -> Iterator[Line]:
    """One line per source, or per figure where they are few; a figure that is off has a line of its own."""
    ordered = sorted(rows, key=lambda row: (row.goal, row.source))
    for (goal, source), group in groupby(ordered, key=lambda row: (row.goal, row.source)):
        found = [(row, row.find()) for row in group]
        off = [(row, value) for row, value in found if abs(value - row.expected) > row.tolerance]
        told = found if len(found) <= _TELLS_ITSELF else off
        yield from (_line(row, value) for row, value in told)
        if told is not found:
            yield at_least(goal, f"{source}: figures met", len(found) - len(off), len(found), unit="figures")


def _line(row: Row, found: float) -> Line:
    return Line(
        goal=row.goal,
        what=f"{row.name} ({row.source})",
        expected=f"{row.expected:.7g} ± {row.tolerance:g}",
        found=f"{found:.7g}",
        held=abs(found - row.expected) <= row.tolerance,
    )
