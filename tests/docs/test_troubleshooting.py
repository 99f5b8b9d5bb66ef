"""docs/troubleshooting.md: each message that it explains is one that the program prints."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

PAGE = Path("docs/troubleshooting.md").read_text(encoding="utf-8")
BY_MESSAGE = PAGE.partition("## On a Prefect server")[0]
MESSAGES = re.findall(r"^\| `([^`]+)` \|", BY_MESSAGE, re.MULTILINE)


@cache
def _printed() -> str:
    """Every text in the code, one a line; what a text is filled with shows as `...`."""
    found = []
    for path in sorted(Path("hailuo").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "..." for part in node.values)
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_is_in_the_code(message):
    """A message that has changed is found here, not by the person who looks it up."""
    pieces = [re.escape(piece) for piece in message.split("...") if piece.strip()]

    assert len(max(message.split("..."), key=len)) >= 10, "too short to find anything by"
    assert re.search("[^\n]*?".join(pieces), _printed())


def test_messages_are_found():
    """The table is read."""
    assert len(MESSAGES) > 30
