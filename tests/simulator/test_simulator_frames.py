"""First frames: the vendor fetches them itself, and looks at them."""

import io

import pytest
from PIL import Image

URL = "https://frames.example/a.jpg"
MODEL = "MiniMax-Hailuo-2.3-Fast"


def framed(url=URL):
    return {"model": MODEL, "metadata": {"first_frame_image": url}}


def test_the_frame_is_fetched_when_the_order_is_accepted_without_a_key(make_desk, picture):
    """The vendor reads the URL once, at once, and offers it nothing of ours."""
    desk = make_desk(images={URL: picture()})
    desk.order(**framed())

    (request,) = desk.fetched
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ((1600, 900), (1366, 768)),
        ((900, 1600), (768, 1366)),
        ((800, 1000), (768, 960)),
        ((700, 700), (768, 768)),
    ],
)
def test_the_clip_follows_the_frames_aspect(make_desk, picture, sides, expected):
    """The tier is the short side; both sides are even."""
    desk = make_desk(images={URL: picture(*sides)})
    task_id = desk.order(**framed())
    desk.advance(3600)

    result = desk.status(task_id).json()["results"][0]

    assert (result["width"], result["height"]) == expected


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_the_usual_formats_are_taken(make_desk, picture, file_format):
    """JPG, PNG, WebP."""
    desk = make_desk(images={URL: picture(file_format=file_format)})

    assert desk.post(**framed()).status_code == 200


@pytest.mark.parametrize(
    ("image", "says"),
    [
        ({"width": 1000, "height": 300}, "short side"),
        ({"width": 1010, "height": 400}, "aspect ratio"),
        ({"width": 400, "height": 1010}, "aspect ratio"),
        ({"file_format": "BMP"}, "format"),
    ],
    ids=["too small", "too wide", "too tall", "BMP"],
)
def test_a_frame_that_breaks_a_rule_is_refused_with_2013(make_desk, picture, image, says):
    """Known to MiniMax before it makes a task: 400, and nothing is charged."""
    desk = make_desk(images={URL: picture(**image)})

    answer = desk.post(**framed())

    assert (answer.status_code, answer.json()["code"]) == (400, "2013")
    assert says in answer.json()["message"]
    assert desk.invoice().lines == ()


def test_a_frame_of_20_mb_is_refused(make_desk, picture):
    """Below 20 MB is the rule; what follows an image's end counts."""
    desk = make_desk(images={URL: picture() + b"\0" * (20 * 1024 * 1024)})

    assert desk.post(**framed()).json()["code"] == "2013"


@pytest.mark.parametrize(
    "url",
    [
        "https://frames.example/missing.jpg",
        "http://frames.example/a.jpg",
        "http://10.0.0.7/a.jpg",
        "data:image/jpeg;base64,AAAA",
        "file:///etc/hostname",
        "https://[frames",
        "frame.jpg",
    ],
)
def test_a_frame_that_cannot_be_fetched_fails_after_acceptance(make_desk, picture, url):
    """The order is taken and charged; the task fails with the download's error and is refunded."""
    desk = make_desk(images={URL: picture(), "http://frames.example/a.jpg": picture()})
    task_id = desk.order(**framed(url))
    desk.advance(3600)

    body = desk.status(task_id).json()

    assert (body["status"], "wget" in body["error"]["message"]) == ("failed", True)
    assert desk.invoice().net_usd == 0


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xd8\xff\xe0 no more"])
def test_a_file_that_is_no_image_fails_after_acceptance(make_desk, content):
    """As when it cannot be fetched."""
    desk = make_desk(images={URL: content})
    task_id = desk.order(**framed())
    desk.advance(3600)

    assert desk.status(task_id).json()["error"]["message"] == "image download failed: not an image"


def test_plain_http_is_fetched_on_loopback(make_desk, picture):
    """A folder store's frames are offered there in a rehearsal."""
    url = "http://127.0.0.1:8000/frames/a.png"
    desk = make_desk(images={url: picture()})
    task_id = desk.order(**framed(url))
    desk.advance(3600)

    assert desk.status(task_id).json()["status"] == "completed"


def test_a_photo_lying_on_its_side_is_turned_upright(make_desk):
    """EXIF rotation counts: a 4:3 picture held upright gives an upright clip."""
    image, written = Image.new("RGB", (800, 600)), io.BytesIO()
    exif = image.getexif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees
    image.save(written, "JPEG", exif=exif)
    desk = make_desk(images={URL: written.getvalue()})
    task_id = desk.order(**framed())
    desk.advance(3600)

    result = desk.status(task_id).json()["results"][0]

    assert (result["width"], result["height"]) == (768, 1024)
