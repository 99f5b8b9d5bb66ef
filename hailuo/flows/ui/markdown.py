"""Markdown of the Prefect UI: text of users and of the vendor is shown as it was written, in pages and in tables."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Final

from prefect.artifacts import acreate_table_artifact

from hailuo.errors import Problem
from hailuo.text import printable

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]()#+!|~$>:@.=-])")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;"})


def escaped(text: object) -> str:
    """The text as Markdown that reads as it was written, on one line: no markup, no link, no table cell of its own."""
    line = printable(" ".join(str(text).split()))
    return _MARKUP.sub(r"\\\1", line).translate(_ENTITIES)


def bullets(texts: Sequence[str], *, at_most: int) -> str:
    """An escaped list with a line per text; those beyond `at_most` are only counted."""
    shown = [f"- {escaped(text)}" for text in texts[:at_most]]
    if len(texts) > at_most:
        shown.append(f"- ... and {len(texts) - at_most} more")
    return "\n".join(shown)


def listed(title: str, texts: Sequence[str], *, at_most: int) -> str:
    """The list under a bold title; empty without texts."""
    return f"**{title}**\n\n{bullets(texts, at_most=at_most)}" if texts else ""


def without_folder(problem: Problem) -> str:
    """A problem in words, with its file's name only: pages are for people who do not work on that machine."""
    return str(problem).removeprefix(f"{PurePath(problem.place.file).parent}/")


_LIVE: Final = re.compile(
    r"(?<=[<\[\]!&])"  # tags, links, images, entities
    r"|(?<=:)(?=//)|(?<=www)(?=\.)"  # bare addresses
    r"|^(?=>|#{1,6}(\s|$)|[+*-](\s|$)|\d+[.)](\s|$)|([*_-])(\s*\4){2,}$)",  # quotes, headings, lists, rules
    re.IGNORECASE,
)
_ZERO_WIDTH_SPACE: Final = "\u200b"


def inert(text: str) -> str:
    """The text for a cell of a table, on one line: no link, image, HTML or heading can come of it.

    One of Prefect's two UIs renders cells as Markdown, the other shows them as they are. A backslash would be seen
    there, so markup is broken by a character without width.
    """
    return _LIVE.sub(_ZERO_WIDTH_SPACE, printable(" ".join(text.split())))


async def show_table(rows: Sequence[Mapping[str, object]], *, key: str, description: str) -> None:
    """Leave a table as an artifact, its cells made inert. The description is Markdown: escape what goes in."""
    cells = [
        {column: inert(value) if isinstance(value, str) else value for column, value in row.items()}
        for row in rows
    ]
    await acreate_table_artifact(cells, key=key, description=description)
