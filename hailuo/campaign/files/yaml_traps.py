"""Texts that YAML reads as something else: half of them as a comment, a colon or a bracket as structure.

Each is refused with the line as it should be.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import yaml

from hailuo.campaign.files.damage import check_quotes, check_text, with_straight_quotes
from hailuo.campaign.files.text import RefusedValueError
from hailuo.text import printable

_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_COMMENT: Final = re.compile(r"\s+#(?P<first>.?)")
_MOST_SHOWN: Final = 200
_IN_ITEMS: Final = frozenset(
    {"id", "text", "file", "model", "duration", "size", "prompt", "first_frame", "takes"}
)
"""The keys that an item of a list may begin with; any other word before a colon is probably a part of a text."""

_ITEM: Final = re.compile(r"(?P<head>\s*(?:- +)+)(?P<value>.+?)(?P<tail>\s*)")
_KEYED: Final = re.compile(r"(?P<head>\s*(?:- +)*(?P<key>[\w-]+):\s+)(?P<value>.+?)(?P<tail>\s*)")
_FLOW_TEXT: Final = re.compile(
    r"(?P<head>.*\{.*\b(?:text|file):\s+)(?P<value>[^\"'].*?)(?P<tail>\s*\}[\s\]},]*)"
)
_OPENING: Final = frozenset("“”„«‘")
_ENCLOSED: Final = re.compile(r"\s*(?:- +)*[“”„«‘].*[“”»’]\s*")
_FLOW_LIST: Final = re.compile(r"(?P<head>\s*[\w-]+:\s+\[\s*)(?P<value>.+?)(?P<tail>\s*\]\s*)")


def source_lines(text: str) -> Sequence[str]:
    """The lines of a file as YAML counts them."""
    return _BREAK.split(text)


def traps_of(event: yaml.ScalarEvent, lines: Sequence[str], *, is_text: bool) -> Iterator[tuple[str, str]]:
    """Reason and remedy of what is wrong with a scalar; `is_text` if it is no number, no yes or no, not null."""
    try:
        check_text(event.value)
    except RefusedValueError as refusal:
        yield refusal.reason, refusal.remedy
    start, end = event.start_mark, event.end_mark
    if event.tag == "!" and not event.style and start is not None:
        line = lines[start.line]
        yield "YAML drops a ! before a text", f"write {_quoted_from(line, start.column)}"
    if event.style or not is_text or event.tag is not None or start is None or end is None:
        return
    line = lines[start.line]
    try:
        check_quotes(event.value)
    except RefusedValueError as refusal:
        yield refusal.reason, f"write {shown(with_straight_quotes(line))}"
    comment = _COMMENT.match(lines[end.line], end.column)
    if comment and (" " in event.value or comment["first"] not in (" ", "#", "")):
        whole = _quoted_from(line, start.column) if start.line == end.line else "the whole text in quotes"
        reason = f"YAML takes what follows ' #' for a comment, and cuts {shown(line)}"
        yield reason, f"write {whole}; or put the comment on a line of its own"


def _quoted_from(line: str, column: int) -> str:
    """The line with its text in quotes, from a column on; brackets that are open there are closed behind it."""
    for pattern in (_FLOW_TEXT, _FLOW_LIST):
        if found := pattern.fullmatch(line):
            return shown(f"{found['head']}{in_quotes(found['value'])}{found['tail']}")
    return shown(line[:column] + in_quotes(line[column:]))


def in_quotes(text: str) -> str:
    """A text as YAML takes it literally."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def shown(line: str) -> str:
    """A line for a message: safe, without indentation, shortened only if it is very long."""
    words = printable(line.strip().replace("\n", " "))
    return f"{words[:_MOST_SHOWN]}..." if len(words) > _MOST_SHOWN else words


def as_text(line: str) -> str | None:
    """The line with its text in quotes; None where it is not clear what the text is."""
    return with_straight_quotes(line) if _ENCLOSED.fullmatch(line) else next(_candidates(line), None)


def mended(text: str, index: int) -> tuple[int, str] | None:
    """The line that makes a file readable up to there if its text is in quotes: its index, and how to write it.

    `index` is the line at which the file cannot be read; the fault may be in the one before.
    """
    lines = list(source_lines(text))
    for at in (index, index - 1):
        if not 0 <= at < len(lines):
            continue
        for line in (with_straight_quotes(lines[at]), *_candidates(lines[at])):
            if _error_line([*lines[:at], line, *lines[at + 1 :]]) > index:
                return at, shown(line)
    return None


def _candidates(line: str) -> Iterator[str]:
    for pattern in (_FLOW_TEXT, _KEYED, _ITEM, _FLOW_LIST):
        found = pattern.fullmatch(line)
        if not found or (pattern is _KEYED and _is_text_of_item(line, found["key"])):
            continue
        if pattern is _KEYED and re.match(r"\[(?!.*\]\s*[^\s\]])|\{(?!.*\})", found["value"]):
            continue  # a list or a mapping, and not the beginning of a text
        value = with_straight_quotes(found["value"]) if found["value"][0] in _OPENING else found["value"]
        yield f"{found['head']}{in_quotes(value)}{found['tail']}".rstrip()


def _is_text_of_item(line: str, key: str) -> bool:
    return line.lstrip().startswith("- ") and key not in _IN_ITEMS


def _error_line(lines: Sequence[str]) -> int:
    """The index of the line at which the lines cannot be read; beyond the last if they can."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for _ in yaml.parse("\n".join(lines), Loader=loader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return int(mark.line) if mark else 0
    except (yaml.YAMLError, RecursionError, ValueError):
        return 0
    return len(lines) + 1
