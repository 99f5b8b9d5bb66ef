"""How the run of one campaign ended, for the page and the exit code of a night."""

from collections import Counter
from typing import Final

from hailuo.errors import ExitCode, RefusedError
from hailuo.ledger.facts import JobState
from hailuo.run.events import RunReport

_MOST_REASONS: Final = 5


def exit_code_of(ended: RunReport | Exception) -> ExitCode:
    """REFUSED for a plan or a file that was refused, STOPPED for every other error."""
    if isinstance(ended, RunReport):
        return ended.exit_code
    return ExitCode.REFUSED if isinstance(ended, RefusedError) else ExitCode.STOPPED


def reasons_of(ended: RunReport | Exception) -> tuple[str, ...]:
    """Why the run stopped, then the most frequent reasons for clips that are not stored; or the error's problems."""
    match ended:
        case RunReport():
            stop = ended.interrupted or ended.stopped
            missing = Counter(
                e.reason or e.state.words for e in ended.endings if e.state is not JobState.STORED
            )
            frequent = missing.most_common(_MOST_REASONS)
            return (*([stop] if stop else []), *(f"{number} x {reason}" for reason, number in frequent))
        case RefusedError():
            return (*map(str, ended.problems), *ended.notes)
        case _:
            return (f"{type(ended).__name__}: {ended}",)
