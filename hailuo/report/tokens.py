"""Creative ids in what ad platforms made of a name: copied, cut, re-encoded, in another case, typed off by hand."""

import re
import unicodedata
from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qs, unquote_plus

_ID_LENGTH: Final = 10
# As `hailuo.campaign.ad_names.ID_TOKEN`, but all of them, and with the letters that people read for digits.
_TOKEN: Final = re.compile(rf"(?<![0-9a-z])hv[- ]{{0,3}}([0-9a-z]{{{_ID_LENGTH}}})(?![0-9a-z])")
_WORD: Final = re.compile(rf"(?<![0-9a-z])[0-9a-z]{{{_ID_LENGTH}}}(?![0-9a-z])")
_STRICT: Final = re.compile(rf"[0-9A-HJKMNP-TV-Z]{{{_ID_LENGTH}}}")
_MISREAD: Final = str.maketrans("OIL", "011")  # Crockford's base32 reads them so; no id contains them
_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_MOST_ENCODINGS: Final = 3
_SEPARATORS: Final = frozenset({"Pd", "Pc"})  # dashes of all kinds, low lines


def readable(text: str) -> str:
    """The text as a person reads it: decoded, in small letters, one kind of hyphen and blank, nothing invisible."""
    for _ in range(_MOST_ENCODINGS):
        if not _ENCODED.search(text):
            break
        text = unquote_plus(text)
    if text.isascii():
        return text.lower().replace("_", "-")
    return "".join(map(_plain, unicodedata.normalize("NFKC", text))).lower()


def tokens(text: str) -> list[str]:
    """Every join token of a readable text, in capitals: those of other campaigns too, and words that look like one."""
    return [found.upper() for found in _TOKEN.findall(text)]


def bare_ids(text: str, known: Collection[str]) -> set[str]:
    """The known ids in a readable text, not inside a longer word, with or without `HV-`.

    O is read as 0, I and L as 1, as Crockford's base32 does (https://www.crockford.com/base32.html); no id contains
    them, so no id can be taken for another.
    """
    words = (found.upper().translate(_MISREAD) for found in _WORD.findall(text))
    return {word for word in words if word in known}


def id_like(token: str) -> bool:
    """Whether it could be a creative id."""
    return bool(_STRICT.fullmatch(token))


def tracked(text: str) -> str:
    """What `utm_content` says in a link or a query string; the text itself where it is neither."""
    if "utm_content" not in text.lower():
        return text
    query = parse_qs(text.rpartition("?")[2].partition("#")[0])
    values = [value for key, found in query.items() for value in found if key.lower() == "utm_content"]
    return " ".join(values) or text


def base_name(text: str) -> str:
    """The last part of a path, of either kind of system."""
    return text.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category in _SEPARATORS:
        return "-"
    if category == "Cf":  # soft hyphens, zero widths, marks of direction, byte order marks
        return ""
    return " " if category == "Zs" else character
