"""The one place through which a run is watched. Whatever watches it may fail; the run goes on."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from hailuo.logs import quiet_logger
from hailuo.run.events import Event, EventKind, Observer

_log = quiet_logger(__name__)


class Announcer:
    """Passes events on to a run's observer. What that raises is logged, and goes no further."""

    def __init__(self, observe: Observer) -> None:
        self._observe = observe

    def __call__(self, event: Event) -> None:
        try:
            self._observe(event)
        except Exception as error:  # noqa: BLE001 (an observer is anybody's code)
            _log.warning("hailuo.watching.observer_failed: %s: %s", type(error).__name__, error)

    def alarm(self, creative_id: str, text: str) -> None:
        """Log and announce what a person has to look at."""
        _log.info("hailuo.alarm", extra={"creative_id": creative_id, "text": text})
        self(Event(kind=EventKind.ALARM, creative_id=creative_id, text=text))


@asynccontextmanager
async def watched_by(display: AbstractAsyncContextManager[object]) -> AsyncIterator[None]:
    """Keep a display open while the block runs. What it raises is logged; what the block raises is raised."""
    is_open = await quietly(display.__aenter__())
    try:
        yield
    finally:
        if is_open:
            await quietly(display.__aexit__(None, None, None))


async def quietly(showing: Awaitable[object]) -> bool:
    """Await something that only shows or reports; whether it worked. What it raises is logged."""
    try:
        await showing
    except Exception as error:  # noqa: BLE001 (a display is anybody's code)
        _log.warning("hailuo.watching.display_failed: %s: %s", type(error).__name__, error)
        return False
    return True
