"""A page that can be mailed: small proxies inside it, up to a size."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PREVIEWS_LIMIT_BYTES: Final = 36_000_000
"""What previews may take of a page by default; base64 makes 48 MB of it, which mail and browsers still carry."""

_MEDIA_TYPES: Final = {"mp4": "video/mp4", "webp": "image/webp", "png": "image/png", "jpg": "image/jpeg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The names for which there is room, in the order in which they got it, and those for which there is none."""

    taken: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """Data URIs by name, and the names for which there was no room."""

    links: Mapping[str, str]
    left_out: tuple[str, ...]


def room_for(sizes: Mapping[str, int], *, limit_bytes: int = PREVIEWS_LIMIT_BYTES) -> Room:
    """Which files (name -> bytes) go in, in their order, as long as there is room: nothing need be read to know it.

    Posters go first: a page with every poster and half of the clips is better than one with half of both.
    """
    room, taken, left_out = limit_bytes, [], []
    for name, size in sorted(sizes.items(), key=lambda item: item[0].endswith(".mp4")):
        if size > room:
            left_out.append(name)
            continue
        room -= size
        taken.append(name)
    return Room(taken=tuple(taken), left_out=tuple(left_out))


def embed(files: Mapping[str, bytes], *, limit_bytes: int = PREVIEWS_LIMIT_BYTES) -> Embedded:
    """Files by name (`X-poster.webp`, `X-proxy.mp4`) as data URIs, chosen by `room_for`.

    `inside(embedded.links.get)` then are the page's links. `limit_bytes` counts the files, not their base64.
    """
    room = room_for({name: len(content) for name, content in files.items()}, limit_bytes=limit_bytes)
    links = {name: _data_uri(name, files[name]) for name in room.taken}
    return Embedded(links=links, left_out=room.left_out)


def _data_uri(name: str, content: bytes) -> str:
    kind = _MEDIA_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
