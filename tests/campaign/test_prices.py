"""A price says what it rests on."""

from decimal import Decimal

import pytest

from hailuo.campaign.files import load_catalog
from hailuo.campaign.pricing import Basis, PriceKey, Quote, quote, usd
from hailuo.campaign.variant import Variant

CATALOG = load_catalog()
CELL = PriceKey("MiniMax-Hailuo-2.3", 10, "768p")


def _variant(model: str = CELL.model, size: str = CELL.size) -> Variant:
    return Variant(model=model, prompt="Shoe", duration=CELL.duration, size=size)


def test_what_was_charged_goes_before_the_list() -> None:
    """The vendor publishes no prices: the last one it took is the best estimate."""
    charged = {CELL: Decimal("0.61")}

    assert quote(_variant(), CATALOG, charged) == Quote(price_usd=Decimal("0.61"), basis=Basis.CHARGED)
    assert quote(_variant(), CATALOG, {}) == Quote(price_usd=Decimal("0.56"), basis=Basis.LIST)


@pytest.mark.parametrize("variant", [_variant(model="other"), _variant(size="1080p")])
def test_an_unknown_price_is_not_guessed(variant: Variant) -> None:
    """None, and the plan says so."""
    assert quote(variant, CATALOG, {}) == Quote(price_usd=None, basis=Basis.NO_PRICE)


@pytest.mark.parametrize(
    "model", [m for m in CATALOG.models.values() if m.family == "minimax"], ids=lambda model: model.name
)
def test_every_cell_of_hailuo_has_a_price(model: object) -> None:
    """A new row is tested by existing."""
    assert all(offer.price_usd for offer in CATALOG.models[getattr(model, "name", "")].offers)


@pytest.mark.parametrize(
    ("amount", "text"),
    [("4.2", "$4.20"), ("0", "$0.00"), ("1234.5", "$1,234.50"), ("0.60984", "$0.61"), ("0.005", "$0.01"), ("-1234.5", "-$1,234.50"), ("-0.001", "$0.00")],
)  # fmt: skip
def test_money_is_shown_to_the_cent(amount: str, text: str) -> None:
    """Half a cent goes up; no negative zero."""
    assert usd(Decimal(amount)) == text
