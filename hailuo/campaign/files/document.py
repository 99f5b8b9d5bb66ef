"""YAML as dicts and lists that know their lines: safe, bounded, without the surprises of YAML 1.1.

Built from PyYAML's parse events and their marks. No tag makes an object, an alias counts as often as it is used,
a key appears once, and a scalar keeps its text (`16:9` is not 969, `2026-11-22` is not a date). `yaml.compose` would
come too late: it follows nesting by recursion before anything is counted, and refuses an anchor that is set anew.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

import yaml

from hailuo.campaign.files.text import ProblemList
from hailuo.campaign.files.yaml_traps import as_text, mended, shown, source_lines, traps_of
from hailuo.errors import Place
from hailuo.text import quoted

_DEEPEST = 20
_MOST_NODES = 250_000
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}")
_HALF = re.compile("[\ud800-\udfff]")
_NULLS = ("", "~", "null", "Null", "NULL")
_TRUE = ("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_KNOWN_TAGS = ("!", "tag:yaml.org,2002:str")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as it is written. `value` is what YAML reads in `text`; `id` is the name that you gave it.

    `is_plain` if it is written without quotes, so that YAML may have cut it.
    """

    text: str
    value: str | int | Decimal | bool | None
    place: Place
    id: str | None = None
    is_plain: bool = field(default=False, compare=False)

    @property
    def content(self) -> str | None:
        """The text; None for null."""
        return None if self.value is None else self.text


class Entries(dict[str, "Tree"]):
    """A mapping; `places` has the place of every key, also of keys that were removed.

    `lines` are those of the whole file, for the root alone.
    """

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.lines: Sequence[str] = ()
        self.places: dict[str, Place] = {}


class Items(list["Tree"]):
    """A list; `is_flow` if it is written in brackets."""

    def __init__(self, place: Place, items: Iterable["Tree"] = (), *, is_flow: bool = False) -> None:
        super().__init__(items)
        self.place = place
        self.is_flow = is_flow


Tree: TypeAlias = Scalar | Entries | Items


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
        case Scalar():
            return tree.value


