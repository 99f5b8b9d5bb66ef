"""YAML as dicts and lists that know their lines: safe, bounded, without the surprises of YAML 1.1.

Built from PyYAML's parse events and their marks. No tag makes an object, an alias counts as often as it is used,
a key appears once, and a scalar keeps its text (`16:9` is not 969, `2026-11-22` is not a date). `yaml.compose` would
come too late: it follows nesting by recursion before anything is counted, and refuses an anchor that is set anew.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

import yaml

from hailuo.campaign.files.text import ProblemList
from hailuo.errors import Place
from hailuo.text import quoted

_DEEPEST = 20
_MOST_NODES = 250_000
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}")
_NULLS = ("", "~", "null", "Null", "NULL")
_TRUE = ("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_KNOWN_TAGS = ("!", "tag:yaml.org,2002:str")


@dataclass(frozen=True, slots=True)
class Written:
    """A single value as it is written. `value` is what YAML reads in `text`; `id` is the name that you gave it."""

    text: str
    value: str | int | Decimal | bool | None
    place: Place
    id: str | None = None

    @property
    def content(self) -> str | None:
        """The text; None for null."""
        return None if self.value is None else self.text


class Entries(dict[str, "Tree"]):
    """A mapping; `places` has the place of every key, also of keys that were removed."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, Place] = {}


class Items(list["Tree"]):
    """A list."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


Tree: TypeAlias = Written | Entries | Items


def child(tree: Tree, step: str | int) -> Tree | None:
    """The value under a key or an index, if there is one."""
    if isinstance(tree, Entries):
        return tree.get(str(step))
    if isinstance(tree, Items) and isinstance(step, int) and step < len(tree):
        return tree[step]
    return None


def plain(tree: Tree) -> object:
    """The value in Python's own containers, without places."""
    match tree:
        case Entries():
            return {key: plain(value) for key, value in tree.items()}
        case Items():
            return [plain(value) for value in tree]
        case Written():
            return tree.value


