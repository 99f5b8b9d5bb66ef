"""What a command or a flow runs in: settings and clock of the process, or those of a rehearsal."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hailuo.clock import Clock, SystemClock
from hailuo.settings import Settings, load_settings

if TYPE_CHECKING:
    from hailuo.run.events import Event, Observer
    from hailuo.run.runner import Runner


def _unobserved(event: "Event") -> None:
    """`no_observer`, without loading what a run needs."""
    del event


@asynccontextmanager
async def no_watcher(runner: "Runner") -> AsyncIterator[None]:
    """Show no progress."""
    del runner
    yield


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnvironment:
    """Settings, clock and observers of a command or a flow.

    `observe` takes the run's events, `watch` shows its progress while the block runs.
    """

    settings: Settings
    clock: Clock
    observe: "Observer" = _unobserved
    watch: "Callable[[Runner], AbstractAsyncContextManager[None]]" = no_watcher


_CURRENT: ContextVar[RunEnvironment | None] = ContextVar("run_environment", default=None)
_NEAR: ContextVar[Path | None] = ContextVar("near", default=None)


def run_environment() -> RunEnvironment:
    """The environment that `within` set; else that of the process and its project. Raises: SettingsError."""
    return _CURRENT.get() or RunEnvironment(settings=load_settings(_NEAR.get()), clock=SystemClock())


@contextmanager
def near(file: Path) -> Iterator[None]:
    """Look for the project of this campaign file in this block."""
    token = _NEAR.set(file)
    try:
        yield
    finally:
        _NEAR.reset(token)


@contextmanager
def within(environment: RunEnvironment) -> Iterator[None]:
    """Give the commands and flows that are started in this block another environment."""
    token = _CURRENT.set(environment)
    try:
        yield
    finally:
        _CURRENT.reset(token)
