"""What a driver above the library works in: the real world, or a rehearsal's."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from hailuo.clock import Clock, SystemClock
from hailuo.run.events import Observer, no_observer
from hailuo.run.runner import Runner
from hailuo.settings import Settings, load_settings


@asynccontextmanager
async def nobody_watches(runner: Runner) -> AsyncIterator[None]:
    """The progress is not shown."""
    del runner
    yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a driver above the library works in: the environment's settings and the real time, or a rehearsal's.

    `observe` takes the run's events, `watch` shows its progress while the block runs.
    """

    settings: Settings
    clock: Clock
    observe: Observer = no_observer
    watch: Callable[[Runner], AbstractAsyncContextManager[None]] = nobody_watches


_SURROUNDINGS: ContextVar[Surroundings | None] = ContextVar("surroundings", default=None)


def surroundings() -> Surroundings:
    """What `within` set, or the real world. Raises: SettingsError."""
    return _SURROUNDINGS.get() or Surroundings(settings=load_settings(), clock=SystemClock())


@contextmanager
def within(place: Surroundings) -> Iterator[None]:
    """Let the flows and commands started in this block work in other surroundings."""
    token = _SURROUNDINGS.set(place)
    try:
        yield
    finally:
        _SURROUNDINGS.reset(token)
