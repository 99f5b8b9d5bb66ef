"""What exactly is POSTed for a variant."""

from pathlib import Path

import pytest

from hailuo.campaign.catalog import Family, Setting
from hailuo.campaign.files import load_catalog
from hailuo.campaign.variant import FirstFrame, Variant
from hailuo.vendor import build_request

FRAME = FirstFrame(label="hero", sha256="00" * 32, path=Path("hero.png"))
URL = "https://store.example/hero.png?signature=x"
MINIMAX = load_catalog().families["minimax"]
SEEDANCE = Family(
    name="seedance",
    request={
        "model": "{model}",
        "prompt": "{prompt}",
        "duration": "{duration}",
        "metadata": {
            "resolution": "{size}",
            "aspect_ratio": "{aspect_ratio}",
            "role_mode": {"if": "first_frame", "then": "frame"},
        },
        "images": ["{first_frame}"],
    },
    settings={"aspect_ratio": Setting(name="aspect_ratio", values=("16:9", "9:16"))},
)


def make_variant(**changes: object) -> Variant:
    settings: dict[str, object] = {
        "model": "MiniMax-Hailuo-2.3",
        "prompt": "Sneaker on wet asphalt",
        "duration": 6,
        "size": "768p",
    }
    return Variant(**{**settings, **changes})  # type: ignore[arg-type]  # a test names what it is about


def test_minimax_text_to_video_is_the_strict_schema() -> None:
    """Four fields and nothing else: the schema forbids additional properties."""
    assert build_request(make_variant(), MINIMAX, first_frame_url=None) == {
        "model": "MiniMax-Hailuo-2.3",
        "prompt": "Sneaker on wet asphalt",
        "duration": 6,
        "size": "768p",
    }


def test_minimax_first_frame_goes_to_metadata() -> None:
    """An image-to-video order adds one field in `metadata`, and only that."""
    request = build_request(make_variant(first_frame=FRAME), MINIMAX, first_frame_url=URL)

    assert request == {
        "model": "MiniMax-Hailuo-2.3",
        "prompt": "Sneaker on wet asphalt",
        "duration": 6,
        "size": "768p",
        "metadata": {"first_frame_image": URL},
    }


def test_seedance_is_data_and_no_code() -> None:
    """Another family, another body: resolution and ratio in `metadata`, the frame among `images`."""
    variant = make_variant(
        model="seedance-2.0", duration=5, size="720p", first_frame=FRAME, parameters={"aspect_ratio": "9:16"}
    )

    assert build_request(variant, SEEDANCE, first_frame_url=URL) == {
        "model": "seedance-2.0",
        "prompt": "Sneaker on wet asphalt",
        "duration": 5,
        "metadata": {"resolution": "720p", "aspect_ratio": "9:16", "role_mode": "frame"},
        "images": [URL],
    }


def test_seedance_without_frame_or_ratio_sends_neither() -> None:
    """What was not asked for is left to the vendor's default."""
    request = build_request(make_variant(model="seedance-2.0", size="720p"), SEEDANCE, first_frame_url=None)

    assert request["metadata"] == {"resolution": "720p"}
    assert "images" not in request


@pytest.mark.parametrize(("frame", "url"), [(FRAME, None), (None, URL)], ids=["no URL", "no frame"])
def test_frame_and_url_come_together(frame: FirstFrame | None, url: str | None) -> None:
    """A frame lost on the way would buy another clip than the one wanted."""
    with pytest.raises(ValueError, match="come together or not at all"):
        build_request(make_variant(first_frame=frame), MINIMAX, first_frame_url=url)


def test_a_setting_that_would_not_be_sent_is_refused() -> None:
    """A setting that the request cannot carry would buy identical clips under two names."""
    with pytest.raises(ValueError, match="takes no seed"):
        build_request(make_variant(parameters={"seed": "1"}), MINIMAX, first_frame_url=None)
