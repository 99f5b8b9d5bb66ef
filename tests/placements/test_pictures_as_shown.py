"""Facts, previews and copies follow what a player shows: turned, mirrored, stretched, in its colours."""

import io
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from PIL import Image

from hailuo.media import Preview
from hailuo.media.conform import make_copy, measure
from hailuo.media.placements import placement_book
from hailuo.media.probe import inspect
from hailuo.media.recipe import CopyOptions, recipe_for_aspect
from hailuo.media.showing import Colours
from tests.support.films import Frame, write_film

pytestmark = pytest.mark.slow

BOOK = placement_book()
SMALL = replace(BOOK, copies={"9:16": (180, 320), "1:1": (240, 240), "16:9": (320, 180)})
RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 160, 30), (40, 40, 200), (220, 220, 220)


def _quarters(width: int, height: int, corners: Sequence[tuple[int, int, int]]) -> Frame:
    """A picture of four quarters: left and right above, left and right below."""
    cells = np.array(corners, np.uint8).reshape(2, 2, 3)
    return np.ascontiguousarray(cells.repeat(height // 2, axis=0).repeat(width // 2, axis=1))


def _corners(picture: np.ndarray) -> list[str]:
    """The colour in the middle of each quarter, in the same order."""
    height, width = picture.shape[:2]
    names = {"red": RED, "green": GREEN, "blue": BLUE, "white": WHITE}
    seen = []
    for y, x in ((1, 1), (1, 3), (3, 1), (3, 3)):
        colour = picture[height * y // 4, width * x // 4].astype(int)
        seen.append(min(names, key=lambda name: int(np.abs(colour - names[name]).sum())))
    return seen


def _first(path: Path) -> VideoFrame:
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


def _rgb(path: Path) -> np.ndarray:
    return _first(path).to_ndarray(format="rgb24")


STORED = (RED, GREEN, BLUE, WHITE)
SHOWN = {
    "as stored": ((1, 0, 0, 1), ["red", "green", "blue", "white"]),
    "90 clockwise": ((0, 1, -1, 0), ["blue", "red", "white", "green"]),
    "180": ((-1, 0, 0, -1), ["white", "blue", "green", "red"]),
    "270 clockwise": ((0, -1, 1, 0), ["green", "white", "red", "blue"]),
    "left for right": ((-1, 0, 0, 1), ["green", "red", "white", "blue"]),
    "upside down": ((1, 0, 0, -1), ["blue", "white", "red", "green"]),
    "along the diagonal": ((0, 1, 1, 0), ["red", "blue", "green", "white"]),
    "along the other diagonal": ((0, -1, -1, 0), ["white", "green", "blue", "red"]),
}


@pytest.mark.parametrize(("matrix", "corners"), SHOWN.values(), ids=SHOWN)
def test_a_turned_clip_is_upright_everywhere(
    matrix: tuple[int, int, int, int], corners: list[str], tmp_path: Path
) -> None:
    """Facts, previews and copies, of every turn and mirror that a display matrix can say."""
    clip = write_film(tmp_path / "clip.mp4", [_quarters(320, 180, STORED)] * 30, matrix=matrix)
    size = (180, 320) if matrix[0] == 0 else (320, 180)

    found, facts = inspect(clip, previews=tmp_path), measure(clip)
    aspect = "9:16" if matrix[0] == 0 else "16:9"
    make_copy(clip, tmp_path / "copy.mp4", recipe_for_aspect(aspect, facts, CopyOptions(fit="pad"), SMALL))

    assert (found.width, found.height, found.coded_width, found.coded_height) == (*size, 320, 180)
    assert (facts.width, facts.height) == size
    assert found.aspect == pytest.approx(size[0] / size[1], abs=1e-4)
    poster = np.asarray(Image.open(io.BytesIO((tmp_path / Preview.POSTER).read_bytes())).convert("RGB"))
    sheet = np.asarray(Image.open(io.BytesIO((tmp_path / Preview.SHEET).read_bytes())).convert("RGB"))
    cell = sheet[: sheet.shape[0] // 3, : sheet.shape[1] // 3]
    copy, proxy = _rgb(tmp_path / "copy.mp4"), _rgb(tmp_path / Preview.PROXY)
    assert copy.shape[1::-1] == size
    assert [_corners(one) for one in (poster, cell, proxy, copy)] == [corners] * 4
    assert {one.shape[0] > one.shape[1] for one in (poster, cell, proxy, copy)} == {size[1] > size[0]}


STRETCHED = {
    "wide": ((320, 180), Fraction(4, 3), None, (427, 180)),
    "anamorphic HD": ((288, 216), Fraction(4, 3), None, (384, 216)),
    "narrow": ((320, 180), Fraction(9, 16), None, (180, 180)),
    "wide, then turned": ((320, 180), Fraction(4, 3), (0, 1, -1, 0), (180, 427)),
}


@pytest.mark.parametrize(("size", "pixel", "matrix", "shown"), STRETCHED.values(), ids=STRETCHED)
@pytest.mark.parametrize("fit", ["pad", "crop", "blur"])
def test_a_copy_has_the_proportions_that_were_shown(
    size: tuple[int, int], pixel: Fraction, matrix: tuple[int, ...] | None, shown, fit, tmp_path: Path
) -> None:
    """A white square, as it is shown, stays a square in every fit, and pixels are square."""
    width, height = size
    picture = np.full((height, width, 3), 30, np.uint8)
    tall, wide = height // 3, round(height / 3 / pixel)
    top, left = (height - tall) // 2, (width - wide) // 2
    picture[top : top + tall, left : left + wide] = 235
    clip = write_film(tmp_path / "clip.mp4", [picture] * 12, pixel=pixel, matrix=matrix)

    facts, found = measure(clip), inspect(clip, previews=tmp_path)
    make_copy(clip, tmp_path / "copy.mp4", recipe_for_aspect("1:1", facts, CopyOptions(fit=fit), SMALL))

    assert (facts.width, facts.height) == shown
    assert (found.width, found.height) == shown
    copy, poster = _rgb(tmp_path / "copy.mp4"), np.asarray(Image.open(tmp_path / Preview.POSTER))
    for one in (copy, poster):
        assert _side(one, 0) / _side(one, 1) == pytest.approx(1.0, abs=0.06)
    with av.open(str(tmp_path / "copy.mp4")) as container:
        assert container.streams.video[0].sample_aspect_ratio in (None, 0, 1)


def _side(picture: np.ndarray, axis: int) -> int:
    """How far the white square reaches, in px."""
    middle = picture.shape[1 - axis] // 2
    return int((picture.take(middle, axis=1 - axis)[:, 0] > 150).sum())


BARS = [
    (191, 191, 191),
    (191, 191, 0),
    (0, 191, 191),
    (0, 191, 0),
    (191, 0, 191),
    (191, 0, 0),
    (0, 0, 191),
    (16, 16, 16),
]
TAGS = {
    "BT.709": (1, 1, 1, 1),
    "BT.709, full range": (1, 2, 1, 1),
    "BT.601, 525 lines": (5, 1, 6, 6),
    "BT.601, 625 lines": (5, 1, 5, 6),
    "BT.601, full range": (5, 2, 6, 6),
    "BT.2020": (9, 1, 9, 14),
    "BT.2020, PQ": (9, 1, 9, 16),
    "BT.2020, HLG, full range": (9, 2, 9, 18),
    "SMPTE 240M": (7, 1, 7, 7),
}


def _colour_bars() -> Frame:
    return np.ascontiguousarray(np.array(BARS, np.uint8)[None].repeat(40, axis=1).repeat(180, axis=0))


@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS)
@pytest.mark.parametrize("fit", ["pad", "crop", "blur"])
def test_colours_come_out_of_a_copy_as_they_went_in(
    tags: tuple[int, int, int, int], fit, tmp_path: Path
) -> None:
    """Matrix, range, primaries and transfer are as tagged in the clip; colour bars are the same to 4 of 255."""
    clip = write_film(tmp_path / "clip.mp4", [_colour_bars()] * 12, crf=8, colours=tags)
    recipe = recipe_for_aspect("1:1", measure(clip), CopyOptions(fit=fit), SMALL)
    make_copy(clip, tmp_path / "copy.mp4", recipe)

    before, after = _first(clip), _first(tmp_path / "copy.mp4")
    assert Colours.of(after) == Colours.of(before)
    assert _bars(after, fit) == pytest.approx(_bars(before, "whole"), abs=4)
    if fit == "pad":
        assert after.to_ndarray(format="rgb24")[5, 100].max() <= 4


def _bars(frame: VideoFrame, fit: str) -> np.ndarray:
    """The colours in the middles of the bars that are whole in the picture, as a player shows them."""
    picture = frame.to_ndarray(format="rgb24")
    middles = [round(picture.shape[1] * (2 * bar + 1) / 16) for bar in range(2, 6)]
    if fit == "crop":  # of 427 px the middle 240 are shown
        middles = [round((2 * bar + 1) * 427 / 16 - 93.5) for bar in range(2, 6)]
    return picture[picture.shape[0] // 2, middles].astype(float)


def test_rgb_becomes_colours_that_are_named(tmp_path: Path) -> None:
    """A clip without a matrix of its own is converted by BT.709, and says so."""
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264rgb", rate=24, options={"crf": "0"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "rgb24"
        for _ in range(12):
            container.mux(stream.encode(VideoFrame.from_ndarray(_colour_bars(), format="rgb24")))
        container.mux(stream.encode())
    make_copy(path, tmp_path / "copy.mp4", recipe_for_aspect("16:9", measure(path), CopyOptions(), SMALL))

    copy = _first(tmp_path / "copy.mp4")
    assert (Colours.of(copy).matrix, Colours.of(copy).range) == (1, 1)
    assert _bars(copy, "whole") == pytest.approx(_bars(_first(path), "whole"), abs=4)


def test_untagged_colours_keep_what_players_take_them_for(tmp_path: Path) -> None:
    """BT.601 below 720 lines: a copy of 1080 lines would be taken for BT.709, so it says what it is."""
    clip = write_film(tmp_path / "clip.mp4", [_colour_bars()] * 6)
    facts = measure(clip)
    make_copy(clip, tmp_path / "small.mp4", recipe_for_aspect("16:9", facts, CopyOptions(), SMALL))
    make_copy(clip, tmp_path / "large.mp4", recipe_for_aspect("16:9", facts, CopyOptions(), BOOK))

    small, large = _first(tmp_path / "small.mp4"), _first(tmp_path / "large.mp4")
    assert Colours.of(small) == Colours()
    assert Colours.of(large) == Colours(matrix=6, range=1, primaries=6, transfer=6)
    assert _bars(large, "whole") == pytest.approx(_bars(_first(clip), "whole"), abs=4)
