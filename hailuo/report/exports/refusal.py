"""An export that may not be used: every problem that was found, the first of them shown."""

from collections.abc import Sequence

from hailuo.errors import Place, Problem, RefusedError

_MOST_SHOWN = 20


class ExportError(RefusedError):
    """An ad platform's export, a mapping or ads.csv has problems; nothing was read. `every` is all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.every = tuple(sorted(set(problems)))
        shown = self.every[:_MOST_SHOWN]
        more = len(self.every) - len(shown)
        rest = [Problem(Place("…"), f"{more} more like these", "mend the first ones, then read again")]
        super().__init__([*shown, *(rest if more else [])])


def refuse(problems: Sequence[Problem]) -> None:
    """Nothing where there are no problems. Raises: ExportError with all of them."""
    if problems:
        raise ExportError(problems)
