"""Pictures become first frames that every program shows alike, in the shape that is asked for."""

import io
from pathlib import Path

import pytest
from PIL import Image

from hailuo.campaign.files import check_frame
from hailuo.cli.main import run
from hailuo.media.still import FrameFit, FrameShape, StillError, converted

RED, BLUE = (200, 10, 10), (10, 10, 200)


def picture(
    mode: str = "RGB", kind: str = "PNG", *, size: tuple[int, int] = (800, 600), **options: object
) -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    buffer = io.BytesIO()
    image.convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def near(pixel: object, colour: tuple[int, int, int]) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 30 for one, other in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF", "BMP", "MPO"])
def test_every_kind_becomes_a_jpeg_with_its_colours(kind: str) -> None:
    """Which the checks of first frames accept."""
    found = converted(picture(kind=kind))

    assert check_frame(found) == (800, 600)
    assert (near(opened(found).getpixel((5, 5)), RED), near(opened(found).getpixel((795, 5)), BLUE)) == (
        True,
        True,
    )


def test_cmyk_becomes_rgb() -> None:
    """With its colours, not inverted."""
    found = opened(converted(picture("CMYK", "JPEG")))

    assert found.mode == "RGB"
    assert near(found.getpixel((5, 5)), RED)


@pytest.mark.parametrize(("orientation", "corner"), [(3, BLUE), (6, RED), (8, BLUE)])
def test_a_turned_picture_becomes_upright(orientation: int, corner: tuple[int, int, int]) -> None:
    """As people see it; the note is gone."""
    exif = Image.Exif()
    exif[0x0112] = orientation

    found = opened(converted(picture(kind="JPEG", exif=exif)))

    assert found.size == ((800, 600) if orientation == 3 else (600, 800))
    assert 0x0112 not in found.getexif()
    assert near(found.getpixel((5, 5)), corner)


def test_transparent_parts_become_white() -> None:
    """Not black, as a program that ignores them shows."""
    buffer = io.BytesIO()
    Image.new("RGBA", (400, 400), (0, 0, 0, 0)).save(buffer, "PNG")

    assert near(opened(converted(buffer.getvalue())).getpixel((5, 5)), (255, 255, 255))


def test_sixteen_bits_become_eight() -> None:
    """Half of the range stays half."""
    buffer = io.BytesIO()
    Image.new("I;16", (400, 400), 32768).save(buffer, "PNG")

    assert near(opened(converted(buffer.getvalue())).getpixel((5, 5)), (128, 128, 128))


@pytest.mark.slow
@pytest.mark.parametrize("fit", FrameFit)
@pytest.mark.parametrize("shape", ["9:16", "1:1", "4:5", "16:9"])
def test_a_picture_comes_into_the_shape(fit: FrameFit, shape: str) -> None:
    """To the pixel; cropped it is a part, padded and blurred it is whole in the middle."""
    wanted = FrameShape.of(shape)

    found = opened(converted(picture(size=(1600, 1200)), shape=wanted, fit=fit))

    assert abs(found.width / found.height - wanted.width / wanted.height) < 0.01
    assert (found.width <= 1600 and found.height <= 1200) is (fit is FrameFit.CROP)
    middle = found.height // 2
    assert near(found.getpixel((found.width // 2 - 20, middle)), RED)
    assert near(found.getpixel((found.width // 2 + 20, middle)), BLUE)


@pytest.mark.parametrize("text", ["9x16", "0:1", "1:3", "a:b", "9:"])
def test_other_shapes_are_refused(text: str) -> None:
    """No model takes them."""
    with pytest.raises(ValueError, match=r"9:16|2:5"):
        FrameShape.of(text)


@pytest.mark.parametrize("content", [b"", b"no picture", picture()[:90], b"\0\0\0\x18ftypheic" + bytes(40)])
def test_what_is_no_picture_is_refused_with_a_remedy(content: bytes) -> None:
    """HEIC, too: it cannot be read here."""
    with pytest.raises(StillError, match=";"):
        converted(content)


def test_the_command_writes_beside_the_picture_and_never_over_another(tmp_path: Path) -> None:
    """The same again is no mistake."""
    source = tmp_path / "shoe.png"
    source.write_bytes(picture())

    assert run(["frames", str(source), "--fit", "9:16", "--fit", "1:1", "--how", "blur"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shoe-1x1.jpg", "shoe-9x16.jpg", "shoe.png"]
    assert run(["frames", str(source), "--fit", "9:16", "--how", "blur"]) == 0
    assert run(["frames", str(source), "--fit", "9:16", "--how", "pad"]) == 2
