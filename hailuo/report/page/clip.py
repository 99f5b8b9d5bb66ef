"""A clip beside its numbers: its poster inside the page, and a link that opens it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

POSTERS_LIMIT_CHARS: Final = 4_000_000
"""What posters may take of a page; beyond it rows go without, the best keep theirs."""

_SCHEME: Final = re.compile(r"\s*([a-z][a-z0-9+.\-]*)\s*:", re.IGNORECASE)
_SAFE_SCHEMES: Final = frozenset({"file", "http", "https"})
_PICTURE: Final = re.compile(r"data:image/(webp|png|jpeg|gif|avif);base64,[A-Za-z0-9+/=]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """`poster` is a data URI of a picture, `href` a relative path or a signed URL; None where there is none."""

    poster: str | None
    href: str | None
    label: str


def safe_link(href: str | None) -> str | None:
    """The link, or None where it would run something: a label from outside must not become a script."""
    if not href or any(ord(letter) < 32 for letter in href):
        return None
    scheme = _SCHEME.match(href)
    return None if scheme and scheme[1].lower() not in _SAFE_SCHEMES else href


def with_posters(media: Mapping[str, Clip], shown: Iterable[str]) -> Mapping[str, Clip]:
    """The clips by creative id, with safe links, and with posters for those `shown` as long as there is room."""
    room, kept = POSTERS_LIMIT_CHARS, set[str]()
    for creative_id in shown:
        clip = media.get(creative_id)
        if clip and clip.poster and _PICTURE.match(clip.poster):
            room -= len(clip.poster)
            kept |= {creative_id} if room >= 0 else set()
    return {
        creative_id: Clip(
            poster=clip.poster if creative_id in kept else None, href=safe_link(clip.href), label=clip.label
        )
        for creative_id, clip in media.items()
    }
