"""Near duplicates: a clip encoded anew is recalled, another take never is."""

import numpy as np
import pytest

from hailuo.media import Inspection, near_duplicates
from hailuo.media.probe import inspect
from tests.support.films import landscape, panned, write_film

pytestmark = pytest.mark.slow

TAKES = 5


@pytest.fixture(scope="session")
def edition(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Inspection]:
    """Five takes, each with two encodings made anew of it."""
    folder = tmp_path_factory.mktemp("takes")
    found = {}
    for take in range(TAKES):
        shown = panned(landscape(100 + take), 48)
        for name, crf in (("a", 18), ("b", 30), ("c", 38)):
            clip = write_film(folder / f"{take}{name}.mp4", shown, crf=crf)
            found[f"{take}{name}"] = inspect(clip)
    return found


def test_every_encoding_made_anew_is_recalled(edition: dict[str, Inspection]) -> None:
    """And points to a clip of its own take."""
    near = near_duplicates(edition)

    assert set(near) == set(edition)
    assert {(cid[0], found.creative_id[0]) for cid, found in near.items()} == {
        (str(take), str(take)) for take in range(TAKES)
    }
    assert max(found.distance for found in near.values()) < 10


def test_different_takes_are_never_duplicates(edition: dict[str, Inspection]) -> None:
    """Nor near the threshold."""
    takes = {cid: found for cid, found in edition.items() if cid.endswith("a")}

    assert near_duplicates(takes) == {}
    assert min(found.distance for found in near_duplicates(takes, at_most_bits=256).values()) > 40


def test_a_clip_without_all_hashes_takes_no_part(edition: dict[str, Inspection]) -> None:
    """One that was cut off is like nothing."""
    assert near_duplicates({"one": edition["0a"], "cut": Inspection(sha256=None, bytes=None)}) == {}


def test_two_thousand_clips_are_compared() -> None:
    """Four million pairs, by whole words."""
    dice = np.random.default_rng(0)

    def made(number: int) -> Inspection:
        return Inspection(sha256=None, bytes=number, pdq=tuple(dice.bytes(32).hex() for _ in range(8)))

    clips = {f"{number:05}": made(number) for number in range(2000)}
    clips["twin"] = clips["00007"]

    near = near_duplicates(clips)

    assert {cid: found.creative_id for cid, found in near.items()} == {"twin": "00007", "00007": "twin"}
