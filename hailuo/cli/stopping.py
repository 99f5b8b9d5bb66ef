"""How a terminal shows a run, and how signals end it."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager

from hailuo.cli.progress import Watcher, watched
from hailuo.run.runner import Runner
from hailuo.run.watching import watched_by


def watching(watcher: Watcher) -> Callable[[Runner], AbstractAsyncContextManager[None]]:
    """Show a runner's progress on the terminal, and let signals interrupt it, while the context is open."""

    @contextlib.asynccontextmanager
    async def watch(runner: Runner) -> AsyncIterator[None]:
        with _stopping_on_signals(runner.interrupt):
            async with watched_by(watched(runner.progress, watcher)):
                yield

    return watch


@contextlib.contextmanager
def _stopping_on_signals(interrupt: Callable[[str], None]) -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and a closed terminal end the run cleanly; a second one ends it at once."""
    loop = asyncio.get_running_loop()
    names = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup: go on without the terminal
        names[signal.SIGHUP] = "SIGHUP: the terminal was closed"

    def stop(number: signal.Signals) -> None:
        interrupt(names[number])
        loop.remove_signal_handler(number)

    for number in names:
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in names:
            loop.remove_signal_handler(number)
