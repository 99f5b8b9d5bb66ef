"""The clips are real: they decode, have the right shape, and look different."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from hailuo.simulator import ClipDetail, FaultName, FaultPlan

pytestmark = pytest.mark.slow

FRAME_URL = "https://frames.example/a.jpg"
SHAPES = {
    "512p": ({"size": "512p"}, (912, 512), 144),
    "768p": ({}, (1366, 768), 144),
    "1080p": ({"model": "MiniMax-Hailuo-2.3", "size": "1080p"}, (1920, 1080), 144),
    "10 s": ({"model": "MiniMax-Hailuo-2.3", "duration": 10}, (1366, 768), 243),
}


def decoded(clip):
    """What a player finds, and the first and last picture of a clip."""
    with av.open(io.BytesIO(clip), "r") as container:
        stream = container.streams.video[0]
        pictures = container.decode(stream)
        first = last = next(pictures)
        for last in pictures:
            assert last.width == first.width
        facts = {
            "streams": len(container.streams),
            "codec": stream.codec_context.name,
            "pixels": (stream.width, stream.height),
            "format": stream.pix_fmt,
            "rate": stream.average_rate,
            "frames": (last.pts or 0) * (stream.time_base or 0) * 24 + 1,
            "seconds": float((stream.duration or 0) * (stream.time_base or 0)),
        }
        return facts, first.to_ndarray(format="rgb24"), last.to_ndarray(format="rgb24")


def difference(one, other):
    """The mean difference of two pictures in steps of 0..255, the caption's strip left out."""
    rows = int(one.shape[0] * 0.85)
    return np.abs(one[:rows].astype(int) - other[:rows]).mean()


@pytest.mark.parametrize(("changes", "pixels", "frames"), SHAPES.values(), ids=SHAPES.keys())
def test_a_small_clip_has_the_right_shape(desk, changes, pixels, frames):
    """Cheap clips are as long, as large and as fast as the dear ones."""
    facts, *_ = decoded(desk.fetch(desk.finished(**changes)).content)

    assert facts == {
        "streams": 1,
        "codec": "h264",
        "pixels": pixels,
        "format": "yuv420p",
        "rate": 24,
        "frames": frames,
        "seconds": pytest.approx(frames / 24, abs=0.01),
    }


def test_small_clips_differ_and_are_large_enough(desk):
    """Two takes have other bytes, and more than the 10 KB that a client asks of a clip."""
    one, other = (desk.fetch(desk.finished()).content for _ in range(2))

    assert one != other
    assert min(len(one), len(other)) > 10 * 1024


def test_a_full_clip_has_the_right_shape_and_starts_at_once(make_desk):
    """H.264, yuv420p, 24 fps, silent, and the index in front of the pictures."""
    clip = (desk := make_desk(clip_detail=ClipDetail.FULL)).fetch(desk.finished(size="240p")).content
    facts, first, last = decoded(clip)

    assert (facts["codec"], facts["pixels"], facts["frames"]) == ("h264", (426, 240), 144)
    assert clip[4:8] == b"ftyp"
    assert clip.index(b"moov") < clip.index(b"mdat")
    assert difference(first, last) > 2


def test_full_clips_look_different_by_take_prompt_and_model(make_desk):
    """A person who looks at a gallery sees which is which."""
    desk = make_desk(clip_detail=ClipDetail.FULL)
    orders = [
        {"prompt": "Sneaker on wet asphalt [Tracking shot]", "size": "240p"},
        {"prompt": "Sneaker on wet asphalt [Tracking shot]", "size": "240p"},
        {"prompt": "Perfume bottle on black stone, slow orbit", "size": "240p"},
    ]
    pictures = [decoded(desk.fetch(desk.finished(**order)).content)[1] for order in orders]

    assert difference(pictures[0], pictures[1]) > 4
    assert difference(pictures[0], pictures[2]) > 8


def test_a_clip_from_a_frame_starts_with_that_frame(make_desk, picture):
    """Picture 0 is the first frame, filling the clip; then the camera moves into it."""
    image = picture(900, 1600)
    desk = make_desk(clip_detail=ClipDetail.FULL, images={FRAME_URL: image})
    url = desk.finished(
        model="MiniMax-Hailuo-2.3-Fast",
        prompt="A portrait [Push in]",
        size="240p",
        metadata={"first_frame_image": FRAME_URL},
    )
    facts, first, last = decoded(desk.fetch(url).content)
    with Image.open(io.BytesIO(image)) as opened:
        frame = np.asarray(opened.resize((240, 426)))

    assert facts["pixels"] == (240, 426)
    assert np.abs(first.astype(int) - frame).mean() < 4
    assert difference(first, last) > 1


