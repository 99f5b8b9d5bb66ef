"""Inspections in the store: kept, and read again."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from hailuo.errors import MissingKeyError
from hailuo.media.inspection import QA_VERSION, Inspection, from_json, to_json
from hailuo.store import Store
from hailuo.store.layout import Edition

_AT_ONCE: Final = 16
_log = logging.getLogger(__name__)


async def keep_inspection(store: Store, inspection: Inspection, creative_id: str, edition: Edition) -> None:
    """Write it over the one before, atomically. Raises: StoreUnavailableError."""
    await store.put(edition.inspection(creative_id), to_json(inspection), content_type="application/json")


async def read_inspections(store: Store, edition: Edition) -> Mapping[str, Inspection]:
    """The inspections of an edition by creative id, those of this QA_VERSION only; a clip without one was not checked.

    Raises: StoreUnavailableError.
    """
    entries = await store.listing(edition.checks)
    gate = asyncio.Semaphore(_AT_ONCE)
    read = await asyncio.gather(*(_read(store, entry.key, gate) for entry in entries))
    return {
        PurePosixPath(entry.key).stem: inspection
        for entry, inspection in zip(entries, read, strict=True)
        if inspection and inspection.qa_version == QA_VERSION
    }


async def _read(store: Store, key: str, gate: asyncio.Semaphore) -> Inspection | None:
    async with gate:
        try:
            return from_json(await store.read(key))
        except MissingKeyError:
            return None  # deleted since the listing
        except ValueError:  # of another version of this program, or cut by hand: it is made anew
            _log.warning("hailuo.check.not_readable", extra={"key": key})
            return None
