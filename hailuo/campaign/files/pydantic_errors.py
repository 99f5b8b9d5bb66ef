"""Pydantic's errors about a file as problems with a line and a remedy; and the file without the bad parts."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hailuo.campaign.files.document import Entries, Items, Scalar, Tree, child
from hailuo.campaign.files.text import ProblemList
from hailuo.campaign.files.yaml_traps import in_quotes
from hailuo.errors import Place
from hailuo.text import listed, quoted, suggestion

Steps = tuple[str | int, ...]
_M = TypeVar("_M", bound=BaseModel)

_SPECIAL = re.compile(r"[,:#\[\]{}&*!|>'\"%@`]")
"""What YAML may take for structure."""

_REST_OF_AMOUNT = re.compile(r"\d[\d.]*")
"""What YAML takes for a key where `{usd: 20,00}` or `{usd: 1,200.50}` has a comma."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One of pydantic's errors. `steps` lead to the deepest `tree` there is; `key` is the one missing in it."""

    steps: Steps
    key: str
    tree: Tree
    place: Place
    error: ErrorDetails


def checked(model: type[_M], root: Entries, content: object) -> tuple[_M | None, tuple[Complaint, ...]]:
    """The `content` of a tree as the model, or everything that pydantic finds wrong with it."""
    try:
        return model.model_validate(content), ()
    except ValidationError as error:
        return None, tuple(_complaint(root, details) for details in error.errors(include_url=False))


def _complaint(root: Entries, error: ErrorDetails) -> Complaint:
    steps: list[str | int] = []
    tree: Tree = root
    place, key = root.place, ""
    for step in error["loc"]:
        if isinstance(step, str) and step.startswith("<"):  # the tag of a union's branch, no key of the file
            continue
        found = child(tree, step)
        if found is None:
            key = str(step)
            break
        place = found.place
        if isinstance(tree, Entries) and not (isinstance(found, Scalar) and found.text):
            place = tree.places.get(str(step), place)
        steps.append(step)
        tree = found
    return Complaint(steps=tuple(steps), key=key, tree=tree, place=place, error=error)


def report(
    complaints: Sequence[Complaint],
    model: type[BaseModel],
    remedies: Mapping[str, str],
    problems: ProblemList,
) -> None:
    """Add every complaint in plain words, at its line. `remedies` are by key, by the key above and it, or by its path."""
    for complaint in complaints:
        problems.add(complaint.place, *_words(complaint, model, remedies))


def _keys_under(model: type[BaseModel], steps: Steps) -> Collection[str]:
    """The keys that the model has where `steps` lead."""
    here: object = model
    for step in steps:
        is_many = get_origin(here) in (dict, list)
        here = get_args(here)[-1] if is_many else _fields_of(here).get(str(step), _extra_of(here))
    return _fields_of(here)


def _extra_of(annotation: object) -> object:
    """The type of the values under any other key of a model that takes some."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        extra = get_type_hints(annotation, include_extras=True).get("__pydantic_extra__")
        return get_args(extra)[-1] if get_origin(extra) is dict else None
    return next((extra for part in get_args(annotation) if (extra := _extra_of(part))), None)


def _fields_of(annotation: object) -> Mapping[str, object]:
    """The types of the keys of the first model in a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
    return next((fields for part in get_args(annotation) if (fields := _fields_of(part))), {})


def _words(complaint: Complaint, model: type[BaseModel], remedies: Mapping[str, str]) -> tuple[str, str]:
    """Reason and remedy."""
    tree = complaint.tree
    text = tree.text if isinstance(tree, Scalar) else ""
    shown = "a mapping" if isinstance(tree, Entries) else "a list" if isinstance(tree, Items) else "empty"
    shown = quoted(text) if text else shown
    names = [step for step in complaint.steps if isinstance(step, str)]
    name, last = ".".join(names), "".join(names[-1:])
    remedy = remedies.get(name) or remedies.get(".".join(names[-2:])) or remedies.get(last)
    match complaint.error["type"]:
        case "extra_forbidden":
            reason, remedy = _unknown_key(last, _keys_under(model, complaint.steps[:-1]))
        case "missing":
            reason = f"{name}: " * bool(name) + f"the key '{complaint.key}' is missing"
            inner = remedies.get(".".join([*names[-1:], complaint.key]))
            remedy = inner or remedies.get(complaint.key, "add it")
        case "list_type":
            item = in_quotes(text) if _SPECIAL.search(text) else text
            reason, remedy = f"{name} is {shown}, not a list", f"write {last}: [{item or '...'}]"
        case "too_short":
            reason, remedy = f"{name} has no values", "give it one, or remove it"
        case "word_bool":
            reason, remedy = f"{name}: {shown} is read as a yes/no value", f'put it in quotes: "{text}"'
        case "literal_error":
            expected = str(complaint.error.get("ctx", {}).get("expected", ""))
            known = [word.strip().strip("'") for word in expected.replace(" or ", ",").split(",")]
            reason = f"{name}: unknown name {shown}"
            remedy = suggestion(text, known) if text else f"choose {listed(known)}"
        case "dict_type" | "model_type":
            reason = f"{name} is {shown}, not a mapping"
            remedy = remedy or "write `key: value` lines under it"
        case _:
            reason, remedy = f"{name} is {shown}", remedy or f"expected: {complaint.error['msg']}"
    return reason, remedy


def _unknown_key(key: str, known: Collection[str]) -> tuple[str, str]:
    if _REST_OF_AMOUNT.fullmatch(key):
        remedy = "write an amount with a point and without a comma, such as 1200.50"
        return f"a comma begins a new entry: {quoted(key)}", remedy
    return f"unknown key {quoted(key)}", suggestion(key, known)


def pruned(root: Entries, bad: Collection[Steps]) -> Entries:
    """The tree without the values that `bad` leads to; it keeps the places of their keys."""
    below = _below(bad)
    kept = Entries(root.place)
    kept.places = root.places
    kept.update((k, _without(v, below.get(k, ()))) for k, v in root.items() if (k,) not in bad)
    return kept


def _without(tree: Tree, bad: Collection[Steps]) -> Tree:
    if not bad or isinstance(tree, Scalar):
        return tree
    if isinstance(tree, Entries):
        return pruned(tree, bad)
    below = _below(bad)
    kept = (_without(v, below.get(i, ())) for i, v in enumerate(tree) if (i,) not in bad)
    return Items(tree.place, kept)


def _below(bad: Collection[Steps]) -> Mapping[str | int, Collection[Steps]]:
    """What leads further, by its first step."""
    below: dict[str | int, set[Steps]] = {}
    for first, *further in bad:
        below.setdefault(first, set()).add(tuple(further))
    return below