class RefusedDocumentError(Exception):
    """The file cannot be read any further: place, reason, remedy."""

    def __init__(self, place: Place, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.place, self.reason, self.remedy = place, reason, remedy


def read_document(text: str, place: Place, problems: ProblemList) -> Entries | None:
    """The one mapping that the file holds; None when there is none, and then `problems` says why."""
    builder = _TreeBuilder(place.file, problems)
    try:
        for event in _events(text, place.file):
            builder.take(event)
    except RefusedDocumentError as refusal:
        problems.add(refusal.place, refusal.reason, refusal.remedy)
        return None
    root = builder.root
    if root is None or (isinstance(root, Written) and root.value is None):
        problems.add(place, "the file is empty", "write at least `campaign:` and `matrix:`")
        return None
    if not isinstance(root, Entries):
        reason = "the file is not a mapping of keys to values"
        problems.add(root.place, reason, "write `key: value` lines")
        return None
    return root


def _events(text: str, file: str) -> Iterator[yaml.Event]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _syntax_error(text, file, mark.line if mark else 0, error.problem or "") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise RefusedDocumentError(Place(file), "this is not YAML", "check what kind of file it is") from None


def _syntax_error(text: str, file: str, index: int, problem: str) -> RefusedDocumentError:
    place, lines = Place(file, index + 1), text.splitlines() or [""]
    line = lines[min(index, len(lines) - 1)]
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in problem:
        return RefusedDocumentError(place, "a tab is used to indent", "use spaces; YAML allows no tabs")
    if "alias" in problem:
        return RefusedDocumentError(place, problem, "define the anchor (&name) before it is used")
    reason = f"the YAML cannot be read: {problem or 'unknown cause'}"
    return RefusedDocumentError(place, reason, "check quotes, colons, brackets and indentation up to here")


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not been read yet."""

    tree: Entries | Items
    anchor: str | None
    size_before: int
    key: Written | None = None


class _TreeBuilder:
    """Takes parse events one by one and puts the tree together, without recursion."""

    def __init__(self, file: str, problems: ProblemList) -> None:
        self.root: Tree | None = None
        self._file = file
        self._problems = problems
        self._open: list[_Open] = []
        self._anchors: dict[str | None, tuple[Tree, int]] = {}
        self._size = 0

    def take(self, event: yaml.Event) -> None:
        place = Place(self._file, event.start_mark.line + 1 if event.start_mark else 0)
        match event:
            case yaml.DocumentStartEvent() if self.root is not None:
                raise RefusedDocumentError(place, "a second document begins here", "one file is one campaign")
            case yaml.CollectionStartEvent():
                self._start(event, place)
            case yaml.CollectionEndEvent():
                done = self._open.pop()
                self._keep(done.tree, done.anchor, self._size + 1 - done.size_before)
            case yaml.ScalarEvent():
                self._keep(_scalar(event, place), event.anchor, 1)
            case yaml.AliasEvent():
                self._use_anchor(event.anchor, place)
            case _:
                pass

    def _start(self, event: yaml.CollectionStartEvent, place: Place) -> None:
        _check_tag(event.tag, place)
        if len(self._open) >= _DEEPEST:
            raise RefusedDocumentError(place, f"nested more than {_DEEPEST} deep", "write it flatter")
        tree = Entries(place) if isinstance(event, yaml.MappingStartEvent) else Items(place)
        self._open.append(_Open(tree, event.anchor, self._size))

    def _use_anchor(self, anchor: str | None, place: Place) -> None:
        if anchor not in self._anchors:
            reason = f"the alias *{anchor} is used before its anchor is defined"
            raise RefusedDocumentError(place, reason, "write the value out")
        tree, size = self._anchors[anchor]
        self._count(size, tree.place)
        self._put(tree)

    def _keep(self, tree: Tree, anchor: str | None, size: int) -> None:
        """A value that was read to its end; `size` counts it with all that is in it."""
        self._count(1, tree.place)
        if anchor:
            self._anchors[anchor] = (tree, size)
        self._put(tree)

    def _count(self, size: int, place: Place) -> None:
        self._size += size
        if self._size > _MOST_NODES:
            reason = f"the file unfolds to more than {_MOST_NODES:,} values"
            raise RefusedDocumentError(place, reason, "use fewer aliases or split the file")

    def _put(self, tree: Tree) -> None:
        if not self._open:
            self.root = tree
            return
        parent = self._open[-1]
        if isinstance(parent.tree, Items):
            parent.tree.append(tree)
        elif parent.key is None:
            parent.key = _checked_key(tree)
        elif (name := parent.key.text) not in parent.tree:
            parent.tree[name], parent.tree.places[name] = tree, parent.key.place
            parent.key = None
        else:
            first = parent.tree.places[name].line
            reason = f"the key {quoted(name)} is written twice (first on line {first})"
            self._problems.add(parent.key.place, reason, "keep one of them")
            parent.key = None


def _checked_key(tree: Tree) -> Written:
    if not isinstance(tree, Written):
        raise RefusedDocumentError(
            tree.place, "a key is not a plain word", "quote the text, or correct the brackets"
        )
    if tree.text == "<<":
        raise RefusedDocumentError(tree.place, "merge keys (<<) are not supported", "write the keys out")
    return tree


def _check_tag(tag: str | None, place: Place) -> None:
    if tag is not None and tag not in _KNOWN_TAGS:
        shown = quoted(tag.replace("tag:yaml.org,2002:", "!!"))
        raise RefusedDocumentError(place, f"the tag {shown} is not supported", "write the plain value")


def _scalar(event: yaml.ScalarEvent, place: Place) -> Written:
    _check_tag(event.tag, place)
    text: str = event.value
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise RefusedDocumentError(place, "half a character (a lone surrogate)", "write the character itself")
    is_plain = not event.style and event.tag is None
    return Written(text, _value(text) if is_plain else text, place)


def _value(text: str) -> str | int | Decimal | bool | None:
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text
