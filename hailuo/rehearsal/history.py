"""How long clips of each cell have taken, by what a store holds."""

import contextlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from hailuo.campaign.pricing import PriceKey, price_key_of
from hailuo.clock import Clock
from hailuo.errors import AdmissionError, LedgerError
from hailuo.ledger.facts import Done
from hailuo.plan.file import StoredEdition
from hailuo.store import Store
from hailuo.store.layout import Edition

_SAMPLES: Final = 64
_LEAST_SAMPLES: Final = 5
_EDITIONS: Final = 20
_SECONDS_AT_MOST: Final = 1800.0  # docs/reference/vendor.md#limits-and-times


async def render_seconds(
    store: Store, clock: Clock, cells: Collection[PriceKey]
) -> Mapping[PriceKey, tuple[float, ...]]:
    """The render times of each cell with at least five stored clips, of the newest editions; up to 64 each.

    From the submit to the end. Raises: StoreUnavailableError.
    """
    newest: dict[Edition, datetime] = {}
    for entry in await store.listing(""):
        if edition := Edition.that_bought(entry.key):
            newest[edition] = max(entry.modified_at, newest.get(edition, entry.modified_at))
    found: dict[PriceKey, list[float]] = defaultdict(list)
    for edition in sorted(newest, key=lambda edition: (newest[edition], str(edition)), reverse=True)[
        :_EDITIONS
    ]:
        if all(len(found[cell]) >= _SAMPLES for cell in cells):
            break
        with contextlib.suppress(LedgerError, AdmissionError):
            await _read_edition(store, clock, edition, cells, found)
    return {
        cell: tuple(seconds[:_SAMPLES]) for cell, seconds in found.items() if len(seconds) >= _LEAST_SAMPLES
    }


async def _read_edition(
    store: Store,
    clock: Clock,
    edition: Edition,
    cells: Collection[PriceKey],
    found: Mapping[PriceKey, list[float]],
) -> None:
    stored = await StoredEdition.read(store, clock, edition, worker="rehearsal")
    for creative_id, job in stored.jobs.items():
        done, cell = stored.ledger.record(creative_id).done, price_key_of(job.variant)
        if done and cell in cells and (seconds := _seconds(done)):
            found[cell].append(seconds)


def _seconds(done: Done) -> float | None:
    """How long the vendor took: by its own word where the clocks agree, else until the clip was stored.

    None where it waited so long that it was left to another run.
    """
    stored = (done.stored_at - done.submitted_at).total_seconds()
    ended = (done.completed_at - done.submitted_at).total_seconds() if done.completed_at else stored
    seconds = ended if 0 < ended <= stored else stored
    return seconds if 0 < seconds <= _SECONDS_AT_MOST else None
