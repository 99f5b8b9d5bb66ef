"""A ledger on a store, in virtual time; several workers may open one each."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hailuo.clock import Clock
from hailuo.ledger.ledger import Ledger
from hailuo.store import FolderStore, Store
from hailuo.store.layout import Edition
from hailuo.testing import MemoryStore, VirtualClock

MakeLedger = Callable[..., Ledger]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, clock: VirtualClock, tmp_path: Path) -> Store:
    return MemoryStore(clock) if request.param == "memory" else FolderStore(tmp_path)


@pytest.fixture
def make_ledger(store: Store, clock: VirtualClock) -> MakeLedger:
    """One worker's view of the edition `main` of the campaign `shoe`, not loaded yet."""

    def make(worker: str = "ann", *, edition: str = "main", its_clock: Clock = clock) -> Ledger:
        return Ledger(store, its_clock, Edition("shoe", edition), worker=worker)

    return make
