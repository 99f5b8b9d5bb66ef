"""First frames are checked before anything is paid, and identified by their bytes."""

import hashlib
import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from hailuo.campaign.files.frames import read_frame
from hailuo.campaign.files.text import RefusedValueError
from hailuo.campaign.variant import FirstFrame


def _image(
    size: tuple[int, int] = (400, 700), kind: str = "PNG", mode: str = "RGB", **options: object
) -> bytes:
    buffer = io.BytesIO()
    quick = {"compress_level": 1} if kind == "PNG" else {}
    Image.new(mode, size).save(buffer, kind, **quick, **options)
    return buffer.getvalue()


def _read(folder: Path, content: bytes, name: str = "hero.png") -> FirstFrame:
    (folder / name).write_bytes(content)
    return read_frame(name, folder, label=None)


def _noted(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return _image((400, 700), "JPEG", exif=exif)


def _deep() -> bytes:
    """A PNG of 16 bits for each of three colours, which Pillow cannot write."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", 400, 700, 16, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes(400 * 6)) * 700)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "suffix"),
    [(_image(), ".png"), (_image(kind="JPEG"), ".jpg"), (_image(kind="WEBP"), ".webp"), (_noted(1), ".jpg")],
    ids=["png", "jpg", "webp", "upright by EXIF"],
)
def test_a_good_image_is_measured_as_people_see_it(tmp_path: Path, content: bytes, suffix: str) -> None:
    """Kind by content, size in pixels, sha256 of the bytes, label from the name."""
    frame = _read(tmp_path, content)

    assert frame == FirstFrame(
        label="hero",
        sha256=hashlib.sha256(content).hexdigest(),
        path=tmp_path / "hero.png",
        width=400,
        height=700,
        suffix=suffix,
    )


@pytest.mark.parametrize("size", [(301, 301), (400, 1000), (1000, 400)])
def test_the_limits_themselves_are_allowed(tmp_path: Path, size: tuple[int, int]) -> None:
    """Short side over 300, aspect 2:5 to 5:2, both ends included."""
    assert isinstance(_read(tmp_path, _image(size)), FirstFrame)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (_image((300, 500)), "the image is 300x500: its short side must be over 300 px"),
        (_image((400, 1001)), "the image is 400x1001: its aspect ratio must be between 2:5 and 5:2"),
        (_image((1001, 400)), "the image is 1001x400: its aspect ratio must be between 2:5 and 5:2"),
        (_image(kind="GIF"), "this is a GIF image, not a JPG, PNG or WebP image"),
        (_image(kind="AVIF"), "this is an AVIF image, not a JPG, PNG or WebP image"),
        (_image(kind="TIFF"), "this is a TIFF image, not a JPG, PNG or WebP image"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "this is a HEIC image, not a JPG, PNG or WebP image"),
        (_noted(6), "the image is turned by a note in it (EXIF), which the vendor may show otherwise"),
        (_noted(3), "the image is turned by a note in it (EXIF), which the vendor may show otherwise"),
        (
            _image(kind="JPEG", mode="CMYK"),
            "the image is in CMYK colours, which the vendor may show otherwise",
        ),
        (_image(mode="RGBA"), "the image has transparent parts, which the vendor may show otherwise"),
        (_image(mode="LA"), "the image has transparent parts, which the vendor may show otherwise"),
        (
            _image(kind="WEBP", mode="RGBA"),
            "the image has transparent parts, which the vendor may show otherwise",
        ),
        (
            _image(mode="P", transparency=0),
            "the image has transparent parts, which the vendor may show otherwise",
        ),
        (
            _image(mode="I;16"),
            "the image has more than 8 bits for each colour, which the vendor may show otherwise",
        ),
        (_deep(), "the image has more than 8 bits for each colour, which the vendor may show otherwise"),
        (_image(kind="JPEG")[:-400], "the image is damaged or cut off"),
        (_image()[:60], "the image is damaged or cut off"),
        (
            _image((400, 700), append_images=[Image.new("RGB", (400, 700))], save_all=True),
            "the image is animated",
        ),
        (_image((8000, 7000), mode="1"), "the image has more than 50 million pixels"),
        (_image((15000, 7000), mode="1"), "the image has more than 50 million pixels"),
        (b"", "this is not a JPG, PNG or WebP image"),
        (_image() + b"\0" * 20_000_000, "the image has 20 MB or more"),
    ],
)
def test_an_image_the_vendor_would_refuse_is_refused_here(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    """The vendor says so only after the submit."""
    with pytest.raises(RefusedValueError) as refusal:
        _read(tmp_path, content)

    assert refusal.value.reason == reason


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """A campaign file from elsewhere must not send private pictures to a vendor."""
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "private.png").write_bytes(_image())
    (home / "hero.png").symlink_to(tmp_path / "private.png")

    with pytest.raises(RefusedValueError, match="the path leads outside the campaign's folder by a link"):
        read_frame("hero.png", home, label=None)


@pytest.mark.parametrize(
    "text", ["../hero.png", "a/../../hero.png", "/hero.png", "a\x00b", "nothing.png", "."]
)
def test_a_path_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """No other error is raised, whatever the path."""
    with pytest.raises(RefusedValueError):
        read_frame(text, tmp_path, label=None)


def test_a_url_is_identified_by_its_text(tmp_path: Path) -> None:
    """It is never fetched, so its size is not known."""
    url = "https://cdn.example.com/frames/hero.PNG?x=1"

    frame = read_frame(url, tmp_path, label=None)

    digest = hashlib.sha256(url.encode()).hexdigest()
    assert frame == FirstFrame(label="hero", sha256=digest, url=url, suffix=".png")


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/x.png",
        "https://",
        "https://u@a.example/x",
        "https://[::1/x",
        "file:///etc/x",
        "s3://b/k",
        "https://a.example:x/",
        "https://a b/c",
    ],
)
def test_other_urls_are_refused(tmp_path: Path, url: str) -> None:
    """Only https, without a user's name."""
    with pytest.raises(RefusedValueError):
        read_frame(url, tmp_path, label=None)


def test_an_absolute_path_inside_the_folder_is_inside(tmp_path: Path) -> None:
    """It names the same picture, with the same id."""
    content = _image()
    frame = _read(tmp_path, content)

    assert read_frame(str(tmp_path / "hero.png"), tmp_path, label=None) == frame


def test_an_opaque_picture_may_have_an_alpha_channel(tmp_path: Path) -> None:
    """Nothing shows through it."""
    buffer = io.BytesIO()
    Image.new("RGBA", (400, 700), (1, 2, 3, 255)).save(buffer, "PNG")

    assert _read(tmp_path, buffer.getvalue()).width == 400
