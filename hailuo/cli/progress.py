"""Progress of a run: bars on a terminal, one line per event without one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from hailuo.campaign.pricing import usd
from hailuo.cli.plain import say
from hailuo.cli.terminal import console, is_terminal
from hailuo.clock import SystemClock
from hailuo.run.events import Event, Progress
from hailuo.text import printable

_REFRESH_SECONDS = 0.25
_LAST_EVENTS = 4


class Watcher:
    """Receives a run's events and keeps the last few for the screen."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.last: list[str] = []
        self._clock = SystemClock()  # the time of the reader, also in a rehearsal

    def __call__(self, event: Event) -> None:
        line = event.in_words()
        if line is None or self.quiet:
            return
        self.last = [*self.last, printable(line)][-_LAST_EVENTS:]
        if not is_terminal():
            say(f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ} {line}")


@contextlib.asynccontextmanager
async def watched(progress: Callable[[], Progress], watcher: Watcher) -> AsyncIterator[None]:
    """Bars while the block runs, when there is a terminal to draw them on."""
    if watcher.quiet or not is_terminal():
        yield
        return
    bars = _bars()
    bars.add_task("clips", total=progress().jobs)
    with Live(console=console(), auto_refresh=False, transient=True) as live:
        drawing = asyncio.create_task(_draw(live, bars, progress, watcher))
        try:
            yield
        finally:
            drawing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await drawing


async def _draw(live: Live, bars: Bars, progress: Callable[[], Progress], watcher: Watcher) -> None:
    clock = SystemClock()  # the screen is refreshed in real time, also in a rehearsal
    while True:
        now = progress()
        bars.update(bars.task_ids[0], completed=now.stored)
        live.update(Group(bars, Text(_state_line(now)), *(Text(line, style="dim") for line in watcher.last)))
        live.refresh()
        await clock.sleep(_REFRESH_SECONDS)


def _state_line(now: Progress) -> str:
    money = f"{usd(now.spent_usd)} spent, {usd(now.reserved_usd)} reserved"
    return f"{now.stored} stored · {now.in_flight} in flight · {now.queued} queued · {money}"


def _bars() -> Bars:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    return Bars(*columns, console=console())
