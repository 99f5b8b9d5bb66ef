"""Text of users and vendors, as Markdown that shows it and does nothing else."""

import re
from typing import Final

from hailuo.text import printable

_STEERING: Final = re.compile(r"([\\`*_{}\[\]()#+!|~$>:@.=-])")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;"})


def escaped(text: object) -> str:
    """The text as Markdown that reads as it was written, on one line: no markup, no link, no table cell of its own."""
    line = printable(" ".join(str(text).split()))
    return _STEERING.sub(r"\\\1", line).translate(_ENTITIES)


def bullets(texts: list[str], *, at_most: int) -> str:
    """An escaped list, a line each; what is beyond `at_most` is only counted."""
    shown = [f"- {escaped(text)}" for text in texts[:at_most]]
    if len(texts) > at_most:
        shown.append(f"- ... and {len(texts) - at_most} more")
    return "\n".join(shown)
