"""What every part of a run works with: its connections, writes that are repeated, and the signal that ends waits."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from random import Random, SystemRandom
from typing import Any, Final, TypeVar

from hailuo.campaign.catalog import Catalog, Limits
from hailuo.campaign.job import Job
from hailuo.clock import Clock
from hailuo.errors import Place, Problem, SettingsError, StoreFullError, StoreUnavailableError
from hailuo.ledger.ledger import Ledger
from hailuo.logs import quiet_logger
from hailuo.run.pace import Hold, HoldObserver, Limiter, LimitName, PollSchedule, no_hold_observer
from hailuo.settings import Settings
from hailuo.store import Store
from hailuo.vendor import VideoClient

T = TypeVar("T")
_log = quiet_logger(__name__)

_WRITE_TRIES: Final = 9
_WRITE_LONGEST_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """An open store and an open vendor client, to be used in place of those that the settings name.

    `random` gives the jitter of waits; `held` hears of each wait for a limit.
    """

    store: Store
    client: VideoClient
    random: Random = field(default_factory=SystemRandom)
    held: HoldObserver = no_hold_observer


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The run's connections to the world; `scratch` is a folder for downloads under way.

    `own_times` are the settings of times that a person gave: a catalog does not replace those. `exposure_usd` is what the
    first clips of a model may cost before one is stored.
    """

    ledger: Ledger
    store: Store
    client: VideoClient
    limiter: Limiter
    schedule: PollSchedule
    clock: Clock
    random: Random
    catalog: Catalog
    scratch: Path
    own_times: frozenset[str] = frozenset()
    exposure_usd: Decimal = Decimal(0)
    held: HoldObserver = no_hold_observer

    async def holding(self, limit: LimitName, creative_id: str, wait: Awaitable[T]) -> T:
        """The result of a wait of one job for a limit, of which `held` hears where time passed."""
        since = self.clock.monotonic()
        result = await wait
        if (until := self.clock.monotonic()) > since:
            self.held(Hold(limit=limit, since=since, until=until, of=creative_id))
        return result

    def family_of(self, job: Job) -> str:
        """The family of the job's model; the model itself where the catalog does not have it any more."""
        model = self.catalog.model(job.variant.model)
        return model.family if model else job.variant.model

    def limits_of(self, family: str) -> Limits:
        """The pace that a family bears, by the catalog."""
        known = self.catalog.families.get(family)
        return known.limits if known else Limits()

    def schedule_of(self, job: Job) -> PollSchedule:
        """When the job's task is polled and overdue: by the settings that a person gave, else by its family."""
        limits = self.limits_of(self.family_of(job))
        first, deadline = limits.first_poll_s, limits.deadline_s
        if first is None or "poll_first_seconds" in self.own_times:
            first = self.schedule.first_seconds
        if deadline is None or "deadline_seconds" in self.own_times:
            deadline = self.schedule.deadline_seconds
        return replace(self.schedule, first_seconds=first, deadline_seconds=deadline)


def tools_of(
    settings: Settings,
    ledger: Ledger,
    connections: Connections,
    *,
    clock: Clock,
    catalog: Catalog,
    scratch: Path,
) -> Tools:
    """The tools for one edition's ledger, with the limits and times of the settings."""
    return Tools(
        ledger=ledger,
        store=connections.store,
        client=connections.client,
        limiter=Limiter(
            submits_per_minute=settings.submits_per_minute,
            in_flight=settings.in_flight,
            clock=clock,
            random=connections.random,
            held=connections.held,
        ),
        schedule=PollSchedule(
            first_seconds=settings.poll_first_seconds,
            every_seconds=settings.poll_every_seconds,
            deadline_seconds=settings.deadline_seconds,
            polls_per_minute=settings.most_polls_per_minute,
            is_learned="poll_every_seconds" not in settings.model_fields_set,
        ),
        clock=clock,
        random=connections.random,
        held=connections.held,
        exposure_usd=settings.exposure_usd,
        catalog=catalog,
        scratch=scratch,
        own_times=frozenset(settings.model_fields_set) & {"poll_first_seconds", "deadline_seconds"},
    )


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for downloads under way. Raises: SettingsError when this machine has no place for one."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="hailuo-", ignore_cleanup_errors=True)
    except OSError as error:
        reason = f"there is no folder for temporary files ({error.strerror})"
        raise SettingsError([Problem(Place("TMPDIR"), reason, "name a writable folder")]) from error
    with folder as name:
        yield Path(name)


async def retry_until_recorded(
    clock: Clock, write: Callable[[], Awaitable[T]], *, about: str, tries_when_full: int | None = None
) -> T:
    """Repeat a write that the store did not answer, for about two minutes: 1, 2, 4 ... 30 s apart.

    `about` goes into the log: it names what would be forgotten, such as the task id. A store without room is tried
    `tries_when_full` times at most: give it where nothing is forgotten.
    Raises: StoreUnavailableError, saying so, when the last try fails too; StoreFullError where it has no room.
    """
    last: StoreUnavailableError | None = None
    for tries in range(1, _WRITE_TRIES + 1):
        try:
            return await write()
        except StoreUnavailableError as error:
            _log.error("hailuo.store.unavailable: %s; try %d of %d: %s", about, tries, _WRITE_TRIES, error)
            last = error
            if isinstance(error, StoreFullError) and tries == tries_when_full:
                break
        await clock.sleep(min(_WRITE_LONGEST_SECONDS, 2.0 ** (tries - 1)))
    kind = StoreFullError if isinstance(last, StoreFullError) else StoreUnavailableError
    raise kind(f"{about}, but writing it to the store failed: {last}") from last


class StoppedError(Exception):
    """The signal was set while this was waiting. Never leaves the runner."""


class StopSignal:
    """Set once, with a reason, and then every wait under it ends; a later reason is ignored."""

    def __init__(self) -> None:
        self._waits: set[_Wait] = set()
        self.reason: str | None = None

    def set(self, reason: str) -> None:
        self.reason = self.reason or reason
        for wait in self._waits:
            wait.end()

    async def run_until_stopped(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`; StoppedError, with `work` cancelled, when the signal is set first.

        It runs in the task that asks, for thousands of jobs wait at once: no wait costs a task of its own.
        """
        if self.reason:
            work.close()
            raise StoppedError(self.reason)
        wait = _Wait()
        self._waits.add(wait)
        try:
            return await work
        except asyncio.CancelledError:
            if wait.is_ended_alone():
                raise StoppedError(self.reason) from None
            raise
        finally:
            wait.is_open = False
            self._waits.discard(wait)


class _Wait:
    """What the current task waits for under a signal. It ends as `asyncio.timeout` does: by a cancellation taken back."""

    def __init__(self) -> None:
        task = asyncio.current_task()
        assert task  # noqa: S101 (a coroutine that runs has one)
        self._task = task
        self._cancelled_before = task.cancelling()
        self._is_ended = False
        self.is_open = True

    def end(self) -> None:
        if (
            self._task is asyncio.current_task()
        ):  # it set the signal itself, and may have ended when its turn comes
            asyncio.get_running_loop().call_soon(self._cancel)
        else:
            self._cancel()

    def _cancel(self) -> None:
        if self.is_open and not self._is_ended:
            self._is_ended = True
            self._task.cancel()

    def is_ended_alone(self) -> bool:
        """Whether only the signal cancelled the task; then it is cancelled no more."""
        return self._is_ended and self._task.uncancel() <= self._cancelled_before
