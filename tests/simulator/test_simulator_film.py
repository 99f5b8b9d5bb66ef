"""What a person sees in a full clip: the prompt's subject, what the clip is, and that it is simulated."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hailuo.media import Order as InspectedOrder
from hailuo.media import near_duplicates
from hailuo.media.probe import inspect
from hailuo.media.verdict import verdict
from hailuo.simulator import ClipDetail
from hailuo.simulator.clips import ClipMaker
from hailuo.simulator.film import film
from hailuo.simulator.frames import Frame
from hailuo.simulator.orders import VideoOrder
from hailuo.simulator.tasks import Task
from tests.support.examples import examples

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ORDER = VideoOrder(
    model="MiniMax-Hailuo-2.3",
    prompt="An amber perfume bottle on black stone [Push in]",
    duration=6,
    size="240p",
    frame_url=None,
    price_usd=Decimal("0.28"),
    request_sha256="5e" * 32,
)
TASK = Task(
    task_id="task_20261122220000ABCDEF",
    order=ORDER,
    take=1,
    number=1,
    accepted=0,
    accepted_at=datetime(2026, 11, 22, 22, 0, tzinfo=UTC),
    ready=90,
    speed=1,
    width=426,
    height=240,
)
BOTTLE = Frame(
    content=(ROOT / "campaigns" / "frames" / "perfume-black-stone-16x9.jpg").read_bytes(),
    width=1366,
    height=768,
)
STRIP = (14, 15, 18)
"""The strip's own colour; what is written on it is brighter."""


