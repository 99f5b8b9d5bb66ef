"""What the vendor's OpenAPI file says otherwise than the catalog, as a catalog file to lay over it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from hailuo.campaign.body_template import PLACEHOLDER, is_condition
from hailuo.campaign.catalog import Catalog, Family, Model, Setting
from hailuo.campaign.files.document import Entries, plain, read_document
from hailuo.campaign.files.text import ProblemList, read_text
from hailuo.errors import CatalogError, Place

_MOST_BYTES: Final = 20_000_000
_LONGEST_RANGE: Final = 600
Node = Mapping[str, object]
Field = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """The schema of an order that the vendor publishes, and the models that it is for."""

    schema: Node
    models: tuple[str, ...]


def vendor_differences(path: Path, catalog: Catalog, *, on: date) -> str:
    """A catalog file with what the vendor's file sells and the catalog does not; the rest as comments.

    Raises: CatalogError for a file that is no OpenAPI document.
    """
    problems = ProblemList()
    text = read_text(path, problems, most_bytes=_MOST_BYTES)
    root = read_document(text, Place(str(path)), problems) if text is not None else None
    document = plain(root) if isinstance(root, Entries) else {}
    orders = list(_orders(document)) if isinstance(document, dict) else []
    if not orders and not problems.problems:
        problems.add(
            Place(str(path)), "no request of this file names models", "save the vendor's OpenAPI file"
        )
    if problems.problems:
        raise CatalogError(problems.problems)
    offers, remarks = dict[str, list[str]](), list[str]()
    for order, name in ((one, name) for one in orders for name in one.models):
        model = catalog.model(name)
        if model is None:
            remarks.append(f"# {name} is not in the catalog")
            continue
        family = catalog.family_of(model)
        remarks += (f"# {name}: {remark}" for remark in _remarks(order.schema, family))
        if new := _new_cells(order.schema, model, family):
            offers[name] = new
    return "\n".join(_written(path, on, offers, list(dict.fromkeys(remarks))))


def _written(path: Path, on: date, offers: Mapping[str, list[str]], remarks: list[str]) -> Iterator[str]:
    yield f"# What {path.name} says otherwise than the catalog, read on {on}."
    yield f"sources: {{vendor-file: {{text: {json.dumps(path.name)}, checked: {on}}}}}"
    if offers:
        yield "models:"
    for name, cells in offers.items():
        yield from (f"  {json.dumps(name)}:", "    offers:", *(f"      - {cell}" for cell in cells))
    yield from remarks or ([] if offers else ["# Nothing differs."])


def _orders(tree: object) -> Iterator[_Order]:
    """Every schema with a property `model` that lists names."""
    if isinstance(tree, Mapping):
        fields = _fields(tree)
        model = fields.get("model")
        names = _choices(model) if isinstance(model, Mapping) else ()
        if names:
            yield _Order(schema=tree, models=tuple(map(str, names)))
        for value in tree.values():
            yield from _orders(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _orders(value)


def _fields(schema: Node) -> Node:
    properties = schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _choices(schema: Node) -> tuple[object, ...]:
    """The values that a property may have: of an enumeration, or of a short range of whole numbers."""
    listed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(listed, list):
        return tuple(listed)
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    if isinstance(lowest, int) and isinstance(highest, int) and highest - lowest <= _LONGEST_RANGE:
        return tuple(range(lowest, highest + 1))
    return ()


def _sent(template: object, path: Field = ()) -> Iterator[tuple[Field, str | None]]:
    """Every field of a body, and the placeholder that it is."""
    if isinstance(template, Mapping) and not is_condition(template):
        for key, value in template.items():
            yield from _sent(value, (*path, str(key)))
        return
    whole = PLACEHOLDER.fullmatch(template) if isinstance(template, str) else None
    yield path, whole[1] if whole else None


def _at(schema: Node, path: Field) -> Node | None:
    here: object = schema
    for key in path:
        here = _fields(here).get(key) if isinstance(here, Mapping) else None
    return here if isinstance(here, Mapping) else None


def _new_cells(schema: Node, model: Model, family: Family) -> list[str]:
    paths = {name: path for path, name in _sent(family.request) if name}
    found = {name: _at(schema, paths[name]) for name in ("duration", "size") if name in paths}
    spelt = {family.size_words.get(o.size, o.size): o.size for o in model.offers}
    seconds = [v for v in _choices(found.get("duration") or {}) if isinstance(v, int)]
    sizes = [spelt.get(str(v), str(v)) for v in _choices(found.get("size") or {})]
    seconds = seconds or sorted({offer.duration for offer in model.offers})
    sizes = sizes or list(dict.fromkeys(offer.size for offer in model.offers))
    cells = ((s, size) for size in sizes for s in seconds if model.offer(duration=s, size=size) is None)
    return [f"{{duration: {s}, size: {json.dumps(size)}, source: vendor-file}}" for s, size in cells]


def _remarks(schema: Node, family: Family) -> Iterator[str]:
    """What cannot be written as facts: fields, values that are gone, and what else is required."""
    sent = dict(_sent(family.request))
    ours, theirs = {path[0] for path in sent}, _fields(schema)
    yield from (f"the vendor also takes {name}" for name in theirs if name not in ours)
    if schema.get("additionalProperties") is False:
        yield from (f"the vendor does not take {name}" for name in sorted(ours - set(theirs)))
    required = schema.get("required")
    for name in required if isinstance(required, list) else []:
        if name not in ours:
            yield f"the vendor requires {name}"
    for path, word in sent.items():
        setting, here = family.settings.get(word or ""), _at(schema, path)
        known = set(_choices(here)) if here else set()
        if setting and setting.values and known:
            yield from _other_values(setting, known)


def _other_values(setting: Setting, known: set[object]) -> Iterator[str]:
    values: set[object] = {setting.sent(label) for label in setting.labels}
    yield from (f"the vendor offers {setting.name} {value}" for value in sorted(map(str, known - values)))
    yield from (
        f"the vendor does not offer {setting.name} {value}" for value in sorted(map(str, values - known))
    )
