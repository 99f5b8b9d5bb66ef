"""How a header is compared with the known ones."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_IN_BRACKETS: Final = re.compile(r"[(\[]\s*([A-Za-z]{3})\s*[)\]]\s*$")


def currency_in(header: str, currencies: frozenset[str]) -> str | None:
    """The currency that a header has in brackets: USD of `Amount spent (USD)`."""
    found = _IN_BRACKETS.search(header)
    return found[1].upper() if found and found[1].upper() in currencies else None


@lru_cache(maxsize=8192)
def key_of(header: str, currencies: frozenset[str] = frozenset()) -> str:
    """The header without currency, case, spaces and punctuation."""
    if currency_in(header, currencies):
        header = _IN_BRACKETS.sub("", header)
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", header).casefold()))
