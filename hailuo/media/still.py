"""Still pictures as a vendor reads them alike: upright, 8 bits, sRGB, opaque, in the shape of a placement."""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PIL import Image, ImageCms, ImageFilter, ImageOps, UnidentifiedImageError

from hailuo.errors import HailuoError

_MOST_PIXELS: Final = 50_000_000
_QUALITY: Final = 95
_BLUR_PART: Final = 40
"""The blur behind a picture is this part of its longer side."""
_DAMAGE: Final = (
    *(
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        OverflowError,
        MemoryError,
    ),
    *(struct.error, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning),
)  # what Pillow's decoders raise on damaged files


class StillError(HailuoError):
    """A picture cannot be read. The message says what to do."""


class FrameFit(StrEnum):
    """How a picture comes into another shape."""

    CROP = "crop"  # its middle
    PAD = "pad"  # with bars of its own edge colour
    BLUR = "blur"  # before a blurred copy of itself


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameShape:
    """A ratio of width to height, such as 9:16."""

    width: int
    height: int

    @classmethod
    def of(cls, text: str) -> "FrameShape":
        """Raises: ValueError for anything but two whole numbers between 2:5 and 5:2."""
        width, _, height = text.partition(":")
        if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
            raise ValueError("write width and height, such as 9:16")
        shape = cls(width=int(width), height=int(height))
        if 5 * shape.width < 2 * shape.height or 2 * shape.width > 5 * shape.height:
            raise ValueError("first frames must be between 2:5 and 5:2")
        return shape

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


def converted(content: bytes, *, shape: FrameShape | None = None, fit: FrameFit = FrameFit.CROP) -> bytes:
    """The picture as a JPEG that every program shows alike, in the shape if one is given.

    JPG, PNG, WebP, AVIF, TIFF, BMP and GIF are read, of several pictures the first. Colours become sRGB by the profile of
    the picture. Transparent parts become white. Raises: StillError.
    """
    if content[4:8] == b"ftyp" and content[8:12] not in (b"avif", b"avis"):
        raise StillError("a HEIC image cannot be read here; export it as JPG")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
        try:
            with Image.open(io.BytesIO(content)) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise StillError("the image has more than 50 million pixels; save it smaller")
                upright = _opaque(ImageOps.exif_transpose(image))
        except UnidentifiedImageError:
            raise StillError("this is no image that can be read; save it as JPG or PNG") from None
        except _DAMAGE:
            raise StillError("the image is damaged or cut off; save or copy it again") from None
    sink = io.BytesIO()
    (_fitted(upright, shape, fit) if shape else upright).save(sink, "JPEG", quality=_QUALITY, subsampling=0)
    return sink.getvalue()


def _opaque(image: Image.Image) -> Image.Image:
    """In sRGB with 8 bits, on white."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            changed = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError):
            changed = None  # a damaged profile: the plain colours are the nearest
        image = changed or image
    return image.convert("RGB")


def _fitted(image: Image.Image, shape: FrameShape, fit: FrameFit) -> Image.Image:
    """The picture in the shape; nothing of it is made larger."""
    if fit is FrameFit.CROP:
        scale = min(image.width / shape.width, image.height / shape.height)
        size = (round(shape.width * scale), round(shape.height * scale))
        return ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    scale = max(image.width / shape.width, image.height / shape.height)
    size = (round(shape.width * scale), round(shape.height * scale))
    if fit is FrameFit.PAD:
        canvas = Image.new("RGB", size, image.getpixel((0, 0)))
    else:
        behind = ImageOps.fit(image, size, Image.Resampling.BICUBIC)
        canvas = behind.filter(ImageFilter.GaussianBlur(max(size) / _BLUR_PART))
    canvas.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return canvas
