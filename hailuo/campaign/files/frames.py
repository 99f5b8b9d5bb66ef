"""First frames: an image file beside the campaign, or an https URL. They are checked before anything is paid.

A URL is never fetched; it is identified by its text. A file has less than 20 MB; `picture` has the other rules.
"""

import hashlib
import re
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from hailuo.campaign.files.text import RefusedValueError, path_inside
from hailuo.campaign.variant import FirstFrame

_MOST_BYTES = 20_000_000
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


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


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise RefusedValueError(
                "there is no such file", "check the path; it starts at the campaign's folder"
            )
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except (OSError, ValueError):
        raise RefusedValueError("the file cannot be read", "check its rights") from None


def _checked(content: bytes) -> tuple[int, int, str]:
    """Width, height and suffix of a picture that can be a first frame. Raises: RefusedValueError."""
    from hailuo.campaign.files.picture import checked_picture  # noqa: PLC0415 (Pillow: only for a file with pictures)

    if len(content) >= _MOST_BYTES:
        raise RefusedValueError("the image has 20 MB or more", "save it smaller")
    return checked_picture(content)
