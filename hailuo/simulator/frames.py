"""First frames, which the vendor fetches from the URL in the order."""

import io
import warnings
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from PIL import Image, ImageOps

_FORMATS = ("JPEG", "PNG", "WEBP")
_MAX_BYTES = 20 * 1024 * 1024
_MAX_PIXELS = 80_000_000
_MIN_SHORT_SIDE = 300
_MIN_ASPECT = 2 / 5  # of the short side to the long one: 2:5 and 5:2 alike
_KEPT_SHORT_SIDE = 1080
_FETCH_SECONDS = 20.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class AnyFrame(httpx.AsyncBaseTransport):
    """Answers every URL with one plain picture: for a vendor without a network."""

    def __init__(self) -> None:
        written = io.BytesIO()
        Image.new("RGB", (1366, 768), (52, 68, 96)).save(written, "PNG")
        self._picture = written.getvalue()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=self._picture, request=request)


class FrameUnreachableError(Exception):
    """The URL gives no image. The vendor notices this only after it accepted the order."""


class FrameRefusedError(Exception):
    """The image breaks a rule, so MiniMax refuses the order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """An image as the vendor keeps it: upright, RGB, as JPEG bytes; sides in pixels."""

    content: bytes
    width: int
    height: int


async def fetch_frame(url: str, transport: httpx.AsyncBaseTransport | None) -> Frame:
    """Fetch the image at the URL and check it: https anywhere, plain http on loopback only; never with a key.

    Rules: JPG, PNG or WebP, below 20 MB, short side above 300 px, aspect 2:5 to 5:2
    (docs/reference/vendor.md#first-frames). Raises FrameUnreachableError or FrameRefusedError.
    """
    _refuse_address(url)
    try:
        async with (
            httpx.AsyncClient(
                transport=transport,
                timeout=_FETCH_SECONDS,
                follow_redirects=True,
                trust_env=False,
                verify=url.startswith("https:"),  # plain http reads no certificates
            ) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            content = await _read(response)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FrameUnreachableError("wget download failed: exit status 8") from error
    return _checked(content)


def _refuse_address(url: str) -> None:
    if url.startswith("data:"):
        # The real gateway's message for base64 on one of the gateway's routes (docs/reference/vendor.md#answers-to-a-poll, G5).
        raise FrameUnreachableError("wget download failed: fork/exec /usr/bin/wget: argument list too long")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise FrameUnreachableError("wget download failed: exit status 1") from error
    if parts.scheme != "https" and (parts.scheme, parts.hostname in _LOOPBACK) != ("http", True):
        raise FrameUnreachableError("wget download failed: exit status 4")


async def _read(response: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) >= _MAX_BYTES:
            raise FrameRefusedError("image must be smaller than 20 MB")
    return bytes(content)


def _checked(content: bytes) -> Frame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                _refuse_shape(image)
                return _kept(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise FrameUnreachableError("image download failed: not an image") from error


def _refuse_shape(image: Image.Image) -> None:
    width, height = image.size
    if image.format not in _FORMATS:
        raise FrameRefusedError(f"image format {image.format} is not supported")
    if width * height > _MAX_PIXELS:
        raise FrameRefusedError("image has too many pixels")
    if min(width, height) <= _MIN_SHORT_SIDE:
        raise FrameRefusedError("image short side must be above 300 px")
    if min(width, height) / max(width, height) < _MIN_ASPECT:
        raise FrameRefusedError("image aspect ratio must lie between 2:5 and 5:2")


def _kept(image: Image.Image) -> Frame:
    """Reduce the image to the size of the largest clip, so that many orders fit into memory."""
    width, height = image.size
    scale = min(1.0, _KEPT_SHORT_SIDE / min(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    kept = image.convert("RGB")
    if kept.size != size:
        kept = kept.resize(size, Image.Resampling.LANCZOS)
    written = io.BytesIO()
    kept.save(written, "JPEG", quality=95)
    return Frame(content=written.getvalue(), width=width, height=height)
