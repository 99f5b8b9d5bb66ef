"""The generated part of docs/evidence/judge.md: goals, calibration, and how both were found."""

import importlib.metadata
import platform
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from benchmarks.judge.calibration import Calibration, bins
from benchmarks.judge.lines import Line, missed
from hailuo.report.findings import VerdictOutcome

MARK: Final = "judge"
_PACKAGES: Final = ("hailuo-campaigns", "numpy", "pandas", "scipy", "statsmodels")


def goal_table(lines: Iterable[Line]) -> str:
    """Every line, in Markdown."""
    rows = [(line.goal, line.what, line.expected, line.found, line.mark) for line in lines]
    return _table(("goal", "what", "expected", "found", ""), rows)


def tables(effects: Calibration, null: Calibration) -> str:
    """What was claimed, how often it was right, and P(best) beside the truth."""
    return "\n\n".join((_outcomes(effects, null), _right(effects, null), _chances(effects)))


def section(lines: Sequence[Line], calibrations: str, *, at: datetime) -> str:
    """The generated part, without its marks."""
    wrong = missed(lines)
    skipped = sum(line.held is None for line in lines)
    looked = len(lines) - skipped
    result = f"{looked - len(wrong)} of {looked} held" + (f", {skipped} not run" if skipped else "")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
    where = f"{versions}, Python {platform.python_version()}"
    return _TEXT.format(at=at, result=result, where=where, goals=goal_table(lines), calibrations=calibrations)


def _outcomes(effects: Calibration, null: Calibration) -> str:
    rows = [
        (outcome.value.replace("_", " "), *(_part(one, outcome) for one in (effects, null)))
        for outcome in VerdictOutcome
    ]
    return _table(
        ("verdict on a platform", f"{effects.worlds} worlds with effects", f"{null.worlds} worlds without"),
        rows,
    )


def _part(found: Calibration, outcome: VerdictOutcome) -> str:
    times = found.outcomes.get(outcome, 0)
    return f"{times} ({times / max(1, sum(found.outcomes.values())):.1%})"


def _right(effects: Calibration, null: Calibration) -> str:
    told = f"{effects.levels_told - effects.ill_levels} of {effects.levels_told}"
    rows = [
        (
            "reports that claim a winner, a factor or a difference",
            f"{effects.false_words:.1%}",
            f"{null.false_words:.1%}",
        ),
        ("named winners that are the best in truth", _percent(effects.winners_right), ""),
        ("regret of named winners", _percent(effects.winners_regret), ""),
        ("claimed levels on the right side of the mean", told, ""),
        ("the leading clip is the best in truth", f"{effects.top_right:.1%}", ""),
        ("regret of the leading clip", f"{effects.top_regret:.2%}", ""),
        ("highest raw CTR is the best in truth", f"{effects.raw_right:.1%}", ""),
        ("regret of the highest raw CTR", f"{effects.raw_regret:.2%}", ""),
        ("the leading clip's corrected rate exceeds its true rate by", f"{effects.top_flattered:+.1%}", ""),
        ("the highest raw CTR exceeds its true rate by", f"{effects.raw_flattered:+.1%}", ""),
        (
            "95 % intervals of clips' CTR that hold the truth",
            f"{effects.rates_held:.1%}",
            f"{null.rates_held:.1%}",
        ),
        ("95 % intervals of levels' rates", f"{effects.levels_held:.1%}", f"{null.levels_held:.1%}"),
        (
            "95 % intervals of levels' differences from the mean",
            f"{effects.differences_held:.1%}",
            f"{null.differences_held:.1%}",
        ),
    ]
    return _table(("how often it was right", "with effects", "without"), rows)


def _chances(effects: Calibration) -> str:
    rows = [
        (f"{one.low:.0%} to {one.high:.0%}", f"{one.clips:,}", f"{one.said:.1%}", f"{one.was:.1%}")
        for one in bins(effects)
    ]
    return _table(("P(best) as reported", "clips", "on average", "were the best"), rows)


def _percent(share: float | None) -> str:
    return "none named" if share is None else f"{share:.1%}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in (head, *rows)]
    return "\n".join([lines[0], f"| {' | '.join('---' for _ in head)} |", *lines[1:]])


_TEXT: Final = """\
Written by `make judge` on {at:%Y-%m-%d}. {where}. Result: {result}.

{goals}

### Calibration

Each world has two platforms, so there are twice as many verdicts as worlds. The truth of a winner, a level or an interval is what the simulation was given. Regret is how far
the true click rate of a pick is below that of the best clip. Clips of one world are shown about equally often. So shrinkage changes the rate that is promised
of the leading clip, and hardly which clip leads: those picks tie.

{calibrations}
"""
