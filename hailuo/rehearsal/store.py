"""Stores of a rehearsal: in memory, and over a real one that is only read."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from hailuo.clock import Clock
from hailuo.errors import MissingKeyError
from hailuo.store import Store
from hailuo.store.port import Entry, FetchLinks, checked
from hailuo.testing import MemoryStore

_FRAMES_AT = "https://frames.invalid"
"""RFC 6761: never resolved. The vendor of a rehearsal takes one picture for every first frame."""


class ClipfreeStore(MemoryStore):
    """A store in memory that keeps of each clip its hash and length alone: ten thousand clips fit anywhere."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._lengths: dict[str, int] = {}

    async def put_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> None:
        self._lengths[key] = path.stat().st_size  # noqa: ASYNC240 (a small file, in virtual time)
        await self.put(key, sha256.encode(), content_type=content_type)

    async def create_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> bool:
        del content_type
        self._lengths[key] = path.stat().st_size  # noqa: ASYNC240 (a small file, in virtual time)
        return await self.create(key, sha256.encode())

    async def listing(self, prefix: str) -> Sequence[Entry]:
        return [
            Entry(entry.key, self._lengths.get(entry.key, entry.bytes), entry.modified_at)
            for entry in await super().listing(prefix)
        ]


class ReadOnlyStore(ClipfreeStore):
    """Another store as it is now, which is read and never written: what is new stays in memory.

    `offers_frames` if its first frames can be fetched where the other store itself does not say so.
    """

    def __init__(self, store: Store, clock: Clock, *, offers_frames: bool = False) -> None:
        super().__init__(clock)
        self._read = store
        self._offers_frames = offers_frames
        self._entries: Mapping[str, Entry] | None = None

    @property
    def uri(self) -> str:
        return self._read.uri

    async def create(self, key: str, content: bytes) -> bool:
        if key in await self._before():
            try:
                return await self.read(key) == content
            except MissingKeyError:  # deleted since it was listed
                pass
        return await super().create(key, content)

    async def read(self, key: str) -> bytes:
        try:
            return await super().read(key)
        except MissingKeyError:
            return await self._read.read(checked(key))

    async def listing(self, prefix: str) -> Sequence[Entry]:
        before = await self._before()
        found = {key: entry for key, entry in before.items() if key.startswith(prefix)}
        found.update((entry.key, entry) for entry in await super().listing(prefix))
        return [found[key] for key in sorted(found)]

    async def links(self, *, valid_for: timedelta) -> FetchLinks | None:
        if not self._offers_frames and await self._read.links(valid_for=valid_for) is None:
            return None
        return FetchLinks(url=lambda key: f"{_FRAMES_AT}/{checked(key)}", certain=True)

    async def _before(self) -> Mapping[str, Entry]:
        if self._entries is None:
            self._entries = {entry.key: entry for entry in await self._read.listing("")}
        return self._entries
