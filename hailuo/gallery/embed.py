"""A page that can be mailed: small proxies inside it, up to a size."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["PREVIEWS_LIMIT_BYTES", "Embedded", "embed"]

PREVIEWS_LIMIT_BYTES: Final = 36_000_000
"""What previews may take of a page by default; base64 makes 48 MB of it, which mail and browsers still carry."""

_MEDIA_TYPES: Final = {"mp4": "video/mp4", "webp": "image/webp", "png": "image/png", "jpg": "image/jpeg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """Data URIs by name, and the names for which there was no room."""

    links: Mapping[str, str]
    left_out: tuple[str, ...]


def embed(files: Mapping[str, bytes], *, limit_bytes: int = PREVIEWS_LIMIT_BYTES) -> Embedded:
    """Files by name (`X-poster.webp`, `X-proxy.mp4`) as data URIs, in their order, as long as there is room.

    Posters go first: a page with every poster and half of the clips is better than one with half of both.
    `links.get` then serves as `render`'s `preview_href`, by the file name. `limit_bytes` counts the files, not their base64.
    """
    room, links, left_out = limit_bytes, {}, []
    for name, content in sorted(files.items(), key=lambda item: item[0].endswith(".mp4")):
        if len(content) > room:
            left_out.append(name)
            continue
        room -= len(content)
        links[name] = _data_uri(name, content)
    return Embedded(links=links, left_out=tuple(left_out))


def _data_uri(name: str, content: bytes) -> str:
    kind = _MEDIA_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
