"""Opening what settles the unknown attempts of one edition."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hailuo.clock import Clock
from hailuo.errors import AdmissionError, Place, Problem
from hailuo.ledger.ledger import Ledger
from hailuo.plan.file import read_plan
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
    ledger = Ledger(store, clock, edition, worker="reconcile")
    plan = await read_plan(store, edition)
    await ledger.load({line.job.creative_id for line in plan.lines} if plan else ())
    if plan is None and not ledger.records:
        reason = f"{store.uri} holds no run of {edition.campaign}, edition {edition.name}"
        problem = Problem(Place(edition.campaign), reason, "name another --edition, or set HAILUO_STORE")
        raise AdmissionError([problem])
    async with open_client(settings) as client:
        yield Reconciler(ledger, store, client, clock)
