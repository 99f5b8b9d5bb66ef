"""The store in memory keeps every promise of the real ones."""

from asyncio import run
from datetime import timedelta

import pytest

from hailuo.store import Store
from hailuo.testing import MemoryStore, VirtualClock
from tests.store.contract import KEY, TEXT, StoreContract, link


class TestMemoryStore(StoreContract):
    """A fake cannot drift away from what it stands for."""

    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore(VirtualClock())


def test_its_time_is_its_clocks() -> None:
    """Tests make objects old by letting virtual time pass."""
    clock = VirtualClock()
    store = MemoryStore(clock)
    run(store.put(KEY, b"x", content_type=TEXT))

    clock.advance(3600)

    (entry,) = run(store.listing(""))
    assert run(store.now()) - entry.modified_at == timedelta(hours=1)


def test_it_offers_no_url_unless_somebody_serves_it() -> None:
    """Without a server the vendor cannot fetch a first frame."""
    clock, hour = VirtualClock(), timedelta(hours=1)

    assert link(MemoryStore(clock), KEY, hour) == ""
    served = MemoryStore(clock, served_at="http://127.0.0.1:9/s/")
    assert link(served, KEY, hour) == f"http://127.0.0.1:9/s/{KEY}"
