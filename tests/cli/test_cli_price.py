"""`hailuo price`: the prices on record, and a person's answer."""

import asyncio
from decimal import Decimal

import pytest

from hailuo.campaign.pricing import PriceKey
from hailuo.errors import ExitCode
from hailuo.ledger.prices import read_prices
from hailuo.store.folder import FolderStore

CELL = ("MiniMax-Hailuo-02", "6", "768p")


@pytest.fixture(autouse=True)
def _store(tmp_path, monkeypatch):
    monkeypatch.setenv("HAILUO_STORE", str(tmp_path / "store"))


def test_an_answer_is_kept_and_listed(hailuo, tmp_path):
    """The newest one counts, with its reason."""
    hailuo("price", *CELL, "0.30")
    hailuo("price", *CELL, "2.80", "--why", "new contract")

    records = asyncio.run(read_prices(FolderStore(tmp_path / "store")))
    listed = hailuo("price").out

    assert records.accepted == {PriceKey("MiniMax-Hailuo-02", 6, "768p"): Decimal("2.80")}
    assert "MiniMax-Hailuo-02 at 6 s, 768p: $2.80 accepted" in listed
    assert "list $0.28: new contract" in listed


@pytest.mark.parametrize(
    "arguments",
    [("MiniMax-Hailuo-02",), ("other", "6", "768p", "1"), (*CELL, "0"), (*CELL, "much"), (*CELL,)],
)
def test_an_answer_that_cannot_be_used_is_refused(hailuo, arguments):
    """Nothing is recorded."""
    assert hailuo("price", *arguments).code == ExitCode.REFUSED
    assert "no price is on record" in hailuo("price").out
