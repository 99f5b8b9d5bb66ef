"""Numbers as people read them: thousands apart, as many digits as matter, a real minus and a unit that never wraps."""

from collections.abc import Mapping
from typing import Final

UNKNOWN: Final = "–"
_GAP: Final = "\N{NO-BREAK SPACE}"
_SIGNS: Final[Mapping[str, str]] = {"USD": "$", "EUR": "€", "GBP": "£"}


def plain(number: float, digits: int, *, signed: bool = False) -> str:
    """`-1234.5` with one digit is "−1,234.5"; what rounds to zero has no sign."""
    text = f"{abs(number):,.{digits}f}"
    is_zero = not text.strip("0.,")
    sign = "" if is_zero else "−" if number < 0 else "+" if signed else ""
    return sign + text


def count(number: float) -> str:
    """Whole where it is whole; conversions often are not, and keep one digit."""
    return plain(number, 0 if number >= 1000 or round(number, 1) == round(number) else 1)


def digits_of(number: float) -> int:
    """Digits after the point: 12.3, 1.23, 0.87, 0.053; two for most, so that they stand under each other."""
    size = abs(number)
    if size >= 10:
        return 1 if size < 1000 else 0
    return 2 if size >= 0.1 or size == 0 else 3 if size >= 0.01 else 4


def percent(fraction: float, *, digits: int | None = None, signed: bool = False) -> str:
    """0.0123 is "1.23 %"."""
    value = fraction * 100
    return f"{plain(value, digits_of(value) if digits is None else digits, signed=signed)}{_GAP}%"


def money(amount: float, currency: str | None, *, digits: int | None = None, signed: bool = False) -> str:
    """Cents below a thousand; a currency without a sign of its own stands before the amount by its code."""
    places = (0 if abs(amount) >= 1000 else 2) if digits is None else digits
    text = plain(amount, places, signed=signed)
    sign = _SIGNS.get(currency or "")
    if sign is None:
        return f"{currency}{_GAP}{text}" if currency else text
    return f"{text[0]}{sign}{text[1:]}" if text[0] in "−+" else sign + text


def share(part: float, whole: float) -> str:
    """How much of the whole; never rounded up to all of it."""
    if not whole:
        return UNKNOWN
    value = part / whole * 100
    return f"100{_GAP}%" if value >= 100 else f"{min(value, 99.9):.1f}{_GAP}%"


def chance(probability: float | None) -> str:
    """In whole per cent; never "0 %" or "100 %", which no finite data gives."""
    if probability is None:
        return UNKNOWN
    if probability < 0.01:
        return f"<{_GAP}1{_GAP}%"
    return f">{_GAP}99{_GAP}%" if probability > 0.99 else f"{probability * 100:.0f}{_GAP}%"