def test_the_same_task_gives_the_same_bytes_to_everybody(make_desk):
    """Twice from one simulator, and from another one of the same seed."""
    desks = [make_desk(clip_detail=ClipDetail.FULL, seed=5) for _ in range(2)]
    urls = [desk.finished(size="240p") for desk in desks]

    clips = [
        desks[0].fetch(urls[0]).content,
        desks[0].fetch(urls[0]).content,
        desks[1].fetch(urls[1]).content,
    ]

    assert clips[0] == clips[1] == clips[2]


# -- the way out ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-99", slice(0, 100)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-100", slice(-100, None)),
        ("bytes=0-99999999", slice(None)),
    ],
    ids=str,
)
def test_a_range_of_a_clip_can_be_fetched(desk, asked, part):
    """206 with Content-Range."""
    url = desk.finished()
    whole = desk.fetch(url).content

    answer = desk.fetch(url, Range=asked)

    assert (answer.status_code, answer.content) == (206, whole[part])
    assert answer.headers["Content-Range"].endswith(f"/{len(whole)}")


def test_a_range_behind_the_end_cannot(desk):
    """416 with the clip's length."""
    assert desk.fetch(desk.finished(), Range="bytes=99999999-").status_code == 416


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=0-9,20-29", "lines=1-2", "bytes=a-b"])
def test_a_range_that_is_not_understood_is_ignored(desk, asked):
    """RFC 9110: the whole clip, 200."""
    assert desk.fetch(desk.finished(), Range=asked).status_code == 200


def test_a_head_tells_the_length_and_sends_nothing(desk):
    """As an object store does."""
    url = desk.finished()

    answer = desk.ask("HEAD", url, key=None)

    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(desk.fetch(url).content)


def test_a_link_needs_no_key_and_no_change(desk):
    """Presigned: without a key it is good, with another signature it is not."""
    url = desk.finished()

    assert desk.fetch(url).headers["Content-Type"] == "video/mp4"
    assert desk.fetch(f"{url}0").status_code == 403


def test_a_link_expires(make_desk):
    """After its lifetime, in simulated seconds; a GET gives a fresh one."""
    desk = make_desk(url_lifetime_seconds=60, speed=60)
    task_id = desk.order()
    desk.advance(3600)
    url = desk.url(task_id)
    desk.advance(2)

    assert desk.fetch(url).status_code == 403
    assert desk.fetch(desk.url(task_id)).status_code == 200


def test_a_clip_is_not_there_before_it_is_ready(desk):
    """404 from the store, 400 from /content."""
    task_id = desk.order()

    assert desk.fetch(f"/_clips/{task_id}.mp4").status_code == 404
    content = desk.ask("GET", f"/v1/videos/{task_id}/content")
    assert (content.status_code, "NOT_START" in content.json()["error"]["message"]) == (400, True)


def test_content_streams_the_clip_to_who_has_a_key(desk):
    """The gateway's fallback: Bearer, nested errors."""
    task_id = desk.order()
    desk.advance(3600)

    assert desk.ask("GET", f"/v1/videos/{task_id}/content").content == desk.fetch(desk.url(task_id)).content
    missing = desk.ask("GET", "/v1/videos/task_1/content")
    assert (missing.status_code, missing.json()["error"]["message"][:14]) == (404, "Task not found")


def test_a_url_on_the_gateway_wants_the_key(make_desk):
    """Where the gateway cannot resolve the file, it offers its own /content: 401 to strangers."""
    desk = make_desk(
        faults=FaultPlan(rates={FaultName.URL_ON_GATEWAY: 1}), clips_base_url="https://clips.example"
    )
    url = desk.finished()

    assert url.startswith("http://simulator/v1/videos/")
    assert desk.fetch(url).status_code == 401
    assert desk.ask("GET", url).content[4:8] == b"ftyp"


def test_clips_can_be_on_another_host_than_the_api(make_desk):
    """As the real vendor's are."""
    desk = make_desk(clips_base_url="https://clips.example")

    assert desk.finished().startswith("https://clips.example/_clips/task_")


def test_the_size_of_a_clip_is_told_once_it_was_made(desk):
    """results[0].size is the number of bytes that the link gives."""
    task_id = desk.order()
    desk.advance(3600)
    before = desk.status(task_id).json()["results"][0]
    clip = desk.fetch(before["url"]).content

    assert "size" not in before
    assert desk.status(task_id).json()["results"][0]["size"] == len(clip)
