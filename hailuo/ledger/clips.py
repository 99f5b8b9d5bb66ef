"""The clips of an edition as the store lists them, compared with the `done` facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter, ValidationError

from hailuo.errors import MissingKeyError
from hailuo.lazy import DEFERRED
from hailuo.ledger.facts import ClipFault, Done
from hailuo.store import Entry, Store
from hailuo.store.layout import ClipKey, Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedClip:
    """A clip whose bytes were found to be others than its `done` fact says; valid while it was not written again."""

    sha256: str
    modified_at: datetime


_CHANGED: Final = TypeAdapter(dict[str, ChangedClip], config=DEFERRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipListing:
    """The objects under `clips/` by key, and what the last verification found to be changed.

    `creative_ids` are the jobs that have a clip here, whatever the ledger says.
    """

    entries: Mapping[str, Entry]
    changed: Mapping[str, ChangedClip]
    creative_ids: frozenset[str]

    def fault(self, done: Done) -> ClipFault | None:
        """Why the clip cannot be the one that was stored, as far as a listing shows it."""
        entry, changed = self.entries.get(done.key), self.changed.get(done.key)
        if entry is None:
            return ClipFault.MISSING
        is_changed = changed and changed.modified_at == entry.modified_at and changed.sha256 != done.sha256
        return ClipFault.CHANGED if is_changed or entry.bytes != done.bytes else None


async def list_clips(store: Store, edition: Edition) -> ClipListing:
    """One listing, and one read where something was found to be changed. Raises: StoreUnavailableError."""
    entries = {entry.key: entry for entry in await store.listing(edition.clips)}
    changed: Mapping[str, ChangedClip] = {}
    if edition.changed_clips in entries:
        try:
            changed = _CHANGED.validate_json(await store.read(edition.changed_clips))
        except (MissingKeyError, ValidationError):  # a cache: `hailuo verify` writes it again
            changed = {}
    creative_ids = frozenset(clip.creative_id for key in entries if (clip := ClipKey.of(key)))
    return ClipListing(entries=entries, changed=changed, creative_ids=creative_ids)


async def keep_changed(store: Store, edition: Edition, changed: Mapping[str, ChangedClip]) -> None:
    """Keep what a verification found, for the next run to collect again. Raises: StoreUnavailableError."""
    content = _CHANGED.dump_json(dict(changed))
    await store.put(edition.changed_clips, content, content_type="application/json")
