"""Rollups: `done` facts of many jobs in one object, so that a resumed edition need not read each.

A cache, never an authority: that a job is done is shown by its own key in the listing; a rollup only saves
reading what the key holds, which never changes. Deleting every rollup costs requests and nothing else.
"""

import contextlib
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from pydantic import TypeAdapter, ValidationError

from hailuo.errors import StoreUnavailableError
from hailuo.lazy import DEFERRED
from hailuo.ledger.facts import Done
from hailuo.store import Entry, Store, read_many
from hailuo.store.layout import Edition

ROLLUP_SIZE: Final = 100
"""Done facts per rollup: one request more per hundred clips, a hundred reads fewer at the next start."""

_NAME: Final = re.compile(r"[0-9a-f]{24}")
_ADAPTER: Final[TypeAdapter[dict[str, Done]]] = TypeAdapter(dict[str, Done], config=DEFERRED)


class Rollups:
    """The rollups of one edition. Several workers may write them; none is ever changed."""

    def __init__(self, store: Store, edition: Edition) -> None:
        self._store = store
        self._prefix = edition.rollups
        self._pending: dict[str, Done] = {}

    async def read(self) -> Mapping[str, Done]:
        """Every done fact that some rollup holds, by creative id; what is no rollup is passed over."""
        entries = await self._store.listing(self._prefix)
        found: dict[str, Done] = {}
        for content in (
            await read_many(self._store, [entry.key for entry in entries if _is_key(entry)])
        ).values():
            with contextlib.suppress(ValidationError):  # damaged: its facts are read, and rolled up again
                found.update(_ADAPTER.validate_json(content))
        return found

    async def add(self, facts: Iterable[tuple[str, Done]]) -> None:
        """Take done facts; whenever a hundred are together they are written as one rollup."""
        self._pending.update(facts)
        while len(self._pending) >= ROLLUP_SIZE:
            taken = dict(list(self._pending.items())[:ROLLUP_SIZE])
            self._pending = {cid: done for cid, done in self._pending.items() if cid not in taken}
            with contextlib.suppress(StoreUnavailableError):  # costs reads at the next start, nothing else
                await self._store.create(f"{self._prefix}{secrets.token_hex(12)}", _ADAPTER.dump_json(taken))


def _is_key(entry: Entry) -> bool:
    return _NAME.fullmatch(entry.key.rpartition("/")[2]) is not None
