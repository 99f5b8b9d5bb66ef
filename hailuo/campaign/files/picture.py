"""Whether a picture can be a first frame, from its content.

The rules are MiniMax's (docs/reference/vendor.md#first-frames): JPG, PNG or WebP, short side > 300 px, aspect 2:5 to 5:2.
"""

import io
import struct
import warnings
import zlib

from PIL import Image, UnidentifiedImageError

from hailuo.campaign.files.text import RefusedValueError

_MOST_PIXELS = 50_000_000
_SHORT_SIDE = 300
_SUFFIXES = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp"}
_OPENED = ("JPEG", "PNG", "WEBP")  # a phone's MPO opens as JPEG
_ORIENTATION = 0x0112
_UPRIGHT = (None, 0, 1)
_DEPTH = "bits per colour"  # Pillow reads a PNG of 16 bits as one of 8
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")  # with 8 bits at most
_CONVERT = "run `hailuo frames` on it and name the picture that it writes"
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)  # fmt: skip - what Pillow's decoders raise on damaged files


def checked_picture(content: bytes) -> tuple[int, int, str]:
    """Width and height in pixels, and the suffix, of a picture that the vendor shows as people see it.

    Raises: RefusedValueError.
    """
    width, height, suffix = _measured(content)
    if min(width, height) <= _SHORT_SIDE:
        reason = f"the image is {width}x{height}: its short side must be over {_SHORT_SIDE} px"
        raise RefusedValueError(reason, "save it larger")
    if 5 * width < 2 * height or 2 * width > 5 * height:
        reason = f"the image is {width}x{height}: its aspect ratio must be between 2:5 and 5:2"
        raise RefusedValueError(reason, "crop it, as with `hailuo frames --fit 9:16`")
    return width, height, suffix


def _measured(content: bytes) -> tuple[int, int, str]:
    """Width, height and suffix of an image that decodes to its last pixel."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
        try:
            with Image.open(io.BytesIO(content), formats=_OPENED) as image:
                if content.startswith(b"\x89PNG"):
                    image.info[_DEPTH] = content[24]
                return _examined(image)
        except UnidentifiedImageError:
            raise RefusedValueError(
                f"this is {_kind_of(content)}not a JPG, PNG or WebP image", _remedy_for(content)
            ) from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_many_pixels() from None
        except _DAMAGE:
            raise RefusedValueError("the image is damaged or cut off", "save or copy it again") from None


def _examined(image: Image.Image) -> tuple[int, int, str]:
    kind = image.format or ""
    if kind != "MPO" and getattr(image, "is_animated", False):
        raise RefusedValueError("the image is animated", "save its first picture alone")
    if image.width * image.height > _MOST_PIXELS:
        raise _too_many_pixels()
    image.load()
    if fault := _unsafe(image):
        raise RefusedValueError(f"the image {fault}, which the vendor may show otherwise", _CONVERT)
    return image.width, image.height, _SUFFIXES[kind]


def _unsafe(image: Image.Image) -> str | None:
    """What of the image a program may read otherwise than people see it; None if nothing."""
    if image.getexif().get(_ORIENTATION) not in _UPRIGHT:
        return "is turned by a note in it (EXIF)"
    if image.mode not in _MODES or image.info.get(_DEPTH, 8) > 8:
        return "is in CMYK colours" if image.mode == "CMYK" else "has more than 8 bits for each colour"
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        alpha = image.convert("RGBA").getchannel("A").getextrema()
        return "has transparent parts" if alpha[0] != 255 else None
    return None


def _kind_of(content: bytes) -> str:
    """What a picture is that no first frame can be, by its first bytes; empty if it is not known."""
    if content[4:8] == b"ftyp":
        return "an AVIF image, " if content[8:12] in (b"avif", b"avis") else "a HEIC image, "
    known = {
        b"GIF8": "a GIF image, ",
        b"BM": "a BMP image, ",
        b"II*\0": "a TIFF image, ",
        b"MM\0*": "a TIFF image, ",
    }
    return next((kind for start, kind in known.items() if content.startswith(start)), "")


def _remedy_for(content: bytes) -> str:
    kind = _kind_of(content)
    if kind.startswith("a HEIC"):
        return "export it as JPG (on an iPhone: Settings, Camera, Formats, Most Compatible)"
    return _CONVERT if kind else "save it as one of these"


def _too_many_pixels() -> RefusedValueError:
    return RefusedValueError("the image has more than 50 million pixels", "save it smaller")
