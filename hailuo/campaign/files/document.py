"""YAML as a tree that knows its lines: safe, bounded, without surprises of YAML 1.1.

Built from parse events, not by a constructor: no tag makes an object, an alias counts as often as it is
used, a key may appear once, and a scalar keeps the text as written (`16:9` is not 969, `2026-11-22` not a date).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import yaml

from hailuo.campaign.files.findings import Findings
from hailuo.errors import Place
from hailuo.text import quoted

_DEEPEST = 20
_MOST_NODES = 250_000
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}")
_NULLS = ("", "~", "null", "Null", "NULL")
_TRUE = ("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_KNOWN_TAGS = (None, "!", "tag:yaml.org,2002:str")

Scalar = str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value of the file. `text` is a scalar as written; `size` counts it with all that is in it."""

    line: int
    value: Scalar = None
    text: str = ""
    entries: "Mapping[str, Node] | None" = None
    items: "Sequence[Node] | None" = None
    key_lines: Mapping[str, int] = field(default_factory=dict)
    size: int = 1

    def plain(self) -> object:
        """The value in Python's own containers."""
        if self.entries is not None:
            return {key: child.plain() for key, child in self.entries.items()}
        if self.items is not None:
            return [child.plain() for child in self.items]
        return self.value

    def child(self, step: str | int) -> "Node | None":
        """The value under a key or an index, if there is one."""
        if self.entries is not None:
            return self.entries.get(str(step))
        if self.items is not None and isinstance(step, int) and step < len(self.items):
            return self.items[step]
        return None

    def shown(self) -> str:
        """The value for a message."""
        if self.entries is not None:
            return "a mapping"
        if self.items is not None:
            return "a list"
        return quoted(self.text) if self.text else "empty"


class _RefusedDocumentError(Exception):
    """The document cannot be read any further: line, reason, remedy."""

    def __init__(self, line: int, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.line, self.reason, self.remedy = line, reason, remedy


@dataclass(slots=True, kw_only=True)
class _Open:
    """A container whose end has not been read yet."""

    line: int
    anchor: str | None
    is_mapping: bool
    entries: dict[str, Node] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)
    key_lines: dict[str, int] = field(default_factory=dict)
    key: Node | None = None

    def closed(self) -> Node:
        held = self.entries.values() if self.is_mapping else self.items
        size = 1 + len(self.entries) + sum(child.size for child in held)
        if self.is_mapping:
            return Node(line=self.line, entries=self.entries, key_lines=self.key_lines, size=size)
        return Node(line=self.line, items=self.items, size=size)


def read_document(text: str, place: Place, findings: Findings) -> Node | None:
    """The one mapping that the file holds; None when there is none, and then `findings` says why."""
    tree = _Tree(Place(place.file), findings)
    try:
        for event in _events(text):
            tree.take(event)
    except _RefusedDocumentError as refusal:
        findings.problem(Place(place.file, refusal.line), refusal.reason, refusal.remedy)
        return None
    if tree.root is None or (
        tree.root.entries is None and tree.root.value is None and tree.root.items is None
    ):
        findings.problem(place, "the file is empty", "write at least `campaign:` and `matrix:`")
        return None
    if tree.root.entries is None:
        reason = "the file is not a mapping of keys to values"
        findings.problem(Place(place.file, tree.root.line), reason, "write `key: value` lines")
        return None
    return tree.root


def _events(text: str) -> Iterator[yaml.Event]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _scanner_refusal(text, mark.line if mark else 0, error.problem or "") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise _RefusedDocumentError(0, "this is not YAML", "check what kind of file it is") from None


def _scanner_refusal(text: str, index: int, problem: str) -> _RefusedDocumentError:
    lines = text.splitlines() or [""]
    line = lines[min(index, len(lines) - 1)]
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in problem:
        return _RefusedDocumentError(index + 1, "a tab is used to indent", "use spaces; YAML allows no tabs")
    if "alias" in problem:
        return _RefusedDocumentError(index + 1, problem, "define the anchor (&name) before it is used")
    reason = f"the YAML cannot be read: {problem or 'unknown cause'}"
    return _RefusedDocumentError(
        index + 1, reason, "check quotes, colons, brackets and indentation up to here"
    )


