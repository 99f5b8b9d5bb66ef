"""Ids as platforms give them, and as spreadsheets leave them."""

import re
from collections.abc import Collection
from typing import Final

MANGLED_REMEDY: Final = (
    "a spreadsheet has rounded it: export again and do not save it there, or format the column as text first"
)

_EXPONENT: Final = re.compile(r"\d[.,]\d+E\+?\d+|\dE\+\d+", re.IGNORECASE)
_URN: Final = re.compile(r"urn:li:\w+:(\w+)")  # LinkedIn's connectors
_FORMULA: Final = re.compile(r'="(.*)"')  # how some exports keep a spreadsheet from rounding
_KEPT_DIGITS: Final = 15  # of a number in a spreadsheet; the rest become zeros
_LEAST_ZEROS: Final = 4  # over all ids of a column: that they all end in zeros by chance is 1 in 10,000


def clean_id(text: str) -> str:
    """The id without what kept a spreadsheet from rounding it, and without LinkedIn's prefix."""
    text = text.removeprefix("'").strip()
    for wrapper in (_FORMULA, _URN):
        if found := wrapper.fullmatch(text):
            text = found[1]
    return text.removesuffix(".0") if text.endswith(".0") and text[:-2].isdigit() else text


def is_mangled(text: str) -> bool:
    """Whether the id was turned into a number with an exponent: `1.2E+17`."""
    return bool(_EXPONENT.fullmatch(text))


def rounded_ids(ids: Collection[str]) -> frozenset[str]:
    """The ids that lost their last digits: those longer than 15 digits, if every one of them goes on in zeros."""
    long = {one for one in ids if one.isdigit() and len(one) > _KEPT_DIGITS}
    if any(one[_KEPT_DIGITS:].strip("0") for one in long):
        return frozenset()
    zeros = sum(len(one) - _KEPT_DIGITS for one in long)
    return frozenset(long) if zeros >= _LEAST_ZEROS else frozenset()
