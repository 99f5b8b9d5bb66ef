"""Numbers as platforms and spreadsheets write them: `1,234.50`, `1.234,50`, `$20.00`, `12 345`, `1.25%`.

One file is written in one style. Which one is read off its own numbers, never off the language of its headers:
`1.234,50` says it, `12.5` says it, `1,234` among whole counts says it; `1,234` of money alone does not.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

Decimal = Literal[".", ","]
Vote = Literal[".", ",", "either", "neither"]

_SPACES: Final = re.compile(r"[\s\u00a0\u202f\u2009'’\u200e\u200f]")
_PARTS: Final = re.compile(
    r"(?P<before>[^\d.,+\-−]*)(?P<sign>[+\-−]?)(?P<between>[^\d.,+\-−]*)(?P<digits>\d[\d.,]*|[.,]\d+)(?P<after>\D*)"
)
_AFTER_LETTER: Final = re.compile(r"(?<=[^\W\d_])\.")
"""A dot that belongs to a sign of money, as in `kr.` or `Rp.`."""
_CLOCK: Final = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d+)?)")
_OTHER: Final[Mapping[str, Decimal]] = {".": ",", ",": "."}


class Unclear(Exception):  # noqa: N818 (an answer, caught by its only caller)
    """The numbers do not say, or contradict each other; the two arguments are examples."""


@dataclass(frozen=True, slots=True)
class NumberParts:
    """A number as written: its digits with their separators, whether it is negative, a percentage, and its sign of money."""

    digits: str
    negative: bool = False
    percent: bool = False
    money: str = ""


@lru_cache(maxsize=65536)
def written(text: str, money: frozenset[str]) -> NumberParts | None:
    """The parts of a number, or None where it is none. `money` are the codes and signs that may be beside it."""
    parts = _PARTS.fullmatch(_AFTER_LETTER.sub("", _SPACES.sub("", text)))
    if parts is None:
        return None
    signs = {parts["before"] + parts["between"], parts["after"].removesuffix("%")} - {""}
    if not signs <= money:
        return None
    sign = max(signs, key=len, default="")  # of `$3.20 USD`, the one that says more
    return NumberParts(parts["digits"], parts["sign"] in ("-", "−"), parts["after"].endswith("%"), sign)


def vote_of(digits: str) -> Vote:
    """Which decimal mark the digits show: "either" for `1,234`, "neither" for `1234`."""
    found = [sign for sign in digits if sign in ".,"]
    if not found:
        return "neither"
    last = found[-1]
    if len(set(found)) == 2:
        return "." if last == "." else ","
    if len(found) > 1:
        return _OTHER[last]
    head, tail = digits.split(last)
    groups = len(tail) == 3 and 1 <= len(head) <= 3 and not head.startswith("0")
    return "either" if groups else "." if last == "." else ","


def decimal_of(fractional: Iterable[str], whole: Iterable[str] = ()) -> Decimal:
    """The decimal mark of numbers with fractions and of whole counts.

    Raises: Unclear where they contradict each other, or where only numbers like `1,234` with a fraction are left.
    """
    said: dict[str, str] = {}
    open_question = ""
    for digits in fractional:
        vote = vote_of(digits)
        open_question = open_question or (digits if vote == "either" else "")
        said.setdefault(vote, digits)
    for digits in whole:
        vote = vote_of(digits)
        if vote == "either":  # a whole count has no fraction
            vote = "." if "," in digits else ","
        said.setdefault(vote, digits)
    if "." in said and "," in said:
        raise Unclear(said["."], said[","])
    if "." not in said and "," not in said and open_question:
        raise Unclear(open_question, open_question)
    return "," if "," in said else "."


@lru_cache(maxsize=65536)
def value_of(digits: str, decimal: Decimal) -> float | None:
    """The number, or None where the digits are not written in this style. Groups of two are India's."""
    group = _OTHER[decimal]
    whole, _, fraction = digits.partition(decimal)
    groups = whole.split(group)
    sizes = [len(one) for one in groups]
    grouped = len(sizes) == 1 or (1 <= sizes[0] <= 3 and sizes[-1] == 3 and {2, 3}.issuperset(sizes[1:]))
    if not grouped or not (fraction.isdigit() or not fraction) or not (whole or fraction):
        return None
    return float(f"{''.join(groups) or '0'}.{fraction or '0'}")


def seconds_of(text: str) -> float | None:
    """The seconds of `0:05` or `00:00:05`, or None."""
    found = _CLOCK.fullmatch(text.strip())
    return int(found[1] or 0) * 3600 + int(found[2]) * 60 + float(found[3]) if found else None
