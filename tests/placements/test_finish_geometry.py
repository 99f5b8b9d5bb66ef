"""Whatever is asked for stays within the safe zone and the frame, or is refused."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hailuo.campaign.finish import (
    DrawnText,
    EndCard,
    Finish,
    Lettering,
    Logo,
    Span,
    Spot,
    UsedFile,
)
from hailuo.errors import Place
from hailuo.media.composition import Canvas, compose
from hailuo.media.placements import placement_book

BOOK, HERE = placement_book(), Place("shoe.yaml", 5)
ZONES = [(shape, zone) for place in BOOK.placements.values() for shape, zone in place.safe.items()]
ZONES += [(shape, BOOK.safe) for shape in BOOK.copies]


@pytest.fixture(scope="module")
def logo(tmp_path_factory: pytest.TempPathFactory) -> UsedFile:
    """Twice as wide as it is high."""
    path = tmp_path_factory.mktemp("logo") / "logo.png"
    Image.new("RGBA", (400, 200), "#ff8800").save(path)
    return UsedFile(path=path, sha256="ab")


percents = st.floats(0, 100, allow_nan=False)
sizes = st.floats(1, 100, allow_nan=False)
spots = st.sampled_from(list(Spot))
seconds = st.floats(0, 12, allow_nan=False)
spans = st.builds(Span, from_s=seconds, to_s=st.none() | seconds)
words = st.text(st.sampled_from("aWgjÅ€ \n.漢ש١"), max_size=60)
letterings = st.builds(
    Lettering,
    font=st.none(),
    size=sizes,
    colour=st.just("#ffffffff"),
    box=st.sampled_from([None, "#000000a0"]),
)


@given(data=st.data())
def test_everything_is_within_zone_frame_and_time_or_is_refused(logo: UsedFile, data: st.DataObject) -> None:
    """Logo, captions, prices and the card's text, of any size, place and time, in every zone there is."""
    shape, zone = data.draw(st.sampled_from(ZONES))
    canvas = Canvas.of(*BOOK.copies[shape], zone, clip_s=data.draw(st.floats(1, 12)))
    captions = data.draw(
        st.lists(
            st.builds(
                DrawnText,
                kind=st.sampled_from(["caption", "price"]),
                text=words,
                lettering=letterings,
                position=spots,
                margin=percents,
                span=spans,
                place=st.just(HERE),
            ),
            max_size=3,
        )
    )
    finish = Finish(
        name="a",
        logo=data.draw(
            st.none()
            | st.builds(
                Logo,
                picture=st.just(logo),
                position=spots,
                size=sizes,
                margin=percents,
                opacity=sizes,
                span=spans,
                place=st.just(HERE),
            )
        ),
        captions=tuple(captions),
        end_card=data.draw(
            st.none()
            | st.builds(
                EndCard,
                seconds=st.floats(0.5, 30),
                over=st.booleans(),
                picture=st.none(),
                background=st.just("#000000ff"),
                text=words,
                lettering=letterings,
                position=spots,
                place=st.just(HERE),
            )
        ),
    )

    made = compose(finish, canvas)

    safe = canvas.zone
    for one in (*made.overlays, *([made.card_text] if made.card_text else [])):
        assert safe.left <= one.box.left < one.box.right <= safe.right
        assert safe.top <= one.box.top < one.box.bottom <= safe.bottom
        assert (one.box.width, one.box.height) == one.picture.size
    for one in made.overlays:
        assert 0 <= one.from_s < one.to_s <= (canvas.clip_s or 0)
    asked = len(finish.captions) + (finish.logo is not None)
    assert len(made.overlays) == asked or made.problems
    clash = any(
        one.box.overlaps(other.box) and max(one.from_s, other.from_s) < min(one.to_s, other.to_s)
        for one, other in itertools.combinations(made.overlays, 2)
    )
    assert not clash or made.problems


def test_zones_lie_within_their_frames() -> None:
    """Every zone of every placement leaves room, begins at even px, and has a source."""
    for shape, zone in ZONES:
        width, height = BOOK.copies[shape]
        safe = Canvas.of(width, height, zone, clip_s=None).zone
        assert 0 <= safe.left < safe.right <= width
        assert 0 <= safe.top < safe.bottom <= height
        assert {safe.left % 2, safe.top % 2, safe.right % 2, safe.bottom % 2} == {0}
        assert zone.source in BOOK.sources


def test_the_ink_of_tall_and_deep_letters_is_not_cut() -> None:
    """Nothing of a text lies outside its picture: its border is empty without a box."""
    for text in ("ẦÅÊjgqy|", "ÿ\nÅ", "ffi—Wj", "שׁקף"):
        finish = Finish(
            name="a",
            captions=(
                DrawnText(
                    kind="caption",
                    text=text,
                    lettering=Lettering(size=9, colour="#ffffffff", box=None),
                    position=Spot.MIDDLE,
                    margin=0,
                    span=Span(),
                    place=HERE,
                ),
            ),
        )
        (made,) = compose(finish, Canvas.of(1080, 1080, BOOK.safe, clip_s=6)).overlays
        alpha = made.picture.getchannel("A")
        inside = alpha.getbbox()
        assert inside is not None
        assert inside[0] > 0 < inside[1]
        assert inside[2] < made.picture.width
        assert inside[3] < made.picture.height


def test_the_four_corners_and_the_middle_are_where_they_are_called(logo: UsedFile) -> None:
    """At the edges of the zone, with the margin asked for."""
    canvas = Canvas.of(1080, 1920, BOOK.placements["meta_reels"].safe["9:16"], clip_s=6)
    zone = canvas.zone
    expected = {
        Spot.TOP_LEFT: (zone.left + 54, zone.top + 54),
        Spot.TOP_RIGHT: (zone.right - 54 - 216, zone.top + 54),
        Spot.BOTTOM_LEFT: (zone.left + 54, zone.bottom - 54 - 108),
        Spot.BOTTOM_RIGHT: (zone.right - 54 - 216, zone.bottom - 54 - 108),
        Spot.MIDDLE: ((zone.left + zone.right - 216) // 2, (zone.top + zone.bottom - 108) // 2),
    }

    for spot, (left, top) in expected.items():
        asked = Logo(picture=logo, position=spot, size=20, margin=5, opacity=100, span=Span(), place=HERE)
        (made,) = compose(Finish(name="a", logo=asked), canvas).overlays
        assert (made.box.left, made.box.top) == (left, top)
