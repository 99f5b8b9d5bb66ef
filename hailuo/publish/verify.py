"""Compares every stored clip and copy with its recorded hash, and looks for missing previews. Nothing is bought or deleted."""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from hailuo.clock import Clock
from hailuo.errors import MissingKeyError, Place, Problem
from hailuo.ledger.clips import ChangedClip, keep_changed, list_clips
from hailuo.ledger.fact_json import RESTORE
from hailuo.media import Preview, read_inspections
from hailuo.media.conformed import read_records
from hailuo.plan.file import StoredEdition
from hailuo.store import Store
from hailuo.store.layout import ClipKey, Edition

_READS_AT_ONCE: Final = 4
"""Clips in memory at a time."""

_REMEDIES: Final = {
    "clip": "run again, or `hailuo collect {edition}`: it is collected again where the vendor still has it",
    "preview": "`hailuo check {edition}` makes it again",
    "copy": "delete what is left of it, then `hailuo conform {edition}` makes it again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFault:
    """An object that is missing, or that has other bytes than were recorded."""

    kind: Literal["clip", "preview", "copy"]
    creative_id: str
    key: str
    fault: Literal["missing", "changed"]
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedEdition:
    """One edition: how many clips and copies were read, what is wrong with them, and with the ledger's records."""

    edition: Edition
    read: int
    faults: tuple[StoredFault, ...]
    findings: tuple[Problem, ...]

    @property
    def is_sound(self) -> bool:
        """Whether everything is as it was recorded."""
        return not self.faults and not self.findings


async def verify(store: Store, clock: Clock, edition: Edition) -> VerifiedEdition:
    """Read every clip and copy of an edition, and compare its SHA-256 with the record.

    Changed clips are noted beside the clips, so that the next run collects them again.
    Raises: AdmissionError when the edition never ran, StoreUnavailableError.
    """
    stored = await StoredEdition.read(store, clock, edition, worker="verify")
    dones = {cid: record.done for cid, record in stored.ledger.records.items() if record.done}
    copies = await read_records(store, edition)
    listing = await list_clips(store, edition)
    wanted = {done.key: done.sha256 for done in dones.values()} | {c.key: c.sha256 for c in copies}
    held = await _hashes(store, wanted)
    entries = {
        key: entry
        for key, entry in listing.entries.items()
        if held.get(key, wanted.get(key)) != wanted.get(key)
    }
    changed = {
        key: ChangedClip(sha256=held[key] or "", modified_at=e.modified_at) for key, e in entries.items()
    }
    if changed != dict(listing.changed):
        await keep_changed(store, edition, changed)

    def fault(kind: Literal["clip", "preview", "copy"], creative_id: str, key: str) -> StoredFault:
        remedy = _REMEDIES[kind].format(edition=edition)
        is_missing = held.get(key) is None
        return StoredFault(
            kind=kind,
            creative_id=creative_id,
            key=key,
            fault="missing" if is_missing else "changed",
            remedy=remedy,
        )

    faults = [fault("clip", cid, done.key) for cid, done in dones.items() if held[done.key] != done.sha256]
    faults += [
        fault("preview", cid, key) for cid, key in await _lost_previews(store, edition) if cid in dones
    ]
    faults += [fault("copy", c.derived_from, c.key) for c in copies if held[c.key] != c.sha256]
    lost = await stored.ledger.without_facts(sorted(stored.ledger.unrecorded_clips))
    deleted = [
        Problem(Place(edition.clip(cid)), "is a clip without a fact in the ledger", RESTORE) for cid in lost
    ]
    findings = (*stored.ledger.findings, *deleted, *_foreign(edition, listing.entries))
    return VerifiedEdition(edition=edition, read=len(wanted), faults=tuple(faults), findings=findings)


def _foreign(edition: Edition, keys: Iterable[str]) -> Iterator[Problem]:
    """What lies among the clips and has no clip's name, such as what a sync program left."""
    for key in keys:
        if key != edition.changed_clips and ClipKey.of(key) is None:
            yield Problem(Place(key), "is no clip of this edition", "move it out of the store")


async def _hashes(store: Store, keys: Mapping[str, object]) -> dict[str, str | None]:
    """SHA-256 (hex) of what is under each key; None where there is nothing."""
    gate = asyncio.Semaphore(_READS_AT_ONCE)

    async def sha256(key: str) -> str | None:
        async with gate:
            try:
                content = await store.read(key)
            except MissingKeyError:
                return None
            return await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())

    return dict(zip(keys, await asyncio.gather(*map(sha256, keys)), strict=True))


async def _lost_previews(store: Store, edition: Edition) -> list[tuple[str, str]]:
    """Creative id and key of every preview that an inspection says was made, and that is not there."""
    inspections = await read_inspections(store, edition)
    there = {entry.key for entry in await store.listing(edition.previews)}
    playable = (cid for cid, found in inspections.items() if not (found.unplayable or found.unchecked))
    keys = ((cid, edition.preview(cid, preview)) for cid in playable for preview in Preview)
    return [(cid, key) for cid, key in keys if key not in there]