class RefusedDocumentError(Exception):
    """The file cannot be read any further: place, reason, remedy."""

    def __init__(self, place: Place, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.place, self.reason, self.remedy = place, reason, remedy


def read_document(text: str, place: Place, problems: ProblemList) -> Entries | None:
    """The one mapping that the file holds; None when there is none, and then `problems` says why."""
    try:
        root = _TreeReader(text, place.file, problems).document()
    except RefusedDocumentError as refusal:
        problems.add(refusal.place, refusal.reason, refusal.remedy)
        return None
    if root is None or (isinstance(root, Scalar) and root.value is None):
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
    if found := mended(text, index):
        place = Place(file, found[0] + 1)
        return RefusedDocumentError(place, reason, f"enclose the text in quotes: {found[1]}")
    return RefusedDocumentError(place, reason, "check quotes, colons, brackets and indentation up to here")


class _TreeReader:
    """Reads the events of one file; depth and size are bounded while it reads."""

    def __init__(self, text: str, file: str, problems: ProblemList) -> None:
        self._events = _events(text, file)
        self._lines = source_lines(text)
        self._file = file
        self._problems = problems
        self._anchors: dict[str | None, tuple[Tree, int]] = {}
        self._unused: dict[str, Place] = {}
        self._size = 0

    def document(self) -> Tree | None:
        root: Tree | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                place = self._place(event)
                raise RefusedDocumentError(place, "a second document begins here", "one file is one campaign")
            if isinstance(event, yaml.NodeEvent):
                root = self._tree(event, depth=0)
        for anchor, place in self._unused.items():
            reason = f"YAML drops &{anchor}, a name for a text that nothing uses"
            self._problems.add(
                place, reason, "enclose the text in quotes if the & belongs to it, or delete the name"
            )
        if isinstance(root, Entries):
            root.lines = self._lines
        return root

    def _place(self, event: yaml.Event) -> Place:
        return Place(self._file, event.start_mark.line + 1 if event.start_mark else 0)

    def _tree(self, event: yaml.Event, *, depth: int) -> Tree:
        place, size_before = self._place(event), self._size
        match event:
            case yaml.AliasEvent():
                return self._anchored(event.anchor, place)
            case yaml.ScalarEvent():
                scalar = _scalar(event, place)
                for reason, remedy in traps_of(event, self._lines, is_text=isinstance(scalar.value, str)):
                    self._problems.add(place, reason, remedy)
                tree: Tree = scalar
            case yaml.CollectionStartEvent():
                _check_tag(event.tag, place)
                if depth >= _DEEPEST:
                    raise RefusedDocumentError(place, f"nested more than {_DEEPEST} deep", "write it flatter")
                children = self._children(depth + 1)
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                tree = (
                    self._entries(place, children)
                    if is_mapping
                    else Items(place, children, is_flow=bool(event.flow_style))
                )
            case _:
                raise RefusedDocumentError(place, "this is not YAML", "check what kind of file it is")
        self._count(1, place)
        if event.anchor:
            self._anchors[event.anchor] = (tree, self._size - size_before)
            if isinstance(tree, Scalar) and tree.is_plain:
                self._unused[event.anchor] = place
        return tree

    def _children(self, depth: int) -> Iterator[Tree]:
        """What a mapping or a list holds, up to its end."""
        for event in self._events:
            if isinstance(event, yaml.CollectionEndEvent):
                return
            yield self._tree(event, depth=depth)

    def _entries(self, place: Place, children: Iterator[Tree]) -> Entries:
        entries = Entries(place)
        for key in children:
            if not isinstance(key, Scalar):
                reason = "a key is not a plain word"
                raise RefusedDocumentError(key.place, reason, "quote the text, or correct the brackets")
            if key.text == "<<":
                reason = "merge keys (<<) are not supported"
                raise RefusedDocumentError(key.place, reason, "write the keys out")
            value = next(children)
            if key.text in entries:
                first = entries.places[key.text].line
                reason = f"the key {quoted(key.text)} is written twice (first on line {first})"
                self._problems.add(key.place, reason, "keep one of them")
            else:
                entries[key.text], entries.places[key.text] = value, key.place
                self._check_commas(key, value)
        return entries

    def _check_commas(self, key: Scalar, value: Tree) -> None:
        """Whether a list of prompts in brackets is probably one prompt that its commas cut."""
        if key.text != "prompt" or not isinstance(value, Items) or not value.is_flow:
            return
        plain = [item for item in value if isinstance(item, Scalar) and item.is_plain]
        if any(" " in item.text for item in plain) and any(
            item.text[:1].islower() for item in value[1:] if item in plain
        ):
            line = self._lines[value.place.line - 1]
            reason = (
                f"in brackets a comma begins the next prompt, so this is {len(value)} prompts: {shown(line)}"
            )
            one = as_text(line)
            remedy = f"write {shown(one)} if it is one" if one else "enclose each prompt in quotes"
            self._problems.add(
                value.place, reason, f"{remedy}; enclose each in quotes if not" if one else remedy
            )

    def _anchored(self, anchor: str | None, place: Place) -> Tree:
        if anchor not in self._anchors:
            reason = f"the alias *{anchor} is used before its anchor is defined"
            raise RefusedDocumentError(place, reason, "write the value out")
        tree, size = self._anchors[anchor]
        self._unused.pop(str(anchor), None)
        self._count(size, tree.place)
        return tree

    def _count(self, size: int, place: Place) -> None:
        self._size += size
        if self._size > _MOST_NODES:
            reason = f"the file unfolds to more than {_MOST_NODES:,} values"
            raise RefusedDocumentError(place, reason, "use fewer aliases or split the file")


def _check_tag(tag: str | None, place: Place) -> None:
    if tag is not None and tag not in _KNOWN_TAGS:
        shown = quoted(tag.replace("tag:yaml.org,2002:", "!!"))
        raise RefusedDocumentError(place, f"the tag {shown} is not supported", "write the plain value")


def _scalar(event: yaml.ScalarEvent, place: Place) -> Scalar:
    _check_tag(event.tag, place)
    text: str = event.value
    if _HALF.search(text):
        raise RefusedDocumentError(place, "half a character (a lone surrogate)", "write the character itself")
    is_plain = not event.style and event.tag is None
    return Scalar(text, _value(text) if is_plain else text, place, is_plain=is_plain)


def _value(text: str) -> str | int | Decimal | bool | None:
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text