def still_of(width, height):
    """A first frame of one colour, with a bright field in its middle."""
    image, written = Image.new("RGB", (width, height), (90, 20, 20)), io.BytesIO()
    image.paste((240, 240, 60), (width // 4, height // 4, 3 * width // 4, 3 * height // 4))
    image.save(written, "PNG")
    return Frame(content=written.getvalue(), width=width, height=height)


def filmed(task=TASK, frames=24, seed=0):
    """Every picture as RGB."""
    dice = Random(seed)  # noqa: S311 (looks)
    return [frame.to_ndarray(format="rgb24") for frame in film(task, frames=frames, dice=dice)]


def strip_rows(picture):
    """How many rows at the bottom have the strip's colour at their right end."""
    same = np.abs(picture[:, -3:].astype(int) - STRIP).max(axis=(1, 2)) < 4
    return int(same[::-1].argmin()) if not same.all() else len(same)


def difference(one, other):
    return np.abs(one.astype(int) - other).mean()


@pytest.mark.parametrize("order", [{"prompt": "Another bottle"}, {"model": "MiniMax-Hailuo-02"}])
def test_another_prompt_or_model_looks_different(order):
    """By mean pixel difference of the first pictures; another body has dice of its own."""
    other = replace(TASK, order=replace(ORDER, **order))

    assert difference(filmed(frames=2)[0], filmed(other, frames=2, seed=1)[0]) > 4


def test_another_take_looks_different():
    """Two takes of one request differ in light, backdrop and the place of the subject."""
    takes = [filmed(frames=2, seed=seed)[0] for seed in range(6)]

    assert min(difference(one, other) for one in takes for other in takes if one is not other) > 2.5


def test_another_take_from_one_frame_moves_differently():
    """Both begin with the same first frame; half-way they differ by camera and light."""
    task = replace(TASK, frame=still_of(852, 480))
    one, other = (filmed(task, frames=25, seed=seed)[12] for seed in (1, 2))

    assert difference(one, other) > 2.5


def test_every_picture_differs_from_the_one_before():
    """Motion at the full 24 pictures a second; nothing is shown twice."""
    pictures = filmed(frames=24)

    assert all(difference(one, other) > 0.01 for one, other in pairwise(pictures))


def test_the_strip_says_what_the_clip_is_and_that_it_is_simulated():
    """On every picture of a clip from text: two lines, large enough for a tile of a gallery."""
    pictures = filmed(frames=3)
    height = min(strip_rows(picture) for picture in pictures)
    written = pictures[0][-height:].max(axis=2) > 120

    assert 0.12 < height / TASK.height < 0.2
    assert written.any(axis=1).mean() > 0.4


def test_other_captions_are_written_for_other_orders():
    """The strip names duration, size and prompt."""
    strips = [
        filmed(replace(TASK, order=replace(ORDER, **change)), frames=2)[0][-36:]
        for change in ({}, {"duration": 10}, {"size": "768p"}, {"prompt": "An amber cup"})
    ]

    assert len({strip.tobytes() for strip in strips}) == 4


def test_no_caption_names_the_model():
    """Blind picking stays blind: two models' clips bear the same strip."""
    strips = [
        filmed(replace(TASK, order=replace(ORDER, model=model)), frames=2)[0][-36:]
        for model in ("MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3")
    ]

    assert strips[0].tobytes() == strips[1].tobytes()


@pytest.mark.parametrize("prompt", ["", "鞋" * 50, "\x00\x07", "word " * 400])
def test_any_prompt_can_be_captioned(prompt):
    """What the type cannot draw is left out; what is too long is cut off."""
    assert strip_rows(filmed(replace(TASK, order=replace(ORDER, prompt=prompt)), frames=2)[0]) > 20


@pytest.mark.parametrize(("width", "height"), [(426, 240), (240, 426), (240, 240), (240, 300), (600, 240)])
def test_a_clip_from_a_frame_makes_room_for_the_strip(width, height):
    """The first pictures are the frame alone; then the strip pushes it up and covers nothing of its middle."""
    task = replace(TASK, width=width, height=height, frame=still_of(2 * width, 2 * height))
    pictures = filmed(task, frames=40)
    rows = [strip_rows(picture) for picture in pictures]
    bright = pictures[-1][:, :, 1] > 150
    lowest = int(np.flatnonzero(bright[:-60].any(axis=1)).max())

    assert (rows[0], rows[5]) == (0, 0)
    assert rows == sorted(rows)
    assert rows[-1] > 20
    assert lowest < height - rows[-1]


def test_picture_0_is_the_first_frame():
    """Sharp and uncut: within a few steps of 255 of the original, resized."""
    frame = still_of(852, 480)
    first = filmed(replace(TASK, frame=frame), frames=3)[0]
    with Image.open(io.BytesIO(frame.content)) as image:
        original = np.asarray(image.convert("RGB").resize((426, 240), Image.Resampling.LANCZOS))

    assert difference(first, original) < 3


@settings(max_examples=examples(25))
@given(
    short=st.sampled_from([120, 180, 240]),
    aspect=st.floats(0.4, 2.5),
    word=st.sampled_from(["orbit", "push in", "pan left", "tilt up", "static", "handheld", "walking"]),
    framed=st.booleans(),
)
def test_every_shape_and_motion_can_be_filmed(short, aspect, word, framed):
    """No rounding of any size leads outside a layer; each picture has the clip's size."""
    width = 2 * round(short * max(1, aspect) / 2)
    height = 2 * round(short * max(1, 1 / aspect) / 2)
    order = replace(ORDER, prompt=f"A car, {word}")
    frame = still_of(width + 7, height + 3) if framed else None

    pictures = filmed(replace(TASK, order=order, width=width, height=height, frame=frame), frames=5)

    assert {picture.shape for picture in pictures} == {(height, width, 3)}


def test_a_clip_that_was_put_away_is_made_again_the_same():
    """Only the latest clips are kept; an older one costs its making again, and nothing else."""
    maker = ClipMaker(ClipDetail.SMALL, seed=0, kept_bytes=1)
    before = maker.clip(TASK)
    maker.clip(replace(TASK, task_id="task_2"))

    assert maker.clip(TASK) == before
    assert maker.length(TASK) == len(before)


# -- the words of a prompt ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "to_the_right"),
    [
        ("A car [Truck left]", True),
        ("A car [左移]", True),
        ("A car [Pan right]", False),
        ("A car [右摇]", False),
    ],
)
def test_the_camera_moves_as_the_prompt_says(prompt, to_the_right):
    """English and Chinese. Where the camera goes left, the picture moves to the right."""
    first, last = filmed(replace(TASK, order=replace(ORDER, prompt=prompt)), frames=2)
    before, after = (picture[:180].mean(axis=2) for picture in (first, last))
    _, shift = min(
        (difference(before[:, 60 - shift : 366 - shift], after[:, 60:366]), shift) for shift in range(-60, 61)
    )

    assert abs(shift) > 10
    assert (shift > 0) is to_the_right


@pytest.mark.parametrize(
    ("colour", "channel"), [("red", 0), ("moss-green", 1), ("blue", 2)], ids=["red", "green", "blue"]
)
def test_a_subject_has_the_colour_that_the_prompt_names_for_it(colour, channel):
    """By the most colourful pixels of the picture."""
    prompt = f"A {colour} trail shoe on grey stone [Static shot]"
    pixels = filmed(replace(TASK, order=replace(ORDER, prompt=prompt)), frames=2)[0][:200].reshape(-1, 3)
    spread = pixels.max(axis=1).astype(int) - pixels.min(axis=1)
    colourful = pixels[np.argsort(spread)[-2000:]].mean(axis=0)

    assert int(colourful.argmax()) == channel


@pytest.mark.parametrize("subject", ["sneaker", "coupe", "perfume", "espresso", "woman", "cloud"])
def test_every_subject_is_drawn(subject):
    """Each has a picture of its own: with the same dice, no two prompts look the same."""
    pictures = [
        filmed(replace(TASK, order=replace(ORDER, prompt=f"A {word} [Static shot]")), frames=2)[0]
        for word in (subject, "lamp")
    ]

    assert difference(*pictures) > 4


# -- what the checks of clips say -----------------------------------------------------------------


@pytest.mark.parametrize("frame", [None, BOTTLE], ids=["from text", "from a frame"])
def test_films_pass_the_checks_and_no_take_is_a_near_duplicate(frame, tmp_path):
    """Not black, not frozen, no flicker, the first frame unchanged; and far from each other by the checks' hashes."""
    asked = InspectedOrder(duration_s=6, size="240p", has_first_frame=frame is not None, aspect=426 / 240)
    maker, found = ClipMaker(ClipDetail.FULL, seed=0), {}
    for take in (1, 2):
        clip = tmp_path / f"{take}.mp4"
        clip.write_bytes(maker.clip(replace(TASK, task_id=f"task_{take}", take=take, frame=frame)))
        found[clip.stem] = inspect(clip, first_frame=frame and frame.content)

    assert {name: verdict(one, asked).codes for name, one in found.items()} == {"1": (), "2": ()}
    assert near_duplicates(found, at_most_bits=30) == {}