class _Tree:
    """Takes parse events one by one and puts the tree together, without recursion."""

    def __init__(self, file: Place, findings: Findings) -> None:
        self.root: Node | None = None
        self._file = file.file
        self._findings = findings
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._size = 0

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.DocumentStartEvent() if self.root is not None:
                line = _line(event)
                raise _RefusedDocumentError(line, "a second document begins here", "one file is one campaign")
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._start(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end()
            case yaml.ScalarEvent():
                self._keep(self._scalar(event), event.anchor)
            case yaml.AliasEvent():
                self._alias(event)
            case _:
                pass

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        line = _line(event)
        self._check_tag(event.tag, line)
        if len(self._open) >= _DEEPEST:
            raise _RefusedDocumentError(line, f"nested more than {_DEEPEST} deep", "write it flatter")
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Open(line=line, anchor=event.anchor, is_mapping=is_mapping))

    def _end(self) -> None:
        done = self._open.pop()
        self._keep(done.closed(), done.anchor, counted=True)

    def _alias(self, event: yaml.AliasEvent) -> None:
        node = self._anchors.get(event.anchor or "")
        if node is None:
            reason = f"the alias *{event.anchor} stands for nothing written before it"
            raise _RefusedDocumentError(_line(event), reason, "write the value out")
        self._keep(node, None)

    def _keep(self, node: Node, anchor: str | None, *, counted: bool = False) -> None:
        self._size += 1 if counted else node.size
        if self._size > _MOST_NODES:
            reason = f"the file unfolds to more than {_MOST_NODES:,} values"
            raise _RefusedDocumentError(node.line, reason, "use fewer aliases or split the file")
        if anchor:
            self._anchors[anchor] = node
        if self._open:
            self._put(self._open[-1], node)
        else:
            self.root = node

    def _put(self, parent: _Open, node: Node) -> None:
        if not parent.is_mapping:
            parent.items.append(node)
        elif parent.key is None:
            parent.key = self._checked_key(node)
        else:
            self._put_entry(parent, parent.key, node)
            parent.key = None

    def _put_entry(self, parent: _Open, key: Node, node: Node) -> None:
        if key.text not in parent.entries:
            parent.entries[key.text] = node
            parent.key_lines[key.text] = key.line
            return
        reason = f"the key {quoted(key.text)} is written twice (first on line {parent.key_lines[key.text]})"
        self._findings.problem(Place(self._file, key.line), reason, "keep one of them")

    def _checked_key(self, node: Node) -> Node:
        if node.entries is not None or node.items is not None:
            raise _RefusedDocumentError(
                node.line, "a key is not a plain word", "quote the text, or mend the brackets"
            )
        if node.text == "<<":
            raise _RefusedDocumentError(node.line, "merge keys (<<) are not supported", "write the keys out")
        return node

    def _scalar(self, event: yaml.ScalarEvent) -> Node:
        line = _line(event)
        self._check_tag(event.tag, line)
        text: str = event.value
        if any("\ud800" <= c <= "\udfff" for c in text):
            raise _RefusedDocumentError(
                line, "half a character (a lone surrogate)", "write the character itself"
            )
        is_plain = event.style is None or event.style == ""
        return Node(line=line, value=_value(text) if is_plain and event.tag is None else text, text=text)

    def _check_tag(self, tag: str | None, line: int) -> None:
        if tag not in _KNOWN_TAGS:
            raise _RefusedDocumentError(
                line, f"the tag {_shown_tag(tag)} is not supported", "write the plain value"
            )


def _shown_tag(tag: str | None) -> str:
    return quoted((tag or "").replace("tag:yaml.org,2002:", "!!"))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _value(text: str) -> Scalar:
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text
