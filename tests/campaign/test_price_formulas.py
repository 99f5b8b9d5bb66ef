"""What a clip costs by the formula of its model; a setting that the price names is part of the cell."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from hailuo.campaign.catalog import Catalog
from hailuo.campaign.files import load_catalog
from hailuo.campaign.pricing import Basis, PriceKey, list_price, price_key_of, quote
from hailuo.campaign.variant import Variant
from hailuo.errors import CatalogError

FAMILY = """
sources: {own: {text: our own notes, checked: 2026-11-29}}
families:
  zeppelin:
    request: {model: "{model}", prompt: "{prompt}", duration: "{duration}", size: "{size}", r: "{ratio}", a: "{audio}"}
    settings:
      ratio: {values: ["16:9", "9:16", "1:1"], default: "16:9"}
      audio: {values: [true, false], send: always}
    shape: {setting: ratio, from_frame: true}
    fps: 24
    pixels: {720p: {"16:9": [1280, 720], "9:16": [720, 1280], "1:1": [960, 960]}, 480p: [854, 480]}
models:
  zeppelin-1:
    family: zeppelin
    prompt: {limit: 2000, source: own}
    first_frame: {rule: none, source: own}
    offers:
      - {duration: {from: 4, to: 10}, size: [480p, 720p, 1080p], source: own}
      - {duration: 11, size: 720p, price_usd: 2, source: own}
"""
SILENT = {"audio": "false", "ratio": "16:9"}
TOKENS = "    price: {usd_per_million_video_tokens: {720p: 5.60}, source: own}\n"


def catalog_with(folder: Path, price: str) -> Catalog:
    path = folder / "own.yaml"
    path.write_text(FAMILY + price, encoding="utf-8")
    return load_catalog(path)


@pytest.mark.parametrize(
    ("price", "seconds", "size", "settings", "usd"),
    [
        ("usd_per_million_video_tokens: {720p: 5.60}", 5, "720p", {}, "0.60984"),  # the one charge of Seedance that is known
        ("usd_per_million_video_tokens: {720p: 5.60}", 4, "720p", {}, "0.48888"),
        ("usd_per_million_video_tokens: {720p: 5.60}", 5, "720p", {"ratio": "1:1"}, "0.60984"),
        ("usd_per_million_video_tokens: {720p: 5.60}", 5, "480p", {}, None),
        ("usd_per_second: {720p: 0.08}", 5, "720p", {}, "0.40"),
        ("usd_per_second: {720p: 0.08}", 5, "1080p", {}, None),
        ("usd_per_second: {720p: 0.08}, times: {audio: {true: 1.5}}", 5, "720p", {"audio": "true"}, "0.60"),
        ("usd_per_second: {720p: 0.08}, times: {audio: {true: 1.5}}", 5, "720p", {}, "0.40"),
        ("usd_per_second: {720p: 0.08}, plus: {audio: {true: 0.04}}", 5, "720p", {"audio": "true"}, "0.44"),
        ("usd: {720p: {5: 0.30, 6: 0.50}}", 6, "720p", {}, "0.50"),
        ("usd: {720p: {5: 0.30, 6: 0.50}}", 7, "720p", {}, None),
        ("usd_per_second: {720p: 0.08}", 11, "720p", {}, "2"),  # an offer with a price of its own
        ("usd_per_second: {720p: 0.08}", 12, "720p", {}, None),  # not offered
    ],
)  # fmt: skip
def test_each_kind_of_price(
    tmp_path: Path, price: str, seconds: int, size: str, settings: Mapping[str, str], usd: str | None
) -> None:
    """Per clip, per second and per token, with what a setting multiplies or adds."""
    catalog = catalog_with(tmp_path, f"    price: {{{price}, source: own}}\n")
    key = PriceKey("zeppelin-1", seconds, size, tuple(sorted({**SILENT, **settings}.items())))

    assert list_price(key, catalog) == (None if usd is None else Decimal(usd))


def test_a_setting_that_the_price_names_must_be_known(tmp_path: Path) -> None:
    """Without it the price is unknown, and nothing is bought."""
    catalog = catalog_with(
        tmp_path, "    price: {usd_per_second: {720p: 1}, times: {audio: {true: 2}}, source: own}\n"
    )

    assert list_price(PriceKey("zeppelin-1", 5, "720p", (("ratio", "16:9"),)), catalog) is None


def test_a_charge_with_sound_prices_no_clip_without(tmp_path: Path) -> None:
    """Every setting is part of the cell of a price: an answer or a charge counts for its own kind alone."""
    catalog = catalog_with(tmp_path, TOKENS)
    silent, loud = (
        Variant(
            model="zeppelin-1",
            prompt="p",
            duration=5,
            size="720p",
            parameters={"audio": audio, "ratio": "16:9"},
        )
        for audio in ("false", "true")
    )
    charged = {price_key_of(loud): Decimal(3)}

    assert quote(loud, catalog, charged).price_usd == Decimal(3)
    assert quote(silent, catalog, charged).price_usd == Decimal("0.60984")
    assert quote(silent, catalog, {}, accepted=charged).basis is Basis.LIST


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ("{source: own}", "a price is of one kind; name one of usd"),
        ("{usd_per_second: {720p: 1}, usd: {720p: {5: 1}}, source: own}", "a price is of one kind"),
        ("{usd_per_second: {4k: 1}, source: own}", "the price names the size '4k', which is not offered; choose 1080p, 480p or 720p"),
        ("{usd_per_second: {720p: 1}, times: {mood: {a: 1}}, source: own}", "the price names mood with a, which it never is; choose ratio or audio"),
        ("{usd_per_second: {720p: 1}, plus: {audio: {loud: 1}}, source: own}", "the price names audio with loud, which it never is; choose true or false"),
        ("{usd_per_million_video_tokens: {1080p: 1}, source: own}", "a price per token needs the pixels of 1080p; add `pixels:` to the family zeppelin"),
        ("{usd_per_second: {720p: -1}, source: own}", "models.zeppelin-1.price.usd_per_second.720p is '-1'"),
        ("{usd_per_second: {720p: 1}, source: mine}", "unknown source 'mine'"),
    ],
)  # fmt: skip
def test_a_price_with_a_mistake_says_where_and_what_to_do(tmp_path: Path, price: str, message: str) -> None:
    """A formula that cannot price what it is for is found when the file is read."""
    with pytest.raises(CatalogError, match=r"own\.yaml:20: ") as caught:
        catalog_with(tmp_path, f"    price: {price}\n")

    assert message in str(caught.value)
