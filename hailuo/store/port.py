"""The interface of every store, and what it guarantees.

Keys are relative, "/"-separated, of `[A-Za-z0-9._{}=-]` parts that are not dots alone; any other key is a
ValueError. A part `.scratch` is the stores' own.
All methods raise `StoreUnavailableError` when the store does not answer.
"""

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from hailuo.errors import MissingKeyError

_READS_AT_ONCE: Final = 16
SCRATCH = ".scratch"
"""Reserved part: objects under it are in no listing."""

PART: Final = r"(?!(?:\.+|\.scratch)(?:/|\Z))[A-Za-z0-9._{}=-]+"
"""The pattern of one part of a key."""

_KEY = re.compile(rf"{PART}(?:/{PART})*")


def is_key(text: str) -> bool:
    """Whether the text is a valid key. A listing may hold others: any program can write into a folder or a bucket."""
    return _KEY.fullmatch(text) is not None


def checked(key: str) -> str:
    """Return the key if it is valid. Raises: ValueError."""
    if not is_key(key):
        raise ValueError(f"not a store key: {key!r}")
    return key


@dataclass(frozen=True, slots=True)
class Entry:
    """One object in a listing; `modified_at` is the store's own time."""

    key: str
    bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLinks:
    """URLs that need no credentials. `certain`: whether they are known to work for as long as was asked.

    `url` gives the one of a key, without asking anybody. It raises ValueError for what is no key.
    """

    url: Callable[[str], str]
    certain: bool


class Store(Protocol):
    """Bytes under keys, durable when a call returns."""

    @property
    def uri(self) -> str:
        """How people name this store: a path or `s3://bucket/prefix`."""
        ...

    async def create(self, key: str, content: bytes) -> bool:
        """Create once: True if `content` is now stored under the key, False if something else is.

        `content` must be unique to the caller (the ledger puts a nonce in it): a store may learn of its
        own success late, and then compares bytes.
        """
        ...

    async def read(self, key: str) -> bytes:
        """The bytes under the key. Raises: MissingKeyError."""
        ...

    async def put(self, key: str, content: bytes, *, content_type: str) -> None:
        """Write or replace, atomically."""
        ...

    async def put_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> None:
        """Write or replace from a file, atomically, and verify what arrived.

        Raises: DamagedClipError when the bytes under the key are not those of `sha256`.
        """
        ...

    async def create_file(self, key: str, path: Path, *, sha256: str, content_type: str) -> bool:
        """Create once from a file: True if the bytes of `sha256` are now under the key, False if others are.

        Raises: DamagedClipError when the file has other bytes, or others arrived.
        """
        ...

    async def listing(self, prefix: str) -> Sequence[Entry]:
        """Every object whose key starts with the prefix, sorted by key."""
        ...

    async def now(self) -> datetime:
        """The store's own time, to compare with `modified_at`."""
        ...

    async def probe(self) -> None:
        """Prove that the store can be written and that a key is created only once. Raises: UnsafeStoreError."""
        ...

    async def links(self, *, valid_for: timedelta) -> FetchLinks | None:
        """Links under which anyone can fetch objects for so long, or None where this store has none to offer."""
        ...


async def read_many(
    store: Store, keys: Sequence[str], *, progress: Callable[[int], None] = lambda _read: None
) -> dict[str, bytes]:
    """The bytes under each key, in the order of `keys`.

    Left out: a key that was deleted since it was listed, and a name that is no key, such as that of a sync copy.
    `progress` is called with the number of objects read so far. Raises: StoreUnavailableError.
    """
    import asyncio  # noqa: PLC0415 (slow to load, and commands that only read files do without)

    gate, contents = asyncio.Semaphore(_READS_AT_ONCE), dict[str, bytes]()

    async def read(key: str) -> None:
        async with gate:
            with contextlib.suppress(MissingKeyError):
                contents[key] = await store.read(key)
        progress(len(contents))

    await asyncio.gather(*map(read, filter(is_key, keys)))
    return {key: contents[key] for key in keys if key in contents}
