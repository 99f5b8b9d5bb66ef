"""The built-in catalog says what docs/reference/vendor.md says; a user's file is laid over it."""

from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from hailuo.campaign.catalog import FirstFrameRule
from hailuo.campaign.files import load_catalog
from hailuo.errors import CatalogError

CATALOG = load_catalog()
SIZES = ("512p", "768p", "1080p")
SOLD = {
    "MiniMax-Hailuo-02": "0.10 0.15 0.28 0.56 0.49 -",
    "MiniMax-Hailuo-2.3": "- - 0.28 0.56 0.49 -",
    "MiniMax-Hailuo-2.3-Fast": "- - 0.19 0.32 0.33 -",
}
CELLS = list(product(SIZES, (6, 10)))


@pytest.mark.parametrize(
    ("name", "size", "duration", "price"),
    [
        (name, *cell, price)
        for name, row in SOLD.items()
        for cell, price in zip(CELLS, row.split(), strict=True)
    ],
)
def test_the_price_list_is_minimax_s(name: str, size: str, duration: int, price: str) -> None:
    """Cell by cell as in docs/reference/vendor.md#models; a dash is not sold."""
    offer = CATALOG.models[name].offer(duration=duration, size=size)

    assert (str(offer.price_usd) if offer else "-") == price


@pytest.mark.parametrize(
    ("name", "rule", "warns"),
    [
        ("MiniMax-Hailuo-02", FirstFrameRule.OPTIONAL, True),
        ("MiniMax-Hailuo-2.3", FirstFrameRule.OPTIONAL, True),
        ("MiniMax-Hailuo-2.3-Fast", FirstFrameRule.REQUIRED, False),
    ],
)
def test_the_first_frame_rules(name: str, rule: FirstFrameRule, warns: bool) -> None:
    """Required on Fast, optional with a warning on 2.3 and 02."""
    model = CATALOG.models[name]

    assert (model.first_frame, bool(model.first_frame_warning)) == (rule, warns)


def test_every_fact_has_a_source_and_a_date() -> None:
    """A price list without dates is a rumour."""
    models = CATALOG.models.values()
    sources = [o.source for m in models for o in m.offers]
    sources += [s for m in models for s in (m.first_frame_source, m.prompt_source)]

    assert all(s.text and (s.checked.year, s.checked.month) == (2026, 11) for s in sources)
    assert all(m.prompt_limit == 2000 for m in models if m.family == "minimax")


def test_the_camera_commands_are_known_in_both_languages() -> None:
    """15 in English and their 15 Chinese forms."""
    commands = CATALOG.families["minimax"].camera_commands

    assert len(set(commands)) == 30
    assert {"Truck left", "Static shot", "左移", "固定"} <= set(commands)


def _overlay(folder: Path, text: str) -> Path:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_overlay_changes_one_price_and_nothing_else(tmp_path: Path) -> None:
    """The other cells and facts of the model stay."""
    text = (
        "sources: {ours: {text: our contract, checked: 2026-11-01}}\n"
        "models: {MiniMax-Hailuo-02: {offers: [{duration: 6, size: 768p, price_usd: 0.2, source: ours}]}}\n"
    )

    model = load_catalog(_overlay(tmp_path, text)).models["MiniMax-Hailuo-02"]

    changed = model.offer(duration=6, size="768p")
    assert changed
    assert (changed.price_usd, changed.source.text, len(model.offers)) == (Decimal("0.2"), "our contract", 5)
    assert model.prompt_limit == 2000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modells: {}", "own.yaml:1: unknown key 'modells'; did you mean 'models'?"),
        ("models:\n  new: {family: minimax}", "own.yaml:2: new lacks prompt, first_frame, offers; add it: a new model needs all four"),
        ("models:\n  MiniMax-Hailuo-02:\n    family: minmax", "own.yaml:2: MiniMax-Hailuo-02 belongs to the unknown family 'minmax'; did you mean 'minimax'?"),
        ("families:\n  wan: {}", "own.yaml:2: the family wan has no `request`; write the body, or a name under `requests:`"),
        ("families:\n  wan: {request: minimax, parameters: {size: [a]}}", "own.yaml:2: the parameter 'size' cannot be an axis of its own; use letters, digits and _, and no name of a setting"),
        ("models:\n  MiniMax-Hailuo-02:\n    offers: [{duration: 6, size: 4k, source: mine}]", "own.yaml:2: unknown source 'mine'; choose"),
        ("models:\n  MiniMax-Hailuo-02:\n    offers: [{duration: 6s, size: 4k, source: real-call}]", "own.yaml:3: models.MiniMax-Hailuo-02.offers.duration is '6s'; write whole seconds, such as 6"),
        ("models:\n  MiniMax-Hailuo-02:\n    offers: [{duration: 6, size: 4k, price_usd: -1, source: real-call}]", "own.yaml:3: models.MiniMax-Hailuo-02.offers.price_usd is '-1'; write US dollars, such as 0.28, or null"),
        ("models:\n  MiniMax-Hailuo-02:\n    offers:\n    - {duration: 6, size: 4k, source: real-call}\n    - {duration: 6, size: 4k, source: real-call}", "own.yaml:3: MiniMax-Hailuo-02 offers a cell twice; keep one of them"),
        ("- a", "own.yaml:1: the file is not a mapping of keys to values"),
    ],
)  # fmt: skip
def test_a_bad_overlay_says_where_and_what_to_do(tmp_path: Path, text: str, message: str) -> None:
    """A catalog decides what is bought: nothing in it is guessed."""
    path = _overlay(tmp_path, text)

    with pytest.raises(CatalogError) as caught:
        load_catalog(path)

    assert str(caught.value).startswith(str(tmp_path / message))


def test_a_missing_overlay_is_a_problem(tmp_path: Path) -> None:
    """HAILUO_CATALOG with a typo must not fall back to the built-in prices."""
    with pytest.raises(CatalogError, match="cannot be read"):
        load_catalog(tmp_path / "none.yaml")
