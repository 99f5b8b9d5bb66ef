"""What standard output is: a terminal of some width, or a pipe."""

import sys
from typing import Final

from rich.console import Console

_PIPED_COLUMNS: Final = 10_000


def is_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout.isatty()


def console() -> Console:
    """Standard output. Without a terminal: no colours, no progress bars, no folded lines."""
    if is_terminal():
        return Console(highlight=False)
    return Console(highlight=False, soft_wrap=True, width=_PIPED_COLUMNS)
