"""How the money records are read: in a handful of requests, whatever else lies beside them."""

import asyncio
import gzip
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from hailuo.campaign.pricing import PriceKey
from hailuo.errors import AdmissionError
from hailuo.ledger.grants import Grants
from hailuo.ledger.prices import AcceptedPrice, read_prices, record_price
from hailuo.store.layout import GRANTS, GRANTS_ROLLUP, PRICES
from hailuo.testing import MemoryStore, VirtualClock, WatchedStore
from tests.ledger.test_grants import NOW, cap_of, grant_of

JSON = "application/json"
STRANGERS = (".DS_Store", ".nfs000000000004", "00000001 (conflicted copy)", "~00000002", "v2-00000001")
NO_ROLLUPS = {
    "empty": b"",
    "no gzip": b"\x00garbage",
    "cut": gzip.compress(b"[]" * 99)[:20],
    "no JSON": gzip.compress(b"garbage"),
    "of a newer version": gzip.compress(b'[{"kind": "lease"}]'),
    "another shape": gzip.compress(b"{}"),
}
NO_FACTS = {
    "empty": (b"", "is empty"),
    "garbage": (b"\x00\x01", "is no JSON"),
    "of a newer version": (b'{"kind": "lease"}', "a newer version wrote it"),
    "cut": (b'{"kind": "grant", "run": "a"', "is no JSON"),
    "another shape": (b"[]", "is no valid fact"),
}


@dataclass
class Requests:
    """Counts the effects on a store, by their first word."""

    counts: Counter[str] = field(default_factory=Counter)

    async def before(self, effect: str) -> None:
        self.counts[effect.partition(" ")[0]] += 1

    async def after(self, effect: str) -> None:
        """Nothing."""


@pytest.fixture
def memory() -> MemoryStore:
    return MemoryStore(VirtualClock())


def filled(memory: MemoryStore, runs: int, *, first: int = 0) -> None:
    """Grants, each with its close."""

    async def fill() -> None:
        grants = Grants(memory)
        for number in range(first, first + runs):
            grant = grant_of(f"run-{number}", first=number)
            await grants.take(grant, [])
            await grants.close(grant.run, grant.prices, at=NOW)

    asyncio.run(fill())


def loaded(memory: MemoryStore) -> Grants:
    grants = Grants(memory)
    asyncio.run(grants.load())
    return grants


@pytest.mark.slow
def test_four_thousand_old_facts_cost_a_handful_of_requests(memory: MemoryStore) -> None:
    """From the second run on: the first one that sees them writes the rollup."""
    filled(memory, 2000)
    loaded(memory)
    filled(memory, 3, first=2000)
    requests = Requests()

    grants = Grants(WatchedStore(memory, requests))
    asyncio.run(grants.take(grant_of("new", first=9), [cap_of("5000")]))

    assert grants.committed(lambda grant: True) == Decimal(2004)
    assert requests.counts["listing"] == 1
    assert requests.counts.total() <= 10


@pytest.mark.parametrize("content", NO_ROLLUPS.values(), ids=NO_ROLLUPS)
def test_a_rollup_that_cannot_be_used_is_rebuilt(memory: MemoryStore, content: bytes) -> None:
    """Without a word: it is a cache."""
    filled(memory, 20)
    asyncio.run(memory.put(GRANTS_ROLLUP, content, content_type="application/gzip"))

    grants = loaded(memory)

    assert (grants.committed(lambda grant: True), grants.findings) == (Decimal(20), ())
    assert len(gzip.decompress(asyncio.run(memory.read(GRANTS_ROLLUP)))) > 1000


def test_a_rollup_of_facts_that_were_deleted_is_not_believed(memory: MemoryStore) -> None:
    """The listing says what there is: another store's rollup, or one of a restored backup, is longer."""
    filled(memory, 20)
    loaded(memory)
    other = MemoryStore(VirtualClock())
    asyncio.run(
        other.put(GRANTS_ROLLUP, asyncio.run(memory.read(GRANTS_ROLLUP)), content_type="application/gzip")
    )
    filled(other, 1)

    assert loaded(other).committed(lambda grant: True) == 1


@pytest.mark.parametrize("name", STRANGERS)
def test_strangers_are_named_and_change_nothing(memory: MemoryStore, name: str) -> None:
    """With the key and a remedy; grants are taken beside them."""
    filled(memory, 2)
    memory._objects[f"{GRANTS}{name}"] = (b"anything", NOW)

    grants = loaded(memory)
    asyncio.run(grants.take(grant_of("new", first=9), [cap_of("5")]))

    assert [problem.place.file for problem in grants.findings] == [f"{GRANTS}{name}"]
    assert grants.findings[0].remedy
    assert grants.committed(lambda grant: True) == 3


@pytest.mark.parametrize(("content", "reason"), NO_FACTS.values(), ids=NO_FACTS)
def test_a_damaged_fact_stops_buying_and_nothing_else(
    memory: MemoryStore, content: bytes, reason: str
) -> None:
    """It may be a grant of any amount. What can be read is still summed up, and a run can close."""
    filled(memory, 2)
    asyncio.run(memory.put(f"{GRANTS}00000002", content, content_type=JSON))

    grants = loaded(memory)

    assert grants.committed(lambda grant: True) == 2
    with pytest.raises(AdmissionError, match=f"{GRANTS}00000002: .*{reason}.*restore it"):
        asyncio.run(grants.take(grant_of("new", first=9), []))
    asyncio.run(grants.close("run-0", {}, at=NOW))
    assert len(asyncio.run(memory.listing(GRANTS))) == 5


def test_a_fact_that_is_rolled_up_may_be_damaged(memory: MemoryStore) -> None:
    """Its content is known, and no fact ever changes."""
    filled(memory, 20)
    loaded(memory)
    asyncio.run(memory.put(f"{GRANTS}00000002", b"", content_type=JSON))

    assert loaded(memory).findings == ()


@pytest.mark.parametrize("content", [content for content, _ in NO_FACTS.values()], ids=NO_FACTS)
def test_a_damaged_price_record_is_named_and_the_next_one_is_written(
    memory: MemoryStore, content: bytes
) -> None:
    """Also beside a stranger, and after a gap."""
    for name in ("00000002", ".DS_Store"):
        asyncio.run(memory.put(f"{PRICES}{name}", content, content_type=JSON))
    answer = AcceptedPrice(nonce="1", at=NOW, cell=PriceKey("m", 6, "768p"), price_usd=Decimal(1))
    asyncio.run(record_price(memory, answer))

    records = asyncio.run(read_prices(memory))

    assert records.answers == {answer.cell: answer}
    assert {problem.place.file for problem in records.findings} == {f"{PRICES}00000002", f"{PRICES}.DS_Store"}
    assert asyncio.run(memory.listing(f"{PRICES}00000003"))
