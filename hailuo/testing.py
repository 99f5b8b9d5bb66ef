"""Fakes that ship with the library: time that moves only when asked, a store in memory, and watched connections.

The vendor's fake is `hailuo.simulator`: it speaks the vendor's own language.
`WatchedStore` and `WatchedTransport` announce every effect of a process on the outside world. A test can stop the
process there, as a crash would.
"""

import asyncio
import hashlib
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import httpx

from hailuo.clock import Clock
from hailuo.errors import DamagedClipError, MissingKeyError
from hailuo.store.port import Entry, FetchLinks, Store, checked

T = TypeVar("T")


class VirtualClock:
    """A clock on which a night passes within a second.

    Coroutines given to `run` see time jump to the next waiter whenever no task has anything left to
    do; work in threads is waited for. Time goes on from one `run` to the next, as after a crash.
    Without `threads` such work is done at once, in its order: the same night then passes the same way each time.
    """

    def __init__(
        self, start: datetime = datetime(2026, 11, 22, 22, 0, tzinfo=UTC), *, threads: bool = True
    ) -> None:
        self._start = start
        self.threads = threads
        self.seconds = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))  # noqa: TID251 (the virtual loop's own sleep)

    def advance(self, seconds: float) -> None:
        """Let time pass between two runs."""
        self.seconds += seconds

    def run(self, main: Coroutine[object, object, T]) -> T:
        """Run to the end in virtual time."""
        with asyncio.Runner(loop_factory=lambda: _VirtualLoop(self)) as runner:
            return runner.run(main)


class _VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is a VirtualClock's."""

    def __init__(self, clock: VirtualClock) -> None:
        self._virtual = clock
        self.threads_at_work = 0
        super().__init__(_JumpingSelector(self, clock))

    def time(self) -> float:
        return self._virtual.seconds

    def run_in_executor(
        self, executor: Executor | None, func: Callable[..., T], *args: object
    ) -> asyncio.Future[T]:
        if not self._virtual.threads:
            done: asyncio.Future[T] = self.create_future()
            try:
                done.set_result(func(*args))
            except Exception as error:  # noqa: BLE001 (as of a thread: it is raised where it is awaited)
                done.set_exception(error)
            return done
        self.threads_at_work += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, _: object) -> None:
        self.threads_at_work -= 1


class _JumpingSelector(selectors.SelectSelector):
    """Instead of waiting for the time to pass, lets it have passed."""

    def __init__(self, loop: _VirtualLoop, clock: VirtualClock) -> None:
        super().__init__()
        self._loop = loop
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._loop.threads_at_work and timeout != 0:
            return super().select(None)  # the thread's end wakes the loop
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(0)
        if not ready:
            self._clock.seconds += timeout
        return ready


class MemoryStore:
    """A store in memory that outlives the runs of a test. Held to the same contract as the real ones."""

    def __init__(self, clock: Clock, *, served_at: str | None = None) -> None:
        self._clock = clock
        self._served_at = served_at
        self._objects: dict[str, tuple[bytes, datetime]] = {}

    @property
    def uri(self) -> str:
        return "memory"

    async def create(self, key: str, content: bytes) -> bool:
        kept, _ = self._objects.setdefault(checked(key), (content, self._clock.now()))
        return kept == content

    async def read(self, key: str) -> bytes:
        if checked(key) not in self._objects:
            raise MissingKeyError(f"{key} is not in {self.uri}")
        return self._objects[key][0]

    async def put(self, key: str, content: bytes, *, content_type: str) -> None:
        del content_type
        self._objects[checked(key)] = (content, self._clock.now())

    async def put_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> None:
        content = await asyncio.to_thread(path.read_bytes)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DamagedClipError(f"{key}: other bytes arrived than {sha256}; nothing was replaced")
        await self.put(key, content, content_type=content_type)

    async def create_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> bool:
        del content_type
        content = await asyncio.to_thread(path.read_bytes)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise DamagedClipError(f"{key}: other bytes arrived than {sha256}; nothing was created")
        return await self.create(key, content)

    async def listing(self, prefix: str) -> Sequence[Entry]:
        found = sorted((key, *kept) for key, kept in self._objects.items() if key.startswith(prefix))
        return [Entry(key, len(content), at) for key, content, at in found]

    async def now(self) -> datetime:
        return self._clock.now()

    async def probe(self) -> None:
        """Nothing to prove: `setdefault` creates once."""

    async def links(self, *, valid_for: timedelta) -> FetchLinks | None:
        del valid_for  # served for as long as somebody serves it
        if self._served_at is None:
            return None
        base = self._served_at.rstrip("/")
        return FetchLinks(url=lambda key: f"{base}/{checked(key)}", certain=True)


class Effects(Protocol):
    """What is called around every effect: a store call ("create KEY") or a vendor request ("POST /v1/videos")."""

    async def before(self, effect: str) -> None:
        """Called before the effect takes place; when this does not return, it never does."""
        ...

    async def after(self, effect: str) -> None:
        """Called when the effect has taken place, and before the process learns of it."""
        ...


class WatchedStore:
    """A store whose every call is announced to `effects`."""

    def __init__(self, store: Store, effects: Effects) -> None:
        self._store = store
        self._effects = effects

    @property
    def uri(self) -> str:
        return self._store.uri

    async def create(self, key: str, content: bytes) -> bool:
        return await self._announced(f"create {key}", lambda: self._store.create(key, content))

    async def read(self, key: str) -> bytes:
        return await self._announced(f"read {key}", lambda: self._store.read(key))

    async def put(self, key: str, content: bytes, *, content_type: str) -> None:
        put = partial(self._store.put, key, content, content_type=content_type)
        await self._announced(f"put {key}", put)

    async def put_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> None:
        put = partial(self._store.put_file, key, path, sha256=sha256, content_type=content_type)
        await self._announced(f"put_file {key}", put)

    async def create_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> bool:
        create = partial(self._store.create_file, key, path, sha256=sha256, content_type=content_type)
        return await self._announced(f"create_file {key}", create)

    async def listing(self, prefix: str) -> Sequence[Entry]:
        return await self._announced(f"listing {prefix}", lambda: self._store.listing(prefix))

    async def now(self) -> datetime:
        return await self._announced("now", self._store.now)

    async def probe(self) -> None:
        await self._announced("probe", self._store.probe)

    async def links(self, *, valid_for: timedelta) -> FetchLinks | None:
        return await self._announced("links", lambda: self._store.links(valid_for=valid_for))

    async def _announced(self, effect: str, act: Callable[[], Awaitable[T]]) -> T:
        await self._effects.before(effect)
        result = await act()
        await self._effects.after(effect)
        return result


class WatchedTransport(httpx.AsyncBaseTransport):
    """A transport whose every request is announced to `effects`; the answer's body comes after that."""

    def __init__(self, transport: httpx.AsyncBaseTransport, effects: Effects) -> None:
        self._transport = transport
        self._effects = effects

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        effect = f"{request.method} {request.url.path}"
        await self._effects.before(effect)
        response = await self._transport.handle_async_request(request)
        await self._effects.after(effect)
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()
