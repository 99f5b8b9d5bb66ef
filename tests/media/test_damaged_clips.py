"""Damaged files: whatever the bytes are, a check says what it found, and a copy says why there is none."""

import asyncio
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hailuo.media import Inspection, Order
from hailuo.media.conform import make_copy, measure
from hailuo.media.inspection import from_json, to_json
from hailuo.media.placements import placement_book, verdicts
from hailuo.media.probe import inspect
from hailuo.media.recipe import ConformError, CopyOptions, recipe_for_aspect
from hailuo.media.showing import ChangingPicturesError, Turning
from hailuo.media.verdict import verdict
from hailuo.run.inspector import Worker
from tests.support.examples import examples
from tests.support.films import landscape, panned, write_film

pytestmark = pytest.mark.slow

_FUZZING = settings.get_current_profile_name() == "fuzz"
ORDER = Order(duration_s=1, size="90p")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


@pytest.fixture(scope="module")
def whole(folder: Path) -> bytes:
    """A small clip with sound, turned, with oblong pixels."""
    small = panned(landscape(7, size=(160, 90)), 12, size=(160, 90))
    clip = write_film(
        folder / "whole.mp4",
        small,
        sound=lambda t: 0.1 * np.sin(2000 * t),
        matrix=(0, 1, -1, 0),
        pixel=Fraction(4, 3),
    )
    return clip.read_bytes()


def _mutated(whole: bytes, seed: int) -> bytes:
    """Bytes, or numbers of the index, replaced: in the whole file, in its index or in its pictures; or a part left out."""
    dice = np.random.default_rng(seed)
    content, index_ends = bytearray(whole), whole.index(b"mdat")
    where = ((0, len(whole)), (0, index_ends), (index_ends, len(whole)))[int(dice.integers(3))]
    for _ in range(int(dice.integers(1, (4, 200)[int(dice.integers(2))]))):
        at = int(dice.integers(*where))
        if dice.integers(2):
            number = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)[int(dice.integers(5))]
            content[at : at + 4] = number.to_bytes(4, "big")
        else:
            content[at] = int(dice.integers(256))
    if dice.integers(5) == 0:
        start = int(dice.integers(len(content)))
        del content[start : start + int(dice.integers(1, len(content)))]
    return bytes(content)


@settings(max_examples=500 if _FUZZING else examples(60), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_a_damaged_clip_is_told_and_never_raises(folder: Path, whole: bytes, seed: int) -> None:
    """The check, its verdicts and its record; the facts for a copy, and the copy."""
    path = folder / "clip.mp4"
    path.write_bytes(_mutated(whole, seed))

    found = inspect(path, first_frame=b"no image", previews=folder)

    assert from_json(to_json(found)) == found
    assert verdict(found, ORDER)
    assert verdicts(found)
    why = _not_copied(path, folder / "copy.mp4")
    assert why is None or len(why) > 10


def _not_copied(path: Path, target: Path) -> str | None:
    """Why no copy could be made."""
    book = replace(placement_book(), copies={"9:16": (90, 160)})
    try:
        facts = measure(path)
        verdicts(facts)
        recipe = recipe_for_aspect("9:16", facts, CopyOptions(fit="pad"), book)
        make_copy(path, target, recipe)
    except ConformError as error:
        return str(error)
    return None


def test_a_worker_process_survives_damaged_clips(folder: Path, whole: bytes) -> None:
    """One process looks at all of them, and at a whole clip after them."""
    paths = [folder / f"{seed}.mp4" for seed in range(8)]
    for seed, path in enumerate(paths):
        path.write_bytes(_mutated(whole, seed))
    (folder / "last.mp4").write_bytes(whole)

    async def main() -> list[Inspection]:
        worker = Worker()
        try:
            return [await worker.inspect(path, None, folder) for path in [*paths, folder / "last.mp4"]]
        finally:
            worker.end()

    *damaged, last = asyncio.run(main())
    assert all(found.sha256 for found in damaged)
    assert (last.frames, last.unplayable, last.unchecked) == (12, None, None)


KEPT = {"nothing": b"", "a page": b"<html>502</html>" * 1000, "a head": b"\0\0\0\x18ftypmp42" + bytes(20_000)}


@pytest.mark.parametrize("content", KEPT.values(), ids=KEPT)
def test_a_file_that_is_no_clip_cannot_be_copied(content: bytes, tmp_path: Path) -> None:
    """The reason names the file."""
    (tmp_path / "clip.mp4").write_bytes(content)

    with pytest.raises(ConformError, match=r"clip\.mp4 is no video that can be read"):
        measure(tmp_path / "clip.mp4")


def test_frames_that_change_their_size_are_told() -> None:
    """Filters made for one size would read past the end of a smaller frame."""
    turning = Turning((("transpose", "clock"),))
    large, small = (VideoFrame(width, 90, "yuv420p") for width in (160, 80))

    assert (turning.upright(large).width, turning.upright(large).height) == (90, 160)
    with pytest.raises(ChangingPicturesError, match="change their size"):
        turning.upright(small)
