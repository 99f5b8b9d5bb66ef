"""Ids come from content: the same clip has the same id, on every machine, in every order."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailuo.campaign.job import creative_id_of
from hailuo.campaign.variant import FirstFrame, Variant, canonical_json, crockford
from tests.support.factories import VARIANT

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FRAME = FirstFrame(label="hero", sha256="fa" * 32, path=Path("frames/hero.png"), suffix=".png")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(min_size=32, max_size=32), st.integers(min_value=1, max_value=50))
def test_an_id_is_the_digests_first_bits(digest: bytes, characters: int) -> None:
    """Five bits a character, in Crockford's alphabet, which has no I, L, O and U to misread."""
    bits = f"{int.from_bytes(digest, 'big'):0256b}"

    expected = [ALPHABET[int(bits[5 * n : 5 * n + 5], 2)] for n in range(characters)]

    assert crockford(digest, characters=characters) == "".join(expected)


@given(json_values)
def test_canonical_json_says_the_same(value: object) -> None:
    """Nothing is lost on the way to a hash."""
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(st.text(max_size=4), st.integers(), min_size=2, max_size=6))
def test_canonical_json_has_one_spelling(value: dict[str, int]) -> None:
    """Whatever order a file was written in."""
    turned = dict(reversed(value.items()))

    assert canonical_json(turned) == canonical_json(value)


def test_canonical_json_refuses_what_json_has_not() -> None:
    """NaN is unequal to itself, and no part of an id."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def test_ids_never_change() -> None:
    """They are in ad names and on the store: another way to compute them would buy every clip again."""
    variant_id = VARIANT.variant_id
    made = creative_id_of(campaign="shoe", edition="main", variant_id=variant_id, take=1)

    by_hand = (
        b'{"duration":6,"first_frame":null,"model":"MiniMax-Hailuo-02",'
        b'"parameters":{},"prompt":"Sneaker on wet asphalt","size":"768p"}'
    )
    assert variant_id == crockford(hashlib.sha256(by_hand).digest(), characters=10) == "8SSFZC7V66"
    assert made == "8XQ1YX3MRN"


@pytest.mark.parametrize(
    "other",
    [
        replace(VARIANT, model="MiniMax-Hailuo-2.3"),
        replace(VARIANT, prompt="Sneaker on wet asphalt."),
        replace(VARIANT, duration=10),
        replace(VARIANT, size="1080p"),
        replace(VARIANT, first_frame=FRAME),
        replace(VARIANT, parameters={"watermark": "off"}),
    ],
)
def test_every_setting_makes_another_variant(other: Variant) -> None:
    """Two clips that differ in any way are two clips."""
    assert other.variant_id != VARIANT.variant_id


def test_where_a_frame_lies_makes_no_difference() -> None:
    """Its bytes do: moved or renamed, it is the same variant."""
    moved = replace(FRAME, label="cover", path=Path("elsewhere/cover.jpg"), width=720, suffix=".jpg")
    variants = [replace(VARIANT, first_frame=frame) for frame in (FRAME, moved, replace(FRAME, sha256="fb"))]

    assert variants[0].variant_id == variants[1].variant_id != variants[2].variant_id


def test_the_order_of_parameters_makes_no_difference() -> None:
    """A mapping has none."""
    one = replace(VARIANT, parameters={"a": "1", "b": "2"})
    two = replace(VARIANT, parameters={"b": "2", "a": "1"})

    assert one.variant_id == two.variant_id


@pytest.mark.parametrize(
    "changed", [{"campaign": "boot"}, {"edition": "2026-11-22"}, {"variant_id": "0000000000"}, {"take": 2}]
)
def test_campaign_edition_variant_and_take_make_the_job(changed: dict[str, object]) -> None:
    """A new edition buys anew, and so does another take."""
    said = {"campaign": "shoe", "edition": "main", "variant_id": "7KQ2M9X4TD", "take": 1}

    ids = {creative_id_of(**said), creative_id_of(**{**said, **changed})}  # type: ignore[arg-type]  # as above

    assert len(ids) == 2


def test_joined_words_do_not_collide() -> None:
    """Campaign `a`, edition `bc` is not campaign `ab`, edition `c`."""
    one = creative_id_of(campaign="a", edition="bc", variant_id="x", take=1)
    two = creative_id_of(campaign="ab", edition="c", variant_id="x", take=1)

    assert one != two
