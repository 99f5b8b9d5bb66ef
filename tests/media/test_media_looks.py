"""How a clip looks, in numbers: each moves with what it is named for, and with nothing that it is not."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from hailuo.media.inspection import Inspection
from hailuo.media.probe import inspect
from tests.support.films import Frame, grained, landscape, lit, panned, write_film

pytestmark = pytest.mark.slow

FRAMES = 24


@pytest.fixture(scope="session")
def shot() -> list[Frame]:
    return panned(landscape(7), FRAMES)


@pytest.fixture
def look(tmp_path: Path) -> Callable[[list[Frame]], Inspection]:
    """What is found in a clip of these frames."""
    return lambda frames: inspect(write_film(tmp_path / "clip.mp4", frames))


@pytest.fixture(scope="session")
def seen(shot: list[Frame], tmp_path_factory: pytest.TempPathFactory) -> Inspection:
    """The shot as it is."""
    return inspect(write_film(tmp_path_factory.mktemp("shot") / "clip.mp4", shot))


def softened(frame: Frame) -> Frame:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), 3), np.uint8)


def greyed(frame: Frame) -> Frame:
    return np.repeat(np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)[..., None], 3, axis=2)


def flattened(frame: Frame) -> Frame:
    return np.asarray(128 + (frame.astype(np.float32) - 128) / 4, np.uint8)


@pytest.mark.parametrize(
    ("column", "change", "most"),
    [
        ("sharpness_lapvar", softened, 0.3),
        ("colourfulness", greyed, 0.1),
        ("luma_mean", lambda frame: lit(frame, 0.5), 0.6),
        ("contrast_std", flattened, 0.3),
    ],
    ids=[
        "soft pictures are less sharp",
        "grey ones have no colour",
        "dark ones are darker",
        "flat ones flatter",
    ],
)
def test_a_look_falls_with_what_it_is_named_for(
    look: Callable[[list[Frame]], Inspection],
    seen: Inspection,
    shot: list[Frame],
    column: str,
    change: Callable[[Frame], Frame],
    most: float,
) -> None:
    """To at most that share of the shot as it is."""
    found = look([change(frame) for frame in shot])

    assert 0 <= getattr(found, column) < most * getattr(seen, column)


def test_a_camera_that_pans_is_no_error_and_grain_is(
    look: Callable[[list[Frame]], Inspection], seen: Inspection, shot: list[Frame]
) -> None:
    """What the flow explains is taken off; what it cannot explain stays."""
    rough = look([grained(frame, seed) for seed, frame in enumerate(shot)])

    assert seen.warp_error is not None
    assert seen.mafd is not None
    assert rough.warp_error is not None
    assert seen.warp_error < 0.7 * seen.mafd
    assert rough.warp_error > 1.5 * seen.warp_error


def test_vbench_s_flickering_is_its_formula(
    look: Callable[[list[Frame]], Inspection], seen: Inspection, shot: list[Frame]
) -> None:
    """(255 - mean difference of neighbours) / 255: near 1 for a still, less for motion, least where brightness swings."""
    still = look([shot[0]] * FRAMES)
    swinging = look([lit(frame, 1.06 if number % 2 else 0.94) for number, frame in enumerate(shot)])

    found = [one.vbench_temporal_flickering for one in (swinging, seen, still)]

    assert found == sorted(found, key=float)  # type: ignore[arg-type]  # all were measured
    assert still.vbench_temporal_flickering == pytest.approx(1, abs=0.001)


def test_a_clip_in_which_nothing_changes_at_all_flickers_not_at_all(
    look: Callable[[list[Frame]], Inspection],
) -> None:
    """A difference of nothing is a measurement, and the best there is."""
    found = look([np.zeros((240, 426, 3), np.uint8)] * FRAMES)

    assert (found.mafd, found.vbench_temporal_flickering) == (0, 1)


def test_the_fastest_part_of_the_picture_is_told_too(
    look: Callable[[list[Frame]], Inspection], seen: Inspection, shot: list[Frame]
) -> None:
    """One thing that moves through a picture at rest: little on the whole, much in its fastest twentieth."""
    moving = [shot[0].copy() for _ in range(FRAMES)]
    for number, frame in enumerate(moving):
        cv2.circle(frame, (60 + 6 * number, 120), 22, (240, 60, 40), -1)

    found = look(moving)

    assert found.motion_flow_mean is not None
    assert found.motion_flow_top5 is not None
    assert found.motion_flow_top5 > 5 * found.motion_flow_mean
    assert seen.motion_flow_mean is not None
    assert seen.motion_flow_top5 is not None
    assert seen.motion_flow_mean <= seen.motion_flow_top5 < 2 * seen.motion_flow_mean  # all of it pans
