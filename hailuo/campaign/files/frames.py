"""First frames: an image file beside the campaign, or an https URL. They are checked before anything is paid.

The rules are MiniMax's (docs/reference/vendor.md#first-frames): JPG, PNG or WebP, < 20 MB, short side > 300 px, aspect 2:5 to 5:2.
A URL is never fetched; it is identified by its text.
"""

import hashlib
import io
import re
import struct
import warnings
import zlib
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from PIL import Image, UnidentifiedImageError

from hailuo.campaign.files.text import RefusedValueError, path_inside
from hailuo.campaign.variant import FirstFrame

_MOST_BYTES = 20_000_000
_MOST_PIXELS = 50_000_000
_SHORT_SIDE = 300
_SUFFIXES = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp"}
_OPENED = ("JPEG", "PNG", "WEBP")  # a phone's MPO opens as JPEG
_ORIENTATION = 0x0112
_UPRIGHT = (None, 0, 1)
_DEPTH = "bits per colour"  # Pillow reads a PNG of 16 bits as one of 8
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")  # with 8 bits at most
_CONVERT = "run `hailuo frames` on it and name the picture that it writes"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
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


def read_frame(text: str, folder: Path, *, label: str | None) -> FirstFrame:
    """The first frame that a campaign in `folder` names; without `label` it is called by its file's stem.

    Raises: RefusedValueError.
    """
    return _from_url(text, label) if _SCHEME.match(text) else _from_file(text, folder, label)


def check_frame(content: bytes) -> tuple[int, int]:
    """Width and height of a picture that can be a first frame. Raises: ValueError with reason and remedy."""
    try:
        width, height, _ = _checked(content)
    except RefusedValueError as refusal:
        raise ValueError(f"{refusal.reason}; {refusal.remedy}") from None
    return width, height


def _from_url(text: str, label: str | None) -> FirstFrame:
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        raise RefusedValueError("the URL is malformed", "write https://host/path") from None
    if url.scheme != "https":
        raise RefusedValueError(
            f"{url.scheme}: is not allowed", "use an https URL or a file beside the campaign"
        )
    if not host or any(c.isspace() or not c.isprintable() for c in text):
        raise RefusedValueError("the URL is malformed", "write https://host/path without spaces")
    if url.username is not None or url.password is not None:
        raise RefusedValueError("the URL holds a user name", "remove everything before the @")
    path = PurePosixPath(url.path)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return FirstFrame(label=label or path.stem or host, sha256=digest, url=text, suffix=path.suffix.lower())


def _from_file(text: str, folder: Path, label: str | None) -> FirstFrame:
    try:
        path = path_inside(text, folder)
    except ValueError as error:
        remedy = "put the image into the campaign's folder and name it from there"
        raise RefusedValueError(str(error), remedy) from None
    content = _content(path)
    width, height, suffix = _checked(content)
    return FirstFrame(
        label=label or path.stem,
        sha256=hashlib.sha256(content).hexdigest(),
        path=path,
        width=width,
        height=height,
        suffix=suffix,
    )


def _checked(content: bytes) -> tuple[int, int, str]:
    width, height, suffix = _measured(content)
    if min(width, height) <= _SHORT_SIDE:
        reason = f"the image is {width}x{height}: its short side must be over {_SHORT_SIDE} px"
        raise RefusedValueError(reason, "save it larger")
    if 5 * width < 2 * height or 2 * width > 5 * height:
        reason = f"the image is {width}x{height}: its aspect ratio must be between 2:5 and 5:2"
        raise RefusedValueError(reason, "crop it, as with `hailuo frames --fit 9:16`")
    if len(content) >= _MOST_BYTES:
        raise RefusedValueError("the image has 20 MB or more", "save it smaller")
    return width, height, suffix


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise RefusedValueError(
                "there is no such file", "check the path; it starts at the campaign's folder"
            )
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES)
    except (OSError, ValueError):
        raise RefusedValueError("the file cannot be read", "check its rights") from None
    if len(content) >= _MOST_BYTES:
        raise RefusedValueError("the image has 20 MB or more", "save it smaller")
    return content


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
