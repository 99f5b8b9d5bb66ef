"""Opening what settles the unknown attempts of one edition."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hailuo.clock import Clock
from hailuo.plan.file import StoredEdition
from hailuo.reconcile.reconciler import Reconciler
from hailuo.run.session import open_client
from hailuo.settings import Settings
from hailuo.store.layout import Edition
from hailuo.store.open import open_store


@asynccontextmanager
async def open_reconciler(settings: Settings, clock: Clock, edition: Edition) -> AsyncIterator[Reconciler]:
    """Store and vendor opened, the edition's ledger read; needs no campaign file.

    Raises: AdmissionError when nothing was ever run, SettingsError, StoreUnavailableError, LedgerError.
    """
    store = open_store(settings)
    stored = await StoredEdition.read(store, clock, edition, worker="reconcile")
    async with open_client(settings) as client:
        yield Reconciler(stored.ledger, store, client, clock)
