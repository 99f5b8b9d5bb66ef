"""A variant: the final prompt and every generation setting, identified by its content."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

_QUERY = re.compile(r"[?#].*", re.DOTALL)

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U


def canonical_json(value: object) -> bytes:
    """Canonical JSON, so that equal values give equal bytes: sorted keys, no spaces, UTF-8."""
    return _CANONICAL.encode(value).encode()


def crockford(digest: bytes, *, characters: int) -> str:
    """The first `characters` x 5 bits of a digest in Crockford's base32 alphabet.

    Source: https://www.crockford.com/base32.html
    """
    number = int.from_bytes(digest) >> (8 * len(digest) - 5 * characters)
    return "".join([_CROCKFORD[number >> shift & 31] for shift in range(5 * characters - 5, -1, -5)])


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstFrame:
    """The image a clip starts from: a local file (hashed by its bytes) or an https URL (hashed by its text).

    `width` and `height` are pixels after EXIF rotation; None for a URL, which is not fetched.
    """

    label: str
    sha256: str
    path: Path | None = None
    url: str | None = None
    width: int | None = None
    height: int | None = None
    suffix: str = ""

    def without_signature(self) -> "FirstFrame":
        """The frame with a bare URL: where one holds a signature, it is in the query or the fragment."""
        return replace(self, url=self.url and _QUERY.sub("", self.url))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One resolved cell. Variants with equal content have equal `variant_id`."""

    model: str
    prompt: str
    duration: int
    size: str
    first_frame: FirstFrame | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    def identity(self) -> dict[str, object]:
        """Everything that the clip depends on. Names and paths of files are not part of it."""
        return {
            "duration": self.duration,
            "first_frame": self.first_frame.sha256 if self.first_frame else None,
            "model": self.model,
            "parameters": dict(self.parameters),
            "prompt": self.prompt,
            "size": self.size,
        }

    @property
    def variant_id(self) -> str:
        """10 Crockford base32 characters of the SHA-256 of the canonical JSON of `identity()`."""
        return crockford(hashlib.sha256(canonical_json(self.identity())).digest(), characters=10)
