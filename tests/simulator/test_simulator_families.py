"""Every family of a catalog is served: its body is read by its own template, and its clips are what it says."""

import io
from decimal import Decimal

import av
import pytest

from tests.simulator.conftest import NIGHT

ORDER = {"model": "seedance-2.0", "duration": 5, "size": None}


def seedance(**metadata):
    return {**ORDER, "metadata": {"resolution": "720p", **metadata}}


@pytest.mark.parametrize(
    ("metadata", "sides", "sounds"),
    [({}, (320, 180), 0), ({"aspect_ratio": "9:16", "audio": True}, (180, 320), 1), ({"audio": False}, (320, 180), 0)],
)  # fmt: skip
@pytest.mark.slow
def test_a_clip_has_the_shape_rate_and_sound_that_were_ordered(desk, metadata, sides, sounds):
    """By the facts of the catalog: a rehearsal shows what would be delivered."""
    task_id = desk.order(**seedance(**metadata))
    desk.advance(NIGHT)
    clip = desk.ask("GET", f"/v1/videos/{task_id}/content")

    with av.open(io.BytesIO(clip.content)) as container:
        video = container.streams.video[0]
        assert (video.width, video.height) == sides
        assert float(video.average_rate or 0) == 30
        assert len(container.streams.audio) == sounds


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (seedance(audio="true"), "audio cannot be 'true'"),
        (seedance(aspect_ratio="4:5"), "aspect_ratio cannot be '4:5'"),
        ({**ORDER, "metadata": "720p"}, "metadata must be an object"),
        ({**ORDER, "images": "x"}, "images must be a list"),
    ],
)
def test_a_value_of_another_type_is_refused(desk, body, words):
    """`true` and "true" are two values on the wire."""
    answer = desk.post(**body)

    assert answer.status_code == 400
    assert words in answer.json()["message"]


def test_a_family_that_is_not_strict_ignores_other_fields(desk):
    """Only a strict schema refuses what it does not know."""
    assert desk.post(**seedance(), seed=7).status_code == 200
    assert desk.post(seed=7).status_code == 400


def test_a_price_that_is_taken_at_the_end_is_taken_with_the_clip(desk):
    """The balance does not move at the submit, and a clip that comes costs its price."""
    before = desk.simulator.invoice().balance_usd
    desk.order(**seedance())
    at_submit = desk.simulator.invoice()
    desk.advance(NIGHT)
    at_end = desk.simulator.invoice()

    assert (at_submit.balance_usd, at_submit.net_usd) == (before, 0)
    assert (before - at_end.balance_usd, at_end.net_usd) == (Decimal("0.50"), Decimal("0.50"))


def test_the_models_that_a_key_may_use_are_listed(desk):
    """`GET /v1/models`, in the form of new-api."""
    answer = desk.ask("GET", "/v1/models").json()

    assert answer["object"] == "list"
    assert "seedance-2.0" in [model["id"] for model in answer["data"]]
