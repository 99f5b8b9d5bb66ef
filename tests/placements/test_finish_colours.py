"""What a finish draws has the colours asked for, in every matrix and range; what it does not touch stays as it was."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from hailuo.campaign.finish import EndCard, Lettering, Spot
from hailuo.errors import Place
from hailuo.media.composition import Box, Composition, Overlay
from hailuo.media.conform import Finishing, make_copy, measure
from hailuo.media.overlays import finished, layer_of
from hailuo.media.placements import placement_book
from hailuo.media.recipe import ConformError, CopyOptions, recipe_for_aspect
from hailuo.media.showing import Colours
from tests.support.films import landscape, panned, write_film

pytestmark = pytest.mark.slow

HERE = Place("shoe.yaml", 5)
BOOK = placement_book()
TAGS = {
    "BT.709 limited": (1, 1, 1, 1),
    "BT.709 full": (1, 2, 1, 1),
    "BT.601 limited": (5, 1, 6, 6),
    "BT.601 full": (5, 2, 5, 6),
}
PATCHES = {
    "red": (230, 20, 30),
    "green": (20, 200, 60),
    "blue": (30, 60, 220),
    "grey": (128, 128, 128),
    "white": (255, 255, 255),
}
SIDE = 48
LEFT, TOP = 101, 203  # odd: colours are stored for two by two px


def _patches() -> Overlay:
    """Squares of one colour each, side by side, opaque."""
    picture = Image.new("RGBA", (SIDE * len(PATCHES), SIDE))
    for at, colour in enumerate(PATCHES.values()):
        picture.paste((*colour, 255), (SIDE * at, 0, SIDE * (at + 1), SIDE))
    box = Box(left=LEFT, top=TOP, right=LEFT + picture.width, bottom=TOP + picture.height)
    return Overlay(what="the logo", picture=picture, box=box, from_s=0, to_s=99, place=HERE)


@pytest.fixture(scope="module", params=TAGS)
def clip(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, tuple[int, int, int, int]]:
    """Three frames of a landscape, in that matrix and range."""
    tags = TAGS[request.param]
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_film(path, panned(landscape(1, size=(720, 720)), 3, size=(720, 720)), colours=tags), tags


def _frames(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def _copies(clip: Path, folder: Path, drawn: Composition) -> tuple[list[av.VideoFrame], list[av.VideoFrame]]:
    """The frames of a copy as ever, and of one with the drawing."""
    recipe = recipe_for_aspect("1:1", measure(clip), CopyOptions(), BOOK)
    make_copy(clip, folder / "plain.mp4", recipe)
    make_copy(clip, folder / "drawn.mp4", recipe, finish=Finishing(drawn=drawn))
    return _frames(folder / "plain.mp4"), _frames(folder / "drawn.mp4")


def _seen(frame: av.VideoFrame, tags: tuple[int, int, int, int]) -> np.ndarray:
    """As a player shows it that follows the tags."""
    space = {1: Colorspace.ITU709, 5: Colorspace.ITU601, 6: Colorspace.ITU601}[tags[0]]
    shown = frame.reformat(
        format="rgb24",
        src_colorspace=space,
        src_color_range=ColorRange(tags[1]),
        dst_color_range=ColorRange.JPEG,
    )
    return shown.to_ndarray()


def test_colours_come_back_and_the_rest_stays(
    clip: tuple[Path, tuple[int, int, int, int]], tmp_path: Path
) -> None:
    """Within 3 of 255 in the middle of each patch. Away from them the two copies differ by no more than their encoding."""
    path, tags = clip

    plain, drawn = _copies(path, tmp_path, Composition(overlays=(_patches(),)))

    tagged = {
        (int(f.colorspace), int(f.color_range), int(f.color_primaries), int(f.color_trc))
        for f in (*plain, *drawn)
    }
    assert tagged == {tags}
    assert len(plain) == len(drawn) == 3
    for before, after in zip(plain, drawn, strict=True):
        shown = _seen(after, tags).astype(int)
        for at, colour in enumerate(PATCHES.values()):
            middle = shown[TOP + 16 : TOP + SIDE - 16, LEFT + SIDE * at + 16 : LEFT + SIDE * (at + 1) - 16]
            assert np.abs(middle.mean(axis=(0, 1)) - colour).max() <= 3
        difference = np.abs(before.to_ndarray()[:1080].astype(int) - after.to_ndarray()[:1080])
        difference[TOP - 32 : TOP + SIDE + 32, LEFT - 32 : LEFT + SIDE * len(PATCHES) + 32] = 0
        assert difference.mean() < 0.5
        assert difference.max() <= 24


def _bytes_of(plane: Any) -> np.ndarray:
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)


@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS)
def test_before_it_is_encoded_every_other_bit_stays(tags: tuple[int, int, int, int]) -> None:
    """Outside the box no plane changes; inside it is what H.273 says, to a half."""
    frame = av.VideoFrame.from_ndarray(
        np.random.default_rng(1).integers(16, 235, (1080, 720), np.uint8), format="yuv420p"
    )
    frame.pts, frame.time_base = 0, Fraction(1, 24)
    before = [_bytes_of(plane).copy() for plane in frame.planes]
    overlay = _patches()

    (after,) = finished(
        [frame], Composition(overlays=(overlay,)), Colours(matrix=tags[0], range=tags[1]), card_frames=0
    )

    box = overlay.box
    for scale, plane, old in zip((1, 2, 2), after.planes, before, strict=True):
        new = _bytes_of(plane)
        outside = np.ones(new.shape, bool)
        outside[box.top // scale : -(-box.bottom // scale), box.left // scale : -(-box.right // scale)] = (
            False
        )
        assert (new[outside] == old[outside]).all()
        assert (new[~outside] != old[~outside]).any()


def test_half_opaque_is_half_way() -> None:
    """An opacity of 50 % is the mean of picture and clip, and none leaves the frame alone."""
    for opacity, expected in ((0, 50), (128, 143), (255, 235)):
        frame = av.VideoFrame(64, 64, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([50]) * plane.buffer_size)
        picture = Image.new("RGBA", (16, 16), (255, 255, 255, opacity))
        box = Box(left=8, top=8, right=24, bottom=24)
        overlay = Overlay(what="the logo", picture=picture, box=box, from_s=0, to_s=1, place=HERE)

        layer_of(overlay, Colours(matrix=1, range=1)).draw(frame)

        assert np.abs(frame.to_ndarray()[8:24, 8:24].astype(int) - expected).max() <= 1


def test_overlays_come_and_go_and_the_card_ends_the_copy(film, tmp_path: Path) -> None:
    """Drawn from one second to another; a card follows for its seconds, or covers the end, and the times go on."""
    clip = film(size=(240, 240), fps=4, frames=16, tone=0.1)
    late = Overlay(
        what="the logo",
        picture=Image.new("RGBA", (100, 100), "white"),
        box=Box(left=10, top=10, right=110, bottom=110),
        from_s=1,
        to_s=2,
        place=HERE,
    )
    card = EndCard(
        seconds=1, over=False, picture=None, background="#0000ffff", text="", position=Spot.MIDDLE, place=HERE,
        lettering=Lettering(size=8, colour="#ffffffff", box=None),
    )  # fmt: skip
    recipe = recipe_for_aspect("1:1", measure(clip), CopyOptions(), BOOK)
    after = Composition(overlays=(late,), card=card, added_s=1)
    over = Composition(overlays=(late,), card=card, card_from_s=3)

    lengths, blue, white = [], [], []
    for drawn in (after, over):
        make_copy(clip, tmp_path / "copy.mp4", recipe, finish=Finishing(drawn=drawn))
        frames = _frames(tmp_path / "copy.mp4")
        facts = measure(tmp_path / "copy.mp4")
        lengths.append(
            (len(frames), facts.duration_s, facts.pts_regular if hasattr(facts, "pts_regular") else True)
        )
        pictures = [frame.to_ndarray(format="rgb24").astype(int) for frame in frames]
        blue.append(
            [at for at, one in enumerate(pictures) if np.abs(one.mean(axis=(0, 1)) - (0, 0, 255)).max() < 8]
        )
        white.append([at for at, one in enumerate(pictures) if one[30:90, 30:90].min() > 235])

    assert lengths == [(20, 5.0, True), (16, 4.0, True)]
    assert blue == [[16, 17, 18, 19], [12, 13, 14, 15]]
    assert white == [[4, 5, 6, 7], [4, 5, 6, 7]]


def test_wide_and_hdr_colours_are_not_drawn_on(film, tmp_path: Path) -> None:
    """sRGB in BT.2020, PQ or HLG would be another colour: no copy is made, and the error gives the reason."""
    path = write_film(tmp_path / "hdr.mp4", panned(landscape(1), 3), colours=(9, 1, 9, 16))
    recipe = recipe_for_aspect("1:1", measure(path), CopyOptions(), BOOK)

    make_copy(path, tmp_path / "plain.mp4", recipe)
    with pytest.raises(ConformError, match="wide or HDR"):
        make_copy(
            path, tmp_path / "copy.mp4", recipe, finish=Finishing(drawn=Composition(overlays=(_patches(),)))
        )


def test_a_clip_without_tags_is_drawn_on_as_players_read_it(film, tmp_path: Path) -> None:
    """A small clip is BT.601, whose copy is larger and says so; a large one is BT.709."""
    for size, matrix in (((320, 240), 6), ((1280, 720), 1)):
        clip = film(size=size)
        _, drawn = _copies(clip, tmp_path, Composition(overlays=(_patches(),)))
        space = {1: Colorspace.ITU709, 6: Colorspace.ITU601}[matrix]
        shown = (
            drawn[0]
            .reformat(format="rgb24", src_colorspace=space, src_color_range=ColorRange.MPEG)
            .to_ndarray()
        )
        middle = shown[TOP + 16 : TOP + 32, LEFT + 16 : LEFT + 32].mean(axis=(0, 1))
        assert np.abs(middle - PATCHES["red"]).max() <= 3
