"""Text helpers: the nearest known name, lists and lengths of time in words, and text that is safe to print."""

import re
from collections.abc import Collection

# The start of a formula in a spreadsheet, also after blanks and invisible characters
# (OWASP ASVS 1.2.10, CWE-1236).
_UNSEEN = "\\s\0-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_FORMULA = re.compile(f"[{_UNSEEN}]*[=+\\-@\t\r\n\0＝＋－＠]")


_LONGEST = 60
_MOST_LISTED = 12
_MOST_COMPARED = 1_000  # comparing is slow, and may happen once per row


def nearest(word: str, known: Collection[str]) -> str | None:
    """The nearest known name, ignoring case, or None."""
    if len(known) > _MOST_COMPARED:
        return None
    by_folded = {name.casefold(): name for name in sorted(known)}
    from difflib import get_close_matches  # noqa: PLC0415 (only where somebody mistyped)

    matches = get_close_matches(word.casefold()[:_LONGEST], by_folded, n=1, cutoff=0.7)
    return by_folded[matches[0]] if matches else None


def suggestion(word: str, known: Collection[str]) -> str:
    """A remedy for an unknown name: the nearest known one, or all choices."""
    found = nearest(word, known)
    return f"did you mean {quoted(found)}?" if found else f"choose {listed(known)}"


def listed(names: Collection[object]) -> str:
    """`a, b or c` in the order given; a long list is shortened."""
    words = [str(name) for name in names]
    if not words:
        return "nothing: there is none"
    if len(words) > _MOST_LISTED:
        return f"one of {', '.join(words[:_MOST_LISTED])} ... ({len(words)} in all)"
    head, last = words[:-1], words[-1]
    return f"{', '.join(head)} or {last}" if head else last


def duration(seconds: float) -> str:
    """`24 h`, `30 min` or `45 s`: a length of time in its largest unit, rounded."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"


def printable(text: str) -> str:
    """The text with escapes, control characters and direction marks made visible, safe for a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def quoted(text: object) -> str:
    """A piece of a user's file for a message: one line, shortened, safe, in single quotes."""
    words = "".join(c if c.isprintable() else " " for c in str(text)[: 4 * _LONGEST])
    line = " ".join(words.split())
    return f"'{line[:_LONGEST]}...'" if len(line) > _LONGEST else f"'{line}'"


def slug_of(text: str, *, longest: int = 60) -> str:
    """The nearest slug to a text: a-z, 0-9 and hyphens; empty when nothing is left."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if len(words) > longest:
        words = words[: longest + 1].rpartition("-")[0] or words[:longest]
    return words.strip("-")


def is_formula(text: str) -> bool:
    """Whether some spreadsheet may run the text as a formula."""
    return bool(_FORMULA.match(text))
