"""Pydantic's complaints about a file, as problems with a line and a remedy; and the file without the bad parts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hailuo.campaign.files.document import Node
from hailuo.campaign.files.findings import Findings
from hailuo.errors import Place
from hailuo.text import listed, quoted, suggestion

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One of pydantic's errors: `steps` leads to the deepest value there is, `key` is the one missing in it."""

    steps: Steps
    key: str
    kind: str
    error: ErrorDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a file's kind knows about itself: the keys under a path, and the remedy for a wrong value."""

    keys: Callable[[Steps], Collection[str]]
    remedies: Mapping[str, str]


def complaints_about(model: type[BaseModel], root: Node) -> tuple[Complaint, ...]:
    """Everything pydantic has to say against the tree; nothing when the model accepts it."""
    try:
        model.model_validate(root.plain())
    except ValidationError as error:
        return tuple(_complaint(root, details) for details in error.errors(include_url=False))
    return ()


def _complaint(root: Node, error: ErrorDetails) -> Complaint:
    steps: list[str | int] = []
    node, key = root, ""
    for step in error["loc"]:
        if isinstance(step, str) and step.startswith("<"):  # the tag of a union's branch, no key of the file
            continue
        child = node.child(step)
        if child is None:
            key = str(step)
            break
        steps.append(step)
        node = child
    return Complaint(steps=tuple(steps), key=key, kind=error["type"], error=error)


def report(complaints: Sequence[Complaint], root: Node, rules: Rules, file: str, findings: Findings) -> None:
    """Tell every complaint in the user's words, at its line."""
    for complaint in complaints:
        reason, remedy = _words(complaint, _at(root, complaint.steps), rules)
        findings.problem(Place(file, _line(root, complaint)), reason, remedy)


def _at(root: Node, steps: Steps) -> Node:
    node = root
    for step in steps:
        node = node.child(step) or node
    return node


def _line(root: Node, complaint: Complaint) -> int:
    if not complaint.steps or isinstance(complaint.steps[-1], int):
        return _at(root, complaint.steps).line
    parent, name = _at(root, complaint.steps[:-1]), str(complaint.steps[-1])
    node = _at(root, complaint.steps)
    is_scalar = node.entries is None and node.items is None
    return node.line if is_scalar and node.text else parent.key_lines.get(name, node.line)


def _words(complaint: Complaint, node: Node, rules: Rules) -> tuple[str, str]:
    name = ".".join(step for step in complaint.steps if isinstance(step, str))
    last = name.rpartition(".")[2]
    match complaint.kind:
        case "extra_forbidden":
            return f"unknown key {quoted(last)}", suggestion(last, rules.keys(complaint.steps[:-1]))
        case "missing":
            where = f"{name}: " if name else ""
            return f"{where}the key '{complaint.key}' is missing", rules.remedies.get(complaint.key, "add it")
        case "list_type":
            return f"{name} is {node.shown()}, not a list", f"write {last}: [{node.text or '...'}]"
        case "too_short":
            return f"{name} has no values", "give it one, or remove it"
        case _:
            remedy = rules.remedies.get(name) or rules.remedies.get(last)
            return _about_value(complaint, node, name, remedy)


def _about_value(complaint: Complaint, node: Node, name: str, remedy: str | None) -> tuple[str, str]:
    match complaint.kind:
        case "word_bool":
            return f"{name}: {node.shown()} is read as a yes/no value", f'put it in quotes: "{node.text}"'
        case "literal_error":
            return f"{name}: unknown name {node.shown()}", _choice(complaint, node)
        case "dict_type" | "model_type":
            return f"{name} is {node.shown()}, not a mapping", remedy or "write `key: value` lines under it"
        case _:
            return f"{name} is {node.shown()}", remedy or f"expected: {complaint.error['msg']}"


def _choice(complaint: Complaint, node: Node) -> str:
    known = [word.strip().strip("'") for word in _expected(complaint).replace(" or ", ",").split(",")]
    return suggestion(node.text, known) if node.text else f"choose {listed(known)}"


def _expected(complaint: Complaint) -> str:
    return str(complaint.error.get("ctx", {}).get("expected", ""))


def pruned(root: Node, bad: Collection[Steps]) -> Node:
    """The tree without the values that `bad` leads to."""
    if not bad:
        return root
    here = {steps[0] for steps in bad if len(steps) == 1}
    below: dict[str | int, list[Steps]] = {}
    for steps in bad:
        if len(steps) > 1:
            below.setdefault(steps[0], []).append(steps[1:])
    if root.entries is not None:
        kept = {k: pruned(v, below.get(k, [])) for k, v in root.entries.items() if k not in here}
        return replace(root, entries=kept)
    items = [pruned(v, below.get(i, [])) for i, v in enumerate(root.items or ()) if i not in here]
    return replace(root, items=items)
